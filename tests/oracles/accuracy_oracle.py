"""Slow twins of accuracy: two passes over exact fractions, curves by walking over thresholds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction


def _deviations(values: Sequence[float]) -> list[Fraction]:
    exact = [Fraction(value) for value in values]
    mean = sum(exact, Fraction(0)) / len(exact)
    return [value - mean for value in exact]


def pearsonr(x: Sequence[float], y: Sequence[float]) -> float:
    """Correlation with exact sums; NaN where a side is constant."""
    dx, dy = _deviations(x), _deviations(y)
    xx, yy = sum(d * d for d in dx), sum(d * d for d in dy)
    if not xx or not yy:
        return math.nan
    xy = sum(a * b for a, b in zip(dx, dy, strict=True))
    return math.copysign(math.sqrt(Fraction(xy * xy) / (xx * yy)), xy)


def mse(x: Sequence[float], y: Sequence[float]) -> float:
    """Mean squared error."""
    return float(sum((Fraction(a) - Fraction(b)) ** 2 for a, b in zip(x, y, strict=True)) / len(x))


def mae(x: Sequence[float], y: Sequence[float]) -> float:
    """Mean absolute error."""
    return float(sum(abs(Fraction(a) - Fraction(b)) for a, b in zip(x, y, strict=True)) / len(x))


def r2(x: Sequence[float], y: Sequence[float]) -> float:
    """1 - squared error over squared deviation of the targets; NaN where they are constant."""
    total = sum(d * d for d in _deviations(x))
    if not total:
        return math.nan
    return float(1 - Fraction(mse(x, y)) * len(x) / total)


def ranks(values: Sequence[float]) -> list[float]:
    """Ranks from 1, the mean rank for ties."""
    found = []
    for value in values:
        below = sum(other < value for other in values)
        equal = sum(other == value for other in values)
        found.append(below + (equal + 1) / 2)
    return found


def spearmanr(x: Sequence[float], y: Sequence[float]) -> float:
    """Correlation of ranks."""
    return pearsonr(ranks(x), ranks(y))


def auroc(classes: Sequence[bool], predictions: Sequence[float]) -> float:
    """Share of (positive, negative) pairs in the right order, ties counted half."""
    won, pairs = 0.0, 0
    for is_positive, high in zip(classes, predictions, strict=True):
        for is_other, low in zip(classes, predictions, strict=True):
            if is_positive and not is_other:
                pairs += 1
                won += 1.0 if high > low else 0.5 if high == low else 0.0
    return won / pairs if pairs else math.nan


def auprc(classes: Sequence[bool], predictions: Sequence[float]) -> float:
    """Average precision: at each threshold from the largest, recall gained times precision."""
    total = sum(classes)
    if not total or total == len(classes):
        return math.nan
    area, recall = 0.0, 0.0
    for threshold in sorted(set(predictions), reverse=True):
        called = [c for c, p in zip(classes, predictions, strict=True) if p >= threshold]
        gained = sum(called) / total
        area += (gained - recall) * sum(called) / len(called)
        recall = gained
    return area
