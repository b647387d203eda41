"""Metrics against loops over pairs, and intervals that know about blocks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.demo import train_metrics as tm
from tests.oracles.chromatin_oracle import plain_auroc, plain_precision

SCORED = st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=1, max_size=40)


@given(SCORED)
def test_auroc_equals_the_loop_over_pairs(rows):
    scores, labels = [float(s) for s, _ in rows], [label for _, label in rows]
    found = tm.auroc(np.array(scores), np.array(labels))
    assert found == pytest.approx(plain_auroc(scores, labels), nan_ok=True)


@given(SCORED)
def test_average_precision_equals_the_loop(rows):
    scores, labels = [float(s) for s, _ in rows], [label for _, label in rows]
    found = tm.average_precision(np.array(scores), np.array(labels))
    assert found == pytest.approx(plain_precision(scores, labels), nan_ok=True)


@pytest.mark.parametrize("measure", [tm.weighted_auroc, tm.weighted_precision])
def test_a_weight_of_two_is_a_window_twice(measure):
    rng = np.random.default_rng(0)
    scores, labels = rng.integers(0, 9, 50).astype(float), rng.random(50) < 0.4
    weights = rng.integers(0, 3, (1, 50)).astype(float)
    times = weights[0].astype(int)
    repeated = np.repeat(scores, times), np.repeat(labels, times)
    plain = measure(*repeated, np.ones((1, times.sum())))
    assert measure(scores, labels, weights)[0] == pytest.approx(plain[0])


def test_one_kind_only_has_no_value():
    assert np.isnan(tm.auroc(np.arange(3.0), np.ones(3, dtype=bool)))
    assert np.isnan(tm.average_precision(np.arange(3.0), np.zeros(3, dtype=bool)))


def test_the_interval_holds_the_value_and_is_wider_for_blocks_that_differ():
    rng = np.random.default_rng(1)
    labels = rng.random(2_000) < 0.5
    noise = rng.normal(size=2_000)
    centers = np.arange(2_000, dtype=np.int64) * 1_000
    good_half = (centers // 100_000) % 2 == 0
    mixed = np.where(good_half, 3.0, 0.0) * (labels - 0.5) + noise
    even = 1.1 * (labels - 0.5) + noise
    low, high = tm.block_interval(tm.weighted_auroc, mixed, labels, centers, draws=200)
    assert low < tm.auroc(mixed, labels) < high
    near, far = tm.block_interval(tm.weighted_auroc, even, labels, centers, draws=200)
    assert high - low > 1.5 * (far - near)
    assert tm.block_interval(tm.weighted_auroc, mixed, labels, centers, draws=200) == (low, high)


def test_logistic_regression_finds_the_slope():
    rng = np.random.default_rng(0)
    features = rng.normal(5, 3, size=(20_000, 2))
    chance = 1 / (1 + np.exp(-(0.8 * features[:, 0] - 0.5 * features[:, 1] - 1)))
    predict = tm.fit_logistic(features, rng.random(20_000) < chance)
    at = predict(np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]))
    assert at[1] - at[0] == pytest.approx(0.8, abs=0.05)
    assert at[2] - at[0] == pytest.approx(-0.5, abs=0.05)
    assert at[0] == pytest.approx(-1, abs=0.1)


def test_a_constant_feature_does_no_harm():
    features = np.column_stack([np.ones(100), np.arange(100.0)])
    predict = tm.fit_logistic(features, np.arange(100) % 10 > 4)
    assert np.isfinite(predict(features)).all()
