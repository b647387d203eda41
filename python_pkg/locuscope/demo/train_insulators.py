"""Windows of the insulator network: bound places of chromosome 2R and matched unbound sequence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from locuscope.genome.sequence import encode_indices

from .build_dm3 import CELLS, CHROM_LENGTH, FILES, read_chromosome, read_peaks
from .train_windows import HALF_BP, Windows, distance_to, part_of, scatter, with_background

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from .build_dm3 import Peak
    from .build_sources import Cache

PACKAGES = ("augustus-doc", "pybedtools")
ASSEMBLY = "dm3"
CHROM = "chr2R"
MB = 1_000_000
BLOCKS = (
    (0, 13 * MB, "train"),
    (13 * MB, 16 * MB, "validation"),
    (16 * MB, CHROM_LENGTH, "test"),
)
TRACKS = tuple(f"{protein}:{cell}" for protein in FILES for cell in CELLS)
MERGE_BP = 150
LABEL_REACH_BP = 250
AWAY_BP = 1_000
GRID_BP = 32
PER_POSITIVE = 3
N_EMBEDDED = 1_024


def insulator_windows(cache: Cache) -> Windows:
    """Read chromosome and peaks; give positives with three matched backgrounds each."""
    text = read_chromosome(cache)
    masked = np.frombuffer(text.encode("ascii"), dtype=np.uint8) >= ord("a")
    return label_peaks(encode_indices(text), masked, read_peaks(cache))


def label_peaks(
    bases: NDArray[np.uint8],
    masked: NDArray[np.bool_],
    peaks: Sequence[Peak],
    blocks: Sequence[tuple[int, int, str]] = BLOCKS,
) -> Windows:
    """Merge the peaks to positives, label them and add backgrounds."""
    middles = np.sort(np.array([peak.center for peak in peaks], dtype=np.int64))
    centers = merged(middles, MERGE_BP)
    part = part_of(centers, blocks)
    positives = Windows(
        bases, centers, peak_labels(centers, peaks), np.ones(len(centers), bool), part, TRACKS
    ).take(part >= 0)
    grid = np.arange(HALF_BP, len(bases) - HALF_BP, GRID_BP, dtype=np.int64)
    candidates = grid[distance_to(grid, middles) >= AWAY_BP]
    return with_background(positives, candidates, blocks, per_positive=PER_POSITIVE, masked=masked)


def merged(middles: NDArray[np.int64], within_bp: int) -> NDArray[np.int64]:
    """Join sorted places that follow each other within `within_bp`; gives the mean of each group.

    >>> merged(np.array([0, 100, 900]), 150).tolist()
    [50, 900]
    """
    cuts = np.flatnonzero(np.diff(middles) > within_bp) + 1
    groups = np.split(middles, cuts) if len(middles) else []
    return np.array([int(group.sum()) // len(group) for group in groups], dtype=np.int64)


def peak_labels(centers: NDArray[np.int64], peaks: Sequence[Peak]) -> NDArray[np.uint8]:
    """(n, 8): 1 where the middle of a peak of that track lies within 250 bases of the centre."""
    labels = np.zeros((len(centers), len(TRACKS)), dtype=np.uint8)
    for track, name in enumerate(TRACKS):
        label = name.replace(":", "_")
        own = np.sort(np.array([p.center for p in peaks if p.name == label], dtype=np.int64))
        if len(own):
            labels[:, track] = distance_to(centers, own) <= LABEL_REACH_BP
    return labels


def embedded_rows(windows: Windows) -> NDArray[np.int64]:
    """Rows of the test windows that are shipped: 1,024, a quarter of them positive.

    The chosen ones are spread over the block by a fixed rule, and the choice does not look at
    labels beyond positive or background.
    """
    rows = np.flatnonzero(windows.part == 2)
    picked = []
    for positive, share in ((True, 1), (False, PER_POSITIVE)):
        group = rows[windows.positive[rows] == positive]
        order = np.argsort(scatter(windows.centers[group], 1), kind="stable")
        picked.append(group[order[: N_EMBEDDED * share // (1 + PER_POSITIVE)]])
    return np.sort(np.concatenate(picked))
