"""Windows to train and test on: places on one chromosome, labels, and backgrounds that match them.

Every choice depends on the place alone, never on a random stream, so the windows are the same in
every version of every library. A background window has the composition of the positive that it
stands for, from the same part of the chromosome; otherwise a network learns GC content.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from torch import Tensor

WINDOW_BP = 512
HALF_BP = WINDOW_BP // 2
PARTS = ("train", "validation", "test")
GC_BIN = 0.02
CPG_BIN = 0.1
MASKED_BIN = 0.2
CPG_MOST = 1.5
CHUNK = 20_000


@dataclass(frozen=True)
class Windows:
    """Windows of 512 bases on one chromosome.

    Attributes:
        bases: the chromosome, uint8, 0-3 for ACGT and 4 for any other letter.
        centers: (n,) the base behind the middle; a window is `[center - 256, center + 256)`.
        labels: (n, T) 0 or 1.
        positive: (n,) whether the window stands for a site; the others are background.
        part: (n,) 0 train, 1 validation, 2 test.
        track_names: names of the labels.
        left_out: positives without a match, by part.
    """

    bases: NDArray[np.uint8]
    centers: NDArray[np.int64]
    labels: NDArray[np.uint8]
    positive: NDArray[np.bool_]
    part: NDArray[np.int8]
    track_names: tuple[str, ...]
    left_out: tuple[int, ...] = (0, 0, 0)

    def __len__(self) -> int:
        return len(self.centers)

    def take(self, rows: NDArray[Any]) -> Windows:
        """Give the windows of a mask or of row numbers."""
        return replace(
            self,
            centers=self.centers[rows],
            labels=self.labels[rows],
            positive=self.positive[rows],
            part=self.part[rows],
        )

    def of(self, part: str) -> Windows:
        """Give the windows of one part."""
        return self.take(self.part == PARTS.index(part))

    def codes(self) -> NDArray[np.uint8]:
        """Bases of each window, (n, 512)."""
        return window_codes(self.bases, self.centers)


def window_codes(bases: NDArray[np.uint8], centers: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Bases of the windows around some centres, (n, 512)."""
    found: NDArray[np.uint8] = np.lib.stride_tricks.sliding_window_view(bases, WINDOW_BP)[
        centers - HALF_BP
    ]
    return found


def to_one_hot(codes: NDArray[np.uint8]) -> Tensor:
    """(n, L) codes -> (n, 4, L) float32; a code of 4 is a zero column.

    >>> to_one_hot(np.array([[0, 4, 3]], np.uint8))[0].T.tolist()
    [[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]]
    """
    letters = np.arange(4, dtype=np.uint8)[:, None]
    return torch.from_numpy((codes[:, None, :] == letters).astype(np.float32))


def scatter(places: NDArray[np.int64], seed: int = 0) -> NDArray[np.uint64]:
    """Give a fixed random-looking number for each place (the finaliser of splitmix64)."""
    offset = 0x9E3779B97F4A7C15 * (seed + 1) % 2**64
    mixed = places.astype(np.uint64) + np.uint64(offset)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    found: NDArray[np.uint64] = mixed ^ (mixed >> np.uint64(31))
    return found


@dataclass(frozen=True)
class Composition:
    """What windows are made of, (n,) each: GC fraction, CpG observed over expected, N, repeats."""

    gc: NDArray[np.float64]
    cpg: NDArray[np.float64]
    unknown: NDArray[np.bool_]
    masked: NDArray[np.float64]

    @property
    def bins(self) -> NDArray[np.int64]:
        """(n, 3) bin of each window; a match has the same bin."""
        columns = (self.gc / GC_BIN, np.minimum(self.cpg, CPG_MOST) / CPG_BIN)
        masked = np.minimum(self.masked / MASKED_BIN, 1 / MASKED_BIN - 1)
        return np.stack([*columns, masked], axis=1).astype(np.int64)


def composition(
    bases: NDArray[np.uint8],
    centers: NDArray[np.int64],
    masked: NDArray[np.bool_] | None = None,
) -> Composition:
    """Measure the windows around some centres; without `masked` its column is 0."""
    n = len(centers)
    gc, cpg, repeats = np.zeros(n), np.zeros(n), np.zeros(n)
    unknown = np.zeros(n, dtype=bool)
    for at in range(0, n, CHUNK):
        rows = slice(at, at + CHUNK)
        codes = window_codes(bases, centers[rows])
        gc[rows], cpg[rows] = gc_and_cpg(codes)
        unknown[rows] = (codes == 4).any(axis=1)
        if masked is not None:
            starts = centers[rows] - HALF_BP
            view = np.lib.stride_tricks.sliding_window_view(masked, WINDOW_BP)
            repeats[rows] = view[starts].mean(axis=1)
    return Composition(gc, cpg, unknown, repeats)


def gc_and_cpg(codes: NDArray[np.uint8]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """GC fraction and CpG observed over expected of (n, L) codes; 0 where none is expected.

    >>> gc_and_cpg(np.array([[1, 2, 0, 3]], np.uint8))
    (array([0.5]), array([4.]))
    """
    c, g = codes == 1, codes == 2
    n_c, n_g = c.sum(axis=1), g.sum(axis=1)
    pairs = (c[:, :-1] & g[:, 1:]).sum(axis=1)
    expected = n_c * n_g / codes.shape[1]
    ratio = np.divide(pairs, expected, out=np.zeros(len(codes)), where=expected > 0)
    return (n_c + n_g) / codes.shape[1], ratio


def distance_to(places: NDArray[np.int64], sites: NDArray[np.int64]) -> NDArray[np.int64]:
    """Bases from each place to the nearest of some sorted sites.

    >>> distance_to(np.array([0, 7, 30]), np.array([5, 10])).tolist()
    [5, 2, 20]
    """
    right = np.searchsorted(sites, places)
    before = sites[np.maximum(right - 1, 0)]
    after = sites[np.minimum(right, len(sites) - 1)]
    nearest: NDArray[np.int64] = np.minimum(np.abs(places - before), np.abs(places - after))
    return nearest


def part_of(centers: NDArray[np.int64], blocks: Sequence[tuple[int, int, str]]) -> NDArray[np.int8]:
    """Part of each window by blocks `(start, end, part)`; -1 where a window crosses a border."""
    part = np.full(len(centers), -1, dtype=np.int8)
    for start, end, name in blocks:
        inside = (centers - HALF_BP >= start) & (centers + HALF_BP <= end)
        part[inside] = PARTS.index(name)
    return part


def match(
    wanted: NDArray[np.int64], offered: NDArray[np.int64], per_wanted: int, reach: int = 1
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Choose background rows whose bins are those of the wanted windows, each at most once.

    Args:
        wanted: (n, 3) bins of the positives, in the order in which they choose.
        offered: (m, 3) bins of the candidates, in the order in which they are taken.
        per_wanted: how many each positive gets.
        reach: bins that a match may be away in GC and CpG where its own bin is used up.

    Returns:
        Chosen rows of `offered`, and which of the `wanted` got all theirs; the others get none.
    """
    stock: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for row in range(len(offered) - 1, -1, -1):
        stock[tuple(offered[row].tolist())].append(row)
    steps = [(gc, cpg, 0) for gc in range(-reach, reach + 1) for cpg in range(-reach, reach + 1)]
    # A step and its opposite take turns, so that edges of the stock do not shift the mean.
    steps.sort(key=lambda step: abs(step[0]) + abs(step[1]))
    chosen: list[int] = []
    served = np.zeros(len(wanted), dtype=bool)
    for i, bins in enumerate(wanted.tolist()):
        order = steps if i % 2 else [(-gc, -cpg, 0) for gc, cpg, _ in steps]
        near = [tuple(b + s for b, s in zip(bins, step, strict=True)) for step in order]
        places = [place for place in near if stock.get(place)]
        if sum(len(stock[place]) for place in places) < per_wanted:
            continue
        served[i] = True
        for place in places:
            while stock[place] and len(chosen) < per_wanted * int(served.sum()):
                chosen.append(stock[place].pop())
    return np.array(chosen, dtype=np.int64), served


def with_background(
    positives: Windows,
    candidates: NDArray[np.int64],
    blocks: Sequence[tuple[int, int, str]],
    *,
    per_positive: int,
    masked: NDArray[np.bool_] | None = None,
) -> Windows:
    """Add matched background windows to positives, part by part.

    Args:
        positives: all of one chromosome, `part` already set.
        candidates: centres far enough from every positive.
        blocks: the split, as in `part_of`.
        per_positive: background windows for each positive.
        masked: (chromosome,) soft-masked bases, where repeats are to be matched too.

    Returns:
        Positives that found their matches, then their backgrounds, in order of place; `left_out`
        counts the others.
    """
    where = part_of(candidates, blocks)
    made = composition(positives.bases, candidates, masked)
    own = composition(positives.bases, positives.centers, masked)
    kept, left_out = [], []
    for part in range(len(PARTS)):
        rows = np.flatnonzero(positives.part == part)
        rows = rows[np.argsort(scatter(positives.centers[rows]), kind="stable")]
        free = np.flatnonzero((where == part) & ~made.unknown)
        free = free[np.argsort(scatter(candidates[free]), kind="stable")]
        chosen, served = match(own.bins[rows], made.bins[free], per_positive)
        left_out.append(int((~served).sum()))
        rows = rows[served]
        backgrounds = candidates[free[chosen]]
        kept.append(_joined(positives.take(rows), backgrounds, part))
    return _in_order(positives, kept, tuple(left_out))


def _joined(positives: Windows, backgrounds: NDArray[np.int64], part: int) -> Windows:
    n = len(backgrounds)
    return replace(
        positives,
        centers=np.concatenate([positives.centers, backgrounds]),
        labels=np.concatenate(
            [positives.labels, np.zeros((n, positives.labels.shape[1]), np.uint8)]
        ),
        positive=np.concatenate([positives.positive, np.zeros(n, dtype=bool)]),
        part=np.full(len(positives) + n, part, dtype=np.int8),
    )


def _in_order(like: Windows, parts: Sequence[Windows], left_out: tuple[int, ...]) -> Windows:
    whole = replace(
        like,
        centers=np.concatenate([part.centers for part in parts]),
        labels=np.concatenate([part.labels for part in parts]),
        positive=np.concatenate([part.positive for part in parts]),
        part=np.concatenate([part.part for part in parts]),
        left_out=left_out,
    )
    return whole.take(np.argsort(whole.centers, kind="stable"))
