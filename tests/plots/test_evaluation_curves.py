from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from locuscope.errors import OptionError
from locuscope.inference.rank_metrics import auprc, auroc, exact_counts
from locuscope.plots.evaluation_curves import (
    MOST_VERTICES,
    N_BINS,
    classes,
    pr_points,
    reliability,
    roc_points,
)

scores = arrays(np.float32, 30, elements=st.integers(0, 8).map(lambda k: k / 8))
flags = arrays(np.bool_, 30)


@given(flags, scores)
def test_the_area_below_the_curve_is_the_metric(is_positive, preds):
    if is_positive.all() or not is_positive.any():
        return
    x, y = roc_points(is_positive, preds)
    area, _ = auroc(*exact_counts(is_positive, preds))
    assert np.trapezoid(y, x) == pytest.approx(area)
    assert (x[0], y[0], x[-1], y[-1]) == (0, 0, 1, 1)
    assert (np.diff(x) >= 0).all()
    assert (np.diff(y) >= 0).all()


@given(flags, scores)
def test_the_steps_of_precision_are_the_metric(is_positive, preds):
    if is_positive.all() or not is_positive.any():
        return
    x, y = pr_points(is_positive, preds)
    area, _ = auprc(*exact_counts(is_positive, preds))
    assert (np.diff(x) * y[1:]).sum() == pytest.approx(area)
    assert y[-1] == pytest.approx(is_positive.mean())


def test_nothing_and_one_class_draw_something():
    empty = np.empty(0, bool)
    x, y = roc_points(empty, np.empty(0))
    assert x.tolist() == y.tolist() == [0.0]
    x, y = roc_points(np.zeros(3, bool), np.arange(3.0))
    assert x.tolist() == [0, 1 / 3, 2 / 3, 1]
    assert not y.any()


def test_long_curves_keep_their_ends():
    rng = np.random.default_rng(0)
    preds = rng.random(10_000)
    x, y = roc_points(rng.random(10_000) < preds, preds)
    assert len(x) == MOST_VERTICES
    assert (x[0], y[0], x[-1], y[-1]) == (0, 0, 1, 1)


@given(flags, arrays(np.float64, 30, elements=st.floats(0, 1)))
def test_bins_of_probability(is_positive, preds):
    found = reliability(is_positive, preds, "a")
    assert found.count.sum() == 30
    at = 0
    for k in range(N_BINS):
        last = k == N_BINS - 1
        inside = [
            j
            for j, p in enumerate(preds)
            if (int(p * N_BINS) == k) or (last and int(p * N_BINS) == N_BINS)
        ]
        if not inside:
            continue
        assert found.count[at] == len(inside)
        assert found.predicted[at] == pytest.approx(np.mean(preds[inside]))
        assert found.observed[at] == pytest.approx(np.mean(is_positive[inside]))
        assert found.middle[at] == pytest.approx((k + 0.5) / N_BINS)
        at += 1
    assert at == len(found.count)


@pytest.mark.parametrize("odd", [-0.01, 1.01])
def test_predictions_beyond_probabilities_are_refused(odd):
    with pytest.raises(OptionError, match="no probabilities"):
        reliability(np.array([True, False]), np.array([0.5, odd]), "a")


def test_classes():
    targets = np.array([0.0, 1.0, 1.0])
    assert classes(targets, {}, "a").tolist() == [False, True, True]
    assert classes(targets * 5, {"positive_above": 4}, "a").tolist() == [False, True, True]
    with pytest.raises(OptionError, match="'a' must be 0 or 1"):
        classes(targets * 2, {"positive_above": None}, "a")
