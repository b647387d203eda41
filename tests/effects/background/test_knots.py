from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.effects.background.knots import MOST_VALUES, N_KNOTS, Knots

VALUES = st.lists(st.floats(-100, 100, width=32), min_size=1, max_size=50)


def plain(sample: np.ndarray, score: float) -> float:
    return float(((sample < score).sum() + (sample == score).sum() / 2) / len(sample))


@given(VALUES, VALUES)
def test_small_samples_are_exact(sample, scores):
    knots = Knots.of(sample)
    array = np.array(sample, np.float32)
    found = knots.quantile(scores)
    for score, q in zip(np.array(scores, np.float32), found, strict=True):
        assert q == pytest.approx(plain(array, score), abs=1e-12)


@pytest.mark.parametrize("kind", ["normal", "heavy", "atoms", "many_zeros", "constant"])
def test_large_samples_are_within_one_in_ten_thousand(kind):
    rng = np.random.default_rng(7)
    n = 250_000
    sample = {
        "normal": rng.normal(size=n),
        "heavy": rng.standard_cauchy(n),
        "atoms": rng.integers(0, 5, n).astype(float),
        "many_zeros": np.where(rng.random(n) < 0.7, 0.0, rng.normal(size=n)),
        "constant": np.full(n, 2.5),
    }[kind].astype(np.float32)
    knots = Knots.of(sample)
    assert len(knots.values) <= N_KNOTS
    ranked = np.sort(sample)
    extra = rng.uniform(ranked[1_000], ranked[-1_000], 500).astype(np.float32)
    asked = np.concatenate([sample[:2_000], extra, ranked[[0, -1]]])
    exact = (np.searchsorted(ranked, asked, "left") + np.searchsorted(ranked, asked, "right")) / (
        2 * n
    )
    assert np.abs(knots.quantile(asked) - exact).max() <= 1e-4


def test_the_limit_between_exact_and_thinned():
    rng = np.random.default_rng(1)
    assert len(Knots.of(rng.random(MOST_VALUES)).values) > 99_000
    assert len(Knots.of(rng.random(MOST_VALUES + 1)).values) <= N_KNOTS


def test_outside_of_the_sample_and_missing():
    knots = Knots.of([1.0, 2.0, 3.0])
    found = knots.quantile([-np.inf, 0.0, 4.0, np.inf, np.nan])
    np.testing.assert_array_equal(found[:4], [0, 0, 1, 1])
    assert np.isnan(found[4])


@given(VALUES)
def test_quantiles_never_fall(sample):
    knots = Knots.of(sample)
    grid = np.linspace(-101, 101, 300)
    assert (np.diff(knots.quantile(grid)) >= 0).all()


@given(VALUES)
def test_a_sample_onto_itself_has_the_mean_of_one_half(sample):
    found = Knots.of(sample).quantile(sample)
    assert found.mean() == pytest.approx(0.5)
