"""The hit problem with every atom written out: plain loops, dense float64, small inputs only."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Dense(NamedTuple):
    """One region: scores x (A * L,), columns I * S * shift(D), which atom each column is."""

    x: np.ndarray
    columns: np.ndarray
    places: list[tuple[int, int]]
    lambdas: np.ndarray
    length: int


def dense_problem(
    scores: np.ndarray,
    letters: np.ndarray,
    atoms: np.ndarray,
    masks: np.ndarray,
    lambdas: np.ndarray,
    *,
    is_hypothetical: bool = False,
    edge: str = "drop",
    eps: float = 1.0,
) -> Dense:
    """Write out every atom of one region, sorted by (window start, motif).

    Args:
        scores: (A, L) or (L,), not yet masked nor normalised.
        atoms: (M, A, W), masked.
    """
    n_bases, length = letters.shape
    mask = np.ones((n_bases, length)) if is_hypothetical else letters.astype(float)
    values = (np.broadcast_to(scores, (n_bases, length)) * mask).astype(np.float32)
    scale = np.float32(np.sqrt((values.astype(float) ** 2).sum() / length))
    x = (values / scale).astype(float) if scale > 0 else values.astype(float)
    found = []
    for motif in range(len(atoms)):
        for start in range(1 - masks.shape[1], length):
            column = _column(x, mask, atoms[motif], masks[motif], start, edge=edge, eps=eps)
            if column is not None:
                found.append(((start, motif), column))
    found.sort(key=lambda pair: pair[0])
    places = [place for place, _ in found]
    return Dense(
        x=x.reshape(-1),
        columns=np.array([column for _, column in found]).T,
        places=places,
        lambdas=np.array([lambdas[motif] for _, motif in places]),
        length=length,
    )


def _column(
    x: np.ndarray,
    mask: np.ndarray,
    atom: np.ndarray,
    columns: np.ndarray,
    start: int,
    *,
    edge: str,
    eps: float,
) -> np.ndarray | None:
    """One atom over all positions, or None where its window is not allowed."""
    length, width = x.shape[1], len(columns)
    core = np.flatnonzero(columns)
    if edge == "drop" and not 0 <= start <= length - width:
        return None
    if len(core) == 0 or start + core[0] < 0 or start + core[-1] >= length:
        return None
    laid, energy = np.zeros(x.shape), 0.0
    for column in range(width):
        if columns[column]:
            at = start + column
            laid[:, at] = atom[:, column] * mask[:, at]
            energy += float((x[:, at] ** 2).sum())
    scaled: np.ndarray = laid.reshape(-1) * min((energy + eps) ** -0.5, 10.0)
    return scaled


def minimise(dense: Dense, *, sweeps: int = 20_000, least_change: float = 1e-13) -> np.ndarray:
    """Cyclic coordinate descent over all atoms until nothing moves."""
    norms = (dense.columns**2).sum(0)
    values, residual = np.zeros(len(norms)), dense.x.copy()
    for _ in range(sweeps):
        largest = 0.0
        for atom in range(len(norms)):
            if norms[atom] <= 0:
                continue
            pull = dense.columns[:, atom] @ residual - dense.lambdas[atom]
            after = max(0.0, values[atom] + pull / norms[atom])
            if after != values[atom]:
                residual -= dense.columns[:, atom] * (after - values[atom])
                largest = max(largest, abs(after - values[atom]))
                values[atom] = after
        if largest < least_change:
            return values
    return values


def objective(dense: Dense, values: np.ndarray) -> float:
    """F(c)."""
    residual = dense.x - dense.columns @ values
    return float(0.5 * residual @ residual + dense.lambdas @ values)


def gap(dense: Dense, values: np.ndarray) -> float:
    """Duality gap per base."""
    residual = dense.x - dense.columns @ values
    dual = max(1.0, float((dense.columns.T @ residual / dense.lambdas).max(initial=0.0)))
    scaled = residual / dual
    below = float(scaled @ dense.x - 0.5 * scaled @ scaled)
    return (objective(dense, values) - below) / dense.length


def active(
    dense: Dense, values: np.ndarray, *, least: float = 1e-9
) -> dict[tuple[int, int], float]:
    """(window start, motif) -> coefficient of the atoms in use."""
    return {
        place: float(value)
        for place, value in zip(dense.places, values, strict=True)
        if value > least
    }
