"""evaluate: a model on batches equals accuracy of its predictions; doors refuse."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from locuscope.errors import (
    EmptySelectionError,
    OptionError,
    ShapeError,
    TrackMismatchError,
    UnknownNameError,
    WrongTypeError,
)
from locuscope.inference.accuracy import accuracy
from locuscope.inference.ensemble import Ensemble
from locuscope.inference.evaluate import TestBatch, evaluate
from locuscope.inference.predict import predict
from locuscope.inference.run import Run


@pytest.fixture
def case(published):
    """The model, its inputs, targets near its predictions, and masked positions."""
    model, arrays = published["softplus"]
    draws = np.random.default_rng(8)
    y = arrays["y"] + draws.normal(size=arrays["y"].shape) * 0.1
    return model, arrays["x"], y, draws.random((5, 8)) < 0.2


def batches(x, y, na, size):
    for first in range(0, len(x), size):
        part = slice(first, first + size)
        yield TestBatch(x[part], y[part], na[part])


class TestNumbers:
    @pytest.mark.parametrize("size", [1, 2, 5])
    def test_batches_equal_one_array(self, case, size):
        model, x, y, na = case
        names = ("pearsonr", "r2", "mse", "mae", "spearmanr")
        found = evaluate(model, batches(x, y, na, size), metrics=names)
        preds = predict(model, x).signal[8].tensor.numpy()
        whole = accuracy(y, preds, na, metrics=names)
        for name in names:
            np.testing.assert_allclose(found.metrics[name], whole.metrics[name], rtol=1e-5)
        assert found.n_sequences == 5
        assert found.to_dataframe()["track_name"].tolist() == [f"signal:{k}" for k in range(4)]
        assert found.options["model"] == "softplus"

    def test_chosen_tracks_of_whole_or_chosen_targets(self, case):
        model, x, y, na = case
        whole = evaluate(model, batches(x, y, na, 2))
        for targets in (y, y[..., [3, 1]]):
            found = evaluate(model, batches(x, targets, na, 2), tracks=[3, 1])
            np.testing.assert_allclose(found.metrics["r2"], whole.metrics["r2"][[3, 1]])
            assert found.tracks.cells("track_name") == ["signal:3", "signal:1"]

    def test_both_strands_and_texts(self, case):
        model, _, y, na = case
        texts = ["ACGT" * 16, "AACC" * 16]
        both = Ensemble(rc=True)
        found = evaluate(model, [(texts, y[:2], na[:2])], ensemble=both)
        preds = predict(model, texts, ensemble=both).signal[8].tensor.numpy()
        whole = accuracy(y[:2], preds, na[:2])
        np.testing.assert_allclose(found.metrics["mse"], whole.metrics["mse"], rtol=1e-12)

    def test_only_so_many_batches(self, case):
        model, x, y, na = case
        read = []

        def counted():
            for batch in batches(x, y, na, 1):
                read.append(batch)
                yield batch

        found = evaluate(model, counted(), max_batches=3.0)
        assert (found.n_sequences, len(read)) == (3, 3)

    def test_a_loss_and_groups(self, case):
        model, x, y, na = case
        loss = torch.nn.functional.poisson_nll_loss
        found = evaluate(model, batches(x, y, na, 2), loss=loss, by="sequence")
        preds = torch.from_numpy(predict(model, x).signal[8].tensor.numpy()[~na])
        expected = float(loss(preds, torch.from_numpy(y[~na]).float()))
        assert found.loss == pytest.approx(expected, rel=1e-5)
        assert found.metrics["mse"].shape == (5, 4)

    def test_one_head_of_several(self, bins):
        x = ["ACGT" * 8, "GGCA" * 8]
        y = np.random.default_rng(0).normal(size=(2, 8, 2))
        found = evaluate(bins, [(x, y)], head="cov", resolution_bp=4)
        assert found.counts.tolist() == [16, 16]
        total = evaluate(bins, [(x, y[:, 0])], head="total", metrics=("mse",))
        assert total.counts.tolist() == [2, 2]


class TestDoors:
    def test_targets_that_do_not_fit(self, case):
        model, x, y, na = case
        with pytest.raises(TrackMismatchError, match=r"y of batch 0 .* all 4 tracks of 'signal'"):
            evaluate(model, [(x, y[..., :2])])
        with pytest.raises(ShapeError, match=r"\(5, 7, 4\); the predictions have \(5, 8, 4\)"):
            evaluate(model, [(x, y[:, :7])])
        with pytest.raises(ShapeError, match="na has shape"):
            evaluate(model, [(x, y, na[:, :7])])
        with pytest.raises(ShapeError, match="64"):
            evaluate(model, [(x[:, :, :60], y)])

    def test_test_sets_that_are_none(self, case):
        model, x, y, _ = case
        for wrong in (TestBatch(x, y), "set.h5", 3):
            with pytest.raises(WrongTypeError, match="iterable of batches"):
                evaluate(model, wrong)
        with pytest.raises(WrongTypeError, match="batch 1 of the test set is a ndarray"):
            evaluate(model, [(x, y), x])
        with pytest.raises(EmptySelectionError, match="no sequence"):
            evaluate(model, [])

    def test_options_without_effect_or_meaning(self, case, bins):
        model, x, y, _ = case
        with pytest.raises(OptionError, match="max_batches is 0"):
            evaluate(model, [(x, y)], max_batches=0)
        with pytest.raises(OptionError, match="evaluate cannot honour workers"):
            evaluate(model, [(x, y)], run=Run(workers=2))
        with pytest.raises(OptionError, match="scores only"):
            evaluate(model, [(x, y)], ensemble=Ensemble(rc=True, rc_merging="max"))
        with pytest.raises(OptionError, match="bases beyond a window on a genome"):
            evaluate(model, [(x, y)], ensemble=Ensemble(shifts=(0, 2), shift_fill="genome"))
        with pytest.raises(OptionError, match="heads cov, total; name the one"):
            evaluate(bins, [(x, y)])
        with pytest.raises(UnknownNameError, match="cov"):
            evaluate(bins, [(x, y)], head="cvo")
        with pytest.raises(OptionError, match="no chosen head"):
            evaluate(bins, [(x, y)], head="cov", resolution_bp=8)
