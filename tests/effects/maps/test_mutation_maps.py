from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.effects.maps.mutation_maps import MutationMap
from locuscope.errors import (
    EmptySelectionError,
    InputError,
    NoTracksError,
    OptionError,
    OutOfBoundsError,
    ShapeError,
    UnknownNameError,
    UnknownTrackFieldError,
    WrongTypeError,
)
from locuscope.genome.interval import Interval
from locuscope.genome.sequence import reverse_complement
from locuscope.genome.variant import Variant
from tests.effects.made_maps import REFERENCE, START, assert_same, cells, example, tracks


def test_the_first_layer_is_active_and_another_may_be():
    found = example()
    assert found.score == "diff"
    assert found.kinds == {"diff": "difference", "ref": "value"}
    np.testing.assert_array_equal(found.scores, cells(0))
    other = found.with_score("ref")
    np.testing.assert_array_equal(other.scores, cells(1, value=True))
    assert found.score == "diff"
    with pytest.raises(UnknownNameError, match=r"difff.*diff"):
        found.with_score("difff")
    with pytest.raises(UnknownNameError, match="logit"):
        example(score="logit")


def test_nested_lists_are_taken_as_they_are():
    layers = {"diff": [[[0], [1], [2], [3]]]}
    found = MutationMap(layers, Interval("7", 5.0, 6.0), "A", tracks(1))
    assert found.scores.dtype == np.float32
    assert found.shape == (1, 4, 1)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"layers": {"diff": cells(0)[:5]}}, r"\(5, 4, 3\)"),
        ({"layers": {"diff": cells(0).transpose(1, 0, 2)}}, "looks transposed"),
        ({"layers": {"diff": cells(0), "ref": cells(0)[:, :, :2]}}, "one shape"),
        ({"layers": {}}, "one shape"),
        ({"reference": "ACG"}, "3 letters"),
        ({"tracks": tracks(2)}, "2 tracks"),
    ],
)
def test_parts_that_do_not_fit_are_refused_at_birth(changes, words):
    with pytest.raises(ShapeError, match=words):
        example(**changes)


def test_other_letters_are_refused():
    with pytest.raises(InputError, match="ACGTRGATTACA"):
        example(reference=REFERENCE.replace("N", "R"))


@given(st.integers(0, 11), st.integers(1, 12), st.booleans())
def test_selecting_and_cutting_commute(first, stop, flip):
    found = example().reverse_complement() if flip else example()
    if first >= stop:
        with pytest.raises(EmptySelectionError, match="12 columns"):
            found[first:stop]
        return
    assert_same(found.select(strand="+")[first:stop], found[first:stop].select(strand="+"))


@given(st.integers(0, 11), st.integers(1, 12))
def test_a_cut_of_the_other_strand_is_the_other_strand_of_the_mirrored_cut(first, stop):
    if first >= stop:
        return
    mirrored = example()[12 - stop : 12 - first].reverse_complement()
    assert_same(example().reverse_complement()[first:stop], mirrored)


def test_a_cut_keeps_places_and_the_variants_that_are_left():
    found = example()[4:12]
    assert found.interval == Interval("7", START + 4, START + 12, "+", "site")
    assert found.reference == REFERENCE[4:]
    assert [v.id for v in found.annotations] == [None, "rs_last"]
    assert found.positions.tolist() == list(range(START + 4, START + 12))
    np.testing.assert_array_equal(found.scores, cells(0)[4:])
    assert_same(example()[-3.0:], example()[9:12])
    deleted = Variant("7", START + 2, "CGTN".replace("N", "A"), "C")
    assert example(annotations=[deleted])[4:6].annotations == (deleted,)
    assert not example(annotations=[deleted])[5:6].annotations


def test_only_slices_without_a_step_cut():
    for key in (3, [1, 2], slice(0, 4, 2), "a"):
        with pytest.raises(WrongTypeError, match="slice"):
            example()[key]
    assert_same(example()[0:4:1], example()[0:4])


def test_tracks_are_chosen_by_criteria():
    found = example().select(track_name="kidney")
    np.testing.assert_array_equal(found.scores, cells(0)[:, :, 1:])
    assert found.labels == ("kidney_0", "kidney_1")
    assert example().labels == ("liver", "kidney_1", "kidney_2")
    with pytest.raises(NoTracksError):
        example().select(strand="*")
    with pytest.raises(UnknownTrackFieldError, match="tissue"):
        example().select(tissue="liver")


def test_one_track_is_named_by_label_place_or_nothing():
    found = example()
    assert [found.track_row(key) for key in ("kidney_1", 2.0, np.int64(-1))] == [1, 2, 2]
    assert example().select(strand="+").track_row() == 0
    np.testing.assert_array_equal(found.track_values("ref", 1), cells(1, value=True)[:, :, 1])
    np.testing.assert_array_equal(found.one_track("liver").scores, cells(0)[:, :, :1])
    with pytest.raises(OptionError, match="3 tracks"):
        found.track_row()
    with pytest.raises(UnknownNameError, match="kidney_1"):
        found.track_row("kidney")
    with pytest.raises(OutOfBoundsError, match="track 3"):
        found.track_row(3)


def test_the_other_strand_reverses_columns_and_letters_and_nothing_else():
    found = example()
    other = found.reverse_complement()
    np.testing.assert_array_equal(other.scores, cells(0)[::-1, ::-1])
    assert other.reference == reverse_complement(REFERENCE)
    assert other.interval == found.interval.with_strand("-")
    assert other.positions.tolist() == found.positions.tolist()[::-1]
    assert other.annotations == found.annotations
    assert_same(other.reverse_complement(), found)
    assert_same(other.forward(), found)
    for i, letter in enumerate(other.reference):
        if letter != "N":
            assert not other.scores[i, "ACGT".index(letter)].any()


def test_heights_follow_the_active_layer():
    found = example()
    np.testing.assert_allclose(found.letter_heights(), np.abs(cells(0)).mean(1), rtol=1e-6)
    signed = found.with_score("ref").letter_heights("signed")
    np.testing.assert_allclose(signed, -cells(1, value=True).mean(1), rtol=1e-5, atol=1e-7)
    assert np.isnan(found.letter_heights()[REFERENCE.index("N")]).all()


def test_it_prints_short_and_escapes():
    found = example(interval=Interval("7", START, START + 12, ".", "<b>"))
    assert repr(found) == "MutationMap(7:1,001-1,012, 12 bases, diff, ref; 3 tracks)"
    assert "other strand" in repr(found.reverse_complement())
    hostile = Variant("7", START + 1, "A", "C", "<script>")
    page = example(annotations=[hostile])._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
