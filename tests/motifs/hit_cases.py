"""Small regions with planted motifs, made on the spot, and the published folder of hits."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from locuscope.attribution.contribution_values import Contributions
from locuscope.genome.interval import Interval
from locuscope.motifs.motif_set import MotifSet

ROOT = Path(__file__).resolve().parents[2]
PUBLISHED = ROOT / "tests" / "motifs" / "data" / "published_hits"
CLI = ROOT.parent / "shared" / "golden" / "hits" / "cli"
LENGTH = 60
WIDTH = 10
PLANTS = [
    # region, motif id, start, strength
    (0, 0, 5, 1.0),
    (0, 3, 30, 2.0),
    (1, 1, 20, 0.5),
    (2, 2, 44, 1.5),
    (4, 0, 12, 3.0),
    (4, 2, 33, 1.0),
]


@cache
def motifs() -> MotifSet:
    """Two motifs, both strands: ids 0 and 1 are "GATA/1", 2 and 3 are "AP1"."""
    rng = np.random.default_rng(3)
    weight = np.array([0.01, 0.02, 0.6, 0.9, 1.0, 1.0, 0.8, 0.6, 0.02, 0.01])
    letters = {"GATA/1": [2, 0, 1, 3, 0, 2, 2, 1, 3, 0], "AP1": [1, 1, 3, 2, 0, 1, 3, 1, 0, 2]}
    arrays = {}
    for name, word in letters.items():
        matrix = rng.normal(0, 0.03, (4, WIDTH)) * weight
        matrix[word, np.arange(WIDTH)] += weight
        arrays[name] = matrix
    return MotifSet.from_arrays(arrays).with_reverse_complements()


@cache
def arrays() -> tuple[np.ndarray, np.ndarray]:
    """(scores (5, 4, 60) float32, one-hot (5, 4, 60)); region 3 is all zero."""
    rng = np.random.default_rng(8)
    letters = rng.integers(0, 4, (5, LENGTH))
    cwms = motifs().cwms
    scores = rng.normal(0, 0.004, (5, 4, LENGTH))
    for region, motif, start, strength in PLANTS:
        span = slice(start, start + WIDTH)
        letters[region, span] = cwms[motif].argmax(axis=0)
        scores[region, :, span] += strength * cwms[motif]
    one_hot = np.eye(4, dtype=np.int8)[letters].transpose(0, 2, 1).copy()
    scores[3] = 0
    return scores.astype(np.float32), one_hot


def places(strands: str = "+++++") -> tuple[Interval, ...]:
    """Regions on two contigs, the second one first."""
    chroms = ["chr2", "chr2", "chr1", "chr1", "chr1"]
    starts = [1000, 500, 100, 300, 130]
    return tuple(
        Interval(chrom, start, start + LENGTH, strand, f"peak{k}")
        for k, (chrom, start, strand) in enumerate(zip(chroms, starts, strands, strict=True))
    )


def contributions(**more) -> Contributions:
    """The arrays with their places."""
    scores, one_hot = arrays()
    given = {"intervals": places()} | more
    return Contributions(scores, one_hot, **given)


def keys(hits) -> list[tuple[int, int, int]]:
    """(region, motif, start) of hits."""
    return hits.table.select("peak_id", "motif_id", "hit_start").rows()
