"""`Region`: one region in the forms that the kernels read, with room for their work."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .jit import kernel
from .kernels import prefix_sums
from .tables import N_BASES, TILE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .tables import Tables


class Region(NamedTuple):
    """One region.

    `x` X/g in float64, (L,) under a mask, else (L * A,) position by position; `base` (L,) row
    of A that stands there, -1 for N; `single` and `rows` the same in float32 and without -1,
    filled up so that no sum over a tile leaves them; `prefix` (L + 1,) sums of squares;
    `starts` (L,) and `out` (L, TILE) are room for the starts and correlations of a tile.
    """

    x: NDArray[np.float64]
    base: NDArray[np.int8]
    single: NDArray[np.float32]
    rows: NDArray[np.int64]
    prefix: NDArray[np.float64]
    starts: NDArray[np.int64]
    out: NDArray[np.float32]


@kernel()
def filled_up(values: NDArray[np.float64], tables: Tables) -> NDArray[np.float32]:
    """Values in float32 with zeros behind them, as far as a tile may reach."""
    padding = tables.tile_table.shape[1] // N_BASES * (len(values) // tables.length)
    filled = np.zeros(len(values) + padding, np.float32)
    for i in range(len(values)):
        filled[i] = values[i]
    return filled


@kernel()
def make_region(x: NDArray[np.float64], base: NDArray[np.int8], tables: Tables) -> Region:
    """Lay out one region."""
    length = tables.length
    rows = np.zeros(length + tables.tile_table.shape[1] // N_BASES, np.int64)
    for position in range(length):
        rows[position] = max(base[position], 0)
    return Region(
        x,
        base,
        filled_up(x, tables),
        rows,
        prefix_sums(x, length),
        np.empty(length, np.int64),
        np.empty((length, TILE), np.float32),
    )
