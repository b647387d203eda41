"""Float64 products of atoms with scores and each other, summed in fixed order; keys of atoms."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from .jit import kernel
from .tables import IMPORTANCE_LIMIT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .tables import Tables

Number = TypeVar("Number", np.int64, np.float64)

_LEAST_SQUARE = 1.0 / IMPORTANCE_LIMIT**2


@kernel()
def ratio(
    x: NDArray[np.float64],
    base: NDArray[np.int8],
    place: tuple[int, int],
    energy: float,
    tables: Tables,
) -> float:
    """I <x, D> / lambda of one atom; `energy` is that of X under its core."""
    motif, start = place
    threshold = math.sqrt(squared_threshold(energy, tables.lam[motif], tables.eps))
    return product(x, base, motif, start, tables) / threshold


@kernel()
def product(
    x: NDArray[np.float64], base: NDArray[np.int8], motif: int, start: int, tables: Tables
) -> float:
    """<x, D> of one atom; x is (L,) under a mask, else (L * A,) position by position."""
    total = 0.0
    n_bases = tables.atoms.shape[2]
    for column in range(tables.span[motif]):
        if tables.is_masked:
            row = base[start + column]
            if row >= 0:
                total += x[start + column] * tables.atoms[motif, column, row]
        else:
            for row in range(n_bases):
                total += x[(start + column) * n_bases + row] * tables.atoms[motif, column, row]
    return total


@kernel()
def pair_product(
    base: NDArray[np.int8], place: tuple[int, int], other_place: tuple[int, int], tables: Tables
) -> float:
    """<S * D, S * D'> of two atoms (motif, core start); 0 when their cores do not meet."""
    motif, start = place
    other, other_start = other_place
    low = max(start, other_start)
    high = min(start + tables.span[motif], other_start + tables.span[other])
    total = 0.0
    for position in range(low, high):
        if tables.is_masked:
            row = base[position]
            if row >= 0:
                total += (
                    tables.atoms[motif, position - start, row]
                    * tables.atoms[other, position - other_start, row]
                )
        else:
            for row in range(tables.atoms.shape[2]):
                total += (
                    tables.atoms[motif, position - start, row]
                    * tables.atoms[other, position - other_start, row]
                )
    return total


@kernel()
def energies(x: NDArray[np.float64], motif: int, start: int, tables: Tables) -> tuple[float, float]:
    """Sum of x^2 and of |x| over the masked columns of one atom, term by term."""
    width = 1 if tables.is_masked else tables.atoms.shape[2]
    squares, sizes = 0.0, 0.0
    for run in range(tables.run_first[motif], tables.run_first[motif + 1]):
        low = (start + tables.run_start[run]) * width
        for index in range(low, (start + tables.run_end[run]) * width):
            squares += x[index] * x[index]
            sizes += abs(x[index])
    return squares, sizes


@kernel()
def squared_threshold(energy: float, lam: float, eps: float) -> float:
    """Square of the correlation at which an atom enters: (lambda / I)^2."""
    return lam * lam * max(energy + eps, _LEAST_SQUARE)


@kernel()
def run_energy(prefix: NDArray[np.float64], motif: int, start: int, tables: Tables) -> float:
    """Sum of squares over the masked columns of one atom, from prefix sums."""
    total = 0.0
    for run in range(tables.run_first[motif], tables.run_first[motif + 1]):
        total += prefix[start + tables.run_end[run]] - prefix[start + tables.run_start[run]]
    return max(total, 0.0)


@kernel()
def prefix_sums(x: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    """Sums of squares of the positions before each one, (L + 1,)."""
    width = len(x) // length
    sums = np.zeros(length + 1)
    for position in range(length):
        square = 0.0
        for row in range(width):
            value = x[position * width + row]
            square += value * value
        sums[position + 1] = sums[position] + square
    return sums


@kernel()
def subtract(
    residual: NDArray[np.float64],
    base: NDArray[np.int8],
    place: tuple[int, int],
    weight: float,
    tables: Tables,
) -> None:
    """Take `weight` times one atom (motif, core start), masked, off the residual."""
    motif, start = place
    n_bases = tables.atoms.shape[2]
    for column in range(tables.span[motif]):
        position = start + column
        if tables.is_masked:
            row = base[position]
            if row >= 0:
                residual[position] -= weight * tables.atoms[motif, column, row]
        else:
            for row in range(n_bases):
                residual[position * n_bases + row] -= weight * tables.atoms[motif, column, row]


@kernel()
def atom_key(motif: int, start: int, tables: Tables) -> int:
    """A number that sorts atoms by (hit_start, motif_id); `start` is that of the core."""
    return (start - tables.offset[motif] + tables.length) * len(tables.lam) + motif  # type: ignore[no-any-return]


@kernel()
def atom_of(key: int, tables: Tables) -> tuple[int, int]:
    """Motif and core start of a key."""
    n_motifs = len(tables.lam)
    motif = key % n_motifs
    return motif, key // n_motifs - tables.length + tables.offset[motif]


@kernel()
def longer(values: NDArray[Number]) -> NDArray[Number]:
    """The same values in an array of twice the room."""
    grown = np.empty(2 * len(values), values.dtype)
    for i in range(len(values)):
        grown[i] = values[i]
    return grown


@kernel()
def sort_keys(keys: NDArray[np.int64], values: NDArray[np.float64]) -> None:
    """Sort keys in place, each with its value (heap sort: the library's takes long to compile)."""
    count = len(keys)
    for step in range(count // 2 + count - 1):
        if step < count // 2:
            root, end = count // 2 - 1 - step, count
        else:
            root, end = 0, count - 1 - (step - count // 2)
            keys[0], keys[end] = keys[end], keys[0]
            values[0], values[end] = values[end], values[0]
        while 2 * root + 1 < end:
            child = 2 * root + 1
            if child + 1 < end and keys[child] < keys[child + 1]:
                child += 1
            if keys[root] >= keys[child]:
                break
            keys[root], keys[child] = keys[child], keys[root]
            values[root], values[child] = values[child], values[root]
            root = child
