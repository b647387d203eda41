"""The exact finish on made small problems: minimisers, duplicates, dependent atoms."""

from __future__ import annotations

from itertools import chain, combinations

import numpy as np
import pytest
import torch

from locuscope.motifs.solvers.padded import Padded, descend
from locuscope.motifs.solvers.padded_finish import finish_exactly


def padded(grams, linears, lambdas=None, size=None):
    """Small problems of any matrices, filled up to one size."""
    size = size or max(len(linear) for linear in linears)
    count = len(grams)
    gram = torch.zeros(count, size, size, dtype=torch.float64)
    linear = torch.zeros(count, size, dtype=torch.float64)
    penalties = torch.ones(count, size, dtype=torch.float64)
    is_atom = torch.zeros(count, size, dtype=torch.bool)
    for at in range(count):
        k = len(linears[at])
        gram[at, :k, :k] = torch.as_tensor(grams[at])
        linear[at, :k] = torch.as_tensor(linears[at])
        is_atom[at, :k] = True
        if lambdas is not None:
            penalties[at, :k] = torch.as_tensor(lambdas[at])
    nowhere = torch.zeros(count, size, dtype=torch.int64)
    energy = torch.full((count,), 1e3, dtype=torch.float64)
    return Padded(nowhere, is_atom, gram, linear, penalties, energy, 100)


def made(seed, k, rows=None):
    """A random problem (Gram, linear) that many atoms want into."""
    rng = np.random.default_rng(seed)
    columns = rng.normal(size=(rows or k + 4, k))
    columns /= np.linalg.norm(columns, axis=0)
    x = columns @ (rng.random(k) * 5 * (rng.random(k) < 0.7)) + rng.normal(size=len(columns))
    return columns.T @ columns, columns.T @ x


def best_by_trying(gram, linear, lambdas):
    """The minimiser by solving on every support."""
    k, best, found = len(linear), np.inf, np.zeros(len(linear))
    supports = chain.from_iterable(combinations(range(k), size) for size in range(k + 1))
    for support in map(list, supports):
        values = np.zeros(k)
        if support:
            part = gram[np.ix_(support, support)]
            values[support] = np.linalg.lstsq(part, (linear - lambdas)[support], rcond=None)[0]
        if (values < 0).any():
            continue
        score = 0.5 * values @ gram @ values - (linear - lambdas) @ values
        if score < best - 1e-12:
            best, found = score, values
    return found, best


def score(gram, linear, lambdas, values):
    return 0.5 * values @ gram @ values - (linear - lambdas) @ values


@pytest.mark.parametrize("seed", range(6))
def test_the_minimiser_whatever_the_start(seed):
    problems = [made(10 * seed + k, k) for k in (1, 2, 4, 6)]
    small = padded(*zip(*problems, strict=True))
    rng = np.random.default_rng(seed)
    for start in (
        torch.zeros_like(small.linear),
        torch.from_numpy(rng.random(small.linear.shape)) * small.is_atom,
    ):
        values, solves = finish_exactly(small, start)
        assert (solves >= 1).all()
        assert not values[~small.is_atom].any()
        for at, (gram, linear) in enumerate(problems):
            wanted, _ = best_by_trying(gram, linear, np.ones(len(linear)))
            np.testing.assert_allclose(values[at, : len(linear)], wanted, atol=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_the_objective_never_rises_from_a_descent(seed):
    gram, linear = made(seed, 12, rows=9)
    small = padded([gram], [linear])
    values, _, _ = descend(small, torch.zeros_like(small.linear), 1e-2, torch.tensor([5]))
    before = score(gram, linear, 1.0, values[0].numpy())
    exact, _ = finish_exactly(small, values)
    after = score(gram, linear, 1.0, exact[0].numpy())
    assert after <= before + 1e-12
    pull = linear - gram @ exact[0].numpy()
    assert (pull <= 1 + 1e-9).all()
    np.testing.assert_allclose(pull[exact[0].numpy() > 0], 1.0, atol=1e-9)


def test_the_start_is_not_changed():
    small = padded(*zip(made(0, 5), strict=True))
    start = torch.ones_like(small.linear)
    finish_exactly(small, start)
    assert (start == 1).all()


@pytest.mark.parametrize("start", [[1.0, 1.0], [0.0, 2.0], [2.0, 0.0], [0.0, 0.0]])
def test_of_two_equal_atoms_only_one_is_used(start):
    gram, linear = np.ones((2, 2)), np.array([3.0, 3.0])
    small = padded([gram], [linear])
    values, _ = finish_exactly(small, torch.tensor([start], dtype=torch.float64))
    assert values.sum().item() == pytest.approx(2.0)
    assert (values > 0).sum() == 1


@pytest.mark.parametrize("start", [[1.0, 1.0], [0.5, 2.0], [0.0, 0.0]])
def test_of_two_equal_atoms_the_first_is_kept(start):
    small = padded([np.ones((2, 2))], [np.array([3.0, 3.0])])
    values, _ = finish_exactly(small, torch.tensor([start], dtype=torch.float64))
    assert values.tolist() == [[pytest.approx(2.0), 0.0]]


@pytest.mark.parametrize(("lambdas", "kept"), [([1.0, 0.9], 1), ([0.9, 1.0], 0), ([1.0, 1.0], 0)])
def test_of_two_equal_atoms_the_cheaper_is_kept(lambdas, kept):
    small = padded([np.ones((2, 2))], [np.array([3.0, 3.0])], [lambdas])
    values, _ = finish_exactly(small, torch.tensor([[1.0, 1.0]], dtype=torch.float64))
    assert values[0, kept].item() == pytest.approx(3.0 - lambdas[kept])
    assert values[0, 1 - kept].item() == 0


@pytest.mark.parametrize("start", [0.2, 1.0, 3.0])
def test_an_atom_that_is_a_mixture_of_two_others(start):
    columns = np.array([[1.0, 0.0, 0.6], [0.0, 1.0, 0.8]])
    gram, linear = columns.T @ columns, columns.T @ np.array([4.0, 5.0])
    lambdas = np.ones(3)
    small = padded([gram], [linear])
    values, _ = finish_exactly(small, torch.full((1, 3), start, dtype=torch.float64))
    _, best = best_by_trying(gram, linear, lambdas)
    found = values[0].numpy()
    assert score(gram, linear, lambdas, found) == pytest.approx(best, abs=1e-9)
    assert (found > 0).sum() <= 2


@pytest.mark.parametrize("seed", range(5))
def test_more_atoms_than_positions(seed):
    gram, linear = made(seed, 8, rows=4)
    small = padded([gram], [linear])
    values, _ = finish_exactly(small, torch.ones(1, 8, dtype=torch.float64))
    found = values[0].numpy()
    assert (linear - gram @ found <= 1 + 1e-8).all()
    assert (found > 0).sum() <= 4
    _, best = best_by_trying(gram, linear, np.ones(8))
    assert score(gram, linear, 1.0, found) == pytest.approx(best, abs=1e-8)


def test_filling_and_company_change_no_bit():
    problems = [made(seed, k) for seed, k in ((1, 3), (2, 5), (3, 7))]
    grams, linears = zip(*problems, strict=True)
    together, _ = finish_exactly(
        padded(grams, linears, size=16), torch.zeros(3, 16, dtype=torch.float64)
    )
    for at, (gram, linear) in enumerate(problems):
        k = len(linear)
        alone, _ = finish_exactly(padded([gram], [linear]), torch.ones(1, k, dtype=torch.float64))
        assert torch.equal(alone[0], together[at, :k])


def test_nothing_wants_in():
    gram, linear = made(0, 4)
    small = padded([gram], [linear - 100])
    values, solves = finish_exactly(small, torch.zeros(1, 4, dtype=torch.float64))
    assert not values.any()
    assert solves.item() == 1


def test_an_atom_of_zeros_never_enters():
    gram, linear = made(0, 4)
    gram[2], gram[:, 2], linear[2] = 0, 0, 0
    small = padded([gram], [linear])
    values, _ = finish_exactly(small, torch.ones(1, 4, dtype=torch.float64))
    assert values[0, 2] == 0
    wanted, _ = best_by_trying(gram, linear, np.ones(4))
    np.testing.assert_allclose(values[0], wanted, atol=1e-9)
