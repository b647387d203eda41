"""Which executor a run gets, and what an executor in this process does."""

from __future__ import annotations

import pytest

from locuscope.errors import OptionError
from locuscope.inference.executors import ThisProcess, executor_of, working_on
from locuscope.inference.run import Run
from locuscope.inference.worker_pool import WorkerPool
from tests.inference.worker_tasks import double, fail_at_three


def test_workers_decide():
    assert isinstance(executor_of(Run()), ThisProcess)
    pool = executor_of(Run(workers=3.0))
    assert isinstance(pool, WorkerPool)
    assert pool.workers == 3


def test_a_chosen_executor_comes_first_and_only_inside():
    chosen = ThisProcess()
    with working_on(chosen):
        assert executor_of(Run()) is chosen
        with pytest.raises(OptionError, match="workers=2 has no effect on a cluster"):
            executor_of(Run(workers=2))
    assert executor_of(Run()) is not chosen
    with pytest.raises(ZeroDivisionError), working_on(chosen):
        _ = 1 // 0
    assert executor_of(Run()) is not chosen


def test_this_process_works_one_by_one_and_in_order():
    read = []

    def items():
        for number in range(4):
            read.append(number)
            yield number

    results = ThisProcess().map(double, items())
    assert next(results) == 0
    assert read == [0]
    assert list(results) == [2, 4, 6]
    with pytest.raises(IndexError, match="three"):
        list(ThisProcess().map(fail_at_three, range(5)))
