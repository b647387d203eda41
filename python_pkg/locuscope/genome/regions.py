"""Regions and windows: `read_bed` and `RegionTable`, and `Placement` of windows round variants."""

from __future__ import annotations

import gzip
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np
import polars as pl

from locuscope._closest import counted
from locuscope.errors import (
    DataWarning,
    EmptySelectionError,
    FormatError,
    OutOfBoundsError,
    WrongTypeError,
)
from locuscope.genome.bed_lines import parse_bed
from locuscope.genome.choices import check_choice
from locuscope.genome.interval import Interval, find_contig
from locuscope.genome.placement import Placement, tile
from locuscope.genome.text_blocks import read_text
from locuscope.store import publish

if TYPE_CHECKING:
    from os import PathLike

    from numpy.typing import ArrayLike, NDArray

    from locuscope.genome.reference import Genome

__all__ = ["Placement", "RegionTable", "read_bed", "tile"]

_BED6 = ("chrom", "chromStart", "chromEnd", "name", "score", "strand")
_NUMBERS = ("score", "signalValue", "pValue", "qValue")


@dataclass(frozen=True, eq=False, repr=False)
class RegionTable:
    """Regions in the order of their file, duplicates kept.

    Args:
        table: polars columns `chrom, chromStart, chromEnd` (0-based half-open), then what the
            source has of `name, score, strand, signalValue, pValue, qValue, peak` and others, and
            `line` (1-based in the file, null without one).
        skipped: lines left out, by cause.
    """

    table: pl.DataFrame
    skipped: Mapping[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.table)

    def __iter__(self) -> Iterator[Interval]:
        for row in range(len(self)):
            yield self._interval(row)

    @overload
    def __getitem__(self, key: int) -> Interval: ...
    @overload
    def __getitem__(self, key: slice | ArrayLike) -> RegionTable: ...
    def __getitem__(self, key: Any) -> Interval | RegionTable:
        """One row as an Interval, or the rows of a slice, mask or index array as a table."""
        if isinstance(key, (int, np.integer)) and not isinstance(key, bool):
            return self._interval(int(key))
        if isinstance(key, slice):
            return RegionTable(self.table[key], self.skipped)
        rows = np.arange(len(self))[np.asarray(key, None if len(key) else np.int64)]
        return RegionTable(self.table[rows], self.skipped)

    def _interval(self, row: int) -> Interval:
        if not -len(self) <= row < len(self):
            raise IndexError(f"row {row} of a table with {len(self):,} regions")
        found = self.table.row(row, named=True)
        name = found.get("name")
        return Interval(
            found["chrom"],
            found["chromStart"],
            found["chromEnd"],
            found.get("strand") or ".",
            None if name == "." else name,
        )

    def centers(self) -> NDArray[np.int64]:
        """The point of each region, int64 (n,): the peak where one is given, else the midpoint."""
        start = self.table["chromStart"].to_numpy()
        middle = (start + self.table["chromEnd"].to_numpy()) // 2
        if "peak" not in self.table.columns:
            return np.asarray(middle, np.int64)
        peak = self.table["peak"].fill_null(-1).to_numpy()
        return np.asarray(np.where(peak >= 0, start + peak, middle), np.int64)

    def to_bed(self, path: str | PathLike[str]) -> Path:
        """Write a BED file: the columns in BED order, without `line`; missing cells become `.`.

        Columns behind the third need all six of BED, so that absent ones are filled in (score 0).
        A path that ends in `.gz` is compressed.

        Raises:
            OutOfBoundsError: a region with a negative start.
        """
        low = self.table["chromStart"].min()
        if isinstance(low, int) and low < 0:
            raise OutOfBoundsError(f"a region starts at {low}; a BED file has no such place.")
        columns = [name for name in self.table.columns if name not in ("line", *_BED6)]
        has_more = columns or any(name in self.table.columns for name in _BED6[3:])
        wanted = [*_BED6, *columns] if has_more else list(_BED6[:3])
        blank = {"name": ".", "score": "0", "strand": "."}
        cells = [
            pl.col(name).cast(pl.String).fill_null(".").replace("", ".")
            if name in self.table.columns
            else pl.lit(blank[name]).alias(name)
            for name in wanted
        ]
        body = self.table.select(cells)
        text = "".join("\t".join(row) + "\n" for row in body.iter_rows()).encode()
        is_gz = str(path).endswith(".gz")
        content = gzip.compress(text, mtime=0) if is_gz else text
        return publish(path, lambda temporary: temporary.write_bytes(content))

    def __repr__(self) -> str:
        skipped = sum(self.skipped.values())
        said = f", {skipped:,} skipped" if skipped else ""
        return f"RegionTable({counted(len(self), 'region')}{said})"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{escape(interval.text())}</td><td>{escape(interval.strand)}</td>"
            f"<td>{escape((interval.name or '')[:80])}</td></tr>"
            for interval in self[:10]
        )
        return f"<table><caption>{escape(repr(self))}</caption><tbody>{rows}</tbody></table>"


def read_bed(
    source: str | PathLike[str] | RegionTable | Sequence[Interval] | Any,
    *,
    genome: Genome | None = None,
    on_bad: str = "raise",
    overhang: str = "raise",
) -> RegionTable:
    """Read regions; nothing is sorted or merged: rows in, rows out.

    Args:
        source: a BED, narrowPeak, broadPeak or bedGraph file, a table with a header row
            (chrom, start, end), a polars or pandas frame with such columns, Intervals, or a
            RegionTable.
        genome: checks contigs and ends.
        on_bad: "raise" at bad lines, or "skip" and count them.
        overhang: with a genome, "raise" at regions that reach past a contig end, or "pad": keep
            them as they are and count them.

    Raises:
        FormatError: bad lines, all counted and the first five shown.
        MissingContigError, OutOfBoundsError: a region that is no place of the genome.
        EmptySelectionError: no region.

    >>> read_bed([Interval("20", 5, 9)])
    RegionTable(1 region)
    """
    check_choice("on_bad", on_bad, ("raise", "skip"))
    check_choice("overhang", overhang, ("raise", "pad"))
    if isinstance(source, RegionTable):
        regions, where = source, "the regions"
    elif isinstance(source, (str, Path)) or hasattr(source, "__fspath__"):
        regions, where = _read_file(source, on_bad), str(source)
    else:
        regions, where = RegionTable(_frame_of(source)), "the regions"
    if not len(regions):
        said = f"; skipped {dict(regions.skipped)}" if regions.skipped else ""
        raise EmptySelectionError(f"{where}: no region{said}.")
    if genome is None:
        return regions
    return _checked(regions, genome, overhang, where)


def _read_file(path: str | PathLike[str], on_bad: str) -> RegionTable:
    parsed = parse_bed(read_text(path), path)
    if parsed.faults and on_bad == "raise":
        shown = "; ".join(f"line {n}, column {c}: {why}" for n, c, why in parsed.faults[:5])
        more = f"; and {len(parsed.faults) - 5:,} more" if len(parsed.faults) > 5 else ""
        line, column, why = parsed.faults[0]
        raise FormatError(
            f"{path} has {counted(len(parsed.faults), 'bad line')}: {shown}{more}.",
            hint="Correct them, or let read_bed leave them out (its option on_bad).",
            path=path,
            line=line,
            column=column,
            text=why,
        )
    if parsed.n_blank_parted:
        warnings.warn(
            f"{path}: {parsed.n_blank_parted:,} lines have blanks where tabs belong; they are read "
            "as columns.",
            DataWarning,
            stacklevel=3,
        )
    skipped = {"malformed": len(parsed.faults)} if parsed.faults else {}
    return RegionTable(_typed(parsed.frame), skipped)


def _typed(frame: pl.DataFrame) -> pl.DataFrame:
    """Give the known columns their types and put them first; `line` last."""
    casts = [pl.col("chrom").cast(pl.String)]
    casts += [pl.col(name).cast(pl.Int64) for name in ("chromStart", "chromEnd")]
    for name, dtype in (*((n, pl.Float64) for n in _NUMBERS), ("peak", pl.Int64)):
        if name in frame.columns:
            casts.append(pl.col(name).cast(dtype, strict=False))
    for name in ("name", "strand"):
        if name in frame.columns:
            casts.append(pl.col(name).cast(pl.String))
    if "line" not in frame.columns:
        frame = frame.with_columns(pl.lit(None, dtype=pl.Int64).alias("line"))
    others = [name for name in frame.columns if name != "line"]
    return frame.with_columns(casts).select(*others, "line")


def _frame_of(source: Any) -> pl.DataFrame:
    """The table of a polars or pandas frame, or of a list of Intervals."""
    if hasattr(source, "columns"):
        frame = source if isinstance(source, pl.DataFrame) else pl.DataFrame(dict(source))
        known = {"start": "chromStart", "end": "chromEnd"}
        frame = frame.rename({old: new for old, new in known.items() if old in frame.columns})
        place = ("chrom", "chromStart", "chromEnd")
        missing = [name for name in place if name not in frame.columns]
        if missing:
            raise FormatError(f"the frame has no column {missing}; found {frame.columns[:20]}.")
        for row in frame.select(place).iter_rows():
            Interval(*row)
        return _typed(frame)
    listed = list(source) if isinstance(source, Sequence) and not isinstance(source, str) else None
    if listed is None or not all(isinstance(item, Interval) for item in listed):
        raise WrongTypeError(
            f"regions are a path, a frame, a RegionTable or a list of Interval; found "
            f"{type(source).__name__}.",
            argument="source",
            found=type(source).__name__,
            expected="path, frame, RegionTable or Intervals",
        )
    rows = [(place.chrom, place.start, place.end, place.name, place.strand) for place in listed]
    schema = {
        "chrom": pl.String(),
        "chromStart": pl.Int64(),
        "chromEnd": pl.Int64(),
        "name": pl.String(),
        "strand": pl.String(),
    }
    return _typed(pl.DataFrame(rows, schema=schema, orient="row"))


def _checked(regions: RegionTable, genome: Genome, overhang: str, where: str) -> RegionTable:
    """Compare with the contigs of a genome."""
    frame = regions.table
    past = np.zeros(len(frame), np.int64)
    for chrom in frame["chrom"].unique(maintain_order=True).to_list():
        contig = find_contig(chrom, genome.lengths, genome.name)
        if contig != chrom:
            warnings.warn(
                f"contig {chrom!r} of {where} is read as {contig!r} of {genome.name}.",
                DataWarning,
                stacklevel=3,
            )
        rows = (frame["chrom"] == chrom).to_numpy()
        start, end = (frame[name].to_numpy()[rows] for name in ("chromStart", "chromEnd"))
        length = genome.lengths[contig]
        past[rows] = np.maximum(np.maximum(end - length, -start), 0)
        outside = (start >= length) | (end <= 0)
        if outside.any():
            place = Interval(chrom, int(start[outside][0]), int(end[outside][0]))
            raise OutOfBoundsError(
                f"{where}: {place} lies outside {chrom}, which has {length:,} bases in "
                f"{genome.name} ({int(outside.sum()):,} such regions).",
                interval=place,
                contig_length=length,
            )
    over = np.flatnonzero(past)
    if len(over) and overhang == "raise":
        place = regions[int(over[0])]
        ones = "1-based coordinates? " if (past[over] == 1).all() else ""
        raise OutOfBoundsError(
            f"{where}: {len(over):,} regions reach past the contig end, {place} by "
            f"{int(past[over[0]]):,} bases.",
            hint=f"{ones}overhang='pad' keeps them.",
            interval=place,
        )
    counts = {**regions.skipped, "overhang": len(over)} if len(over) else regions.skipped
    return RegionTable(frame, counts)
