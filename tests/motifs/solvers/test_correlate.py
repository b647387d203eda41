"""Correlations of a tile at any list of starts: alone, in fours, in both layouts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.motifs.solvers import Problem
from locuscope.motifs.solvers.correlate import correlate, correlate_dense, correlate_dense_four
from locuscope.motifs.solvers.region import make_region
from locuscope.motifs.solvers.tables import TILE
from tests.motifs.hit_sets import small_inputs


def laid_out(name: str):
    problem = Problem.prepare(**small_inputs(name), edge="core")
    chunk = problem.load(slice(1, 2))
    x = chunk.values[0].reshape(-1).astype(np.float64)
    region = make_region(x, chunk.bases[0], problem.tables)
    return problem, region, chunk.dense()[0].astype(np.float64)


def by_loops(problem: Problem, dense: np.ndarray, motif: int, start: int) -> float:
    core = problem.atoms[motif][:, problem.core_starts[motif] : problem.core_ends[motif]]
    under = dense[:, start : start + core.shape[1]]
    return float((under * core[:, : under.shape[1]]).sum())


@pytest.mark.parametrize("name", ["projected", "hypothetical", "compact", "redundant"])
@pytest.mark.parametrize(
    "starts",
    [[0], [0, 1, 2], [5, 6, 7, 8], [3, 4, 5, 6, 7, 20, 21, 22, 23, 24, 25], [9, 11, 13, 15, 16]],
)
def test_any_list_of_starts_gives_the_sums_of_loops(name, starts):
    problem, region, dense = laid_out(name)
    tables = problem.tables
    region.starts[: len(starts)] = starts
    for tile in range(len(tables.tile_span)):
        correlate(region.single, tile, len(starts), region, tables)
        for lane, motif in enumerate(tables.tile_motif[tile]):
            wanted = [0.0 if motif < 0 else by_loops(problem, dense, motif, at) for at in starts]
            found = region.out[: len(starts), lane]
            np.testing.assert_allclose(found, wanted, rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize("name", ["projected", "hypothetical"])
def test_the_last_starts_read_zeros_behind_the_region(name):
    problem, region, dense = laid_out(name)
    tables = problem.tables
    starts = np.arange(problem.length - 6, problem.length)
    region.starts[: len(starts)] = starts
    correlate(region.single, 0, len(starts), region, tables)
    for lane, motif in enumerate(tables.tile_motif[0]):
        if motif >= 0:
            wanted = [by_loops(problem, dense, motif, at) for at in starts]
            np.testing.assert_allclose(region.out[: len(starts), lane], wanted, atol=2e-5)


def test_no_start_leaves_the_room_as_it_is():
    _, region, _ = laid_out("projected")
    problem = Problem.prepare(**small_inputs("projected"), edge="core")
    region.out[:] = 7.0
    correlate(region.single, 0, 0, region, problem.tables)
    assert (region.out == 7.0).all()


@given(n_columns=st.integers(1, 8), start=st.integers(0, 20), seed=st.integers(0, 9))
def test_four_starts_at_once_are_four_single_ones(n_columns, start, seed):
    draw = np.random.default_rng(seed)
    x = draw.normal(0, 1, 4 * 40).astype(np.float32)
    table = draw.normal(0, 1, (4 * n_columns, TILE)).astype(np.float32)
    together, alone = np.full((6, TILE), 9.0, np.float32), np.full((6, TILE), 9.0, np.float32)
    correlate_dense_four(x, table, start, 1, together)
    for offset in range(4):
        correlate_dense(x, table, start + offset, 1 + offset, alone)
    np.testing.assert_allclose(together, alone, rtol=1e-5, atol=1e-5)
    assert (together[[0, 5]] == 9.0).all()
