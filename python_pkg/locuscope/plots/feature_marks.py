"""Motif hits and variants that lie where a figure looks: read, cut, put into lanes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final
from zlib import crc32

from locuscope.effects.maps.map_places import read_alleles
from locuscope.errors import InputError, OptionError, WrongTypeError
from locuscope.genome.interval import Interval, match_contig, whole_number
from locuscope.genome.variant import Variant
from locuscope.plots.map_data import DRAWABLE
from locuscope.plots.style import CATEGORIES
from locuscope.plots.texts import MINUS, number, plain

if TYPE_CHECKING:
    from locuscope.plots.contribution_rows import LogoRows

_SPELLINGS: Final = {
    "chrom": ("chr", "chrom", "chromosome"),
    "name": ("motif_name", "name", "motif"),
    "score": ("hit_coefficient_global", "hit_coefficient", "score", "coefficient"),
    "strand": ("strand",),
    "start": ("start",),
    "end": ("end",),
    "peak": ("peak_id",),
    "core_start": ("core_start",),
    "core_end": ("core_end",),
}


@dataclass(frozen=True)
class Mark:
    """One feature in columns of the figure.

    Args:
        first: first column.
        stop: one past the last.
        name: written beside it.
        score: written behind the name; "" for none.
        strand: "+", "-" or ".", as the figure is read.
        is_cut: (left, right), whether it goes on outside.
        kind: "hit", "snv", "deletion" or "insertion".
    """

    first: int
    stop: int
    name: str
    score: str = ""
    strand: str = "."
    is_cut: tuple[bool, bool] = (False, False)
    kind: str = "hit"


def hit_marks(hits: object, shown: LogoRows, example: int) -> tuple[Mark, ...]:
    """Read hits that lie in the figure, from left to right.

    Args:
        hits: a table with start, end and motif_name, and chr where examples have places (else
            peak_id, core_start, core_end); also strand and hit_coefficient. Or Intervals.
        shown: where the figure looks.
        example: its place among the examples, for hits by peak_id.

    Raises:
        OptionError: columns that are missing.
        WrongTypeError: no table.
    """
    if hits is None:
        return ()
    found = []
    for start, end, row in _placed(_records(hits), shown, example):
        name = plain(str(row.get("name") or "hit"), 32)
        score = row.get("score")
        text = _score_text(None if score is None else float(score))
        mark = _inside(
            shown, start, end, Mark(0, 0, name, text, str(row.get("strand") or "."), kind="hit")
        )
        found += [] if mark is None else [mark]
    return tuple(sorted(found, key=lambda mark: (mark.first, mark.stop, mark.name)))


def variant_marks(variants: object, shown: LogoRows) -> tuple[Mark, ...]:
    """Read variants (in any form) that lie in the figure, from left to right.

    Raises:
        InputError: the examples have no place on a genome.
    """
    if variants is None:
        return ()
    if shown.place is None:
        raise InputError("variants lie on a genome, and these sequences have no places on one.")
    given = [variants] if isinstance(variants, Variant) else variants
    table = read_alleles(given, None)
    found = []
    for k, status in enumerate(table.table["status"].to_list()):
        variant = table[k] if status in DRAWABLE else None
        if variant is None or match_contig(variant.chrom, (shown.place.chrom,)) is None:
            continue
        start, end, alt = variant.trimmed()
        is_snv = len(alt) == end - start
        kind = "snv" if is_snv else "insertion" if start == end else "deletion"
        change = f"{variant.ref}>{variant.alt}" if len(variant.ref + variant.alt) < 8 else kind
        name = plain(variant.id or change, 24)
        stop = max(end, start + 1)
        mark = _inside(shown, start, stop, Mark(0, 0, name, kind=kind))
        found += [] if mark is None else [mark]
    return tuple(sorted(found, key=lambda mark: (mark.first, mark.stop, mark.name)))


def slots(names: Iterable[str]) -> dict[str, int]:
    """Give each name one of the eight colours: its own where that is free, else the next one.

    >>> slots(["SP1", "SP1", "KLF4"])
    {'KLF4': 2, 'SP1': 5}
    """
    n_slots = len(CATEGORIES["light"])
    found: dict[str, int] = {}
    for name in sorted(set(names)):
        own = crc32(name.encode()) % n_slots
        order = [(own + k) % n_slots for k in range(n_slots)]
        free = [slot for slot in order if slot not in found.values()]
        found[name] = (free or order)[0]
    return found


def lanes(marks: Iterable[tuple[float, float]]) -> list[int]:
    """Give each span, from left to right, the first lane where it touches none before it.

    >>> lanes([(0, 4), (3, 6), (5, 9)])
    [0, 1, 0]
    """
    ends: list[float] = []
    found = []
    for left, right in marks:
        lane = next((k for k, end in enumerate(ends) if end <= left), len(ends))
        ends[lane : lane + 1] = [right]
        found.append(lane)
    return found


def _score_text(score: float | None) -> str:
    """Two decimals where they say something."""
    if score is None or math.isnan(score):
        return ""
    return f"{score:.2f}".replace("-", MINUS) if 0.01 <= abs(score) < 100 else number(score)


def _records(hits: Any) -> list[dict[str, Any]]:
    """Rows of a table of hits under our names."""
    if isinstance(hits, Interval):
        hits = [hits]
    table = getattr(hits, "table", hits)
    if hasattr(table, "to_dicts"):
        rows = table.to_dicts()
    elif hasattr(table, "to_dict") and hasattr(table, "columns"):
        rows = table.to_dict("records")
    elif isinstance(table, Iterable) and not isinstance(table, str | bytes | Mapping):
        rows = [_record(each) for each in table]
    else:
        raise WrongTypeError(
            f"hits takes a table or a list of places; got {hits!r}.",
            argument="hits",
            found=type(hits).__name__,
            expected="table",
        )
    names = {
        ours: next((name for name in known if rows and name in rows[0]), None)
        for ours, known in _SPELLINGS.items()
    }
    return [{ours: row[name] for ours, name in names.items() if name is not None} for row in rows]


def _record(each: Any) -> dict[str, Any]:
    if isinstance(each, Interval):
        return each.to_dict() | {"chrom": each.chrom, "start": each.start, "end": each.end}
    if isinstance(each, Mapping):
        return dict(each)
    raise WrongTypeError(
        f"a hit is a row of a table or an Interval; got {each!r}.",
        argument="hits",
        found=type(each).__name__,
        expected="mapping or Interval",
    )


def _placed(
    rows: list[dict[str, Any]], shown: LogoRows, example: int
) -> Iterable[tuple[int, int, dict[str, Any]]]:
    """Rows with their place in the coordinates of `shown.positions`."""
    for row in rows:
        if shown.place is not None and {"chrom", "start", "end"} <= row.keys():
            if match_contig(str(row["chrom"]), (shown.place.chrom,)) is not None:
                yield whole_number(row["start"], "start"), whole_number(row["end"], "end"), row
        elif {"peak", "core_start", "core_end"} <= row.keys() and shown.place is None:
            if int(row["peak"]) == example:
                yield int(row["core_start"]), int(row["core_end"]), row
        else:
            needed = (
                "chr, start, end" if shown.place is not None else "peak_id, core_start, core_end"
            )
            raise OptionError(
                f"hits have {', '.join(map(str, row)) or 'no columns'} of the columns a figure "
                f"reads; here it needs {needed}.",
                option="hits",
                value=tuple(row),
            )


def _inside(shown: LogoRows, start: int, end: int, mark: Mark) -> Mark | None:
    """The part of a feature inside the figure, in its columns; None without any."""
    low, high = int(shown.positions.min()), int(shown.positions.max()) + 1
    first, stop = max(start, low), min(end, high)
    if first >= stop:
        return None
    is_cut = start < low, end > high
    if shown.positions[0] <= shown.positions[-1]:
        return replace(mark, first=first - low, stop=stop - low, is_cut=is_cut)
    turned = {"+": "-", "-": "+"}.get(mark.strand, mark.strand)
    return replace(mark, first=high - stop, stop=high - first, is_cut=is_cut[::-1], strand=turned)
