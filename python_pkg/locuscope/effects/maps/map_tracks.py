"""The tracks of a mutation map in HDF5: one dataset per column, missing cells listed beside it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.effects.maps.stored_maps import group_name, plain_name, text
from locuscope.tracks.track_metadata import CORE_FIELDS, TrackMetadata
from locuscope.tracks.track_table import TrackTable

if TYPE_CHECKING:
    from collections.abc import Sequence


def write_tracks(group: Any, tracks: TrackTable) -> None:
    """Write every column.

    Text, whole numbers, numbers and yes/no keep their kind; a column of several kinds is stored as
    JSON. Rows without a cell stand in the attribute `missing`.
    """
    for name in tracks.fields:
        cells = tracks.cells(name)
        missing = [row for row, cell in enumerate(cells) if cell is None]
        known = [cell for cell in cells if cell is not None]
        blank, kind = _kind(known)
        filled = [blank if cell is None else cell for cell in cells]
        if kind == "json":
            filled = [json.dumps(cell, default=str) for cell in filled]
        dtype = {"bool": np.bool_, "int": np.int64, "float": np.float64}.get(kind, text())
        column = group.create_dataset(group_name(name), data=filled, dtype=dtype)
        column.attrs["kind"] = kind
        column.attrs["missing"] = np.array(missing, np.int64)


def read_tracks(group: Any) -> TrackTable:
    """Read what `write_tracks` wrote."""
    columns = {plain_name(name): _cells(group[name]) for name in group}
    core = [columns.pop(name) for name in CORE_FIELDS]
    extras = [
        {name: cells[row] for name, cells in columns.items() if cells[row] is not None}
        for row in range(len(core[0]))
    ]
    return TrackTable.from_tracks(
        [
            TrackMetadata(index, output_name, organism, track_name, extra)
            for index, output_name, organism, track_name, extra in zip(*core, extras, strict=True)
        ]
    )


def _kind(cells: Sequence[object]) -> tuple[object, str]:
    """Give what stands in for a missing cell, and the kind of a column."""
    types = {type(cell) for cell in cells}
    for known, blank, kind in (
        ({bool}, False, "bool"),
        ({int}, 0, "int"),
        ({float}, 0.0, "float"),
        ({str}, "", "text"),
    ):
        if types == known:
            return blank, kind
    return "", "json"


def _cells(column: Any) -> list[Any]:
    kind = column.attrs["kind"]
    values: list[Any] = (column.asstr() if kind in ("text", "json") else column)[:].tolist()
    if kind == "json":
        values = [json.loads(value) for value in values]
    for row in column.attrs["missing"].tolist():
        values[row] = None
    return values
