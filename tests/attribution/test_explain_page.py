"""The page about explanations runs as it stands: Python and commands."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib import pyplot as plt

import locuscope as lsc
from locuscope import cli
from tests.tracks.page_blocks import Page

PAGE = "explain.md"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The folder that the Python blocks leave behind, and how many values were compared."""
    place = tmp_path_factory.mktemp("page")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        compared = Page(PAGE).run({})
    plt.close("all")
    return place, compared


def test_every_block_runs_and_every_value_holds(folder):
    place, compared = folder
    assert compared >= 14
    for name in ("ctcf.svg", "ctcf.npz", "ctcf.bw", "held_out.h5", "acc.txt"):
        assert (place / name).is_file(), name


def test_every_command_runs(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder[0])
    commands = Page(PAGE).commands
    assert [words[0] for words in commands] == ["predict"] * 3 + ["contrib"] * 3
    for words in commands:
        assert cli.main(words) == 0, (words, capsys.readouterr().err)
    by_command = lsc.Contributions.open("why.h5")
    by_python = lsc.Contributions.open("ctcf.npz")
    np.testing.assert_allclose(by_command.values, by_python.values, atol=1e-6)
