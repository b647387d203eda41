"""Delimited text files of tracks: strict rows, no types; cells shielded from spreadsheets."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from locuscope.errors import CatalogError, DataWarning, FormatError, examples
from locuscope.tracks.callers import warn_at_caller
from locuscope.tracks.columns import CategoryColumn, Numbering

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

CELL_LIMIT = 1_000_000
"""Characters of one cell; a longer one means a quote that is never closed."""

_SEPARATORS = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "bars"}
_LARGE_BYTES = 1_000_000
_CHUNK_ROWS = 512
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
    # Blanks at the ends mean nothing in a table, those behind the apostrophe neither.
    return text[1:].strip() if text.startswith("'") and _AT_RISK.fullmatch(text) else text


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


def read_text(path: Path, delimiter: str) -> dict[str, CategoryColumn]:
    """The columns of a delimited file as text, shielded as they stand.

    Raises:
        FormatError: not UTF-8, or empty.
        CatalogError: a row of another length, a column name twice, a broken quote, an endless cell,
            another separator.

    A column without a name, such as the row numbers that pandas writes, is left out.
    """
    content = path.read_bytes()
    try:
        if not content.isascii():
            content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = (
            f"{path} is not UTF-8: byte {content[error.start]:#04x} at offset {error.start:,}; "
            "save the table as UTF-8."
        )
        raise FormatError(message, path=path, column=error.start) from error
    if len(content) >= _LARGE_BYTES:
        columns = plain_columns(content, delimiter)
        if columns is not None:
            return columns
    return strict_columns(content, delimiter, path)


def strict_columns(content: bytes, delimiter: str, path: Path) -> dict[str, CategoryColumn]:
    """Read any table, cell by cell; what is wrong is said with its row."""
    # newline="" keeps line breaks inside quoted cells as they are.
    stream = io.TextIOWrapper(io.BytesIO(content), "utf-8-sig", newline="")
    header: list[str] = []
    numberings: list[Numbering] = []
    parts: list[list[NDArray[np.int32]]] = []
    n_rows = 0
    with _cells_up_to(CELL_LIMIT):
        for rows in _chunks(csv.reader(stream, delimiter=delimiter, strict=True), path):
            if not header:
                header = [name.strip() for name in rows.pop(0)]
                _refuse_other_separator(header, delimiter, path)
                refuse_duplicates([name for name in header if name], path)
                numberings = [Numbering() for _ in header]
                parts = [[np.empty(0, np.int32)] for _ in header]
            if not rows:
                continue
            _refuse_ragged(rows, len(header), n_rows, path)
            n_rows += len(rows)
            for place, cells in enumerate(zip(*rows, strict=True)):
                codes = map(numberings[place].__getitem__, cells)
                parts[place].append(np.fromiter(codes, np.int32, len(cells)))
    if not header:
        message = f"{path} is an empty file; expected a header line."
        raise FormatError(message, path=path, line=1)
    _warn_nameless(header, numberings, path)
    return {
        name: CategoryColumn(tuple(numbers), np.concatenate(part))
        for name, numbers, part in zip(header, numberings, parts, strict=True)
        if name
    }


def plain_columns(content: bytes, delimiter: str) -> dict[str, CategoryColumn] | None:
    """The same columns, several times faster, of a table that has no quotes.

    Returns:
        None where the strict reader has to decide: quotes, odd line ends, anything wrong.
    """
    if b'"' in content or content.count(b"\r") != content.count(b"\r\n"):
        return None
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    start = len(codecs.BOM_UTF8) if content.startswith(codecs.BOM_UTF8) else 0
    end = content.find(b"\n", start)
    line = content[start : len(content) if end < 0 else end].decode().removesuffix("\r")
    header = [name.strip() for name in line.split(delimiter)]
    if len(header) < 2 or not all(header) or len(set(header)) < len(header):
        return None
    places = [str(place) for place in range(len(header))]
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(pa.py_buffer(content).slice(start)),
            read_options=arrow_csv.ReadOptions(column_names=places, skip_rows=1),
            parse_options=arrow_csv.ParseOptions(delimiter=delimiter, quote_char=False),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(places, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid:
        return None
    columns = {}
    for name, place in zip(header, places, strict=True):
        # Numbering a whole column costs half of numbering its blocks and joining them.
        column = table[place].combine_chunks().dictionary_encode()
        table = table.drop_columns([place])
        values = tuple(column.dictionary.to_numpy(zero_copy_only=False).tolist())
        columns[name] = CategoryColumn(values, column.indices.to_numpy())
    return columns


def _refuse_other_separator(header: Sequence[str], delimiter: str, path: Path) -> None:
    """Raise CatalogError where the only column is a whole line of another kind of table."""
    if len(header) != 1:
        return
    found = next((mark for mark in _SEPARATORS if mark != delimiter and mark in header[0]), None)
    if found is not None:
        message = (
            f"{path}: columns are separated by {_SEPARATORS[found]}, expected "
            f"{_SEPARATORS[delimiter]}; the header is one column, {header[0][:80]!r}. Save it with "
            "commas as .csv or with tabs as .tsv."
        )
        raise CatalogError(message, path=path, row=0, column=header[0])


def _warn_nameless(header: Sequence[str], numberings: Sequence[Numbering], path: Path) -> None:
    """Say which columns are left out because they have no name, unless they are blank."""
    for place, (name, numbers) in enumerate(zip(header, numberings, strict=True), start=1):
        if not name and any(str(cell).strip() for cell in numbers):
            message = (
                f"{path}: column {place} has no name in the header and is left out "
                f"({examples(numbers)}). Give it a name to keep it."
            )
            warn_at_caller(message, DataWarning)


def refuse_duplicates(names: Sequence[str], path: Path | None) -> None:
    """Raise CatalogError when a column name stands twice in a header."""
    for place, name in enumerate(names):
        if name in names[:place]:
            where = f"{path}: " if path else ""
            message = f"{where}column {name!r} stands twice in the header (place {place + 1})."
            raise CatalogError(message, path=path, row=0, column=name)


def _chunks(reader: Iterator[list[str]], path: Path) -> Iterator[list[list[str]]]:
    """Rows that are not blank, some hundred at a time so that they stay in the cache."""
    while True:
        try:
            rows = list(itertools.islice(reader, _CHUNK_ROWS))
        except csv.Error as error:
            line = int(getattr(reader, "line_num", 0))
            fault = f"{error}."
            if "field larger" in fault:
                fault = f"a cell has more than {CELL_LIMIT:,} characters; is a quote never closed?"
            message = f"{path}: line {line}: {fault}"
            raise CatalogError(message, path=path, row=line) from error
        if not rows:
            return
        filled = [row for row in rows if row]
        if filled:
            yield filled


def _refuse_ragged(rows: Sequence[Sequence[str]], width: int, n_before: int, path: Path) -> None:
    for number, row in enumerate(rows, start=n_before + 1):
        if len(row) != width:
            message = f"{path}: row {number} has {len(row)} cells; the header has {width}."
            raise CatalogError(message, path=path, row=number, column=min(len(row), width))


@contextmanager
def _cells_up_to(limit: int) -> Iterator[None]:
    """Read cells of `limit` characters; the limit of the csv module is one for all its readers."""
    before = csv.field_size_limit(limit)
    try:
        yield
    finally:
        csv.field_size_limit(before)
