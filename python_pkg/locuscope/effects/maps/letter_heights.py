"""How high the reference letter of each position stands above its column of a mutation map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.errors import OptionError, WrongTypeError
from locuscope.genome.choices import check_choice

if TYPE_CHECKING:
    from numpy.typing import NDArray

KINDS = ("mean_abs", "signed")


def letter_heights(
    scores: NDArray[np.floating[Any]], kind: str = "mean_abs", *, minimum: float | None = None
) -> NDArray[np.float64]:
    """Give one height per position and track.

    Args:
        scores: (L, A, T), the reference row included.
        kind: "mean_abs" = mean over the four rows of abs(score); "signed" = minus the mean over the
            rows, so that a letter whose loss lowers the prediction points up.
        minimum: part of the highest letter, 0 to 1, that every letter gets at least:
            `h * (1 - minimum) + minimum * max(h)`, the maximum taken per track. Only for
            "mean_abs".

    Returns:
        (L, T); NaN where the column is NaN (an unknown reference base).

    Raises:
        OptionError: another kind, or a minimum outside 0..1 or beside "signed".

    >>> letter_heights(np.array([[[0.0], [-2.0], [1.0], [1.0]]])).tolist()
    [[1.0]]
    """
    check_choice("kind", kind, KINDS)
    values = np.asarray(scores, np.float64)
    if kind == "signed":
        if minimum is not None:
            raise OptionError(
                f"minimum={minimum!r} has no meaning for signed letters; use kind='mean_abs'.",
                option="minimum",
                value=minimum,
            )
        # adding 0 turns the -0.0 of an all-zero column into 0.0
        return np.asarray(-values.mean(axis=1) + 0.0, np.float64)
    heights = np.asarray(np.abs(values).mean(axis=1), np.float64)
    if minimum is None:
        return heights
    part = _fraction(minimum)
    known = np.where(np.isnan(heights), 0.0, heights)
    return np.asarray(heights * (1 - part) + part * known.max(axis=0, initial=0.0), np.float64)


def _fraction(value: object) -> float:
    try:
        part = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise WrongTypeError(
            f"minimum is {value!r}; a number from 0 to 1 is needed.",
            argument="minimum",
            found=type(value).__name__,
            expected="float",
        ) from error
    if not 0 <= part <= 1:
        raise OptionError(
            f"minimum is {value!r}; a part of the highest letter lies between 0 and 1.",
            option="minimum",
            value=value,
            allowed="0..1",
        )
    return part
