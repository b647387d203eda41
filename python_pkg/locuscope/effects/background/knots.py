"""`Knots`: a sorted sample kept small, which says for any value how much of the sample is below."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

MOST_VALUES = 100_000
"""Samples up to this size are kept whole."""
N_KNOTS = 10_001
"""Values kept of a larger one: a rank is then off by less than 1e-4 of the sample."""


@dataclass(frozen=True, eq=False)
class Knots:
    """The distinct values of a sample with exact counts beside them.

    Args:
        values: (K,) float32, rising.
        below: (K,) int64, how many of the sample are smaller.
        upto: (K,) int64, how many are smaller or equal.
        n: size of the sample.
    """

    values: NDArray[np.float32]
    below: NDArray[np.int64]
    upto: NDArray[np.int64]
    n: int

    @classmethod
    def of(cls, sample: ArrayLike) -> Knots:
        """Sort a sample without NaN; of more than 100,000 values keep 10,001 at even ranks.

        Smallest and largest value are always kept.

        >>> Knots.of([3.0, 1.0, 1.0]).quantile([0.0, 1.0, 2.0, 3.0]).round(3).tolist()
        [0.0, 0.333, 0.667, 0.833]
        """
        ranked = np.sort(np.asarray(sample, np.float32).ravel())
        n = len(ranked)
        kept = ranked
        if n > MOST_VALUES:
            kept = ranked[np.round(np.linspace(0, n - 1, N_KNOTS)).astype(np.int64)]
        values = np.unique(kept)
        return cls(
            values,
            np.searchsorted(ranked, values, "left").astype(np.int64),
            np.searchsorted(ranked, values, "right").astype(np.int64),
            n,
        )

    def quantile(self, scores: ArrayLike) -> NDArray[np.float64]:
        """Give (#{b < s} + #{b = s} / 2) / n for each score s; NaN stays NaN.

        Between two knots that leave values out the count is interpolated along the score.
        """
        asked = np.asarray(scores, np.float32)
        last = len(self.values) - 1
        right = np.searchsorted(self.values, asked, "left")
        near = np.minimum(right, last)
        left = np.maximum(right - 1, 0)
        middle: NDArray[Any] = (self.below[near] + self.upto[near]) / 2
        low = np.where(right > 0, self.upto[left], 0)
        high = np.where(right <= last, self.below[near], self.n)
        start, stop = self.values[left].astype(np.float64), self.values[near].astype(np.float64)
        # Only where values were left out is `high` above `low`; there `start` is below `stop`.
        with np.errstate(invalid="ignore", divide="ignore"):
            share = np.where(high > low, (asked - start) / (stop - start), 0.0)
        counted = np.where(asked == self.values[near], middle, low + (high - low) * share)
        return np.where(np.isnan(asked), np.nan, counted / self.n)
