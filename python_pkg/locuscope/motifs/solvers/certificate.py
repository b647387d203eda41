"""The proof: the residual, its gap, and every atom outside the problem that would still enter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .correlate import correlate
from .jit import kernel
from .kernels import atom_key, longer, prefix_sums, ratio, run_energy
from .region import filled_up
from .screen import largest, least_threshold, threshold, tile_bounds
from .tables import TILE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .region import Region
    from .tables import Tables

# Atoms this close to their threshold in float32 are looked at again in float64.
NEAR = 1e-4
VIOLATION = 1e-9


@kernel()
def is_member(keys: NDArray[np.int64], key: int) -> bool:
    """Whether a sorted list of keys holds one."""
    low, high = 0, len(keys)
    while low < high:
        middle = (low + high) // 2
        if keys[middle] < key:
            low = middle + 1
        else:
            high = middle
    return low < len(keys) and keys[low] == key


@kernel()
def gap_per_base(
    x: NDArray[np.float64],
    residual: NDArray[np.float64],
    penalty: float,
    dual: float,
    length: int,
) -> tuple[float, float]:
    """(nll, true duality gap), both per base."""
    squares, fit = 0.0, 0.0
    for i in range(len(x)):
        squares += residual[i] * residual[i]
        fit += residual[i] * x[i]
    scale = 1.0 / max(1.0, dual)
    gap = 0.5 * squares * (1.0 + scale * scale) - scale * fit + penalty
    return squares / (2.0 * length), max(gap, 0.0) / length


@kernel()
def changed_positions(
    motifs: NDArray[np.int64],
    starts: NDArray[np.int64],
    coefficients: NDArray[np.float64],
    tables: Tables,
) -> NDArray[np.int64]:
    """How many positions before each one lie under the core of an active atom, (L + 1,)."""
    counts = np.zeros(tables.length + 1, np.int64)
    for i in range(len(motifs)):
        if coefficients[i] <= 0.0:
            continue
        for position in range(starts[i], starts[i] + tables.span[motifs[i]]):
            counts[position + 1] = 1
    for position in range(tables.length):
        counts[position + 1] += counts[position]
    return counts


@kernel()
def open_starts(
    tile: int,
    changed: NDArray[np.int64],
    remaining: NDArray[np.float64],
    region: Region,
    tables: Tables,
) -> int:
    """Starts of a tile where the residual changed and still has the energy to let an atom in.

    By Cauchy-Schwarz a correlation is at most ||D|| times the root of the residual's energy.
    They are written to `region.starts`; returns their number.
    """
    low, high = tile_bounds(tile, tables)
    leeway = ((1.0 - NEAR) * (1.0 - tables.tile_slack[tile])) ** 2
    reach = leeway / tables.tile_norm[tile] ** 2
    common, lam, count = tables.tile_run[tile], tables.tile_lambda[tile], 0
    for start in range(low, high):
        end = min(start + tables.tile_span[tile], tables.length)
        if changed[end] == changed[start]:
            continue
        least = least_threshold(region.prefix, start, common, lam, tables.eps)
        if remaining[end] - remaining[start] > reach * least:
            region.starts[count] = start
            count += 1
    return count


@kernel()
def find_violators(
    residual: NDArray[np.float64],
    changed: NDArray[np.int64],
    keys: NDArray[np.int64],
    region: Region,
    tables: Tables,
) -> tuple[NDArray[np.int64], NDArray[np.float64], float]:
    """Atoms outside the small problem whose ratio to the threshold exceeds 1.

    Atoms of the small problem are given by their sorted `keys`; `changed` is that of
    `changed_positions`.

    Returns:
        (keys, their ratios, largest float64 ratio among all that came near the threshold)
    """
    single, remaining = filled_up(residual, tables), prefix_sums(residual, tables.length)
    found, ratios, dual, count = np.empty(16, np.int64), np.empty(16), 0.0, 0
    for tile in range(len(tables.tile_span)):
        n_starts = open_starts(tile, changed, remaining, region, tables)
        correlate(single, tile, n_starts, region, tables)
        leeway = ((1.0 - NEAR) * (1.0 - tables.tile_slack[tile])) ** 2
        common, lam = tables.tile_run[tile], tables.tile_lambda[tile]
        for index in range(n_starts):
            start, best = region.starts[index], np.float64(largest(region.out, index))
            least = leeway * least_threshold(region.prefix, start, common, lam, tables.eps)
            if best <= 0.0 or best * best <= least:
                continue
            for lane in range(TILE):
                value = np.float64(region.out[index, lane])
                if value <= 0.0 or value * value <= least:
                    continue
                limit = threshold(tile, lane, start, region, tables)
                if value * value <= leeway * limit:
                    continue
                motif = tables.tile_motif[tile, lane]
                key = atom_key(motif, start, tables)
                if is_member(keys, key):
                    continue
                energy = run_energy(region.prefix, motif, start, tables)
                exact = ratio(residual, region.base, (motif, start), energy, tables)
                dual = max(dual, exact)
                if exact > 1.0 + VIOLATION:
                    if count == len(found):
                        found, ratios = longer(found), longer(ratios)
                    found[count], ratios[count] = key, exact
                    count += 1
    return found[:count], ratios[:count], dual
