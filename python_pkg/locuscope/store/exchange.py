"""Swap two names of one file system in a single step, where the system can."""

from __future__ import annotations

import ctypes
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_HERE = -100  # AT_FDCWD of Linux: names are looked up from the working folder
_SWAP = 2  # RENAME_EXCHANGE of Linux, RENAME_SWAP of macOS


def exchange(first: Path, second: Path) -> bool:
    """Swap what two names mean; at no moment is one of them missing.

    Returns:
        False where the system or the file system cannot, or one of the names is not there; nothing
        changed then.
    """
    one, other = os.fsencode(first), os.fsencode(second)
    try:
        if sys.platform == "linux":
            code = _libc().renameat2(_HERE, one, _HERE, other, _SWAP)
        elif sys.platform == "darwin":
            code = _libc().renamex_np(one, other, _SWAP)
        else:
            return False
    except (AttributeError, OSError):
        return False
    return int(code) == 0


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
