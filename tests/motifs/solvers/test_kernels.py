"""Float64 products and sorting against numpy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.motifs.solvers import Problem
from locuscope.motifs.solvers.kernels import (
    energies,
    longer,
    pair_product,
    prefix_sums,
    product,
    ratio,
    run_energy,
    sort_keys,
    squared_threshold,
    subtract,
)

MASKS = np.array([[0, 1, 1, 0, 1, 0], [1, 1, 1, 1, 1, 1], [0, 0, 1, 1, 0, 0]], np.int8)


def laid_out(*, is_hypothetical: bool) -> tuple[Problem, np.ndarray, np.ndarray, np.ndarray]:
    """Problem, x as the kernels take it, bases, and x as (A, L)."""
    draw = np.random.default_rng(0)
    letters = np.eye(4, dtype=np.int8)[draw.integers(0, 4, 20)].T[None].copy()
    letters[0, :, 6] = 0
    problem = Problem.prepare(
        draw.normal(0, 1, (1, 4, 20)),
        letters,
        draw.normal(0, 1, (3, 4, 6)),
        MASKS,
        [0.5, 0.6, 0.7],
        use_hypothetical=is_hypothetical,
    )
    chunk = problem.load(slice(0, 1))
    x = chunk.values[0].reshape(-1).astype(np.float64)
    return problem, x, chunk.bases[0], chunk.dense()[0].astype(np.float64)


def window(problem: Problem, motif: int, start: int, mask: np.ndarray) -> np.ndarray:
    """An atom over all positions; `start` is that of its core."""
    laid = np.zeros((4, 20))
    first, last = problem.core_starts[motif], problem.core_ends[motif]
    laid[:, start : start + last - first] = problem.atoms[motif][:, first:last]
    return laid * mask


@pytest.mark.parametrize("is_hypothetical", [False, True])
def test_products_and_energies_are_those_of_whole_arrays(is_hypothetical):
    problem, x, base, dense = laid_out(is_hypothetical=is_hypothetical)
    tables, mask = problem.tables, problem.load(slice(0, 1)).mask()[0]
    prefix = prefix_sums(x, 20)
    np.testing.assert_allclose(prefix[1:], np.cumsum((dense**2).sum(0)))
    for motif in range(3):
        columns = np.flatnonzero(MASKS[motif]) - problem.core_starts[motif]
        for start in (3, 5, 8, 13):
            atom = window(problem, motif, start, mask)
            assert product(x, base, motif, start, tables) == pytest.approx((atom * dense).sum())
            squares, sizes = energies(x, motif, start, tables)
            assert squares == pytest.approx((dense[:, start + columns] ** 2).sum())
            assert sizes == pytest.approx(np.abs(dense[:, start + columns]).sum())
            assert run_energy(prefix, motif, start, tables) == pytest.approx(squares)
            wanted = (atom * dense).sum() / np.sqrt(squares + 1.0) / problem.lambdas[motif]
            assert ratio(x, base, (motif, start), squares, tables) == pytest.approx(wanted)


@pytest.mark.parametrize("is_hypothetical", [False, True])
def test_pairs_and_residuals_are_those_of_whole_arrays(is_hypothetical):
    problem, x, base, dense = laid_out(is_hypothetical=is_hypothetical)
    tables, mask = problem.tables, problem.load(slice(0, 1)).mask()[0]
    for place in ((0, 4), (1, 3), (2, 6)):
        own = window(problem, *place, mask)
        for other in ((0, 5), (1, 7), (2, 15)):
            wanted = (own * window(problem, *other, mask)).sum()
            found = pair_product(base, place, other, tables)
            assert found == pytest.approx(wanted, abs=1e-12)
            assert found == pytest.approx(pair_product(base, other, place, tables), abs=1e-12)
        residual = x.copy()
        subtract(residual, base, place, 2.5, tables)
        left = dense - 2.5 * own
        flat = left.T.reshape(-1) if is_hypothetical else left.sum(0)
        np.testing.assert_allclose(residual, flat, atol=1e-12)


def test_the_threshold_has_a_floor_where_importance_is_limited():
    assert squared_threshold(3.0, 0.5, 1.0) == pytest.approx(1.0)
    assert squared_threshold(0.0, 0.5, 1e-9) == pytest.approx(0.25 * 0.01)


@given(st.lists(st.integers(-(2**60), 2**60), max_size=80))
def test_keys_are_sorted_with_their_values(given_keys):
    keys = np.array(given_keys, np.int64)
    values = keys / 7.0
    sort_keys(keys, values)
    assert keys.tolist() == sorted(given_keys)
    np.testing.assert_array_equal(values, keys / 7.0)


def test_longer_arrays_keep_values_and_type():
    for kind in (np.int64, np.float64):
        grown = longer(np.arange(3, dtype=kind))
        assert (len(grown), grown.dtype) == (6, kind)
        assert grown[:3].tolist() == [0, 1, 2]
