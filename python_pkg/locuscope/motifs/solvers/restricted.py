"""The problem of a few atoms: their Gram matrix and cyclic coordinate descent with its gap."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .jit import kernel
from .kernels import pair_product

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .tables import Tables


class Small(NamedTuple):
    """A problem of K atoms: min 1/2 c'Gc - b'c + lambda'c + `energy` / 2 over c >= 0.

    `gram` G (K, K), `linear` b = I <X, D>, `lambdas` (K,), `energy` <X, X>.
    """

    gram: NDArray[np.float64]
    linear: NDArray[np.float64]
    lambdas: NDArray[np.float64]
    energy: float


@kernel()
def gram_matrix(
    base: NDArray[np.int8],
    motifs: NDArray[np.int64],
    starts: NDArray[np.int64],
    weights: NDArray[np.float64],
    tables: Tables,
) -> NDArray[np.float64]:
    """Inner products I I' <S * D, S * D'> of some atoms, (K, K)."""
    count = len(motifs)
    gram = np.zeros((count, count))
    for i in range(count):
        end = starts[i] + tables.span[motifs[i]]
        for j in range(i, count):
            if starts[j] < end and starts[i] < starts[j] + tables.span[motifs[j]]:
                own, other = (motifs[i], starts[i]), (motifs[j], starts[j])
                value = pair_product(base, own, other, tables)
                gram[i, j] = gram[j, i] = value * weights[i] * weights[j]
    return gram


@kernel()
def restricted_gap(
    image: NDArray[np.float64], small: Small, coefficients: NDArray[np.float64]
) -> float:
    """Duality gap of the small problem; `image` is G c."""
    dual, fitted, squares, norm = 1.0, 0.0, 0.0, 0.0
    for i in range(len(image)):
        dual = max(dual, (small.linear[i] - image[i]) / small.lambdas[i])
        fitted += small.linear[i] * coefficients[i]
        squares += image[i] * coefficients[i]
        norm += small.lambdas[i] * coefficients[i]
    scale = 1.0 / dual
    remaining = small.energy - 2.0 * fitted + squares
    return 0.5 * remaining * (1.0 + scale * scale) - scale * (small.energy - fitted) + norm


@kernel()
def descend(
    small: Small, coefficients: NDArray[np.float64], target: float, max_sweeps: int
) -> tuple[int, bool]:
    """Cyclic coordinate descent in place until the restricted gap is at most `target`.

    Returns:
        (sweeps made, whether the target was reached)
    """
    gram, count = small.gram, len(coefficients)
    image = np.zeros(count)
    for i in range(count):
        if coefficients[i] > 0.0:
            for j in range(count):
                image[j] += gram[i, j] * coefficients[i]
    for sweep in range(max_sweeps):
        for i in range(count):
            if gram[i, i] <= 0.0:
                continue
            before = coefficients[i]
            wanted = before + (small.linear[i] - image[i] - small.lambdas[i]) / gram[i, i]
            after = max(wanted, 0.0)
            if after != before:
                coefficients[i] = after
                for j in range(count):
                    image[j] += gram[i, j] * (after - before)
        if restricted_gap(image, small, coefficients) <= target:
            return sweep + 1, True
    return max_sweeps, False
