"""Hand-made mutation maps for the tests of this room and of figures."""

from __future__ import annotations

import dataclasses
import types

import numpy as np
import torch
from torch import nn

from locuscope.effects.maps.mutation_maps import MutationMap
from locuscope.genome.interval import Interval
from locuscope.genome.variant import Variant
from locuscope.models.protocol import HeadSpec, InputSpec
from locuscope.tracks.track_metadata import TrackMetadata
from locuscope.tracks.track_table import TrackTable

START = 1_000
REFERENCE = "ACGTNGATTACA"
BASES = "ACGT"


def tracks(n: int = 3) -> TrackTable:
    names = ["liver", "kidney", "kidney"][:n]
    strands = ["+", "-", "."][:n]
    rows = zip(names, strands, strict=True)
    return TrackTable.from_tracks(
        [
            TrackMetadata(i, "atac", 0, name, {"strand": strand, "nonzero_mean": i / 2})
            for i, (name, strand) in enumerate(rows)
        ]
    )


def cells(seed: int, reference: str = REFERENCE, n_tracks: int = 3, *, value: bool = False):
    """(L, 4, T) with NaN beside N and, in a difference, 0 in the reference cells."""
    found = np.random.default_rng(seed).normal(size=(len(reference), 4, n_tracks))
    for i, letter in enumerate(reference):
        if letter == "N":
            found[i] = np.nan
        elif not value:
            found[i, BASES.index(letter)] = 0
    return found.astype(np.float32)


def annotations() -> tuple[Variant, ...]:
    """One at each end and one inside."""
    return (
        Variant("7", START + 1, "A", "T", "rs_first"),
        Variant("7", START + 6, "G", "C"),
        Variant("7", START + 12, "A", "G", "rs_last"),
    )


def example(seed: int = 0, **changes) -> MutationMap:
    """12 bases, two layers, three tracks, three annotations."""
    options = {
        "layers": {"diff": cells(seed), "ref": cells(seed + 1, value=True)},
        "interval": Interval("7", START, START + len(REFERENCE), "+", "site"),
        "reference": REFERENCE,
        "tracks": tracks(),
        "annotations": annotations(),
        "window_start": START - 20,
        "provenance": {"model": "toy", "model_digest": "abc", "genome": "g", "rc": False},
    }
    return MutationMap(**{**options, **changes})


def assert_same(one: MutationMap, other: MutationMap) -> None:
    """Every field, number by number."""
    assert list(one.layers) == list(other.layers)
    for name in one.layers:
        np.testing.assert_array_equal(one.layers[name], other.layers[name])
        assert one.layers[name].dtype == other.layers[name].dtype == np.float32
    for name in ("interval", "reference", "score", "kinds", "annotations", "input_name"):
        assert getattr(one, name) == getattr(other, name), name
    assert one.window_start == other.window_start
    assert one.is_reverse == other.is_reverse
    assert one.tracks == other.tracks
    assert dict(one.provenance) == dict(other.provenance)


class TwoInputs(nn.Module):
    """Reads the left and the right part of a window, the right one on the other strand."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.left, self.right = nn.Linear(4 * 12, 3), nn.Linear(4 * 10, 3)

    def forward(self, x):
        left, right = x[:, :, :12].flatten(1), x[:, :, 12:].flatten(1)
        return torch.sigmoid(self.left(left) + self.right(right))


@dataclasses.dataclass(frozen=True, eq=False)
class TwoInputModel:
    """A model of 20 bases: `left` reads 0-12, `right` reads 10-20 as the reverse complement."""

    module: TwoInputs = dataclasses.field(default_factory=TwoInputs)
    name = "two"
    digest = "two"
    window_bp = 22
    default_width_bp = 20
    inputs = (
        InputSpec("left", length_bp=12),
        InputSpec("right", length_bp=10, offset_bp=10, strand="-"),
    )
    heads = types.MappingProxyType({"y": HeadSpec("y", (), 3, kind="scalar")})
    catalog = None
    scores = types.MappingProxyType({})

    def check_length(self, length_bp):
        assert length_bp == 22

    def run(self, one_hot, **_):
        return {"y": {0: self.module(one_hot.float())[:, None]}}
