"""Gram matrix and coordinate descent of a few atoms."""

from __future__ import annotations

import numpy as np
import pytest

from locuscope.motifs.solvers import Problem
from locuscope.motifs.solvers.region import make_region
from locuscope.motifs.solvers.region_kernel import describe, small_problem
from locuscope.motifs.solvers.restricted import Small, descend, restricted_gap
from locuscope.motifs.solvers.screen import screen
from tests.motifs.hit_sets import small_inputs
from tests.oracles import hit_lasso_oracle as oracle


def three_atoms() -> Small:
    gram = np.array([[2.0, 0.5, 0.0], [0.5, 1.0, 0.2], [0.0, 0.2, 1.5]])
    return Small(gram, np.array([3.0, 2.0, 1.4]), np.array([0.5, 0.6, 0.7]), 10.0)


def test_descent_reaches_its_target_and_says_so():
    small, coefficients = three_atoms(), np.zeros(3)
    sweeps, is_done = descend(small, coefficients, 1e-10, 1000)
    assert is_done
    assert 1 <= sweeps < 50
    assert restricted_gap(small.gram @ coefficients, small, coefficients) <= 1e-10
    slope = small.linear - small.gram @ coefficients - small.lambdas
    assert (slope <= 1e-5).all()
    assert (coefficients >= 0).all()


def test_descent_stops_after_its_sweeps():
    small, coefficients = three_atoms(), np.zeros(3)
    assert descend(small, coefficients, -1.0, 2) == (2, False)
    assert coefficients.max() > 0


def test_a_warm_start_goes_on_where_it_was():
    small, cold, warm = three_atoms(), np.zeros(3), np.zeros(3)
    descend(small, cold, -1.0, 6)
    descend(small, warm, -1.0, 3)
    descend(small, warm, -1.0, 3)
    np.testing.assert_allclose(warm, cold, rtol=1e-12)


def test_an_atom_without_values_stays_out():
    small = Small(np.diag([1.0, 0.0]), np.array([2.0, 0.0]), np.array([0.5, 0.5]), 4.0)
    coefficients = np.zeros(2)
    assert descend(small, coefficients, 1e-12, 10) == (1, True)
    assert coefficients.tolist() == [1.5, 0.0]


def test_the_gap_is_never_below_the_excess_of_the_objective():
    small, best = three_atoms(), np.zeros(3)
    descend(small, best, -1.0, 500)

    def value(c):
        return 0.5 * c @ small.gram @ c - small.linear @ c + small.lambdas @ c

    draw = np.random.default_rng(0)
    for _ in range(50):
        c = np.maximum(best + draw.normal(0, 0.3, 3), 0)
        assert restricted_gap(small.gram @ c, small, c) >= value(c) - value(best) - 1e-12


@pytest.mark.parametrize("name", ["projected", "hypothetical", "redundant"])
def test_the_gram_matrix_is_that_of_the_written_out_atoms(name):
    inputs = small_inputs(name)
    problem = Problem.prepare(**inputs)
    chunk = problem.load(slice(1, 2))
    x = chunk.values[0].reshape(-1).astype(np.float64)
    region = make_region(x, chunk.bases[0], problem.tables)
    atoms = describe(np.sort(screen(region, problem.tables)), region, problem.tables)
    small = small_problem(atoms, region, problem.tables)
    letters = inputs["sequences"][1]
    mask = np.ones(letters.shape) if problem.use_hypothetical else letters.astype(float)
    dense = chunk.dense()[0].astype(np.float64)
    columns = []
    for motif, start in zip(atoms.motifs, atoms.starts, strict=True):
        columns.append(
            oracle._column(
                dense,
                mask,
                problem.atoms[motif],
                problem.masks[motif],
                start - problem.core_starts[motif],
                edge="drop",
                eps=1.0,
            )
        )
    written = np.array(columns)
    np.testing.assert_allclose(small.gram, written @ written.T, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(small.linear, written @ dense.reshape(-1), rtol=1e-10)
    assert small.energy == pytest.approx(problem.length, rel=1e-6)
