"""Worker processes: order, what travels, what is said; and every way in which one can be lost."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from functools import partial
from pathlib import Path
from types import MappingProxyType

import pytest

from locuscope.errors import DataWarning, OptionError, OutOfBoundsError, WorkerError, WrongTypeError
from locuscope.inference import worker_pool
from locuscope.inference.worker_pool import WorkerPool
from tests.inference import worker_tasks as tasks


@pytest.fixture(autouse=True)
def _no_process_is_left():
    yield
    assert multiprocessing.active_children() == []


def collect(results, given):
    """Put results into `given` one by one, so that those before an error stay."""
    for result in results:
        given.append(result)


def test_results_come_in_order_from_two_processes():
    facts = MappingProxyType({"scale": 5})
    found = list(WorkerPool(2).map(partial(tasks.with_facts, facts), range(40)))
    assert [(number, scale) for number, scale, *_ in found] == [(k, 5) for k in range(40)]
    processes = {process for _, _, process, _ in found}
    assert len(processes) == 2
    assert os.getpid() not in processes


def test_slow_items_hold_up_no_others_and_few_are_read_ahead():
    read = []

    def items():
        for number in range(10):
            read.append(number)
            yield number

    results = WorkerPool(2).map(tasks.slow_when_even, items())
    assert next(results) == 0
    assert len(read) <= 5
    assert list(results) == list(range(1, 10))


def test_one_item_or_none_needs_no_process():
    assert list(WorkerPool(4).map(tasks.double, [])) == []
    assert list(WorkerPool(4).map(tasks.double, [21])) == [42]
    assert list(WorkerPool(4).map(lambda number: number + 1, [21])) == [22]


def test_warnings_are_said_once_in_the_caller():
    with pytest.warns(DataWarning) as caught:
        assert list(WorkerPool(2).map(tasks.warn, range(6))) == list(range(6))
    texts = sorted(str(warning.message) for warning in caught)
    assert texts == ["every part says this", "part two says this"]
    assert {warning.filename for warning in caught} == {__file__}


def test_an_error_keeps_its_class_and_fields_and_comes_in_its_turn():
    given = []
    with pytest.raises(OutOfBoundsError, match="three is outside") as caught:
        collect(WorkerPool(2).map(tasks.fail_at_three, range(9)), given)
    assert given == [0, 1, 2]
    assert (caught.value.interval, caught.value.contig_length) == (("20", 3, 4), 2)


def test_other_errors_tell_where_they_were_raised():
    with pytest.raises(ZeroDivisionError) as caught:
        list(WorkerPool(2).map(tasks.fail_plainly, [1, 0]))
    assert "in a worker process" in caught.value.__notes__[0]
    assert "fail_plainly" in caught.value.__notes__[0]
    with pytest.raises(WorkerError, match=r"OddError: \('odd', 'error'\)"):
        list(WorkerPool(2).map(tasks.fail_oddly, [0, 1]))
    with pytest.raises(WorkerError, match="a result of type lock cannot be sent"):
        list(WorkerPool(2).map(tasks.give_lock, [0, 1]))


def test_an_error_of_the_source_comes_after_what_was_read_before():
    def items():
        yield from range(5)
        message = "the file ends early"
        raise OSError(message)

    given = []
    with pytest.raises(OSError, match="the file ends early"):
        collect(WorkerPool(2).map(tasks.double, items()), given)
    assert given == [0, 2, 4, 6, 8]


def test_mappings_come_back_read_only():
    found = list(WorkerPool(2).map(tasks.echo_proxy, range(2)))
    assert [dict(proxy) for proxy in found] == [{"number": 0}, {"number": 1}]
    assert {type(proxy) for proxy in found} == {MappingProxyType}


@pytest.mark.fault("J11")
@pytest.mark.parametrize(
    ("work", "how"),
    [
        (tasks.die_at_three, r"was ended by signal 9 \(out of memory\?\)"),
        (tasks.leave_at_three, "ended with code 7"),
    ],
)
def test_a_worker_that_ends_is_told_with_what_it_worked_on(work, how):
    given = []
    began = time.monotonic()
    with pytest.raises(WorkerError, match=f"{how} while it worked on item 3") as caught:
        collect(WorkerPool(2).map(work, range(9), describe=lambda k: f"item {k}"), given)
    assert given == [0, 1, 2]
    assert caught.value.region == "item 3"
    assert caught.value.worker > 0
    assert time.monotonic() - began < 30


@pytest.mark.fault("J11")
def test_a_worker_that_falls_silent_is_given_up(monkeypatch):
    monkeypatch.setattr(worker_pool, "SILENT_S", 1.0)
    with pytest.raises(WorkerError, match="gave no sign of life for 1 s while it worked on item 1"):
        list(WorkerPool(2).map(tasks.stop_at_one, [1, 1], describe=lambda k: f"item {k}"))


@pytest.fixture
def _interruptible():
    """As in a terminal; a program started in the background ignores interrupts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.fault("J1")
@pytest.mark.usefixtures("_interruptible")
def test_an_interrupt_ends_all_workers_within_two_seconds():
    results = WorkerPool(2).map(tasks.sleep_long, range(4))
    timer = threading.Timer(1.5, signal.raise_signal, [signal.SIGINT])
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        next(results)
    began = time.monotonic()
    results.close()
    assert multiprocessing.active_children() == []
    assert time.monotonic() - began < 2


def test_results_that_nobody_wants_end_the_workers():
    results = WorkerPool(2).map(tasks.double, range(100))
    assert next(results) == 0
    results.close()
    assert multiprocessing.active_children() == []


def test_what_cannot_be_sent_is_refused_in_words():
    with pytest.raises(OptionError, match="must be defined in a module") as caught:
        list(WorkerPool(2).map(lambda number: number, range(4)))
    assert caught.value.option == "workers"
    with pytest.raises(WorkerError, match=r"cannot rebuild the model.*it lives elsewhere"):
        list(WorkerPool(2).map(tasks.OnlyHere(os.getpid()), range(4)))


def test_a_script_without_its_guard_is_told(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent(
            """
            from locuscope.inference.worker_pool import WorkerPool

            def double(number):
                return 2 * number

            print(list(WorkerPool(2).map(double, range(4))))
            """
        )
    )
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "needs `if __name__ == '__main__':` round its calls" in done.stderr


@pytest.mark.fault("J2")
def test_workers_do_not_outlive_a_caller_that_is_killed(tmp_path):
    code = """
        import os, signal
        from functools import partial
        from types import MappingProxyType
        from locuscope.inference.worker_pool import WorkerPool
        from tests.inference.worker_tasks import with_facts

        if __name__ == "__main__":
            work = partial(with_facts, MappingProxyType({"scale": 1}))
            results = WorkerPool(2).map(work, range(100))
            print(next(results)[2], next(results)[2], flush=True)
            os.kill(os.getpid(), signal.SIGKILL)
    """
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(code))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, script],
        capture_output=True,
        text=True,
        timeout=60,
        env=environment,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    workers = {int(word) for word in done.stdout.split()}
    until = time.monotonic() + 10
    while any(_is_running(worker) for worker in workers) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(_is_running(worker) for worker in workers)


def _is_running(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{process}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.parametrize(("workers", "error"), [(0, OptionError), (-1, OptionError)])
def test_numbers_of_workers(workers, error):
    with pytest.raises(error, match=f"workers is {workers}"):
        WorkerPool(workers)
    with pytest.raises(WrongTypeError):
        WorkerPool(1.5)
