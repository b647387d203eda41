"""Which of many points are drawn one by one, and how the rest is shown: counted in boxes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

N_ACROSS, N_UP = 180, 60
"""Boxes across and up; about five pixels each in a figure of usual size."""


@dataclass(frozen=True, eq=False)
class Boxes:
    """Boxes that hold at least one point: edges and counts, all (B,)."""

    left: NDArray[np.float64]
    right: NDArray[np.float64]
    bottom: NDArray[np.float64]
    top: NDArray[np.float64]
    count: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.count)


def split(
    size: NDArray[np.floating], max_points: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give the places of the `max_points` largest, and of all others; each in input order.

    Of equal sizes the earlier one counts as larger.

    >>> drawn, rest = split(np.array([1.0, 3.0, 3.0, 2.0]), 2)
    >>> drawn.tolist(), rest.tolist()
    ([1, 2], [0, 3])
    """
    if len(size) <= max_points:
        return np.arange(len(size)), np.empty(0, np.int64)
    order = np.argsort(-size, kind="stable")
    return np.sort(order[:max_points]), np.sort(order[max_points:])


def boxes(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    x_range: tuple[float, float],
    y_range: tuple[float, float],
) -> Boxes:
    """Count points in a grid over the whole figure.

    No box holds values of both signs: an edge of the grid lies at y = 0.
    """
    width = (x_range[1] - x_range[0]) / N_ACROSS or 1.0
    height = (y_range[1] - y_range[0]) / N_UP or 1.0
    column = np.minimum(np.floor((x - x_range[0]) / width), N_ACROSS - 1).astype(np.int64)
    row = np.floor(y / height).astype(np.int64)
    lowest = int(row.min(initial=0))
    code, count = np.unique((row - lowest) * N_ACROSS + np.maximum(column, 0), return_counts=True)
    left = np.asarray(x_range[0] + (code % N_ACROSS) * width, np.float64)
    bottom = np.asarray((code // N_ACROSS + lowest) * height, np.float64)
    return Boxes(left, left + width, bottom, bottom + height, count)
