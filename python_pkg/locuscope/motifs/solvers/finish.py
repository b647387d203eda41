"""The exact finish: active-set steps with Cholesky solves, duplicates resolved by a fixed rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .jit import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .restricted import Small

# A pivot below this part of its diagonal means that the atom is a combination of earlier ones.
_LEAST_PIVOT = 1e-12
# A solution below this part of the largest one counts as zero.
_LEAST_PART = 1e-13
_ENTRY = 1e-10


@kernel()
def factorise(
    gram: NDArray[np.float64], index: NDArray[np.int64], factor: NDArray[np.float64]
) -> int:
    """Cholesky factor of the chosen rows, in place; the first dependent row, or -1."""
    for i in range(len(index)):
        for j in range(i + 1):
            total = gram[index[i], index[j]]
            for k in range(j):
                total -= factor[i, k] * factor[j, k]
            if j < i:
                factor[i, j] = total / factor[j, j]
            elif total <= _LEAST_PIVOT * gram[index[i], index[i]]:
                return i
            else:
                factor[i, i] = np.sqrt(total)
    return -1


@kernel()
def back_substitute(
    factor: NDArray[np.float64], values: NDArray[np.float64], count: int
) -> NDArray[np.float64]:
    """Solve L^T z = values with the leading `count` rows."""
    solution = np.empty(count)
    for i in range(count - 1, -1, -1):
        solution[i] = values[i]
        for k in range(i + 1, count):
            solution[i] -= factor[k, i] * solution[k]
        solution[i] /= factor[i, i]
    return solution


@kernel()
def change_to_minimiser(
    factor: NDArray[np.float64],
    index: NDArray[np.int64],
    small: Small,
    coefficients: NDArray[np.float64],
) -> NDArray[np.float64]:
    """What takes the active coefficients to the solution of G c = b - lambda."""
    count = len(index)
    solution = np.empty(count)
    for i in range(count):
        solution[i] = small.linear[index[i]] - small.lambdas[index[i]]
        for k in range(i):
            solution[i] -= factor[i, k] * solution[k]
        solution[i] /= factor[i, i]
    solution = back_substitute(factor, solution, count)
    largest = 0.0
    for i in range(count):
        largest = max(largest, solution[i])
    for i in range(count):
        if solution[i] <= _LEAST_PART * largest:
            solution[i] = min(solution[i], 0.0)
        solution[i] -= coefficients[index[i]]
    return solution


@kernel()
def step_towards(
    coefficients: NDArray[np.float64], index: NDArray[np.int64], change: NDArray[np.float64]
) -> tuple[int, float]:
    """Add `change` as far as no coefficient turns negative; drop the atom that stops it.

    Returns:
        (position in `index` of the atom that is now 0, or -1; part of the change made)
    """
    part, stop = 1.0, -1
    for i in range(len(index)):
        value = coefficients[index[i]]
        if change[i] < 0.0 and value + part * change[i] <= 0.0:
            part, stop = value / -change[i], i
    for i in range(len(index)):
        coefficients[index[i]] = max(coefficients[index[i]] + part * change[i], 0.0)
    if stop >= 0:
        coefficients[index[stop]] = 0.0
    return stop, part


@kernel()
def dependent_change(
    factor: NDArray[np.float64],
    index: NDArray[np.int64],
    lambdas: NDArray[np.float64],
    coefficients: NDArray[np.float64],
    row: int,
) -> NDArray[np.float64]:
    """Direction in which the fit stays as it is and the penalty does not grow.

    Atom `row` is a combination of earlier ones. Where the penalty is the same on both sides the
    later atom gives way, so that the smallest (hit_start, motif_id) is kept.
    """
    mixture = back_substitute(factor, factor[row], row)
    slope = lambdas[index[row]]
    for i in range(row):
        slope -= mixture[i] * lambdas[index[i]]
    sign = 1.0 if slope < -1e-9 * lambdas[index[row]] else -1.0
    change = np.zeros(len(index))
    reach = np.inf
    for i in range(row + 1):
        change[i] = sign if i == row else -sign * mixture[i]
        if change[i] < 0.0:
            reach = min(reach, coefficients[index[i]] / -change[i])
    for i in range(row + 1):
        change[i] *= max(1.0, 2.0 * reach)
    return change


@kernel()
def entering(
    small: Small,
    coefficients: NDArray[np.float64],
    index: NDArray[np.int64],
    is_barred: NDArray[np.bool_],
) -> int:
    """The inactive atom that wants in most, or -1."""
    best, found = 1.0 + _ENTRY, -1
    for i in range(len(coefficients)):
        if coefficients[i] > 0.0 or is_barred[i]:
            continue
        value = small.linear[i]
        for j in index:
            value -= small.gram[i, j] * coefficients[j]
        if value > best * small.lambdas[i]:
            best, found = value / small.lambdas[i], i
    return found


@kernel()
def finish_exactly(small: Small, coefficients: NDArray[np.float64]) -> int:
    """Turn good coefficients into the minimiser over these atoms, in place.

    The objective never rises. Where the minimiser is not unique the atom with the smallest key
    (atoms stand sorted) is kept.

    Returns:
        linear solves made
    """
    count = len(coefficients)
    is_barred = np.zeros(count, np.bool_)
    is_active = np.zeros(count, np.bool_)
    for i in range(count):
        is_active[i] = coefficients[i] > 0.0
    factor, places = np.empty((count, count)), np.empty(count, np.int64)
    for steps in range(1, 10 * count + 50):
        size = 0
        for i in range(count):
            if is_active[i]:
                places[size] = i
                size += 1
        index = places[:size]
        row = factorise(small.gram, index, factor)
        if row >= 0:
            change = dependent_change(factor, index, small.lambdas, coefficients, row)
        else:
            change = change_to_minimiser(factor, index, small, coefficients)
        stop, part = step_towards(coefficients, index, change)
        if stop >= 0:
            is_active[index[stop]] = False
            # An atom that had to leave without a step must not come back for ever.
            if part == 0.0:
                is_barred[index[stop]] = True
        elif row < 0:
            joining = entering(small, coefficients, index, is_barred)
            if joining < 0:
                return steps
            is_active[joining] = True
    return 10 * count + 50
