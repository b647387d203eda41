"""The grammar of region files: BED3-12, narrowPeak, broadPeak, bedGraph and tables with a header.

`parse_bed` gives the columns as text and the faults of the bad lines; `regions.py` makes the noun.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

import polars as pl

from locuscope.genome.alleles import MAX_POSITION

if TYPE_CHECKING:
    from os import PathLike

_BED = ("chrom", "chromStart", "chromEnd", "name", "score", "strand")
_THICK = ("thickStart", "thickEnd", "itemRgb", "blockCount", "blockSizes", "blockStarts")
_LAYOUTS: dict[str, tuple[str, ...]] = {
    "bed": (*_BED, *_THICK),
    "narrowPeak": (*_BED, "signalValue", "pValue", "qValue", "peak"),
    "broadPeak": (*_BED, "signalValue", "pValue", "qValue"),
    "bedGraph": ("chrom", "chromStart", "chromEnd", "score"),
}
_SUFFIXES = {
    ".narrowpeak": "narrowPeak",
    ".broadpeak": "broadPeak",
    ".bedgraph": "bedGraph",
    ".bdg": "bedGraph",
    ".bg": "bedGraph",
}
_HEADER_NAMES = {"chrom": "chrom", "chr": "chrom", "start": "chromStart", "end": "chromEnd"}
_NUMBERS = ("score", "signalValue", "pValue", "qValue")
_DOUBTFUL = frozenset("#tb \t")


@dataclass(frozen=True)
class BedText:
    """A region file as text cells: the good rows with their line numbers, and the faults.

    `frame` has String columns and `line`. A fault is (line, 1-based column, sentence).
    """

    frame: pl.DataFrame
    faults: list[tuple[int, int, str]]
    n_blank_parted: int


def parse_bed(text: str, path: str | PathLike[str]) -> BedText:
    """Split a region file into cells; lines that break the grammar are listed, not returned.

    Args:
        text: the file.
        path: tells narrowPeak, broadPeak and bedGraph by its suffix.
    """
    lines = text.split("\n")
    kept = [
        k for k, line in enumerate(lines) if line and (line[0] not in _DOUBTFUL or _is_row(line))
    ]
    first = lines[kept[0]] if kept else ""
    separator = "\t" if "\t" in first else "," if first.count(",") > 1 else None
    columns = _named_columns(first.split(separator)) if kept else None
    if columns is not None:
        kept = kept[1:]
    above = lines[: kept[0]] if kept else lines
    kind = _kind_of_track(above) or _kind_of(path)
    if columns is None:
        columns = _named_columns(above[-1].lstrip("#").split("\t")) if above else None
    rows = [lines[k] for k in kept]
    n_blank = 0 if separator else sum(len(row.split()) > 1 for row in rows)
    if separator is None:
        rows, separator = ["\t".join(row.split()) for row in rows], "\t"
    if columns is None:
        columns = _plain_columns(kind, rows[0].count(separator) + 1 if rows else 3)
    return _judged(rows, [k + 1 for k in kept], columns, separator, n_blank)


def _is_row(line: str) -> bool:
    words = line.split(None, 1)
    return bool(words) and line[0] != "#" and words[0] not in ("track", "browser")


def _judged(
    rows: list[str], numbers: list[int], columns: tuple[str, ...], separator: str, n_blank: int
) -> BedText:
    """Check all rows by columns, and those that look odd one by one."""
    faults: list[tuple[int, int, str]] = []
    odd = [k for k, row in enumerate(rows) if row.count(separator) + 1 != len(columns)]
    for k in odd:
        fault = _fault(rows[k].split(separator), columns)
        faults += [(numbers[k], *fault)] if fault else []
    if odd:
        left_out = set(odd)
        rows = [row for k, row in enumerate(rows) if k not in left_out]
        numbers = [number for k, number in enumerate(numbers) if k not in left_out]
    flat = separator.join(rows).split(separator) if rows else []
    width = len(columns)
    frame = pl.DataFrame(
        {name: pl.Series(flat[k::width], dtype=pl.String) for k, name in enumerate(columns)}
    ).with_columns(pl.Series("line", numbers, dtype=pl.Int64))
    suspect = frame.select(_looks_odd(columns)).to_series()
    bad = []
    for k in suspect.arg_true().to_list():
        fault = _fault(rows[k].split(separator), columns)
        if fault is not None:
            bad.append(k)
            faults.append((numbers[k], *fault))
    if bad:
        frame = frame.with_row_index("row").filter(~pl.col("row").is_in(bad)).drop("row")
    return BedText(frame, sorted(faults), n_blank)


def _looks_odd(columns: tuple[str, ...]) -> pl.Expr:
    """True for every bad row, and for a few good ones."""
    start, end = pl.col("chromStart"), pl.col("chromEnd")
    whole = r"^[0-9]{1,9}$"
    is_plain = (
        pl.col("chrom").str.contains(r"^\S+$")
        & start.str.contains(whole)
        & end.str.contains(whole)
        & (start.cast(pl.Int64, strict=False) < end.cast(pl.Int64, strict=False))
    )
    if "strand" in columns:
        is_plain &= pl.col("strand").is_in(["+", "-", "."])
    for name in (*_NUMBERS, "peak"):
        if name in columns:
            is_plain &= pl.col(name).str.contains(r"^-?[0-9]+(\.[0-9]+)?$")
    if "peak" in columns:
        is_plain &= pl.col("peak").str.contains(r"^-?[0-9]{1,10}$")
    return (~is_plain.fill_null(value=False)).alias("odd")


def _kind_of(path: str | PathLike[str]) -> str | None:
    suffixes = [suffix.lower() for suffix in PurePath(path).suffixes]
    return next((_SUFFIXES[suffix] for suffix in suffixes if suffix in _SUFFIXES), None)


def _kind_of_track(lines: list[str]) -> str | None:
    for line in lines:
        found = re.search(r'type="?(\w+)', line) if line.startswith("track") else None
        if found and found.group(1) in _LAYOUTS:
            return found.group(1)
    return None


def _named_columns(cells: list[str]) -> tuple[str, ...] | None:
    """The names of a header row, or None when the cells are no header."""
    names = [_HEADER_NAMES.get(cell.strip().lower(), cell.strip()) for cell in cells]
    folded = {name.lower(): name for name in ("chrom", "chromStart", "chromEnd")}
    names = [folded.get(name.lower(), name) for name in names]
    return tuple(names) if names[:3] == list(_BED[:3]) else None


def _plain_columns(kind: str | None, n: int) -> tuple[str, ...]:
    if kind is None:
        kind = "narrowPeak" if n == 10 else "bed"
    known = _LAYOUTS[kind]
    extra = tuple(f"column{k}" for k in range(len(known) + 1, n + 1))
    return (*known, *extra)[: max(n, 3)]


def _fault(cells: list[str], columns: tuple[str, ...]) -> tuple[int, str] | None:
    """The first thing wrong with a line, as (1-based column, sentence)."""
    if len(cells) < 3:
        return len(cells), f"{len(cells)} columns; a region needs chrom, start and end"
    if len(cells) != len(columns):
        return len(cells), f"{len(cells)} columns where the file has {len(columns)}"
    chrom, start, end = cells[:3]
    if not chrom or re.search(r"\s", chrom):
        return 1, f"{chrom[:40]!r} is no contig name"
    for column, cell in ((2, start), (3, end)):
        if not re.fullmatch(r"[0-9]{1,10}", cell) or int(cell) > MAX_POSITION:
            return column, f"{columns[column - 1]} {cell[:40]!r} is no 0-based position"
    if int(start) >= int(end):
        return 3, f"start {start} is not left of end {end}"
    return _fault_behind(cells, columns)


def _fault_behind(cells: list[str], columns: tuple[str, ...]) -> tuple[int, str] | None:
    """As `_fault`, for the columns behind the third that have a meaning."""
    for k in range(3, len(cells)):
        name, cell = columns[k], cells[k]
        if name == "strand" and cell not in ("+", "-", "."):
            return k + 1, f"strand {cell[:40]!r} is none of '+', '-', '.'"
        if name in _NUMBERS and cell not in ("", ".") and not _is_number(cell):
            return k + 1, f"{name} {cell[:40]!r} is no number"
        if name == "peak" and not re.fullmatch(r"-?[0-9]{1,10}|\.?", cell):
            return k + 1, f"peak {cell[:40]!r} is no whole number"
    return None


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
