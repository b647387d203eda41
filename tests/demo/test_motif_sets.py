"""The embedded motif sets."""

from __future__ import annotations

import numpy as np
import pytest

from locuscope import demo
from locuscope.errors import UnknownNameError
from locuscope.motifs.formats.meme import meme_text, read_meme, write_meme


@pytest.mark.parametrize(("species", "count"), [("human", 40), ("fly", 8)])
def test_columns_sum_to_one_and_files_round_trip(species, count, tmp_path):
    motifs = demo.motifs(species)
    assert len(motifs) == count
    for motif in motifs:
        assert np.abs(motif.ppm.sum(axis=0) - 1).max() <= 1e-5
        assert motif.n_sites >= 18
        assert motif.url == f"https://jaspar.elixir.no/matrix/{motif.original_name}"
    place = write_meme(motifs, tmp_path / "x.meme")
    assert place.read_bytes() == demo.path(f"jaspar_{species}.meme").read_bytes()
    assert meme_text(read_meme(place)) == meme_text(motifs)


@pytest.mark.parametrize(
    ("species", "name", "accession", "consensus"),
    [
        ("human", "CTCF", "MA0139.2", "GCCACCAGGGGGCGC"),
        ("human", "FOS::JUN", "MA0099.4", "ATGAGTCAT"),
        ("human", "NRF1", "MA0506.1", "GCGCCTGCGCA"),
        ("fly", "su(Hw)", "MA0533.1", None),
        ("fly", "BEAF-32", "MA0529.3", "TATCGATA"),
        ("fly", "CTCF", "MA0531.2", None),
        ("fly", "Dref", "MA1456.2", "TATCGATA"),
        ("fly", "Trl", "MA0205.3", None),
        ("fly", "M1BP", "MA1459.2", None),
        ("fly", "pita", "MA2318.1", None),
        ("fly", "ZIPIC", "MA2322.1", None),
    ],
)
def test_known_motifs_are_there(species, name, accession, consensus):
    motif = demo.motifs(species)[name]
    assert motif.original_name == accession
    assert motif is demo.motifs(species)[accession]
    assert consensus in (None, motif.consensus)


def test_the_set_is_read_once():
    assert demo.motifs() is demo.motifs("human")


def test_licence_and_citation_come_with_them():
    assert "JASPAR" in demo.notice()
    assert "Rauluseviciute" in demo.citation("jaspar_fly.meme")


def test_an_unknown_species_shows_those_that_are_there():
    with pytest.raises(UnknownNameError, match=r"human.*fly"):
        demo.motifs("mouse")
