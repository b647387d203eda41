"""Slots of the published solver: loading, leaving, restarting, measuring."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from locuscope.motifs.solvers import Fista, duality_gap
from locuscope.motifs.solvers.dense_tables import DenseTables
from locuscope.motifs.solvers.fista_slots import PATIENCE, Slots, fresh_step, measure
from locuscope.motifs.solvers.published_steps import optimizer_step

from .made_problems import made_problem

RULES = Fista()
PUBLISHED = Fista(stop="published")


def started(rows=(0, 1, 2), rules=RULES, **kwargs):
    problem = made_problem(n=6, length=50, **kwargs)
    tables = DenseTables(problem, torch.device("cpu"))
    return Slots.start(list(rows), tables, rules), tables


def equal(one, other):
    return all(torch.equal(vars(one)[name], vars(other)[name]) for name in vars(one))


@pytest.mark.parametrize("edge", ["drop", "core"])
@pytest.mark.parametrize("is_masked", [True, False])
def test_a_start_is_all_zero(edge, is_masked):
    slots, tables = started(edge=edge, is_masked=is_masked)
    assert len(slots) == 3
    assert slots.coefficients.shape == (3, tables.n_motifs, tables.n_starts)
    assert not slots.coefficients.any()
    assert not slots.ahead.any()
    assert slots.steps.tolist() == slots.momentum.tolist() == [0, 0, 0]
    assert slots.step_size.tolist() == [3.0, 3.0, 3.0]
    assert torch.isinf(slots.objective).all()
    margin = tables.margin
    dense = tables.problem.load(slice(0, 3)).dense()
    np.testing.assert_array_equal(slots.values[:, :, margin : margin + 50], dense)
    assert slots.sequences.shape[2] == (50 + 2 * margin if is_masked else 1)


def test_rows_that_are_no_neighbours_are_loaded_in_their_order():
    scattered, _ = started(rows=(0, 1, 4, 5))
    whole, _ = started(rows=range(6))
    assert scattered.region.tolist() == [0, 1, 4, 5]
    kept = torch.tensor([True, True, False, False, True, True])
    assert equal(scattered, whole.select(kept))


def test_select_and_join_are_inverse():
    slots, tables = started(rows=range(6))
    slots.advance(tables, RULES, optimizer_step)
    first = torch.tensor([True, True, True, False, False, False])
    assert equal(slots.select(first).join(slots.select(~first)), slots)
    assert len(slots.select(torch.zeros(6, dtype=torch.bool))) == 0


@pytest.mark.parametrize("rules", [RULES, PUBLISHED])
def test_a_step_is_the_published_step(rules):
    slots, tables = started(rules=rules)
    lambdas = tables.lambdas.float()
    gap = "published" if rules.stop == "published" else "true"
    wanted = optimizer_step(
        tables.atoms.float(),
        slots.values,
        slots.importance,
        slots.sequences,
        slots.ahead,
        slots.coefficients,
        torch.zeros(3, 1, 1),
        torch.full((3, 1, 1), 3.0),
        50,
        lambdas,
        gap=gap,
    )
    found = slots.advance(tables, rules, optimizer_step)
    assert torch.equal(found, wanted[2])
    assert torch.equal(slots.coefficients, wanted[1])
    assert slots.steps.tolist() == [1, 1, 1]


def broken_step(gap, nll=1.0):
    """A step that leaves ones behind and reports what it is told to."""

    def step(*given, **options):
        ahead, coefficients = given[4], given[5]
        count = len(ahead)
        gaps = torch.as_tensor(gap, dtype=torch.float32).expand(count)
        losses = torch.as_tensor(nll, dtype=torch.float32).expand(count)
        return ahead + 2.0, torch.ones_like(coefficients), gaps, losses

    return step


@pytest.mark.parametrize("rules", [RULES, PUBLISHED])
@pytest.mark.parametrize("lost", [float("nan"), float("inf")])
def test_a_gap_that_is_not_finite_starts_the_region_again(rules, lost):
    slots, tables = started(rules=rules)
    slots.advance(tables, rules, broken_step([1.0, lost, 1.0]))
    assert slots.coefficients[1].abs().max() == slots.ahead[1].abs().max() == 0
    assert slots.coefficients[[0, 2]].min() == 1
    np.testing.assert_allclose(slots.step_size, [3.0, 2.1, 3.0], rtol=1e-6)
    assert slots.momentum.tolist() == [1, 0, 1]
    # The published count begins again with the region; ours tells all the steps that were made.
    assert slots.steps.tolist() == ([1, 0, 1] if rules is PUBLISHED else [1, 1, 1])


def test_coefficients_that_are_no_numbers_are_put_to_zero_not_multiplied():
    slots, tables = started()
    slots.coefficients[1] = torch.nan
    slots.ahead[1] = torch.nan
    slots.advance(tables, RULES, optimizer_step)
    assert torch.isfinite(slots.coefficients).all()
    assert torch.isfinite(slots.ahead).all()


def test_momentum_is_given_up_where_the_objective_rises():
    slots, tables = started()
    slots.advance(tables, RULES, broken_step(1.0, [1.0, 1.0, 1.0]))
    slots.advance(tables, RULES, broken_step(0.9, [1.0, 5.0, 0.5]))
    assert slots.momentum.tolist() == [2, 0, 2]
    assert torch.equal(slots.ahead[1], slots.coefficients[1])
    assert not torch.equal(slots.ahead[0], slots.coefficients[0])
    assert slots.step_size.tolist() == [3.0, 3.0, 3.0]


def test_the_published_stop_never_gives_momentum_up():
    slots, tables = started(rules=PUBLISHED)
    slots.advance(tables, PUBLISHED, broken_step(1.0, 1.0))
    slots.advance(tables, PUBLISHED, broken_step(0.9, 5.0))
    assert slots.momentum.tolist() == [2, 2, 2]


def test_the_step_is_cut_when_nothing_has_helped_for_long():
    slots, tables = started()
    slots.advance(tables, RULES, broken_step(1.0))
    for _ in range(PATIENCE - 1):
        slots.advance(tables, RULES, broken_step([1.0, 2.0, 1.0]))
    assert slots.step_size.tolist() == [3.0, 3.0, 3.0]
    slots.advance(tables, RULES, broken_step([1.0, 2.0, 0.5]))
    np.testing.assert_allclose(slots.step_size, [2.1, 2.1, 3.0], rtol=1e-6)
    assert slots.stale.tolist() == [0, 0, 0]
    assert slots.momentum[:2].tolist() == [0, 0]


@pytest.mark.parametrize("edge", ["drop", "core"])
@pytest.mark.parametrize("is_masked", [True, False])
@pytest.mark.parametrize("mask", ["core", "gaps"])
def test_what_is_measured_is_the_judge_s(edge, is_masked, mask):
    slots, tables = started(edge=edge, is_masked=is_masked, mask=mask)
    for _ in range(5):
        slots.advance(tables, RULES, optimizer_step)
    found = measure(slots, tables)
    problem = tables.problem
    for region in range(3):
        dense = slots.coefficients[region].double().numpy()
        judged = duality_gap(dense, problem, region=region)
        assert found.gap[region] == pytest.approx(judged, abs=1e-10)
        mine = found.slot == region
        assert mine.sum() == (dense > 0).sum()
        starts = found.hit_start[mine] - problem.first_start
        np.testing.assert_array_equal(dense[found.motif_id[mine], starts], found.coefficient[mine])


def test_similarity_and_importance_of_measured_atoms():
    slots, tables = started(is_masked=False)
    for _ in range(5):
        slots.advance(tables, RULES, optimizer_step)
    found = measure(slots, tables)
    dense = tables.problem.load(slice(0, 3)).dense().astype(float)
    assert len(found.slot) > 3
    for at in range(len(found.slot)):
        motif, start = found.motif_id[at], found.hit_start[at]
        core = np.flatnonzero(tables.problem.masks[motif])
        x = dense[found.slot[at]][:, core + start]
        energy = (x**2).sum()
        along = (x * tables.problem.atoms[motif][:, core]).sum()
        assert found.importance_sq[at] == pytest.approx(energy)
        assert found.importance[at] == pytest.approx(np.abs(x).sum())
        assert found.similarity[at] == pytest.approx(along / np.sqrt(energy))


def test_an_uncompiled_step_is_the_function_itself():
    assert fresh_step(RULES) is optimizer_step
