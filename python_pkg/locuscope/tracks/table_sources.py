"""Where track tables come from: rows, data frames, parquet and text files, as columns of raw cells.

Nothing is named, typed or cleaned here (`table_reading.py` does that, with one set of rules for all
sources). A million rows stay arrays: each distinct cell is one Python object.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from locuscope.errors import FormatError, InputError, MissingFileError, WrongTypeError, did_you_mean
from locuscope.tracks.columns import (
    CategoryColumn,
    Column,
    NumberColumn,
    coded,
    in_first_seen_order,
)
from locuscope.tracks.text_tables import read_text, refuse_duplicates
from locuscope.tracks.track_metadata import FLOAT_FIELDS

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    import polars as pl
    from numpy.typing import NDArray

Columns: TypeAlias = dict[str, Column]

SUFFIXES = (".parquet", ".csv", ".tsv", ".txt")
_DELIMITERS = {".csv": ",", ".tsv": "\t", ".txt": "\t"}


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
    return dict(read_text(path, _DELIMITERS[suffix])), True


def columns_of_rows(rows: Iterable[Mapping[str, object]]) -> Columns:
    """Mappings as columns; a key that a row lacks is missing there.

    Raises:
        WrongTypeError: not mappings.
    """
    listed = list(rows) if isinstance(rows, Iterable) else [rows]
    for place, row in enumerate(listed, start=1):
        if not isinstance(row, Mapping):
            message = (
                "from_rows takes mappings, one per track, such as [{'track_name': 'a', "
                f"'output_type': 'atac'}}]; row {place} is {str(row)[:60]!r} "
                f"({type(row).__name__})."
            )
            raise WrongTypeError(
                message, argument="rows", found=type(row).__name__, expected="mappings"
            )
    fields = dict.fromkeys(key for row in listed for key in row)
    return {str(field): coded([row.get(field) for row in listed]) for field in fields}


def columns_of_frame(frame: Any) -> Columns:
    """A pandas or polars data frame as columns.

    Raises:
        WrongTypeError: neither of the two.
        CatalogError: two columns of one name.
    """
    module = type(frame).__module__.split(".")[0]
    if module == "polars":
        return {str(name): _of_polars(str(name), frame.get_column(name)) for name in frame.columns}
    if module != "pandas" or not hasattr(frame, "iloc"):
        message = f"from_dataframe takes a pandas or polars data frame; got {type(frame).__name__}."
        raise WrongTypeError(
            message, argument="df", found=type(frame).__name__, expected="DataFrame"
        )
    names = [str(name) for name in frame.columns]
    refuse_duplicates(names, None)
    return {name: _of_pandas(name, frame.iloc[:, place]) for place, name in enumerate(names)}


def _of_polars(name: str, series: pl.Series) -> Column:
    import polars as pl

    dtype = series.dtype
    if dtype == pl.String:
        series = series.cast(pl.Categorical)
    if dtype == pl.Boolean or series.dtype == pl.Categorical:
        ids = series.to_physical().cast(pl.Int64)
        codes, first = in_first_seen_order(ids.fill_null(-1).to_numpy())
        return CategoryColumn(tuple(series.gather(first.tolist()).to_list()), codes)
    if dtype.is_numeric() and not dtype.is_decimal():
        is_missing = series.is_null().to_numpy()
        return _of_numbers(name, series.fill_null(0).to_numpy(), is_missing)
    return coded(series.to_list())


def _of_pandas(name: str, series: pd.Series[Any]) -> Column:
    import pandas as pd

    dtype = series.dtype
    is_missing = series.isna().to_numpy(np.bool_)
    if isinstance(dtype, np.dtype) and dtype.kind in "iuf":
        return _of_numbers(name, series.to_numpy(), is_missing)
    if pd.api.types.infer_dtype(series, skipna=True) == "string":
        ids, values = pd.factorize(series)
        return CategoryColumn(tuple(str(value) for value in values), ids.astype(np.int32))
    cells = zip(series.tolist(), is_missing.tolist(), strict=True)
    return coded([None if gone else cell for cell, gone in cells])


def _of_numbers(name: str, numbers: NDArray[Any], is_missing: NDArray[np.bool_]) -> Column:
    """Numbers of one type: as they are for a numeric field, else distinct values and codes."""
    if name in FLOAT_FIELDS:
        return NumberColumn(np.where(is_missing, np.nan, numbers.astype(np.float64)))
    values, ids = np.unique(numbers, return_inverse=True)
    codes, first = in_first_seen_order(np.where(is_missing, -1, ids))
    return CategoryColumn(tuple(values[ids[first]].tolist()), codes)


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
