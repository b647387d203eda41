"""`locuscope contrib plot`: one example of a file as a picture."""

from __future__ import annotations

import pytest

from locuscope.cli import main
from tests.cli import toy_net


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    place = toy_net.write_files(tmp_path_factory.mktemp("study"))
    words = ["contrib", f"{place}/nets.py::net", "-r", place / "two.bed", "--genome"]
    out = place / "why.h5"
    assert main([*map(str, [*words, place / "toy.fa", "-o", out, "--quiet"])]) == 0
    return out


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: object) -> int:
    return main(["contrib", "plot", *map(str, words)])


@pytest.mark.parametrize(
    ("name", "head"), [("a.png", b"\x89PNG"), ("a.svg", b"<?xml"), ("A.PDF", b"%PDF")]
)
def test_each_kind_of_picture(files, folder, capsys, name, head):
    assert run("-f", files, "-o", name) == 0
    assert (folder / name).read_bytes().startswith(head)
    assert capsys.readouterr().out == f"{name}: example 0 of {files}\n"


def test_text_stays_text_in_svg(files, folder):
    assert run("-f", files, "-o", "a.svg") == 0
    assert "</text>" in (folder / "a.svg").read_text(encoding="utf-8")


def test_options_change_the_picture(files, folder):
    pictures = []
    for number, words in enumerate(
        [
            [],
            ["--sample", 1],
            ["--limit-region-genomic", 205, 215],
            ["--rc-plot"],
            ["--figsize", 12, 3],
            ["--model-input", "sequence"],
            ["--sample", 0],
        ]
    ):
        assert run("-f", files, "-o", f"{number}.png", *words) == 0
        pictures.append((folder / f"{number}.png").read_bytes())
    assert len(set(pictures[:5])) == 5
    assert pictures[6] == pictures[5] == pictures[0]


def test_published_spellings(files, folder):
    words = ["--limit_region_genomic", 205, 215, "--rc_plot", "--model_input", "sequence"]
    assert run("--input_file", files, "--output", "a.png", *words) == 0
    words = ["--limit-region-genomic", 205, 215, "--rc-plot"]
    assert run("-f", files, "-o", "b.png", *words) == 0
    assert (folder / "a.png").read_bytes() == (folder / "b.png").read_bytes()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-o", "x.jpg"], "must end with one of .png, .svg, .pdf"),
        (["-o", "x.png", "--sample", 2], "2"),
        (["-o", "x.png", "--model-input", "sequense"], "did you mean 'sequence'"),
        (["-o", "x.png", "--limit-region-genomic", 0, 5], "0"),
        (["-o", "x.png", "--figsize", 0, 3], "takes width and height"),
        (["-o", "gone/x.png"], "there is no folder"),
        ([], "the option -o FIG is missing"),
    ],
)
def test_wrong_words_end_in_a_sentence_and_code_2(files, folder, capsys, words, said):
    assert run("-f", files, *words) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert said in err
    assert list(folder.iterdir()) == []


def test_a_missing_file_and_one_of_another_layout(folder, capsys):
    assert run("-f", "no.h5", "-o", "x.png") == 2
    assert "for the contributions" in capsys.readouterr().err
    (folder / "odd.h5").write_bytes(b"no HDF5")
    assert run("-f", "odd.h5", "-o", "x.png") == 2
    assert "odd.h5" in capsys.readouterr().err
