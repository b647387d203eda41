"""The certificate finds whatever was left out, and its bounds leave nothing open."""

from __future__ import annotations

import numpy as np
import pytest

from locuscope.motifs.solvers import Problem, solve_certified
from locuscope.motifs.solvers.certificate import (
    changed_positions,
    find_violators,
    gap_per_base,
    is_member,
    open_starts,
)
from locuscope.motifs.solvers.finish import finish_exactly
from locuscope.motifs.solvers.kernels import prefix_sums
from locuscope.motifs.solvers.region import filled_up, make_region
from locuscope.motifs.solvers.region_kernel import describe, residual_of, small_problem
from locuscope.motifs.solvers.restricted import descend
from locuscope.motifs.solvers.screen import screen
from tests.motifs.hit_sets import small_inputs


def solved_without(name: str, left_out: int, row: int = 1):
    """A region solved without one of its screened atoms."""
    problem = Problem.prepare(**small_inputs(name))
    tables, chunk = problem.tables, problem.load(slice(row, row + 1))
    x = chunk.values[0].reshape(-1).astype(np.float64)
    region = make_region(x, chunk.bases[0], tables)
    keys = np.sort(screen(region, tables))
    solved = solve_certified(problem, slice(row, row + 1))
    motif, start = solved.motif_id[left_out], solved.hit_start[left_out]
    gone = (start + problem.length) * len(tables.lam) + motif
    assert gone in keys
    kept = keys[keys != gone]
    atoms = describe(kept, region, tables)
    coefficients = np.zeros(len(kept))
    small = small_problem(atoms, region, tables)
    descend(small, coefficients, 1e-6, 10_000)
    finish_exactly(small, coefficients)
    residual = residual_of(atoms, coefficients, region, tables)
    changed = changed_positions(atoms.motifs, atoms.starts, coefficients, tables)
    return problem, region, residual, changed, kept, gone


@pytest.mark.parametrize("name", ["projected", "hypothetical", "compact", "redundant"])
def test_an_atom_that_overlaps_the_support_is_found_again(name):
    solved = solve_certified(Problem.prepare(**small_inputs(name)), slice(1, 2))
    found_any = False
    for left_out in range(len(solved.region)):
        problem, region, residual, changed, keys, gone = solved_without(name, left_out)
        start = int(gone) // len(problem.lambdas) - problem.length
        width = problem.atoms.shape[2]
        if changed[min(start + width, problem.length)] == changed[max(start, 0)]:
            continue  # nothing changed there: such an atom is the business of the screen
        joining, ratios, dual = find_violators(residual, changed, keys, region, problem.tables)
        if len(joining):
            found_any = True
            assert not set(joining) & set(keys)
            assert (ratios > 1.0 + 1e-9).all()
            assert dual == ratios.max()
    assert found_any or len(solved.region) < 2


def test_starts_that_are_closed_hold_no_atom_that_could_enter():
    problem, region, residual, changed, _, _ = solved_without("projected", 0)
    tables = problem.tables
    remaining = prefix_sums(residual, problem.length)
    for tile in range(len(tables.tile_span)):
        count = open_starts(tile, changed, remaining, region, tables)
        is_open = np.zeros(problem.length, bool)
        is_open[region.starts[:count]] = True
        for motif in tables.tile_motif[tile][tables.tile_motif[tile] >= 0]:
            first, last = problem.core_starts[motif], problem.core_ends[motif]
            for start in range(tables.low[motif], tables.high[motif]):
                end = start + last - first
                if is_open[start] or changed[end] == changed[start]:
                    continue
                bound = tables.norm[motif] * np.sqrt(remaining[end] - remaining[start])
                energy = region.prefix[end] - region.prefix[start]
                assert bound <= problem.lambdas[motif] * np.sqrt(energy + 1.0)


def test_positions_under_active_cores_are_counted_once():
    problem = Problem.prepare(**small_inputs("projected"))
    tables = problem.tables
    motifs, starts = np.array([0, 0, 5]), np.array([10, 12, 40])
    counts = changed_positions(motifs, starts, np.array([1.0, 2.0, 0.0]), tables)
    assert counts[0] == 0
    assert counts[-1] == tables.span[0] + 2
    assert np.flatnonzero(np.diff(counts)).tolist() == list(range(10, 12 + tables.span[0]))


def test_membership_in_sorted_keys():
    keys = np.array([1, 4, 9])
    assert [is_member(keys, key) for key in (0, 1, 3, 4, 9, 10)] == [0, 1, 0, 1, 1, 0]
    assert not is_member(keys[:0], 1)


def test_the_gap_scales_the_dual_point_into_its_set():
    x, residual = np.array([2.0, 0.0]), np.array([1.0, 0.5])
    nll, gap = gap_per_base(x, residual, 0.3, 2.0, 2)
    assert nll == pytest.approx(1.25 / 4)
    assert gap == pytest.approx((0.5 * 1.25 * 1.25 - 0.5 * 2.0 + 0.3) / 2)
    _, inside = gap_per_base(x, residual, 1.0, 0.5, 2)
    assert inside == pytest.approx((1.25 - 2.0 + 1.0) / 2)


def test_a_region_is_filled_up_as_far_as_a_tile_may_reach():
    for name in ("projected", "hypothetical"):
        problem = Problem.prepare(**small_inputs(name))
        tables, chunk = problem.tables, problem.load(slice(0, 1))
        x = chunk.values[0].reshape(-1).astype(np.float64)
        region = make_region(x, chunk.bases[0], tables)
        reach = tables.tile_table.shape[1] // 4
        assert len(region.rows) == problem.length + reach
        np.testing.assert_array_equal(region.single[: len(x)], x.astype(np.float32))
        assert (region.single[len(x) :] == 0).all()
        assert region.rows.min() >= 0
        np.testing.assert_array_equal(filled_up(x, tables), region.single)
