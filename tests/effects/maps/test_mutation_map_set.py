from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.effects.maps.mutation_map_set import MutationMapSet
from locuscope.effects.maps.stored_maps import Refusal
from locuscope.errors import NoTracksError, ShapeError, UnknownNameError
from locuscope.genome.interval import Interval
from tests.effects.made_maps import START, assert_same, cells, example

SHIFTED = Interval("7", START + 100, START + 112, "+", "<b>second</b>")


def maps() -> MutationMapSet:
    return MutationMapSet.of([example(0), example(3, interval=SHIFTED, annotations=())])


def test_entries_are_reached_by_place_and_input():
    found = maps()
    assert len(found) == 2
    assert [each.interval.start for each in found] == [START, START + 100]
    assert_same(found[np.int64(1)], found.entry(1.0))
    assert_same(found[-1], found.entry(1, "sequence"))
    assert found.input_names == ("sequence",)
    with pytest.raises(UnknownNameError, match="sequense"):
        found.entry(0, "sequense")


@given(st.lists(st.integers(0, 1), max_size=4), st.booleans())
def test_choosing_tracks_and_entries_commute(rows, is_mask):
    key = [1 in rows, 0 in rows] if is_mask else rows
    one, other = maps().select(strand="-")[key], maps()[key].select(strand="-")
    assert one.rows == other.rows
    assert len(one) == len(other) == (sum(key) if is_mask else len(rows))
    for each, same in zip(one, other, strict=True):
        assert_same(each, same)


def test_slices_keep_the_rows_of_the_input():
    found = maps()[1:]
    assert found.rows == (1,)
    assert found[0].interval == SHIFTED
    assert isinstance(found, MutationMapSet)


def test_a_layer_is_chosen_for_all():
    found = maps().with_score("ref")
    assert {each.score for each in found} == {"ref"}
    with pytest.raises(NoTracksError):
        maps().select(strand="*")


def test_the_largest_magnitude_is_that_of_one_track_over_all_maps():
    expected = max(np.nanmax(np.abs(cells(seed)[:, :, 1])) for seed in (0, 3))
    assert maps().largest(track=1) == pytest.approx(expected)
    assert maps().largest("ref", "liver") == pytest.approx(
        max(np.nanmax(np.abs(cells(seed, value=True)[:, :, 0])) for seed in (1, 4))
    )


def test_the_summary_counts_what_has_no_map():
    refused = (Refusal(1, "a", "star", "b"), Refusal(2, "a", "star", "b"))
    found = MutationMapSet([{"sequence": example()}], [0], refused)
    assert found.summary() == "1 mutation map, 2 star"
    assert repr(MutationMapSet([], [])) == "MutationMapSet(0 mutation maps)"


def test_rows_and_entries_belong_together():
    with pytest.raises(ShapeError, match="3 rows for 1 entries"):
        MutationMapSet([{"sequence": example()}], [0, 1, 2])


def test_it_prints_short_and_escapes():
    assert repr(maps()).startswith("MutationMapSet(2 mutation maps; MutationMap(7:1,001-1,012")
    assert "&lt;b&gt;second" in maps()._repr_html_()
    assert "<b>" not in maps()._repr_html_()
