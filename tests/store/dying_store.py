"""A store that dies: from the n-th change to the files on, nothing can be changed any more.

An audit hook sees every file that is opened for writing, renamed, linked, made or removed below a
folder. The n-th one raises `Killed`, and so do all that follow: as after a kill, no clean-up acts.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager

_CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.truncate"}
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Killed(BaseException):
    """The process is gone."""


class _State:
    root: str | None = None
    dies_at: int | None = None
    n_changes = 0
    is_installed = False


def _is_below(path, dir_fd=-1):
    if dir_fd not in (-1, None):
        return True  # the members of a tree that is being removed
    try:
        return os.fspath(path).startswith(_State.root)
    except TypeError:
        return False


def _hook(event, arguments):
    if _State.root is None:
        return
    if event == "open":
        path, _, flags = arguments
        is_change = isinstance(path, (str, os.PathLike)) and bool(flags & _WRITES)
        if is_change and _is_below(path):
            change()
    elif event in _CHANGES and _is_below(arguments[0], _dir_fd(event, arguments)):
        change()


def _dir_fd(event, arguments):
    return arguments[-1] if event in ("os.remove", "os.rmdir") else -1


def change(*_):
    """Count a change, or refuse it."""
    if _State.root is None:
        return
    _State.n_changes += 1
    if _State.dies_at is not None and _State.n_changes >= _State.dies_at:
        raise Killed


@contextmanager
def changes_below(root, *, dies_at=None):
    """Count the changes below a folder; die at one of them."""
    if not _State.is_installed:  # a hook cannot be taken out again
        sys.addaudithook(_hook)
        _State.is_installed = True
    _State.root, _State.dies_at, _State.n_changes = os.fspath(root), dies_at, 0
    try:
        yield _State
    finally:
        _State.root = None
