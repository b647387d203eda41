"""The motif files: newest CORE matrices, turned into frequencies; the real database when given."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from locuscope.demo import build_motifs, build_sources
from locuscope.errors import FormatError, InputError
from locuscope.motifs.formats.meme import read_meme

CACHE = os.environ.get("LOCUSCOPE_DEMO_CACHE") or None

TABLES = """
CREATE TABLE MATRIX (ID integer, COLLECTION text, BASE_ID text, VERSION integer, NAME text);
CREATE TABLE MATRIX_SPECIES (ID integer, TAX_ID text);
CREATE TABLE MATRIX_DATA (ID integer, row text, col integer, val float);
"""


class Database(build_sources.Cache):
    """A cache that holds one small database."""

    def __init__(self, folder: Path, *, without: str = "", cells: str = "ACGT") -> None:
        super().__init__(folder)
        place = folder / "made.sqlite"
        database = sqlite3.connect(place)
        database.executescript(TABLES)
        for species, names in build_motifs.SETS.values():
            for name in names.split():
                if name == without:
                    continue
                # Version 10 is newer than 9; the other collection and species do not count.
                self._add(database, ("CORE", f"MB{name}", 10, name), species, cells)
                self._add(database, ("CORE", f"MA{name}", 10, name), species, cells)
                self._add(database, ("CORE", f"MA{name}", 9, name), species, "AAAA")
                self._add(database, ("CNE", f"MA{name}", 11, name), species, "AAAA")
                self._add(database, ("CORE", f"MA{name}", 12, name), 10090, "AAAA")
        database.commit()
        database.close()
        self.content = place.read_bytes()

    @staticmethod
    def _add(database, names, species, cells):
        key = database.execute("SELECT COUNT(*) FROM MATRIX").fetchone()[0]
        database.execute("INSERT INTO MATRIX VALUES (?, ?, ?, ?, ?)", (key, *names))
        database.execute("INSERT INTO MATRIX_SPECIES VALUES (?, ?)", (key, str(species)))
        # Eleven columns, so that "10" sorts after "9" only as a number.
        database.executemany(
            "INSERT INTO MATRIX_DATA VALUES (?, ?, ?, ?)",
            [(key, base, col, float(col)) for base in sorted(set(cells)) for col in range(1, 12)],
        )

    def read(self, name: str, inside: str) -> bytes:
        assert (name, inside) == ("pyjaspar", build_motifs.DATABASE)
        return self.content


@pytest.fixture
def made(tmp_path):
    files = build_motifs.build_motifs(Database(tmp_path))
    for file, content in files.items():
        (tmp_path / file).write_bytes(content)
    return {file: read_meme(tmp_path / file) for file in files}


def test_the_newest_core_matrix_of_the_species_is_taken(made):
    motifs = made["jaspar_human.meme"]
    assert len(motifs) == 40
    assert len(made["jaspar_fly.meme"]) == 8
    assert motifs["CTCF"].original_name == "MACTCF.10"
    assert motifs["CTCF"].width == 11


def test_counts_become_frequencies_with_a_pseudocount(made):
    motif = made["jaspar_fly.meme"]["su(Hw)"]
    # Column c holds c counts of each base.
    assert np.allclose(motif.ppm, 0.25)
    assert motif.n_sites == 4


def test_a_matrix_without_counts_of_a_base_is_an_error(tmp_path):
    with pytest.raises(FormatError, match="lacks cells"):
        build_motifs.build_motifs(Database(tmp_path, cells="ACG"))


def test_a_name_that_the_database_lacks_is_an_error(tmp_path):
    with pytest.raises(InputError, match="no CORE matrix 'pita' of species 7227"):
        build_motifs.build_motifs(Database(tmp_path, without="pita"))


@pytest.mark.skipif(CACHE is None, reason="LOCUSCOPE_DEMO_CACHE names no folder of package files")
def test_the_embedded_files_are_rebuilt_byte_for_byte():
    from locuscope import demo

    for file, content in build_motifs.build_motifs(build_sources.Cache(str(CACHE))).items():
        assert content == demo.path(file).read_bytes()
