"""What the README says runs as it stands there."""

from __future__ import annotations

import gzip
import re
import shlex
from pathlib import Path

import pytest
import torch
from matplotlib import pyplot as plt

import locuscope as lsc
from locuscope import cli
from locuscope.cli.inputs import open_variants
from locuscope.demo.bundle import package_folder

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
BUILT = (package_folder() / "static" / "track_browser.js").is_file()


def blocks(language: str) -> list[str]:
    fences = re.findall(r"^```(\w*)\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
    return [text for name, text in fences if name == language]


def commands() -> list[list[str]]:
    lines = "\n".join(blocks("")).splitlines()
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("locuscope")]


@pytest.fixture(scope="module")
def example() -> dict[str, object]:
    """The names that the first example leaves behind."""
    names: dict[str, object] = {}
    exec(compile(blocks("python")[0], "README.md", "exec"), names)  # noqa: S102 - our own text
    return names


@pytest.mark.skipif(not BUILT, reason="the page side of the widgets is not built")
def test_the_example_runs_and_is_short(example):
    lines = blocks("python")[0].splitlines()
    assert len([line for line in lines if line and not line.startswith(" ")]) <= 10
    assert len(example["scores"].to_dataframe()) == 39
    assert example["tracks"].interval == example["locus"]


def test_the_example_of_many_alleles_runs_on_a_file_of_that_name(tmp_path, monkeypatch):
    """The file is the reader's own; here it holds the alleles of 20 kb."""
    monkeypatch.chdir(tmp_path)
    alleles = lsc.demo.variants("20:2,570,000-2,590,000")
    names = {"lsc": lsc, "genome": lsc.demo.genome()}
    rows = [f"20\t{v.pos}\t{v.id or '.'}\t{v.ref}\t{v.alt}\t.\t.\t.\n" for v in alleles]
    with gzip.open("people.vcf.gz", "wt", encoding="utf-8") as file:
        file.write("##fileformat=VCFv4.3\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n")
        file.writelines(rows)
    exec(compile(blocks("python")[1], "README.md", "exec"), names)  # noqa: S102 - our own text
    assert names["found"].summary() == f"{len(alleles):,} alleles: {len(alleles):,} scored"
    assert len(lsc.VariantScores.open("scores.parquet")) == len(alleles)
    assert (tmp_path / "scores.vcf.gz").is_file()
    assert names["place"].scores.shape == (40, 4, 1)
    plt.close("all")


def test_the_example_of_an_explanation_runs():
    names = {"lsc": lsc}
    exec(compile(blocks("python")[2], "README.md", "exec"), names)  # noqa: S102 - our own text
    assert [one.values.shape for one in names["answers"].values()] == [(1, 4, 512)] * 2
    plt.close("all")


def test_the_example_of_an_own_network_runs():
    class Flip(torch.nn.Module):
        def forward(self, x):
            return x[:, :2].transpose(1, 2)

    names = {"lsc": lsc, "my_module": Flip().eval()}
    exec(compile(blocks("python")[3], "README.md", "exec"), names)  # noqa: S102 - our own text
    assert names["mine"].window_bp == 2048


def test_every_command_parses():
    parser = cli.build_parser()
    found = [parser.parse_args(words).command for words in commands()]
    assert found == ["score", "score", "mutmap", "contrib", "tracks", "check"]


@pytest.mark.skipif(not BUILT, reason="the page side of the widgets is not built")
def test_the_command_on_the_embedded_data_gives_what_the_example_gives(
    example, tmp_path, monkeypatch
):
    """Of the alleles that the command names, one is scored again; all of them are counted."""
    monkeypatch.chdir(tmp_path)
    words = commands()[0]
    place = words.index("demo:junctions")
    rows = example["scores"].to_dataframe()
    assert len(open_variants(words[place])) == len(rows)
    row = rows.loc[rows["id"] == "rs572140578"]
    words[place] = ":".join(str(row[name].item()) for name in ("chrom", "pos", "ref", "alt"))
    assert cli.main(words) == 0
    found = lsc.VariantScores.open(tmp_path / "scores.tsv").to_dataframe()
    for name in ("DS_AG", "DS_AL", "DS_DG", "DS_DL"):
        column = f"splice_delta/{name}"
        assert found[column].item() == pytest.approx(row[column].item(), abs=1e-4)


def test_the_pictures_are_there_and_made_by_their_script():
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", TEXT)
    script = (ROOT / "scripts" / "readme_picture.py").read_text(encoding="utf-8")
    assert len(pictures) == 3
    for picture in pictures:
        assert (ROOT / picture).stat().st_size < 300_000
        assert (ROOT / picture).read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
        assert all(f'"{part}"' in script for part in Path(picture).parts)
