"""Small problems side by side: Gram matrices and descent against the dense problem."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from locuscope.motifs.solvers.atom_lists import LoadedRegions
from locuscope.motifs.solvers.batched_check import AtomCheck
from locuscope.motifs.solvers.dense_tables import DenseTables
from locuscope.motifs.solvers.padded import descend, size_classes
from tests.oracles.hit_lasso_oracle import dense_problem

from .made_problems import made_problem


def screened(problem):
    """(atoms, regions) of all regions after the screen."""
    tables = DenseTables(problem, torch.device("cpu"))
    regions = LoadedRegions(problem.load(slice(None)), tables)
    is_open = torch.ones(regions.count, dtype=torch.bool)
    return AtomCheck(regions).screen(is_open)[0], regions


def dense_of(problem, region):
    return dense_problem(
        problem.contributions[region],
        problem.sequences[region],
        problem.atoms,
        problem.masks,
        problem.lambdas,
        is_hypothetical=problem.use_hypothetical,
        edge=problem.edge,
    )


def columns_of(problem, atoms, chosen, region):
    """Columns of the dense problem of some atoms of a region, (A * L, K)."""
    dense = dense_of(problem, region)
    where = {place: at for at, place in enumerate(dense.places)}
    starts = (atoms.start[chosen] + problem.first_start).tolist()
    motifs = atoms.motif[chosen].tolist()
    picked = [where[place] for place in zip(starts, motifs, strict=True)]
    return dense, dense.columns[:, picked]


@pytest.mark.parametrize("edge", ["drop", "core"])
@pytest.mark.parametrize("is_masked", [True, False])
@pytest.mark.parametrize("mask", ["core", "gaps"])
def test_gram_matrices_equal_the_dense_products(edge, is_masked, mask):
    problem = made_problem(
        n=4, length=40, motifs=4, lambdas=0.15, edge=edge, is_masked=is_masked, mask=mask
    )
    atoms, regions = screened(problem)
    seen = []
    for rows, small in size_classes(atoms, regions, torch.ones(4, dtype=torch.bool)):
        for at, region in enumerate(rows.tolist()):
            chosen = small.at[at][small.is_atom[at]]
            count = len(chosen)
            dense, columns = columns_of(problem, atoms, chosen, region)
            gram = small.gram[at].numpy()
            np.testing.assert_allclose(gram[:count, :count], columns.T @ columns, atol=1e-12)
            np.testing.assert_array_equal(gram, gram.T)
            assert not gram[count:].any()
            np.testing.assert_allclose(small.linear[at, :count], columns.T @ dense.x, atol=1e-12)
            assert small.energy[at].item() == pytest.approx(dense.x @ dense.x)
            seen.append(region)
    assert sorted(seen) == sorted({*atoms.region.tolist()})


def test_regions_are_grouped_by_how_many_atoms_they_have():
    problem = made_problem(n=6, lambdas=0.2)
    atoms, regions = screened(problem)
    counts = torch.bincount(atoms.region, minlength=6)
    for rows, small in size_classes(atoms, regions, torch.ones(6, dtype=torch.bool)):
        size = small.gram.shape[1]
        assert (counts[rows] <= size).all()
        assert size == 4 or (2 * counts[rows] > size).all()
        assert torch.equal(small.is_atom.sum(dim=1), counts[rows])


def test_only_the_chosen_regions_are_made():
    atoms, regions = screened(made_problem(n=6))
    chosen = torch.tensor([True, False, False, True, False, False])
    rows = [row for part, _ in size_classes(atoms, regions, chosen) for row in part.tolist()]
    assert set(rows) <= {0, 3}
    assert rows


def test_large_groups_are_cut(monkeypatch):
    atoms, regions = screened(made_problem(n=6))
    everyone = torch.ones(6, dtype=torch.bool)
    whole = {
        tuple(rows.tolist()): small.gram for rows, small in size_classes(atoms, regions, everyone)
    }
    monkeypatch.setattr("locuscope.motifs.solvers.padded._ROOM", 1)
    for rows, small in size_classes(atoms, regions, everyone):
        assert len(rows) == 1
        home = next(key for key in whole if rows.item() in key)
        assert torch.equal(small.gram[0], whole[home][home.index(rows.item())])


@pytest.mark.parametrize("target", [1e-3, 1e-8])
@pytest.mark.parametrize("is_masked", [True, False])
def test_descent_reaches_its_target(target, is_masked):
    problem = made_problem(n=4, length=40, lambdas=0.15, is_masked=is_masked)
    atoms, regions = screened(problem)
    for rows, small in size_classes(atoms, regions, torch.ones(4, dtype=torch.bool)):
        start = torch.zeros_like(small.linear)
        left = torch.full((len(rows),), 10_000)
        values, sweeps, is_done = descend(small, start, target, left)
        assert is_done.all()
        assert (sweeps >= 1).all()
        assert (values >= 0).all()
        assert not values[~small.is_atom].any()
        assert (small.gap(values, small.image(values)) <= target * 1.01 + 1e-14).all()


@pytest.mark.parametrize("is_masked", [True, False])
def test_the_restricted_gap_is_that_of_the_dense_problem_of_these_atoms(is_masked):
    problem = made_problem(n=2, length=40, motifs=4, lambdas=0.15, is_masked=is_masked)
    atoms, regions = screened(problem)
    rng = np.random.default_rng(5)
    for rows, small in size_classes(atoms, regions, torch.ones(2, dtype=torch.bool)):
        values = torch.from_numpy(rng.random(small.linear.shape)) * small.is_atom
        found = small.gap(values, small.image(values))
        for at, region in enumerate(rows.tolist()):
            dense, columns = columns_of(problem, atoms, small.at[at][small.is_atom[at]], region)
            c = values[at][small.is_atom[at]].numpy()
            lambdas = small.lambdas[at][small.is_atom[at]].numpy()
            residual = dense.x - columns @ c
            scale = 1 / max(1.0, (columns.T @ residual / lambdas).max())
            loss = residual @ residual
            wanted = loss * (1 + scale**2) / 2 - scale * (residual @ dense.x) + lambdas @ c
            assert found[at].item() == pytest.approx(wanted / dense.length, rel=1e-9)


def test_descent_stops_after_the_sweeps_it_has():
    atoms, regions = screened(made_problem(n=4, lambdas=0.05))
    for rows, small in size_classes(atoms, regions, torch.ones(4, dtype=torch.bool)):
        left = torch.arange(len(rows)) % 3
        values, sweeps, is_done = descend(small, torch.zeros_like(small.linear), 1e-14, left)
        assert torch.equal(sweeps, left)
        assert not is_done.any()
        assert not values[left == 0].any()


def test_a_region_gets_the_same_bits_in_any_company():
    atoms, regions = screened(made_problem(n=6))
    for rows, small in size_classes(atoms, regions, torch.ones(6, dtype=torch.bool)):
        left = torch.full((len(rows),), 100)
        together, sweeps, _ = descend(small, torch.zeros_like(small.linear), 1e-8, left)
        for at, row in enumerate(rows.tolist()):
            alone = torch.zeros(6, dtype=torch.bool)
            alone[row] = True
            ((_, single),) = size_classes(atoms, regions, alone)
            values, count, _ = descend(single, torch.zeros_like(single.linear), 1e-8, left[:1])
            assert torch.equal(values[0], together[at])
            assert count.item() == sweeps[at].item()
