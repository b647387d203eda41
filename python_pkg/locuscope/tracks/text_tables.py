"""Delimited text files of tracks: strict rows, no types; cells shielded from spreadsheets."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

from locuscope.errors import CatalogError, FormatError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

_INTEGER = re.compile(r"-?(0|[1-9]\d{0,17})")
_NUMBER = re.compile(r"-?(\d+\.\d*|\.\d+|\d+)([eE][+-]?\d+)?|-?inf")
_YES_NO_WORDS = ("True", "False")
# Text that a spreadsheet would run as a formula, or that would come back as a number or a yes/no
# value.
_AT_RISK = re.compile(
    rf"'*(?:[=+\-@\t\r].+|{_NUMBER.pattern}|{'|'.join(_YES_NO_WORDS)})", re.DOTALL
)


def shield(text: str) -> str:
    """Text for a cell of a text file, with an apostrophe where it would be read as something else.

    >>> shield("=1+1"), shield("3"), shield("+"), shield("liver")
    ("'=1+1", "'3", '+', 'liver')
    """
    return f"'{text}" if _AT_RISK.fullmatch(text) else text


def unshield(text: str) -> str:
    """Undo `shield`.

    >>> unshield("'=1+1"), unshield("'tis")
    ('=1+1', "'tis")
    """
    return text[1:] if text.startswith("'") and _AT_RISK.fullmatch(text) else text


def guess_types(cells: list[object]) -> list[object]:
    """Integers, numbers or booleans where every text of a free column is one, else text."""
    texts = [cell for cell in cells if isinstance(cell, str)]
    convert: Callable[[str], object]
    if texts and all(_INTEGER.fullmatch(text) for text in texts):
        convert = int
    elif texts and all(_NUMBER.fullmatch(text) for text in texts):
        convert = float
    elif texts and all(text in _YES_NO_WORDS for text in texts):
        convert = _YES_NO_WORDS[0].__eq__
    else:
        convert = unshield
    return [convert(cell) if isinstance(cell, str) else cell for cell in cells]


def read_text(path: Path, delimiter: str) -> dict[str, list[object]]:
    """The columns of a delimited file as text, shielded as they stand.

    Raises:
        FormatError: not UTF-8, or empty.
        CatalogError: a row of another length, a column name twice, a broken quote.
    """
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = (
            f"{path} is not UTF-8: byte {content[error.start]:#04x} at offset {error.start:,}; "
            "save the table as UTF-8."
        )
        raise FormatError(message, path=path, column=error.start) from error
    # newline="" keeps line breaks inside quoted cells as they are.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        rows = [row for row in reader if row]
    except csv.Error as error:
        message = f"{path}: line {reader.line_num}: {error}."
        raise CatalogError(message, path=path, row=reader.line_num) from error
    if not rows:
        message = f"{path} is an empty file; expected a header line."
        raise FormatError(message, path=path, line=1)
    header = [name.strip() for name in rows[0]]
    refuse_duplicates(header, path)
    for number, row in enumerate(rows[1:], start=1):
        if len(row) != len(header):
            message = f"{path}: row {number} has {len(row)} cells; the header has {len(header)}."
            raise CatalogError(message, path=path, row=number, column=min(len(row), len(header)))
    cells = zip(*rows[1:], strict=True) if len(rows) > 1 else ([] for _ in header)
    return {name: list(column) for name, column in zip(header, cells, strict=True)}


def refuse_duplicates(names: Sequence[str], path: Path | None) -> None:
    """Raise CatalogError when a column name stands twice in a header."""
    for place, name in enumerate(names):
        if name in names[:place]:
            where = f"{path}: " if path else ""
            message = f"{where}column {name!r} stands twice in the header (place {place + 1})."
            raise CatalogError(message, path=path, row=0, column=name)
