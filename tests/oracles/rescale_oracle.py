"""Slow obvious twin of the rescale rule: one dense network, one number at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence


def relu(value: float) -> float:
    """The larger of a number and 0."""
    return max(0.0, value)


def logistic(value: float) -> float:
    """1 / (1 + exp(-value))."""
    return 1 / (1 + math.exp(-value))


def contributions(
    weights: Sequence[Sequence[Sequence[float]]],
    biases: Sequence[Sequence[float]],
    function: Callable[[float], float],
    x: Sequence[float],
    reference: Sequence[float],
) -> list[float]:
    """Contributions of the inputs to the single output of a network of dense layers.

    The function stands between the layers. Multipliers go back from the output: through a layer
    with its weights, through the function with (f(a) - f(b)) / (a - b).
    """
    befores = []
    here, there = list(x), list(reference)
    for depth, (matrix, bias) in enumerate(zip(weights, biases, strict=True)):
        here = [
            sum(w * v for w, v in zip(row, here, strict=True)) + b
            for row, b in zip(matrix, bias, strict=True)
        ]
        there = [
            sum(w * v for w, v in zip(row, there, strict=True)) + b
            for row, b in zip(matrix, bias, strict=True)
        ]
        if depth < len(weights) - 1:
            befores.append((here, there))
            here, there = [function(v) for v in here], [function(v) for v in there]
    multipliers = [1.0]
    for depth in reversed(range(len(weights))):
        matrix = weights[depth]
        multipliers = [
            sum(multipliers[unit] * matrix[unit][i] for unit in range(len(matrix)))
            for i in range(len(matrix[0]))
        ]
        if depth > 0:
            a, b = befores[depth - 1]
            multipliers = [
                m * (function(p) - function(q)) / (p - q)
                for m, p, q in zip(multipliers, a, b, strict=True)
            ]
    return [m * (p - q) for m, p, q in zip(multipliers, x, reference, strict=True)]


def pooled_multipliers(
    x: Sequence[float], reference: Sequence[float], windows: Sequence[Sequence[int]]
) -> list[float]:
    """Multipliers of the cells of a max pooling whose windows are summed."""
    found = [0.0] * len(x)
    for window in windows:
        top_x = max(window, key=lambda i: (x[i], -i))
        top_b = max(window, key=lambda i: (reference[i], -i))
        larger = max(x[top_x], reference[top_b])
        shares = ((top_x, larger - reference[top_b]), (top_b, x[top_x] - larger))
        for cell, share in shares:
            gap = x[cell] - reference[cell]
            if abs(gap) >= 1e-6:
                found[cell] += share / gap
    return found
