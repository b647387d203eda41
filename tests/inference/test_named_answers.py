"""Tensors get the tracks of their heads and the places of their bins."""

from __future__ import annotations

import torch

from locuscope.genome.interval import Interval
from locuscope.inference.named_answers import covered_by, named
from locuscope.inference.selection import choose

PLACES = [Interval("1", 101, 110), Interval("1", 201, 210)]
WINDOWS = [place.center(32) for place in PLACES]


def values(choices):
    return {
        choice.spec.name: {
            key: torch.zeros(2, choice.spec.length_out(32, key), len(choice.rows))
            for key in choice.keys
        }
        for choice in choices
    }


def test_bins_cover_what_overlaps_the_place(bins):
    choices = choose(bins)
    covered = covered_by(choices, PLACES, WINDOWS)
    assert set(covered) == {("cov", 1), ("cov", 4), ("total", 0)}
    assert covered["cov", 1] == PLACES
    for place, window, box in zip(PLACES, WINDOWS, covered["cov", 4], strict=True):
        assert box.start <= place.start
        assert box.end >= place.end
        assert (box.start - window.start) % 4 == 0
        assert box.width - place.width < 8
    assert covered["total", 0] == PLACES


def test_places_and_tracks_stand_beside_the_values(bins):
    choices = choose(bins, tracks=["cov:1", "total:0"])
    covered = covered_by(choices, PLACES, WINDOWS)
    found = named(choices, values(choices), organism=0, places=PLACES, covered=covered)
    assert found.heads() == ["cov", "total"]
    assert found.intervals == tuple(PLACES)
    assert found.cov[1].column("track_name") == ["cov:1"]
    assert found.cov[4].intervals == tuple(covered["cov", 4])


def test_without_places(bins):
    choices = choose(bins)
    found = named(choices, values(choices), organism=0)
    assert found.intervals is None
    assert found.cov[1].intervals is None
    thinned = named(choices, values(choices), organism=0, places=PLACES)
    assert thinned.intervals == tuple(PLACES)
    assert thinned.cov[1].intervals is None
