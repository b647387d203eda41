"""Gradients along a line, refined where the network bends, until their sum is the difference.

Points of a fixed rule miss the kinks of a network of rectifiers. A part of the line whose gradients
do not add up to the difference of its ends holds such a kink; it is halved, and again, which closes
in on the kink.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

MOST_SPLITS = 256
_POINTS = 4
_CANCELLED = 10
_SAFE = 0.98


@dataclass(frozen=True)
class _Part:
    """A part of a line, between the shares `first` and `last` of the way.

    Args:
        first: where it begins.
        last: where it ends.
        at_first: the numbers there, (T,).
        at_last: the numbers there, (T,).
        integral: of the gradient over it, (T, A, L).
        error: how far the integral misses the difference of the ends, (T,).
    """

    first: float
    last: float
    at_first: Tensor
    at_last: Tensor
    integral: Tensor
    error: Tensor


def refined_mean(
    slopes: Callable[[Tensor], Tensor],
    values: Callable[[Tensor], Tensor],
    x: Tensor,
    reference: Tensor,
    mean: Tensor,
    *,
    tolerance: float,
) -> Tensor:
    """Improve the mean gradient along lines whose contributions miss the difference.

    What one example gets does not depend on the others.

    Args:
        slopes: (n, A, L) -> their gradients, (n, A, L), or (T, n, A, L) for one number per track.
        values: (n, A, L) -> their numbers, (n,) or (T, n).
        x: (n, A, L), where the lines end.
        reference: (n, A, L), where they begin.
        mean: a first estimate, as `slopes` gives it.
        tolerance: largest abs(sum of contributions - change) / max(1, abs(change)).

    Returns:
        As `mean`. Lines that miss the tolerance after `MOST_SPLITS` halvings are left as they are.

    >>> bend = lambda x: (x - 0.3).clamp(min=0).sum((1, 2))
    >>> slope = lambda x: (x > 0.3).float()
    >>> one, zero = torch.ones(1, 1, 1), torch.zeros(1, 1, 1)
    >>> found = refined_mean(slope, bend, one, zero, one * 0.6, tolerance=1e-4)
    >>> round(float(found), 3)
    0.7
    """
    way = x - reference
    total = _tracks_first(mean, 4).clone()
    ends = [_tracks_first(_plain(values, side), 2) for side in (reference, x)]
    change = ends[1] - ends[0]
    # A little less than the tolerance: sums in another order must keep it, too.
    allowed = _SAFE * tolerance * change.abs().clamp(min=1)
    lines = [
        [_part((0.0, 1.0), (ends[0][:, row], ends[1][:, row]), total[:, row], way[row])]
        for row in range(len(x))
    ]
    for _ in range(MOST_SPLITS):
        gap = ((total * way).sum((-2, -1)) - change).abs()
        # Parts may miss in opposite directions, and a small gap be a matter of luck.
        errors = torch.stack([torch.stack([p.error for p in line]).sum(0) for line in lines], 1)
        is_open = ((gap > allowed) | (errors > _CANCELLED * allowed)).any(0).tolist()
        if not any(is_open):
            break
        worst = [max(range(len(line)), key=lambda k: float(line[k].error.max())) for line in lines]
        parts = [line[k] for line, k in zip(lines, worst, strict=True)]
        halves = _halved(slopes, values, reference, way, parts)
        for row, line in enumerate(lines):
            if is_open[row]:
                total[:, row] += sum(half.integral for half in halves[row]) - parts[row].integral
                line[worst[row] : worst[row] + 1] = halves[row]
    return total if mean.ndim == 4 else total[0]


def _halved(
    slopes: Callable[[Tensor], Tensor],
    values: Callable[[Tensor], Tensor],
    reference: Tensor,
    way: Tensor,
    parts: list[_Part],
) -> list[list[_Part]]:
    """One part of every line in two, each with points of its own."""
    first, last = (
        torch.tensor([getattr(part, end) for part in parts]).to(reference)[:, None, None]
        for end in ("first", "last")
    )
    middle = (first + last) / 2
    at_middle = _tracks_first(_plain(values, reference + middle * way), 2)
    integrals = [
        _integral(slopes, reference, way, start, end)
        for start, end in ((first, middle), (middle, last))
    ]
    found = []
    for row, part in enumerate(parts):
        half = (part.first + part.last) / 2
        there, own = at_middle[:, row], way[row]
        found.append(
            [
                _part((part.first, half), (part.at_first, there), integrals[0][:, row], own),
                _part((half, part.last), (there, part.at_last), integrals[1][:, row], own),
            ]
        )
    return found


def _integral(
    slopes: Callable[[Tensor], Tensor],
    reference: Tensor,
    way: Tensor,
    first: Tensor,
    last: Tensor,
) -> Tensor:
    """Of the gradient between two shares of the way, (T, n, A, L), by Gauss and Legendre."""
    points, weights = np.polynomial.legendre.leggauss(_POINTS)
    total = None
    for point, weight in zip(points.tolist(), weights.tolist(), strict=True):
        share = first + (point + 1) / 2 * (last - first)
        found = weight / 2 * (last - first) * slopes(reference + share * way)
        total = found if total is None else total + found
    return _tracks_first(torch.as_tensor(total), 4)


def _part(
    shares: tuple[float, float], ends: tuple[Tensor, Tensor], integral: Tensor, way: Tensor
) -> _Part:
    missed = (integral * way).sum((-2, -1)) - (ends[1] - ends[0])
    return _Part(*shares, *ends, integral.clone(), missed.abs())


def _tracks_first(tensor: Tensor, ndim: int) -> Tensor:
    return tensor if tensor.ndim == ndim else tensor[None]


def _plain(values: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    with torch.no_grad():
        return values(x)
