"""Where the window of a variant lies, and windows in a row."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import OptionError, WrongTypeError
from locuscope.genome.interval import Interval
from locuscope.genome.regions import Placement, tile
from locuscope.genome.variant import Variant


def test_placements_of_the_published_rule():
    """Rows of the reference placements: 1-based position, width, start of the window."""
    golden = [(49, 26, 36), (202, 54, 175), (121, 8, 117), (137, 6, 134), (372, 57, 344)]
    for pos, width, start in golden:
        place = Placement(width_bp=width)
        assert place.starts(pos).tolist() == start
        window = place.window(Variant("1", pos, "A", "C"))
        assert (window.start, window.end) == (start, start + width)
        assert pos - 1 - start == width // 2 - 1


@given(st.integers(1, 10**9), st.integers(1, 10**6))
def test_left_and_middle_differ_for_odd_widths_only(pos, width):
    left = Placement(width_bp=width).starts(pos)
    middle = Placement(width_bp=width, center="middle").starts(pos)
    assert left - middle == width % 2
    assert pos - 1 - middle == (width - 1) // 2


def test_starts_are_vectorised_and_may_overhang():
    starts = Placement().starts(np.array([1, 10, 100]), 20)
    assert starts.dtype == np.int64
    assert starts.tolist() == [-9, 0, 90]


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"mode": "restricted"}, "mode"),
        ({"mode": "overlap"}, "mode"),
        ({"center": "right"}, "center"),
        ({"width_bp": 0}, "width_bp"),
    ],
)
def test_placement_refuses_what_it_cannot_do(options, field):
    with pytest.raises(OptionError, match=field) as caught:
        Placement(**options)
    assert caught.value.option == field


def test_placement_needs_a_width_and_takes_whole_floats():
    with pytest.raises(OptionError, match="give width_bp"):
        Placement().window(Variant("1", 5, "A", "C"))
    assert Placement(width_bp=10.0).width_bp == 10
    with pytest.raises(WrongTypeError):
        Placement(width_bp=10.5)


@given(st.integers(-50, 50), st.integers(1, 300), st.integers(1, 100))
def test_tiles_follow_each_other_and_cover(start, length, width):
    windows = tile(Interval("1", start, start + length, "-", "x"), width)
    assert len(windows) == -(-length // width)
    assert windows[0].start == start
    assert all(w.width == width and w.strand == "-" for w in windows)
    assert all(a.end == b.start for a, b in pairwise(windows))
    assert windows[-1].end >= start + length


def test_tile_refuses_no_width():
    with pytest.raises(OptionError):
        tile(Interval("1", 0, 5), 0)
