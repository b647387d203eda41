"""One step of the published rules against loops in float64, and the two gaps."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from locuscope.errors import OptionError
from locuscope.motifs.solvers import duality_gap, optimizer_step, prox_grad_step
from locuscope.motifs.solvers.dense_tables import DenseTables
from locuscope.motifs.solvers.published_steps import full_float32, true_gap

from .made_problems import made_problem


def tensors(problem, seed=3):
    """Arguments of a step in float64, with random coefficients."""
    tables = DenseTables(problem, torch.device("cpu"))
    chunk = problem.load(slice(None))
    values = torch.from_numpy(chunk.dense()).double()
    masks = torch.from_numpy(chunk.mask()).double()
    rng = np.random.default_rng(seed)
    shape = (problem.n_regions, len(problem.atoms), problem.n_starts)
    coefficients = torch.from_numpy(rng.random(shape) * (rng.random(shape) < 0.05))
    importance = tables.importance(values)[0]
    steps = torch.full((problem.n_regions, 1, 1), 0.3, dtype=torch.float64)
    return coefficients, importance, tables.atoms, values, masks, tables.lambdas, steps


def ascent_by_loops(problem, coefficients, importance, values, masks):
    """I corr(X - pred, D) and the residual of one region."""
    motifs, starts = coefficients.shape
    width = problem.atoms.shape[2]
    residual = values.copy()
    for motif in range(motifs):
        for start in range(starts):
            laid = coefficients[motif, start] * importance[motif, start] * problem.atoms[motif]
            residual[:, start : start + width] -= laid * masks[:, start : start + width]
    ascent = np.zeros((motifs, starts))
    for motif in range(motifs):
        for start in range(starts):
            window = residual[:, start : start + width]
            ascent[motif, start] = importance[motif, start] * (window * problem.atoms[motif]).sum()
    return ascent, residual


@pytest.mark.parametrize("is_masked", [True, False])
def test_a_step_equals_the_loops(is_masked):
    problem = made_problem(n=2, length=30, motifs=3, is_masked=is_masked)
    given = tensors(problem)
    found, _, _ = prox_grad_step(*given)
    coefficients, importance, _, values, masks, lambdas, steps = (x.numpy() for x in given)
    for region in range(2):
        ascent, _ = ascent_by_loops(
            problem,
            coefficients[region],
            importance[region],
            values[region],
            masks[region],
        )
        wanted = coefficients[region] + steps[region] * (ascent - lambdas[0])
        np.testing.assert_allclose(found[region], np.maximum(wanted, 0), atol=1e-12)


@pytest.mark.parametrize("is_masked", [True, False])
def test_the_true_gap_is_the_judge_s_at_the_returned_coefficients(is_masked):
    problem = made_problem(n=3, length=40, motifs=4, is_masked=is_masked)
    found, gap, squares = prox_grad_step(*tensors(problem))
    for region in range(3):
        judged = duality_gap(found[region].numpy(), problem, region=region)
        assert gap[region].item() / problem.length == pytest.approx(judged, abs=1e-12)
        assert judged >= 0
        assert squares[region] > 0


def test_the_published_gap_is_the_published_expression_where_the_step_starts():
    problem = made_problem(n=2, length=30, motifs=3)
    given = tensors(problem)
    coefficients, importance, _, values, masks, lambdas, _ = (x.numpy() for x in given)
    _, gap, squares = prox_grad_step(*given, gap="published")
    for region in range(2):
        ascent, residual = ascent_by_loops(
            problem,
            coefficients[region],
            importance[region],
            values[region],
            masks[region],
        )
        loss = (residual**2).sum()
        dual = (ascent / lambdas[0]).max()
        paid = (coefficients[region] * lambdas[0]).sum()
        wanted = abs(
            loss * (1 + min(1 / dual, 1) ** 2) / 2 - (residual * values[region]).sum() + paid
        )
        assert gap[region].item() == pytest.approx(wanted, rel=1e-12)
        assert squares[region].item() == pytest.approx(loss, rel=1e-12)


def test_the_published_gap_lets_the_dual_scale_turn_negative():
    coefficients = torch.zeros(1, 1, 3)
    scores = -torch.ones(1, 1, 3)
    ones, cwms = torch.ones(1, 1, 3), torch.ones(1, 1, 1)
    lambdas, steps = torch.full((1, 1, 1), 0.5), torch.ones(1, 1, 1)
    given = (coefficients, ones, cwms, scores, 1, lambdas, steps)
    _, published, _ = prox_grad_step(*given, gap="published")
    # d = -2, so 1/d = -0.5 and the bracket holds 1.25 where the true one holds 2.
    assert published.item() == pytest.approx(abs(3 * 1.25 / 2 - 3))
    _, true, _ = prox_grad_step(*given)
    assert true.item() == 0.0


def test_both_steps_move_alike():
    given = tensors(made_problem(n=2))
    true, _, _ = prox_grad_step(*given, gap="true")
    published, _, _ = prox_grad_step(*given, gap="published")
    assert torch.equal(true, published)


def test_a_step_does_not_change_its_arguments():
    given = tensors(made_problem(n=2))
    before = [tensor.clone() for tensor in given]
    prox_grad_step(*given)
    assert all(torch.equal(one, other) for one, other in zip(given, before, strict=True))


@pytest.mark.parametrize("gap", ["true", "published"])
@pytest.mark.parametrize("count", [0, 1, 7])
def test_momentum_and_scales_of_a_step(gap, count):
    problem = made_problem(n=2)
    y, importance, atoms, values, masks, lambdas, steps = tensors(problem)
    before = tensors(problem, seed=4)[0]
    i = torch.full((2, 1, 1), count)
    given = (atoms, values, importance, masks, y, before, i, steps, problem.length, lambdas)
    ahead, after, per_base, nll = optimizer_step(*given, gap=gap)
    c_next, bound, squares = prox_grad_step(
        y, importance, atoms, values, masks, lambdas, steps, gap=gap
    )
    momentum = count / (count + 3)
    assert torch.equal(after, c_next)
    assert torch.allclose(ahead, (1 + momentum) * c_next - momentum * before)
    assert torch.allclose(per_base, bound / problem.length)
    assert torch.allclose(nll, squares / (2 * problem.length))


def test_the_number_one_stands_for_no_mask():
    problem = made_problem(n=2, is_masked=False)
    y, importance, atoms, values, masks, lambdas, steps = tensors(problem)
    found = prox_grad_step(y, importance, atoms, values, 1, lambdas, steps)
    wanted = prox_grad_step(y, importance, atoms, values, torch.ones_like(masks), lambdas, steps)
    assert all(torch.equal(one, other) for one, other in zip(found, wanted, strict=True))


def test_small_steps_from_zero_lower_the_objective():
    problem = made_problem(n=3)
    y, importance, atoms, values, masks, lambdas, steps = tensors(problem)
    coefficients, last = torch.zeros_like(y), torch.full((3,), torch.inf, dtype=torch.float64)
    for _ in range(20):
        coefficients, _, squares = prox_grad_step(
            coefficients, importance, atoms, values, masks, lambdas, steps
        )
        now = squares / 2 + (coefficients * lambdas).sum(dim=(1, 2))
        assert (now <= last + 1e-9).all()
        last = now


def test_true_gap_of_an_empty_region_is_zero():
    zeros, lambdas = torch.zeros(1, 4, 9), torch.ones(1, 2, 1)
    gap, squares = true_gap(torch.zeros(1, 2, 5), zeros, torch.zeros(1, 2, 5), zeros, lambdas)
    assert gap.tolist() == squares.tolist() == [0.0]


@pytest.mark.parametrize("gap", ["pseudo", "", None, 1])
def test_another_gap_is_refused(gap):
    given = tensors(made_problem(n=1))
    with pytest.raises(OptionError, match="expected 'true' or 'published'"):
        prox_grad_step(*given, gap=gap)


@pytest.fixture
def tf32():
    """Set both switches of TF32, and put them back."""
    held = torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32

    def put(convolutions, products):
        torch.backends.cudnn.allow_tf32 = convolutions
        torch.backends.cuda.matmul.allow_tf32 = products

    yield put
    put(*held)


@pytest.mark.parametrize("before", [(True, True), (False, True), (True, False), (False, False)])
def test_tf32_is_off_inside_and_as_before_afterwards(before, tf32):
    tf32(*before)

    def states():
        return torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32

    with full_float32():
        assert states() == (False, False)
    assert states() == before
    with pytest.raises(ZeroDivisionError), full_float32():
        _ = 1 / 0
    assert states() == before
