"""Pyramids: exact extremes, honest means, one answer whatever the threads."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from locuscope.widgets.pyramid import TOP_BINS, PyramidStore, build_pyramid, level_bins

VALUES = st.floats(-1e6, 1e6, width=32)
SIZES = st.integers(0, 3 * TOP_BINS + 5)


def slow_pyramid(values):
    """The definition, bin by bin: what every level must hold."""
    levels = []
    span = 1
    while True:
        bins = [values[i : i + span] for i in range(0, len(values), span)]
        kept = [b[~np.isnan(b)].astype(np.float64) for b in bins]
        levels.append(
            [
                np.array([f(b) if len(b) else np.nan for b in kept])
                for f in (np.max, np.mean, np.min)
            ]
        )
        if len(bins) <= TOP_BINS:
            return levels
        span *= 4


@given(SIZES.flatmap(lambda n: arrays(np.float32, n, elements=VALUES)), st.data())
def test_levels_equal_the_definition(values, data):
    gaps = data.draw(st.lists(st.tuples(st.integers(0, 4000), st.integers(1, 600)), max_size=3))
    values = values.copy()
    for start, width in gaps:
        values[start : start + width] = np.nan
    pyramid = build_pyramid(values)
    expected = slow_pyramid(values)
    assert len(pyramid.levels) == len(expected)
    for level, (maximum, mean, minimum) in zip(pyramid.levels, expected, strict=True):
        np.testing.assert_array_equal(level.maximum, maximum.astype(np.float32))
        np.testing.assert_array_equal(level.minimum, minimum.astype(np.float32))
        scale = max(1.0, float(np.nanmax(np.abs(values), initial=0.0)))
        np.testing.assert_allclose(level.mean, mean, rtol=1e-6, atol=1e-6 * scale)


def test_a_single_peak_survives_every_level():
    values = np.zeros(1_000_003, dtype=np.float32)
    values[777_777] = 0.9
    for level in build_pyramid(values).levels:
        assert level.maximum.max() == np.float32(0.9)


def test_the_last_bin_is_averaged_over_what_it_holds():
    values = np.ones(TOP_BINS * 4 + 1, dtype=np.float32)
    values[-1] = 7
    assert build_pyramid(values).levels[1].mean[-1] == 7


def test_infinities_do_not_become_missing():
    values = np.zeros(TOP_BINS + 4, dtype=np.float32)
    values[5], values[9] = np.inf, -np.inf
    level = build_pyramid(values).levels[1]
    assert level.maximum[1] == np.inf
    assert level.minimum[2] == -np.inf
    assert not np.isnan(level.mean).any()


@pytest.mark.parametrize("n_bins", [0, 1, TOP_BINS, TOP_BINS + 1, 4 * TOP_BINS + 1, 20_000])
def test_level_bins_are_the_lengths_of_the_levels(n_bins):
    pyramid = build_pyramid(np.zeros(n_bins, dtype=np.float32))
    assert [len(level) for level in pyramid.levels] == level_bins(n_bins)
    assert len(pyramid.levels[-1]) <= TOP_BINS


def test_levels_cannot_be_changed_and_do_not_follow_their_source():
    values = np.zeros(5_000, dtype=np.float32)
    pyramid = build_pyramid(values)
    values[0] = 5
    assert pyramid.levels[0].maximum[0] == 0
    for level in pyramid.levels:
        for array in (level.maximum, level.mean, level.minimum):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 1


def test_stack_orders_the_statistics_as_asked():
    level = build_pyramid(np.arange(4 * TOP_BINS + 4, dtype=np.float32)).levels[1]
    assert level.stack(0, 2, ["max", "min"]).tolist() == [[3.0, 0.0], [7.0, 4.0]]


class TestStore:
    def test_builds_once_and_keeps_the_order_asked(self):
        reads = []

        def read(tracks, mode):
            reads.append((list(tracks), mode))
            return np.array([[t] * 8 for t in tracks], dtype=np.float32)

        store = PyramidStore(read)
        found = store.get([3, 1, 3], "ref")
        assert [p.levels[0].maximum[0] for p in found] == [3, 1, 3]
        assert found[0] is found[2] is store.get([3], "ref")[0]
        assert reads == [([3, 1], "ref")]
        store.get([3], "alt")
        assert reads[-1] == ([3], "alt")
        store.close()

    @pytest.mark.parametrize("threads", [1, 2, 5])
    def test_the_number_of_threads_changes_nothing(self, threads):
        values = np.random.default_rng(1).random((7, 30_000)).astype(np.float32)
        values[2, 100:20_000] = np.nan
        store = PyramidStore(lambda tracks, _: values[list(tracks)], threads=threads)
        for track, pyramid in enumerate(store.get(range(7), "ref")):
            for ours, alone in zip(
                pyramid.levels, build_pyramid(values[track]).levels, strict=True
            ):
                np.testing.assert_array_equal(ours.mean, alone.mean)
        store.close()

    def test_forgets_what_was_not_used_for_longest(self):
        reads = []

        def read(tracks, _):
            reads.extend(tracks)
            return np.zeros((len(tracks), 1_000), dtype=np.float32)

        store = PyramidStore(read, max_bytes=2 * 4_000)
        store.get([0], "ref")
        store.get([1], "ref")
        store.get([0], "ref")
        store.get([2], "ref")
        store.get([0], "ref")
        assert reads == [0, 1, 2]
        store.get([1], "ref")
        assert reads == [0, 1, 2, 1]

    def test_many_callers_at_once_get_one_published_pyramid(self):
        barrier = threading.Barrier(4)

        def read(tracks, _):
            barrier.wait(timeout=5)
            return np.zeros((len(tracks), 64), dtype=np.float32)

        store = PyramidStore(read)
        found = []
        callers = [
            threading.Thread(target=lambda: found.extend(store.get([0], "ref"))) for _ in range(4)
        ]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
        assert len(found) == 4
        assert len({id(pyramid) for pyramid in found}) == 1

    def test_works_again_after_close(self):
        store = PyramidStore(lambda tracks, _: np.ones((len(tracks), 4), dtype=np.float32))
        store.get([0, 1], "ref")
        store.close()
        assert store.get([1], "ref")[0].levels[0].maximum[0] == 1
        store.close()
