"""The mouse tracks of AlphaGenome: in no package, so read from and installed into a user's folder.

Looked for in the folder that LOCUSCOPE_CATALOGS names, then in the user data folder (XDG rules).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from locuscope.errors import (
    CatalogError,
    CatalogNotFoundError,
    OptionError,
    StoreTargetError,
    shown_path,
)
from locuscope.store import publish
from locuscope.tracks.catalogs.channels import RAW_CHANNELS
from locuscope.tracks.cell_rules import Origin, clean_cell
from locuscope.tracks.columns import CategoryColumn
from locuscope.tracks.organism import organism_index
from locuscope.tracks.table_reading import tables_of_columns
from locuscope.tracks.table_sources import read_columns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from locuscope.tracks.table_reading import Tables
    from locuscope.tracks.track_table import TrackTable

MOUSE = 1
_STEM = "track_metadata_mouse"
_SUFFIXES = (".parquet", ".csv", ".tsv")


@dataclass(frozen=True)
class InstalledTable:
    """What `install_table` has done.

    Args:
        path: the file that `load_builtin("mouse")` reads from now on.
        tracks: real tracks per output.
        replaced: tables of the same name that are gone.
    """

    path: Path
    tracks: Mapping[str, int]
    replaced: tuple[Path, ...] = ()

    def __str__(self) -> str:
        listed = ", ".join(f"{name} {count:,}" for name, count in self.tracks.items())
        gone = f"; replaced {', '.join(map(shown_path, self.replaced))}" if self.replaced else ""
        return (
            f"{shown_path(self.path)}: {sum(self.tracks.values()):,} mouse tracks ({listed}){gone}"
        )


def mouse_folders() -> tuple[Path, ...]:
    """Folders where a mouse table is looked for, first hit wins; the first is installed into."""
    data = os.environ.get("XDG_DATA_HOME", "")
    # A relative path there is to be ignored, says the XDG specification.
    home = Path(data) if Path(data).is_absolute() else Path("~/.local/share").expanduser()
    folder = home / "locuscope" / "catalogs"
    named = os.environ.get("LOCUSCOPE_CATALOGS")
    return (Path(named).expanduser(), folder) if named else (folder,)


def mouse_file() -> Path | None:
    """The installed mouse table, if there is one."""
    places = (folder / f"{_STEM}{suffix}" for folder in mouse_folders() for suffix in _SUFFIXES)
    return next((place for place in places if place.is_file()), None)


def mouse_tables() -> Tables:
    """The installed mouse table, padded to the tensors of the network.

    Raises:
        CatalogNotFoundError: no table is installed.
        CatalogError: the table is broken, or an output has more rows than the tensor has channels.
    """
    path = mouse_file()
    if path is None:
        raise not_installed()
    facts = path.stat()
    return _read(path, facts.st_mtime_ns, facts.st_size)


def not_installed() -> CatalogNotFoundError:
    """The error for a mouse table that is not there: where it was looked for, what to do."""
    folders = mouse_folders()
    searched = " and ".join(shown_path(folder) for folder in folders)
    if len(folders) == 1:
        searched = f"the folder of LOCUSCOPE_CATALOGS (not set) and {searched}"
    message = (
        f"The mouse track table is not installed: no {_STEM}.parquet, .csv or .tsv in {searched}. "
        "No package carries it; the table of the published PyTorch port serves, or an export of "
        "the official output_metadata of the mouse (columns output_type and track_name; all others "
        "are kept)."
    )
    hint = "Install it with: locuscope tracks install FILE --organism mouse"
    return CatalogNotFoundError(message, hint=hint, path=folders[0] / f"{_STEM}.parquet")


def install_table(file: str | Path, *, organism: object = "mouse") -> InstalledTable:
    """Check a mouse table and copy it to where `load_builtin("mouse")` finds it.

    Args:
        file: a .parquet, .csv or .tsv table; .txt is read as .tsv.
        organism: only the mouse table is installed; the others come with the package.

    Raises:
        OptionError: another organism.
        MissingFileError, FormatError, CatalogError: the table cannot be read; nothing is installed.
        StoreError: the folder cannot be written.
    """
    if organism_index(organism) != MOUSE:
        message = f"Only the mouse table is installed (found {organism!r}); human comes built in."
        raise OptionError(message, option="organism", value=organism, allowed=("mouse",))
    source = Path(file).expanduser()
    tables = read_mouse(source)
    _refuse_other_organism(source)
    counts = {name: int((~table.is_padding).sum()) for name, table in tables[MOUSE].items()}
    if not sum(counts.values()):
        message = f"{source} has no mouse tracks; expected one row per channel."
        raise CatalogError(message, path=source, row=0, column="output_type")
    content = source.read_bytes()
    suffix = source.suffix.lower().replace(".txt", ".tsv")
    folder = mouse_folders()[0]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"{shown_path(folder)} cannot be made: {error.strerror}."
        raise StoreTargetError(message, path=folder, errno=error.errno) from error
    target = folder / f"{_STEM}{suffix}"
    publish(target, lambda temporary: temporary.write_bytes(content))
    # A table in another format would be found before this one, or stand beside it unread.
    others = [folder / f"{_STEM}{other}" for other in _SUFFIXES if other != suffix]
    replaced = tuple(other for other in others if other.is_file())
    for other in replaced:
        other.unlink()
    return InstalledTable(target, dict(sorted(counts.items())), replaced)


def read_mouse(path: Path) -> Tables:
    """A mouse table of any spelling of the organism, padded.

    Raises:
        MissingFileError, InputError, FormatError, CatalogError: as `TrackMetadataCatalog.from_file`
            does; also an output with more rows than the tensor has channels.
    """
    columns, is_text = read_columns(path)
    n_rows = len(next(iter(columns.values()), ()))
    columns["organism"] = CategoryColumn((MOUSE,), np.zeros(n_rows, np.int32))
    outputs = tables_of_columns(columns, Origin(MOUSE, None, path), is_text=is_text).get(MOUSE, {})
    return {MOUSE: {name: _padded(name, table, path) for name, table in outputs.items()}}


@lru_cache(maxsize=1)
def _read(path: Path, _modified: int, _size: int) -> Tables:
    return read_mouse(path)


def _refuse_other_organism(path: Path) -> None:
    """A table that says itself that it is of another organism is not installed as mouse."""
    column = read_columns(path)[0].get("organism")
    if not isinstance(column, CategoryColumn):
        return
    for code, raw in enumerate(column.values):
        cell = clean_cell(raw)
        if cell is not None and organism_index(cell, known=None) != MOUSE:
            row = int(np.argmax(column.codes == code)) + 1
            message = f"{path}: row {row}: organism is {cell!r}; expected mouse (1)."
            raise CatalogError(message, path=path, row=row, column="organism")


def _padded(name: str, table: TrackTable, path: Path) -> TrackTable:
    n_channels = RAW_CHANNELS.get(name, len(table))
    if len(table) > n_channels:
        message = (
            f"{path}: output {name!r} has {len(table):,} rows; the tensor has {n_channels:,} "
            "channels."
        )
        raise CatalogError(message, path=path, column="output_type")
    return table.padded(name, MOUSE, n_channels)
