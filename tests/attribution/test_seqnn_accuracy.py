"""The published noun: its metrics are those of `accuracy`, its losses those of loops."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import pearsonr, spearmanr
from torch.nn import functional

from locuscope.attribution.seqnn_accuracy import (
    Accuracy,
    default_loss,
    losses_of,
    require_targets,
)
from locuscope.errors import OptionError, ShapeError
from locuscope.inference.accuracy import accuracy
from locuscope.models.protocol import HeadSpec

DRAWS = np.random.default_rng(9)
Y = DRAWS.gamma(1.0, size=(4, 6, 3))
P = np.abs(Y + DRAWS.normal(size=Y.shape) * 0.3)
NA = DRAWS.random((4, 6)) < 0.3


def test_metrics_against_scipy():
    found = Accuracy(Y, P)
    for k in range(3):
        y, p = Y[..., k].ravel(), P[..., k].ravel()
        assert found.pearsonr()[k] == pytest.approx(pearsonr(y, p)[0], rel=1e-12)
        assert found.spearmanr()[k] == pytest.approx(spearmanr(y, p)[0], rel=1e-12)
        expected = 1 - ((y - p) ** 2).sum() / ((y - y.mean()) ** 2).sum()
        assert found.r2()[k] == pytest.approx(expected, rel=1e-12)
        logs = np.log2(y + 2), np.log2(p + 2)
        assert found.pearsonr(True, 2)[k] == pytest.approx(pearsonr(*logs)[0], rel=1e-12)
        cut = np.clip(y, 0, 1), np.clip(p, 0, 1)
        assert found.pearsonr(clip=1)[k] == pytest.approx(pearsonr(*cut)[0], rel=1e-12)


@pytest.mark.parametrize(
    "options", [{}, {"log": True}, {"log": True, "pseudocount": 0.5, "clip": 2}]
)
def test_masks_and_options_are_those_of_accuracy(options):
    found = Accuracy(Y, P, NA)
    whole = accuracy(Y, P, NA, metrics=("pearsonr", "r2", "spearmanr"), **options)
    np.testing.assert_array_equal(found.pearsonr(**options), whole.metrics["pearsonr"])
    np.testing.assert_array_equal(found.r2(**options), whole.metrics["r2"])
    plain = accuracy(Y, P, NA, metrics=("spearmanr",))
    np.testing.assert_array_equal(found.spearmanr(), plain.metrics["spearmanr"])


def test_a_share_of_the_positions():
    found = Accuracy(Y, P, NA, sample=0.5, seed=3)
    expected = accuracy(Y, P, NA, metrics=("r2",), sample=0.5, seed=3).metrics["r2"]
    np.testing.assert_array_equal(found.r2(), expected)
    assert not np.array_equal(found.r2(), Accuracy(Y, P, NA).r2())


def test_a_constant_prediction_has_no_correlation():
    flat = np.where(np.arange(3) == 1, 2.0, P)
    assert np.isnan(Accuracy(Y, flat).pearsonr()).tolist() == [False, True, False]


@pytest.mark.parametrize("value_range", ["nonnegative", "probability", "real"])
def test_default_losses_against_loops(value_range):
    y, p = (Y, P) if value_range != "probability" else (Y / 9, np.clip(P / 9, 0.01, 0.99))
    loss = default_loss(HeadSpec("s", (1,), 3, value_range=value_range))
    rules = {
        "nonnegative": lambda t, q: q - t * np.log(q + 1e-7),
        "probability": lambda t, q: -(t * np.log(q) + (1 - t) * np.log(1 - q)),
        "real": lambda t, q: (q - t) ** 2,
    }
    each = rules[value_range](y, p)[~NA]
    mean, tracks = losses_of(y, p, NA, loss)
    assert mean == pytest.approx(each.mean(), rel=1e-5)
    np.testing.assert_allclose(tracks, each.mean(axis=0), rtol=1e-5)


def test_an_own_loss_and_missing_targets():
    y = Y.copy()
    y[0, 0, 1] = np.nan
    mean, tracks = losses_of(y, P, None, functional.l1_loss)
    known = ~np.isnan(y).any(axis=2)
    assert mean == pytest.approx(np.abs(y - P)[known].mean(), rel=1e-6)
    assert tracks[1] == pytest.approx(np.nanmean(np.abs(y - P)[..., 1]), rel=1e-6)


def test_nothing_that_counts():
    mean, tracks = losses_of(Y, P, np.ones((4, 6), bool), functional.mse_loss)
    assert np.isnan(mean)
    assert np.isnan(tracks).all()


def test_the_repr_and_plain_lists():
    found = Accuracy([[[1.0], [2.0]]], [[[1.0], [3.0]]], loss=0.25, target_losses=[0.25])
    assert repr(found) == "Accuracy(1 sequences, 2 bins, 1 tracks, loss 0.25000)"
    assert found.target_losses == [0.25]


def test_doors():
    with pytest.raises(ShapeError, match=r"targets have shape \(4, 6, 3\), preds \(4, 6, 2\)"):
        Accuracy(Y, P[..., :2])
    with pytest.raises(ShapeError, match=r"both are \(S, P, T\)"):
        Accuracy(Y[0], P[0])
    with pytest.raises(OptionError, match="no effect without log=True"):
        Accuracy(Y, P).r2(pseudocount=2)
    with pytest.raises(OptionError, match=r"test_h5 compares .* sequences alone"):
        require_targets(None, "test_h5")
