"""One writer per folder: a lock file with who holds it and a heartbeat."""

from __future__ import annotations

import json
import os
import secrets
import threading
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self
from weakref import WeakSet

from locuscope.errors import LockedStoreError, shown_path
from locuscope.store.leftovers import temporary_beside
from locuscope.store.processes import Writer, this_process
from locuscope.store.publishing import refuse

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

HEARTBEAT_S = 10.0
"""Seconds between two signs of life of a lock's holder."""

STALE_S = 120.0
"""A lock of another machine without a sign of life for so long is taken over."""

_ATTEMPTS = 10
_HELD: WeakSet[Lock] = WeakSet()


class Lock:
    """Keep a folder to one writer.

    A lock of a process of this machine that ended is taken over at once, one of another machine
    when its last sign of life is `STALE_S` old. As a context manager it is released on leaving.

    Args:
        path: the lock file; its folder must exist.

    Attributes:
        mark: content of the lock file, which no other lock has.
        previous: who held the lock that was taken over; None when it was free.

    Raises:
        LockedStoreError: another writer holds it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.previous: Writer | None = None
        self.mark = _new_mark()
        self._ended = threading.Event()
        self._pulse = threading.Thread(
            target=_beat, args=(path, self.mark, self._ended), name="lock heartbeat", daemon=True
        )
        _HELD.add(self)
        try:
            self._take()
            self._pulse.start()
        except BaseException:  # an interrupt may come when the file is there already
            self.release()
            raise

    def require(self) -> None:
        """Refuse to go on when the lock was lost.

        Raises:
            LockedStoreError: another process took it over (this one gave no sign of life), or the
                lock file was removed.
        """
        if _mark_of(self.path) == self.mark and self in _HELD:
            return
        writer, since = _read(self.path)
        if writer is None:
            message = f"{shown_path(self.path)} was removed while this process was writing there."
            raise LockedStoreError(message, path=self.path, pid=None, host=None, since=None)
        raise _refusal(self.path, writer, since)

    def release(self) -> None:
        """Give the lock back; a lock that was lost stays with its holder."""
        self._ended.set()
        _HELD.discard(self)
        if _mark_of(self.path) == self.mark:
            with suppress(FileNotFoundError):
                self.path.unlink()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()

    def _take(self) -> None:
        """Make the lock file, with its content, in one step."""
        for _ in range(_ATTEMPTS):
            temporary = temporary_beside(self.path)
            try:
                temporary.write_bytes(self.mark)
                _claim(temporary, self.path)
            except FileExistsError:
                self._make_way()
                continue
            except OSError as error:
                refuse(error, self.path, temporary)
                raise
            finally:
                temporary.unlink(missing_ok=True)
            return
        raise LockedStoreError(
            f"{shown_path(self.path)} changes hands too often; several processes want it.",
            hint="start one of them.",
            path=self.path,
            pid=None,
            host=None,
            since=None,
        )

    def _make_way(self) -> None:
        """Put a dead holder's lock away, or refuse."""
        mark = _mark_of(self.path)
        if mark is None:
            return
        writer, since = _read(self.path)
        if not _is_dead(self.path, writer):
            raise _refusal(self.path, writer, since)
        aside = temporary_beside(self.path)
        with suppress(FileNotFoundError):
            self.path.rename(aside)
            if _mark_of(aside) != mark:
                # Someone else was faster: what was moved is their new lock, and they get it back.
                _claim(aside, self.path)
        aside.unlink(missing_ok=True)
        self.previous = writer


def _new_mark() -> bytes:
    """Who holds a lock from now on, told apart from every other lock."""
    me = this_process()
    content = {
        "host": me.host,
        "pid": me.pid,
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
        "started": me.started,
        "token": secrets.token_hex(8),
    }
    return json.dumps(content).encode() + b"\n"


def _claim(temporary: Path, path: Path) -> None:
    """Give a file its name unless the name is taken."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links: the name first, the content right after
        with path.open("x", encoding="utf-8") as file:
            file.write(temporary.read_text(encoding="utf-8"))


def _beat(path: Path, mark: bytes, ended: threading.Event) -> None:
    """Show life until the lock is released or lost."""
    while not ended.wait(HEARTBEAT_S):
        with suppress(OSError):
            if _mark_of(path) == mark:
                os.utime(path)


def _mark_of(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _read(path: Path) -> tuple[Writer | None, str | None]:
    """Who holds a lock, and since when; None for a lock without content."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        started = content["started"]
        writer = Writer(
            str(content["host"]), int(content["pid"]), None if started is None else str(started)
        )
        return writer, str(content["since"])
    except (OSError, ValueError, TypeError, KeyError):
        return None, None


def _is_dead(path: Path, writer: Writer | None) -> bool:
    if writer is not None and writer.is_here:
        if writer == this_process():  # left behind by an interrupt in this very process
            mark = _mark_of(path)
            return all(lock.mark != mark for lock in list(_HELD))
        return writer.is_gone
    return _age_s(path) >= STALE_S


def _age_s(path: Path) -> float:
    """Seconds since the last sign of life, by the clock of the file system itself."""
    probe = temporary_beside(path)
    try:
        probe.touch()
        return probe.stat().st_mtime - path.stat().st_mtime
    except OSError:
        return 0.0
    finally:
        probe.unlink(missing_ok=True)


def _refusal(path: Path, writer: Writer | None, since: str | None) -> LockedStoreError:
    folder = shown_path(path.parent)
    if writer is None:
        who, hint = "an unknown process", f"remove {shown_path(path)} if nothing writes there."
    elif writer.is_here:
        who = "this process" if writer == this_process() else f"process {writer.pid}"
        hint = "wait until it is done, or end it; the same call then goes on where it stopped."
    else:
        who = f"process {writer.pid} on {writer.host}"
        hint = (
            f"wait until it is done; {STALE_S:.0f} s after its last sign of life it is taken over."
        )
    return LockedStoreError(
        f"{folder} is being written by {who} since {since or 'an unknown time'};",
        hint=hint,
        path=path.parent,
        pid=None if writer is None else writer.pid,
        host=None if writer is None else writer.host,
        since=since,
    )
