"""Side files: small tables without a header that say something about motifs by name."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NoReturn, TypeVar

from locuscope._closest import counted
from locuscope.errors import FormatError, shown_path
from locuscope.genome.text_blocks import read_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike

    FilePath = str | PathLike[str]

Value = TypeVar("Value")


def read_name_list(path: FilePath) -> tuple[str, ...]:
    """Names, one per line; a name that occurs again is one name.

    Raises:
        FormatError: several columns, with the line.
    """
    return tuple(_table(path, 1, "one name per line", lambda cells: cells[0]))


def read_name_map(path: FilePath) -> dict[str, str]:
    """Name -> new name, two columns.

    Raises:
        FormatError: another number of columns, or a name with two new ones; with the line.
    """
    return _table(path, 2, "a name and its new name", lambda cells: cells[1])


def read_number_map(path: FilePath, what: str) -> dict[str, float]:
    """Name -> number, two columns.

    Args:
        path: the file.
        what: the number is, for messages.

    Raises:
        FormatError: another number of columns, what is no finite number; with the line.
    """
    return _table(path, 2, f"a name and its {what}", lambda cells: _number(cells[1]))


def read_core_map(path: FilePath) -> dict[str, tuple[int, int]]:
    """Name -> core columns [start, end), three columns.

    Raises:
        FormatError: another number of columns, what is no whole number; with the line.
    """
    return _table(
        path,
        3,
        "a name, the first column of its core and the one behind its last",
        lambda cells: (_whole(cells[1]), _whole(cells[2])),
    )


def _table(
    path: FilePath, n_columns: int, expected: str, value_of: Callable[[list[str]], Value]
) -> dict[str, Value]:
    """First cell -> value of the line. Blank lines and those that start with # are skipped."""
    found: dict[str, Value] = {}
    lines: dict[str, int] = {}
    for number, line in enumerate(read_text(path).split("\n"), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        cells = [cell.strip() for cell in line.split("\t")]
        if len(cells) != n_columns or not all(cells):
            filled = counted(len(cells), "column")
            _fail(path, number, line, f"{filled} (parted by tabs); expected {expected}")
        try:
            value = value_of(cells)
        except ValueError:
            _fail(path, number, line, f"expected {expected}")
        if found.setdefault(cells[0], value) != value:
            first = lines[cells[0]]
            _fail(path, number, line, f"{cells[0]!r} has another value in line {first}")
        lines.setdefault(cells[0], number)
    return found


def _number(cell: str) -> float:
    value = math.nan if "_" in cell else float(cell)
    if not math.isfinite(value):
        raise ValueError(cell)
    return value


def _whole(cell: str) -> int:
    value = _number(cell)
    if value != int(value):
        raise ValueError(cell)
    return int(value)


def _fail(path: FilePath, number: int, line: str, why: str) -> NoReturn:
    raise FormatError(
        f"{shown_path(path)}:{number}: {why}; found {line[:80]!r}.",
        path=path,
        line=number,
        text=line,
    )
