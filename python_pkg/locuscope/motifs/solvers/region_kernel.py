"""One region from its scores to its certified atoms, and the loop over the regions of a chunk."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .certificate import changed_positions, find_violators, gap_per_base
from .finish import finish_exactly
from .jit import kernel
from .kernels import (
    atom_of,
    energies,
    longer,
    product,
    ratio,
    sort_keys,
    squared_threshold,
    subtract,
)
from .region import make_region
from .restricted import Small, descend, gram_matrix
from .screen import closest_atom, screen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .region import Region
    from .tables import Tables

# At most this many atoms are taken into the small problem at once; those left out come back as
# violators of the certificate.
_ROOM = 512
_MAX_ROUNDS = 50


class Settings(NamedTuple):
    """How far the small problem is solved.

    `target`: gap per base at which coordinate descent stops; `tol`: gap per base that counts as
    solved; `is_exact`: whether a linear solve follows.
    """

    target: float
    tol: float
    is_exact: bool
    max_sweeps: int


class Chunk(NamedTuple):
    """Regions of a chunk and room for their metrics.

    `values` (n, L or L * A) X/g position by position, `bases` (n, L), `is_solvable` (n,);
    `reals` (n, 3) and `counts` (n, 5) are filled as `solve_region` says.
    """

    values: NDArray[np.float32]
    bases: NDArray[np.int8]
    is_solvable: NDArray[np.bool_]
    reals: NDArray[np.float64]
    counts: NDArray[np.int64]


class Atoms(NamedTuple):
    """Atoms of a small problem, sorted by (hit_start, motif_id)."""

    keys: NDArray[np.int64]
    motifs: NDArray[np.int64]
    starts: NDArray[np.int64]
    energy: NDArray[np.float64]
    size: NDArray[np.float64]
    weights: NDArray[np.float64]
    products: NDArray[np.float64]


@kernel()
def describe(keys: NDArray[np.int64], region: Region, tables: Tables) -> Atoms:
    """Energies, weights I and products <X, D> of atoms given by sorted keys."""
    count = len(keys)
    motifs, starts = np.empty(count, np.int64), np.empty(count, np.int64)
    energy, size = np.empty(count), np.empty(count)
    weights, products = np.empty(count), np.empty(count)
    for i in range(count):
        motifs[i], starts[i] = atom_of(keys[i], tables)
        energy[i], size[i] = energies(region.x, motifs[i], starts[i], tables)
        weights[i] = 1.0 / np.sqrt(squared_threshold(energy[i], 1.0, tables.eps))
        products[i] = product(region.x, region.base, motifs[i], starts[i], tables)
    return Atoms(keys, motifs, starts, energy, size, weights, products)


@kernel()
def most_promising(
    keys: NDArray[np.int64], ratios: NDArray[np.float64], room: int
) -> NDArray[np.int64]:
    """At most `room` keys, those with the largest ratios, sorted by key."""
    least = -1.0
    if len(keys) > room:
        low, high = 0.0, 0.0
        for value in ratios:
            high = max(high, 2.0 * value)
        for _ in range(100):
            least = 0.5 * (low + high)
            count = 0
            for value in ratios:
                count += value > least
            if count > room:
                low = least
            else:
                high = least
        least = high
    chosen, size = np.empty(len(keys), np.int64), 0
    for i in range(len(keys)):
        if ratios[i] > least:
            chosen[size] = keys[i]
            size += 1
    sort_keys(chosen[:size], np.zeros(size))
    return chosen[:size]


@kernel()
def first_atoms(keys: NDArray[np.int64], region: Region, tables: Tables) -> Atoms:
    """The screened atoms, the most promising ones where there are very many."""
    sort_keys(keys, np.zeros(len(keys)))
    atoms = describe(keys, region, tables)
    if len(keys) <= _ROOM:
        return atoms
    ratios = np.empty(len(keys))
    for i in range(len(keys)):
        ratios[i] = atoms.products[i] * atoms.weights[i] / tables.lam[atoms.motifs[i]]
    return describe(most_promising(keys, ratios, _ROOM), region, tables)


@kernel()
def small_problem(atoms: Atoms, region: Region, tables: Tables) -> Small:
    """The problem of some atoms alone."""
    count = len(atoms.keys)
    linear, lambdas = np.empty(count), np.empty(count)
    for i in range(count):
        linear[i] = atoms.products[i] * atoms.weights[i]
        lambdas[i] = tables.lam[atoms.motifs[i]]
    gram = gram_matrix(region.base, atoms.motifs, atoms.starts, atoms.weights, tables)
    return Small(gram, linear, lambdas, region.prefix[tables.length])


@kernel()
def residual_of(
    atoms: Atoms, coefficients: NDArray[np.float64], region: Region, tables: Tables
) -> NDArray[np.float64]:
    """X minus the prediction, atoms taken off in their order."""
    residual = region.x.copy()
    for i in range(len(coefficients)):
        if coefficients[i] > 0.0:
            weight = coefficients[i] * atoms.weights[i]
            place = (atoms.motifs[i], atoms.starts[i])
            subtract(residual, region.base, place, weight, tables)
    return residual


@kernel()
def largest_ratio(
    residual: NDArray[np.float64], atoms: Atoms, region: Region, tables: Tables
) -> float:
    """Largest ratio to the threshold among the atoms of the small problem."""
    best = 0.0
    for i in range(len(atoms.keys)):
        place = (atoms.motifs[i], atoms.starts[i])
        best = max(best, ratio(residual, region.base, place, atoms.energy[i], tables))
    return best


@kernel()
def enlarge(
    atoms: Atoms,
    coefficients: NDArray[np.float64],
    joining: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Keys and coefficients with new atoms at 0; unused old ones leave a crowded problem."""
    is_crowded = len(atoms.keys) + len(joining) > 2 * _ROOM
    keys = np.empty(len(atoms.keys) + len(joining), np.int64)
    values, size = np.zeros(len(keys)), 0
    for i in range(len(atoms.keys)):
        if coefficients[i] > 0.0 or not is_crowded:
            keys[size], values[size] = atoms.keys[i], coefficients[i]
            size += 1
    for key in joining:
        keys[size] = key
        size += 1
    sort_keys(keys[:size], values[:size])
    return keys[:size], values[:size]


@kernel()
def solve_rounds(
    found: NDArray[np.int64],
    region: Region,
    tables: Tables,
    settings: Settings,
    counts: NDArray[np.int64],
) -> tuple[Atoms, NDArray[np.float64], NDArray[np.float64], float]:
    """Solve the screened atoms and take in those that the certificate finds, until there are none.

    `counts` receives sweeps and linear solves, candidates, rounds, and 1 if it came to an end.

    Returns:
        (atoms, coefficients, residual, dual norm)
    """
    atoms = first_atoms(found, region, tables)
    coefficients = np.zeros(len(atoms.keys))
    sweeps, solves, rounds = 0, 0, 0
    while True:
        rounds += 1
        small = small_problem(atoms, region, tables)
        target, left = settings.target * tables.length, settings.max_sweeps - sweeps
        more, is_done = descend(small, coefficients, target, left)
        sweeps += more
        if is_done and settings.is_exact:
            solves += finish_exactly(small, coefficients)
        residual = residual_of(atoms, coefficients, region, tables)
        changed = changed_positions(atoms.motifs, atoms.starts, coefficients, tables)
        joining, ratios, outside = find_violators(residual, changed, atoms.keys, region, tables)
        if len(joining) == 0 or not is_done or rounds >= _MAX_ROUNDS:
            counts[0], counts[1], counts[2] = sweeps + solves, len(found), rounds
            counts[4] = int(is_done and len(joining) == 0)
            inside = largest_ratio(residual, atoms, region, tables)
            return atoms, coefficients, residual, max(inside, outside)
        joining = most_promising(joining, ratios, _ROOM)
        keys, coefficients = enlarge(atoms, coefficients, joining)
        atoms = describe(keys, region, tables)


@kernel()
def solve_region(
    region: Region,
    tables: Tables,
    settings: Settings,
    reals: NDArray[np.float64],
    counts: NDArray[np.int64],
) -> tuple[Atoms, NDArray[np.float64]]:
    """Solve one region.

    `reals` receives nll, gap per base, dual norm; `counts` sweeps and linear solves, candidates,
    rounds, support, 1 if certified.

    Returns:
        (atoms of the last small problem, their coefficients)
    """
    found = screen(region, tables)
    if len(found) > 0:
        atoms, coefficients, residual, dual = solve_rounds(found, region, tables, settings, counts)
    else:
        atoms, coefficients, residual = describe(found, region, tables), np.zeros(0), region.x
        dual, counts[4] = 0.0, 1
        motif, start = closest_atom(region, tables)
        if motif >= 0:
            energy, _ = energies(region.x, motif, start, tables)
            dual = ratio(region.x, region.base, (motif, start), energy, tables)
    penalty = 0.0
    for i in range(len(coefficients)):
        counts[3] += coefficients[i] > 0.0
        penalty += tables.lam[atoms.motifs[i]] * coefficients[i]
    reals[0], reals[1] = gap_per_base(region.x, residual, penalty, dual, tables.length)
    reals[2] = dual
    # Below 1e-13 per base the gap itself is rounding.
    if reals[1] > max(settings.tol, 1e-13):
        counts[4] = 0
    return atoms, coefficients


@kernel()
def solve_chunk(
    chunk: Chunk, tables: Tables, settings: Settings
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Solve the regions of a chunk one after the other.

    Returns:
        ((hits, 3) row of the chunk, motif, window start; (hits, 4) coefficient, similarity,
        importance, importance_sq), sorted
    """
    places, numbers, total = np.empty(3 * 64, np.int64), np.empty(4 * 64), 0
    for row in range(len(chunk.values)):
        if not chunk.is_solvable[row]:
            continue
        region = make_region(chunk.values[row].astype(np.float64), chunk.bases[row], tables)
        atoms, coefficients = solve_region(
            region, tables, settings, chunk.reals[row], chunk.counts[row]
        )
        for i in range(len(coefficients)):
            if coefficients[i] <= 0.0:
                continue
            if 3 * total == len(places):
                places, numbers = longer(places), longer(numbers)
            place, number = 3 * total, 4 * total
            places[place], places[place + 1] = row, atoms.motifs[i]
            places[place + 2] = atoms.starts[i] - tables.offset[atoms.motifs[i]]
            root = np.sqrt(atoms.energy[i])
            numbers[number] = coefficients[i]
            numbers[number + 1] = atoms.products[i] / root if root > 0.0 else 0.0
            numbers[number + 2], numbers[number + 3] = atoms.size[i], atoms.energy[i]
            total += 1
    return places[: 3 * total].reshape((total, 3)), numbers[: 4 * total].reshape((total, 4))
