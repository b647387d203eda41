"""Where the window of a variant lies, and windows in a row."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import OptionError, WrongTypeError
from locuscope.genome.interval import Interval
from locuscope.genome.regions import Placement, read_bed, tile
from locuscope.genome.variant import Variant
from locuscope.genome.window_candidates import RegionIndex, restricted_windows

GOLDEN = json.loads((Path(__file__).parent / "data" / "placements.json").read_text())


@pytest.mark.parametrize("row", GOLDEN["regions"], ids=lambda row: f"{row['pos1']}-{row['length']}")
def test_placements_of_the_published_rule(row):
    place, width = Placement(width_bp=row["length"]), row["length"]
    window = place.window(Variant("1", row["pos1"], "A", "C"))
    assert place.starts(row["pos1"]).tolist() == row["start0"]
    assert (window.start, window.end) == (row["start0"], row["end0"])
    assert row["pos1"] - 1 - window.start == row["index_in_window"]
    assert (window.start < 0 or window.end > row["contig"]) == row["off_contig"]
    first = np.array([row["pos1"] - 1])
    index = RegionIndex([Interval("1", *row["restrict"])])
    found = restricted_windows(index, ["1"], first, place.starts(first + 1), width)
    windows = [[start, start + width] for start in found.start.tolist()]
    assert windows == ([] if row["restricted"] is None else [row["restricted"]])


@pytest.mark.parametrize("row", GOLDEN["tiles"], ids=lambda row: f"{row['start']}-{row['length']}")
def test_tiles_of_the_published_rule(row):
    windows = tile(Interval("1", row["start"], row["end"]), row["length"])
    assert [[w.start, w.end] for w in windows] == row["windows"]


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


HERE = (Interval("1", 0, 50),)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"mode": "everywhere"}, "mode"),
        ({"center": "right"}, "center"),
        ({"multi": "some"}, "multi"),
        ({"width_bp": 0}, "width_bp"),
        ({"share_bp": -1}, "share_bp"),
        ({"mode": "restricted"}, "regions"),
        ({"mode": "overlap"}, "regions"),
        ({"mode": "restricted", "regions": []}, "regions"),
        ({"regions": HERE}, "regions"),
        ({"multi": "all"}, "multi"),
        ({"mode": "overlap", "regions": HERE, "center": "middle"}, "center"),
        ({"mode": "restricted", "regions": HERE, "share_bp": 5}, "share_bp"),
        ({"mode": "restricted", "regions": iter(HERE)}, "regions"),
    ],
)
def test_placement_refuses_what_it_cannot_do(options, field):
    with pytest.raises(OptionError, match=field) as caught:
        Placement(**options)
    assert caught.value.option == field


@pytest.mark.parametrize("regions", [5, object()])
def test_regions_of_another_kind_are_a_wrong_type(regions):
    with pytest.raises(WrongTypeError, match="regions"):
        Placement(mode="overlap", regions=regions)


def test_regions_come_in_several_forms():
    for regions in (HERE[0], list(HERE), HERE, read_bed(list(HERE)), "some.bed", Path("some.bed")):
        place = Placement(mode="restricted", regions=regions)
        assert not place.has_loader
        assert repr(place).startswith("Placement(mode='restricted', regions=")
        assert len(repr(place)) < 120
    assert Placement(mode="overlap", regions=iter(())).has_loader
    assert not Placement().has_loader
    assert Placement(mode="restricted", regions=list(HERE)) == Placement(
        mode="restricted", regions=HERE
    )
    assert (
        repr(Placement(center="middle", share_bp=4.0)) == "Placement(center='middle', share_bp=4)"
    )


def test_the_window_of_a_restricted_placement_is_not_guessed():
    with pytest.raises(OptionError, match="depends on its regions"):
        Placement(mode="restricted", regions=HERE).window(Variant("1", 5, "A", "C"), 10)


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
