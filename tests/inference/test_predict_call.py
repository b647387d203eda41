"""One call of predict: reduced precision, dtypes, seeds, and doors that stay shut."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from locuscope.errors import OptionError, WrongTypeError
from locuscope.genome.interval import Interval
from locuscope.genome.sequence import one_hot
from locuscope.inference.ensemble import Ensemble
from locuscope.inference.predict import predict
from locuscope.inference.predict_call import sequence_examples
from locuscope.inference.run import Run


def texts(n, length=40):
    letters = np.random.default_rng(1).choice(list("ACGT"), (n, length))
    return ["".join(row) for row in letters]


class TestPrecision:
    def test_results_are_float32_either_way(self, published):
        model, arrays = published["sigmoid"]
        full = predict(model, arrays["x"]).signal[8].tensor
        half = predict(model, arrays["x"], dtype="bfloat16").signal[8].tensor
        assert full.dtype == half.dtype == torch.float32
        apart = float((full - half).abs().max())
        assert 1e-5 < apart < 2e-2
        assert model.module.stem.weight.dtype == torch.float32

    def test_every_view_is_reduced(self, published):
        model, arrays = published["softplus"]
        found = predict(model, arrays["x"], rc=True, dtype="bfloat16", return_all=True)
        plain = predict(model, arrays["x"], rc=True, return_all=True)
        apart = (found.stacked("signal") - plain.stacked("signal")).abs().amax((1, 2, 3))
        assert (apart > 1e-5).all()

    @pytest.mark.parametrize("dtype", ["float64", "half", 16, None])
    def test_other_types_are_refused(self, bases, dtype):
        with pytest.raises(OptionError, match="dtype is"):
            predict(bases, texts(1), dtype=dtype)


class TestDoors:
    def test_options_of_views(self, bases):
        with pytest.raises(WrongTypeError, match="return_var"):
            predict(bases, texts(1), return_var="yes")
        with pytest.raises(WrongTypeError, match="seed"):
            predict(bases, texts(1), seed="x")
        with pytest.raises(OptionError, match="scores only"):
            predict(bases, texts(1), ensemble=Ensemble(rc=True, rc_merging="max"))

    def test_whole_numbers_in_any_form(self, bases):
        one = predict(bases, texts(2), seed=3.0, down_sample=np.float64(2)).signal[1].tensor
        other = predict(bases, texts(2), seed=3, down_sample=2).signal[1].tensor
        assert torch.equal(one, other)

    def test_progress_counts_every_network(self, bases):
        told = []
        run = Run(batch_size=2, progress=lambda *step: told.append(step[:2]))
        from tests.inference.conftest import toy_bases

        views = Ensemble(members=[toy_bases()])
        predict(bases, texts(3), ensemble=views, run=run)
        assert told == [(2, 6), (3, 6), (5, 6), (6, 6)]

    def test_progress_of_places(self, bases, genome):
        told = []
        run = Run(progress=lambda *step: told.append(step))
        predict(bases, Interval("1", 100, 120), genome, run=run)
        assert told == [(1, 1, {"ok": 1})]


class TestExamples:
    def test_numbers_and_arrays(self, bases):
        x = one_hot(texts(5))
        found = sequence_examples(bases, x, {"level": np.arange(5)}, number=7)
        assert (found.count, found.width_bp, found.number, found.is_joined) == (5, 40, 7, True)
        assert (found.fetch(1, 3) == x[1:3]).all()
        assert found.arrays(1, 3)["level"].tolist() == [1, 2]
        plain = sequence_examples(bases, x)
        assert plain.arrays is None
        assert not plain.is_joined
