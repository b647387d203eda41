"""`locuscope mutmap plot`: one entry of a mutation map as a picture."""

from __future__ import annotations

import pytest

from locuscope.cli import main
from tests.effects.kipoi_toy import write_study


@pytest.fixture(scope="module")
def maps(tmp_path_factory):
    study = write_study(tmp_path_factory.mktemp("study"))
    out = tmp_path_factory.mktemp("maps") / "map.h5"
    words = [f"{study.model}::make", "--genome", study.fasta, "-r", "1:101-120", "-o", out]
    assert main(["mutmap", *map(str, words), "--scores", "diff", "ref", "--quiet"]) == 0
    return out


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: object) -> int:
    return main(["mutmap", "plot", *map(str, words)])


@pytest.mark.parametrize(
    ("name", "head"), [("a.png", b"\x89PNG"), ("a.svg", b"<?xml"), ("A.PDF", b"%PDF")]
)
def test_each_kind_of_picture(maps, tmp_path, capsys, name, head):
    out = tmp_path / name
    assert run("-f", maps, "-o", out, "--track", "atac:0") == 0
    assert out.read_bytes().startswith(head)
    assert capsys.readouterr().out == f"{out}: entry 0 of {maps}\n"


def test_options_change_the_picture(maps, tmp_path):
    pictures = []
    for number, words in enumerate(
        [
            [],
            ["--score", "ref"],
            ["--limit-region-genomic", 105, 115],
            ["--rc-plot"],
            ["--figsize", 12, 3],
            ["--entry", 0, "--input", "sequence"],
        ]
    ):
        out = tmp_path / f"{number}.png"
        assert run("-f", maps, "-o", out, "--track", "atac:0", *words) == 0
        pictures.append(out.read_bytes())
    assert len(set(pictures[:5])) == 5
    assert pictures[5] == pictures[0]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-o", "x.jpg"], "must end with one of .png, .svg, .pdf"),
        (["-o", "x.png", "--score", "dif"], "did you mean 'diff'"),
        (["-o", "x.png", "--track", "atac:9"], "atac:9"),
        (["-o", "x.png", "--track", "atac:0", "--entry", 3], "3"),
        (["-o", "x.png", "--track", "atac:0", "--limit-region-genomic", 0, 5], "0"),
        (["-o", "x.png"], "has 3 tracks: 'atac:0', 'atac:1', 'atac:2'; say which, such as --"),
        (["-o", "x.png", "--track", "atac:0", "--figsize", 0, 3], "takes width and height"),
        ([], "the option -o FIG is missing"),
    ],
)
def test_wrong_words_end_in_a_sentence_and_code_2(maps, folder, capsys, words, said):
    assert run("-f", maps, *words) == 2
    assert said in capsys.readouterr().err
    assert list(folder.iterdir()) == []


def test_a_missing_file(tmp_path, capsys):
    assert run("-f", tmp_path / "no.h5", "-o", tmp_path / "x.png") == 2
    assert "for the mutation map" in capsys.readouterr().err
