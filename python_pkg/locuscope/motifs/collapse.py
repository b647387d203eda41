"""`collapse_hits`: which of several overlapping hits is the primary one."""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from locuscope.errors import NonFiniteError, OptionError
from locuscope.genome.choices import check_choice
from locuscope.motifs.hit_folder import NO_CHROM
from locuscope.motifs.hit_sources import hit_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from locuscope.motifs.hit_sources import HitSource

MODES = ("greedy", "finemo")
_NEEDED = ("start", "end", "motif_name", "hit_coefficient", "hit_similarity", "strand")


def collapse_hits(hits: HitSource, *, overlap: float = 0.2, mode: str = "greedy") -> pl.DataFrame:
    """Mark the best of hits that overlap.

    Two hits overlap when they lie on one contig and share at least `overlap` times their mean
    length, and at least one base. Hits without coordinates are compared within their region.

    Args:
        hits: the noun, a frame with the columns of `hits.tsv`, or the path of one.
        overlap: share of the mean length, 0 to 1.
        mode: "greedy" accepts hits by falling similarity (then coefficient, start, motif name,
            strand) unless they overlap one that was accepted, so that of a chain A > B > C the
            outer two stay. "finemo" is what the published tool (0.41) computes, for comparison
            only: of each two that overlap it drops the MORE similar one (its comparison is turned
            round), of equal ones the earlier row; also by a hit that is dropped itself; lengths
            are rounded down, and hits that only touch overlap.

    Returns:
        The rows as they came, with `is_primary` (UInt32, 1 or 0) as the last column. "greedy" does
        not depend on the order of the rows.

    Raises:
        OptionError: an overlap outside 0 to 1, another mode.
        FormatError: a column that is missing.
        NonFiniteError: a similarity or coefficient that is missing or NaN.

    >>> rows = {"chr": ["1", "1"], "start": [0, 5], "end": [10, 15], "motif_name": ["A", "B"],
    ...         "hit_coefficient": [1.0, 2.0], "hit_similarity": [0.9, 0.8], "strand": ["+", "-"]}
    >>> collapse_hits(pl.DataFrame(rows))["is_primary"].to_list()
    [1, 0]
    """
    check_choice("mode", mode, MODES)
    if not isinstance(overlap, (Real, np.number)) or not 0 <= float(overlap) <= 1:
        raise OptionError(
            f"overlap is {overlap!r}; expected a share of the mean length, 0 to 1.",
            option="overlap",
            value=overlap,
            allowed=("0..1",),
        )
    table = hit_table(hits, _NEEDED)
    place = _place_column(table)
    for column in ("hit_similarity", "hit_coefficient"):
        _check_numbers(table, column)
    primary = np.zeros(len(table), np.uint32)
    numbered = table.with_row_index("_row").partition_by(place, maintain_order=True)
    for group in numbered:
        rows = group["_row"].to_numpy()
        if mode == "greedy":
            primary[rows] = _greedy(group, float(overlap))
        else:
            primary[rows] = _published(group, float(overlap))
    return table.with_columns(pl.Series("is_primary", primary, dtype=pl.UInt32))


def _place_column(table: pl.DataFrame) -> str:
    """The column whose equal values may overlap."""
    has_places = "chr" in table.columns and (table["chr"] != NO_CHROM).any()
    if has_places:
        return "chr"
    return str(hit_table(table, ("peak_id",))["peak_id"].name) if len(table) else "start"


def _check_numbers(table: pl.DataFrame, column: str) -> None:
    values = table[column].cast(pl.Float64, strict=False).fill_null(math.nan).to_numpy()
    bad = np.flatnonzero(~np.isfinite(values))
    if bad.size:
        raise NonFiniteError(
            f"{column} of row {int(bad[0])} is {table[column][int(bad[0])]!r}; hits are ordered "
            "by it, so each needs a number.",
            where=column,
            count=int(bad.size),
            first=int(bad[0]),
        )


def _greedy(group: pl.DataFrame, overlap: float) -> NDArray[np.uint32]:
    """1 for accepted hits, best first."""
    keys = ["hit_similarity", "hit_coefficient", "start", "motif_name", "strand"]
    ties = [name for name in ("end", "peak_name", "peak_id") if name in group.columns]
    falling = [True, True] + [False] * (len(keys) - 2 + len(ties))
    ordered = group.with_row_index("_place").sort([*keys, *ties], descending=falling)
    longest = int((group["end"] - group["start"]).max() or 0)  # type: ignore[arg-type]
    primary = np.zeros(len(group), np.uint32)
    accepted: list[tuple[int, int]] = []
    for place, start, end in ordered.select("_place", "start", "end").iter_rows():
        first = bisect_left(accepted, (start - longest, 0))
        last = bisect_left(accepted, (end, 0))
        if any(_overlap(start, end, *accepted[k], overlap) for k in range(first, last)):
            continue
        insort(accepted, (start, end))
        primary[place] = 1
    return primary


def _overlap(start: int, end: int, other_start: int, other_end: int, share: float) -> bool:
    shared = min(end, other_end) - max(start, other_start)
    return shared > 0 and shared >= share * (end - start + other_end - other_start) / 2


def _published(group: pl.DataFrame, overlap: float) -> NDArray[np.uint32]:
    """1 for hits that no less similar one overlaps: the published intervals and comparison."""
    similarity = group["hit_similarity"].to_numpy()
    starts, ends = (group[name].to_numpy().astype(np.int64) for name in ("start", "end"))
    cut = ((ends - starts) * overlap).astype(np.int64)
    left, right = 2 * starts + cut, 2 * ends - cut
    order = np.argsort(left, kind="stable")
    sorted_left = left[order]
    reach = np.searchsorted(sorted_left, right[order], side="right")
    primary = np.ones(len(group), np.uint32)
    for k, row in enumerate(order):
        others: NDArray[Any] = order[k + 1 : reach[k]]
        if not others.size:
            continue
        gap = similarity[others] - similarity[row]
        stays = (gap < 0) | ((gap == 0) & (others > row))
        primary[others[~stays]] = 0
        if stays.any():
            primary[row] = 0
    return primary
