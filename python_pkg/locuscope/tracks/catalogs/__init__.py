"""Built-in track tables of published models, where they come from, and how they are found.

`human.parquet` lists the channels of AlphaGenome, `borzoi.parquet` those of Borzoi; `build.py`
makes both again from the published packages. The mouse table of AlphaGenome is in no package and is
read from a folder of the user.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from locuscope.errors import CatalogError, CatalogNotFoundError, InputError, did_you_mean
from locuscope.tracks.organism import ORGANISM_NAMES
from locuscope.tracks.table_reading import Origin, read_columns, tables_of_columns

if TYPE_CHECKING:
    from locuscope.tracks.table_reading import Tables

FOLDER = Path(__file__).parent
NAMES = ("human", "mouse", "borzoi")
_MOUSE_FILES = tuple(f"track_metadata_mouse.{suffix}" for suffix in ("parquet", "csv", "tsv"))

# Channels of each AlphaGenome output tensor, in the network's own order of outputs; the rows beyond
# the real tracks are padding.
RAW_CHANNELS = {
    "atac": 256,
    "dnase": 384,
    "procap": 128,
    "cage": 640,
    "rna_seq": 768,
    "chip_tf": 1664,
    "chip_histone": 1152,
    "contact_maps": 28,
    "splice_sites": 5,
    "splice_site_usage": 734,
    "splice_junctions": 367,
}


@dataclass(frozen=True)
class CatalogSource:
    """Where a catalogue comes from."""

    name: str
    version: str
    licence: str
    citation: str

    def __str__(self) -> str:
        return f"{self.name} {self.version}, {self.licence}, {self.citation}"


ALPHAGENOME = CatalogSource(
    "AlphaGenome track metadata",
    "0.10.0",
    "CC BY 4.0",
    "Google DeepMind, https://github.com/google-deepmind/alphagenome",
)
BORZOI = CatalogSource(
    "Borzoi targets",
    "borzoi-pytorch 0.5.1",
    "Apache-2.0",
    "Linder et al. 2025, https://doi.org/10.1038/s41588-024-02053-6",
)


def load_tables(name: str | int | None = None) -> tuple[Tables, CatalogSource]:
    """The tables and the source of a built-in catalogue.

    Raises:
        InputError: an unknown name.
        CatalogNotFoundError: the mouse table is not installed.
    """
    if name is None:
        tables = dict(_human())
        if mouse_file() is not None:
            tables |= _mouse()
        return tables, ALPHAGENOME
    text = str(name).strip().lower()
    index = ORGANISM_NAMES.get(text, int(text) if text in {"0", "1"} else None)
    if text == "borzoi":
        return _borzoi(), BORZOI
    if index == 0:
        return _human(), ALPHAGENOME
    if index == 1:
        return _mouse(), ALPHAGENOME
    message = (
        f"Unknown organism {name!r}. Known: human (0), mouse (1); also the catalogue 'borzoi'."
    )
    raise InputError(message, hint=f"({did_you_mean(text, NAMES)})")


def mouse_folders() -> tuple[Path, ...]:
    """Folders where a mouse table is looked for, first hit wins."""
    data = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    folders = [Path(data).expanduser() / "locuscope" / "catalogs"]
    named = os.environ.get("LOCUSCOPE_CATALOGS")
    return (Path(named).expanduser(), *folders) if named else tuple(folders)


def mouse_file() -> Path | None:
    """The installed mouse table, if there is one."""
    places = (folder / name for folder in mouse_folders() for name in _MOUSE_FILES)
    return next((place for place in places if place.is_file()), None)


@lru_cache(maxsize=1)
def _human() -> Tables:
    return _read(FOLDER / "human.parquet")


@lru_cache(maxsize=1)
def _borzoi() -> Tables:
    return _read(FOLDER / "borzoi.parquet")


def _mouse() -> Tables:
    path = mouse_file()
    if path is None:
        searched = " and ".join(str(folder) for folder in mouse_folders())
        message = (
            f"The mouse track table is not installed: no {_MOUSE_FILES[0]} (or .csv, .tsv) in "
            f"{searched}. "
            "It is not in any package; the table of the published PyTorch port or an export of "
            "the official "
            "output metadata of the mouse serves (columns output_type, track_name and any "
            "others). Put it there, "
            "or name another folder in LOCUSCOPE_CATALOGS."
        )
        raise CatalogNotFoundError(message, path=mouse_folders()[0] / _MOUSE_FILES[0])
    return _padded_mouse(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=1)
def _padded_mouse(path: Path, _modified: int) -> Tables:
    columns, is_text = read_columns(path)
    columns["organism"] = [1] * len(next(iter(columns.values()), []))
    outputs = tables_of_columns(columns, Origin(1, None, path), is_text=is_text).get(1, {})
    for name, table in outputs.items():
        n_channels = RAW_CHANNELS.get(name, len(table))
        if len(table) > n_channels:
            message = (
                f"{path}: output {name!r} has {len(table)} rows; the tensor has {n_channels} "
                "channels."
            )
            raise CatalogError(message, path=path, column="output_type")
        outputs[name] = table.padded(name, 1, n_channels)
    return {1: outputs}


def _read(path: Path) -> Tables:
    columns, _ = read_columns(path)
    return tables_of_columns(columns, Origin(path=path))
