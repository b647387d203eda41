"""Track tables from anywhere: rows, data frames, parquet and text files, through one typed reader.

Every source becomes columns of cells first; then one set of rules names, types and cleans them, so
that the same table as CSV, TSV, parquet or data frame gives the same catalogue.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from locuscope.errors import (
    CatalogError,
    FormatError,
    InputError,
    MissingFileError,
    WrongTypeError,
    did_you_mean,
)
from locuscope.tracks.columns import column_of
from locuscope.tracks.organism import organism_index
from locuscope.tracks.text_tables import guess_types, read_text, refuse_duplicates, unshield
from locuscope.tracks.track_metadata import BOOL_FIELDS, FLOAT_FIELDS, KNOWN_FIELDS
from locuscope.tracks.track_table import TrackTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    import pandas as pd
    import polars as pl

Columns: TypeAlias = dict[str, list[object]]
Tables: TypeAlias = dict[int, dict[str, TrackTable]]

SUFFIXES = (".parquet", ".csv", ".tsv", ".txt")
_DELIMITERS = {".csv": ",", ".tsv": "\t", ".txt": "\t"}
_MISSING_WORDS = frozenset({"", "nan", "none", "null"})
_YES_NO = {"true": True, "1": True, "false": False, "0": False}
_STRANDS = ("+", "-", ".")
_OUTPUT_COLUMNS = ("output_type", "output_name")
_INDEX_COLUMNS = ("track_index", "index")
_NAME_COLUMNS = ("track_name", "name")


@dataclass(frozen=True)
class Origin:
    """Where a table came from, for messages and defaults."""

    default_organism: object = 0
    default_output_name: str | None = None
    path: Path | None = None

    def place(self, row: int) -> str:
        """`file.csv: row 3` or `row 3`; rows count from 1 without the header."""
        return f"{self.path}: row {row + 1}" if self.path else f"row {row + 1}"


def read_columns(path: Path) -> tuple[Columns, bool]:
    """The columns of a table file, and whether its cells are plain text without types.

    Raises:
        MissingFileError, InputError (suffix), FormatError (not such a file), CatalogError (ragged
        rows).
    """
    if not path.is_file():
        folder = path.parent
        near = [entry.name for entry in folder.iterdir()] if folder.is_dir() else []
        words = did_you_mean(path.name, near) if near else None
        message = f"Track metadata file not found: {path}"
        raise MissingFileError(message, hint=words and f"({words})", path=path)
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        message = (
            f"Unsupported metadata file extension {path.suffix!r}. Expected .parquet, .csv, .tsv, "
            "or .txt."
        )
        raise InputError(message)
    if suffix == ".parquet":
        return _read_parquet(path), False
    columns = read_text(path, _DELIMITERS[suffix])
    for name in (*_OUTPUT_COLUMNS, *_NAME_COLUMNS):
        if name in columns:
            columns[name] = [unshield(str(cell)) for cell in columns[name]]
    return columns, True


def columns_of_rows(rows: Iterable[Mapping[str, object]]) -> Columns:
    """Mappings as columns; a key that a row lacks is missing there."""
    listed = list(rows)
    fields = dict.fromkeys(key for row in listed for key in row)
    return {str(field): [row.get(field) for row in listed] for field in fields}


def columns_of_frame(frame: pd.DataFrame | pl.DataFrame) -> Columns:
    """A pandas or polars data frame as columns of Python cells.

    Raises:
        WrongTypeError: neither of the two.
        CatalogError: two columns of one name.
    """
    module = type(frame).__module__.split(".")[0]
    if module == "polars":
        return {str(name): frame[name].to_list() for name in frame.columns}
    if module != "pandas" or not hasattr(frame, "iloc"):
        message = f"from_dataframe takes a pandas or polars data frame; got {type(frame).__name__}."
        raise WrongTypeError(
            message, argument="df", found=type(frame).__name__, expected="DataFrame"
        )
    names = [str(name) for name in frame.columns]
    refuse_duplicates(names, None)
    columns: Columns = {}
    for place, name in enumerate(names):
        series = frame.iloc[:, place]
        missing = series.isna().tolist()
        cells = series.tolist()
        columns[name] = [None if gone else cell for cell, gone in zip(cells, missing, strict=True)]
    return columns


def tables_of_columns(columns: Columns, origin: Origin, *, is_text: bool = False) -> Tables:
    """Organism -> output -> table, rows in the order of their index, file order where it is equal.

    Args:
        columns: field -> cells, all of one length.
        origin: defaults, and the file for messages.
        is_text: cells are untyped text; columns outside the known fields get the type that all
            their cells have.

    Raises:
        InputError: a row without output type, or of an unknown organism.
        CatalogError: a cell that does not fit its column.
    """
    columns = {
        "assay_title" if name == "Assay title" else name: cells for name, cells in columns.items()
    }
    n_rows = len(next(iter(columns.values()), []))
    outputs = _outputs(columns, n_rows, origin)
    organisms = _organisms(columns.get("organism"), n_rows, origin)
    groups: dict[tuple[int, str], list[int]] = {}
    for row, key in enumerate(zip(organisms, outputs, strict=True)):
        groups.setdefault(key, []).append(row)
    given = _first_known([columns[name] for name in _INDEX_COLUMNS if name in columns], n_rows)
    names = _first_known(
        [columns[name] for name in _NAME_COLUMNS if name in columns], n_rows, is_name=True
    )
    consumed = {*_OUTPUT_COLUMNS, *_INDEX_COLUMNS, *_NAME_COLUMNS, "organism"}
    extras = {
        name: _typed_cells(name, cells, origin, is_text=is_text)
        for name, cells in columns.items()
        if name not in consumed
    }
    tables: Tables = {}
    for (organism, output), rows in groups.items():
        indices = [_index(given[row], count) for count, row in enumerate(rows)]
        order = sorted(range(len(rows)), key=indices.__getitem__)
        picked = [rows[place] for place in order]
        cells: Columns = {
            "output_name": [output] * len(rows),
            "organism": [organism] * len(rows),
            "track_name": [
                f"track_{indices[place]}" if names[rows[place]] is None else names[rows[place]]
                for place in order
            ],
        }
        for name, whole in extras.items():
            part = [whole[row] for row in picked]
            if any(cell is not None for cell in part):
                cells[name] = part
        tables.setdefault(organism, {})[output] = TrackTable(
            {name: column_of(name, part) for name, part in cells.items()}
        )
    return tables


def _outputs(columns: Columns, n_rows: int, origin: Origin) -> list[str]:
    given = _first_known([columns[name] for name in _OUTPUT_COLUMNS if name in columns], n_rows)
    outputs = []
    for row, cell in enumerate(given):
        value = origin.default_output_name if cell is None else cell
        name = (
            "" if value is None else str(value).strip().removeprefix("OutputType.").strip().lower()
        )
        if not name:
            message = (
                "Metadata row is missing output type. Expected 'output_type' or pass "
                "default_output_name. "
                f"({origin.place(row)} of {n_rows:,})"
            )
            raise CatalogError(message, path=origin.path, row=row + 1, column="output_type")
        outputs.append(name)
    return outputs


def _organisms(cells: Sequence[object] | None, n_rows: int, origin: Origin) -> list[int]:
    default = organism_index(origin.default_organism, known=None)
    if cells is None:
        return [default] * n_rows
    seen: dict[object, int] = {}
    organisms = []
    for row, raw in enumerate(cells):
        cell = clean_cell(raw)
        index = seen.get(cell)
        if index is None:
            try:
                index = seen[cell] = organism_index(cell, default=default, known=None)
            except InputError as error:
                message = f"{error} ({origin.place(row)})"
                raise CatalogError(
                    message, path=origin.path, row=row + 1, column="organism"
                ) from error
        organisms.append(index)
    return organisms


def _first_known(
    columns: Sequence[Sequence[object]], n_rows: int, *, is_name: bool = False
) -> list[object]:
    """Per row the first cell that is not missing; a name keeps words such as `NA` and `null`."""
    known: list[object] = [None] * n_rows
    for cells in reversed(columns):
        for row, raw in enumerate(cells):
            cell = _name(raw) if is_name else clean_cell(raw)
            if cell is not None:
                known[row] = cell
    return known


def _name(raw: object) -> str | None:
    if isinstance(raw, str):
        return raw.strip() or None
    cell = clean_cell(raw)
    return None if cell is None else str(cell)


def _index(cell: object, count: int) -> int:
    """A track index, or the running count where it cannot be read."""
    try:
        number = float(str(cell))
    except ValueError:
        return count
    return int(number) if number.is_integer() else count


def clean_cell(value: object) -> object:
    """A cell as a Python value; None where it means missing."""
    if value is None:
        return None
    if isinstance(value, str):
        text = value.strip()
        return None if text.lower() in _MISSING_WORDS else text
    if isinstance(value, np.generic):
        value = value.item()
    elif isinstance(value, np.ndarray):
        return value.tolist()
    elif type(value).__name__ == "NAType":
        return None
    return None if isinstance(value, float) and value != value else value  # noqa: PLR0124


def _typed_cells(
    name: str, cells: Sequence[object], origin: Origin, *, is_text: bool
) -> list[object]:
    """The cells of one column as its field demands; each distinct text is read once."""
    read: dict[object, object] = {}
    typed: list[object] = []
    for row, raw in enumerate(cells):
        if isinstance(raw, str) and raw in read:
            typed.append(read[raw])
            continue
        cell = clean_cell(raw)
        if cell is not None and name in KNOWN_FIELDS:
            cell = _known_cell(name, cell, origin, row)
        if isinstance(raw, str):
            read[raw] = cell
        typed.append(cell)
    return (
        guess_types(typed)
        if is_text and name not in KNOWN_FIELDS
        else _unshielded(typed, is_text=is_text)
    )


def _known_cell(name: str, cell: object, origin: Origin, row: int) -> object:
    """One cell of a known field in the field's own type."""
    if name in BOOL_FIELDS:
        flag = cell if isinstance(cell, bool) else _YES_NO.get(str(cell).lower().removesuffix(".0"))
        if flag is None:
            raise _bad_cell(name, cell, "true, false, 0 or 1", origin, row)
        return flag
    if name in FLOAT_FIELDS:
        try:
            return float(str(cell))
        except ValueError:
            raise _bad_cell(name, cell, "a number", origin, row) from None
    if name == "strand" and cell not in _STRANDS:
        raise _bad_cell(name, cell, "+, - or .", origin, row)
    return cell if isinstance(cell, str) else str(cell)


def _bad_cell(name: str, cell: object, expected: str, origin: Origin, row: int) -> CatalogError:
    message = f"{origin.place(row)}: {name} is {str(cell)[:80]!r}; expected {expected}."
    return CatalogError(message, path=origin.path, row=row + 1, column=name)


def _unshielded(cells: list[object], *, is_text: bool) -> list[object]:
    return (
        [unshield(cell) if isinstance(cell, str) else cell for cell in cells] if is_text else cells
    )


def _read_parquet(path: Path) -> Columns:
    import polars as pl

    try:
        frame = pl.read_parquet(path.read_bytes(), use_pyarrow=False)
    except (pl.exceptions.PolarsError, OSError) as error:
        message = (
            f"{path} is not a parquet file that can be read: {str(error).splitlines()[0][:200]}."
        )
        raise FormatError(message, path=path) from error
    return columns_of_frame(frame)
