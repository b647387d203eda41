"""The page about variants runs as it stands: Python, commands and R."""

from __future__ import annotations

import re

import pytest
from matplotlib import pyplot as plt

import locuscope as lsc
from locuscope import cli
from tests.effects import r_page
from tests.tracks.page_blocks import DOCS, Page

PAGE = "variants.md"
NET = """
import torch
import locuscope as lsc

class Net(torch.nn.Module):
    def forward(self, x):
        return x[:, 1:3].mean(2)

def make():
    head = lsc.HeadSpec("gc", (), 2, kind="scalar", value_range="probability")
    return lsc.wrap(Net(), heads=head, window_bp=101, output_axes="NT", name="mine")

def relative(ref, alt):
    return (alt - ref) / ref
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The folder that the Python blocks leave behind, and how many values were compared."""
    place = tmp_path_factory.mktemp("page")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        compared = Page(PAGE).run({})
    plt.close("all")
    (place / "my_net.py").write_text(NET)
    (place / "small.bed").write_text("20\t2577780\t2577790\n")
    return place, compared


def test_every_block_runs_and_every_value_holds(folder):
    place, compared = folder
    assert compared >= 13
    for name in ("scores.parquet", "out.vcf.gz", "out.parquet", "map.h5", "published.hdf5"):
        assert (place / name).is_file(), name


def test_every_command_runs(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder[0])
    commands = Page(PAGE).commands
    assert [words[0] for words in commands] == ["score"] * 5 + ["mutmap"] * 2 + ["postproc"] * 3
    for words in commands:
        assert cli.main(words) == 0, (words, capsys.readouterr().err)
    by_command = lsc.VariantScores.open("by_command.parquet")
    by_python = lsc.VariantScores.open("scores.parquet")
    assert (by_command.scores["diff"] == by_python.scores["diff"]).all()
    assert len(lsc.VariantScores.open("junctions.tsv")) == 39


def test_the_r_code_runs_with_the_values_that_r_sends(folder, monkeypatch):
    monkeypatch.chdir(folder[0])
    (code,) = re.findall(r"^```r\n(.*?)^```$", Page(PAGE).text, re.DOTALL | re.MULTILINE)
    names = r_page.run(code)
    assert len(names["table"]) == 63
    assert names["views"].shifts == (0, 8)
    for name in ("from_r.parquet", "from_r.h5", "kipoi_r.vcf", "kipoi_r.hdf5"):
        assert (folder[0] / name).is_file(), name


def test_r_is_read_as_r_means_it():
    code = (
        'x <- list(a = 1, b = "2 <- c")\ny <- c(1, 2L)\nz <- c("a")  # c(3)\nw <- list(TRUE, NULL)'
    )
    names = r_page.run(code)
    assert (names["x"], names["y"]) == ({"a": 1.0, "b": "2 <- c"}, [1.0, 2])
    assert (names["z"], names["w"]) == ("a", [True, None])
    assert isinstance(names["x"]["a"], float)


def test_its_links_lead_somewhere():
    for target in re.findall(r"\]\(([^)#]+)\)", Page(PAGE).text):
        assert (DOCS / target).exists(), target


def test_the_scores_of_its_table_exist():
    rows = re.findall(r"^\| (`.*?) \|", Page(PAGE).text, re.MULTILINE)
    named = {name for row in rows[:6] for name in re.findall(r"`(\w+)`", row)}
    from locuscope.effects.scores import BUILT_IN

    assert {"diff", "logit", "SAX"} <= named <= set(BUILT_IN) | {"vcf", "parquet"}
