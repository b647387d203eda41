"""Active-set steps with Cholesky solves against plain linear algebra."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import nnls

from locuscope.motifs.solvers.finish import (
    back_substitute,
    dependent_change,
    factorise,
    finish_exactly,
    step_towards,
)
from locuscope.motifs.solvers.restricted import Small, descend


def random_small(seed: int, count: int = 8, length: int = 20) -> tuple[Small, np.ndarray]:
    draw = np.random.default_rng(seed)
    columns = draw.normal(0, 1, (length, count))
    x = columns @ np.maximum(draw.normal(0, 1, count), 0) + draw.normal(0, 0.3, length)
    small = Small(columns.T @ columns, columns.T @ x, draw.uniform(0.3, 0.9, count), float(x @ x))
    return small, columns


def by_nnls(small: Small) -> np.ndarray:
    """The same minimiser from a published non-negative least squares."""
    factor = np.linalg.cholesky(small.gram)
    return nnls(factor.T, np.linalg.solve(factor, small.linear - small.lambdas))[0]


def value(small: Small, c: np.ndarray) -> float:
    return float(0.5 * c @ small.gram @ c - small.linear @ c + small.lambdas @ c)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("start", ["zero", "descent", "everything"])
def test_any_start_ends_at_the_minimiser(seed, start):
    small, _ = random_small(seed)
    coefficients = np.full(8, 0.5) if start == "everything" else np.zeros(8)
    if start == "descent":
        descend(small, coefficients, 1e-2, 1000)
    before = value(small, coefficients)
    steps = finish_exactly(small, coefficients)
    assert 1 <= steps <= 130
    assert value(small, coefficients) <= before + 1e-12
    np.testing.assert_allclose(coefficients, by_nnls(small), rtol=1e-9, atol=1e-9)


def test_equal_atoms_keep_the_first_with_the_whole_sum():
    small, columns = random_small(3)
    order = [0, 1, 2, 3, 4, 5, 6, 7, 0, 3, 5]
    doubled = Small(
        small.gram[np.ix_(order, order)], small.linear[order], small.lambdas[order], small.energy
    )
    coefficients = np.full(11, 0.3)
    finish_exactly(doubled, coefficients)
    assert (coefficients[8:] == 0).all()
    np.testing.assert_allclose(coefficients[:8], by_nnls(small), rtol=1e-9, atol=1e-9)
    assert columns.shape == (20, 8)


def test_of_equal_atoms_the_cheaper_is_kept_wherever_it_stands():
    gram = np.ones((2, 2))
    for lambdas, wanted in (([0.5, 0.4], [0.0, 1.6]), ([0.4, 0.5], [1.6, 0.0])):
        small = Small(gram, np.array([2.0, 2.0]), np.array(lambdas), 4.0)
        coefficients = np.array([0.7, 0.9])
        finish_exactly(small, coefficients)
        np.testing.assert_allclose(coefficients, wanted, rtol=1e-12)


def test_an_atom_between_two_others_gives_way():
    columns = np.array([[1.0, 0.0, 0.6], [0.0, 1.0, 0.8]])
    small = Small(columns.T @ columns, columns.T @ np.array([2.0, 3.0]), np.full(3, 0.5), 13.0)
    coefficients = np.ones(3)
    finish_exactly(small, coefficients)
    best = min(
        value(small, np.maximum([a, b, c], 0))
        for a in np.linspace(0, 2, 41)
        for b in np.linspace(0, 3, 61)
        for c in np.linspace(0, 4, 81)
    )
    assert value(small, coefficients) <= best + 1e-12


def test_nothing_that_wants_in_leaves_nothing():
    small = Small(np.eye(2), np.array([0.1, 0.2]), np.array([0.5, 0.5]), 1.0)
    coefficients = np.zeros(2)
    assert finish_exactly(small, coefficients) == 1
    assert coefficients.tolist() == [0.0, 0.0]


def test_the_factor_is_that_of_the_chosen_rows():
    small, _ = random_small(1)
    index = np.array([1, 4, 6])
    factor = np.empty((8, 8))
    assert factorise(small.gram, index, factor) == -1
    wanted = np.linalg.cholesky(small.gram[np.ix_(index, index)])
    np.testing.assert_allclose(np.tril(factor[:3, :3]), wanted, rtol=1e-12)
    solution = back_substitute(factor, np.array([1.0, 2.0, 3.0]), 3)
    np.testing.assert_allclose(wanted.T @ solution, [1.0, 2.0, 3.0], rtol=1e-12)


def test_the_first_dependent_row_is_named():
    gram = np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0], [1.0, 1.0, 2.0]])
    assert factorise(gram, np.arange(3), np.empty((3, 3))) == 2


def test_a_dependent_atom_moves_without_changing_the_fit():
    columns = np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]])
    gram, factor = columns.T @ columns, np.empty((3, 3))
    row = factorise(gram, np.arange(3), factor)
    change = dependent_change(factor, np.arange(3), np.full(3, 0.5), np.ones(3), row)
    np.testing.assert_allclose(columns @ change, [0.0, 0.0], atol=1e-12)
    # One atom costs less than the two that it stands for.
    assert change[2] > 0


def test_a_step_stops_at_the_first_boundary():
    coefficients = np.array([1.0, 2.0, 3.0])
    stop, part = step_towards(coefficients, np.array([0, 2]), np.array([-4.0, -6.0]))
    assert (stop, part) == (0, 0.25)
    np.testing.assert_allclose(coefficients, [0.0, 2.0, 1.5])


def test_a_step_that_meets_no_boundary_is_made_whole():
    coefficients = np.array([1.0, 2.0])
    stop, part = step_towards(coefficients, np.array([0, 1]), np.array([-0.5, 4.0]))
    assert (stop, part) == (-1, 1.0)
    assert coefficients.tolist() == [0.5, 6.0]
