"""Warnings that point at the line of the caller, however deep inside the package they are made.

A fixed `stacklevel` is right for one way in; a reader of files is entered through many.
"""

from __future__ import annotations

import inspect
import warnings

from locuscope.errors import DataWarning

_PACKAGE = __name__.partition(".")[0]


def warn_caller(message: str, category: type[Warning] = DataWarning) -> None:
    """Give a warning at the first line outside of this package."""
    frame = inspect.currentframe()
    level = 0
    while frame is not None:
        level += 1
        if frame.f_globals.get("__name__", "").partition(".")[0] != _PACKAGE:
            break
        frame = frame.f_back
    warnings.warn(message, category, stacklevel=level)
