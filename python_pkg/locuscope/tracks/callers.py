"""Warnings that point at the line of the caller, however deep inside the package they are made."""

from __future__ import annotations

import inspect
import warnings

_PACKAGE = __name__.partition(".")[0]


def warn_at_caller(message: str, category: type[Warning]) -> None:
    """Give a warning at the first line outside of this package."""
    frame = inspect.currentframe()
    level = 0
    while frame is not None:
        level += 1
        if frame.f_globals.get("__name__", "").partition(".")[0] != _PACKAGE:
            break
        frame = frame.f_back
    warnings.warn(message, category, stacklevel=level)
