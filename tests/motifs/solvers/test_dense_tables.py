"""Motifs as tensors: allowed starts, importance, thresholds."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from locuscope.motifs.solvers import Problem, solve_batched, solve_certified, solve_fista
from locuscope.motifs.solvers.dense_tables import DenseTables

from .made_problems import made_problem

CPU = torch.device("cpu")


@pytest.mark.parametrize("mask", ["core", "gaps"])
@pytest.mark.parametrize("edge", ["drop", "core"])
def test_starts_are_allowed_where_the_core_is_inside(edge, mask):
    problem = made_problem(n=1, length=30, edge=edge, mask=mask)
    tables = DenseTables(problem, CPU)
    assert tables.allowed.shape == (6, problem.n_starts)
    for motif in range(6):
        core = np.flatnonzero(problem.masks[motif])
        for column in range(problem.n_starts):
            start = column + problem.first_start
            inside = start + core[0] >= 0 and start + core[-1] < 30
            assert bool(tables.allowed[motif, column]) == inside


def test_an_empty_mask_allows_nothing():
    problem = made_problem(n=1)
    problem.masks[2] = False
    tables = DenseTables(problem, CPU)
    assert not tables.allowed[2].any()
    assert tables.allowed[1].any()


@pytest.mark.parametrize("eps", [1.0, 1e-4])
@pytest.mark.parametrize("mask", ["core", "gaps"])
@pytest.mark.parametrize("edge", ["drop", "core"])
def test_importance_and_thresholds_equal_the_loops(edge, mask, eps):
    problem = made_problem(n=2, length=30, edge=edge, mask=mask, eps=eps)
    tables = DenseTables(problem, CPU)
    margin = tables.margin
    dense = np.pad(problem.load(slice(None)).dense(), ((0, 0), (0, 0), (margin, margin)))
    values = torch.from_numpy(dense).double()
    importance, energies = tables.importance(values)
    roots = tables.thresholds((values**2).sum(dim=1))[tables.core_of]
    assert roots.dtype == torch.float32
    for region in range(2):
        for motif in range(6):
            core = np.flatnonzero(problem.masks[motif])
            for start in range(problem.n_starts):
                energy = (dense[region][:, core + start].astype(float) ** 2).sum()
                scale = min((energy + eps) ** -0.5, 10.0)
                here = (region, motif, start)
                assert energies[here].item() == pytest.approx(energy, abs=1e-12)
                allowed = bool(tables.allowed[motif, start])
                assert importance[here].item() == pytest.approx(scale * allowed, rel=1e-12)
                root = roots[motif, region, start].item()
                assert root == pytest.approx(1 / scale, rel=1e-6)


def test_equal_cores_are_computed_once():
    tables = DenseTables(made_problem(n=1, motifs=8), CPU)
    assert len(tables.runs) == 1
    assert tables.runs[0] == [(2, 10)]
    assert tables.core_of.tolist() == [0] * 8


def test_cores_with_gaps_are_runs():
    problem = made_problem(n=1, mask="gaps")
    tables = DenseTables(problem, CPU)
    for motif in range(6):
        runs = tables.runs[tables.core_of[motif]]
        covered = [column for low, high in runs for column in range(low, high)]
        assert covered == np.flatnonzero(problem.masks[motif]).tolist()


def test_by_column_ends_in_zeros_for_positions_without_a_base():
    problem = made_problem(n=1)
    tables = DenseTables(problem, CPU)
    assert tables.by_column.shape == (6, 12, 5)
    assert not tables.by_column[:, :, 4].any()
    np.testing.assert_array_equal(tables.by_column[:, :, :4], problem.atoms.transpose(0, 2, 1))


@pytest.mark.parametrize("edge", ["drop", "core"])
@pytest.mark.parametrize("solve", [solve_batched, solve_certified, solve_fista])
def test_no_motif_at_all_explains_nothing(solve, edge):
    given = made_problem(n=2)
    problem = Problem.prepare(
        given.contributions,
        given.sequences,
        np.zeros((0, 4, 12)),
        np.zeros((0, 12)),
        np.zeros(0),
        edge=edge,
    )
    solved = solve(problem)
    assert len(solved.region) == 0
    assert set(solved.status) == {"ok"}
    np.testing.assert_allclose(solved.nll, 0.5, rtol=1e-6)
    np.testing.assert_allclose(solved.gap, 0.0, atol=1e-12)
    assert solved.dual_norm.tolist() == [0.0, 0.0]
