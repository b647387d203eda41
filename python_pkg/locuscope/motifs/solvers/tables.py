"""`Tables`: the motifs of a problem in the order and layout that the kernels read."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .problem import Problem

TILE = 32
N_BASES = 4
IMPORTANCE_LIMIT = 10.0


class Tables(NamedTuple):
    """Motifs, aligned to the first column of their cores.

    A start q below is the position of that column; the window starts at q - `offset`.
    `atoms` (M, K, A) float64; `span` columns from first to last masked one; `low`, `high`
    half-open range of q; runs of masked columns `run_start`, `run_end` of motif m are
    `run_first[m]` to `run_first[m + 1]`. Motifs of like spans share a tile of `TILE` columns:
    `tile_motif` (n, TILE) with -1 for filling, `tile_table` (n, 4 * steps * A, TILE) float32,
    `tile_span` longest span, `tile_run` columns that are inside every core, `tile_lambda` least
    lambda, `tile_slack` largest slack, `tile_norm` largest norm.
    """

    atoms: NDArray[np.float64]
    norm: NDArray[np.float64]
    lam: NDArray[np.float64]
    slack: NDArray[np.float64]
    offset: NDArray[np.int64]
    span: NDArray[np.int64]
    low: NDArray[np.int64]
    high: NDArray[np.int64]
    run_first: NDArray[np.int64]
    run_start: NDArray[np.int64]
    run_end: NDArray[np.int64]
    tile_motif: NDArray[np.int64]
    tile_table: NDArray[np.float32]
    tile_span: NDArray[np.int64]
    tile_run: NDArray[np.int64]
    tile_lambda: NDArray[np.float64]
    tile_slack: NDArray[np.float64]
    tile_norm: NDArray[np.float64]
    eps: float
    length: int
    is_masked: bool


def make_tables(problem: Problem) -> Tables:
    """Lay out the motifs of a problem; motifs without any value take part in nothing."""
    n_motifs, n_bases, _ = problem.atoms.shape
    offset, span = problem.core_starts, problem.core_ends - problem.core_starts
    reach = max(1, int(span.max(initial=1)))
    atoms = np.zeros((n_motifs, reach, n_bases))
    for motif, (first, columns) in enumerate(zip(offset, span, strict=True)):
        core = problem.atoms[motif, :, first : first + columns]
        atoms[motif, :columns] = core.T
    low, high = _ranges(problem, offset, span)
    norm = np.sqrt((atoms**2).sum(axis=(1, 2)))
    # A float32 sum is wrong by some 1e-7 of the norm; in units of the threshold that grows
    # with norm / lambda.
    slack = np.minimum(0.5, np.maximum(2e-5, 2e-6 * norm / problem.lambdas))
    run_first, run_start, run_end = _runs(problem.masks, offset)
    used = np.flatnonzero((norm > 0) & (high > low))
    tiles = _tiles(used, span)
    filled = tiles >= 0
    spans = np.where(filled, span[tiles], 0).max(axis=1, initial=0)
    first_run = run_end[run_first[:-1]] if len(run_end) else span
    least = np.iinfo(np.int64).max
    return Tables(
        atoms=atoms,
        norm=norm,
        lam=problem.lambdas,
        slack=slack,
        offset=offset,
        span=span,
        low=low,
        high=high,
        run_first=run_first,
        run_start=run_start,
        run_end=run_end,
        tile_motif=tiles,
        tile_table=_table(atoms, tiles),
        tile_span=spans,
        tile_run=np.where(filled, first_run[tiles], least).min(axis=1, initial=least),
        tile_lambda=np.where(filled, problem.lambdas[tiles], np.inf).min(axis=1, initial=np.inf),
        tile_slack=np.where(filled, slack[tiles], 0.0).max(axis=1, initial=0.0),
        tile_norm=np.where(filled, norm[tiles], 0.0).max(axis=1, initial=0.0),
        eps=float(problem.eps),
        length=int(problem.length),
        is_masked=not problem.use_hypothetical,
    )


def _ranges(
    problem: Problem, offset: NDArray[np.int64], span: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Half-open range of core starts of each motif."""
    if problem.edge == "core":
        return np.zeros_like(offset), np.maximum(0, problem.length - span + 1)
    n_starts = max(0, problem.length - problem.atoms.shape[2] + 1)
    return offset.copy(), offset + n_starts


def _runs(
    masks: NDArray[np.bool_], offset: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Runs of masked columns, counted from the first masked one; an empty mask has run (0, 0)."""
    first, starts, ends = [0], [], []
    for mask, shift in zip(masks, offset, strict=True):
        edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
        starts += list(edges[::2] - shift) or [0]
        ends += list(edges[1::2] - shift) or [0]
        first.append(len(starts))
    return (
        np.array(first, np.int64),
        np.array(starts, np.int64),
        np.array(ends, np.int64),
    )


def _tiles(used: NDArray[np.int64], span: NDArray[np.int64]) -> NDArray[np.int64]:
    """Motif ids in rows of `TILE`, longest spans first, -1 where a row is not full."""
    order = used[np.argsort(-span[used], kind="stable")]
    tiles = np.full((-(-len(order) // TILE), TILE), -1, np.int64)
    tiles.reshape(-1)[: len(order)] = order
    return tiles


def _table(atoms: NDArray[np.float64], tiles: NDArray[np.int64]) -> NDArray[np.float32]:
    """Values of each tile, one row per column and base; columns filled up to a multiple of 4."""
    _, reach, n_bases = atoms.shape
    table = np.zeros((len(tiles), -(-reach // 4) * 4, n_bases, TILE), np.float32)
    for row, motifs in enumerate(tiles):
        for column, motif in enumerate(motifs[motifs >= 0]):
            table[row, :reach, :, column] = atoms[motif]
    return table.reshape(len(tiles), table.shape[1] * n_bases, TILE)
