"""Commands that stop half-way: what is finished is kept, and the same command goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from locuscope.attribution import example_parts
from locuscope.cli import main
from locuscope.inference import predict_job, tile_plan
from tests.cli import toy_net

FAILING = """
from pathlib import Path

import torch
import nets
from locuscope import HeadSpec, TrackMetadataCatalog, wrap


class Failing(nets.Net):
    # Gives another shape at its third pass, as long as the file `fail` is there.
    def __init__(self):
        super().__init__(0)
        self.passes = 0

    def forward(self, x):
        self.passes += 1
        found = super().forward(x)
        if self.passes > 3 and Path("fail").exists():
            return found[:, :1]
        return found


def net():
    head = HeadSpec("signal", (1,), 2, strand_pair=(1, 0), crop_bp=4)
    catalog = TrackMetadataCatalog.from_rows(nets.ROWS)
    options = dict(heads=head, window_bp=32, output_axes="NTL", catalog=catalog, name="net")
    return wrap(Failing().eval(), **options)
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    toy_net.write_files(tmp_path)
    (tmp_path / "failing.py").write_text(FAILING)
    rows = [f"1\t{start}\t{start + 24}\n" for start in range(20, 300, 20)]
    (tmp_path / "many.bed").write_text("".join(rows))
    return tmp_path


def run(*words: object) -> int:
    named = ["failing.py::net", "--genome", "toy.fa", "--batch-size", 1, "--device", "cpu"]
    return main([str(words[0]), *map(str, [*named, *words[1:]])])


@pytest.mark.parametrize("out", ["a.h5", "a.npz"])
def test_contributions_go_on(place, monkeypatch, capsys, out):
    monkeypatch.setattr(example_parts, "_PART_BYTES", 2 * 4 * 4 * 32)
    words = ["contrib", "-r", "many.bed", "--quiet", "-o"]
    assert run(*words, f"whole.{out[2:]}") == 0
    Path("fail").touch()
    assert run(*words, out) == 3
    err = capsys.readouterr().err
    assert "1 finished part is kept; the same command goes on from there." in err
    assert not Path(out).exists()
    Path("fail").unlink()
    assert run(*words, out) == 0
    assert Path(out).read_bytes() == Path(f"whole.{out[2:]}").read_bytes()
    assert not Path(f"{out}.job").exists()


def test_a_chromosome_goes_on(place, monkeypatch, capsys):
    monkeypatch.setattr(tile_plan, "_MOST_WINDOWS", 2)
    words = ["predict", "--chrom", 1, "--quiet", "-o"]
    assert run(*words, "whole.npy") == 0
    Path("fail").touch()
    assert run(*words, "a.npy") == 3
    assert "kept; the same command goes on from there." in capsys.readouterr().err
    assert not Path("a.npy").exists()
    Path("fail").unlink()
    assert run(*words, "a.npy") == 0
    assert Path("a.npy").read_bytes() == Path("whole.npy").read_bytes()


@pytest.mark.parametrize("out", ["a.tsv", "a.bedgraph", "a.zarr"])
def test_files_that_are_no_job_appear_whole_or_not_at_all(place, capsys, out):
    Path("fail").touch()
    assert run("contrib", "-r", "many.bed", "--overlap", "mean", "-o", out) == 2
    said = capsys.readouterr().err
    assert said.startswith("locuscope contrib: ")
    assert said.count("\n") == 1
    assert not [item.name for item in place.iterdir() if item.name.startswith("a.")]


def test_predictions_go_on(place, monkeypatch, capsys):
    monkeypatch.setattr(predict_job, "_PART_BYTES", 2 * 4 * 2 * 24)
    words = ["predict", "-r", "many.bed", "--quiet", "-o"]
    assert run(*words, "whole.h5") == 0
    Path("fail").touch()
    assert run(*words, "a.h5") == 3
    assert "kept; the same command goes on from there." in capsys.readouterr().err
    assert not Path("a.h5").exists()
    Path("fail").unlink()
    assert run(*words, "a.h5") == 0
    assert Path("a.h5").read_bytes() == Path("whole.h5").read_bytes()
    assert run(*words, "a.h5", "--rc") == 2
    assert "--restart" in capsys.readouterr().err
    assert run(*words, "a.h5", "--rc", "--restart") == 0


def test_predictions_that_fail_leave_no_file(place, capsys):
    Path("fail").touch()
    for out in ("a.npz", "a.zarr", "a.tsv", "a.bed"):
        assert run("predict", "-r", "many.bed", "-o", out) == 2
        assert "signal" in capsys.readouterr().err
    assert not [item.name for item in place.iterdir() if item.name.startswith("a.")]


def test_the_rest_of_a_stopped_job_is_not_taken_for_another_call(place, monkeypatch, capsys):
    monkeypatch.setattr(example_parts, "_PART_BYTES", 2 * 4 * 4 * 32)
    Path("fail").touch()
    assert run("contrib", "-r", "many.bed", "-o", "a.h5") == 3
    Path("fail").unlink()
    capsys.readouterr()
    assert run("contrib", "-r", "many.bed", "-o", "a.h5", "--method", "gradient") == 2
    err = capsys.readouterr().err
    assert "--restart" in err
    assert err.count("\n") == 1
    assert run("contrib", "-r", "many.bed", "-o", "a.h5", "--method", "gradient", "--restart") == 0
