"""What a worker does with one item: result, error and warnings, on one thread of torch."""

from __future__ import annotations

import sys
from functools import partial
from multiprocessing.reduction import ForkingPickler
from types import MappingProxyType

import pytest

from locuscope.errors import DataWarning, OutOfBoundsError, WorkerError
from locuscope.inference.worker_process import Outcome, outcome_of
from tests.inference import worker_tasks as tasks


def test_an_outcome_says_warnings_once_and_raises_its_error():
    said = set()
    outcome = outcome_of(tasks.warn, 2)
    with pytest.warns(DataWarning) as caught:
        assert [outcome.take(said), outcome.take(said)] == [2, 2]
    assert len(caught) == 2
    with pytest.raises(OutOfBoundsError):
        outcome_of(tasks.fail_at_three, 3).take(said)
    assert Outcome(5).take(said) == 5


def test_work_runs_on_one_thread_and_leaves_the_number_as_it_was():
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        assert outcome_of(partial(tasks.with_facts, {"scale": 1}), 0).result[3] == 1
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_without_torch_nothing_loads_it(monkeypatch):
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    assert outcome_of(partial(tasks.with_facts, {"scale": 1}), 0).result[3] is None


def test_read_only_mappings_are_packed_and_come_back_read_only():
    proxy = MappingProxyType({"a": 1, "b": MappingProxyType({"c": 2})})
    found = ForkingPickler.loads(ForkingPickler.dumps(proxy))
    assert found == proxy
    assert (type(found), type(found["b"])) == (MappingProxyType, MappingProxyType)


def test_errors_travel_with_their_fields_or_in_words():
    error = outcome_of(tasks.fail_at_three, 3).error
    again = ForkingPickler.loads(ForkingPickler.dumps(error))
    assert (type(again), str(again), again.interval) == (
        OutOfBoundsError,
        "three is outside",
        ("20", 3, 4),
    )
    odd = outcome_of(tasks.fail_oddly, 1).error
    assert type(odd) is WorkerError
    assert "OddError: ('odd', 'error')" in str(odd)
