"""Where the parts of a long call are worked on: this process, others, or what the caller brings.

A verb that is cut into parts asks `executor_of` and maps a function over its parts; it neither
knows nor cares where that happens. Results come in the order of the parts.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from locuscope.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

    from locuscope.inference.run import Run

Item = TypeVar("Item")
Result = TypeVar("Result")


class Executor(Protocol):
    """Whatever can apply a function to many items, elsewhere or here."""

    def map(
        self,
        work: Callable[[Item], Result],
        items: Iterable[Item],
        *,
        describe: Callable[[Item], str] | None = None,
    ) -> Generator[Result]:
        """Give `work(item)` of every item, in order, reading a few items ahead at most.

        Args:
            work: a function of a module, or a `functools.partial` of one; everything bound in it
                (a model, a genome) travels once per worker.
            items: what is worked on.
            describe: names an item in errors about a worker.

        Raises:
            WorkerError: a worker ended or fell silent.
        """


class ThisProcess:
    """One item after the other, here."""

    def map(
        self,
        work: Callable[[Item], Result],
        items: Iterable[Item],
        *,
        describe: Callable[[Item], str] | None = None,  # noqa: ARG002 - nobody can get lost here
    ) -> Generator[Result]:
        """See `Executor.map`."""
        return (work(item) for item in items)


_CHOSEN: ContextVar[Executor | None] = ContextVar("locuscope_executor", default=None)


@contextmanager
def working_on(executor: Executor) -> Iterator[None]:
    """Let the verbs called inside work on `executor`, whatever their `Run` says.

    >>> from locuscope.inference.run import Run
    >>> with working_on(ThisProcess()):
    ...     type(executor_of(Run())).__name__
    'ThisProcess'
    """
    token = _CHOSEN.set(executor)
    try:
        yield
    finally:
        _CHOSEN.reset(token)


def executor_of(run: Run) -> Executor:
    """The executor chosen by `working_on`, else what `run.workers` says.

    Raises:
        OptionError: both were chosen.
    """
    chosen: Any = _CHOSEN.get()
    if chosen is None:
        if run.workers == 1:
            return ThisProcess()
        from locuscope.inference.worker_pool import WorkerPool

        return WorkerPool(run.workers)
    if run.workers != 1:
        raise OptionError(
            f"workers={run.workers} has no effect on a cluster, which has the workers that it has; "
            "leave it out.",
            option="workers",
            value=run.workers,
            allowed=(1,),
        )
    executor: Executor = chosen
    return executor
