"""The columns of a score's parts, which differ from piece to piece of a result.

Without a part there are no labels, and labels that are all missing are text; only all pieces
together tell which columns there are and of which type.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterable


class PartColumns:
    """Learns the columns of the parts of one score, piece by piece."""

    def __init__(self, tables: Iterable[pl.DataFrame] = ()) -> None:
        self._order: list[str] = []
        self._kinds: dict[str, pl.DataType] = {}
        self._known: set[str] = set()
        for table in tables:
            self.add(table)

    def add(self, table: pl.DataFrame) -> None:
        """Look at the parts of a piece."""
        if len(table.columns) > len(self._order):
            self._order = table.columns + [k for k in self._order if k not in table.columns]
        else:
            self._order += [name for name in table.columns if name not in self._order]
        for name, kind in table.schema.items():
            is_known = table[name].null_count() < len(table)
            if name not in self._kinds or (is_known and name not in self._known):
                self._kinds[name] = kind
            elif is_known and kind != self._kinds[name]:
                self._kinds[name] = pl.String()
            if is_known:
                self._known.add(name)

    @property
    def frame(self) -> pl.DataFrame:
        """A table without rows that has all columns."""
        return pl.DataFrame(schema={name: self._kinds[name] for name in self._order})


def conformed(table: pl.DataFrame, frame: pl.DataFrame) -> pl.DataFrame:
    """Give the columns of `frame`, in its order and types; what is missing is empty."""
    if table.schema == frame.schema and table.columns == frame.columns:
        return table
    return table.select(
        pl.col(name).cast(kind) if name in table.columns else pl.lit(None, kind).alias(name)
        for name, kind in frame.schema.items()
    )
