"""predict with workers: shards keep what an example is, and their answers are put together."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import torch

from locuscope.errors import DataWarning, NonFiniteError, OptionError
from locuscope.genome.interval import Interval
from locuscope.genome.sequence import one_hot
from locuscope.inference.batches import Examples
from locuscope.inference.ensemble import Ensemble
from locuscope.inference.executors import working_on
from locuscope.inference.predict import predict
from locuscope.inference.predict_shards import joined_shards, shards_of
from locuscope.inference.run import Run
from locuscope.inference.view_sums import ViewValues
from tests.inference.conftest import toy_bases


class Packed:
    """An executor that sends everything through pickle, as another process does."""

    def __init__(self):
        self.items = []

    def map(self, work, items, *, describe=None):
        def answers():
            for item in items:
                self.items.append(describe(item))
                sent = pickle.loads(pickle.dumps(item))  # noqa: S301 (made here)
                yield pickle.loads(pickle.dumps(work(sent)))  # noqa: S301 (made here)

        return answers()


def texts(n, length=30):
    letters = np.random.default_rng(0).choice(list("ACGTN"), (n, length))
    return ["".join(row) for row in letters]


def tensors(found):
    return [
        tensor
        for outputs in (found.mean, found.var, *found.members)
        for tensor in (outputs.signal[1].tensor,)
    ]


OPTIONS = {
    "ensemble": Ensemble(rc=True, shifts=(0, 2), mc_samples=2),
    "return_var": True,
    "return_all": True,
    "seed": 3,
    "down_sample": 2,
}


@pytest.fixture
def noisy():
    """The toy network, whose dropout is drawn after the convolution."""
    return toy_bases()


class TestPredict:
    @pytest.mark.parametrize("n", [2, 15, 33])
    def test_the_numbers_are_those_of_one_process(self, noisy, n):
        executor = Packed()
        expected = predict(noisy, texts(n), **OPTIONS)
        with working_on(executor):
            found = predict(noisy, texts(n), **OPTIONS)
        assert 1 < len(executor.items) <= 16
        for one, other in zip(tensors(found), tensors(expected), strict=True):
            torch.testing.assert_close(one, other, equal_nan=True, atol=2e-6, rtol=0)

    def test_places_stand_in_messages(self, bases, genome):
        executor = Packed()
        places = [Interval("1", start, start + 20) for start in range(40, 400, 10)]
        expected = predict(bases, places, genome, rc=True)
        with working_on(executor):
            found = predict(bases, places, genome, rc=True)
        assert executor.items[0] == "1:41-60 and 2 more"
        assert found.signal[1].intervals == expected.signal[1].intervals
        torch.testing.assert_close(
            found.signal[1].tensor, expected.signal[1].tensor, atol=2e-6, rtol=0
        )

    def test_one_example_stays_here(self, bases):
        executor = Packed()
        with working_on(executor):
            predict(bases, texts(1))
        assert not executor.items

    def test_two_processes(self, genome):
        """Spawned workers rebuild the model, and say what they met."""
        model = toy_bases()
        places = [Interval("1", start, start + 20) for start in range(40, 400, 10)]
        told = []
        run = Run(workers=2, progress=lambda *step: told.append(step[:2]))
        found = predict(model, places, genome, run=run)
        torch.testing.assert_close(
            found.signal[1].tensor,
            predict(model, places, genome).signal[1].tensor,
            atol=2e-6,
            rtol=0,
        )
        assert told[-1] == (36, 36)
        broken = toy_bases()
        torch.nn.init.constant_(broken.module.conv.weight, torch.nan)
        with pytest.raises(NonFiniteError, match="1:41-60"):
            predict(broken, places, genome, run=Run(workers=2), on_nonfinite="raise")

    def test_workers_beside_a_cluster(self, bases):
        with (
            working_on(Packed()),
            pytest.raises(OptionError, match="workers=2 has no effect on a cluster"),
        ):
            predict(bases, texts(4), run=Run(workers=2))

    def test_numbers_that_are_none_are_said(self, genome):
        broken = toy_bases()
        torch.nn.init.constant_(broken.module.conv.bias, torch.nan)
        with working_on(Packed()), pytest.warns(DataWarning, match="NaN or Inf"):
            predict(broken, texts(4))


class TestShards:
    def examples(self, n, *, arrays=None):
        bases = one_hot(texts(n))
        level = np.arange(2 * n).reshape(n, 2)
        return Examples(
            n,
            30,
            lambda i, j: bases[i:j],
            lambda i: f"place {i}",
            arrays=(lambda i, j: {"level": level[i:j]}) if arrays else None,
            number=100,
        )

    @pytest.mark.parametrize("workers", [1, 2, 7])
    @pytest.mark.parametrize("n", [1, 2, 16, 17, 100])
    def test_every_example_is_in_one_shard(self, n, workers):
        examples = self.examples(n, arrays=True)
        shards = list(shards_of(examples, workers))
        assert len(shards) <= 4 * max(workers, 4)
        assert [label for s in shards for label in s.labels] == [f"place {i}" for i in range(n)]
        assert [s.number for s in shards] == [
            100 + sum(len(s.labels) for s in shards[:k]) for k in range(len(shards))
        ]
        whole = np.concatenate([s.bases for s in shards])
        assert (whole == examples.fetch(0, n)).all()
        level = np.concatenate([s.arrays["level"] for s in shards])
        assert (level == examples.arrays(0, n)["level"]).all()

    def test_a_shard_is_examples_again(self):
        *_, last = shards_of(self.examples(17, arrays=True), 1)
        again = last.examples()
        assert (again.count, again.width_bp, again.number) == (1, 30, 116)
        assert again.label(0) == "place 16"
        assert again.arrays(0, 1)["level"].tolist() == [[32, 33]]
        assert (again.fetch(0, 1) == one_hot(texts(17))[16:]).all()

    def test_answers_are_put_end_to_end(self):
        def values(first, n):
            mean = {"a": {1: torch.arange(first, first + n).float()[:, None, None]}}
            return ViewValues(mean, None, [mean, mean])

        found = joined_shards([values(0, 2), values(2, 1)])
        assert found.mean["a"][1].flatten().tolist() == [0, 1, 2]
        assert found.var is None
        assert [view["a"][1].shape[0] for view in found.members] == [3, 3]
