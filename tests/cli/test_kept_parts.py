"""Exit code 3: stopped by something else than what was typed, with parts that are kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from locuscope.cli import main
from locuscope.cli.kept_parts import kept_parts
from locuscope.effects.variant_scores import VariantScores
from locuscope.errors import InputChangedError, InputError, LockedStoreError, ModelError
from tests.effects import toy

MODEL = """
import sys
from pathlib import Path
sys.path.insert(0, {root!r})
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec
from tests.effects import toy

class Tired(toy.Net):
    def forward(self, x):
        y = super().forward(x)
        flag = Path({flag!r})
        is_over = flag.exists() and self.sequences > int(flag.read_text())
        return y[:, :-1] if is_over else y

def make():
    head = HeadSpec("atac", (1,), 3, value_range="probability")
    return wrap(Tired(), heads=head, window_bp=toy.WIDTH, name="tired")
"""


@pytest.fixture
def folder(tmp_path):
    text = toy.sequence()
    (tmp_path / "toy.fa").write_text(f">1\n{text}\n>2\n{text[::-1]}\n")
    rows = [
        f"{chrom}\t{pos}\t.\t{ref}\t{','.join('ACGT'.replace(ref, ''))}\n"
        for chrom, letters in (("1", text), ("2", text[::-1]))
        for pos, ref in enumerate(letters, 1)
        if ref != "N"
    ]
    head = "##fileformat=VCFv4.3\n#CHROM\tPOS\tID\tREF\tALT\n"
    (tmp_path / "toy.vcf").write_text(head + "".join(rows))
    root = str(Path(__file__).resolve().parents[2])
    code = MODEL.format(root=root, flag=str(tmp_path / "flag"))
    (tmp_path / "model.py").write_text(code)
    return tmp_path


def run(folder, *words):
    named = ["score", f"{folder / 'model.py'}::make", "-i", folder / "toy.vcf"]
    named += ["--genome", folder / "toy.fa", "--batch-size", 256]
    return main([str(word) for word in [*named, *words]])


@pytest.mark.parametrize("words", [["-o", "out.tsv"], ["-o", "out.vcf", "--compat", "kipoi"]])
def test_a_network_that_fails_half_way(folder, monkeypatch, capsys, words):
    monkeypatch.chdir(folder)
    (folder / "flag").write_text("3000")
    assert run(folder, *words) == 3
    said = capsys.readouterr().err
    assert "1 finished part is kept; the same command goes on from there." in said
    assert not Path(words[1]).exists()
    (folder / "flag").unlink()
    assert run(folder, *words) == 0
    resumed = Path(words[1]).read_bytes()
    assert "3,576 alleles: 3,576 scored" in capsys.readouterr().out
    assert run(folder, *words, "--restart") == 0
    assert Path(words[1]).read_bytes() == resumed
    assert len(VariantScores.open(words[1])) == 3576
    left = {item.name for item in folder.iterdir() if item.is_dir()}
    assert left <= {"__pycache__"}


def test_a_mutation_map(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    words = ["mutmap", "model.py::make", "-r", "2:1-590", "--genome", "toy.fa", "-o", "m.h5"]
    (folder / "flag").write_text("1600")
    assert main([*words, "--batch-size", "64"]) == 3
    assert "1 finished part is kept" in capsys.readouterr().err
    assert not Path("m.h5").exists()
    (folder / "flag").unlink()
    assert main([*words, "--batch-size", "64"]) == 0
    resumed = Path("m.h5").read_bytes()
    assert main([*words, "--batch-size", "64", "--restart"]) == 0
    assert Path("m.h5").read_bytes() == resumed


def test_what_was_typed_wrong_is_2_although_parts_are_there(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    (folder / "flag").write_text("3000")
    assert run(folder, "-o", "out.tsv") == 3
    assert run(folder, "-o", "out.tsv", "--reduce", "max") == 2
    assert "reduce" in capsys.readouterr().err


def test_no_parts_no_3(tmp_path):
    error = ModelError("the network failed.")
    assert kept_parts(error, str(tmp_path / "out.tsv")) == 0
    assert kept_parts(error, None) == 0
    assert kept_parts(error, [str(tmp_path / "a.tsv"), str(tmp_path)]) == 0


@pytest.mark.parametrize("kind", [InputError, InputChangedError, LockedStoreError])
def test_errors_about_what_was_typed(kind, folder, monkeypatch):
    monkeypatch.chdir(folder)
    (folder / "flag").write_text("3000")
    assert run(folder, "-o", "out.tsv") == 3
    assert kept_parts(ModelError("failed."), "out.tsv") == 1
    assert kept_parts(kind("wrong."), "out.tsv") == 0
