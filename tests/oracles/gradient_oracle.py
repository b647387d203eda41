"""Slow obvious twins of gradients: one small step of one number at a time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

STEP = 1e-6


def numeric_gradient(
    function: Callable[[NDArray[np.float64]], float], x: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Central differences of a function of one example."""
    found = np.zeros_like(x)
    for place in np.ndindex(*x.shape):
        above, below = x.copy(), x.copy()
        above[place] += STEP
        below[place] -= STEP
        found[place] = (function(above) - function(below)) / (2 * STEP)
    return found


def extreme(values: NDArray[np.float64], rule: str) -> int:
    """Index of the largest, smallest, or largest in magnitude, the first on ties."""
    best = 0
    for place, value in enumerate(values):
        better = {
            "max": value > values[best],
            "min": value < values[best],
            "absmax": abs(value) > abs(values[best]),
        }
        if better[rule]:
            best = place
    return best
