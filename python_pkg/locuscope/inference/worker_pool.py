"""Worker processes of one call: started anew, so that no thread of torch is copied half-way.

The model travels once per worker. A worker that ends or falls silent is an error that names what it
worked on; no worker outlives the call.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from itertools import chain, islice
from multiprocessing import connection as channels
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any, TypeVar

from locuscope.errors import OptionError, WorkerError
from locuscope.genome.interval import whole_number
from locuscope.inference.interrupts import Interrupts
from locuscope.inference.worker_process import Outcome, serve

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess

Item = TypeVar("Item")
Result = TypeVar("Result")

SILENT_S = 30.0
"""A worker that gives no sign of life for so long is lost."""
START_S = 120.0
"""How long a worker may take to start and to rebuild the model."""
_AHEAD = 2  # items per worker that are read before their turn
_STOP_S = 1.0


class WorkerPool:
    """Spawned processes that work on items side by side.

    Args:
        workers: how many, at least 1.

    >>> WorkerPool(2)
    WorkerPool(2)
    """

    def __init__(self, workers: int) -> None:
        self.workers = whole_number(workers, "workers")
        if self.workers < 1:
            raise OptionError(
                f"workers is {workers!r}; a whole number of at least 1 is needed.",
                option="workers",
                value=workers,
            )

    def __repr__(self) -> str:
        return f"WorkerPool({self.workers})"

    def map(
        self,
        work: Callable[[Item], Result],
        items: Iterable[Item],
        *,
        describe: Callable[[Item], str] | None = None,
    ) -> Generator[Result]:
        """See `Executor.map`. A single item is worked on in this process.

        Raises:
            WorkerError: a worker did not start, ended, or gave no sign of life for 30 s.
            OptionError: the model or a score cannot be sent to another process.
        """
        rest = iter(items)
        first = list(islice(rest, 2))
        if len(first) < 2:
            yield from map(work, first)
            return
        crew = _Crew(describe or (lambda _: "a part"))
        with crew.interrupts:
            try:
                crew.start(work, self.workers)
                yield from crew.run(chain(first, rest))
            finally:
                crew.stop()


@dataclass(eq=False)
class _Worker:
    process: SpawnProcess
    channel: Connection
    seen: float
    is_ready: bool = False
    number: int | None = None

    @property
    def is_idle(self) -> bool:
        return self.is_ready and self.number is None


@dataclass(eq=False)
class _Crew:
    """The workers of one call, and the items that are on their way."""

    describe: Callable[[Any], str]
    workers: list[_Worker] = field(default_factory=list)
    waiting: dict[int, Any] = field(default_factory=dict)
    done: dict[int, Outcome] = field(default_factory=dict)
    said: set[tuple[type[Warning], str]] = field(default_factory=set)
    interrupts: Interrupts = field(default_factory=Interrupts)

    def start(self, work: Callable[[Any], Any], n_workers: int) -> None:
        context = get_context("spawn")
        for _ in range(n_workers):
            ours, theirs = context.Pipe()
            process = context.Process(target=serve, args=(theirs,), daemon=True)
            self.workers.append(_Worker(process, ours, time.monotonic()))
            process.start()
            theirs.close()
        for worker in self.workers:
            self._send_work(worker, work)

    def _send_work(self, worker: _Worker, work: Callable[[Any], Any]) -> None:
        try:
            worker.channel.send(work)
        except (BrokenPipeError, ConnectionError):
            return  # it ended; `_listen` says how
        except Exception as error:  # whatever packing an object of the caller raises
            raise OptionError(
                f"workers={len(self.workers)} needs a model, scores and a genome that can be sent "
                f"to another process; these cannot: {type(error).__name__}: {error}. Functions "
                "must be defined in a module, not inside another function; workers=1 takes all.",
                option="workers",
                value=len(self.workers),
                allowed=(1,),
            ) from error

    def run(self, items: Iterator[Any]) -> Iterator[Any]:
        """Results in order. An error comes in its turn, after the results before it."""
        n_read = n_given = 0
        trouble: BaseException | None = None
        is_open = True
        while is_open or n_given < n_read:
            while is_open and n_read - n_given < _AHEAD * len(self.workers):
                try:
                    self.waiting[n_read] = next(items)
                    n_read += 1
                except StopIteration:
                    is_open = False
                except Exception as error:  # noqa: BLE001 - raised below, in its turn
                    is_open, trouble = False, error
            self._hand_out()
            self.interrupts.check()
            if n_given < n_read and n_given not in self.done:
                self._listen()
            while n_given in self.done:
                yield self.done.pop(n_given).take(self.said)
                n_given += 1
        if trouble is not None:
            raise trouble

    def _hand_out(self) -> None:
        fresh = sorted(self.waiting.keys() - {w.number for w in self.workers} - self.done.keys())
        for worker, number in zip([w for w in self.workers if w.is_idle], fresh, strict=False):
            worker.number, worker.seen = number, time.monotonic()
            try:
                worker.channel.send((number, self.waiting[number]))
            except OSError:
                continue  # it ended; `_listen` says how

    def _listen(self) -> None:
        """Take what workers say; give up those that ended or are silent."""
        handles = [worker.channel for worker in self.workers]
        ends = [worker.process.sentinel for worker in self.workers]
        heard = channels.wait([*handles, *ends], timeout=1.0)
        for worker in list(self.workers):
            if worker.channel in heard:
                self._read(worker)
            elif worker.process.sentinel in heard:
                self._lose(worker, _ending(worker))
            elif time.monotonic() - worker.seen > (SILENT_S if worker.is_ready else START_S):
                self._lose(worker, f"gave no sign of life for {SILENT_S:.0f} s")

    def _read(self, worker: _Worker) -> None:
        try:
            kind, *rest = worker.channel.recv()
        except (EOFError, OSError):
            self._lose(worker, _ending(worker))
            return
        worker.seen = time.monotonic()
        if kind == "ready":
            worker.is_ready = True
        elif kind == "unready":
            raise WorkerError(
                f"a worker process cannot rebuild the model or the scores ({rest[0]}).",
                hint="define them in a module that can be imported, not in a notebook or a script; "
                "or use workers=1.",
                region=None,
                worker=worker.process.pid,
            )
        elif kind == "done":
            number, outcome = rest
            worker.number = None
            self.done[number] = outcome
            del self.waiting[number]

    def _lose(self, worker: _Worker, how: str) -> None:
        """Take a worker out; what it worked on fails in its turn."""
        self.workers.remove(worker)
        _end(worker)
        number = worker.number
        if number is None:
            raise WorkerError(
                f"worker process {worker.process.pid} {how} before it had anything to do.",
                hint="a script that uses workers= needs `if __name__ == '__main__':` round its "
                "calls.",
                region=None,
                worker=worker.process.pid,
            )
        region = self.describe(self.waiting.pop(number))
        error = WorkerError(
            f"worker process {worker.process.pid} {how} while it worked on {region}.",
            hint="what was finished before is kept where out= is a job; fewer workers or a smaller "
            "batch_size need less memory.",
            region=region,
            worker=worker.process.pid,
        )
        self.done[number] = Outcome(error=error)

    def stop(self) -> None:
        """End all workers: a moment for those that are idle, none for the others."""
        for worker in self.workers:
            if worker.is_idle:
                try:
                    worker.channel.send(None)
                except OSError:
                    continue
        until = time.monotonic() + _STOP_S
        for worker in self.workers:
            if worker.is_idle:
                worker.process.join(max(until - time.monotonic(), 0))
            _end(worker)
        self.workers.clear()


def _end(worker: _Worker) -> None:
    if worker.process.is_alive():
        worker.process.kill()
    worker.process.join()
    worker.channel.close()


def _ending(worker: _Worker) -> str:
    worker.process.join(_STOP_S)
    code = worker.process.exitcode
    if code is not None and code < 0:
        return f"was ended by signal {-code}{' (out of memory?)' if code == -9 else ''}"
    return f"ended with code {code}"
