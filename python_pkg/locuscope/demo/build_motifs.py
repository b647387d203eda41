"""Build `jaspar_human.meme` and `jaspar_fly.meme`: small subsets of JASPAR 2024 CORE."""

from __future__ import annotations

import sqlite3
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from locuscope.errors import FormatError, InputError
from locuscope.genome.position_matrix import UNIFORM
from locuscope.motifs.formats.meme import meme_text
from locuscope.motifs.motif import Motif
from locuscope.motifs.motif_set import MotifSet

if TYPE_CHECKING:
    from .build_sources import Cache

DATABASE = "pyjaspar/data/JASPAR2024.sqlite"
PSEUDOCOUNT = 0.1

HUMAN = (
    "CTCF FOS::JUN JUN NRF1 SPI1 GABPA ELK4 NFYA SP1 KLF4 REST HNF4A HNF1A FOXA1 GATA1::TAL1 "
    "GATA1 GATA4 POU5F1 RUNX1 CEBPB MEF2A TEAD4 TP53 STAT3 IRF1 YY1 ZNF143 USF1 MAX E2F1 "
    "CREB1 RFX5 SOX2 NEUROD1 ASCL1 ERG RELA NFE2 MYOD1 TCF7L2"
)
FLY = "su(Hw) BEAF-32 CTCF Dref Trl M1BP pita ZIPIC"

# File -> NCBI taxonomy number and names.
SETS = {"jaspar_human.meme": (9606, HUMAN), "jaspar_fly.meme": (7227, FLY)}

_MATRIX = """
SELECT MATRIX.ID, BASE_ID, VERSION FROM MATRIX JOIN MATRIX_SPECIES ON MATRIX.ID = MATRIX_SPECIES.ID
WHERE COLLECTION = 'CORE' AND NAME = ? AND TAX_ID = ?
ORDER BY CAST(VERSION AS INTEGER) DESC, BASE_ID LIMIT 1
"""
_COUNTS = "SELECT row, col, val FROM MATRIX_DATA WHERE ID = ?"


def build_motifs(cache: Cache) -> dict[str, bytes]:
    """Make the two MEME files from the database inside the pinned package."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "JASPAR.sqlite"
        place.write_bytes(cache.read("pyjaspar", DATABASE))
        # immutable: sqlite makes no journal beside the file.
        database = sqlite3.connect(f"{place.as_uri()}?mode=ro&immutable=1", uri=True)
        try:
            return {
                file: meme_text(
                    MotifSet(tuple(_motif(database, name, species) for name in names.split()))
                ).encode("utf-8")
                for file, (species, names) in SETS.items()
            }
        finally:
            database.close()


def _motif(database: sqlite3.Connection, name: str, species: int) -> Motif:
    """Newest CORE matrix of that name and species; of equal versions the smallest accession."""
    found = database.execute(_MATRIX, (name, str(species))).fetchone()
    if found is None:
        raise InputError(f"{DATABASE} has no CORE matrix {name!r} of species {species}.")
    key, base, version = found
    accession = f"{base}.{version}"
    cells = database.execute(_COUNTS, (key,)).fetchall()
    columns = sorted({int(col) for _, col, _ in cells})
    counts = np.full((4, len(columns)), np.nan)
    for row, col, value in cells:
        counts["ACGT".index(row), columns.index(int(col))] = value
    if np.isnan(counts).any():
        raise FormatError(f"{DATABASE}: matrix {accession} lacks cells.", path=DATABASE)
    totals = counts.sum(axis=0)
    ppm = (counts + PSEUDOCOUNT * np.array(UNIFORM)[:, None]) / (totals + PSEUDOCOUNT)
    # Columns of an alignment with gaps differ in their totals; the first stands for all.
    return Motif(
        name,
        ppm=ppm,
        original_name=accession,
        n_sites=round(float(totals[0])),
        url=f"https://jaspar.elixir.no/matrix/{accession}",
    )
