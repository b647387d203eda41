"""Screening and correlations against plain loops."""

from __future__ import annotations

import numpy as np
import pytest

from locuscope.motifs.solvers import Problem
from locuscope.motifs.solvers.kernels import atom_key, atom_of
from locuscope.motifs.solvers.region import Region, make_region
from locuscope.motifs.solvers.screen import (
    closest_atom,
    correlate_all,
    largest,
    least_threshold,
    screen,
    threshold,
    tile_bounds,
)
from locuscope.motifs.solvers.tables import TILE
from tests.motifs.hit_sets import small_inputs

NAMES = ["projected", "hypothetical", "compact", "redundant"]


def prepared(name: str, row: int = 1, **options) -> tuple[Problem, Region, np.ndarray]:
    problem = Problem.prepare(**small_inputs(name), **options)
    chunk = problem.load(slice(row, row + 1))
    x = chunk.values[0].reshape(-1).astype(np.float64)
    region = make_region(x, chunk.bases[0], problem.tables)
    return problem, region, chunk.dense()[0].astype(np.float64)


def ratios(problem: Problem, dense: np.ndarray) -> dict[tuple[int, int], float]:
    """(motif, core start) -> I <X, D> / lambda of every allowed atom."""
    found = {}
    for motif, atom in enumerate(problem.atoms):
        first, last = problem.core_starts[motif], problem.core_ends[motif]
        for start in range(problem.tables.low[motif], problem.tables.high[motif]):
            under = dense[:, start : start + last - first]
            energy = (under**2).sum()
            value = (under * atom[:, first:last]).sum()
            found[motif, start] = value / np.sqrt(energy + 1.0) / problem.lambdas[motif]
    return found


@pytest.mark.parametrize("edge", ["drop", "core"])
@pytest.mark.parametrize("name", NAMES)
def test_exactly_the_atoms_above_the_threshold_are_found(name, edge):
    problem, region, dense = prepared(name, edge=edge)
    keys = screen(region, problem.tables)
    found = {atom_of(int(key), problem.tables) for key in keys}
    assert len(found) == len(keys)
    all_ratios = ratios(problem, dense)
    above = {place for place, value in all_ratios.items() if value > 1.0}
    near = {place for place, value in all_ratios.items() if value > 1.0 - 1e-4}
    assert above <= found <= near


@pytest.mark.parametrize("name", NAMES)
def test_correlations_of_a_tile_are_those_of_loops(name):
    problem, region, dense = prepared(name)
    tables = problem.tables
    for tile in range(len(tables.tile_span)):
        low, count = correlate_all(tile, region, tables)
        for lane, motif in enumerate(tables.tile_motif[tile]):
            if motif < 0:
                assert (region.out[:count, lane] == 0).all()
                continue
            core = problem.atoms[motif][:, problem.core_starts[motif] : problem.core_ends[motif]]
            starts = range(max(low, tables.low[motif]), min(low + count, tables.high[motif]))
            wanted = [(dense[:, p : p + core.shape[1]] * core).sum() for p in starts]
            got = region.out[np.array(starts) - low, lane]
            np.testing.assert_allclose(got, wanted, rtol=2e-5, atol=2e-5)


def test_the_closest_atom_has_the_largest_ratio():
    for name in NAMES:
        problem, region, dense = prepared(name)
        all_ratios = ratios(problem, dense)
        place = closest_atom(region, problem.tables)
        assert all_ratios[place] == pytest.approx(max(all_ratios.values()), rel=1e-5)


def test_keys_sort_by_window_start_then_motif():
    tables = prepared("projected", edge="core")[0].tables
    places = [(motif, start) for motif in (0, 5, 23) for start in (0, 7, 200)]
    for motif, start in places:
        assert atom_of(atom_key(motif, start, tables), tables) == (motif, start)
    by_key = sorted(places, key=lambda place: atom_key(*place, tables))
    assert by_key == sorted(places, key=lambda p: (p[1] - tables.offset[p[0]], p[0]))


def test_a_tile_bounds_all_starts_and_thresholds_of_its_motifs():
    problem, region, _ = prepared("projected")
    tables = problem.tables
    for tile in range(len(tables.tile_span)):
        low, high = tile_bounds(tile, tables)
        motifs = tables.tile_motif[tile][tables.tile_motif[tile] >= 0]
        assert low == tables.low[motifs].min()
        assert high == tables.high[motifs].max()
        for start in range(low, high, 17):
            least = least_threshold(
                region.prefix,
                start,
                tables.tile_run[tile],
                tables.tile_lambda[tile],
                tables.eps,
            )
            own = [threshold(tile, lane, start, region, tables) for lane in range(TILE)]
            assert least <= min(own)
            for lane, value in enumerate(own):
                motif = tables.tile_motif[tile, lane]
                allowed = motif >= 0 and tables.low[motif] <= start < tables.high[motif]
                assert np.isfinite(value) == allowed


def test_the_largest_value_of_a_row_is_at_least_zero():
    values = np.full((2, TILE), -1.0, np.float32)
    values[1, 5] = 3.0
    assert (largest(values, 0), largest(values, 1)) == (0.0, 3.0)
