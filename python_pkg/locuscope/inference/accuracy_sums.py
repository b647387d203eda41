"""Sums behind correlation and squared error: float64, one pass, exact far away from zero.

Sums are taken around an origin, the first value that counts, and of deviations from the mean of
their chunk; chunks are joined by the pairwise formula (Chan et al. 1979). So values near 1e6 with
unit variance keep nine digits, and a constant has a variance of exactly zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

SUM_METRICS = ("pearsonr", "r2", "mse", "mae")


@dataclass(frozen=True, eq=False)
class PairSums:
    """Sums over pairs (x, y) of targets and predictions, of many groups at once.

    Args:
        count: pairs of each group.
        origin_x: what is subtracted from every x.
        origin_y: the same for y.
        mean_x: mean of x, from its origin.
        mean_y: the same for y.
        xx: squared deviations of x from its mean, summed.
        yy: the same for y.
        xy: products of both deviations, summed.
        squared: (x - y)^2, summed.
        absolute: abs(x - y), summed.
    """

    count: Array
    origin_x: Array
    origin_y: Array
    mean_x: Array
    mean_y: Array
    xx: Array
    yy: Array
    xy: Array
    squared: Array
    absolute: Array

    @classmethod
    def of(cls, x: Array, y: Array, keep: NDArray[np.bool_], axis: int) -> PairSums:
        """Sum along an axis.

        Args:
            x: targets, float64.
            y: predictions of the same shape.
            keep: False = the pair does not count.
            axis: what is summed over; the other axes are groups.
        """
        first = np.expand_dims(np.argmax(keep, axis), axis)
        count = keep.sum(axis).astype(np.float64)
        n = np.maximum(count, 1)
        origins, means, apart = [], [], []
        with np.errstate(invalid="ignore", over="ignore"):
            for values in (x, y):
                origin = np.take_along_axis(np.where(keep, values, 0.0), first, axis)
                moved = np.where(keep, values - origin, 0.0)
                mean = moved.sum(axis) / n
                apart.append(np.where(keep, moved - np.expand_dims(mean, axis), 0.0))
                origins.append(origin.squeeze(axis))
                means.append(mean)
            gap = np.where(keep, x - y, 0.0)
            sums = [(one * other).sum(axis) for one, other in _pairs(*apart)]
            squared, absolute = (gap * gap).sum(axis), np.abs(gap).sum(axis)
        (origin_x, origin_y), (mean_x, mean_y), (xx, yy, xy) = origins, means, sums
        return cls(count, origin_x, origin_y, mean_x, mean_y, xx, yy, xy, squared, absolute)

    def joined(self, other: PairSums) -> PairSums:
        """Give the sums over the pairs of both."""
        count = self.count + other.count
        n = np.maximum(count, 1)
        is_first = self.count == 0
        share = np.where(is_first, 1.0, other.count / n)
        origins, means, apart = [], [], []
        with np.errstate(invalid="ignore", over="ignore"):
            for axis in ("x", "y"):
                own, its = (getattr(sums, f"origin_{axis}") for sums in (self, other))
                origin = np.where(is_first, its, own)
                before = np.where(is_first, 0.0, getattr(self, f"mean_{axis}"))
                # an empty chunk has no origin, and nothing to move
                moved = getattr(other, f"mean_{axis}") + np.where(other.count > 0, its - origin, 0)
                gap = moved - before
                means.append(before + gap * share)
                origins.append(origin)
                apart.append(np.where(is_first, 0.0, gap))
            weight = self.count * other.count / n
            between = [one * two * weight for one, two in _pairs(*apart)]
        (origin_x, origin_y), (mean_x, mean_y) = origins, means
        return PairSums(
            count,
            origin_x,
            origin_y,
            mean_x,
            mean_y,
            self.xx + other.xx + between[0],
            self.yy + other.yy + between[1],
            self.xy + other.xy + between[2],
            self.squared + other.squared,
            self.absolute + other.absolute,
        )

    def metric(self, name: str) -> Array:
        """Give a metric of every group; NaN where it is not defined.

        Args:
            name: "pearsonr" (NaN where a side is constant), "r2" = 1 - sum (x - y)^2 / sum (x -
                mean x)^2 (NaN where the targets are constant), "mse" or "mae".
        """
        with np.errstate(invalid="ignore", divide="ignore"):
            if name == "pearsonr":
                value = np.clip(self.xy / (np.sqrt(self.xx) * np.sqrt(self.yy)), -1.0, 1.0)
                return np.where(self.is_constant, np.nan, value)
            if name == "r2":
                return np.where(self.xx == 0, np.nan, 1 - self.squared / self.xx)
            total = self.squared if name == "mse" else self.absolute
            return np.where(self.count > 0, total / self.count, np.nan)

    @property
    def is_constant(self) -> NDArray[np.bool_]:
        """Groups whose targets or predictions do not vary, or that are empty."""
        found: NDArray[np.bool_] = (self.xx == 0) | (self.yy == 0)
        return found


def _pairs(x: Array, y: Array) -> tuple[tuple[Array, Array], ...]:
    return (x, x), (y, y), (x, y)
