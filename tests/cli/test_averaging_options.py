"""Options about what is averaged, and the members that a word can mean."""

from __future__ import annotations

import argparse

import pytest

from locuscope.cli.averaging_options import add_averaging, read_averaging
from locuscope.errors import LocuscopeError, MissingFileError, OptionError
from locuscope.inference.ensemble import Ensemble
from tests.cli import toy_net

WEIGHTS = """
from pathlib import Path

import nets


def net(weights=None):
    return nets.make(0 if weights is None else int(Path(weights).read_text()))
"""


@pytest.fixture
def place(tmp_path):
    toy_net.write_files(tmp_path)
    (tmp_path / "tuned.py").write_text(WEIGHTS)
    (tmp_path / "one.txt").write_text("1")
    return tmp_path


def parsed(place, *words: object, model: str = "tuned.py::net"):
    parser = argparse.ArgumentParser()
    add_averaging(parser)
    args = parser.parse_args([*map(str, words)])
    args.model, args.source = str(place / model), None
    return args


def test_without_options_one_view(place):
    assert read_averaging(parsed(place)) == Ensemble()


def test_each_option(place):
    views = read_averaging(parsed(place, "--rc", "--shifts", 0, 1, -1, "--mc-samples", 3))
    assert views == Ensemble(rc=True, shifts=(0, 1, -1), mc_samples=3)


def test_members_are_models_of_their_own_or_other_weights(place):
    views = read_averaging(parsed(place, "--members", f"{place}/nets.py::other", place / "one.txt"))
    named, weighed = views.members
    assert named.digest == weighed.digest == toy_net.model_of(place, "other").digest
    assert named.digest != toy_net.model_of(place).digest


@pytest.mark.parametrize(
    ("words", "kind", "said"),
    [
        (["--members", "gone.txt"], MissingFileError, "gone.txt"),
        (["--members", "alphagenom"], LocuscopeError, "alphagenom"),
        (["--shifts", 1, 1], OptionError, "each once"),
        (["--mc-samples", -1], OptionError, "mc_samples is -1"),
    ],
)
def test_what_is_refused(place, words, kind, said):
    with pytest.raises(kind, match=said):
        read_averaging(parsed(place, *words))
