"""Float32 correlations of a tile of motifs, written so that the compiler keeps to vector code.

Indices are unsigned: a signed one may be negative, and the test for that costs more than the sum.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .jit import kernel
from .tables import N_BASES, TILE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .region import Region
    from .tables import Tables

U = np.uint64
_1, _2, _3, _4 = U(1), U(2), U(3), U(4)


@kernel(is_reordered=True)
def correlate_masked(
    single: NDArray[np.float32], tile: int, n_starts: int, region: Region, tables: Tables
) -> None:
    """Correlations of one tile at some starts, one base per position."""
    table, starts, rows, out = tables.tile_table[tile], region.starts, region.rows, region.out
    for index in range(U(n_starts)):
        start = U(starts[index])
        for lane in range(TILE):
            out[index, lane] = np.float32(0.0)
        for column in range(0, tables.tile_span[tile], 4):
            at = start + U(column)
            a, b, c, d = single[at], single[at + _1], single[at + _2], single[at + _3]
            row = U(column) * _4
            p = row + U(rows[at])
            q = row + _4 + U(rows[at + _1])
            r = row + _2 * _4 + U(rows[at + _2])
            s = row + _3 * _4 + U(rows[at + _3])
            for lane in range(TILE):
                out[index, lane] += (a * table[p, lane] + b * table[q, lane]) + (
                    c * table[r, lane] + d * table[s, lane]
                )


@kernel(is_reordered=True)
def correlate_dense(
    x: NDArray[np.float32],
    table: NDArray[np.float32],
    start: int,
    index: int,
    out: NDArray[np.float32],
) -> None:
    """Correlations of one tile at one start, all bases of a position."""
    i, origin = U(index), U(start) * _4
    for lane in range(TILE):
        out[i, lane] = np.float32(0.0)
    for row in range(U(0), U(len(table)), _4):
        at = origin + row
        a, b, c, d = x[at], x[at + _1], x[at + _2], x[at + _3]
        for lane in range(TILE):
            out[i, lane] += (a * table[row, lane] + b * table[row + _1, lane]) + (
                c * table[row + _2, lane] + d * table[row + _3, lane]
            )


@kernel(is_reordered=True)
def correlate_dense_four(
    x: NDArray[np.float32],
    table: NDArray[np.float32],
    start: int,
    index: int,
    out: NDArray[np.float32],
) -> None:
    """The same at four neighbouring starts, which share the rows of the table."""
    i0, o0 = U(index), U(start) * _4
    i1, i2, i3 = i0 + _1, i0 + _2, i0 + _3
    o1, o2, o3 = o0 + _4, o0 + _2 * _4, o0 + _3 * _4
    for i in range(i0, i0 + _4):
        for lane in range(TILE):
            out[i, lane] = np.float32(0.0)
    for row in range(U(0), U(len(table)), _4):
        at0, at1, at2, at3 = o0 + row, o1 + row, o2 + row, o3 + row
        a0, b0, c0, d0 = x[at0], x[at0 + _1], x[at0 + _2], x[at0 + _3]
        a1, b1, c1, d1 = x[at1], x[at1 + _1], x[at1 + _2], x[at1 + _3]
        a2, b2, c2, d2 = x[at2], x[at2 + _1], x[at2 + _2], x[at2 + _3]
        a3, b3, c3, d3 = x[at3], x[at3 + _1], x[at3 + _2], x[at3 + _3]
        for lane in range(TILE):
            p, q = table[row, lane], table[row + _1, lane]
            r, s = table[row + _2, lane], table[row + _3, lane]
            out[i0, lane] += (a0 * p + b0 * q) + (c0 * r + d0 * s)
            out[i1, lane] += (a1 * p + b1 * q) + (c1 * r + d1 * s)
            out[i2, lane] += (a2 * p + b2 * q) + (c2 * r + d2 * s)
            out[i3, lane] += (a3 * p + b3 * q) + (c3 * r + d3 * s)


@kernel()
def correlate(
    single: NDArray[np.float32], tile: int, n_starts: int, region: Region, tables: Tables
) -> None:
    """Correlations of one tile of motifs at the first `n_starts` of `region.starts`.

    They are written to the first rows of `region.out`; `single` is X or a residual, filled up.
    """
    if tables.is_masked:
        correlate_masked(single, tile, n_starts, region, tables)
        return
    n_columns = (tables.tile_span[tile] + 3) // 4 * 4
    table, starts, out = tables.tile_table[tile, : n_columns * N_BASES], region.starts, region.out
    index = 0
    while index < n_starts:
        if index + 4 <= n_starts and starts[index + 3] == starts[index] + 3:
            correlate_dense_four(single, table, starts[index], index, out)
            index += 4
        else:
            correlate_dense(single, table, starts[index], index, out)
            index += 1
