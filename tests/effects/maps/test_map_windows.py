from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.effects.maps.map_windows import (
    UNKNOWN,
    Piece,
    base_at,
    changed,
    interval_entry,
    read_window,
    window_entry,
)
from locuscope.errors import OptionError, WrongTypeError
from locuscope.genome.interval import Interval
from locuscope.genome.sequence import decode, reverse_complement
from tests.effects import toy
from tests.effects.made_maps import TwoInputModel

TEXT = toy.sequence()
MODEL = toy.model()


@given(st.integers(0, 300), st.integers(1, 200), st.integers(1, 40) | st.none())
def test_every_base_of_an_interval_is_changed_once_in_a_window_that_holds_it(start, width, core):
    place = Interval("1", start, start + width)
    entry = interval_entry(MODEL, place, 0, 40, core)
    positions = np.concatenate([window.positions for window in entry.windows])
    assert positions.tolist() == list(range(start, start + width))
    assert entry.targets == {"sequence": place}
    for each in entry.windows:
        assert each.window.width == 40
        low, high = int(each.positions[0]), int(each.positions[-1]) + 1
        assert each.window == Interval("1", low, high).center(40)
        assert high - low <= (core or 40)
    if core is None and width <= 40:
        assert len(entry.windows) == 1


def test_one_base_is_exchanged_and_nothing_else():
    entry = interval_entry(MODEL, Interval("1", 100, 110), 0, 40, None)
    each = entry.windows[0]
    opened = read_window(toy.genome(), each)
    assert decode(opened.reference) == TEXT[85:125]
    before = opened.reference.copy()
    for position in (100, 109):
        ref = base_at(each, opened, position)
        assert "ACGT"[ref] == TEXT[position]
        for alt in range(4):
            found = changed(each, opened, position, ref, alt)
            text = TEXT[85:position] + "ACGT"[alt] + TEXT[position + 1 : 125]
            assert decode(found.alternative) == text
            variant = found.variant
            said = (variant.pos, variant.ref, variant.alt)
            assert said == (position + 1, TEXT[position], "ACGT"[alt])
    np.testing.assert_array_equal(opened.reference, before)


def test_the_reference_itself_is_passed_on_so_that_it_is_not_predicted_again():
    each = interval_entry(MODEL, Interval("1", 100, 110), 0, 40, None).windows[0]
    opened = read_window(toy.genome(), each)
    assert changed(each, opened, 100, 2, 2).alternative is opened.reference


def test_unknown_bases_and_bases_beyond_the_contig():
    each = interval_entry(MODEL, Interval("1", 296, 306), 0, 40, None).windows[0]
    opened = read_window(toy.genome(), each)
    assert (opened.n_padded, opened.n_unknown) == (0, 4)
    assert base_at(each, opened, 300) == UNKNOWN
    filled = changed(each, opened, 300, UNKNOWN, 1)
    assert (filled.variant.ref, filled.variant.alt) == ("C", "C")
    assert decode(filled.alternative)[300 - each.window.start] == "C"
    edge = interval_entry(MODEL, Interval("1", 0, 4), 0, 40, None).windows[0]
    assert read_window(toy.genome(), edge).n_padded == 18
    with pytest.raises(WrongTypeError, match="genome"):
        read_window(None, edge)


def test_a_piece_on_the_other_strand_counts_from_its_end():
    piece = Piece("right", Interval("1", 110, 120, "-"), 12)
    assert [piece.column(p) for p in (109, 110, 119, 120)] == [None, 21, 12, None]
    plain = Piece("left", Interval("1", 100, 112), 0)
    assert [plain.column(p) for p in (100, 111)] == [0, 11]


def test_a_base_that_two_inputs_share_is_changed_in_both():
    model = TwoInputModel()
    window = Interval("1", 100, 120)
    entry = window_entry(model, window, 0, window)
    assert {k: (p.start, p.end) for k, p in entry.targets.items()} == {
        "left": (100, 112),
        "right": (110, 120),
    }
    each = entry.windows[0]
    opened = read_window(toy.genome(), each)
    assert decode(opened.reference) == TEXT[100:112] + reverse_complement(TEXT[110:120])
    ref = base_at(each, opened, 111)
    alt = (ref + 1) % 4
    mutant = TEXT[:111] + "ACGT"[alt] + TEXT[112:]
    found = changed(each, opened, 111, ref, alt)
    assert decode(found.alternative) == mutant[100:112] + reverse_complement(mutant[110:120])
    assert base_at(each, opened, 115) == "ACGT".index(TEXT[115])


def test_several_inputs_are_mapped_window_by_window():
    with pytest.raises(OptionError, match="kipoi"):
        interval_entry(TwoInputModel(), Interval("1", 100, 130), 0, 20, None)
    far = Interval("1", 130, 140)
    with pytest.raises(OptionError, match="no input"):
        window_entry(TwoInputModel(), Interval("1", 100, 120), 0, far)
