"""The part of a VCF that lies in regions: by its index where there is one, else by reading it all.

Both ways keep the same records: those whose REF shares a base with a region.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.errors import FormatError, shown_path
from locuscope.genome.bgzf import compression
from locuscope.genome.caller import warn_caller
from locuscope.genome.handles import check_unchanged, stamp
from locuscope.genome.interval import Interval, match_contig
from locuscope.genome.regions import read_bed
from locuscope.genome.text_blocks import refuse_cut

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike

    import polars as pl
    from numpy.typing import NDArray

_TEXT_LINES = 4_096


class RegionFilter:
    """Disjoint places, sorted, by contig.

    Args:
        regions: an Interval or a place as text (`20:1,000-2,000`), or what `read_bed` reads: a BED
            file, a list of Interval, a frame, a RegionTable.
    """

    def __init__(self, regions: Any) -> None:
        table = read_bed(_regions_of(regions)).table
        self.places: dict[str, tuple[NDArray[np.int64], NDArray[np.int64]]] = {}
        for (chrom,), rows in table.group_by("chrom", maintain_order=True):
            start, end = (rows[name].to_numpy() for name in ("chromStart", "chromEnd"))
            self.places[str(chrom)] = _merged(start, end)

    def of_contig(self, chrom: str) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
        """Starts and ends on a contig, which may go by its other spelling here."""
        known = match_contig(chrom, self.places)
        return None if known is None else self.places[known]

    def keeps(self, frame: pl.DataFrame) -> NDArray[np.bool_]:
        """Which rows have a base of REF in a region, bool (V,); never one without a position."""
        kept = np.zeros(len(frame), np.bool_)
        chroms = frame["chrom"].to_physical()
        first = frame["pos"].fill_null(0).to_numpy() - 1
        stop = first + np.maximum(frame["ref"].str.len_bytes().to_numpy().astype(np.int64), 1)
        for chrom in chroms.unique().to_list():
            places = self.of_contig(chrom)
            if places is None:
                continue
            rows = np.flatnonzero((chroms == chrom).to_numpy() & (first >= 0))
            start, end = places
            at = np.searchsorted(end, first[rows], side="right")
            inside = at < len(end)
            inside[inside] = start[at[inside]] < stop[rows][inside]
            kept[rows] = inside
        return kept


def _regions_of(regions: Any) -> Any:
    if isinstance(regions, Interval):
        return [regions]
    if isinstance(regions, str) and ":" in regions and not Path(regions).exists():
        return [Interval.parse(regions)]
    if isinstance(regions, (list, tuple)):
        return [Interval.parse(item) if isinstance(item, str) else item for item in regions]
    return regions


def _merged(
    start: NDArray[np.int64], end: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Overlapping and touching places joined, sorted."""
    order = np.argsort(start, kind="stable")
    start, reach = start[order], np.maximum.accumulate(end[order])
    is_new = np.concatenate([[True], start[1:] > reach[:-1]])
    is_last = np.concatenate([is_new[1:], [True]])
    return start[is_new], reach[is_last]


def indexed_texts(path: str | PathLike[str], regions: RegionFilter) -> Iterator[bytes] | None:
    """The lines near the regions through a `.tbi` or `.csi` beside a bgzip file, or None.

    None also without pysam, and with a DataWarning for an index that is older than its file or
    cannot be read: reading all is always right.

    Raises:
        FormatError: the file was cut; reading on raises it for a damaged block.
        InputChangedError: reading on: the file changed.
    """
    index = _index_of(path)
    if index is None:
        return None
    try:
        import pysam
    except ImportError:
        return None
    before = pysam.set_verbosity(0)
    try:
        table = pysam.TabixFile(os.fspath(path), index=str(index), encoding="latin-1")
    except (OSError, ValueError) as error:
        warn_caller(
            f"{shown_path(index)} cannot be used ({error}); {shown_path(path)} is read as a whole."
        )
        return None
    finally:
        pysam.set_verbosity(before)
    refuse_cut(path)
    return _fetched(table, Path(path), regions)


def _index_of(path: str | PathLike[str]) -> Path | None:
    if str(path) == "-" or not Path(path).is_file() or compression(path) != "bgzip":
        return None
    found = [Path(f"{os.fspath(path)}{suffix}") for suffix in (".tbi", ".csi")]
    index = next((file for file in found if file.is_file()), None)
    if index is not None and index.stat().st_mtime_ns < Path(path).stat().st_mtime_ns:
        warn_caller(
            f"{shown_path(index)} is older than {shown_path(path)}, which is read as a whole; "
            "index it anew (tabix -p vcf)."
        )
        return None
    return index


def _fetched(table: Any, path: Path, regions: RegionFilter) -> Iterator[bytes]:
    """Lines in the order of the file; one that reaches into two places is given once."""
    was = stamp(path)
    lines: list[str] = []
    with table:
        for chrom in table.contigs:
            reached = 0
            for start, end in zip(*(regions.of_contig(chrom) or ((), ())), strict=True):
                for line in _rows(table, chrom, int(start), int(end), path):
                    if _start(line) < reached:
                        continue
                    lines.append(line)
                    if len(lines) == _TEXT_LINES:
                        yield "\n".join([*lines, ""]).encode("latin-1")
                        lines = []
                reached = int(end)
    if lines:
        yield "\n".join([*lines, ""]).encode("latin-1")
    check_unchanged(path, was)


def _rows(table: Any, chrom: str, start: int, end: int, path: Path) -> Iterator[str]:
    try:
        yield from table.fetch(chrom, start, end)
    except (OSError, ValueError) as error:
        raise FormatError(
            f"{shown_path(path)}: the data at {Interval(chrom, start, end)} are damaged ({error}).",
            path=path,
        ) from error


def _start(line: str) -> int:
    """0-based position of a line; of one without a readable one, past all others."""
    pos = line.split("\t", 2)[1:2]
    return int(pos[0]) - 1 if pos and pos[0].isdecimal() else 1 << 62
