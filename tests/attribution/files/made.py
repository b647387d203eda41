"""Contributions of three short sequences, with everything that a file can hold."""

from __future__ import annotations

import numpy as np

from locuscope.attribution.contribution_values import Contributions
from locuscope.genome.interval import Interval
from locuscope.genome.sequence import one_hot

TEXTS = ["ACGTNACGTA", "TTTTGGGGCC", "NACGTTGCAN"]
PLACES = tuple(
    Interval("chr2" if i == 1 else "chr1", 100 * i, 100 * i + 10, "+-."[i], name=f"p{i}")
    for i in range(3)
)
FIELDS = ("kind", "method", "target", "intervals", "notes", "provenance", "tracks")
ARRAYS = ("values", "sequences", "var", "members", "delta", "change", "peak_ids", "chrom_ids")


def made(places=PLACES, *, tracks=None, count=3, seed=0, **more):
    rng = np.random.default_rng(seed)
    shape = (count, 4, 10) if tracks is None else (len(tracks), count, 4, 10)
    texts = [TEXTS[i % 3] for i in range(count)]
    values = rng.normal(size=shape)
    return Contributions(values, one_hot(texts), intervals=places, tracks=tracks, **more)


def full(**more):
    rng = np.random.default_rng(1)
    return made(
        method="deeplift",
        target="Target()",
        var=rng.random((3, 4, 10)),
        members=rng.normal(size=(2, 3, 4, 10)),
        delta=np.ones((3, 2)),
        change=np.full((3, 2), 0.5),
        provenance={"model": "toy", "seed": 3},
        notes=("a note",),
        peak_ids=np.array([7, 5, 9]),
        chrom_ids=np.array([2, 0, 2]),
        **more,
    )


def assert_same(found, given, *, apart=()):
    for name in FIELDS:
        if name not in apart:
            assert getattr(found, name) == getattr(given, name), name
    for name in ARRAYS:
        if name not in apart:
            here, there = getattr(found, name), getattr(given, name)
            assert (here is None) == (there is None), name
            if here is not None:
                np.testing.assert_array_equal(here, there, err_msg=name)
