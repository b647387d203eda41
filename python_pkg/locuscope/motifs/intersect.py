"""`intersect_hits`: hits that several runs agree on."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import polars as pl

from locuscope.errors import EmptySelectionError, InputError
from locuscope.genome.choices import check_class
from locuscope.motifs.hit_sources import hit_table
from locuscope.motifs.hits import Hits

if TYPE_CHECKING:
    from collections.abc import Iterable

    from locuscope.motifs.hit_sources import HitSource

RELAXED = ("chr", "start_untrimmed", "end_untrimmed", "motif_name", "strand")
STRICT = (
    "chr",
    "start",
    "end",
    "start_untrimmed",
    "end_untrimmed",
    "motif_name",
    "strand",
    "peak_name",
    "peak_id",
)
# polars renamed the option that lets missing values be equal.
_NULLS = next(
    name
    for name in ("nulls_equal", "join_nulls")
    if name in inspect.signature(pl.DataFrame.join).parameters
)


def intersect_hits(tables: Iterable[HitSource], *, relaxed: bool = False) -> pl.DataFrame:
    """Keep the hits that are in every table.

    Args:
        tables: each the noun, a frame with the columns of `hits.tsv`, or the path of one.
        relaxed: compare contig, untrimmed window, motif name and strand only; else the core, the
            peak's name and number as well. Missing values are equal to each other.

    Returns:
        The columns of the first table in its order, then the other columns of the second with the
        suffix `_1`, of the third with `_2`, and so on. A hit that is twice in one table is there
        once per pair. One table is returned as it is.

    Raises:
        EmptySelectionError: no table.
        FormatError: a column that is missing.
        InputError: columns that the first table already has under the new name.

    >>> hit = {"chr": ["1"], "start_untrimmed": [3], "end_untrimmed": [9], "motif_name": ["A"],
    ...        "strand": ["+"], "hit_similarity": [0.9]}
    >>> both = intersect_hits([pl.DataFrame(hit), pl.DataFrame(hit)], relaxed=True)
    >>> both.columns[-2:]
    ['hit_similarity', 'hit_similarity_1']
    """
    check_class("relaxed", relaxed, bool)
    if isinstance(tables, (str, bytes, pl.DataFrame, Hits)) or hasattr(tables, "iloc"):
        raise InputError(
            f"intersect_hits takes a list of tables; got a single {type(tables).__name__}."
        )
    keys = RELAXED if relaxed else STRICT
    found = [hit_table(table, keys) for table in tables]
    if not found:
        raise EmptySelectionError("intersect_hits got no table of hits.", available=[])
    if len(found) == 1:
        return found[0]
    joined = found[0].with_row_index("_order_0")
    order = ["_order_0"]
    for number, table in enumerate(found[1:], start=1):
        order.append(f"_order_{number}")
        others = _renamed(table, keys, number).with_row_index(order[-1])
        _check_clash(joined, others, keys)
        types = {key: joined.schema[key] for key in keys}
        options = {_NULLS: True}
        joined = joined.join(others.cast(types), on=list(keys), how="inner", **options)  # type: ignore[arg-type]
    return joined.sort(order).drop(order)


def _renamed(table: pl.DataFrame, keys: tuple[str, ...], number: int) -> pl.DataFrame:
    return table.rename({name: f"{name}_{number}" for name in table.columns if name not in keys})


def _check_clash(joined: pl.DataFrame, others: pl.DataFrame, keys: tuple[str, ...]) -> None:
    twice = sorted(set(joined.columns) & set(others.columns) - set(keys))
    if twice:
        raise InputError(
            f"the column {twice[0]!r} is there already; rename it before the tables are joined."
        )
