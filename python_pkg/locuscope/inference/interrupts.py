"""An interrupt that Python swallowed: kept in mind, and raised at the next chance.

`KeyboardInterrupt` is raised wherever the main thread happens to be. Inside a finalizer or the
callback of a weak reference it is printed and lost, and a long call would go on as if nobody had
pressed Ctrl-C.
"""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import FrameType, TracebackType


class Interrupts:
    """Remembers interrupts while it is open, where they mean `KeyboardInterrupt`.

    Handlers of the caller's own are left alone, and so are other threads, which get no signals.
    """

    def __init__(self) -> None:
        self._is_seen = False
        self._is_listening = False

    def check(self) -> None:
        """Raise `KeyboardInterrupt` when one came since this was opened."""
        if self._is_seen:
            raise KeyboardInterrupt

    def __enter__(self) -> Self:
        is_main = threading.current_thread() is threading.main_thread()
        if is_main and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._take)
            self._is_listening = True
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._is_listening and signal.getsignal(signal.SIGINT) == self._take:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        self._is_listening = False

    def _take(self, number: int, frame: FrameType | None) -> None:
        self._is_seen = True
        signal.default_int_handler(number, frame)
