"""How many planted motifs a hit caller found, and how many of its calls were planted."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.errors import InputError, OptionError, WrongTypeError
from locuscope.genome.interval import whole_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

POOLED = "pooled"
COLUMNS = ("sequence", "motif", "start", "strand")
# What a table of called hits names the same things.
HIT_COLUMNS = ("peak_id", "motif_name", "hit_start", "strand")

Row = tuple[int, str]  # start, strand


def motif_recovery(truth: pd.DataFrame, hits: Any, tolerance: int = 2) -> pd.DataFrame:
    """Compare called motifs with planted ones.

    A hit matches a planted motif of the same sequence, name and strand whose start lies at most
    `tolerance` bases away; strand "." on either side (a palindrome) matches both. Each is matched
    once, and as many as possible are.

    Args:
        truth: the table `Planted.truth`.
        hits: a table (pandas or polars) with the columns sequence, motif, start and strand, or with
            the names of a hit table: peak_id, motif_name, hit_start, strand. An object with such a
            `table` will do.
        tolerance: bases.

    Returns:
        One row per motif name and a last one "pooled", with planted, called, matched, precision
        (matched / called), recall (matched / planted) and f1; NaN where nothing was called or
        planted.

    Raises:
        WrongTypeError: no table.
        InputError: a column is missing.
        OptionError: a negative tolerance.
    """
    import pandas as pd

    bases = whole_number(tolerance, "tolerance")
    if bases < 0:
        raise OptionError(
            f"tolerance is {bases} bases; 0 or more.", option="tolerance", value=bases
        )
    planted, called = _grouped(truth, "truth"), _grouped(hits, "hits")
    names = sorted({name for name, _ in (*planted, *called)})
    counts = {name: [0, 0, 0] for name in names}
    for (name, _), rows in called.items():
        counts[name][1] += len(rows)
    for key, rows in planted.items():
        counts[key[0]][0] += len(rows)
        counts[key[0]][2] += _matches(rows, called.get(key, []), bases)
    pooled = [sum(row[place] for row in counts.values()) for place in range(3)]
    table = pd.DataFrame(
        [(name, *row) for name, row in (*counts.items(), (POOLED, pooled))],
        columns=["motif", "planted", "called", "matched"],
    )
    table["precision"] = table["matched"] / table["called"].where(table["called"] > 0)
    table["recall"] = table["matched"] / table["planted"].where(table["planted"] > 0)
    both = table["planted"] + table["called"]
    table["f1"] = 2 * table["matched"] / both.where(both > 0)
    return table


def _grouped(given: Any, argument: str) -> Mapping[tuple[str, int], list[Row]]:
    """Rows by motif and sequence."""
    columns = _columns(given, argument)
    groups: dict[tuple[str, int], list[Row]] = defaultdict(list)
    for sequence, motif, start, strand in zip(*columns, strict=True):
        groups[str(motif), int(sequence)].append((int(start), str(strand)))
    return groups


def _columns(given: Any, argument: str) -> list[Iterable[Any]]:
    table = getattr(given, "table", given)
    if not hasattr(table, "columns") or not hasattr(table, "__getitem__"):
        raise WrongTypeError(
            f"{argument} takes a table; got {repr(given)[:60]} ({type(given).__name__}).",
            hint="The truth of a simulation is planted.truth." if hasattr(given, "truth") else None,
            argument=argument,
            found=type(given).__name__,
            expected="DataFrame",
        )
    # A table of hits may also have a `start`, which then counts from the start of the chromosome.
    wanted = HIT_COLUMNS if HIT_COLUMNS[0] in table.columns else COLUMNS
    missing = [name for name in wanted if name not in table.columns]
    if missing:
        raise InputError(
            f"{argument} has no column {missing[0]!r}; it has {', '.join(map(str, table.columns))}."
        )
    return [table[name].to_list() for name in wanted]


def _matches(truths: list[Row], hits: list[Row], tolerance: int) -> int:
    """Largest number of one-to-one pairs among the rows of one motif in one sequence."""
    if not truths or not hits:
        return 0
    places, sides = (np.array(column) for column in zip(*truths, strict=True))
    starts, strands = (np.array(column)[:, None] for column in zip(*hits, strict=True))
    is_near = np.abs(starts - places) <= tolerance
    is_pair = is_near & ((strands == sides) | (strands == ".") | (sides == "."))
    if max(is_pair.sum(axis=0).max(), is_pair.sum(axis=1).max()) <= 1:
        return int(is_pair.sum())
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import maximum_bipartite_matching

    return int(np.count_nonzero(maximum_bipartite_matching(csr_array(is_pair)) >= 0))
