"""`duality_gap`: how far coefficients are from the optimum, dense and apart from the solvers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from locuscope.errors import InputError, OutOfBoundsError, ShapeError
from locuscope.genome.interval import whole_number

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from .problem import Problem


def duality_gap(coefficients: ArrayLike, problem: Problem, *, region: int) -> float:
    """True duality gap per base of one region, in float64.

    With r the residual at c, d the largest I <r, D> / lambda of all atoms and s = 1 / max(1, d):
    gap = [1/2 ||r||^2 (1 + s^2) - s <r, X> + sum lambda c] / L. It is 0 at the minimiser alone
    and bounds how much lower the objective can still get.

    Args:
        coefficients: (M, n_starts) >= 0, the window start 0 first; with `edge="core"` the first
            column is the start 1 - W and there are L + W - 1 of them.
        problem: what was solved.
        region: row of the problem.

    Returns:
        The gap, in units of the normalised region; 0 for an all-zero region without
        coefficients.

    Raises:
        ShapeError: coefficients of another shape.
        InputError: a negative or non-finite coefficient, one at a window that is not allowed, a
            region with NaN or Inf.
        OutOfBoundsError: no such region.

    >>> from locuscope.motifs.solvers import Problem
    >>> letters = np.zeros((1, 4, 3)); letters[0, 1] = 1
    >>> motif = np.array([[[0, 0], [0.8, 0.6], [0, 0], [0, 0]]])
    >>> problem = Problem.prepare(letters, letters, motif, [[1, 1]], 0.7)
    >>> round(duality_gap([[0.0, 0.0]], problem, region=0), 3)
    0.009
    """
    row = whole_number(region, "region")
    if not 0 <= row < problem.n_regions:
        raise OutOfBoundsError(
            f"region is {row}; the problem has {problem.n_regions:,}, counted from 0."
        )
    chunk = problem.load(slice(row, row + 1))
    if chunk.status[0] == "invalid_input":
        raise InputError(f"region {row} holds NaN or Inf; it has no duality gap.")
    scores, mask = chunk.dense()[0].astype(np.float64), chunk.mask()[0].astype(np.float64)
    allowed = _allowed(problem)
    values = _checked(coefficients, allowed)
    shift = problem.atoms.shape[2] if problem.edge == "core" else 0
    scores = np.pad(scores, ((0, 0), (shift, shift)))
    mask = np.pad(mask, ((0, 0), (shift, shift)))
    first = shift + problem.first_start
    energy = _sliding(scores**2, problem.masks[:, None, :].astype(np.float64), first, problem)
    importance = np.minimum(1.0 / np.sqrt(energy + problem.eps), 10.0)
    residual = scores - mask * _prediction(values * importance, first, problem, scores.shape)
    ratio = importance * _sliding(residual, problem.atoms, first, problem)
    dual = np.where(allowed, ratio / problem.lambdas[:, None], 0.0).max(initial=1.0)
    scale = 1.0 / dual
    penalty = float((problem.lambdas[:, None] * values).sum())
    squares, fit = float((residual**2).sum()), float((residual * scores).sum())
    gap = 0.5 * squares * (1.0 + scale * scale) - scale * fit + penalty
    return max(float(gap), 0.0) / problem.length


def _allowed(problem: Problem) -> NDArray[np.bool_]:
    """Which (motif, start) are windows of the problem."""
    starts = problem.first_start + np.arange(problem.n_starts)
    if problem.edge == "drop":
        return np.ones((len(problem.atoms), len(starts)), bool)
    begins_inside = problem.core_starts[:, None] + starts >= 0
    ends_inside = problem.core_ends[:, None] + starts <= problem.length
    return np.asarray(begins_inside & ends_inside)


def _checked(coefficients: ArrayLike, allowed: NDArray[np.bool_]) -> NDArray[np.float64]:
    values = np.asarray(coefficients, np.float64)
    if values.shape != allowed.shape:
        raise ShapeError(
            f"coefficients of shape {values.shape}; expected {allowed.shape}: motifs by starts.",
            found=values.shape,
            expected=allowed.shape,
        )
    wrong = np.argwhere(~(np.isfinite(values) & (values >= 0) & (allowed | (values == 0))))
    if len(wrong):
        motif, column = wrong[0]
        raise InputError(
            f"the coefficient of motif {motif} in column {column} is {values[motif, column]}; "
            "expected numbers >= 0, and 0 where the core leaves the region."
        )
    return values


def _sliding(
    signal: NDArray[np.float64], filters: NDArray[np.float64], first: int, problem: Problem
) -> NDArray[np.float64]:
    """Sums of signal times filter (M, 1 or A, W) at every start, (M, n_starts)."""
    width = filters.shape[2]
    total = np.zeros((len(filters), problem.n_starts))
    for column in range(width):
        part = signal[:, first + column : first + column + problem.n_starts]
        columns = np.broadcast_to(filters[:, :, column], (len(filters), len(signal)))
        total += columns @ part
    return total


def _prediction(
    weights: NDArray[np.float64], first: int, problem: Problem, shape: tuple[int, ...]
) -> NDArray[np.float64]:
    """Sum of weighted, shifted atoms, (A, positions)."""
    total = np.zeros(shape)
    for column in range(problem.atoms.shape[2]):
        at = first + column
        total[:, at : at + problem.n_starts] += problem.atoms[:, :, column].T @ weights
    return total
