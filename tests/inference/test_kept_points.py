from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from locuscope.errors import OptionError
from locuscope.inference.accuracy import accuracy
from locuscope.inference.evaluate import TestBatch as MeasuredBatch
from locuscope.inference.evaluate import evaluate
from locuscope.inference.kept_points import KEEP_POINTS, PointKeeper
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec


def arrays(n=6, n_positions=5, n_tracks=2, seed=0):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(2, n, n_positions, n_tracks))
    return x, y, rng.random(x.shape) > 0.2


def kept(x, y, keep, *, most, seed=0, size=2):
    keeper = PointKeeper(most, seed)
    for at in range(0, len(x), size):
        part = slice(at, at + size)
        keeper.add(x[part], y[part], keep[part])
    return keeper.result()


def test_everything_is_kept_while_it_fits():
    x, y, keep = arrays()
    found = kept(x, y, keep, most=KEEP_POINTS)
    counted = keep.any(axis=2)
    np.testing.assert_allclose(found.preds, y[counted].astype(np.float32))
    expected = np.where(keep, x, np.nan)[counted].astype(np.float32)
    np.testing.assert_allclose(found.targets, expected)
    assert found.n_seen == counted.sum()
    assert not found.is_sample


@given(st.integers(1, 40), st.integers(1, 6), st.integers(0, 9))
def test_the_sample_does_not_depend_on_the_chunks(most, size, seed):
    x, y, keep = arrays()
    one = kept(x, y, keep, most=most, seed=seed, size=6)
    other = kept(x, y, keep, most=most, seed=seed, size=size)
    np.testing.assert_array_equal(one.preds, other.preds)
    np.testing.assert_array_equal(one.targets, other.targets)
    assert len(one.preds) == min(max(1, most // 2), one.n_seen)
    assert one.n_seen == other.n_seen


def test_the_seed_chooses_the_sample():
    x, y, keep = arrays(n=50)
    first, again, other = (kept(x, y, keep, most=20, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.preds, again.preds)
    assert not np.array_equal(first.preds, other.preds)
    assert first.is_sample


def test_the_sample_is_even():
    """Of many small samples every position is in about as many."""
    x = np.arange(40.0).reshape(8, 5, 1)
    keep = np.ones(x.shape, bool)
    counts = np.zeros(40)
    for seed in range(400):
        found = kept(x, x, keep, most=10, seed=seed)
        counts[found.preds[:, 0].astype(int)] += 1
    assert counts.sum() == 4_000
    # binomial, 400 draws of 1/4: five standard deviations are 43
    assert np.abs(counts - 100).max() < 43


def test_a_track_without_what_is_masked():
    x, y, keep = arrays()
    y[0, 0, 1] = np.inf
    found = kept(x, y, keep, most=KEEP_POINTS)
    targets, preds = found.track(1)
    there = keep[:, :, 1] & np.isfinite(y[:, :, 1])
    np.testing.assert_allclose(targets, x[:, :, 1][there], rtol=1e-6)
    np.testing.assert_allclose(preds, y[:, :, 1][there], rtol=1e-6)


def test_nothing_is_kept_where_nothing_is_to_be():
    x, y, keep = arrays()
    assert kept(x, y, keep, most=0) is None
    assert PointKeeper(10, 0).result() is None


@pytest.mark.parametrize("most", [-1, 0.5, "many"])
def test_other_numbers_are_refused(most):
    with pytest.raises((OptionError, TypeError), match="keep_points"):
        PointKeeper(most, 0)


def test_accuracy_keeps_pairs_for_pictures():
    x, y, _ = arrays()
    found = accuracy(x, y)
    np.testing.assert_allclose(found.points.preds, y.reshape(-1, 2), rtol=1e-6)
    assert len(accuracy(x, y, keep_points=8).points.preds) == 4
    assert accuracy(x, y, keep_points=0).points is None
    assert accuracy(x, y, by="track").points is None
    masked = accuracy(x, y, np.arange(30).reshape(6, 5) > 10)
    assert len(masked.points.preds) == 11
    assert "keep_points" not in found.options


def test_evaluate_keeps_them_too():
    torch.manual_seed(0)
    module = nn.Conv1d(4, 2, 3, padding=1).eval()
    head = HeadSpec("out", (1,), 2, "track", "real")
    model = wrap(module, heads=head, window_bp=9, output_axes="NTL")
    rng = np.random.default_rng(0)
    x = np.eye(4, dtype=np.float32)[rng.integers(0, 4, (5, 9))].transpose(0, 2, 1)
    y = rng.normal(size=(5, 9, 2)).astype(np.float32)
    batches = [MeasuredBatch(x[:3], y[:3]), MeasuredBatch(x[3:], y[3:])]
    found = evaluate(model, batches, metrics=("mse",))
    with torch.no_grad():
        preds = module(torch.from_numpy(x)).numpy().transpose(0, 2, 1)
    np.testing.assert_allclose(found.points.preds, preds.reshape(-1, 2), atol=1e-6)
    np.testing.assert_array_equal(found.points.targets, y.reshape(-1, 2))
    assert evaluate(model, batches, keep_points=0).points is None
    assert len(evaluate(model, batches, keep_points=20).points.preds) == 10
