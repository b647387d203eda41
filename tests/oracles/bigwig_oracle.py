"""Slow, obvious twins of the bigWig statistics: numpy on base values, one bin at a time."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray


def base_values(
    runs: list[tuple[int, int, float]], start: int, end: int, gap: float
) -> NDArray[np.float64]:
    """Value of each base of [start, end); runs may lie anywhere."""
    values = np.full(end - start, gap)
    for low, high, value in runs:
        for position in range(max(low, start), min(high, end)):
            values[position - start] = value
    return values


def statistic(values: NDArray[np.float64], stat: str) -> float:
    """One statistic over the values that are no NaN; NaN without any."""
    known = values[~np.isnan(values)]
    if stat == "coverage":
        return len(known) / len(values)
    if len(known) == 0:
        return float("nan")
    if stat == "mean":
        return float(known.sum() / len(known))
    return float({"max": known.max(), "min": known.min(), "sum": known.sum()}[stat])


def bins(values: NDArray[np.float64], n_bins: int, stat: str) -> NDArray[np.float64]:
    """Bin i of n covers [i*W//n, (i+1)*W//n)."""
    width = len(values)
    edges = [i * width // n_bins for i in range(n_bins + 1)]
    return np.array([statistic(values[a:b], stat) for a, b in pairwise(edges)])
