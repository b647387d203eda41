"""Built-in track tables of published models, where they come from, and how they are found.

`human.parquet` lists the channels of AlphaGenome, `borzoi.parquet` those of Borzoi; `build.py`
makes both again from the published packages. The mouse table of AlphaGenome is in no package and is
read from a folder of the user.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from locuscope.errors import InputError, did_you_mean
from locuscope.tracks.catalogs.channels import RAW_CHANNELS
from locuscope.tracks.catalogs.mouse import install_table, mouse_file, mouse_tables
from locuscope.tracks.cell_rules import Origin
from locuscope.tracks.organism import ORGANISM_NAMES
from locuscope.tracks.table_reading import tables_of_columns
from locuscope.tracks.table_sources import read_columns

if TYPE_CHECKING:
    from locuscope.tracks.table_reading import Tables

__all__ = [
    "ALPHAGENOME",
    "BORZOI",
    "FOLDER",
    "MOUSE_TABLE",
    "NAMES",
    "RAW_CHANNELS",
    "CatalogSource",
    "install_table",
    "load_tables",
    "mouse_file",
]

FOLDER = Path(__file__).parent
NAMES = ("human", "mouse", "borzoi")


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
MOUSE_TABLE = CatalogSource(
    "AlphaGenome mouse track metadata",
    "as installed by the user",
    "licence of the installed table",
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
            tables |= mouse_tables()
        return tables, ALPHAGENOME
    text = str(name).strip().lower()
    index = ORGANISM_NAMES.get(text, int(text) if text in {"0", "1"} else None)
    if text == "borzoi":
        return _borzoi(), BORZOI
    if index == 0:
        return _human(), ALPHAGENOME
    if index == 1:
        return mouse_tables(), MOUSE_TABLE
    message = (
        f"Unknown organism {name!r}. Known: human (0), mouse (1); also the catalogue 'borzoi'."
    )
    raise InputError(message, hint=f"({did_you_mean(text, NAMES)})")


@lru_cache(maxsize=1)
def _human() -> Tables:
    return _read(FOLDER / "human.parquet")


@lru_cache(maxsize=1)
def _borzoi() -> Tables:
    return _read(FOLDER / "borzoi.parquet")


def _read(path: Path) -> Tables:
    columns, _ = read_columns(path)
    return tables_of_columns(columns, Origin(path=path))
