"""One motif: matrices, core, names, the other strand."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from locuscope.errors import InputError, NonFiniteError, OptionError, ShapeError, WrongTypeError
from locuscope.motifs.motif import Motif

BASES = np.eye(4)


def spelled(letters: str) -> np.ndarray:
    return BASES[:, ["ACGT".index(base) for base in letters]]


def motif(name: str, letters: str = "ACGT", original: str | None = None) -> Motif:
    return Motif(name, ppm=spelled(letters), original_name=original)


def test_a_motif_knows_itself():
    one = motif("GATA", "GATAG", "MA1")
    assert (one.width, one.consensus, one.original_name) == (5, "GATAG", "MA1")
    assert one.information == pytest.approx(10)
    assert repr(one) == "Motif('GATA' (MA1), 5 bp, consensus GATAG)"
    assert Motif("N", ppm=np.full((4, 3), 0.25)).information == pytest.approx(0)


def test_a_motif_of_contributions_knows_itself():
    one = Motif("GATA", 7 * spelled("GATA"), core=(1, 3))
    assert (one.cwm.dtype, one.core, one.core_width, one.width) == (np.float32, (1, 3), 2, 4)
    assert (one.hypothetical, one.ppm, one.strand, one.threshold) == (None, None, "+", None)
    assert (one.scale, one.annotation, one.source) == (1.0, (), "cwm")
    assert (one.n_sites, one.e_value, one.url) == (None, None, None)
    assert one.cwm.max() == 7
    with pytest.raises(InputError, match="'GATA' has no base frequencies"):
        _ = one.information


def test_the_fields_are_those_that_were_given():
    one = Motif(
        "A",
        [[2, 1], [0, 0], [0, 0], [0, 0]],
        hypothetical=[[2, 1], [-1, 0], [-1, 0], [0, -1]],
        ppm=[[1, 0.7], [0, 0.1], [0, 0.1], [0, 0.1]],
        strand="-",
        threshold=np.float32(0.5),
        original_name="M 1",
        scale=3,
        annotation=["SP1", "  KLF \t4 "],
        n_sites=7,
        e_value=1e-9,
        url="http://x",
        source="ppm",
    )
    assert one.hypothetical.tolist() == [[2, 1], [-1, 0], [-1, 0], [0, -1]]
    assert one.ppm.dtype == np.float64
    assert (one.strand, one.threshold, one.scale, one.source) == ("-", 0.5, 3.0, "ppm")
    assert one.annotation == ("SP1", "KLF 4")
    assert (one.n_sites, one.e_value, one.url) == (7, 1e-9, "http://x")
    assert repr(one) == "Motif('A' (M 1), 2 bp, - strand, consensus AA)"
    assert Motif("A", spelled("A"), annotation="one label").annotation == ("one label",)


def test_without_another_the_original_name_is_the_name():
    assert motif("X").original_name == "X"


def test_a_motif_does_not_change_with_the_array_it_was_made_of():
    matrix = np.full((4, 2), 0.25)
    one = Motif("M", np.ones((4, 2)), ppm=matrix)
    matrix[:] = 0
    assert one.ppm.sum() == 2
    for field in ("cwm", "ppm"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(one, field)[0, 0] = 3
    with pytest.raises(FrozenInstanceError):
        one.name = "other"


def test_replace_keeps_the_rest():
    one = Motif("M", spelled("GATA"), core=(1, 2), scale=4, threshold=0.6, annotation=("x",))
    other = replace(one, name="N")
    assert (other.name, other.original_name, other.core) == ("N", "M", (1, 2))
    assert (other.scale, other.threshold, other.annotation) == (4, 0.6, ("x",))
    assert np.array_equal(other.cwm, one.cwm)


@pytest.mark.parametrize("name", ["", "tab\tname", " pad", "pad ", "line\nend", "\x00", "a\u2028b"])
def test_a_name_is_printable_text(name):
    with pytest.raises(InputError, match="name is"):
        Motif(name, BASES)
    with pytest.raises(InputError, match="original_name is"):
        Motif("M", BASES, original_name=name)


@pytest.mark.parametrize("name", ["two words", "SP/KLF", "<img src=x onerror=1>", "β-catenin"])
def test_a_name_may_hold_what_people_write(name):
    assert Motif(name, BASES).name == name


def test_a_wrong_matrix_names_the_motif():
    with pytest.raises(ShapeError, match="'M'"):
        Motif("M", ppm=np.zeros((2, 2)))
    with pytest.raises(ShapeError, match=r"'M': cwm has shape \(2, 2\)"):
        Motif("M", np.zeros((2, 2)))
    with pytest.raises(ShapeError, match="transposed"):
        Motif("M", np.ones((7, 4)))
    with pytest.raises(ShapeError, match="hypothetical has shape"):
        Motif("M", BASES, hypothetical=np.ones((4, 5)))
    with pytest.raises(ShapeError, match="ppm has shape"):
        Motif("M", BASES, ppm=np.full((4, 3), 0.25))
    with pytest.raises(ShapeError, match=r"\(4, 0\)"):
        Motif("M", np.ones((4, 0)))
    with pytest.raises(WrongTypeError, match="name"):
        Motif(3, BASES)
    with pytest.raises(InputError, match="no matrix of numbers"):
        Motif("M", [["a"]])
    with pytest.raises(InputError, match="neither cwm nor ppm"):
        Motif("M")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e39])
def test_what_float32_cannot_hold_is_refused(value):
    matrix = BASES.copy()
    matrix[1, 2] = value
    with pytest.raises(NonFiniteError, match="1 places") as caught:
        Motif("M", matrix)
    assert (caught.value.where, caught.value.count) == ("M", 1)


@pytest.mark.parametrize("size", [0, 1e-60])
def test_contributions_that_are_all_zero_are_refused(size):
    with pytest.raises(InputError, match="'M': all contributions are 0"):
        Motif("M", np.full((4, 5), size))


def test_frequencies_without_information_stand_until_someone_looks_for_them():
    one = Motif("N", ppm=np.full((4, 3), 0.25))
    assert not one.cwm.any()
    assert one.core == (0, 3)


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({"core": (0, 5)}, InputError, r"\[0, 5\); 0 <= start < end <= 4"),
        ({"core": (2, 2)}, InputError, "start < end"),
        ({"core": (-1, 2)}, InputError, "start < end"),
        ({"core": (0, 1, 2)}, InputError, "two column numbers"),
        ({"core": 3}, InputError, "two column numbers"),
        ({"core": (0, 1.5)}, InputError, "core end"),
        ({"strand": "."}, OptionError, "strand"),
        ({"source": "x"}, OptionError, "source"),
        ({"threshold": 0}, InputError, "threshold is 0"),
        ({"threshold": float("nan")}, InputError, "threshold is nan"),
        ({"threshold": "0.7"}, InputError, "threshold is '0.7'"),
        ({"threshold": True}, InputError, "threshold is True"),
        ({"scale": -1}, InputError, "scale is -1"),
        ({"scale": float("inf")}, InputError, "scale is inf"),
        ({"annotation": [3]}, WrongTypeError, "annotation"),
        ({"annotation": [" "]}, InputError, "annotation"),
        ({"original_name": 3}, WrongTypeError, "original_name"),
    ],
)
def test_wrong_options_are_refused_in_words(options, kind, words):
    with pytest.raises(kind, match=words):
        Motif("M", BASES, **options)


def test_whole_floats_and_lists_are_columns():
    assert Motif("M", BASES, core=[1.0, np.int64(3)]).core == (1, 3)


def test_a_consensus_follows_the_direction_of_the_motif():
    assert Motif("up", spelled("GATA") - 0.1).consensus == "GATA"
    assert Motif("down", -spelled("GATA")).consensus == "GATA"


MATRIX = arrays(
    np.float64, st.tuples(st.just(4), st.integers(1, 9)), elements=st.integers(-9, 9)
).filter(lambda matrix: matrix.any())


@given(MATRIX, st.data())
def test_the_other_strand_of_the_other_strand_is_the_motif(matrix, data):
    width = matrix.shape[1]
    start = data.draw(st.integers(0, width - 1))
    end = data.draw(st.integers(start + 1, width))
    one = Motif("M", matrix, core=(start, end), hypothetical=matrix + 1, threshold=0.4, scale=2)
    turned = one.reverse_complement()
    assert turned.strand == "-"
    assert turned.core == (width - end, width - start)
    assert np.array_equal(turned.cwm, one.cwm[::-1, ::-1])
    assert np.array_equal(turned.hypothetical, one.hypothetical[::-1, ::-1])
    assert (turned.threshold, turned.scale, turned.name) == (0.4, 2, "M")
    # The core holds the same columns, turned.
    assert np.array_equal(
        turned.cwm[:, slice(*turned.core)], one.cwm[:, slice(*one.core)][::-1, ::-1]
    )
    back = turned.reverse_complement()
    assert np.array_equal(back.cwm, one.cwm)
    assert (back.core, back.strand) == (one.core, "+")


def test_the_other_strand_spells_the_other_strand():
    assert motif("G", "GATTC").reverse_complement().consensus == "GAATC"


def test_against_another_background():
    one = motif("G", "GGG")
    rare = one.against((0.4, 0.4, 0.1, 0.1))
    assert rare.cwm[2].min() > one.cwm[2].max()
    assert (rare.source, rare.name) == ("ppm", "G")
    assert rare.scale == pytest.approx(np.linalg.norm(rare.cwm))
    with pytest.raises(InputError, match="no base frequencies"):
        Motif("C", BASES).against((0.25,) * 4)


def test_a_motif_draws_itself():
    text = Motif("<b>&", spelled("GATTACA"), core=(1, 6)).to_svg()
    assert text.lstrip().startswith("<?xml")
    assert "<svg" in text
    assert "<b>" not in text
    assert text != Motif("M", spelled("GATTACA"), core=(0, 7)).to_svg()
    with pytest.raises(OptionError, match="theme"):
        Motif("M", BASES).to_svg(theme="pink")
