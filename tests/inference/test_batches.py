"""Batches: any size gives the same, full memory halves them, broken answers are named."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from locuscope.errors import (
    DataWarning,
    DeviceMemoryError,
    MemoryBackoffWarning,
    ModelError,
    NonFiniteError,
    OptionError,
    ShapeError,
)
from locuscope.genome.interval import Interval
from locuscope.inference.batches import Examples, held, run_batches
from locuscope.inference.ensemble import Ensemble
from locuscope.inference.predict import predict
from locuscope.inference.run import Run
from locuscope.inference.selection import choose
from tests.oracles import predict_oracle as oracle


class TestBatches:
    @pytest.mark.parametrize("batch_size", [1, 3, 64, "auto"])
    def test_the_batch_size_does_not_matter(self, bases, contig, batch_size):
        where = [contig[i : i + 40] for i in range(0, 70, 10)]
        bases.module.calls.clear()
        values = predict(bases, where, batch_size=batch_size).signal[1].tensor
        expected = torch.cat([predict(bases, [text]).signal[1].tensor for text in where])
        assert (values - expected).abs().max() <= 2e-6
        if batch_size in (1, 3):
            assert bases.module.calls[: -len(where)] == [3, 3, 1] if batch_size == 3 else [1] * 7

    @pytest.mark.parametrize("largest", [1, 2, 5])
    def test_out_of_memory_halves_the_batch_and_says_so_once(self, bases, contig, largest):
        where = [contig[i : i + 40] for i in range(0, 200, 10)]
        expected = predict(bases, where, batch_size=20).signal[1].tensor
        bases.module.largest_batch = largest
        with pytest.warns(MemoryBackoffWarning, match="the batch of 16 was halved to") as caught:
            values = predict(bases, where, batch_size=16).signal[1].tensor
        assert len(caught) == 1
        assert (values - expected).abs().max() <= 2e-6

    def test_out_of_memory_at_one_is_a_typed_error(self, bases, contig):
        bases.module.largest_batch = 0
        with pytest.raises(
            DeviceMemoryError, match="does not fit into the memory of cpu"
        ) as caught:
            predict(bases, [contig[:40]] * 4, batch_size=4, device="cpu")
        assert (caught.value.window_bp, caught.value.tracks, caught.value.batch_size) == (40, 3, 1)
        assert isinstance(caught.value, MemoryError)
        bases.module.largest_batch = None
        assert predict(bases, [contig[:40]]).signal[1].num_tracks == 3

    def test_host_memory_errors_count_too_and_others_do_not(self, bases, contig, monkeypatch):
        words = iter(["DefaultCPUAllocator: can't allocate memory: you tried", None, None])

        def forward(x):
            text = next(words)
            if text:
                raise RuntimeError(text)
            return x[:, :3, 5:-5].transpose(1, 2)

        monkeypatch.setattr(bases.module, "forward", forward)
        with pytest.warns(MemoryBackoffWarning, match="batch of 2 was halved to 1"):
            predict(bases, [contig[:40]] * 2, batch_size=2)
        monkeypatch.setattr(bases.module, "forward", lambda x: x @ x)
        with pytest.raises(RuntimeError, match=r"size|shape"):
            predict(bases, [contig[:40]])

    def test_the_module_is_left_as_it_was(self, bases, contig):
        bases.module.train()
        bases.module.conv.eval()
        first = predict(bases, [contig[:40]]).signal[1].tensor
        assert torch.equal(predict(bases, [contig[:40]]).signal[1].tensor, first)
        assert (bases.module.training, bases.module.dropout.training) == (True, True)
        assert bases.module.conv.training is False
        bases.module.largest_batch = 0
        with pytest.raises(DeviceMemoryError):
            predict(bases, [contig[:40]])
        assert bases.module.dropout.training is True
        assert torch.is_grad_enabled()
        assert all(parameter.requires_grad for parameter in bases.module.parameters())

    def test_shortcuts_and_nouns_are_the_same(self, bases, contig):
        with pytest.raises(OptionError, match="batch_size=2 and run"):
            predict(bases, [contig[:40]], run=Run(batch_size=3), batch_size=2)
        with pytest.raises(OptionError, match="rc=False and ensemble"):
            predict(bases, [contig[:40]], ensemble=Ensemble(rc=True), rc=False)
        with pytest.raises(OptionError, match="'toaster'"):
            predict(bases, [contig[:40]], device="toaster")

    @pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
    def test_a_gpu_gives_the_same_and_is_given_back(self, bases, contig):
        where = [contig[i : i + 40] for i in range(0, 70, 10)]
        expected = predict(bases, where, device="cpu").signal[1].tensor
        before = torch.cuda.memory_allocated()
        values = predict(bases, where, device="cuda", rc=False).signal[1].tensor
        assert (values - expected).abs().max() <= 1e-5
        assert values.device.type == "cpu"
        assert next(bases.module.parameters()).device.type == "cpu"
        assert torch.cuda.memory_allocated() == before


class TestBrokenModels:
    def test_nan_is_kept_and_counted(self, bases, contig):
        with torch.no_grad():
            bases.module.conv.bias[1] = float("nan")
        where = [contig[:40], contig[40:80]]
        with pytest.warns(
            DataWarning, match=r"NaN or Inf: 60 in 'signal'; the first is in example 0"
        ):
            values = predict(bases, where).signal[1].tensor
        assert values.isnan().sum() == 60
        with pytest.raises(NonFiniteError, match="60 in 'signal'") as caught:
            predict(bases, where, on_nonfinite="raise")
        assert (caught.value.count, caught.value.first) == (60, 0)
        with pytest.raises(OptionError, match="on_nonfinite is 'ignore'"):
            predict(bases, where, on_nonfinite="ignore")

    def test_the_place_of_the_first_nan_is_named(self, bases, genome):
        with torch.no_grad():
            bases.module.conv.bias[1] = float("inf")
            bases.module.conv.weight[1] = float("-inf")
        with pytest.warns(DataWarning, match="the first is in 1:101-120"):
            predict(bases, Interval("1", 100, 120), genome)

    @pytest.mark.parametrize(
        "answer",
        [
            {},
            {"signal": {}},
            {"signal": {1: torch.zeros(1, 29, 3)}},
            {"signal": {1: torch.zeros(1, 30, 2)}},
        ],
    )
    def test_an_answer_of_another_shape(self, bases, contig, answer):
        class Broken:
            def __getattr__(self, name):
                return getattr(bases, name)

            def run(self, x, **options):
                return answer

        with pytest.raises(ModelError, match="'signal'"):
            predict(Broken(), [contig[:40]])

    def test_several_inputs_are_refused(self, bases, contig):
        class Two:
            inputs = (1, 2)

            def __getattr__(self, name):
                return getattr(bases, name)

        with pytest.raises(OptionError, match="bases reads 2 inputs"):
            predict(Two(), [contig[:40]])


def test_batches_can_be_cut_while_they_are_made(bases, contig):
    """The bins outside the cut are never stored."""
    x = np.stack([oracle.one_hot(contig[:40])]).astype(np.uint8)
    choices = choose(bases, tracks=["two"])
    values = run_batches(
        bases,
        Examples(1, 40, lambda i, j: x[i:j]),
        choices,
        ensemble=Ensemble(),
        run=Run(),
        cut=lambda choice, key: slice(3, 7),
    )
    whole = predict(bases, x).signal[1].tensor
    assert torch.equal(values["signal"][1], whole[:, 3:7, 1:2])


def on_cpu(batch_size="auto"):
    return {"ensemble": Ensemble(), "run": Run(device="cpu", batch_size=batch_size)}


class TestRunBatches:
    """The loop itself, fed by hand."""

    @staticmethod
    def examples(contig, count=7, width=40):
        x = np.stack([oracle.one_hot(contig[10 * i : 10 * i + width]) for i in range(count)])
        asked = []

        def fetch(first, stop):
            asked.append((first, stop))
            return x[first:stop].astype(np.uint8)

        return Examples(count, width, fetch, lambda index: f"window {index}"), asked

    def test_examples_are_fetched_once_and_in_order(self, bases, contig):
        examples, asked = self.examples(contig)
        run_batches(bases, examples, choose(bases), **on_cpu(3))
        assert asked == [(0, 3), (3, 6), (6, 7)]

    def test_after_memory_ran_out_only_the_failed_batch_is_fetched_again(self, bases, contig):
        examples, asked = self.examples(contig)
        bases.module.largest_batch = 2
        with pytest.warns(MemoryBackoffWarning, match="memory ran out on cpu: the batch of 4"):
            run_batches(
                bases,
                examples,
                choose(bases),
                **on_cpu(4),
            )
        assert asked == [(0, 4), (0, 2), (2, 4), (4, 6), (6, 7)]

    def test_both_strands_are_averaged(self, bases, contig):
        examples, _ = self.examples(contig)
        options = {"choices": choose(bases), "run": Run(device="cpu", batch_size=3)}
        both = run_batches(bases, examples, ensemble=Ensemble(rc=True), **options)["signal"][1]
        one = run_batches(bases, examples, ensemble=Ensemble(), **options)["signal"][1]
        turned = Examples(
            examples.count,
            examples.width_bp,
            lambda first, stop: np.ascontiguousarray(examples.fetch(first, stop)[:, ::-1, ::-1]),
        )
        other = run_batches(bases, turned, ensemble=Ensemble(), **options)["signal"][1]
        expected = (one + other.flip(1)[..., [1, 0, 2]]) / 2
        assert (both - expected).abs().max() <= 1e-6

    def test_heads_and_keys_that_come_back(self, bins, contig):
        examples, _ = self.examples(contig, width=32)
        choices = choose(bins, tracks=["cov:1", "total:0"])
        values = run_batches(bins, examples, choices, **on_cpu(2))
        shapes = {
            (name, key): tuple(tensor.shape)
            for name, by_key in values.items()
            for key, tensor in by_key.items()
        }
        assert shapes == {("cov", 1): (7, 32, 1), ("cov", 4): (7, 8, 1), ("total", 0): (7, 1, 1)}
        assert {t.dtype for by_key in values.values() for t in by_key.values()} == {torch.float32}

    def test_nothing_runs_when_the_call_cannot_work(self, bins, contig):
        examples, asked = self.examples(contig, width=31)
        with pytest.raises(ShapeError, match="31"):
            run_batches(bins, examples, choose(bins), **on_cpu())
        assert asked == []

    def test_a_bad_number_names_its_example(self, bases, contig):
        examples, _ = self.examples(contig)

        def broken(first, stop):
            batch = examples.fetch(first, stop).astype(np.float32)
            batch[[k for k in range(stop - first) if first + k in (4, 5)]] = np.nan
            return batch

        faulty = Examples(7, 40, broken, examples.label)
        with pytest.warns(DataWarning, match="180 in 'signal'; the first is in window 4"):
            run_batches(
                bases,
                faulty,
                choose(bases),
                **on_cpu(3),
            )
        with pytest.raises(NonFiniteError, match="window 4") as caught:
            run_batches(
                bases,
                faulty,
                choose(bases),
                **on_cpu(3),
                on_nonfinite="raise",
            )
        assert (caught.value.first, caught.value.where) == (4, "window 4")

    def test_no_gradient_is_kept(self, bases, contig):
        examples, _ = self.examples(contig)
        values = run_batches(bases, examples, choose(bases), **on_cpu())
        assert not values["signal"][1].requires_grad
        assert all(parameter.grad is None for parameter in bases.module.parameters())


def test_networks_are_held_in_evaluation_mode_and_given_back(bases):
    bases.module.train()
    with held(bases, torch.device("cpu")):
        assert not bases.module.training
        assert not bases.module.dropout.training
    assert bases.module.training
    with pytest.raises(KeyError), held(bases, torch.device("cpu")):
        raise KeyError
    assert bases.module.dropout.training


def test_a_model_without_attributes_is_held_too():
    class Bare:
        __slots__ = ()

    with held(Bare(), torch.device("cpu")):
        pass
