"""Targets from words: heads, tracks and positions of every kind."""

from __future__ import annotations

import argparse

import pytest
from torch import nn

from locuscope.cli.contrib_target import add_target, read_positions, read_target
from locuscope.errors import OptionError
from locuscope.genome.interval import Interval
from locuscope.genome.reference import Genome
from locuscope.inference.target import Target
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec

GENOME = Genome.from_sequences({"1": "ACGT" * 20})


def parsed(*words: str):
    parser = argparse.ArgumentParser()
    add_target(parser)
    return parser.parse_args([*words])


def model(*heads: str):
    """A network with such outputs; only their names matter here."""
    one = {name: HeadSpec(name, (1,), 4) for name in heads}
    net = nn.Identity() if len(heads) == 1 else Copies(heads)
    return wrap(net, heads=one if len(heads) > 1 else one[heads[0]], window_bp=8, output_axes="NTL")


class Copies(nn.Module):
    def __init__(self, names):
        super().__init__()
        self.names = names

    def forward(self, x):
        return dict.fromkeys(self.names, 1.0 * x)


def test_nothing_said_is_no_target():
    assert read_target(parsed(), GENOME, model("atac")) is None
    assert read_target(parsed(), GENOME, model("atac", "cage")) is None


def test_one_of_several_outputs_must_be_named():
    two = model("atac", "cage")
    with pytest.raises(OptionError, match="outputs atac, cage; say which is meant with --target-h"):
        read_target(parsed("--positions", "center"), GENOME, two)
    args = parsed("--positions", "center", "--target-head", "cage")
    assert read_target(args, GENOME, two) == Target(head="cage", positions="center")
    only = read_target(parsed("--positions", "center"), GENOME, model("atac"))
    assert only == Target(positions="center")


def test_every_option_together():
    args = parsed("--target-head", "atac", "--tracks", "strand=+", "--positions", "center")
    wanted = Target(head="atac", tracks={"strand": ["+"]}, positions="center")
    assert read_target(args, GENOME, model("atac")) == wanted


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["center"], "center"),
        (["center_published"], "center_published"),
        (["2:9"], slice(2, 9)),
        (["4"], [4]),
        (["4", "6"], [4, 6]),
        (["4,6", "8"], [4, 6, 8]),
        (["1:11-20"], [Interval("1", 10, 20)]),
        (["1:11-20", "1:31-40"], [Interval("1", 10, 20), Interval("1", 30, 40)]),
    ],
)
def test_positions(words, meant):
    assert read_positions(words, GENOME) == meant


@pytest.mark.parametrize(
    "words", [["middle"], ["center", "3"], ["1:11-20", "3"], ["2:9", "3"], ["2:9,3"], ["1:2:3:4"]]
)
def test_other_words_and_mixtures_are_refused(words):
    with pytest.raises(OptionError, match="--positions"):
        read_positions(words, GENOME)
