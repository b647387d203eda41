"""The same verbs on many machines: a `dask.distributed` client in front, the rest as ever.

Only the parts of a call travel. The job folder, its manifest and locks, resuming, progress and the
writing of results stay in the process that calls; the bytes are those of a run without a cluster.
"""

from __future__ import annotations

import threading
from functools import wraps
from inspect import Parameter, signature
from itertools import islice
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from locuscope.effects.mutation_map import mutation_map as _mutation_map
from locuscope.effects.variants import score_variants as _score_variants
from locuscope.errors import JobError, MissingExtraError, WorkerError, WrongTypeError
from locuscope.inference.executors import working_on
from locuscope.inference.worker_process import Outcome, outcome_of

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    from distributed import Client

Item = TypeVar("Item")
Result = TypeVar("Result")
Given = ParamSpec("Given")

__all__ = ["ClusterExecutor", "mutation_map", "score_variants"]

_AHEAD = 2  # parts per worker that are sent before their turn
_WAIT_S = 30.0
_ONE_AT_A_TIME = threading.Lock()


class ClusterExecutor:
    """Works on items with the workers of a client.

    The model and the genome go to each worker once, as one piece of data; a part is a task. A
    worker takes one part at a time, on one thread of torch: start it with `threads_per_worker=1`
    and as many workers as there are cores or GPUs.

    Args:
        client: a connected `distributed.Client`. Files that the call names (FASTA, BED) must be
            readable under the same path where the workers run.

    Raises:
        MissingExtraError: dask.distributed is not installed.
        WrongTypeError: no such client, or an asynchronous one.
    """

    def __init__(self, client: Client) -> None:
        distributed = _distributed()
        if not isinstance(client, distributed.Client) or client.asynchronous:
            raise WrongTypeError(
                "a dask.distributed Client that waits for results is needed (asynchronous=False); "
                f"got {client!r}.",
                argument="client",
                found=type(client).__name__,
                expected="distributed.Client",
            )
        self.client = client

    def map(
        self,
        work: Callable[[Item], Result],
        items: Iterable[Item],
        *,
        describe: Callable[[Item], str] | None = None,
    ) -> Generator[Result]:
        """See `locuscope.inference.executors.Executor.map`.

        Raises:
            WorkerError: workers were lost more often than the cluster allows.
            JobError: the cluster has no worker, or the connection to it ended.
        """
        orders: dict[str, tuple[int, str]] = {}
        done: dict[int, Outcome] = {}
        said: set[tuple[type[Warning], str]] = set()
        source = _Source(items)
        shared = self._share(work)
        completed = _distributed().as_completed()
        n_read = n_given = 0
        try:
            while True:
                room = _AHEAD * max(len(self.client.nthreads()), 1) - (n_read - n_given)
                for item in islice(source, max(room, 0)):
                    future = self.client.submit(_work_on, shared, item, pure=False)
                    orders[future.key] = n_read, "a part" if describe is None else describe(item)
                    completed.add(future)
                    n_read += 1
                if n_given == n_read:
                    break
                while n_given not in done:
                    future = next(completed)
                    number, name = orders.pop(future.key)
                    done[number] = _answer(future, name)
                yield done.pop(n_given).take(said)
                n_given += 1
        finally:
            self.client.cancel(list(completed.futures))
        if source.trouble is not None:
            raise source.trouble

    def _share(self, work: Callable[[Any], Any]) -> Any:
        """Bring the work to all workers."""
        try:
            self.client.wait_for_workers(1, timeout=_WAIT_S)
        except TimeoutError as error:
            raise JobError(
                f"the cluster {self.client.scheduler.address} has no worker after {_WAIT_S:.0f} s;",
                hint="client.wait_for_workers(n) waits longer, for a queue.",
                region=None,
                worker=None,
            ) from error
        try:
            return self.client.scatter(work, broadcast=True, hash=False)
        except (TypeError, AttributeError) as error:
            raise WrongTypeError(
                "a cluster needs a model, scores and a genome that can be sent to another machine; "
                f"these cannot: {type(error).__name__}: {error}.",
                argument="model",
                found=type(error).__name__,
                expected="a model that can be sent",
            ) from error


class _Source:
    """Items one by one; what their source raises is kept until the items before it are done."""

    def __init__(self, items: Iterable[Any]) -> None:
        self._items = iter(items)
        self.trouble: Exception | None = None

    def __iter__(self) -> _Source:
        return self

    def __next__(self) -> Any:
        if self.trouble is not None:
            raise StopIteration
        try:
            return next(self._items)
        except StopIteration:
            raise
        except Exception as error:  # noqa: BLE001 - raised by `map`, in its turn
            self.trouble = error
            raise StopIteration from None


def _work_on(work: Callable[[Any], Any], item: Any) -> Outcome:
    """What a task does, on a worker; models change their mode while they run, so one at a time."""
    with _ONE_AT_A_TIME:
        return outcome_of(work, item)


def _answer(future: Any, name: str) -> Outcome:
    """The outcome of a task; what the cluster itself did to it is an outcome too."""
    distributed = _distributed()
    try:
        outcome: Outcome = future.result()
    except distributed.scheduler.KilledWorker as error:
        lost = WorkerError(
            f"workers of the cluster ended while they held {name}: {error}",
            hint="the cause is that part or one that waited on the same worker; what was finished "
            "before is kept where out= is a job, and a smaller batch_size needs less memory.",
            region=name,
            worker=str(error.last_worker.address),
        )
        lost.__cause__ = error
        return Outcome(error=lost)
    except (distributed.client.FutureCancelledError, distributed.comm.CommClosedError) as error:
        gone = JobError(
            f"the cluster gave up {name} ({error});",
            hint="the same call again goes on where it stopped, where out= is a job.",
            region=name,
            worker=None,
        )
        gone.__cause__ = error
        return Outcome(error=gone)
    return outcome


def _distributed() -> Any:
    try:
        import distributed
    except ImportError as error:
        raise MissingExtraError(
            "working on a cluster needs dask.distributed:",
            hint="pip install 'locuscope[dask]'",
            extra="dask",
        ) from error
    return distributed


def _on_cluster(
    verb: Callable[Given, Result],
) -> Callable[Concatenate[Client, Given], Result]:
    """The verb with a client as its first argument."""

    @wraps(verb)
    def run(client: Client, /, *args: Given.args, **kwargs: Given.kwargs) -> Result:
        with working_on(ClusterExecutor(client)):
            return verb(*args, **kwargs)

    plain = signature(verb)
    first = Parameter("client", Parameter.POSITIONAL_ONLY, annotation="Client")
    run.__signature__ = plain.replace(  # type: ignore[attr-defined]
        parameters=[first, *plain.parameters.values()]
    )
    run.__doc__ = (
        f"`locuscope.{verb.__name__}` on the workers of a cluster: the client comes first, then "
        "the\n    arguments of that verb; `Run.workers` has no meaning here.\n\n"
        "    Raises:\n        MissingExtraError: dask.distributed is not installed.\n"
        "        WorkerError, JobError: as `ClusterExecutor.map`; a job can be resumed.\n    "
    )
    return run


mutation_map = _on_cluster(_mutation_map)
score_variants = _on_cluster(_score_variants)
