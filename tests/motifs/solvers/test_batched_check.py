"""The screen and the check: no atom that matters is missed, none is let in twice."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from locuscope.motifs.solvers import solve_batched
from locuscope.motifs.solvers.atom_lists import LoadedRegions, atoms_at
from locuscope.motifs.solvers.batched_check import AtomCheck
from locuscope.motifs.solvers.dense_tables import DenseTables

from .made_problems import made_problem

MODES = [
    {"edge": edge, "is_masked": is_masked, "mask": mask}
    for edge in ("drop", "core")
    for is_masked in (True, False)
    for mask in ("core", "gaps")
]


def prepared(problem):
    tables = DenseTables(problem, torch.device("cpu"))
    regions = LoadedRegions(problem.load(slice(None)), tables)
    return regions, AtomCheck(regions)


def all_atoms(regions):
    """Every allowed atom of every region."""
    motif, start = regions.tables.allowed.nonzero(as_tuple=True)
    region = torch.arange(regions.count).repeat_interleave(len(motif))
    count = regions.count
    return atoms_at(regions, region, motif.repeat(count), start.repeat(count))


def keys(atoms, chosen=slice(None)):
    columns = (atoms.region[chosen], atoms.motif[chosen], atoms.start[chosen])
    return set(zip(*(column.tolist() for column in columns), strict=True))


@pytest.mark.parametrize("lam", [0.05, 0.4])
@pytest.mark.parametrize("mode", MODES)
def test_the_screen_finds_every_atom_over_its_threshold(mode, lam):
    problem = made_problem(n=3, length=50, lambdas=lam, **mode)
    regions, check = prepared(problem)
    everyone = all_atoms(regions)
    ratios = everyone.ratios(regions.values)
    found, counts = check.screen(torch.ones(3, dtype=torch.bool))
    assert keys(everyone, ratios > 1) <= keys(found)
    assert keys(found) <= keys(everyone, ratios > 1 - 1e-3)
    assert counts.tolist() == torch.bincount(found.region, minlength=3).tolist()


def test_the_screen_gives_atoms_in_order_and_of_open_regions_only():
    _, check = prepared(made_problem(n=4))
    is_open = torch.tensor([True, False, True, False])
    found, counts = check.screen(is_open)
    order = np.lexsort((found.motif.numpy(), found.start.numpy(), found.region.numpy()))
    np.testing.assert_array_equal(order, np.arange(len(found)))
    assert set(found.region.tolist()) <= {0, 2}
    assert counts[[1, 3]].tolist() == [0, 0]


def test_a_crowded_screen_keeps_the_most_promising(monkeypatch):
    regions, check = prepared(made_problem(n=3, lambdas=0.1))
    is_open = torch.ones(3, dtype=torch.bool)
    whole, counts = check.screen(is_open)
    monkeypatch.setattr("locuscope.motifs.solvers.batched_check.ROOM", 5)
    found, crowded = check.screen(is_open)
    assert torch.equal(counts, crowded)
    assert (counts > 5).any()
    ratios = whole.ratios(regions.values)
    for region in range(3):
        mine = whole.region == region
        most = ratios[mine].sort(descending=True).values[:5]
        kept = found.ratios(regions.values)[found.region == region]
        assert torch.equal(kept.sort(descending=True).values, most)


@pytest.mark.parametrize("mode", MODES)
def test_violators_of_a_residual_are_all_atoms_above_one(mode):
    problem = made_problem(n=3, length=50, **mode)
    regions, check = prepared(problem)
    everyone = all_atoms(regions)
    rng = np.random.default_rng(3)
    residual = regions.values * torch.from_numpy(rng.random(regions.values.shape))
    ratios = everyone.ratios(residual)
    nobody = atoms_at(regions, *torch.zeros(3, 0, dtype=torch.int64))
    joining, dual = check.violators(residual, torch.ones(3, dtype=torch.bool), nobody)
    found = set(zip(*(column.tolist() for column in joining), strict=True))
    assert found == keys(everyone, ratios > 1 + 1e-9)
    for region in range(3):
        assert dual[region].item() == max(0.0, ratios[everyone.region == region].max().item())


def test_atoms_of_the_problem_do_not_join_again():
    regions, check = prepared(made_problem(n=3))
    is_open = torch.ones(3, dtype=torch.bool)
    known, _ = check.screen(is_open)
    (region, _, _), dual = check.violators(regions.values, is_open, known)
    assert len(region) == 0
    assert (dual > 1).any()


def test_closed_regions_are_left_out():
    regions, check = prepared(made_problem(n=3))
    nobody = atoms_at(regions, *torch.zeros(3, 0, dtype=torch.int64))
    is_open = torch.tensor([False, True, False])
    (region, _, _), dual = check.violators(regions.values, is_open, nobody)
    assert set(region.tolist()) <= {1}
    assert dual[[0, 2]].tolist() == [0.0, 0.0]


@pytest.mark.parametrize("amount", [0.0, 1e-9, 1e-3])
def test_a_small_residual_has_a_small_dual_norm(amount):
    regions, check = prepared(made_problem(n=2))
    nobody = atoms_at(regions, *torch.zeros(3, 0, dtype=torch.int64))
    is_open = torch.ones(2, dtype=torch.bool)
    (region, _, _), dual = check.violators(regions.values * amount, is_open, nobody)
    _, whole = check.violators(regions.values, is_open, nobody)
    assert len(region) == 0
    np.testing.assert_allclose(dual, whole * amount, rtol=1e-9)


def test_the_dual_norm_at_the_minimiser_is_one():
    solved = solve_batched(made_problem())
    used = np.isin(np.arange(6), solved.region)
    assert used.any()
    np.testing.assert_allclose(solved.dual_norm[used], 1.0, atol=1e-12)
    assert (solved.dual_norm[~used] < 1).all()
