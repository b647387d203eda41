"""What a raw cell of a track table means: missing or not, and the type that its field demands.

Text is stripped. In every field but the name a cell is missing when it is empty or says nan, none
or null in any case; a *name* is missing only when it is empty, since `NA` or `null` may well be
what somebody has called a sample. Each distinct cell is read once.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from locuscope.errors import CatalogError, InputError
from locuscope.tracks.columns import CategoryColumn, Column, NumberColumn, recode, typed
from locuscope.tracks.text_tables import guess_types, unshield
from locuscope.tracks.track_metadata import BOOL_FIELDS, FLOAT_FIELDS, KNOWN_FIELDS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

CELL_LIMIT_BYTES = 1_000_000
_MISSING_WORDS = frozenset({"", "nan", "none", "null"})
_LONGEST_WORD = max(map(len, _MISSING_WORDS))
_YES_NO = {"true": True, "1": True, "false": False, "0": False}
_STRANDS = ("+", "-", ".")


@dataclass(frozen=True)
class Origin:
    """Where a table came from, for messages and defaults."""

    default_organism: object = 0
    default_output_name: str | None = None
    path: Path | None = None

    def place(self, row: int) -> str:
        """`file.csv: row 3` or `row 3`; rows count from 1 without the header."""
        return f"{self.path}: row {row + 1}" if self.path else f"row {row + 1}"


def clean_cell(value: object) -> object:
    """A cell as a Python value; None where it means missing."""
    if value is None:
        return None
    if isinstance(value, str):
        text = value.strip()
        is_missing = len(text) <= _LONGEST_WORD and text.lower() in _MISSING_WORDS
        return None if is_missing else text
    if isinstance(value, np.generic):
        value = value.item()
    elif isinstance(value, np.ndarray):
        return value.tolist()
    elif type(value).__name__ in {"NAType", "NaTType"}:
        return None
    elif isinstance(value, date | time):
        # A text file has dates as text, and so do rows that can be written as JSON.
        return value.isoformat()
    elif isinstance(value, Decimal):
        value = float(value)
    return None if isinstance(value, float) and value != value else value  # noqa: PLR0124


def name_cell(value: object) -> str | None:
    """A track name as text; only an empty cell, None or NaN is missing."""
    if isinstance(value, str):
        return value.strip() or None
    cell = clean_cell(value)
    return None if cell is None else str(cell)


def reread(
    name: str, column: CategoryColumn, origin: Origin, read: Callable[[object], object]
) -> CategoryColumn:
    """A column whose distinct cells have gone through `read`; what it gives twice is one value.

    Raises:
        CatalogError: a text of more than a megabyte, or a cell that `read` refuses, with its row.
    """
    _refuse_long_texts(name, column, origin)
    cells: list[object] = []
    for code, raw in enumerate(column.values):
        try:
            cells.append(read(raw))
        except InputError as error:
            row = _first_row(column, code)
            message = f"{error} ({origin.place(row)})"
            raise CatalogError(message, path=origin.path, row=row + 1, column=name) from error
    return column if _are_same(cells, column.values) else recode(column, cells)


def typed_column(name: str, column: Column, origin: Origin, *, is_text: bool) -> Column:
    """A column as its field demands.

    Args:
        name: the field.
        column: its raw cells.
        origin: the file, for messages.
        is_text: cells are untyped text; a field that is not known gets the type that all its cells
            have.

    Raises:
        CatalogError: a cell that does not fit the field, or of more than a megabyte.
    """
    if isinstance(column, NumberColumn):
        return column
    _refuse_long_texts(name, column, origin)
    if name in FLOAT_FIELDS:
        return _numbers(name, column, origin)
    is_known = name in KNOWN_FIELDS
    cells = [clean_cell(raw) for raw in column.values]
    if is_known:
        cells = [
            None if cell is None else _known_cell(name, cell, origin, column, code)
            for code, cell in enumerate(cells)
        ]
    if is_text:
        cells = list(map(_unshielded, cells)) if is_known else guess_types(cells)
    return typed(name, column, cells)


def _unshielded(cell: object) -> object:
    return unshield(cell) if isinstance(cell, str) else cell


def _numbers(name: str, column: CategoryColumn, origin: Origin) -> NumberColumn:
    """The column of a numeric field; NaN is missing."""
    numbers = []
    for code, raw in enumerate(column.values):
        cell = raw if type(raw) is float else clean_cell(raw)
        try:
            numbers.append(np.nan if cell is None else float(str(cell)))
        except ValueError:
            row = _first_row(column, code)
            raise _bad_cell(name, cell, "a number", origin, row) from None
    return NumberColumn(np.array([*numbers, np.nan], np.float64)[column.codes])


def _known_cell(
    name: str, cell: object, origin: Origin, column: CategoryColumn, code: int
) -> object:
    """One cell of a known field in the field's own type."""
    if name in BOOL_FIELDS:
        flag = cell if isinstance(cell, bool) else _YES_NO.get(str(cell).lower().removesuffix(".0"))
        if flag is None:
            raise _bad_cell(name, cell, "true, false, 0 or 1", origin, _first_row(column, code))
        return flag
    if name == "strand" and cell not in _STRANDS:
        raise _bad_cell(name, cell, "+, - or .", origin, _first_row(column, code))
    return cell if isinstance(cell, str) else str(cell)


def _bad_cell(name: str, cell: object, expected: str, origin: Origin, row: int) -> CatalogError:
    message = f"{origin.place(row)}: {name} is {str(cell)[:80]!r}; expected {expected}."
    return CatalogError(message, path=origin.path, row=row + 1, column=name)


def _are_same(cells: Sequence[object], values: Sequence[object]) -> bool:
    return all(map(operator.is_, cells, values))


def _refuse_long_texts(name: str, column: CategoryColumn, origin: Origin) -> None:
    # A character takes four bytes at most, so most columns need no second look.
    most = CELL_LIMIT_BYTES // 4
    long = [cell for cell in column.values if isinstance(cell, str) and len(cell) > most]
    for text in long:
        n_bytes = len(text.encode(errors="replace"))
        if n_bytes > CELL_LIMIT_BYTES:
            row = _first_row(column, column.values.index(text))
            message = (
                f"{origin.place(row)}: {name} holds a text of {n_bytes:,} bytes "
                f"({text[:40]!r}...); a cell may have {CELL_LIMIT_BYTES:,}."
            )
            raise CatalogError(message, path=origin.path, row=row + 1, column=name)


def _first_row(column: CategoryColumn, code: int) -> int:
    return int(np.argmax(column.codes == code))
