"""Metrics of order: Spearman's correlation, and the areas under two curves of a yes/no target."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from locuscope.inference.accuracy_sums import PairSums

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

N_BINS = 1 << 16


def spearmanr(x: NDArray[np.floating], y: NDArray[np.floating]) -> float:
    """Pearson's correlation of ranks, ties averaged; NaN where a side is constant or has NaN.

    >>> round(spearmanr(np.array([1.0, 2.0, 3.0]), np.array([1.0, 8.0, 27.0])), 12)
    1.0
    """
    from scipy.stats import rankdata

    if not x.size or np.isnan(x).any() or np.isnan(y).any():
        return float("nan")
    rank_x, rank_y = (np.asarray(rankdata(values), np.float64) for values in (x, y))
    sums = PairSums.of(rank_x, rank_y, np.ones(len(x), np.bool_), 0)
    return float(sums.metric("pearsonr"))


def auroc(positives: NDArray[np.int64], negatives: NDArray[np.int64]) -> tuple[float, float]:
    """Area under the ROC curve from counts per distinct prediction, ascending.

    Args:
        positives: examples of the class at each prediction.
        negatives: the others.

    Returns:
        The area, pairs of equal predictions counted half, and how far it can be off where counts
        stand for bins of different predictions. NaN with one class only.

    >>> auroc(np.array([0, 1, 1]), np.array([2, 0, 1]))
    (0.75, 0.08333333333333333)
    """
    p, n = positives.astype(np.float64), negatives.astype(np.float64)
    pairs = p.sum() * n.sum()
    if not pairs:
        return float("nan"), 0.0
    below = np.cumsum(n) - n
    return float((p * (below + n / 2)).sum() / pairs), float((p * n).sum() / 2 / pairs)


def auprc(positives: NDArray[np.int64], negatives: NDArray[np.int64]) -> tuple[float, float]:
    """Average precision from counts per distinct prediction, ascending.

    Args:
        positives: examples of the class at each prediction.
        negatives: the others.

    Returns:
        Sum over predictions, from the largest, of (recall gained) x (precision there), and how far
        it can be off where counts stand for bins of different predictions. NaN with one class only.

    >>> auprc(np.array([0, 1]), np.array([1, 0]))
    (1.0, 0.0)
    """
    from scipy.special import digamma

    p, n = (counts[::-1].astype(np.float64) for counts in (positives, negatives))
    total = p.sum()
    if not total or not n.sum():
        return float("nan"), 0.0
    is_some = p > 0
    true_before, false_before = (np.cumsum(c) - c for c in (p, n))
    p, n, true_before, false_before = (c[is_some] for c in (p, n, true_before, false_before))
    value = (p * (true_before + p) / (true_before + p + false_before + n)).sum()
    highest = (p * (true_before + p) / (true_before + p + false_before)).sum()
    # the worst order has every other example of a bin in front of those of the class
    false = false_before + n
    seen = true_before + false + 1
    lowest = (p - false * (digamma(seen + p) - digamma(seen))).sum()
    off = max(highest - value, value - lowest, 0.0)
    return float(value / total), float(off / total)


def exact_counts(
    is_positive: NDArray[np.bool_], predictions: NDArray[np.floating]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Positives and negatives at each distinct prediction, ascending."""
    _, place = np.unique(predictions, return_inverse=True)
    n_values = int(place.max()) + 1 if place.size else 0
    counts = np.bincount(place, minlength=n_values)
    positives = np.bincount(place[is_positive], minlength=n_values)
    return positives, counts - positives


def bin_of(predictions: NDArray[np.floating]) -> NDArray[np.int64]:
    """One of 65,536 bins for each prediction, in the order of the numbers.

    The bins are the sign, the exponent and 7 digits of the float32, so that they fit any range.

    >>> bool((np.diff(bin_of(np.array([-5.0, -1.0, 0.0, 1e-9, 0.5, 2.0]))) > 0).all())
    True
    """
    bits = (predictions.astype(np.float32) + np.float32(0)).view(np.uint32)
    ordered = np.where(bits >> 31 == 1, ~bits, bits | np.uint32(1 << 31))
    return (ordered >> np.uint32(16)).astype(np.int64)
