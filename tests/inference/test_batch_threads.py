"""Batches side by side: the same numbers, in order, and torch's threads as before."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch
from torch import nn

from locuscope.errors import DeviceMemoryError, MemoryBackoffWarning, NonFiniteError
from locuscope.genome.interval import Interval
from locuscope.inference import batches
from locuscope.inference.batch_threads import SMALL_MACS, SmallNetwork, side_by_side
from locuscope.inference.ensemble import Ensemble
from locuscope.inference.predict import predict
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec


@pytest.fixture(autouse=True)
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    assert torch.get_num_threads() == 2
    torch.set_num_threads(before)


class Told(nn.Module):
    """Notes the threads that it ran on, where nobody looks for state."""

    seen: set[tuple[int, int]] = set()

    def __init__(self, keeps=None):
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv1d(4, 2, 5, padding=2)
        self.keeps = keeps
        self.last = None
        self.register_buffer("count", torch.zeros(1))
        self.notes = []

    def forward(self, x):
        Told.seen.add((threading.get_ident(), torch.get_num_threads()))
        if self.keeps == "attribute":
            self.last = x
        elif self.keeps == "buffer":
            self.count += 1
        elif self.keeps == "list":
            self.notes.append(len(x))
        return self.conv(x).transpose(1, 2)


def model_of(network):
    Told.seen.clear()
    model = wrap(network, heads=HeadSpec("a", (1,), 2), window_bp=24, name="told")
    Told.seen.clear()
    return model


def texts(n):
    letters = np.random.default_rng(0).choice(list("ACGT"), (n, 24))
    return ["".join(row) for row in letters]


class TestPredict:
    @pytest.mark.parametrize("n", [5, 12, 13])
    def test_the_numbers_are_those_of_one_thread(self, n):
        model = model_of(Told())
        options = {"ensemble": Ensemble(rc=True, shifts=(0, 2)), "return_var": True}
        many = predict(model, texts(n), batch_size=2, return_all=True, **options)
        others = {ident for ident, _ in Told.seen} - {threading.get_ident()}
        assert 1 <= len(others) <= 2
        assert {k for ident, k in Told.seen if ident in others} == {1}
        torch.set_num_threads(1)
        Told.seen.clear()
        one = predict(model, texts(n), batch_size=2, return_all=True, **options)
        assert {ident for ident, _ in Told.seen} == {threading.get_ident()}
        torch.set_num_threads(2)
        for name in ("mean", "var"):
            torch.testing.assert_close(
                getattr(many, name).a[1].tensor,
                getattr(one, name).a[1].tensor,
                equal_nan=True,
                atol=2e-6,
                rtol=0,
            )
        torch.testing.assert_close(
            many.stacked("a"), one.stacked("a"), equal_nan=True, atol=2e-6, rtol=0
        )

    @pytest.mark.parametrize("keeps", ["attribute", "buffer", "list"])
    def test_a_network_that_keeps_something_stays_on_its_thread(self, keeps):
        predict(model_of(Told(keeps)), texts(9), batch_size=2)
        assert {ident for ident, _ in Told.seen} == {threading.get_ident()}

    def test_a_large_network_keeps_the_threads_of_torch(self, monkeypatch):
        model = model_of(Told())
        monkeypatch.setattr("locuscope.inference.batch_threads.SMALL_MACS", 10)
        predict(model, texts(9), batch_size=2)
        assert Told.seen == {(threading.get_ident(), 2)}

    def test_few_batches_are_not_worth_it(self):
        model = model_of(Told())
        predict(model, texts(4), batch_size=2)
        assert {ident for ident, _ in Told.seen} == {threading.get_ident()}

    def test_places_are_read_by_one_thread(self, bases, genome):
        places = [Interval("1", start, start + 20) for start in range(20, 500, 31)]
        many = predict(bases, places, genome, batch_size=3).signal[1].tensor
        torch.set_num_threads(1)
        one = predict(bases, places, genome, batch_size=3).signal[1].tensor
        torch.set_num_threads(2)
        torch.testing.assert_close(many, one, atol=2e-6, rtol=0)

    def test_memory_that_runs_out_on_the_way(self):
        class Tight(Told):
            """The first batch fits, later ones of that size do not."""

            passed = 0

            def forward(self, x):
                Tight.passed += 1
                if len(x) > 1 and Tight.passed > 3:
                    raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
                return super().forward(x)

        model = model_of(Tight())
        Tight.passed = 0
        expected = predict(model_of(Told()), texts(11)).a[1].tensor
        with pytest.warns(MemoryBackoffWarning, match="batch of 2 was halved to 1"):
            found = predict(model, texts(11), batch_size=2).a[1].tensor
        torch.testing.assert_close(found, expected, atol=2e-6, rtol=0)

        class Never(Told):
            def forward(self, x):
                if torch.get_num_threads() == 1:
                    raise MemoryError
                return super().forward(x)

        with pytest.raises(DeviceMemoryError):
            predict(model_of(Never()), texts(5), batch_size=1)

    def test_errors_come_out_and_nothing_stays_behind(self):
        class Breaks(Told):
            def forward(self, x):
                answer = super().forward(x)
                return answer * torch.nan if bool(x[:, 0, 0].any()) else answer

        model = model_of(Breaks())
        some = ["C" * 24] * 6 + ["A" * 24] + ["C" * 24] * 9
        before = threading.active_count()
        with pytest.raises(NonFiniteError, match="example 6"):
            predict(model, some, batch_size=1, on_nonfinite="raise")
        assert threading.active_count() == before

    def test_samples_of_dropout_run_one_after_the_other(self):
        network = nn.Sequential(Told(), nn.Dropout(0.5))
        model = model_of(network)
        predict(model, texts(9), batch_size=2, ensemble=Ensemble(mc_samples=2))
        assert {ident for ident, _ in Told.seen} == {threading.get_ident()}

    def test_progress_is_told_in_order(self):
        told = []
        examples = batches.Examples(9, 24, lambda i, j: _bases()[i:j])
        model = model_of(Told())
        from locuscope.inference.run import Run
        from locuscope.inference.selection import choose

        batches.run_views(
            model,
            examples,
            choose(model),
            ensemble=Ensemble(),
            run=Run(batch_size=2),
            on_done=told.append,
        )
        assert told == [2, 4, 6, 8, 9]


def _bases():
    from locuscope.genome.sequence import one_hot

    return one_hot(texts(9))


class TestSideBySide:
    def test_results_come_in_order(self):
        assert list(side_by_side(lambda item: item * item, range(20), 3)) == [
            item * item for item in range(20)
        ]

    def test_items_are_read_a_few_ahead(self):
        read = []

        def items():
            for item in range(20):
                read.append(item)
                yield item

        found = side_by_side(abs, items(), 2)
        assert next(found) == 0
        assert len(read) <= 4
        found.close()
        assert len(read) <= 4

    def test_an_error_of_the_work_is_raised_in_its_turn(self):
        found = side_by_side(lambda item: 1 // item, [1, 0, 1], 2)
        assert next(found) == 1
        with pytest.raises(ZeroDivisionError):
            next(found)


class TestSmall:
    def test_work_is_counted(self):
        network = nn.Conv1d(4, 8, 3, padding=1)
        watch = SmallNetwork(network)
        with watch.watched():
            network(torch.zeros(2, 4, 50))
        assert watch.macs == 2 * 50 * 8 * 4 * 3
        assert watch.is_small

    def test_a_model_without_modules_is_left_alone(self, pairs):
        watch = SmallNetwork(pairs)
        with watch.watched():
            pairs.run(torch.zeros(1, 4, 8))
        assert not watch.is_small

    def test_much_work_is_not_small(self):
        network = nn.Linear(1 << 10, 1 << 10, bias=False)
        watch = SmallNetwork(network)
        with torch.device("meta"):
            wide = nn.Linear(1 << 16, 1 << 16, bias=False)
            x = torch.zeros(1, 1 << 16)
        with watch.watched():
            wide(x)
        assert watch.macs == 1 << 32
        assert watch.macs > SMALL_MACS
        assert not watch.is_small
