"""How well scores rank windows: AUROC, average precision, block bootstrap, logistic regression."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

BLOCK_BP = 100_000
DRAWS = 1_000
INTERVAL = (2.5, 97.5)
NEWTON_STEPS = 25
RIDGE = 1e-6


def auroc(scores: NDArray[np.floating], labels: NDArray[np.bool_]) -> float:
    """Chance that a positive scores above a negative, ties counting half; NaN without both kinds.

    >>> auroc(np.array([3.0, 1.0, 2.0, 2.0]), np.array([True, False, True, False]))
    0.875
    """
    return float(weighted_auroc(scores, labels, np.ones((1, len(scores))))[0])


def average_precision(scores: NDArray[np.floating], labels: NDArray[np.bool_]) -> float:
    """Mean precision at the positives, going down the ranking; tied scores stand together.

    >>> average_precision(np.array([3.0, 2.0, 1.0]), np.array([True, False, True]))
    0.8333333333333333
    """
    return float(weighted_precision(scores, labels, np.ones((1, len(scores))))[0])


def weighted_auroc(
    scores: NDArray[np.floating], labels: NDArray[np.bool_], weights: Floats
) -> Floats:
    """AUROC for each row of `weights` (draws, n)."""
    order = np.argsort(scores, kind="stable")
    ends = _tie_ends(scores[order])
    positive = _summed(weights[:, order] * labels[order], ends)
    negative = _summed(weights[:, order] * ~labels[order], ends)
    below = np.cumsum(negative, axis=1) - negative
    pairs = positive.sum(axis=1) * negative.sum(axis=1)
    won = (positive * (below + negative / 2)).sum(axis=1)
    found: Floats = np.divide(won, pairs, out=np.full(len(weights), np.nan), where=pairs > 0)
    return found


def weighted_precision(
    scores: NDArray[np.floating], labels: NDArray[np.bool_], weights: Floats
) -> Floats:
    """Average precision for each row of `weights` (draws, n)."""
    order = np.argsort(-scores, kind="stable")
    ends = _tie_ends(scores[order])
    positive = _summed(weights[:, order] * labels[order], ends)
    seen = np.cumsum(_summed(weights[:, order], ends), axis=1)
    precision = np.divide(
        np.cumsum(positive, axis=1), seen, out=np.zeros_like(seen), where=seen > 0
    )
    total = positive.sum(axis=1)
    summed = (positive * precision).sum(axis=1)
    missing = np.full(len(weights), np.nan)
    averaged: Floats = np.divide(summed, total, out=missing, where=total > 0)
    return averaged


def block_interval(
    measure: Callable[[NDArray[np.floating], NDArray[np.bool_], Floats], Floats],
    scores: NDArray[np.floating],
    labels: NDArray[np.bool_],
    centers: NDArray[np.int64],
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> tuple[float, float]:
    """95 % interval of a weighted measure when blocks of 100 kb are drawn with replacement.

    Neighbouring windows share sequence and signal, so windows drawn one by one would give an
    interval that is too narrow. Draws in which the measure does not exist are left out.
    """
    _, block = np.unique(centers // BLOCK_BP, return_inverse=True)
    n_blocks = int(block.max()) + 1
    rng = np.random.default_rng(seed)
    values = []
    for at in range(0, draws, 100):
        times = min(100, draws - at)
        counts = rng.multinomial(n_blocks, np.full(n_blocks, 1 / n_blocks), size=times)
        values.append(measure(scores, labels, counts[:, block].astype(np.float64)))
    low, high = np.nanpercentile(np.concatenate(values), INTERVAL)
    return float(low), float(high)


def fit_logistic(features: Floats, labels: NDArray[np.bool_]) -> Callable[[Floats], Floats]:
    """Fit a logistic regression by Newton's method; gives a function from features to log-odds.

    Args:
        features: (n, k), scaled inside to mean 0 and variance 1.
        labels: (n,).
    """
    mean, spread = features.mean(axis=0), features.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)

    def design(rows: Floats) -> Floats:
        return np.column_stack([np.ones(len(rows)), (rows - mean) / spread])

    x = design(features)
    coefficients = np.zeros(x.shape[1])
    for _ in range(NEWTON_STEPS):
        chance = 1 / (1 + np.exp(-(x @ coefficients)))
        slope = x.T @ (labels - chance) - RIDGE * coefficients
        curve = (x * (chance * (1 - chance))[:, None]).T @ x + RIDGE * np.eye(x.shape[1])
        coefficients = coefficients + np.linalg.solve(curve, slope)
    return lambda rows: np.asarray(design(rows) @ coefficients, dtype=np.float64)


def _tie_ends(ranked: NDArray[np.floating]) -> NDArray[np.int64]:
    """First place of each run of equal scores."""
    return np.flatnonzero(np.concatenate([[True], ranked[1:] != ranked[:-1]]))


def _summed(values: Floats, starts: NDArray[np.int64]) -> Floats:
    found: Floats = np.add.reduceat(values, starts, axis=1)
    return found
