"""Columns of a track table: codes into distinct values, or numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from locuscope.tracks.track_metadata import BOOL_FIELDS, FLOAT_FIELDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MISSING = -1


@dataclass(frozen=True, eq=False)
class CategoryColumn:
    """A field as codes into its distinct values, in first-seen order; -1 is missing."""

    values: tuple[object, ...]
    codes: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.codes)

    @cached_property
    def lookup(self) -> dict[object, list[int]]:
        """Value -> codes; values that compare equal (1, True, 1.0) share a key."""
        found: dict[object, list[int]] = {}
        for code, value in enumerate(self.values):
            found.setdefault(value_key(value), []).append(code)
        return found

    def take(self, rows: NDArray[np.int64]) -> CategoryColumn:
        """The same categories at other rows."""
        return CategoryColumn(self.values, self.codes[rows])

    def cells(self) -> list[object]:
        """One Python value per row, None where missing."""
        padded = (*self.values, None)
        return [padded[code] for code in self.codes.tolist()]


@dataclass(frozen=True, eq=False)
class NumberColumn:
    """A numeric field; NaN is missing."""

    numbers: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.numbers)

    def take(self, rows: NDArray[np.int64]) -> NumberColumn:
        """The same numbers at other rows."""
        return NumberColumn(self.numbers[rows])

    def cells(self) -> list[object]:
        """One Python value per row, None where missing."""
        return [None if number != number else number for number in self.numbers.tolist()]  # noqa: PLR0124


Column: TypeAlias = CategoryColumn | NumberColumn


def value_key(value: object) -> object:
    """A hashable stand-in for a value; lists become tuples, so that equal values share a key."""
    if isinstance(value, list):
        return ("list", *(value_key(item) for item in value))
    try:
        hash(value)
    except TypeError:
        return ("text", repr(value))
    return value


def column_of(field: str, cells: Sequence[object]) -> Column:
    """The column of a list of cells: numbers for the numeric known fields, else categories."""
    if field in FLOAT_FIELDS:
        return NumberColumn(
            np.array([np.nan if cell is None else cell for cell in cells], np.float64)
        )
    codes = np.empty(len(cells), np.int32)
    values: list[object] = [False, True] if field in BOOL_FIELDS else []
    seen: dict[object, int] = {(type(value), value): code for code, value in enumerate(values)}
    for i, cell in enumerate(cells):
        if cell is None:
            codes[i] = MISSING
            continue
        # 1, 1.0 and True are equal keys but different values to write down again.
        key = (type(cell), value_key(cell))
        code = seen.get(key)
        if code is None:
            code = seen[key] = len(values)
            values.append(cell)
        codes[i] = code
    return CategoryColumn(tuple(values), codes)


def concat_columns(parts: Sequence[Column | None], sizes: Sequence[int], field: str) -> Column:
    """One column under another; None is a part of `size` rows where the field is missing."""
    if field in FLOAT_FIELDS:
        numbers = [
            part.numbers if isinstance(part, NumberColumn) else np.full(size, np.nan)
            for part, size in zip(parts, sizes, strict=True)
        ]
        return NumberColumn(np.concatenate(numbers))
    values: list[object] = []
    seen: dict[object, int] = {}
    codes: list[NDArray[np.int32]] = []
    for part, size in zip(parts, sizes, strict=True):
        if not isinstance(part, CategoryColumn):
            codes.append(np.full(size, MISSING, np.int32))
            continue
        mapped = []
        for value in part.values:
            key = (type(value), value_key(value))
            if key not in seen:
                seen[key] = len(values)
                values.append(value)
            mapped.append(seen[key])
        codes.append(np.array([*mapped, MISSING], np.int32)[part.codes])
    return CategoryColumn(tuple(values), np.concatenate(codes))
