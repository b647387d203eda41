"""The certified solver against stored exact solutions, and against itself cut up in other ways."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from locuscope.errors import NonFiniteError, OptionError, WrongTypeError
from locuscope.motifs.solvers import Problem, Solved, duality_gap, solve_certified
from tests.motifs.hit_sets import (
    CASES,
    WHOLE,
    dense_coefficients,
    options,
    small_inputs,
    small_reference,
    whole_inputs,
    whole_reference,
)

# What another order of the same work may change.
COUNTS_OF_WORK = {"sweeps", "n_candidates", "n_rounds"}


def check_against(solved: Solved, problem: Problem, hits: np.ndarray, metrics: np.ndarray) -> None:
    places = np.stack([solved.region, solved.motif_id, solved.hit_start], axis=1)
    np.testing.assert_array_equal(places, hits[:, :3].astype(np.int64))
    error = np.abs(solved.coefficient - hits[:, 3]) / np.maximum(hits[:, 3], 1.0)
    middle, worst = (2e-4, 2e-3) if problem.sqrt_transform else (2e-5, 1e-4)
    assert np.quantile(error, 0.99) <= middle
    assert error.max() <= worst
    for found, wanted in zip(
        (solved.similarity, solved.importance, solved.importance_sq), hits[:, 4:].T, strict=True
    ):
        np.testing.assert_allclose(found, wanted, rtol=1e-5)
    penalties = problem.lambdas[solved.motif_id] * solved.coefficient
    penalty = np.bincount(solved.region, penalties, problem.n_regions)
    objective = solved.nll * problem.length + penalty
    # The scores are normalised by a float32 g on both sides, summed in another order.
    assert (objective - metrics[:, 0] <= 1e-6 * problem.length).all()
    np.testing.assert_array_equal(solved.n_support, metrics[:, 3])
    assert solved.gap.min() >= 0.0
    assert solved.gap.max() <= 1e-12
    assert set(solved.status) <= {"ok", "empty"}


@pytest.mark.parametrize(("name", "reference"), CASES)
def test_a_few_regions_equal_the_stored_minimiser(name, reference):
    problem = Problem.prepare(**small_inputs(name), **options(reference))
    check_against(solve_certified(problem), problem, *small_reference(name, reference))


@pytest.mark.skipif(not WHOLE.exists(), reason="the whole sets are not beside the checkout")
@pytest.mark.parametrize(("name", "reference"), CASES)
def test_whole_sets_equal_the_stored_minimiser(name, reference):
    problem = Problem.prepare(**whole_inputs(name), **options(reference))
    check_against(solve_certified(problem), problem, *whole_reference(name, reference))


@pytest.mark.parametrize(("name", "reference"), CASES)
def test_the_reported_gap_is_the_dense_one(name, reference):
    problem = Problem.prepare(**small_inputs(name), **options(reference))
    solved = solve_certified(problem)
    for region in range(problem.n_regions):
        judged = duality_gap(dense_coefficients(problem, solved, region), problem, region=region)
        assert judged == pytest.approx(solved.gap[region], abs=1e-9)
        assert judged <= 1e-12


@pytest.mark.parametrize("name", ["projected", "hypothetical", "compact"])
@pytest.mark.parametrize(("size", "threads"), [(1, 1), (2, 1), (3, 2), (100, 2)])
def test_slices_and_threads_change_no_bit(name, size, threads):
    problem = Problem.prepare(**small_inputs(name))
    whole = solve_certified(problem)
    parts = Solved.concatenate(
        [
            solve_certified(problem, slice(low, low + size), threads=threads)
            for low in range(0, problem.n_regions, size)
        ]
    )
    for field in fields(Solved):
        if field.name not in COUNTS_OF_WORK:
            np.testing.assert_array_equal(
                getattr(whole, field.name), getattr(parts, field.name), err_msg=field.name
            )


def test_order_of_regions_changes_no_bit():
    inputs = dict(small_inputs("projected"))
    whole = solve_certified(Problem.prepare(**inputs))
    order = np.argsort([3, 1, 4, 0, 2, 7, 6, 5][: len(inputs["sequences"])], kind="stable")
    inputs["contributions"] = inputs["contributions"][order]
    inputs["sequences"] = inputs["sequences"][order]
    moved = solve_certified(Problem.prepare(**inputs))
    np.testing.assert_array_equal(moved.gap, whole.gap[order])
    np.testing.assert_array_equal(moved.nll, whole.nll[order])
    for new, old in enumerate(order):
        np.testing.assert_array_equal(
            moved.coefficient[moved.region == new], whole.coefficient[whole.region == old]
        )


def test_descent_alone_reaches_the_gap_that_is_asked_for():
    problem = Problem.prepare(**small_inputs("redundant"))
    loose = solve_certified(problem, finish="none", tol=1e-3)
    tight = solve_certified(problem, finish="none", tol=1e-7)
    assert loose.gap.max() <= 1e-3
    assert tight.gap.max() <= 1e-7
    assert loose.gap.max() > tight.gap.max()
    assert loose.sweeps.sum() < tight.sweeps.sum()


def test_too_few_sweeps_are_told_with_the_true_gap():
    problem = Problem.prepare(**small_inputs("redundant"))
    solved = solve_certified(problem, max_sweeps=1)
    stopped = np.flatnonzero(solved.status == "max_sweeps")
    assert len(stopped)
    region = int(stopped[0])
    assert solved.n_support[region] > 0
    judged = duality_gap(dense_coefficients(problem, solved, region), problem, region=region)
    assert judged > 1e-7
    assert judged == pytest.approx(solved.gap[region], abs=1e-9)


def test_an_empty_region_keeps_its_row():
    inputs = dict(small_inputs("compact"))
    inputs["contributions"] = inputs["contributions"].copy()
    inputs["contributions"][1] = 0
    solved = solve_certified(Problem.prepare(**inputs))
    assert solved.status[1] == "empty"
    assert (solved.nll[1], solved.gap[1], solved.scale[1]) == (0.0, 0.0, 0.0)
    assert 1 not in solved.region


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_bad_value_stays_in_its_region(bad):
    inputs = dict(small_inputs("hypothetical"))
    clean = solve_certified(Problem.prepare(**inputs))
    inputs["contributions"] = inputs["contributions"].copy()
    inputs["contributions"][1, 2, 7] = bad
    flagged = solve_certified(Problem.prepare(**inputs))
    assert flagged.status[1] == "invalid_input"
    assert np.isnan([flagged.nll[1], flagged.gap[1], flagged.scale[1], flagged.dual_norm[1]]).all()
    assert 1 not in flagged.region
    others = clean.region != 1
    np.testing.assert_array_equal(flagged.coefficient, clean.coefficient[others])
    np.testing.assert_array_equal(flagged.hit_start, clean.hit_start[others])
    zeroed = solve_certified(Problem.prepare(**inputs, on_nonfinite="zero"))
    assert zeroed.replaced.tolist() == [0, 1, 0]
    assert zeroed.status[1] == "ok"
    with pytest.raises(NonFiniteError, match="region 1 holds"):
        solve_certified(Problem.prepare(**inputs, on_nonfinite="raise"))


def test_a_region_that_nothing_fits_has_its_largest_ratio_reported():
    inputs = dict(small_inputs("compact"))
    inputs["lambdas"] = np.full(len(inputs["cwms"]), 0.9999)
    draw = np.random.default_rng(0)
    inputs["contributions"] = draw.normal(0, 1, inputs["contributions"].shape)
    problem = Problem.prepare(**inputs)
    solved = solve_certified(problem)
    silent = np.flatnonzero(solved.n_support == 0)
    assert len(silent)
    assert (solved.dual_norm[silent] > 0.3).all()
    assert (solved.dual_norm[silent] <= 1.0).all()
    np.testing.assert_allclose(solved.nll[silent], 0.5, rtol=1e-6)


def test_very_many_candidates_are_taken_in_turns():
    inputs = dict(small_inputs("projected"))
    inputs["lambdas"] = 0.05
    problem = Problem.prepare(**inputs)
    solved = solve_certified(problem, slice(0, 1))
    assert solved.n_candidates[0] > 512
    assert solved.status[0] == "ok"
    judged = duality_gap(dense_coefficients(problem, solved, 0), problem, region=0)
    assert judged <= 1e-7


def test_no_region_gives_empty_arrays_of_the_same_types():
    problem = Problem.prepare(**small_inputs("compact"))
    none, some = solve_certified(problem, slice(0, 0)), solve_certified(problem)
    for field in fields(Solved):
        left, right = getattr(none, field.name), getattr(some, field.name)
        assert len(left) == 0
        assert left.dtype == right.dtype, field.name


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"tol": 0.0}, "tol is 0.0"),
        ({"tol": float("nan")}, "tol is nan"),
        ({"finish": "exactly"}, "finish is 'exactly'"),
        ({"regions": slice(0, 4, 2)}, "step 1"),
        ({"max_sweeps": 0}, "max_sweeps is 0"),
        ({"threads": 0}, "threads is 0"),
    ],
)
def test_options_out_of_range_are_refused(wrong, message):
    problem = Problem.prepare(**small_inputs("postfilter"))
    with pytest.raises(OptionError, match=message):
        solve_certified(problem, **wrong)


def test_half_a_thread_is_refused():
    problem = Problem.prepare(**small_inputs("postfilter"))
    with pytest.raises(WrongTypeError, match="threads"):
        solve_certified(problem, threads=1.5)


def test_whole_numbers_may_be_floats():
    problem = Problem.prepare(**small_inputs("postfilter"))
    assert len(solve_certified(problem, max_sweeps=100.0, threads=1.0).region) == 2
