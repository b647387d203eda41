"""`locuscope predict --chrom`: whole chromosomes equal `predict_region`, and a job resumes."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
import zarr

from locuscope.cli import main
from locuscope.genome.bigwig import BigWig
from locuscope.inference.ensemble import Ensemble
from locuscope.inference.tiling import predict_region
from tests.cli import toy_net


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return toy_net.write_files(tmp_path_factory.mktemp("study"))


@pytest.fixture
def run(place, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def call(*words: object) -> int:
        given = ["predict", f"{place}/nets.py::net", "--genome", place / "toy.fa", *words]
        return main([*map(str, given)])

    return call


def expected(place, chrom="1", **options):
    genome = toy_net.genome_of(place)
    found = predict_region(toy_net.model_of(place), genome.whole(chrom), genome, **options)
    return found.numpy()[0]


def test_an_array_and_a_bigwig(run, place, capsys):
    assert run("--chrom", 1, "-o", "a.npy", "--rc") == 0
    assert capsys.readouterr().out == "a.npy: 1 chromosome, 400 bases\n"
    wanted = expected(place, ensemble=Ensemble(rc=True))
    np.testing.assert_allclose(np.load("a.npy"), wanted, atol=1e-6)
    assert run("--chrom", 1, "-o", "a.bw", "--tracks", "strand=-", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert said == {"chromosomes": 1, "bases": 400, "out": "a.bw"}
    with BigWig("a.bw") as file:
        found = file.values(toy_net.genome_of(place).whole("1"))
    np.testing.assert_allclose(found, expected(place)[:, 1], atol=1e-6)


def test_a_folder_has_a_file_per_track(run, tmp_path):
    assert run("--chrom", 2, "-o", "folder", "--quiet") == 0
    assert sorted(item.name for item in (tmp_path / "folder").glob("[!.]*")) == ["a.bw", "b.bw"]


def test_several_chromosomes_in_one_file(run, place):
    assert run("--chrom", 1, 2, "-o", "a.bw", "--tracks", "strand=+") == 0
    genome = toy_net.genome_of(place)
    with BigWig("a.bw") as file:
        for chrom in ("1", "2"):
            found = file.values(genome.whole(chrom))
            np.testing.assert_allclose(found, expected(place, chrom)[:, 0], atol=1e-6)
    assert run("--chrom", 1, 2, "-o", "a.zarr") == 0
    root = zarr.open_group("a.zarr", mode="r")
    for chrom in ("1", "2"):
        np.testing.assert_allclose(root[chrom][:], expected(place, chrom), atol=1e-6)


def test_tables_hold_several_chromosomes(run, place):
    assert run("--chrom", 2, 1, "-o", "a.tsv") == 0
    frame = pl.read_csv("a.tsv", separator="\t")
    assert frame["chrom"].unique(maintain_order=True).to_list() == [2, 1]
    for chrom in (1, 2):
        found = frame.filter(chrom=chrom, track_name="a")
        assert found["start"].to_list() == list(range(400))
        np.testing.assert_allclose(found["value"], expected(place, str(chrom))[:, 0], atol=1e-6)


def test_a_finished_job_is_not_run_again_but_anew_with_restart(run, tmp_path):
    assert run("--chrom", 1, "-o", "a.npy", "--quiet") == 0
    first = (tmp_path / "a.npy").read_bytes()
    assert run("--chrom", 1, "-o", "a.npy", "--quiet") == 0
    assert run("--chrom", 1, "-o", "a.npy", "--quiet", "--restart") == 0
    assert (tmp_path / "a.npy").read_bytes() == first


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--chrom", "1", "2", "-o", "a.npy"], "a.npy"),
        (["--chrom", "1", "1", "-o", "a.npz"], "twice"),
        (["--chrom", "1", "-o", "a.bw"], "holds one track; 2 are chosen"),
        (["--chrom", "1", "-o", "a.txt"], "Cannot write 'a.txt'; the suffix must be one of .npz"),
        (["--chrom", "3", "-o", "a.npy"], "3"),
        (["--chrom", "1", "-o", "a.npy", "--var"], "--var has no effect with --chrom"),
        (["--chrom", "1", "-r", "1:1-9", "-o", "a.npy"], "exclude each other"),
        (["--chrom", "1", "-o", "a.tsv", "--restart"], "--restart"),
    ],
)
def test_what_is_refused(run, tmp_path, capsys, words, said):
    assert run(*words) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert said in err
    assert list(tmp_path.iterdir()) == []
