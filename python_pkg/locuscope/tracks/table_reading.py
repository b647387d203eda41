"""From columns of raw cells to track tables: one set of rules for rows, frames and files.

Every source becomes columns first (`table_sources.py`); then one set of rules names, types and
cleans them, so that the same table as CSV, TSV, parquet or data frame gives the same catalogue.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from locuscope.errors import CatalogError, DataWarning, examples
from locuscope.tracks.callers import warn_at_caller
from locuscope.tracks.cell_rules import Origin, clean_cell, name_cell, reread, typed_column
from locuscope.tracks.columns import (
    MISSING,
    CategoryColumn,
    Column,
    NumberColumn,
    coded,
    in_first_seen_order,
    recode,
)
from locuscope.tracks.organism import organism_index
from locuscope.tracks.text_tables import unshield
from locuscope.tracks.track_metadata import KNOWN_FIELDS
from locuscope.tracks.track_table import TrackTable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

Tables: TypeAlias = dict[int, dict[str, TrackTable]]

_OUTPUT_COLUMNS = ("output_type", "output_name")
_INDEX_COLUMNS = ("track_index", "index")
_NAME_COLUMNS = ("track_name", "name")
_SPELT_LIKE_THIS = frozenset({*_OUTPUT_COLUMNS, "track_index", "track_name", *KNOWN_FIELDS})
_CONSUMED = frozenset({*_OUTPUT_COLUMNS, *_INDEX_COLUMNS, *_NAME_COLUMNS, "organism"})


def tables_of_columns(
    columns: Mapping[str, Column | Sequence[object]], origin: Origin, *, is_text: bool = False
) -> Tables:
    """Organism -> output -> table, rows in the order of their index, file order where it is equal.

    Args:
        columns: field -> column or list of cells, all of one length.
        origin: defaults, and the file for messages.
        is_text: cells are untyped text; columns outside the known fields get the type that all
            their cells have.

    Raises:
        CatalogError: a row without output type or of an unknown organism, a cell that does not fit
            its column or is longer than a megabyte.
    """
    given = {
        "assay_title" if name == "Assay title" else name: _as_column(cells)
        for name, cells in columns.items()
    }
    n_rows = len(next(iter(given.values()), ()))
    _warn_other_spelling(given, origin)
    outputs = _outputs(given, n_rows, origin, is_text=is_text)
    organisms = _organisms(given.get("organism"), n_rows, origin)
    names = _first_known(
        [
            reread(name, column, origin, _name_reader(is_text=is_text))
            for name, column in _named(given, _NAME_COLUMNS)
        ],
        n_rows,
    )
    index = _indices(
        _first_known(
            [
                reread(name, column, origin, clean_cell)
                for name, column in _named(given, _INDEX_COLUMNS)
            ],
            n_rows,
        )
    )
    extras = {
        name: typed_column(name, column, origin, is_text=is_text)
        for name, column in given.items()
        if name not in _CONSUMED
    }
    tables: Tables = {}
    for group in _groups(organisms, outputs.codes):
        running = np.arange(len(group), dtype=np.float64)
        places = np.where(np.isnan(index[group]), running, index[group])
        order = np.argsort(places, kind="stable")
        rows = group[order]
        organism = int(organisms[rows[0]])
        output = str(outputs.values[outputs.codes[rows[0]]])
        table = _table(output, organism, _filled(names, rows, places[order]), extras, rows)
        tables.setdefault(organism, {})[output] = table
    return tables


def _warn_other_spelling(columns: Mapping[str, Column], origin: Origin) -> None:
    """Say which columns are no known field only because of capitals or blanks."""
    for name in columns:
        meant = "_".join(name.casefold().split())
        if meant != name and meant in _SPELT_LIKE_THIS and meant not in columns:
            where = f"{origin.path}: " if origin.path else ""
            message = (
                f"{where}column {name!r} becomes a field of its own; rename it to {meant!r} if "
                "that is what it holds."
            )
            warn_at_caller(message, DataWarning)


def _table(
    output: str,
    organism: int,
    names: CategoryColumn,
    extras: Mapping[str, Column],
    rows: NDArray[np.int64],
) -> TrackTable:
    """The table of one output: its rows of all columns that have a value there."""
    zeros = np.zeros(len(rows), np.int32)
    columns: dict[str, Column] = {
        "output_name": CategoryColumn((output,), zeros),
        "organism": CategoryColumn((organism,), zeros),
        "track_name": names,
    }
    parts = {name: column.compact(rows) for name, column in extras.items()}
    columns |= {name: part for name, part in parts.items() if not part.is_blank()}
    table = TrackTable(columns)
    # Worked out here, so that the first question to a million tracks is as fast as the next.
    table.is_padding  # noqa: B018
    return table


def _groups(organisms: NDArray[np.int64], outputs: NDArray[np.int32]) -> list[NDArray[np.int64]]:
    """Rows of each (organism, output), in the order in which they first stand in the table."""
    if not len(organisms):
        return []
    organism_codes, _ = in_first_seen_order(organisms)
    keys = organism_codes.astype(np.int64) * (int(outputs.max()) + 1) + outputs
    groups, _ = in_first_seen_order(keys)
    order = np.argsort(groups, kind="stable")
    return np.split(order, np.cumsum(np.bincount(groups))[:-1])


def _filled(
    names: CategoryColumn, rows: NDArray[np.int64], places: NDArray[np.float64]
) -> CategoryColumn:
    """The names of some rows; a row without one is called after its index."""
    part = names.compact(rows)
    missing = np.flatnonzero(part.codes < 0)
    if not missing.size:
        return part
    made = [f"track_{int(place)}" for place in places[missing].tolist()]
    codes = part.codes.copy()
    codes[missing] = np.arange(len(part.values), len(part.values) + len(made))
    both = (*part.values, *made)
    # A made-up name may be one that is given elsewhere.
    joined = recode(CategoryColumn(both, codes), both)
    return joined.compact(np.arange(len(rows)))


def _outputs(
    given: Mapping[str, Column], n_rows: int, origin: Origin, *, is_text: bool
) -> CategoryColumn:
    read = _output_reader(is_text=is_text)
    found = _first_known(
        [reread(name, column, origin, read) for name, column in _named(given, _OUTPUT_COLUMNS)],
        n_rows,
    )
    missing = np.flatnonzero(found.codes < 0)
    if not missing.size:
        return found
    default = _output_name(origin.default_output_name)
    if default is None:
        row = int(missing[0])
        message = (
            "Metadata row is missing output type. Expected 'output_type' or pass "
            f"default_output_name. ({origin.place(row)} of {n_rows:,})"
        )
        if not any(name in given for name in _OUTPUT_COLUMNS):
            message += f" Its columns: {examples(given, 12)}."
        raise CatalogError(message, path=origin.path, row=row + 1, column="output_type")
    codes = np.where(found.codes < 0, np.int32(len(found.values)), found.codes)
    values = (*found.values, default)
    return recode(CategoryColumn(values, codes), values)


def _output_name(cell: object) -> str | None:
    """An output name in lower case and without the prefix of the published enumeration."""
    if cell is None:
        return None
    return str(cell).strip().removeprefix("OutputType.").strip().lower() or None


def _output_reader(*, is_text: bool) -> Callable[[object], str | None]:
    return lambda raw: _output_name(clean_cell(unshield(str(raw)) if is_text else raw))


def _name_reader(*, is_text: bool) -> Callable[[object], str | None]:
    return (lambda raw: name_cell(unshield(str(raw)))) if is_text else name_cell


def _organisms(column: Column | None, n_rows: int, origin: Origin) -> NDArray[np.int64]:
    default = organism_index(origin.default_organism, known=None)
    if not isinstance(column, CategoryColumn):
        return np.full(n_rows, default, np.int64)

    def read(raw: object) -> int:
        return organism_index(clean_cell(raw), default=default, known=None)

    found = reread("organism", column, origin, read)
    return np.array([*found.values, default], np.int64)[found.codes]


def _indices(column: CategoryColumn) -> NDArray[np.float64]:
    """The index of every row, NaN where it cannot be read."""
    numbers = [_index(cell) for cell in column.values]
    return np.array([*numbers, np.nan])[column.codes]


def _index(cell: object) -> float:
    try:
        number = float(str(cell))
    except ValueError:
        return np.nan
    return number if number.is_integer() else np.nan


def _first_known(columns: Sequence[CategoryColumn], n_rows: int) -> CategoryColumn:
    """Per row the first cell that is not missing."""
    if not columns:
        return CategoryColumn((), np.full(n_rows, MISSING, np.int32))
    known = columns[0]
    for other in columns[1:]:
        behind = np.where(other.codes < 0, MISSING, other.codes + len(known.values))
        codes = np.where(known.codes < 0, behind, known.codes).astype(np.int32)
        values = (*known.values, *other.values)
        known = recode(CategoryColumn(values, codes), values)
    return known


def _named(given: Mapping[str, Column], names: Sequence[str]) -> list[tuple[str, CategoryColumn]]:
    found = [(name, given[name]) for name in names if name in given]
    return [(name, column) for name, column in found if isinstance(column, CategoryColumn)]


def _as_column(cells: Column | Sequence[object]) -> Column:
    return cells if isinstance(cells, CategoryColumn | NumberColumn) else coded(cells)
