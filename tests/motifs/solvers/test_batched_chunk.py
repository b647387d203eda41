"""One chunk of the tensor solver: what it reports, and where regions stop."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from locuscope.motifs.solvers import Solved, batched_chunk
from locuscope.motifs.solvers.batched_chunk import Rules, solve_loaded
from locuscope.motifs.solvers.dense_tables import DenseTables

from .made_problems import made_arrays, made_problem, places

EXACT = Rules(tol=1e-7, is_exact=True, max_sweeps=10_000)


def solve(problem, rules=EXACT, part=slice(None)):
    return solve_loaded(problem.load(part), DenseTables(problem, torch.device("cpu")), rules)


@pytest.mark.parametrize(
    ("tol", "is_exact", "target"),
    [(1e-7, True, 5e-4), (1e-2, True, 5e-4), (1e-3, False, 1e-4), (1e-9, False, 1e-8)],
)
def test_descent_goes_as_far_as_is_needed(tol, is_exact, target):
    assert Rules(tol, is_exact, 10).target == pytest.approx(target)


def test_every_column_has_its_type():
    solved, empty = solve(made_problem(n=2)), Solved.empty()
    for name in vars(empty):
        assert getattr(solved, name).dtype == getattr(empty, name).dtype, name
        assert isinstance(getattr(solved, name), np.ndarray)


@pytest.mark.parametrize("edge", ["drop", "core"])
@pytest.mark.parametrize("is_masked", [True, False])
def test_metrics_follow_from_the_atoms(edge, is_masked):
    problem = made_problem(edge=edge, is_masked=is_masked)
    solved, chunk = solve(problem), problem.load(slice(None))
    x, mask = chunk.dense().astype(float), chunk.mask()
    residual = x.copy()
    width = problem.atoms.shape[2]
    for region, motif, start, c, energy in zip(
        solved.region,
        solved.motif_id,
        solved.hit_start,
        solved.coefficient,
        solved.importance_sq,
        strict=True,
    ):
        weight = min((energy + problem.eps) ** -0.5, 10.0)
        for column in range(width):
            if 0 <= start + column < problem.length:
                at = (region, slice(None), start + column)
                residual[at] -= c * weight * problem.atoms[motif, :, column] * mask[at]
    wanted = (residual**2).sum((1, 2)) / (2 * problem.length)
    np.testing.assert_allclose(solved.nll, wanted, rtol=1e-10)
    np.testing.assert_array_equal(solved.n_support, np.bincount(solved.region, minlength=6))
    assert (solved.sweeps[solved.n_candidates > 0] >= 2).all()
    assert (solved.n_rounds[solved.n_candidates > 0] >= 1).all()
    assert (solved.n_candidates >= solved.n_support).all()
    assert np.isnan(solved.step_size).all()


def test_rows_of_a_later_chunk_are_counted_from_the_first():
    problem = made_problem()
    whole, part = solve(problem), solve(problem, part=slice(3, 6))
    assert set(part.region) <= {3, 4, 5}
    assert places(part) == [place for place in places(whole) if place[0] >= 3]
    np.testing.assert_array_equal(part.gap, whole.gap[3:])


def test_rounds_that_run_out_are_said(monkeypatch):
    problem = made_problem(n=2, length=50, lambdas=0.1)
    monkeypatch.setattr("locuscope.motifs.solvers.batched_check.ROOM", 2)
    monkeypatch.setattr(batched_chunk, "ROOM", 2)
    done = solve(problem)
    assert done.n_rounds.max() > 2
    monkeypatch.setattr(batched_chunk, "_MAX_ROUNDS", 2)
    solved = solve(problem)
    late = solved.status == "max_sweeps"
    np.testing.assert_array_equal(late, done.n_rounds > 2)
    assert (solved.gap[late] > done.gap[late]).all()
    assert (solved.n_rounds <= 2).all()


def test_a_region_without_sweeps_is_said():
    problem = made_problem(n=2, length=50, lambdas=0.1)
    solved = solve(problem, Rules(1e-7, is_exact=True, max_sweeps=0))
    assert set(solved.status) == {"max_sweeps"}
    assert len(solved.region) == 0
    np.testing.assert_allclose(solved.nll, 0.5, rtol=1e-6)


def test_a_region_above_the_tolerance_is_said():
    problem = made_problem(n=3, length=60, lambdas=0.1)
    loose = solve(problem, Rules(1e-4, is_exact=False, max_sweeps=10_000))
    assert set(loose.status) == {"ok"}
    strict = solve(problem, Rules(1e-12, is_exact=False, max_sweeps=10_000))
    late = strict.status == "max_sweeps"
    np.testing.assert_array_equal(late, strict.gap > 1e-12)
    assert late.any()


@pytest.mark.parametrize("is_exact", [True, False])
def test_a_chunk_of_empty_and_invalid_regions(is_exact):
    arrays = made_arrays(n=3)
    arrays["contributions"][:2] = 0
    arrays["contributions"][2] = np.nan
    problem = type(made_problem(n=1)).prepare(**arrays)
    solved = solve(problem, Rules(1e-7, is_exact=is_exact, max_sweeps=10))
    assert solved.status.tolist() == ["empty", "empty", "invalid_input"]
    assert solved.nll[:2].tolist() == solved.gap[:2].tolist() == [0.0, 0.0]
    assert solved.dual_norm[:2].tolist() == [0.0, 0.0]
    assert np.isnan([solved.nll[2], solved.gap[2], solved.dual_norm[2], solved.scale[2]]).all()
    assert len(solved.region) == 0


def test_no_gradient_is_kept_and_torch_is_as_before():
    held = torch.backends.cudnn.allow_tf32
    solve(made_problem(n=1))
    assert torch.is_grad_enabled()
    assert torch.backends.cudnn.allow_tf32 == held
