"""The snapshot: track numbers, geometry, modes, ranges and what is shown first."""

from __future__ import annotations

import numpy as np
import pytest

from locuscope.errors import MessageError, UnknownNameError
from locuscope.genome.interval import Interval
from locuscope.genome.variant import Variant
from locuscope.widgets.browser_data import (
    LOG2FC_PSEUDOCOUNT,
    BrowserData,
    first_tracks,
    level_geometry,
)
from locuscope.widgets.lane_catalog import GEOMETRY
from locuscope.widgets.signals import Geometry, Sources


@pytest.fixture
def data(toy, alternative):
    snapshot = BrowserData.collect(Sources(toy, alternative))
    yield snapshot
    snapshot.close()


def test_track_numbers_run_through_all_blocks(data):
    assert data.n_tracks == len(data.catalog) == 12
    assert data.block_of.tolist() == [0] * 4 + [1] * 8
    assert data.first_of.tolist() == [0, 4, 12]
    assert data.bounds == Interval("20", 2_570_000, 2_574_000)
    assert data.has_alt


def test_geometry_of_every_track(data):
    columns = data.geometry_columns()
    assert set(columns) == {name for name, _ in GEOMETRY}
    assert {name: len(values) for name, values in columns.items()} == dict.fromkeys(columns, 12)
    assert columns["bin"].tolist() == [1] * 4 + [32] * 8
    assert columns["n_bins"].tolist() == [4_000] * 4 + [125] * 8
    assert columns["levels"].tolist() == [2] * 4 + [1] * 8
    assert columns["mark"].tolist() == [1] * 4 + [0] * 8
    assert columns["measured"].tolist() == [0] * 4 + [1] * 8
    assert columns["alt"].tolist() == [1] * 4 + [0] * 8
    assert columns["signed"].tolist() == [0] * 11 + [1]


def test_ranges_span_both_alleles_and_ignore_missing(data, reference, alternative, measured):
    for track in range(4):
        both = np.concatenate([reference.tensor[0, :, track], alternative.tensor[0, :, track]])
        assert data.ranges[track].tolist() == [both.min(), both.max()]
    values = measured.tensor[0].numpy()
    np.testing.assert_array_equal(data.ranges[4:, 0], np.nanmin(values, axis=0))


def test_modes_are_computed_from_base_values(data, reference, alternative):
    ref, alt = (x.tensor[0, :, [2, 0]].T.numpy() for x in (reference, alternative))
    np.testing.assert_array_equal(data.read([2, 0], "ref"), ref)
    np.testing.assert_array_equal(data.read([2, 0], "alt"), alt)
    np.testing.assert_array_equal(data.read([2, 0], "diff"), alt - ref)
    expected = np.log2((alt + LOG2FC_PSEUDOCOUNT) / (ref + LOG2FC_PSEUDOCOUNT))
    np.testing.assert_allclose(data.read([2, 0], "log2FC"), expected, rtol=1e-5)


def test_the_maximum_of_a_difference_is_not_the_difference_of_maxima(toys):
    """Two peaks that swap: the summaries of both alleles are equal, their difference is not."""
    values = np.zeros((1, 4_000, 1), dtype=np.float32)
    values[0, 0] = 1
    moved = np.roll(values, 1, axis=1)
    rows = [{"track_name": "a"}]
    snapshot = BrowserData.collect(
        Sources(toys.named(values, "a", 1, rows), toys.named(moved, "a", 1, rows))
    )
    (pyramid,) = snapshot.pyramids([0], "diff")
    assert (pyramid.levels[1].maximum[0], pyramid.levels[1].minimum[0]) == (1, -1)


def test_negative_values_have_no_logarithm(toys):
    rows = [{"track_name": "a"}]
    low = toys.named(np.full((1, 4_000, 1), -2.0), "a", 1, rows)
    high = toys.named(np.full((1, 4_000, 1), 3.0), "a", 1, rows)
    assert np.isnan(BrowserData.collect(Sources(high, low)).read([0], "log2FC")).all()


def test_a_mode_without_alternative_is_refused(data):
    with pytest.raises(MessageError, match="exon_inclusion has no alternative"):
        data.read([4], "diff")


def test_tracks_are_grouped_by_their_bins(data):
    groups = data.geometry_groups([5, 0, 4, 1])
    assert [(geometry.bin_bp, tracks) for geometry, tracks in groups] == [(32, [5, 4]), (1, [0, 1])]


@pytest.mark.parametrize("number", [-1, 12, 10**6])
def test_unknown_track_numbers_are_named(data, number):
    with pytest.raises(UnknownNameError, match=f"{number}; this browser holds 12"):
        data.pyramids([number], "ref")


def test_level_geometry():
    geometry = Geometry("1", 0, 32, 20_000)
    assert level_geometry(geometry, 0) == (32, 20_000)
    assert level_geometry(geometry, 3) == (32 * 64, 313)
    with pytest.raises(MessageError, match="levels 0 to 3"):
        level_geometry(geometry, 4)


def test_the_snapshot_holds_without_tracks():
    where = Interval("20", 0, 1_000)
    data = BrowserData.collect(Sources(interval=where), variants=Variant("20", 5, "A", "C"))
    assert (data.n_tracks, data.has_alt, len(data.variants)) == (0, False, 1)
    assert data.ranges.shape == (0, 2)
    assert data.geometry_columns()["origin"].tolist() == []


class TestFirstTracks:
    def collect(self, toys, *sizes):
        tensors = [
            toys.named(
                np.zeros((1, 4_000, n)),
                name,
                1,
                [{"track_name": f"{name}{i}", "evidence": kind} for i in range(n)],
            )
            for name, kind, n in sizes
        ]
        return BrowserData.collect(Sources(tensors))

    def test_few_are_all_shown(self, toys):
        assert first_tracks(self.collect(toys, ("a", "", 12))) == []

    def test_predictions_come_first_and_every_output_has_its_turn(self, toys):
        data = self.collect(
            toys,
            ("exons", "measured", 100),
            ("splice", "", 4),
            ("atac", "measured", 6),
            ("dnase", "measured", 1),
        )
        chosen = first_tracks(data)
        assert chosen[:4] == [100, 101, 102, 103]
        assert chosen[4:] == [0, 1, 2, 3, 104, 105, 106, 110]

    def test_many_predictions_leave_no_room(self, toys):
        data = self.collect(toys, ("a", "", 30), ("b", "", 30), ("c", "measured", 5))
        assert first_tracks(data) == [0, 1, 2, 3, 4, 5, 30, 31, 32, 33, 34, 35]
