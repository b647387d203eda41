"""Sums of pairs: equal to exact fractions, in any chunks, far from zero."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from locuscope.inference.accuracy_sums import SUM_METRICS, PairSums
from tests.oracles import accuracy_oracle as oracle


def of(x, y, keep=None):
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    return PairSums.of(x, y, np.ones(x.shape, np.bool_) if keep is None else keep, 0)


def in_chunks(x, y, keep, size):
    total = None
    for first in range(0, len(x), size):
        part = slice(first, first + size)
        chunk = of(x[part], y[part], keep[part])
        total = chunk if total is None else total.joined(chunk)
    return total


@settings(max_examples=60)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(2, 40),
    st.sampled_from([0.0, -3e3, 1e6]),
    st.integers(1, 41),
)
def test_any_chunks_equal_exact_sums(seed, n_pairs, offset, size):
    draws = np.random.default_rng(seed)
    x = offset + draws.normal(size=(n_pairs, 2))
    y = offset + draws.normal(size=(n_pairs, 2)) + (x - offset)
    keep = draws.random((n_pairs, 2)) < 0.8
    keep[:2] = True
    sums = in_chunks(x, y, keep, size)
    for track in range(2):
        rows = keep[:, track]
        for name in SUM_METRICS:
            expected = getattr(oracle, name)(x[rows, track], y[rows, track])
            assert sums.metric(name)[track] == pytest.approx(expected, rel=1e-9, abs=1e-9)
        assert sums.count[track] == rows.sum()


@pytest.mark.parametrize("size", [1, 7, 60])
def test_millions_with_unit_variance_keep_nine_digits(size):
    draws = np.random.default_rng(5)
    x = 1e6 + draws.normal(size=(300, 1))
    y = 1e6 + 3 + 0.7 * (x - 1e6) + draws.normal(size=(300, 1))
    sums = in_chunks(x, y, np.ones(x.shape, np.bool_), size)
    for name in SUM_METRICS:
        expected = getattr(oracle, name)(x[:, 0], y[:, 0])
        assert sums.metric(name)[0] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("value", [0.1, 1e6 + 1 / 3, -7.0])
def test_a_constant_has_no_variance_at_all(value):
    x = np.random.default_rng(0).normal(size=(31, 1))
    sums = in_chunks(x, np.full((31, 1), value), np.ones((31, 1), np.bool_), 4)
    assert sums.yy[0] == 0
    assert sums.is_constant[0]
    assert np.isnan(sums.metric("pearsonr")[0])
    assert np.isfinite(sums.metric("r2")[0])
    other = in_chunks(np.full((31, 1), value), x, np.ones((31, 1), np.bool_), 4)
    assert np.isnan(other.metric("r2")[0])


def test_an_empty_group_is_not_defined_and_changes_nothing():
    x = np.arange(4.0)[:, None]
    empty = of(x + 100, x, np.zeros((4, 1), np.bool_))
    full = of(x, 2 * x)
    assert all(np.isnan(empty.metric(name)[0]) for name in SUM_METRICS)
    for both in (empty.joined(full), full.joined(empty)):
        for name in SUM_METRICS:
            assert both.metric(name)[0] == full.metric(name)[0]


@pytest.mark.fault("N1")
def test_a_prediction_that_is_not_finite_spoils_its_own_track_only():
    x = np.random.default_rng(2).normal(size=(20, 3))
    y = x + 1
    y[3, 0], y[17, 1] = np.nan, np.inf
    sums = in_chunks(x, y, np.ones(x.shape, np.bool_), 6)
    for name in ("pearsonr", "r2", "mse"):
        assert not np.isfinite(sums.metric(name)[:2]).any()
        assert np.isfinite(sums.metric(name)[2])


def test_other_axes_are_groups():
    draws = np.random.default_rng(3)
    x, y = draws.normal(size=(2, 3, 5, 4))
    keep = np.ones(x.shape, np.bool_)
    for axis, shape in ((1, (3, 4)), (2, (3, 5))):
        assert PairSums.of(x, y, keep, axis).metric("mse").shape == shape
    found = PairSums.of(x, y, keep, 2).metric("pearsonr")
    assert found[1, 2] == pytest.approx(oracle.pearsonr(x[1, 2], y[1, 2]), rel=1e-12)
