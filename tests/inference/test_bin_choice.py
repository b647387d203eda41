"""Every d-th bin, or a share of them: the published rules, in every kind of head."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import EmptySelectionError, OptionError, WrongTypeError
from locuscope.genome.interval import Interval
from locuscope.inference.bin_choice import BinChoice
from locuscope.inference.ensemble import Ensemble
from locuscope.inference.predict import predict


@given(n_bins=st.integers(1, 400), step=st.integers(1, 50))
def test_every_dth_bin(n_bins, step):
    assert BinChoice(step).of(n_bins).tolist() == list(range(n_bins))[::step]


@given(n_bins=st.integers(1, 400), share=st.floats(0.01, 1))
def test_a_share_is_evenly_spaced(n_bins, share):
    count = int(share * n_bins)
    if not count:
        with pytest.raises(EmptySelectionError, match=f"none of {n_bins} bins"):
            BinChoice(sample=share).of(n_bins)
        return
    found = BinChoice(sample=share).of(n_bins)
    assert found.tolist() == [int(v) for v in np.linspace(0, n_bins - 1, count)]
    assert len(found) == count and found[0] == 0
    assert count == 1 or found[-1] == n_bins - 1


def test_all_is_all():
    assert BinChoice().is_all
    assert BinChoice().after(None, 10) is None
    assert not BinChoice(sample=1.0).is_all
    assert BinChoice(np.int64(2)).step == BinChoice(2.0).step == 2


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"down_sample": 0}, OptionError, "down_sample is 0"),
        ({"down_sample": 1.5}, WrongTypeError, "whole number"),
        ({"sample": 0}, OptionError, "sample is 0"),
        ({"sample": 1.1}, OptionError, "above 0 and up to 1"),
        ({"sample": True}, OptionError, "sample is True"),
        ({"sample": "half"}, OptionError, "sample is 'half'"),
        ({"down_sample": 2, "sample": 0.5}, OptionError, "both choose bins"),
    ],
)
def test_values_outside_their_range_are_refused(options, error, words, bases):
    with pytest.raises(error, match=words):
        BinChoice(**options)
    with pytest.raises(error, match=words):
        predict(bases, ["ACGT" * 8], **options)


class TestPredict:
    @pytest.mark.parametrize("options", [{"down_sample": 3}, {"sample": 0.4}])
    def test_sequences(self, bins, options):
        x = ["ACGTTGCA" * 4, "TTGGCCAA" * 4]
        whole, few = predict(bins, x), predict(bins, x, **options)
        for key in (1, 4):
            n_bins = whole.cov[key].shape[1]
            kept = torch.from_numpy(BinChoice(**options).of(n_bins))
            assert torch.equal(few.cov[key].tensor, whole.cov[key].tensor[:, kept])
        assert torch.equal(few.total[0].tensor, whole.total[0].tensor)

    def test_places_count_from_their_first_bin(self, bases, genome):
        places = [Interval("1", 100, 131), Interval("1", 205, 236)]
        whole, few = predict(bases, places, genome), predict(bases, places, genome, down_sample=4)
        assert torch.equal(few.signal[1].tensor, whole.signal[1].tensor[:, ::4])
        assert few.intervals == whole.intervals
        assert few.signal[1].intervals is None  # bins that do not stand side by side

    def test_views_are_thinned_alike(self, bases):
        views = Ensemble(rc=True, shifts=(0, 2))
        options = {"ensemble": views, "return_var": True, "return_all": True}
        x = ["ACGTTGCA" * 4]
        whole = predict(bases, x, **options)
        few = predict(bases, x, **options, down_sample=3)
        torch.testing.assert_close(
            few.stacked("signal"), whole.stacked("signal")[:, :, ::3], equal_nan=True
        )
        torch.testing.assert_close(
            few.var.signal[1].tensor, whole.var.signal[1].tensor[:, ::3], equal_nan=True
        )

    def test_long_places_are_thinned_as_a_whole(self, bins, genome):
        place = Interval("1", 100, 180)
        with pytest.warns(UserWarning, match="windows of 32 bases"):
            whole = predict(bins, place, genome, heads=["cov"])
        with pytest.warns(UserWarning, match="windows of 32 bases"):
            few = predict(bins, place, genome, heads=["cov"], down_sample=7)
        for key in (1, 4):
            assert torch.equal(few.cov[key].tensor, whole.cov[key].tensor[:, ::7])

    def test_contact_maps_are_thinned_on_both_axes(self, pairs):
        whole = predict(pairs, ["ACGTTGCAA" * 4]).map[4].tensor
        assert whole.shape == (1, 9, 9, 2)
        for options, kept in (({"down_sample": 4}, [0, 4, 8]), ({"sample": 0.4}, [0, 4, 8])):
            few = predict(pairs, ["ACGTTGCAA" * 4], **options).map[4].tensor
            assert torch.equal(few, whole[:, kept][:, :, kept])
