"""How far a long call is: a line in a terminal, a bar in a notebook, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any, Protocol, Self, TextIO, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    ProgressCall: TypeAlias = "Callable[[int, int | None, Mapping[str, int]], object]"

QUIET_S = 2.0
"""A call that ends sooner shows nothing, unless asked to."""

REDRAW_S = 0.25
PLAIN_S = 10.0
_WIDTH = 100


class Progress:
    """Tell how far a call is. A context manager: what was drawn is finished on leaving.

    Args:
        choice: None shows it once the call has lasted `QUIET_S`; True at once, False never; a
            function is called with (done, total, counts) at every step instead.
        what: what is counted, in the plural ("alleles").
        total: how many there are; None while it is not known.
        clock: seconds, growing.

    >>> with Progress(False, what="alleles", total=10) as progress:
    ...     progress.update(5, {"ok": 5})
    """

    def __init__(
        self,
        choice: bool | ProgressCall | None = None,  # noqa: FBT001 - it mirrors Run.progress
        *,
        what: str,
        total: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.what = what
        self.total = total
        self._call = choice if callable(choice) else None
        self._is_shown = choice is None or choice is True
        self._clock = clock
        self._start = clock()
        self._quiet_s = QUIET_S if choice is None else 0.0
        self._first = 0
        self._drawn_at: float | None = None
        self._view: _View | None = None
        self._last: tuple[int, Mapping[str, int]] | None = None
        self._drawn: tuple[int, Mapping[str, int]] | None = None
        self._notes: list[str] = []

    def begin(self, done: int) -> None:
        """Say how much an earlier call did; it does not count for the speed."""
        self._first = done

    def update(self, done: int, counts: Mapping[str, int]) -> None:
        """Say how many are done, and how many of each status."""
        if self._call is not None:
            self._call(done, self.total, dict(counts))
            return
        self._last = (done, counts)
        now = self._clock()
        if not self._is_shown or now - self._start < self._quiet_s:
            return
        pause = REDRAW_S if self._view is None else self._view.pause_s
        if self._drawn_at is None or now - self._drawn_at >= pause:
            self._draw(now)

    def note(self, text: str) -> None:
        """Say one sentence, as soon as something is shown at all."""
        self._notes.append(text)
        if self._view is not None:
            self._say()

    def _draw(self, now: float) -> None:
        if self._last is None:
            return
        if self._view is None:
            self._view = _view(self.total)
        self._say()
        done, counts = self._last
        rate = (done - self._first) / max(now - self._start, 1e-9)
        self._view.draw(done, self.total, sentence(self.what, done, self.total, counts, rate))
        self._drawn_at, self._drawn = now, self._last

    def _say(self) -> None:
        while self._notes and self._view is not None:
            self._view.say(self._notes.pop(0))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._view is not None:
            if self._last is not self._drawn:
                self._draw(self._clock())
            self._view.close()
            self._view = None


def sentence(
    what: str, done: int, total: int | None, counts: Mapping[str, int], rate: float
) -> str:
    """One line: how many of how many, how fast, how long still, and what is not ok.

    >>> sentence("alleles", 50, 100, {"ok": 48, "star": 2}, 10.0)
    '50 of 100 alleles, 10.0/s, 5 s left; 2 star'
    """
    parts = [f"{done:,} of {total:,} {what}" if total is not None else f"{done:,} {what}"]
    if rate > 0:
        parts.append(f"{rate:,.0f}/s" if rate >= 100 else f"{rate:,.1f}/s")
    if rate > 0 and total is not None and done < total:
        parts.append(f"{_time((total - done) / rate)} left")
    odd = [f"{count:,} {status}" for status, count in counts.items() if status != "ok" and count]
    return ", ".join(parts) + (f"; {', '.join(odd)}" if odd else "")


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


class _View(Protocol):
    pause_s: float

    def draw(self, done: int, total: int | None, text: str) -> None: ...
    def say(self, text: str) -> None: ...
    def close(self) -> None: ...


def _view(total: int | None) -> _View:
    """What suits the place that the program runs in."""
    stream = sys.stderr
    if _is_notebook():
        bar = _bar(total)
        if bar is not None:
            return bar
    return _TerminalLine(stream) if stream.isatty() else _PlainLines(stream)


def _is_notebook() -> bool:
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return shell is not None and hasattr(shell, "kernel")


class _TerminalLine:
    """One line that is written again and again."""

    pause_s = REDRAW_S

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._length = 0

    def draw(self, done: int, total: int | None, text: str) -> None:
        del done, total
        shown = text[:_WIDTH]
        self._stream.write("\r" + shown.ljust(self._length))
        self._stream.flush()
        self._length = len(shown)

    def say(self, text: str) -> None:
        self._stream.write("\r" + text.ljust(self._length) + "\n")
        self._length = 0

    def close(self) -> None:
        self._stream.write("\n")
        self._stream.flush()


class _PlainLines:
    """A line now and then, for logs: no carriage return, no escape code."""

    pause_s = PLAIN_S

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._last = ""

    def draw(self, done: int, total: int | None, text: str) -> None:
        del done, total
        if text != self._last:
            self.say(text)
        self._last = text

    def say(self, text: str) -> None:
        self._stream.write(text + "\n")
        self._stream.flush()

    def close(self) -> None:
        self._stream.flush()


class _NotebookBar:
    """A bar with the sentence beside it, of which the sentence stays."""

    pause_s = REDRAW_S

    def __init__(self, bar: Any, label: Any, shown: Any) -> None:
        self._bar = bar
        self._label = label
        self._shown = shown
        self._notes: list[str] = []

    def draw(self, done: int, total: int | None, text: str) -> None:
        if total is not None:
            self._bar.value = done
        self._label.value = " ".join([*self._notes, text])

    def say(self, text: str) -> None:
        self._notes.append(text)

    def close(self) -> None:
        is_done = self._bar.value == self._bar.max
        self._bar.bar_style = "success" if is_done else "warning"
        # A saved notebook has no kernel that could draw a bar.
        self._shown.update({"text/plain": self._label.value}, raw=True)


def _bar(total: int | None) -> _NotebookBar | None:
    """A bar shown in the cell; None where widgets are not installed."""
    try:
        import ipywidgets
        from IPython.display import display
    except ImportError:
        return None
    bar = ipywidgets.IntProgress(value=0, min=0, max=1 if total is None else max(total, 1))
    label = ipywidgets.Label("")
    box = ipywidgets.HBox([bar, label])
    return _NotebookBar(bar, label, display(box, display_id=True))  # type: ignore[no-untyped-call]
