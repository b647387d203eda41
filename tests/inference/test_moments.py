"""Streams: mean and variance in one pass equal the reference and the two-pass form."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from locuscope.errors import OptionError, ShapeError, WrongTypeError
from locuscope.inference.moments import RunningMoments, running_mean, running_varsum

DATA = Path(__file__).parent / "data"


@pytest.fixture
def stored():
    return np.load(DATA / "reference.npz")


def of(items):
    moments = RunningMoments()
    for item in items:
        moments.add(item)
    return moments


def check(moments, stored):
    mean, variance = (np.asarray(value) for value in (moments.mean, moments.variance()))
    np.testing.assert_allclose(mean, stored["welford/mean"], atol=2e-10, rtol=0)
    np.testing.assert_allclose(variance, stored["welford/var_ddof1"], rtol=1e-9)
    population = np.asarray(moments.variance(ddof=0))
    np.testing.assert_allclose(population, stored["welford/var_ddof0"], rtol=1e-9)


class TestReference:
    def test_arrays(self, stored):
        check(of(stored["welford/x"]), stored)

    def test_tensors_stay_tensors(self, stored):
        moments = of(torch.from_numpy(stored["welford/x"]))
        assert isinstance(moments.mean, torch.Tensor)
        check(moments, stored)

    def test_the_two_functions(self, stored):
        mean, varsum = 0.0, 0.0
        for k, item in enumerate(stored["welford/x"], 1):
            before, mean = mean, running_mean(mean, item, k)
            varsum = running_varsum(varsum, item, before, mean)
        np.testing.assert_allclose(mean, stored["welford/mean"], atol=2e-10, rtol=0)
        np.testing.assert_allclose(varsum / 8, stored["welford/var_ddof1"], rtol=1e-9)

    @pytest.mark.parametrize("cut", range(10))
    def test_two_streams_are_one(self, stored, cut):
        items = stored["welford/x"]
        check(of(items[:cut]).merge(of(items[cut:])), stored)


class TestLaws:
    @settings(max_examples=50)
    @given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30), st.integers(1, 29))
    def test_a_stream_equals_two_passes(self, numbers, cut):
        mean = math.fsum(numbers) / len(numbers)
        variance = math.fsum((x - mean) ** 2 for x in numbers) / (len(numbers) - 1)
        parts = of(numbers[:cut]).merge(of(numbers[cut:]))
        for moments in (of(numbers), parts):
            assert moments.count == len(numbers)
            assert float(moments.mean) == pytest.approx(mean, rel=1e-12, abs=1e-9)
            assert float(moments.variance()) == pytest.approx(variance, rel=1e-9, abs=1e-8)

    def test_narrow_items_are_summed_wide(self):
        items = np.float16([2048, 2049, 2048, 2051])
        moments = of(items)
        assert moments.mean.dtype == np.float64
        assert float(moments.mean) == items.astype(float).mean()
        assert of(torch.from_numpy(items)).mean.dtype == torch.float64

    def test_the_items_are_not_changed(self):
        item = np.ones(3)
        moments = of([item, item + 1])
        assert item.tolist() == [1, 1, 1]
        moments.add(item)
        assert moments.count == 3


class TestDoors:
    def test_too_few_items(self):
        with pytest.raises(OptionError, match="a mean needs at least 1 items; 0 were"):
            _ = RunningMoments().mean
        with pytest.raises(OptionError, match="a variance with ddof=1 needs at least 2"):
            of([1.0]).variance()
        assert of([1.0]).variance(ddof=0) == 0

    def test_shapes_never_spread(self):
        with pytest.raises(ShapeError, match=r"shape \(3,\); the stream has \(2,\)"):
            of([np.ones(2), np.ones(3)])
        with pytest.raises(ShapeError):
            of([np.ones((2, 1)), np.ones((1, 2))])
        with pytest.raises(ShapeError):
            running_varsum(np.zeros(2), np.zeros(3), np.zeros(2), np.zeros(2))
        with pytest.raises(ShapeError):
            of([np.ones(2)]).merge(of([np.ones(3)]))

    def test_items_are_counted_from_one(self):
        with pytest.raises(OptionError, match="from 1 on"):
            running_mean(0.0, 1.0, 0)
        with pytest.raises(WrongTypeError, match="whole number"):
            running_mean(0.0, 1.0, 1.5)
        assert running_mean([0.0, 0.0], [4.0, 2.0], 2.0).tolist() == [2.0, 1.0]
