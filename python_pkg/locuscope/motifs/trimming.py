"""Trimming: which columns of a motif's window are the motif, its core."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.errors import InputError, OptionError
from locuscope.genome.interval import whole_number

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

TRIM_THRESHOLD = 0.3


def trim(cwm: ArrayLike, threshold: float = TRIM_THRESHOLD) -> tuple[int, int]:
    """First to last column whose summed |contribution| reaches a share of the largest one.

    Args:
        cwm: projected contributions, (A, W).
        threshold: the share, in (0, 1].

    Returns:
        Half-open columns (start, end). A matrix of zeros is all core.

    Raises:
        OptionError: a threshold outside (0, 1].

    >>> trim([[0.1, 1.0, 0.2, 0.5], [0] * 4, [0] * 4, [0] * 4])
    (1, 4)
    """
    share = check_trim_threshold(threshold)
    sizes = np.abs(np.asarray(cwm, np.float64)).sum(axis=0)
    columns = np.flatnonzero(sizes >= share * sizes.max())
    return int(columns[0]), int(columns[-1]) + 1


def check_trim_threshold(threshold: object, name: str = "trim_threshold") -> float:
    """A share of the largest column as float.

    Raises:
        OptionError: no number in (0, 1].
    """
    is_number = isinstance(threshold, int | float | np.number) and not isinstance(threshold, bool)
    if not is_number or not 0 < float(threshold) <= 1:  # type: ignore[arg-type]
        raise OptionError(
            f"{name}={threshold!r}; a trim threshold is a share of the largest column, above 0 "
            "and at most 1.",
            option=name,
            value=threshold,
        )
    return float(threshold)  # type: ignore[arg-type]


def check_core(core: Any, width: int, name: str) -> tuple[int, int]:
    """Core columns as two ints.

    Raises:
        InputError: not two whole numbers with 0 <= start < end <= width.

    >>> check_core([2.0, 5], 6, "GATA")
    (2, 5)
    """
    try:
        first, last = core
    except (TypeError, ValueError) as error:
        raise InputError(
            f"the core of motif {name!r} is {core!r}; two column numbers (start, end) are needed."
        ) from error
    start, end = whole_number(first, "core start"), whole_number(last, "core end")
    if not 0 <= start < end <= width:
        raise InputError(
            f"the core of motif {name!r} is [{start}, {end}); 0 <= start < end <= {width} is "
            "needed, which is its width."
        )
    return start, end


def check_lambda(value: object, what: str) -> float:
    """A hit threshold as float; that it is below 1 is for the caller to say.

    Raises:
        InputError: no positive, finite number.
    """
    is_number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    number = float(value) if is_number else math.nan  # type: ignore[arg-type]
    if not (math.isfinite(number) and number > 0):
        raise InputError(f"{what} is {value!r}; a positive number is needed, 0.7 for example.")
    return number
