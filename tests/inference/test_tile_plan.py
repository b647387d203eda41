"""Windows along a region: the reference places, bins that occur once, weights that sum to one."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from locuscope.errors import DataWarning, OptionError, OutOfBoundsError
from locuscope.genome.interval import Interval
from locuscope.inference.selection import choose
from locuscope.inference.tile_plan import TilePlan, plan_tiles
from tests.oracles import tiling_oracle as oracle

CASES = json.loads((Path(__file__).parent / "data" / "places.json").read_text())["tiles"]


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_the_reference_windows(case):
    place = Interval("1", case["start"], case["end"])
    plan = TilePlan(place, place.width, 1, case["length"], 0, 0, "crop")
    found = [plan.window(k) for k in range(plan.n_windows)]
    assert [[window.start, window.end] for window in found] == case["windows"]


@settings(max_examples=80)
@given(
    st.integers(1, 60),
    st.sampled_from([1, 4, 8]),
    st.tuples(st.integers(0, 3), st.integers(1, 6), st.integers(0, 3)),
    st.sampled_from(["crop", "blend"]),
    st.integers(1, 5),
)
def test_parts_equal_the_loop(n_bins, bin_bp, sizes, blend, per_part):
    margin, more, own = sizes
    step = 2 * margin + more
    crop = own + margin * bin_bp
    width = step * bin_bp + 2 * crop
    start = 7 * bin_bp
    covered = Interval("1", start, start + n_bins * bin_bp)
    blend = blend if margin else "crop"
    plan = TilePlan(covered, n_bins, bin_bp, width, crop, margin, blend)
    draws = np.random.default_rng(n_bins)
    raw = draws.normal(size=(plan.n_windows, step + 2 * margin, 2)).astype(np.float32)
    parts = []
    for first in range(0, plan.n_windows, per_part):
        stop = min(first + per_part, plan.n_windows)
        low, high = plan.needed(first, stop)
        parts.append(plan.joined(raw[low:high, plan.kept()], first, stop))
    found = np.concatenate(parts)
    assert found.shape == (n_bins, 2)
    starts = [plan.window(k).start for k in range(plan.n_windows)]
    if blend == "crop":
        bins = np.arange(n_bins)
        expected = raw[bins // step, bins % step + margin]
        np.testing.assert_array_equal(found, expected)
        return
    places = oracle.bins(
        starts, range(start, start + n_bins * bin_bp, bin_bp), width=width, crop=crop, own_crop=own
    )
    for own_places in places:
        assert sum(weight for *_, weight in own_places) == pytest.approx(1)
    expected = oracle.blended(places, lambda window, row: raw[window, row, 1])
    np.testing.assert_allclose(found[:, 1], expected, atol=1e-6)


class TestPlan:
    def test_defaults(self, bases, bins, genome):
        (choice,) = choose(bases)
        plan = plan_tiles(bases, choice, Interval("1", 100, 400), genome, width_bp=60)
        assert (plan.crop_bp, plan.margin_bins, plan.bins_per_window) == (5, 0, 50)
        assert plan.window(0).start == 95
        plan = plan_tiles(
            bases, choice, Interval("1", 100, 400), genome, width_bp=60, blend="blend"
        )
        assert (plan.crop_bp, plan.margin_bins, plan.bins_per_window) == (12, 7, 36)
        (choice,) = choose(bins, heads=["cov"], resolutions_bp=[4])
        plan = plan_tiles(bins, choice, Interval("1", 101, 110), genome)
        assert (plan.crop_bp, plan.margin_bins, plan.bins_per_window) == (4, 1, 6)
        assert plan.covered == Interval("1", 100, 112)

    def test_the_last_bin_may_be_short(self, bins, contig):
        from locuscope.genome.reference import Genome

        odd = Genome.from_sequences({"1": contig[:598]}, name="odd")
        (choice,) = choose(bins, heads=["cov"], resolutions_bp=[4])
        plan = plan_tiles(bins, choice, odd.whole("1"), odd)
        assert (plan.n_bins, plan.covered.end) == (150, 598)

    def test_bins_outside_the_contig_are_dropped_and_said(self, bins, genome):
        (choice,) = choose(bins, heads=["cov"], resolutions_bp=[4])
        with pytest.warns(DataWarning, match="leaves its contig of 600"):
            plan = plan_tiles(bins, choice, Interval("1", -30, 700), genome)
        assert (plan.covered, plan.n_bins) == (Interval("1", 0, 600), 150)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            plan_tiles(bins, choice, Interval("1", 0, 600), genome)

    @pytest.mark.fault("F1")
    def test_a_region_outside_its_contig(self, bins, genome):
        (choice,) = choose(bins, heads=["cov"], resolutions_bp=[4])
        for place in (Interval("1", 600, 640), Interval("1", -40, 0)):
            with pytest.raises(OutOfBoundsError, match="outside its contig of 600"):
                plan_tiles(bins, choice, place, genome)

    def test_memory_of_a_part_is_bounded(self):
        place = Interval("1", 0, 10**9)
        plan = TilePlan(place, 10**9, 1, 100_000, 0, 0, "crop")
        assert plan.windows_per_part(1) == 64
        assert plan.windows_per_part(16) == 10
        assert plan.windows_per_part(5_000) == 1

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"crop_bp": 3}, "needs its own 0 plus whole bins of 4"),
            ({"crop_bp": 16}, "one bin between both crops"),
            ({"crop_bp": -4}, "crop_bp is -4"),
            ({"crop_bp": 0, "blend": "blend"}, "0 bins are shared"),
            ({"crop_bp": 12, "blend": "blend"}, "6 bins are shared .* 1 to 2"),
            ({"blend": "smooth"}, "'crop'"),
        ],
    )
    def test_crops_that_do_not_fit(self, bins, genome, options, words):
        (choice,) = choose(bins, heads=["cov"], resolutions_bp=[4])
        with pytest.raises(OptionError, match=words):
            plan_tiles(bins, choice, Interval("1", 0, 600), genome, **options)
