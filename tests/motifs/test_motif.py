"""Motifs and sets of them: names, order, selection."""

from __future__ import annotations

import numpy as np
import pytest

import locuscope as lsc
from locuscope.errors import (
    InputError,
    OutOfBoundsError,
    ShapeError,
    UnknownNameError,
    WrongTypeError,
)
from locuscope.motifs.motif import Motif, MotifSet

BASES = np.eye(4)


def motif(name: str, letters: str = "ACGT", original: str | None = None) -> Motif:
    return Motif(name, BASES[:, ["ACGT".index(base) for base in letters]], original)


@pytest.fixture
def three() -> MotifSet:
    return MotifSet((motif("A", "AA", "M1"), motif("C", "CCC"), motif("G", "G", "M3")))


def test_a_motif_knows_itself():
    one = motif("GATA", "GATAG", "MA1")
    assert (one.width, one.consensus, one.original_name) == (5, "GATAG", "MA1")
    assert one.information == pytest.approx(10)
    assert repr(one) == "Motif('GATA' (MA1), 5 bp, consensus GATAG)"
    assert Motif("N", np.full((4, 3), 0.25)).information == pytest.approx(0)


def test_without_another_the_original_name_is_the_name():
    assert motif("X").original_name == "X"


def test_a_motif_does_not_change_with_the_array_it_was_made_of():
    matrix = np.full((4, 2), 0.25)
    one = Motif("M", matrix)
    matrix[:] = 0
    assert one.ppm.sum() == 2


@pytest.mark.parametrize("name", ["", "two words", "tab\tname", " pad"])
def test_a_name_is_one_word(name):
    with pytest.raises(InputError, match="one word"):
        Motif(name, BASES)


def test_a_wrong_matrix_names_the_motif():
    with pytest.raises(ShapeError, match="'M'"):
        Motif("M", np.zeros((2, 2)))
    with pytest.raises(WrongTypeError, match="name"):
        Motif(3, BASES)


def test_a_set_keeps_its_order(three):
    assert three.names == ("A", "C", "G")
    assert three.original_names == ("M1", "C", "M3")
    assert [one.name for one in three] == ["A", "C", "G"]
    assert list(three.ppms) == ["A", "C", "G"]
    assert three.ppms["C"].shape == (4, 3)
    assert repr(three) == "MotifSet(3 motifs: 'A', 'C', 'G')"


def test_a_motif_is_found_by_name_original_name_and_place(three):
    assert three["A"] is three["M1"] is three[0] is three[-3]
    assert three[1:].names == ("C", "G")
    assert "M3" in three
    assert "T" not in three
    assert three[0] in three


def test_select_follows_the_order_asked_for(three):
    assert three.select(["G", "M1"]).names == ("G", "A")
    assert three.select("C").names == ("C",)
    assert three.select([]).names == ()


def test_an_unknown_name_shows_the_closest(three):
    with pytest.raises(UnknownNameError, match="did you mean 'CTCF'"):
        _ = lsc.demo.motifs()["CTFC"]
    with pytest.raises(UnknownNameError, match="set of 3"):
        three.select(["A", "T"])
    with pytest.raises(OutOfBoundsError, match="holds 3"):
        _ = three[3]


@pytest.mark.parametrize(
    "second", [motif("A"), motif("B", original="A"), motif("M1"), motif("B", original="M1")]
)
def test_two_motifs_of_one_name_are_refused(second):
    with pytest.raises(InputError, match="motifs 0 and 1 are both called"):
        MotifSet((motif("A", original="M1"), second))


def test_a_set_holds_motifs():
    with pytest.raises(WrongTypeError, match="Motif"):
        MotifSet((BASES,))
    with pytest.raises(WrongTypeError, match="motifs"):
        MotifSet(3)
