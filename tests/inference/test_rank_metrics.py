"""Metrics of order: equal to loops and scipy, with ties; bins keep their promised error."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from locuscope.inference.rank_metrics import auprc, auroc, bin_of, exact_counts, spearmanr
from tests.oracles import accuracy_oracle as oracle

NUMBERS = st.lists(st.integers(-4, 4).map(float), min_size=3, max_size=25)


@settings(max_examples=60)
@given(NUMBERS, st.randoms(use_true_random=False))
def test_spearman_equals_loop_and_scipy(x, random):
    y = [random.choice(x) + random.choice([0.0, 0.5]) for _ in x]
    found = spearmanr(np.array(x), np.array(y))
    assert found == pytest.approx(oracle.spearmanr(x, y), rel=1e-12, abs=1e-12, nan_ok=True)
    if not np.isnan(found):
        assert found == pytest.approx(stats.spearmanr(x, y).statistic, abs=1e-12)


@settings(max_examples=60)
@given(NUMBERS, st.integers(0, 2**32 - 1))
def test_areas_equal_the_walk_over_thresholds(predictions, seed):
    classes = np.random.default_rng(seed).random(len(predictions)) < 0.4
    counts = exact_counts(classes, np.array(predictions))
    flags = classes.tolist()
    expected = oracle.auroc(flags, predictions)
    assert auroc(*counts)[0] == pytest.approx(expected, abs=1e-12, nan_ok=True)
    expected = oracle.auprc(flags, predictions)
    assert auprc(*counts)[0] == pytest.approx(expected, abs=1e-12, nan_ok=True)


@settings(max_examples=60)
@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.integers(4, 80))
def test_wide_bins_keep_their_promise(seed, n_bins, n_values):
    draws = np.random.default_rng(seed)
    predictions = draws.integers(0, 40, n_values) / 4.0
    classes = draws.random(n_values) < 0.3
    exact = exact_counts(classes, predictions)
    bins = np.floor(predictions * n_bins / 10).astype(int)
    size = int(bins.max()) + 1
    coarse = [np.bincount(bins[chosen], minlength=size) for chosen in (classes, ~classes)]
    for area in (auroc, auprc):
        value, off = area(*coarse)
        if not np.isnan(value):
            assert abs(value - area(*exact)[0]) <= off + 1e-12


def test_one_class_or_nothing_is_not_defined():
    predictions = np.arange(4.0)
    for classes in (np.zeros(4, np.bool_), np.ones(4, np.bool_)):
        assert np.isnan(auroc(*exact_counts(classes, predictions))[0])
        assert np.isnan(auprc(*exact_counts(classes, predictions))[0])
    assert np.isnan(auroc(*exact_counts(np.empty(0, np.bool_), np.empty(0)))[0])
    assert np.isnan(spearmanr(np.empty(0), np.empty(0)))
    assert np.isnan(spearmanr(np.array([1.0, np.nan]), np.array([1.0, 2.0])))


@given(st.lists(st.floats(width=32, allow_nan=False), min_size=2, max_size=50))
def test_bins_keep_the_order(numbers):
    ordered = np.sort(np.array(numbers, np.float32))
    bins = bin_of(ordered)
    assert (np.diff(bins) >= 0).all()
    assert ((bins >= 0) & (bins < 65_536)).all()


def test_both_zeros_share_a_bin():
    low, high = bin_of(np.array([-0.0, 0.0]))
    assert low == high
