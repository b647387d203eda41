"""Find the atoms that can matter: float32 correlations with every motif, a threshold with slack."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .correlate import correlate
from .jit import kernel
from .kernels import atom_key, longer, run_energy, squared_threshold
from .tables import TILE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .region import Region
    from .tables import Tables


@kernel(is_reordered=True)
def largest(values: NDArray[np.float32], index: int) -> np.float32:
    """Largest value of one row of correlations, 0 where all are negative."""
    best = np.float32(0.0)
    for lane in range(TILE):
        best = max(best, values[index, lane])
    return best


@kernel()
def tile_bounds(tile: int, tables: Tables) -> tuple[int, int]:
    """First and last + 1 core start of any motif of a tile."""
    low, high = tables.length, 0
    for lane in range(TILE):
        motif = tables.tile_motif[tile, lane]
        if motif >= 0:
            low = min(low, tables.low[motif])
            high = max(high, tables.high[motif])
    return low, high


@kernel()
def correlate_all(tile: int, region: Region, tables: Tables) -> tuple[int, int]:
    """Correlations of a tile with X at every start; (first start, number of starts)."""
    low, high = tile_bounds(tile, tables)
    for index in range(high - low):
        region.starts[index] = low + index
    correlate(region.single, tile, high - low, region, tables)
    return low, high - low


@kernel()
def least_threshold(
    prefix: NDArray[np.float64], start: int, n_common: int, lam: float, eps: float
) -> float:
    """A bound from below on the squared thresholds of a tile at one start.

    No core of the tile holds less energy than its `n_common` common columns; `lam` is the least
    lambda. Plain arguments, because this runs at every start and tuples of arrays are counted.
    """
    energy = max(prefix[start + n_common] - prefix[start], 0.0)
    return squared_threshold(energy, lam, eps) * (1.0 - 1e-9)


@kernel()
def threshold(tile: int, lane: int, start: int, region: Region, tables: Tables) -> float:
    """Squared threshold of one lane of a tile at one start; infinite where it is not allowed."""
    motif = tables.tile_motif[tile, lane]
    if motif < 0 or start < tables.low[motif] or start >= tables.high[motif]:
        return np.inf
    energy = run_energy(region.prefix, motif, start, tables)
    return squared_threshold(energy, tables.lam[motif], tables.eps)


@kernel()
def screen(region: Region, tables: Tables) -> NDArray[np.int64]:
    """Keys of the atoms whose correlation with X comes within the slack of their threshold."""
    found, count = np.empty(64, np.int64), 0
    out, prefix = region.out, region.prefix
    for tile in range(len(tables.tile_span)):
        low, n_starts = correlate_all(tile, region, tables)
        leeway = (1.0 - tables.tile_slack[tile]) ** 2
        common, lam = tables.tile_run[tile], tables.tile_lambda[tile]
        for index in range(n_starts):
            start, best = low + index, np.float64(largest(out, index))
            least = leeway * least_threshold(prefix, start, common, lam, tables.eps)
            if best <= 0.0 or best * best <= least:
                continue
            for lane in range(TILE):
                value = np.float64(out[index, lane])
                if value <= 0.0 or value * value <= least:
                    continue
                if value * value > leeway * threshold(tile, lane, start, region, tables):
                    if count == len(found):
                        found = longer(found)
                    found[count] = atom_key(tables.tile_motif[tile, lane], start, tables)
                    count += 1
    return found[:count]


@kernel()
def closest_atom(region: Region, tables: Tables) -> tuple[int, int]:
    """Motif and core start of the largest ratio to the threshold in float32; (-1, 0) if none."""
    best, best_motif, best_start = 0.0, -1, 0
    for tile in range(len(tables.tile_span)):
        low, n_starts = correlate_all(tile, region, tables)
        common, lam = tables.tile_run[tile], tables.tile_lambda[tile]
        for index in range(n_starts):
            least = least_threshold(region.prefix, low + index, common, lam, tables.eps)
            for lane in range(TILE):
                value = np.float64(region.out[index, lane])
                if value <= 0.0 or value * value <= best * least:
                    continue
                limit = threshold(tile, lane, low + index, region, tables)
                if value * value > best * limit:
                    best = value * value / limit
                    best_motif, best_start = tables.tile_motif[tile, lane], low + index
    return best_motif, best_start
