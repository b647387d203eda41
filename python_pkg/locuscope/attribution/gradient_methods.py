"""Methods that need nothing but gradients: plain, smoothed, and averaged along lines.

A method takes the function that is explained and some examples, and gives one value for every base
that could stand at every position.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import torch

from locuscope.attribution.line_integrals import refined_mean
from locuscope.errors import OptionError

if TYPE_CHECKING:
    from torch import Tensor

Function: TypeAlias = Callable[["Tensor"], "Tensor"]
"""(n, A, L) -> (n,), each example on its own; (n, T) for one number per track."""

RULES = ("gauss_legendre", "trapezoid", "riemann_mid")


@dataclass(frozen=True)
class Explained:
    """Values of every base at every position, and how far their sum misses the difference.

    Args:
        hypothetical: (n, A, L); (T, n, A, L) for one number per track.
        delta: (n, R), sum of the contributions minus f(x) - f(reference); (T, n, R) for one number
            per track; None without references.
        change: same, f(x) - f(reference).
    """

    hypothetical: Tensor
    delta: Tensor | None = None
    change: Tensor | None = None


def gradient(function: Function, x: Tensor) -> Tensor:
    """Differentiate a function of each example.

    Args:
        function: what is differentiated.
        x: (n, A, L).

    Returns:
        (n, A, L), or (T, n, A, L): one forward pass, one backward pass per track. 0 where the
        function does not depend on the bases.
    """
    leaf = x.detach().requires_grad_()
    value = function(leaf)
    if not value.requires_grad:
        shape = x.shape if value.ndim == 1 else (value.shape[1], *x.shape)
        return x.new_zeros(shape)
    if value.ndim == 1:
        return torch.autograd.grad(value.sum(), leaf)[0].detach()
    tracks = [
        torch.autograd.grad(column.sum(), leaf, retain_graph=True)[0] for column in value.unbind(1)
    ]
    return torch.stack(tracks).detach()


def smooth_gradient(function: Function, x: Tensor, changed: Tensor) -> Tensor:
    """Average the gradient over sequences with random changes.

    Args:
        function: what is differentiated.
        x: (n, A, L), for its shape.
        changed: one-hot (n, S, A, L), the changed sequences.
    """
    total = torch.zeros_like(x)
    for sample in changed.unbind(1):
        total = total + gradient(function, sample.to(x.dtype))
    return total / changed.shape[1]


def nodes_of(rule: str, steps: int) -> tuple[list[float], list[float]]:
    """Points between 0 and 1 and their weights, which sum to 1.

    >>> nodes_of("riemann_mid", 2)
    ([0.25, 0.75], [0.5, 0.5])
    """
    if rule == "gauss_legendre":
        points, weights = np.polynomial.legendre.leggauss(steps)
        return ((points + 1) / 2).tolist(), (weights / 2).tolist()
    if rule == "riemann_mid":
        return [(k + 0.5) / steps for k in range(steps)], [1 / steps] * steps
    if steps < 2:
        raise OptionError(
            f"rule='trapezoid' needs at least 2 steps; got {steps}.", option="steps", value=steps
        )
    ends = [0.5 if k in (0, steps - 1) else 1.0 for k in range(steps)]
    return [k / (steps - 1) for k in range(steps)], [w / (steps - 1) for w in ends]


def integrated_gradients(
    function: Function,
    x: Tensor,
    references: Tensor,
    rule: str,
    steps: int,
    *,
    tolerance: float | None = None,
) -> Explained:
    """Average gradients along the line from each reference to the sequence.

    Args:
        function: what is explained.
        x: (n, A, L).
        references: (n, R, A, L).
        rule: "gauss_legendre", "trapezoid" or "riemann_mid".
        steps: points on each line.
        tolerance: largest abs(delta) / max(1, abs(change)); lines that miss it get more points
            where the function bends. None = the points of the rule.

    Returns:
        (base - reference) * mean gradient, averaged over the references (Sundararajan et al. 2017).
    """
    points, weights = nodes_of(rule, steps)
    lines = []
    for reference in references.unbind(1):
        mean = torch.zeros_like(x)
        for point, weight in zip(points, weights, strict=True):
            mean = mean + weight * gradient(function, reference + point * (x - reference))
        if tolerance is not None:
            mean = refined_mean(
                lambda points: gradient(function, points),
                lambda points: numbers(function(points)),
                x,
                reference,
                mean,
                tolerance=tolerance,
            )
        lines.append(mean)
    return from_multipliers(function, x, references, torch.stack(lines, dim=-3))


def expected_gradients(
    function: Function, x: Tensor, references: Tensor, points: Tensor
) -> Explained:
    """Average gradients over references and random points on the lines to them.

    Args:
        function: what is explained.
        x: (n, A, L).
        references: (n, R, A, L).
        points: (n, R, S) between 0 and 1.
    """
    lines = []
    for place, reference in enumerate(references.unbind(1)):
        mean = torch.zeros_like(x)
        for point in points[:, place].unbind(1):
            step = point.to(x)[:, None, None]
            mean = mean + gradient(function, reference + step * (x - reference))
        lines.append(mean / points.shape[2])
    return from_multipliers(function, x, references, torch.stack(lines, dim=-3))


def from_multipliers(
    function: Function, x: Tensor, references: Tensor, multipliers: Tensor
) -> Explained:
    """Turn multipliers against each reference into contributions of every possible base.

    Args:
        function: what is explained.
        x: (n, A, L).
        references: (n, R, A, L).
        multipliers: (n, R, A, L), or (T, n, R, A, L).

    Returns:
        For base e the sum over channels of multiplier * (e - reference), averaged over the
        references; the delta of each reference.
    """
    offset = (multipliers * references).sum(dim=-2, keepdim=True)
    hypothetical = (multipliers - offset).mean(dim=-3)
    contributions = (multipliers * (x[:, None] - references)).sum(dim=(-2, -1))
    with torch.no_grad():
        here = numbers(function(x))
        there = torch.stack([numbers(function(part)) for part in references.unbind(1)], dim=-1)
    change = here[..., None] - there
    return Explained(hypothetical, contributions - change, change)


def numbers(value: Tensor) -> Tensor:
    """Numbers of examples with the examples last: (n,), or (T, n) for one per track."""
    return value if value.ndim == 1 else value.T
