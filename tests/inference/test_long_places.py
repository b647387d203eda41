"""Places longer than a window: predict reads them in windows side by side, and says so."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from locuscope.errors import (
    DataWarning,
    DeviceMemoryError,
    MemoryBackoffWarning,
    OptionError,
    OutOfBoundsError,
    ShapeError,
)
from locuscope.genome.interval import Interval
from locuscope.inference.ensemble import Ensemble
from locuscope.inference.long_places import is_long
from locuscope.inference.predict import predict
from locuscope.inference.run import Run
from locuscope.inference.selection import choose
from locuscope.inference.tiling import predict_region
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec
from tests.inference.conftest import Bases, toy_bases


@pytest.fixture
def fixed():
    """The toy network with a window of 40 bases: 30 are predicted."""
    spec = toy_bases()
    torch.manual_seed(0)
    return wrap(
        Bases(), heads=spec.heads["signal"], window_bp=40, catalog=spec.catalog, name="fixed"
    )


def whole(model, place, genome):
    """One pass over a place and its crops."""
    read = Interval(place.chrom, place.start - 5, place.end + 5)
    x = torch.from_numpy(genome.one_hot([read], dtype="uint8", pad=True)).float()
    model.module.eval()
    with torch.inference_mode():
        return model.module(x)


def close(found, expected):
    torch.testing.assert_close(found, expected, atol=2e-6, rtol=0)


class TestWindows:
    @pytest.mark.parametrize("width", [31, 60, 61, 300, 590])
    def test_windows_with_a_crop_equal_one_pass(self, fixed, genome, width):
        place = Interval("1", 5, 5 + width)
        found = predict(fixed, place, genome)
        assert found.interval == found.signal[1].interval == place
        torch.testing.assert_close(
            found.signal[1].tensor, whole(fixed, place, genome), atol=2e-6, rtol=0
        )

    def test_a_place_of_one_window_stays_one_window(self, fixed, genome):
        place = Interval("1", 100, 130)
        (choice,) = choose(fixed)
        assert not is_long(fixed, place, [choice])
        assert is_long(fixed, Interval("1", 100, 131), [choice])
        fixed.module.calls.clear()
        predict(fixed, place, genome)
        assert fixed.module.calls == [1]

    def test_several_places(self, fixed, genome):
        places = [Interval("1", start, start + 90) for start in (20, 200, 301)]
        found = predict(fixed, places, genome)
        assert found.signal[1].intervals == tuple(places)
        for k, place in enumerate(places):
            torch.testing.assert_close(
                found.signal[1].tensor[k : k + 1], whole(fixed, place, genome), atol=2e-6, rtol=0
            )

    def test_it_is_what_predict_region_gives(self, bins, genome):
        place = Interval("1", 102, 190)
        views = Ensemble(rc=True)
        with pytest.warns(DataWarning, match=r"'cov' states no crop"):
            found = predict(bins, place, genome, heads=["cov"], ensemble=views)
        for key in (1, 4):
            region = predict_region(
                bins, place, genome, heads=["cov"], resolution_bp=key, ensemble=views
            )
            assert torch.equal(found.cov[key].tensor, region.tensor)
            assert found.cov[key].interval == region.interval
        assert found.cov[4].interval == Interval("1", 100, 192)

    def test_progress_is_told_in_bins_of_all_heads(self, fixed, genome):
        told = []
        run = Run(progress=lambda done, total, counts: told.append((done, total)))
        predict(fixed, [Interval("1", 10, 110), Interval("1", 210, 310)], genome, run=run)
        assert told[-1] == (200, 200)
        assert [done for done, _ in told] == sorted(done for done, _ in told)

    def test_a_chosen_track(self, fixed, genome):
        place = Interval("1", 100, 190)
        found = predict(fixed, place, genome, tracks={"biosample_name": "lung"}).signal[1]
        assert found.num_tracks == 1
        torch.testing.assert_close(
            found.tensor, whole(fixed, place, genome)[..., 2:], atol=2e-6, rtol=0
        )


class TestRefusals:
    def test_heads_without_bins(self, bins, genome):
        with pytest.raises(OptionError, match=r"1:101-150 has 50 bases.*'total'.*heads="):
            predict(bins, Interval("1", 100, 150), genome)

    def test_places_whose_bins_differ_in_number(self, bins, genome):
        places = [Interval("1", 100, 140), Interval("1", 202, 242)]
        with pytest.raises(ShapeError, match=r"10 to 11 bins of 4 bases of 'cov'"):
            predict(bins, places, genome, heads=["cov"])

    @pytest.mark.parametrize("option", ["return_var", "return_all"])
    def test_variances_and_views(self, fixed, genome, option):
        with pytest.raises(OptionError, match="gives means in float32 only; leave return_var"):
            predict(fixed, Interval("1", 100, 190), genome, rc=True, **{option: True})

    def test_reduced_precision(self, fixed, genome):
        with pytest.raises(OptionError, match="leave dtype out"):
            predict(fixed, Interval("1", 100, 190), genome, dtype="bfloat16")

    def test_a_place_beyond_its_contig(self, fixed, genome):
        with pytest.raises(OutOfBoundsError, match="outside its contig of 600"):
            predict(fixed, Interval("1", 700, 790), genome)


class TestMemory:
    def test_any_length_falls_back_to_windows_when_memory_runs_out(self, genome):
        """One pass over the place does not fit; windows of the default width do."""

        class Small(Bases):
            def forward(self, x):
                if x.shape[-1] > 60:
                    raise torch.OutOfMemoryError("CUDA out of memory.")
                return super().forward(x)

        spec = toy_bases()
        torch.manual_seed(0)
        model = _with_default_width(Small(), spec, 60)
        place = Interval("1", 100, 400)
        found = predict(model, place, genome)
        assert found.interval == place
        plain = toy_bases()
        torch.testing.assert_close(
            found.signal[1].tensor, whole(plain, place, genome), atol=2e-6, rtol=0
        )
        with pytest.raises(DeviceMemoryError):
            predict(_with_default_width(Small(), spec, None), place, genome)

    @pytest.mark.parametrize("largest", [32, 16, 8])
    def test_memory_that_runs_out_gives_equal_numbers_and_one_warning(self, bases, largest):
        texts = ["".join(np.random.default_rng(k).choice(list("ACGT"), 20)) for k in range(70)]
        options = {"ensemble": Ensemble(rc=True, shifts=(0, 2)), "return_var": True}
        free = predict(bases, texts, **options, batch_size=64)
        bases.module.largest_batch = largest
        bases.module.train()
        with pytest.warns(MemoryBackoffWarning, match=f"64 was halved to {largest}") as said:
            tight = predict(bases, texts, **options, batch_size=64)
        assert len(said) == 1
        for name in ("mean", "var"):
            torch.testing.assert_close(
                getattr(tight, name).signal[1].tensor,
                getattr(free, name).signal[1].tensor,
                atol=2e-6,
                rtol=0,
                equal_nan=True,
            )
        assert bases.module.training and next(bases.module.parameters()).device.type == "cpu"

    def test_one_example_that_does_not_fit_is_said(self, bases):
        bases.module.largest_batch = 0
        with pytest.raises(DeviceMemoryError, match=r"one example of 20 bases and 3 tracks"):
            predict(bases, ["ACGTA" * 4] * 3, batch_size=2)
        assert bases.module.training


def _with_default_width(network, spec, width_bp):
    from dataclasses import replace

    model = wrap(
        nn.Identity() if network is None else network,
        heads=HeadSpec("signal", (1,), 3, crop_bp=5),
        window_bp=30,
        name="small",
    )
    return replace(model, window_bp=None, default_width_bp=width_bp, heads=spec.heads)
