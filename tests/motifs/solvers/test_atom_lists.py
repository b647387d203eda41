"""Lists of atoms: float64 products in fixed order, against plain loops."""

from __future__ import annotations

from math import fsum

import numpy as np
import pytest
import torch

from locuscope.motifs.solvers.atom_lists import (
    LoadedRegions,
    atoms_at,
    keys_of,
    ordered_sum,
    ranks,
    residual_of,
    sort_order,
)
from locuscope.motifs.solvers.dense_tables import DenseTables

from .made_problems import made_problem

MODES = [
    {"edge": edge, "is_masked": is_masked, "mask": mask}
    for edge in ("drop", "core")
    for is_masked in (True, False)
    for mask in ("core", "gaps")
]


def loaded(problem, part=slice(None)):
    tables = DenseTables(problem, torch.device("cpu"))
    return LoadedRegions(problem.load(part), tables)


def some_atoms(regions, seed=0, count=30):
    """Random allowed atoms, sorted."""
    tables = regions.tables
    rng = np.random.default_rng(seed)
    motif, start = tables.allowed.nonzero(as_tuple=True)
    picked = torch.from_numpy(rng.choice(len(motif), count, replace=False))
    region = torch.from_numpy(np.sort(rng.integers(0, regions.count, count)))
    motif, start = motif[picked], start[picked]
    order = sort_order(region, motif, start, tables)
    return atoms_at(regions, region[order], motif[order], start[order])


def laid(problem, regions, atoms, at):
    """One atom over its region (A, L), masked, without weight."""
    chunk = problem.load(slice(None))
    mask = chunk.mask()[int(atoms.region[at])]
    n_bases, length = mask.shape
    found = np.zeros((n_bases, length))
    motif, start = int(atoms.motif[at]), int(atoms.start[at]) + problem.first_start
    for column in range(problem.atoms.shape[2]):
        if 0 <= start + column < length:
            values = problem.atoms[motif, :, column]
            found[:, start + column] = values * mask[:, start + column]
    return found


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7, 8, 100, 129])
def test_the_ordered_sum_is_the_sum(count):
    values = torch.from_numpy(np.random.default_rng(count).normal(size=(5, count)))
    found = ordered_sum(values)
    assert found.shape == (5,)
    for row in range(5):
        assert found[row].item() == pytest.approx(fsum(values[row].tolist()), abs=1e-12)


@pytest.mark.parametrize("count", [5, 37, 400])
def test_the_ordered_sum_has_the_same_bits_in_any_company(count):
    values = torch.from_numpy(np.random.default_rng(1).normal(size=(64, count)))
    together = ordered_sum(values)
    for size in (1, 3, 7):
        parts = torch.cat([ordered_sum(values[low : low + size]) for low in range(0, 64, size)])
        assert torch.equal(parts, together)
    assert torch.equal(ordered_sum(values.T.contiguous().T), together)
    padded = torch.nn.functional.pad(values, (0, 3))
    if (count - 1).bit_length() == (count + 2).bit_length():
        assert torch.equal(ordered_sum(padded), together)


@pytest.mark.parametrize("mode", MODES)
def test_atoms_equal_the_loops(mode):
    problem = made_problem(n=3, length=40, **mode)
    regions = loaded(problem)
    atoms = some_atoms(regions)
    dense = problem.load(slice(None)).dense().astype(float)
    for at in range(len(atoms)):
        x = dense[int(atoms.region[at])]
        motif, start = int(atoms.motif[at]), int(atoms.start[at]) + problem.first_start
        core = np.flatnonzero(problem.masks[motif]) + start
        energy, size = (x[:, core] ** 2).sum(), np.abs(x[:, core]).sum()
        assert atoms.energy[at].item() == pytest.approx(energy, rel=1e-12)
        assert atoms.size[at].item() == pytest.approx(size, rel=1e-12)
        weight = min((energy + problem.eps) ** -0.5, 10)
        assert atoms.weight[at].item() == pytest.approx(weight, rel=1e-12)
        product = (x * laid(problem, regions, atoms, at)).sum()
        assert atoms.product[at].item() == pytest.approx(product, abs=1e-12)
        assert atoms.lam[at].item() == problem.lambdas[motif]


@pytest.mark.parametrize("mode", MODES)
def test_the_residual_equals_the_loops(mode):
    problem = made_problem(n=3, length=40, **mode)
    regions = loaded(problem)
    atoms = some_atoms(regions)
    rng = np.random.default_rng(2)
    coefficients = torch.from_numpy(rng.random(30) * (rng.random(30) < 0.7))
    found = residual_of(regions, atoms, coefficients)
    wanted = problem.load(slice(None)).dense().astype(float)
    for at in range(30):
        amount = coefficients[at].item() * atoms.weight[at].item()
        wanted[int(atoms.region[at])] -= amount * laid(problem, regions, atoms, at)
    margin = regions.tables.margin
    dense = regions.dense(found)[:, :, margin : margin + problem.length]
    np.testing.assert_allclose(dense, wanted, atol=2e-6)
    ratios = atoms.ratios(found)
    for at in range(30):
        product = (wanted[int(atoms.region[at])] * laid(problem, regions, atoms, at)).sum()
        ratio = product * atoms.weight[at].item() / atoms.lam[at].item()
        assert ratios[at].item() == pytest.approx(ratio, abs=1e-11)


def test_no_atom_leaves_the_scores_as_they_are():
    regions = loaded(made_problem(n=2))
    atoms = some_atoms(regions)
    residual = residual_of(regions, atoms, torch.zeros(30, dtype=torch.float64))
    assert torch.equal(residual, regions.values)


@pytest.mark.parametrize("mode", MODES)
def test_loaded_regions_are_the_chunk(mode):
    problem = made_problem(n=3, length=40, **mode)
    regions = loaded(problem)
    chunk, margin = problem.load(slice(None)), regions.tables.margin
    dense = regions.dense(regions.values)
    assert dense.shape == (3, 4, 40 + 2 * margin)
    np.testing.assert_array_equal(dense[:, :, margin : margin + 40], chunk.dense())
    assert not dense[:, :, :margin].any()
    assert not dense[:, :, margin + 40 :].any()
    np.testing.assert_allclose(regions.energy, (chunk.dense().astype(float) ** 2).sum((1, 2)))


def test_positions_without_a_base_hold_nothing():
    problem = made_problem(n=2, length=40)
    problem.sequences[:, :, 10:20] = 0
    regions = loaded(problem)
    assert (regions.bases[:, 10:20] == 4).all()
    atoms = some_atoms(regions)
    inside = (atoms.start >= 10) & (atoms.start + 12 <= 20)
    assert not atoms.vectors[inside].any()
    for at in range(len(atoms)):
        covered = range(int(atoms.start[at]), int(atoms.start[at]) + 12)
        absent = [column for column, place in enumerate(covered) if 10 <= place < 20]
        assert not atoms.vectors[at, absent].any()


def test_order_is_region_then_start_then_motif():
    tables = loaded(made_problem(n=2)).tables
    region = torch.tensor([1, 0, 0, 0, 1])
    motif = torch.tensor([0, 5, 2, 0, 3])
    start = torch.tensor([4, 3, 3, 9, 0])
    assert sort_order(region, motif, start, tables).tolist() == [2, 1, 3, 4, 0]
    keys = keys_of(region, motif, start, tables)
    assert len(set(keys.tolist())) == 5


def test_ranks_take_one_atom_of_each_region_at_a_time():
    region = torch.tensor([0, 0, 0, 2, 2, 5])
    found = [rank.tolist() for rank in ranks(region, 6)]
    assert found == [[0, 3, 5], [1, 4], [2]]
    assert ranks(region[:0], 6) == []
    assert ranks(region[:0], 0) == []
