"""One axis for many contigs: side by side in genome order, each as wide as what lies on it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_LAST = {"X": 1, "Y": 2, "W": 3, "Z": 4, "M": 5, "MT": 5}
_GAP = 0.01  # of the whole axis, between contigs


@dataclass(frozen=True, eq=False)
class ContigAxis:
    """Where contigs lie on the axis.

    Args:
        names: in genome order.
        starts: (K,) axis coordinate of the first position of each.
        stops: (K,) of the last one.
        first: (K,) the genomic position (1-based) at `starts`.
        x: (V,) axis coordinate of each allele. With one contig it is the position itself.
    """

    names: tuple[str, ...]
    starts: NDArray[np.float64]
    stops: NDArray[np.float64]
    first: NDArray[np.int64]
    x: NDArray[np.float64]

    @classmethod
    def of(cls, chrom: Sequence[str], pos: NDArray[np.int64]) -> ContigAxis:
        """Lay out alleles by contig and position (1-based)."""
        found, code = np.unique(np.asarray(chrom, object).astype(str), return_inverse=True)
        names = sorted(found.tolist(), key=genome_order)
        rank = np.array([names.index(name) for name in found], np.int64)[code]
        first = np.full(len(names), np.iinfo(np.int64).max)
        last = np.zeros(len(names), np.int64)
        np.minimum.at(first, rank, pos)
        np.maximum.at(last, rank, pos)
        if len(names) <= 1:
            return cls(
                tuple(names), first.astype(float), last.astype(float), first, pos.astype(float)
            )
        widths = (last - first + 1).astype(np.float64)
        gap = max(1.0, widths.sum() * _GAP)
        # A contig with one allele would have no width at all beside one with millions of bases.
        widths = np.maximum(widths, gap)
        starts = np.concatenate([[0.0], np.cumsum(widths + gap)[:-1]])
        return cls(tuple(names), starts, starts + widths, first, starts[rank] + (pos - first[rank]))

    def bands(self) -> list[tuple[float, float]]:
        """Where each contig begins and ends on the axis, the gaps shared between neighbours."""
        inner = (self.stops[:-1] + self.starts[1:]) / 2
        outer = (self.stops[-1] - self.starts[0]) * _GAP
        edges = [self.starts[0] - outer, *inner.tolist(), self.stops[-1] + outer]
        return list(pairwise(edges))

    def place(self, left: float, right: float) -> str:
        """Say in words which positions two axis coordinates enclose."""
        k = max(0, int(np.searchsorted(self.starts, left + 1e-6, "right")) - 1)
        if len(self.names) == 1:
            return f"{self.names[0]}:{left:,.0f}-{right:,.0f}"
        start = self.first[k] + max(0.0, left - self.starts[k])
        stop = self.first[k] + min(right, self.stops[k]) - self.starts[k]
        return f"{self.names[k]}:{start:,.0f}-{max(start, stop):,.0f}"


def genome_order(name: str) -> tuple[int, int, str]:
    """Sort key: numbers as numbers, then X, Y, W, Z, mitochondria, then all others by name.

    >>> sorted(["chrX", "chr10", "chr2", "chrM", "scaffold_1"], key=genome_order)
    ['chr2', 'chr10', 'chrX', 'chrM', 'scaffold_1']
    """
    bare = re.sub(r"^chr", "", name, flags=re.IGNORECASE)
    if bare.isdecimal():
        return 0, int(bare), name
    if bare.upper() in _LAST:
        return 1, _LAST[bare.upper()], name
    numbered = re.fullmatch(r"(\d+)([A-Za-z]+)", bare)
    if numbered:  # 2L, 2R of flies
        return 0, int(numbered[1]), name
    return 2, 0, name
