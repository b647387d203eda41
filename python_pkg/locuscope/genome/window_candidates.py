"""Which windows of a list of regions may hold a variant: found in sorted starts, not by scanning.

Regions of a contig are kept in classes of similar length, each sorted by start. In a class whose
longest region has n bases, every region over a base begins among the n bases up to it, and none is
shorter than n / 2: a lookup meets few regions besides those it finds, also where one region covers
a whole contig.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import ArrayLike, NDArray

    from locuscope.genome.interval import Interval

    Longs = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Candidates:
    """Windows that may hold some alleles: k pairs, ordered by allele, then by region.

    Args:
        allele: int64 (k,), index of the allele.
        region: int64 (k,), index of the region.
        start: int64 (k,), where the window begins, 0-based.
    """

    allele: Longs
    region: Longs
    start: Longs

    def __len__(self) -> int:
        return len(self.allele)

    def nearest(self, first: Longs, widths: Longs) -> Candidates:
        """Keep one window per allele: the one whose centre is nearest; of equal ones the first.

        Args:
            first: int64, first base of each allele, 0-based.
            widths: int64 (k,), width of each window.
        """
        distance = np.abs(2 * first[self.allele] + 1 - (2 * self.start + widths))
        order = np.lexsort((self.region, distance, self.allele))
        is_first = np.ones(len(order), np.bool_)
        is_first[1:] = np.diff(self.allele[order]) > 0
        kept = order[is_first]
        return Candidates(self.allele[kept], self.region[kept], self.start[kept])


class RegionIndex:
    """Finds the regions over given bases.

    Args:
        regions: any intervals, in any order, overlapping or not; their strand is not looked at.
        resolve: turns the contig name of a region into the one of the queries.

    >>> from locuscope.genome.interval import Interval
    >>> index = RegionIndex([Interval("1", 0, 50), Interval("1", 40, 90)])
    >>> [found.tolist() for found in index.over("1", [45, 60])]
    [[0, 0, 1], [0, 1, 1]]
    """

    def __init__(
        self, regions: Iterable[Interval], resolve: Callable[[str], str] = lambda name: name
    ) -> None:
        listed = list(regions)
        names = {name: resolve(name) for name in {place.chrom for place in listed}}
        self.starts = np.array([place.start for place in listed], np.int64)
        self.ends = np.array([place.end for place in listed], np.int64)
        contigs = np.array([names[place.chrom] for place in listed], object)
        self._classes: dict[str, list[tuple[int, Longs]]] = {}
        kind = np.frompyfunc(int.bit_length, 1, 1)(self.ends - self.starts) if listed else contigs
        for contig in sorted(set(names.values())):
            here = contigs == contig
            self._classes[contig] = [
                self._class(np.flatnonzero(here & (kind == n))) for n in sorted(set(kind[here]))
            ]
        text = "\n".join(f"{names[p.chrom]}\t{p.start}\t{p.end}" for p in listed)
        self.digest = sha256(text.encode("utf-8")).hexdigest()

    def _class(self, rows: Longs) -> tuple[int, Longs]:
        """The longest width of some regions, and the regions by start."""
        by_start = rows[np.argsort(self.starts[rows], kind="stable")]
        return int((self.ends - self.starts)[rows].max()), by_start

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def contigs(self) -> tuple[str, ...]:
        """Names of the contigs that have a region, sorted."""
        return tuple(self._classes)

    def over(self, contig: str, points: ArrayLike) -> tuple[Longs, Longs]:
        """Pairs of a base and a region that holds it (start <= base < end).

        Args:
            contig: as `resolve` gives it.
            points: 0-based bases, in any order.

        Returns:
            Index of the base and index of the region, both int64 (k,), by base, then by region.
        """
        wanted = np.atleast_1d(np.asarray(points, np.int64))
        which, found = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        for longest, rows in self._classes.get(contig, ()):
            starts = self.starts[rows]
            first = np.searchsorted(starts, wanted - longest, side="right")
            counts = np.searchsorted(starts, wanted, side="right") - first
            point = np.repeat(np.arange(len(wanted)), counts)
            behind = np.arange(len(point)) - np.repeat(np.cumsum(counts) - counts, counts)
            region = rows[np.repeat(first, counts) + behind]
            reaches = self.ends[region] > wanted[point]
            which.append(point[reaches])
            found.append(region[reaches])
        point, region = np.concatenate(which), np.concatenate(found)
        order = np.lexsort((region, point))
        return point[order], region[order]


def restricted_windows(
    index: RegionIndex, contigs: Sequence[str], first: Longs, centred: Longs, width_bp: int
) -> Candidates:
    """Windows inside regions that hold the first base of an allele.

    A region of the width of the window is taken as it is; in a longer one the window is centred on
    the allele as far as the region's ends allow; a shorter one is no candidate.

    Args:
        index: the allowed regions.
        contigs: contig of each allele.
        first: first base of each allele, 0-based.
        centred: start of the window that is centred on each allele.
        width_bp: width of the windows.
    """
    allele, region = _over(index, contigs, first)
    wide = index.ends[region] - index.starts[region] >= width_bp
    allele, region = allele[wide], region[wide]
    start = np.minimum(
        np.maximum(centred[allele], index.starts[region]), index.ends[region] - width_bp
    )
    return Candidates(allele, region, start)


def overlapping_windows(
    index: RegionIndex, contigs: Sequence[str], first: Longs, stop: Longs
) -> Candidates:
    """Fixed windows that hold the whole of an allele.

    Args:
        index: the windows.
        contigs: contig of each allele.
        first: first base of each allele, 0-based.
        stop: base after the last of REF.
    """
    allele, region = _over(index, contigs, first)
    whole = stop[allele] <= index.ends[region]
    return Candidates(allele[whole], region[whole], index.starts[region[whole]])


def shared_centres(contigs: Sequence[str], pos: Longs, share_bp: int) -> Longs:
    """The position round which each allele's window is centred when neighbours share one.

    From the left, alleles of a contig join a cluster as long as its first and last lie at most
    `share_bp` bases apart; the centre is halfway between these two.

    Args:
        contigs: contig of each allele.
        pos: their positions.
        share_bp: width of a cluster; 0 leaves every allele its own centre.

    >>> shared_centres(["1", "1", "1"], np.array([10, 90, 14]), 5).tolist()
    [12, 90, 12]
    """
    centres = pos.copy()
    if not share_bp:
        return centres
    order = sorted(range(len(pos)), key=lambda k: (contigs[k], pos[k]))
    cluster: list[int] = []
    for k in [*order, -1]:
        starts_anew = cluster and (
            k < 0 or contigs[k] != contigs[cluster[0]] or pos[k] - pos[cluster[0]] > share_bp
        )
        if starts_anew:
            centres[cluster] = (pos[cluster[0]] + pos[cluster[-1]]) // 2
            cluster = []
        cluster.append(k)
    return centres


def _over(index: RegionIndex, contigs: Sequence[str], first: Longs) -> tuple[Longs, Longs]:
    """`RegionIndex.over` for alleles of several contigs, ordered by allele, then by region."""
    by_contig: dict[str, list[int]] = {}
    for k, contig in enumerate(contigs):
        by_contig.setdefault(contig, []).append(k)
    allele, region = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for contig, listed in by_contig.items():
        rows = np.array(listed, np.int64)
        point, found = index.over(contig, first[rows])
        allele.append(rows[point])
        region.append(found)
    pairs, regions = np.concatenate(allele), np.concatenate(region)
    order = np.lexsort((regions, pairs))
    return pairs[order], regions[order]
