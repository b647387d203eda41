"""The published rules as a backend: parity with stored results, and what each field does."""

from __future__ import annotations

import warnings
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
import torch

from locuscope.errors import OptionError, RunWarning, WrongTypeError
from locuscope.motifs.solvers import Fista, Solved, duality_gap, solve_certified, solve_fista
from tests.motifs.hit_sets import dense_coefficients

from .made_problems import (
    WHOLE,
    made_arrays,
    made_problem,
    places,
    published,
    whole,
    whole_published,
)

PUBLISHED = Fista(stop="published")


def check_parity(solved, problem, hits, metrics, *, is_filtered=False, limit=1e-5):
    kept = np.ones(len(solved.region), bool)
    if is_filtered:
        thresholds = problem.lambdas[solved.motif_id].astype(np.float32)
        kept = solved.similarity.astype(np.float32) >= thresholds
    found = np.stack([solved.region, solved.motif_id, solved.hit_start], axis=1)[kept]
    np.testing.assert_array_equal(found, hits[:, :3].astype(np.int64))
    np.testing.assert_array_equal(solved.sweeps, metrics[:, 2])
    np.testing.assert_array_equal(solved.step_size, metrics[:, 3].astype(np.float32))
    np.testing.assert_allclose(solved.scale, metrics[:, 4], rtol=3e-7)
    error = np.abs(solved.coefficient[kept] - hits[:, 3]) / np.maximum(hits[:, 3], 1)
    assert np.quantile(error, 0.99) <= limit
    np.testing.assert_allclose(solved.similarity[kept], hits[:, 4], atol=1e-6)
    np.testing.assert_allclose(solved.importance[kept], hits[:, 5], rtol=1e-5)
    np.testing.assert_allclose(solved.importance_sq[kept], hits[:, 6], rtol=1e-4)


# The g of a region is a float64 sum here and a float32 sum there; its last bit moves the
# near-copies of the redundant set by a little more than the others.
LIMITS = {"compact": 1e-5, "hypothetical": 1e-5, "projected": 1e-5, "redundant": 2e-5}


@pytest.mark.parametrize("name", ["compact", "hypothetical", "redundant"])
def test_a_few_regions_repeat_the_published_run(name):
    problem, hits, metrics = published(name)
    solved = solve_fista(problem, rules=replace(PUBLISHED, max_steps=2000))
    check_parity(solved, problem, hits, metrics, limit=LIMITS[name])


@pytest.mark.skipif(not WHOLE.exists(), reason="the whole sets are not beside the checkout")
@pytest.mark.parametrize("run", ["upstream_default", "upstream_default_nofilter"])
@pytest.mark.parametrize("name", list(LIMITS))
def test_whole_sets_repeat_the_published_run(name, run):
    if not (WHOLE / f"{name}.{run}.hits.parquet").exists():
        pytest.skip("this run is not stored")
    problem = whole(name)
    solved = solve_fista(problem, rules=replace(PUBLISHED, max_steps=2000))
    is_filtered = run == "upstream_default"
    check_parity(
        solved,
        problem,
        *whole_published(name, run),
        is_filtered=is_filtered,
        limit=LIMITS[name],
    )


@pytest.mark.parametrize("batch_size", [1, 3, 4, 1000])
def test_the_batch_size_changes_no_hit_and_no_count(batch_size):
    problem, hits, metrics = published("compact")
    solved = solve_fista(problem, rules=PUBLISHED, batch_size=batch_size)
    check_parity(solved, problem, hits, metrics)


@pytest.mark.parametrize("name", ["compact", "hypothetical", "redundant"])
def test_the_true_gap_certifies_every_region(name):
    problem, _, _ = published(name)
    solved = solve_fista(problem, slice(0, 4 if name != "redundant" else 2))
    assert set(solved.status) <= {"ok", "empty"}
    assert solved.gap.max() <= 5e-4
    for region in range(len(solved.gap)):
        judged = duality_gap(dense_coefficients(problem, solved, region), problem, region=region)
        assert judged == pytest.approx(solved.gap[region], abs=1e-9)


@pytest.mark.skipif(not WHOLE.exists(), reason="the whole sets are not beside the checkout")
@pytest.mark.parametrize("name", ["hypothetical", "compact"])
def test_the_true_gap_certifies_whole_sets(name):
    solved = solve_fista(whole(name))
    assert set(solved.status) <= {"ok", "empty"}
    assert solved.gap.max() <= 5e-4


def test_the_published_stop_leaves_true_gaps_above_the_tolerance():
    problem, _, metrics = published("compact")
    solved = solve_fista(problem, rules=PUBLISHED)
    assert metrics[:, 1].max() <= 5e-4
    assert (solved.gap > 5e-4).mean() > 0.4


def objective(problem, solved):
    paid = np.bincount(
        solved.region, problem.lambdas[solved.motif_id] * solved.coefficient, problem.n_regions
    )
    return solved.nll * problem.length + paid


def test_the_gap_bounds_what_is_left_to_gain():
    problem = made_problem(n=3)
    least = objective(problem, solve_certified(problem))
    for tol in (1e-2, 5e-4, 3e-5):
        solved = solve_fista(problem, rules=Fista(convergence_tol=tol))
        excess = objective(problem, solved) - least
        assert (excess <= solved.gap * problem.length + 1e-9).all()
        assert (excess >= -1e-9).all()
        assert solved.gap.max() <= tol


@pytest.mark.parametrize("edge", ["drop", "core"])
@pytest.mark.parametrize("is_masked", [True, False])
@pytest.mark.parametrize("mask", ["core", "gaps"])
def test_certified_in_every_mode(edge, is_masked, mask):
    problem = made_problem(n=3, edge=edge, is_masked=is_masked, mask=mask)
    solved = solve_fista(problem)
    exact = solve_certified(problem)
    assert solved.gap.max() <= 5e-4
    strong = {place for place, c in zip(places(exact), exact.coefficient, strict=True) if c > 1}
    assert strong <= set(places(solved))
    assert solved.hit_start.min() >= problem.first_start


def test_rows_are_sorted_and_counted():
    solved = solve_fista(made_problem(), batch_size=2)
    order = np.lexsort((solved.motif_id, solved.hit_start, solved.region))
    np.testing.assert_array_equal(order, np.arange(len(order)))
    np.testing.assert_array_equal(solved.n_support, np.bincount(solved.region, minlength=6))
    assert (solved.coefficient > 0).all()


def test_a_slice_gives_the_rows_of_the_whole():
    problem = made_problem()
    whole_run, part = solve_fista(problem, batch_size=1), solve_fista(problem, slice(2, 5))
    inside = (whole_run.region >= 2) & (whole_run.region < 5)
    np.testing.assert_array_equal(part.region, whole_run.region[inside])
    np.testing.assert_array_equal(part.hit_start, whole_run.hit_start[inside])
    np.testing.assert_array_equal(part.sweeps, whole_run.sweeps[2:5])


def test_no_region():
    solved = solve_fista(made_problem(), slice(0, 0))
    assert len(solved.nll) == len(solved.region) == 0
    for name in vars(Solved.empty()):
        wanted = getattr(Solved.empty(), name).dtype
        assert getattr(solved, name).dtype.kind == wanted.kind, name


@pytest.mark.parametrize("rules", [Fista(), PUBLISHED])
def test_empty_and_invalid_regions_keep_their_rows(rules):
    arrays = made_arrays()
    arrays["contributions"][1] = 0
    arrays["contributions"][3, 0, 5] = np.nan
    arrays["contributions"][4, :, 7] = np.inf
    problem = type(made_problem()).prepare(**arrays)
    solved = solve_fista(problem, rules=rules)
    assert solved.status.tolist() == [
        "ok",
        "empty",
        "ok",
        "invalid_input",
        "invalid_input",
        "ok",
    ]
    assert solved.nll[1] == solved.gap[1] == solved.scale[1] == 0
    assert solved.sweeps[1] == 1
    assert np.isnan(solved.nll[3:5]).all()
    assert np.isnan(solved.scale[3:5]).all()
    assert not np.isin(solved.region, [1, 3, 4]).any()
    neighbours = solve_fista(made_problem(), rules=rules)
    kept = np.isin(neighbours.region, [0, 2, 5])
    np.testing.assert_array_equal(solved.region, neighbours.region[kept])
    np.testing.assert_allclose(solved.coefficient, neighbours.coefficient[kept], rtol=1e-4)


# Every field reaches the solver.


def test_field_convergence_tol():
    problem = made_problem()
    loose = solve_fista(problem, rules=Fista(convergence_tol=1e-2))
    tight = solve_fista(problem, rules=Fista(convergence_tol=1e-5))
    assert (loose.sweeps <= tight.sweeps).all()
    assert loose.sweeps.sum() < tight.sweeps.sum()


def test_field_step_size_max():
    solved = solve_fista(made_problem(), rules=Fista(step_size_max=0.5))
    assert set(solved.step_size) == {np.float32(0.5)}


def test_field_max_steps():
    solved = solve_fista(made_problem(), rules=Fista(max_steps=2, convergence_tol=1e-9))
    assert set(solved.sweeps) == {3}
    assert set(solved.status) == {"max_sweeps"}
    assert (solved.gap > 1e-9).all()


def test_field_stop():
    problem, _, _ = published("compact")
    one, other = solve_fista(problem, rules=PUBLISHED), solve_fista(problem)
    assert one.sweeps.tolist() != other.sweeps.tolist()


def test_field_step_adjust():
    problem, _, _ = published("redundant")
    fast = solve_fista(problem, rules=replace(PUBLISHED, step_adjust=0.5))
    slow = solve_fista(problem, rules=replace(PUBLISHED, step_adjust=0.7))
    assert {float(size) for size in fast.step_size} <= {3.0, 1.5, 0.75, 0.375}
    assert slow.step_size.min() == pytest.approx(3.0 * 0.7**5)


@pytest.mark.parametrize("rules", [PUBLISHED, Fista()])
def test_field_step_size_min_gives_up_with_a_warning(rules):
    problem, _, _ = published("redundant")
    strict = replace(rules, step_size_min=2.5, convergence_tol=1e-9, max_steps=1500)
    with pytest.warns(RunWarning, match=r"Optimizer failed for region.* 2\.5") as caught:
        solved = solve_fista(problem, rules=strict)
    assert len(caught) == 1
    failed = solved.step_size < 2.5
    assert failed.any()
    assert set(solved.status[failed]) == {"max_sweeps"}
    assert np.isfinite(solved.gap).all()


def test_field_compile_wraps_the_step(monkeypatch):
    asked = []

    def watched(function, **options):
        asked.append(options)
        return function

    monkeypatch.setattr(torch, "compile", watched)
    problem = made_problem(n=2)
    plain = solve_fista(problem)
    assert asked == []
    compiled = solve_fista(problem, rules=Fista(compile=True))
    assert asked == [{"fullgraph": True}]
    np.testing.assert_array_equal(plain.coefficient, compiled.coefficient)


def test_a_run_gives_no_warning_and_leaves_torch_as_it_was():
    held = torch.backends.cudnn.allow_tf32
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        solve_fista(made_problem(n=2))
    assert torch.backends.cudnn.allow_tf32 == held
    assert torch.is_grad_enabled()


# The noun.


def test_the_defaults_are_the_published_ones():
    rules = Fista()
    assert (rules.stop, rules.step_size_max, rules.step_size_min) == ("true_gap", 3.0, 0.08)
    assert (rules.step_adjust, rules.max_steps, rules.convergence_tol) == (0.7, 10_000, 5e-4)
    assert rules.compile is False
    with pytest.raises(FrozenInstanceError):
        rules.stop = "published"


def test_whole_floats_and_numpy_numbers_are_taken():
    rules = Fista(step_size_max=np.float32(2), max_steps=1e3, convergence_tol=np.float64(1e-3))
    assert rules == Fista(step_size_max=2.0, max_steps=1000, convergence_tol=1e-3)
    assert isinstance(rules.max_steps, int)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("stop", "true", "'true_gap' or 'published'"),
        ("step_size_max", 0.0, "finite and above 0"),
        ("step_size_max", 0.08, "below step_size_max"),
        ("step_size_min", -0.1, "finite and above 0"),
        ("step_size_min", 3.0, "below step_size_max"),
        ("step_adjust", 1.0, "between 0 and 1"),
        ("step_adjust", 0.0, "above 0"),
        ("max_steps", 0, "at least 1"),
        ("convergence_tol", float("nan"), "finite"),
        ("convergence_tol", float("inf"), "finite"),
        ("convergence_tol", 0, "above 0"),
    ],
)
def test_values_outside_their_range(field, value, words):
    with pytest.raises(OptionError, match=words):
        Fista(**{field: value})


@pytest.mark.parametrize(
    ("field", "value"),
    [("max_steps", 1.5), ("max_steps", True), ("step_adjust", "x"), ("compile", 1)],
)
def test_values_of_the_wrong_kind(field, value):
    with pytest.raises(WrongTypeError, match=field):
        Fista(**{field: value})


@pytest.mark.parametrize("size", [0, -3])
def test_a_batch_without_room(size):
    with pytest.raises(OptionError, match="at least 1 region"):
        solve_fista(made_problem(n=1), batch_size=size)


@pytest.mark.skipif(torch.cuda.is_available(), reason="a CUDA device is present")
def test_cuda_without_cuda_is_never_a_silent_cpu_run():
    with pytest.raises(OptionError, match="not present"):
        solve_fista(made_problem(n=1), device="cuda")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("name", ["compact", "hypothetical"])
def test_cuda_gives_the_hits_of_the_cpu(name):
    problem, hits, _ = published(name)
    solved = solve_fista(problem, rules=PUBLISHED, device="cuda")
    assert places(solved) == [tuple(int(x) for x in row) for row in hits[:, :3]]
