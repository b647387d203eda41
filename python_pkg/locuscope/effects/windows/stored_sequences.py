"""Saved sequences back from their file; `saved_sequences.py` says how it is laid out."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from locuscope.effects.results.score_tables import WINDOW_SCHEMA
from locuscope.effects.windows.saved_sequences import FORMAT, VERSION
from locuscope.errors import FormatError, LocuscopeError, StoreVersionError
from locuscope.genome.alleles import STATUSES
from locuscope.genome.variant_table import VariantTable
from locuscope.store import missing_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike

    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class SavedSequences:
    """Rows of a file of sequences.

    Args:
        sequences: "ref", "alt" and, where they were stored, "ref_rc", "alt_rc", "alt_right",
            "alt_right_rc" -> input name -> uint8 (V, A, L), whatever the layout of the file.
        variants: the alleles with their statuses and notes, one row per sequence.
        windows: polars table of the windows, null where a row has none.
        arrays: input name -> (V, ...) of inputs that are no bases.
    """

    sequences: Mapping[str, Mapping[str, NDArray[np.uint8]]]
    variants: VariantTable
    windows: pl.DataFrame
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.variants)


def read_sequences(
    path: str | PathLike[str], *, first: int = 0, stop: int | None = None
) -> SavedSequences:
    """Read the rows [first, stop) of what `write_sequences` wrote.

    Args:
        path: the file.
        first: first row.
        stop: row after the last; None = the end.

    Raises:
        MissingFileError: no such file.
        FormatError: another layout, or a damaged file.
        StoreVersionError: written by a newer locuscope.
    """
    import h5py

    target = Path(path)
    if not target.is_file():
        raise missing_file(target)
    try:
        with h5py.File(target, "r") as file:
            _check_format(file, target)
            return _read(file, first, stop)
    except LocuscopeError:
        raise
    except (OSError, KeyError, RuntimeError) as error:
        raise FormatError(
            f"{target} is no readable file of saved sequences: {error}", path=target
        ) from error


def _check_format(file: Any, path: Path) -> None:
    found, version = file.attrs.get("format"), file.attrs.get("version", 0)
    if found != FORMAT:
        raise FormatError(
            f"{path} has format {found!r} (groups {list(file)[:8]}); expected {FORMAT!r}.",
            path=path,
        )
    if version > VERSION:
        raise StoreVersionError(
            f"{path} has version {version} of {FORMAT}; this locuscope reads up to {VERSION}.",
            path=path,
            written_by=str(version),
        )


def _read(file: Any, first: int, stop: int | None) -> SavedSequences:

    names = json.loads(file.attrs["inputs"])
    is_turned = file.attrs["layout"] == "NLA"
    views = [view + rc for view in ("ref", "alt", "alt_right") for rc in ("", "_rc")]
    sequences: dict[str, dict[str, NDArray[np.uint8]]] = {}
    for view in (view for view in views if view in file):
        by_name = {
            name: file[view][name] if hasattr(file[view], "keys") else file[view] for name in names
        }
        sequences[view] = {
            name: dataset[first:stop].transpose(0, 2, 1) if is_turned else dataset[first:stop]
            for name, dataset in by_name.items()
        }
    arrays = {name: file["arrays"][name][first:stop] for name in file.get("arrays", {})}
    schema = VariantTable.concat([]).table.schema
    columns = {name: file[f"variants/{name}"][first:stop] for name in schema}
    status = pl.Series([STATUSES[code] for code in columns["status"].tolist()], dtype=pl.String)
    table = pl.DataFrame(
        [
            (status if name == "status" else _series(columns[name], is_null=name == "reason"))
            .cast(kind)
            .alias(name)
            for name, kind in schema.items()
        ]
    )
    windows = pl.DataFrame(
        [
            _series(file[f"windows/{name}"][first:stop], is_null=True)
            .cast(WINDOW_SCHEMA.get(name, pl.String()))
            .alias(name)
            for name in (*WINDOW_SCHEMA, "strand")
        ]
    )
    bits = np.asarray(file["variants/notes"][first:stop], np.uint16)
    return SavedSequences(sequences, VariantTable(table, bits), windows, arrays)


def _series(cells: NDArray[Any], *, is_null: bool) -> pl.Series:
    """A column back: -1 is missing, and an empty text where `is_null` says so."""
    if cells.dtype.kind != "O":
        column = pl.Series(np.ascontiguousarray(cells))
        return column.set(column == -1, None)
    words = [cell.decode("utf-8") for cell in cells.tolist()]
    return pl.Series([word or None if is_null else word for word in words], dtype=pl.String)
