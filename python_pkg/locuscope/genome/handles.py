"""Files that readers hold open: one handle per process and thread; a file may not change."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from locuscope.errors import InputChangedError, InputError, WrongTypeError, shown_path
from locuscope.store import missing_file

if TYPE_CHECKING:
    from collections.abc import Callable


class _Closable(Protocol):
    def close(self) -> Any: ...


_H = TypeVar("_H", bound=_Closable)


class Handles(Generic[_H]):
    """Opens on first use; a thread or a forked child gets a handle of its own.

    Args:
        opener: makes a handle.
    """

    def __init__(self, opener: Callable[[], _H]) -> None:
        self._opener = opener
        self._local = threading.local()
        self._generation = 0

    def get(self) -> _H:
        """The handle of this process and thread."""
        owner = (os.getpid(), self._generation)
        held: tuple[tuple[int, int], _H] | None = getattr(self._local, "held", None)
        if held is None or held[0] != owner:
            held = (owner, self._opener())
            self._local.held = held
        return held[1]

    def close(self) -> None:
        """Close this thread's handle; other threads drop theirs at their next use."""
        self._generation += 1
        held = self._local.__dict__.pop("held", None)
        if held is not None:
            held[1].close()


def file_path(path: object) -> Path:
    """The path of a file that is to be read.

    Raises:
        WrongTypeError: anything but a path.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise WrongTypeError(
            f"the path of a file is needed, not {path!r}.",
            argument="path",
            found=path,
            expected="path",
        )
    return Path(path)


def stamp(path: Path) -> tuple[int, int]:
    """Size and time of change of a file.

    Raises:
        MissingFileError: no such file.
        InputError: a folder.
    """
    try:
        facts = path.stat()
    except FileNotFoundError as error:
        raise missing_file(path) from error
    if path.is_dir():
        raise InputError(f"{shown_path(path)} is a folder; the path of a file is needed.")
    return facts.st_size, facts.st_mtime_ns


def check_unchanged(path: Path, before: tuple[int, int]) -> None:
    """Refuse a file that is not as it was when it was opened.

    Raises:
        InputChangedError: another size or time of change.
    """
    after = stamp(path)
    for field, was, now in zip(("size", "mtime_ns"), before, after, strict=True):
        if was != now:
            raise InputChangedError(
                f"{shown_path(path)} changed since it was opened: {field} was {was}, is "
                f"{now}; open it again.",
                path=path,
                field=field,
                before=was,
                after=now,
            )
