"""Track tables on their way out: frames with fixed columns, parquet and text files."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from locuscope.errors import InputError
from locuscope.store import publish
from locuscope.tracks.text_tables import shield
from locuscope.tracks.track_metadata import BOOL_FIELDS, FLOAT_FIELDS, KNOWN_FIELDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    import polars as pl

    from locuscope.tracks.track_table import TrackTable

_INTEGER_FIELDS = frozenset({"track_index", "organism"})


def frame_fields(table: TrackTable) -> tuple[str, ...]:
    """Columns of every export: all known fields in their fixed order, then the table's others."""
    return tuple(dict.fromkeys((*KNOWN_FIELDS, *table.fields)))


def table_to_polars(table: TrackTable) -> pl.DataFrame:
    """A polars frame with the fixed columns; missing cells are null."""
    import polars as pl

    dtypes = {"text": pl.String, "yes_no": pl.Boolean, "integer": pl.Int64, "number": pl.Float64}
    series = []
    for field in frame_fields(table):
        kind, cells = _typed_column(field, table.cells(field))
        series.append(pl.Series(field, cells, dtype=dtypes[kind], strict=False))
    return pl.DataFrame(series)


def table_to_pandas(table: TrackTable) -> pd.DataFrame:
    """A pandas frame with the fixed columns in nullable types; missing is NA, numbers NaN."""
    import pandas as pd

    dtypes = {"text": "string", "yes_no": "boolean", "integer": "Int64", "number": "float64"}
    columns = {}
    for field in frame_fields(table):
        kind, cells = _typed_column(field, table.cells(field))
        dtype = "int64" if field in _INTEGER_FIELDS else dtypes[kind]
        columns[field] = pd.Series(cells, dtype=dtype)
    return pd.DataFrame(columns)


def write_table(table: TrackTable, path: str | Path) -> Path:
    """Write a track table; the suffix decides: .parquet, .csv, .tsv or .txt (tab).

    Text cells that a spreadsheet would run as a formula get an apostrophe, which `from_file`
    removes.

    Raises:
        InputError: another suffix.
    """
    target = Path(path)
    suffix = target.suffix.lower()
    if suffix == ".parquet":
        frame = table_to_polars(table)

        def write_parquet(temporary: Path) -> None:
            frame.write_parquet(
                temporary, compression="zstd", compression_level=19, statistics=False
            )

        return publish(target, write_parquet)
    delimiter = {".csv": ",", ".tsv": "\t", ".txt": "\t"}.get(suffix)
    if delimiter is None:
        message = (
            f"Unsupported metadata file extension {target.suffix!r}. Expected .parquet, .csv, "
            ".tsv, or .txt."
        )
        raise InputError(message)
    content = table_text(table, delimiter).encode()
    return publish(target, lambda temporary: _write_bytes(temporary, content))


def table_text(table: TrackTable, delimiter: str = "\t") -> str:
    """The table as delimited text with a header line."""
    fields = frame_fields(table)
    columns = [
        [_text_cell(cell) for cell in _typed_column(field, table.cells(field))[1]]
        for field in fields
    ]
    text = _delimited(fields, columns, delimiter, csv.QUOTE_MINIMAL)
    # A bare carriage return ends a line for every reader, and only "\n" is quoted unasked.
    return _delimited(fields, columns, delimiter, csv.QUOTE_ALL) if "\r" in text else text


def _delimited(
    fields: Sequence[str], columns: Sequence[Sequence[str]], delimiter: str, quoting: Literal[0, 1]
) -> str:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\n", quoting=quoting)
    writer.writerow(fields)
    writer.writerows(zip(*columns, strict=True))
    return buffer.getvalue()


def _text_cell(cell: object) -> str:
    if cell is None:
        return ""
    return shield(cell) if isinstance(cell, str) else str(cell)


def _write_bytes(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _typed_column(field: str, cells: list[object]) -> tuple[str, list[Any]]:
    """The kind of a column and its cells in that kind; lists and mixtures become JSON text."""
    if field in _INTEGER_FIELDS:
        return "integer", cells
    if field in FLOAT_FIELDS:
        return "number", cells
    if field in BOOL_FIELDS:
        return "yes_no", cells
    if field in KNOWN_FIELDS:
        return "text", cells
    kinds = {type(cell) for cell in cells if cell is not None}
    if kinds == {bool}:
        return "yes_no", cells
    if kinds == {int}:
        return "integer", cells
    if kinds and kinds <= {int, float}:
        return "number", cells
    texts = [
        cell if cell is None or isinstance(cell, str) else json.dumps(cell, default=str)
        for cell in cells
    ]
    return "text", texts
