"""From a key to rows, as Python lists are indexed; tracks found again in another list."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import (
    OutOfBoundsError,
    ShapeError,
    TrackMismatchError,
    UnknownNameError,
    WrongTypeError,
)
from locuscope.tracks.metadata import TrackMetadata
from locuscope.tracks.track_rows import alignment_rows, track_rows
from locuscope.tracks.track_table import TrackTable


def table(names, strands=None, output="atac"):
    strands = strands or ["."] * len(names)
    return TrackTable.from_tracks(
        [
            TrackMetadata(k, output, 0, name, {"strand": strand})
            for k, (name, strand) in enumerate(zip(names, strands, strict=True))
        ]
    )


SIX = table("abcdea")


@given(st.slices(6))
def test_slices_are_those_of_a_list(key):
    assert track_rows(SIX, key).tolist() == list(range(6))[key]


@given(st.lists(st.integers(-6, 5), max_size=8))
def test_places_count_from_either_end(places):
    expected = [list(range(6))[place] for place in places]
    for key in (places, tuple(places), np.array(places, np.int32), torch.tensor(places).long()):
        assert track_rows(SIX, key).tolist() == expected


@given(st.lists(st.booleans(), min_size=6, max_size=6))
def test_masks_in_every_form(mask):
    expected = [row for row, keep in enumerate(mask) if keep]
    for key in (mask, np.array(mask), torch.tensor(mask)):
        assert track_rows(SIX, key).tolist() == expected


def test_a_name_gives_all_its_tracks():
    assert track_rows(SIX, "a").tolist() == [0, 5]
    with pytest.raises(UnknownNameError, match="No track is named 'A'") as caught:
        track_rows(SIX, "A")
    assert caught.value.name == "A"


@pytest.mark.parametrize(
    ("key", "error", "words"),
    [
        (6, OutOfBoundsError, r"Track 6 is outside the 6 tracks \(0 to 5\)"),
        (-7, OutOfBoundsError, "Track -7 is outside"),
        ([0, 99], OutOfBoundsError, "Track 99 is outside"),
        ([True] * 5, ShapeError, r"mask of shape \(5,\) does not fit 6 tracks"),
        (np.ones((1, 6), bool), ShapeError, r"mask of shape \(1, 6\)"),
        ([0.0], WrongTypeError, r"got \[0.0\]"),
        (["a", "b"], WrongTypeError, "by place, slice, mask or name"),
        (None, WrongTypeError, "got None"),
    ],
)
def test_keys_that_name_no_rows(key, error, words):
    with pytest.raises(error, match=words):
        track_rows(SIX, key)


@given(st.permutations(range(6)), st.lists(st.integers(0, 5), max_size=6))
def test_tracks_are_found_again_by_identity(order, asked):
    shuffled = SIX.take(np.array(order, np.int64))
    rows, is_exact = alignment_rows(shuffled, SIX.take(np.array(asked, np.int64)))
    assert is_exact
    assert [order[row] for row in rows] == asked


def test_other_channels_are_matched_by_name_and_strand():
    ours = table("aabc", "+-+.")
    theirs = table("ca", ".-")
    rows, is_exact = alignment_rows(ours, theirs)
    assert (rows.tolist(), is_exact) == ([3, 1], False)


def test_the_nth_of_equal_names_is_the_nth():
    ours, theirs = table("xaaa"), table("aaa")
    assert alignment_rows(ours, theirs)[0].tolist() == [1, 2, 3]
    with pytest.raises(TrackMismatchError, match=r"Track 'a' .* not among the 2 tracks here"):
        alignment_rows(table("xa"), theirs)


@pytest.mark.parametrize(
    "theirs",
    [table("z"), table("a", "-"), table("a", output="cage")],
    ids=["name", "strand", "out"],
)
def test_tracks_that_are_not_here(theirs):
    with pytest.raises(TrackMismatchError, match="is not among the 3 tracks here"):
        alignment_rows(table("xya"), theirs)
