"""What a worker process does: take the work once, then items one by one, and answer each.

Messages to the worker: the work, then (number, item) pairs, then None. Messages from it, each a
tuple: ("ready",), ("unready", why), ("alive",), ("done", number, Outcome).
"""

from __future__ import annotations

import signal
import threading
import traceback
import warnings
from dataclasses import dataclass
from multiprocessing.reduction import ForkingPickler
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from locuscope.errors import LocuscopeError, WorkerError
from locuscope.genome.caller import warn_caller
from locuscope.inference.threads import one_thread

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

ALIVE_S = 5.0
"""Seconds between two signs of life."""


@dataclass(frozen=True)
class Outcome:
    """What became of an item: a result, or the error; and the warnings on the way."""

    result: Any = None
    error: BaseException | None = None
    warned: tuple[tuple[type[Warning], str], ...] = ()

    def take(self, said: set[tuple[type[Warning], str]]) -> Any:
        """Give the result, or raise the error; warnings that were not `said` yet come first."""
        for category, text in self.warned:
            if (category, text) not in said:
                said.add((category, text))
                warn_caller(text, category)
        if self.error is not None:
            raise self.error
        return self.result


def _open_proxy(content: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(content)


def _reduce_proxy(proxy: MappingProxyType[Any, Any]) -> tuple[Any, ...]:
    return _open_proxy, (dict(proxy),)


# Read-only mappings are how nouns keep their tables; Python has no way of its own to send them.
ForkingPickler.register(MappingProxyType, _reduce_proxy)


def outcome_of(work: Callable[[Any], Any], item: Any) -> Outcome:
    """Work on one item on one thread of torch; warnings and errors are kept, not shown."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            with one_thread():
                outcome = Outcome(work(item))
        except Exception as error:  # noqa: BLE001 - it travels to the caller, who raises it
            outcome = Outcome(error=_sendable(error))
    warned = tuple((warning.category, str(warning.message)) for warning in caught)
    return Outcome(outcome.result, outcome.error, tuple(dict.fromkeys(warned)))


def _sendable(error: Exception) -> Exception:
    """The error itself where it survives the way, else one that tells what it was."""
    trace = "".join(traceback.format_tb(error.__traceback__)[-3:])
    try:
        ForkingPickler.loads(ForkingPickler.dumps(error))
    except Exception:  # noqa: BLE001 - classes of the caller may refuse in any way
        error = WorkerError(
            f"a worker process failed: {type(error).__name__}: {error}.", region=None, worker=None
        )
    if not isinstance(error, LocuscopeError):
        error.add_note(f"in a worker process:\n{trace}")
    return error


def serve(connection: Connection) -> None:
    """Answer until there is no more to do, or nobody to answer."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the caller's process decides what ends
    lock = threading.Lock()

    def send(*message: object) -> None:
        with lock:
            connection.send(message)

    try:
        try:
            work = connection.recv()
        except EOFError:
            return
        except Exception as error:  # noqa: BLE001 - the caller is told in words
            send("unready", f"{type(error).__name__}: {error}")
            return
        threading.Thread(target=_give_signs, args=(send,), daemon=True).start()
        send("ready")
        while (order := connection.recv()) is not None:
            number, item = order
            outcome = outcome_of(work, item)
            try:
                send("done", number, outcome)
            except (TypeError, AttributeError, ValueError) as error:
                failure = WorkerError(
                    f"a result of type {type(outcome.result).__name__} cannot be sent ({error}).",
                    region=None,
                    worker=None,
                )
                send("done", number, Outcome(error=failure))
    except (EOFError, OSError):
        return  # the caller is gone


def _give_signs(send: Callable[[str], None]) -> None:
    pause = threading.Event()
    while not pause.wait(ALIVE_S):
        try:
            send("alive")
        except OSError:
            return
