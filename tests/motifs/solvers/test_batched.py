"""The certified solver on torch: stored minimisers, the dense judge, and the compiled backend."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from locuscope.errors import (
    DeviceMemoryError,
    MemoryBackoffWarning,
    NonFiniteError,
    OptionError,
    WrongTypeError,
)
from locuscope.motifs.solvers import (
    Problem,
    Solved,
    batched_chunk,
    duality_gap,
    solve_batched,
    solve_certified,
)
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
from tests.oracles.hit_lasso_oracle import active, dense_problem, minimise

from .made_problems import made_arrays, made_problem, places

COUNTS_OF_WORK = {"sweeps", "n_candidates", "n_rounds"}


def check_against(solved, problem, hits, metrics):
    np.testing.assert_array_equal(
        np.stack([solved.region, solved.motif_id, solved.hit_start], axis=1),
        hits[:, :3].astype(np.int64),
    )
    error = np.abs(solved.coefficient - hits[:, 3]) / np.maximum(hits[:, 3], 1.0)
    middle, worst = (2e-4, 2e-3) if problem.sqrt_transform else (2e-5, 1e-4)
    assert np.quantile(error, 0.99) <= middle
    assert error.max() <= worst
    for found, wanted in zip(
        (solved.similarity, solved.importance, solved.importance_sq), hits[:, 4:].T, strict=True
    ):
        np.testing.assert_allclose(found, wanted, rtol=1e-5)
    np.testing.assert_array_equal(solved.n_support, metrics[:, 3])
    assert 0 <= solved.gap.min() <= solved.gap.max() <= 1e-12
    assert set(solved.status) <= {"ok", "empty"}


def same_bits(one: Solved, other: Solved, left_out: set[str] = COUNTS_OF_WORK) -> None:
    for field in fields(Solved):
        if field.name not in left_out:
            np.testing.assert_array_equal(getattr(one, field.name), getattr(other, field.name))


def same_answer(one: Solved, other: Solved, *, rel: float = 1e-5) -> None:
    """The law between backends: one set, coefficients alike."""
    assert places(one) == places(other)
    np.testing.assert_allclose(one.coefficient, other.coefficient, rtol=rel)
    np.testing.assert_allclose(one.similarity, other.similarity, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(one.importance, other.importance, rtol=1e-9)
    np.testing.assert_allclose(one.gap, other.gap, atol=1e-9)
    np.testing.assert_allclose(one.nll, other.nll, rtol=1e-9, atol=1e-15)
    np.testing.assert_array_equal(one.status, other.status)
    np.testing.assert_array_equal(one.scale, other.scale)
    np.testing.assert_array_equal(one.n_support, other.n_support)


@pytest.mark.parametrize(("name", "reference"), CASES)
def test_a_few_regions_equal_the_stored_minimiser(name, reference):
    problem = Problem.prepare(**small_inputs(name), **options(reference))
    check_against(solve_batched(problem), problem, *small_reference(name, reference))


@pytest.mark.skipif(not WHOLE.exists(), reason="the whole sets are not beside the checkout")
@pytest.mark.parametrize("chunk_size", [7, 32, 200])
@pytest.mark.parametrize(("name", "reference"), CASES)
def test_whole_sets_equal_the_stored_minimiser(name, reference, chunk_size):
    problem = Problem.prepare(**whole_inputs(name), **options(reference))
    solved = solve_batched(problem, chunk_size=chunk_size)
    check_against(solved, problem, *whole_reference(name, reference))


@pytest.mark.parametrize(("name", "reference"), CASES)
def test_the_reported_gap_is_the_dense_one(name, reference):
    problem = Problem.prepare(**small_inputs(name), **options(reference))
    solved = solve_batched(problem)
    for region in range(problem.n_regions):
        judged = duality_gap(dense_coefficients(problem, solved, region), problem, region=region)
        assert judged == pytest.approx(solved.gap[region], abs=1e-9)


@pytest.mark.parametrize(("name", "reference"), CASES)
def test_the_compiled_backend_gives_the_same(name, reference):
    problem = Problem.prepare(**small_inputs(name), **options(reference))
    same_answer(solve_batched(problem), solve_certified(problem))


@pytest.mark.parametrize("chunk_size", [1, 2, 3, 5, 100])
@pytest.mark.parametrize(("name", "reference"), CASES)
def test_the_chunk_size_changes_no_bit(name, reference, chunk_size):
    problem = Problem.prepare(**small_inputs(name), **options(reference))
    one, other = solve_batched(problem), solve_batched(problem, chunk_size=chunk_size)
    same_bits(one, other, left_out=set())


@pytest.mark.parametrize("finish", ["exact", "none"])
@pytest.mark.parametrize("is_masked", [True, False])
def test_slices_and_threads_change_no_bit(finish, is_masked):
    problem = made_problem(is_masked=is_masked)
    whole_run = solve_batched(problem, finish=finish)
    rows = [slice(0, 1), slice(1, 4), slice(4, 4), slice(4, None)]
    parts = [solve_batched(problem, part, finish=finish) for part in rows]
    same_bits(whole_run, Solved.concatenate(parts), left_out=set())
    held = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        same_bits(whole_run, solve_batched(problem, finish=finish), left_out=set())
    finally:
        torch.set_num_threads(held)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("is_masked", [True, False])
def test_the_order_of_regions_changes_no_bit(seed, is_masked):
    arrays = made_arrays(is_masked=is_masked)
    order = np.random.default_rng(seed).permutation(6)
    moved = {**arrays}
    for name in ("contributions", "sequences"):
        moved[name] = arrays[name][order]
    one = solve_batched(Problem.prepare(**arrays))
    other = solve_batched(Problem.prepare(**moved), chunk_size=4)
    for name in ("nll", "gap", "scale", "dual_norm", "n_support", "status"):
        np.testing.assert_array_equal(getattr(one, name)[order], getattr(other, name))
    for new, old in enumerate(order):
        np.testing.assert_array_equal(
            one.coefficient[one.region == old], other.coefficient[other.region == new]
        )
        np.testing.assert_array_equal(
            one.hit_start[one.region == old], other.hit_start[other.region == new]
        )


@pytest.mark.parametrize("edge", ["drop", "core"])
@pytest.mark.parametrize("is_masked", [True, False])
@pytest.mark.parametrize("mask", ["core", "gaps"])
def test_the_dense_minimiser_in_every_mode(edge, is_masked, mask):
    arrays = made_arrays(4, n=2, length=40, motifs=3, is_masked=is_masked, mask=mask)
    problem = Problem.prepare(**arrays, edge=edge)
    solved = solve_batched(problem)
    for region in range(2):
        dense = dense_problem(
            arrays["contributions"][region],
            arrays["sequences"][region],
            problem.atoms,
            problem.masks,
            problem.lambdas,
            is_hypothetical=not is_masked,
            edge=edge,
        )
        wanted = active(dense, minimise(dense), least=1e-7)
        chosen = solved.region == region
        keys = zip(solved.hit_start[chosen], solved.motif_id[chosen], strict=True)
        found = dict(zip(keys, solved.coefficient[chosen], strict=True))
        assert set(found) == set(wanted)
        for place, value in wanted.items():
            assert found[place] == pytest.approx(value, rel=1e-5)


@settings(max_examples=15)
@given(
    seed=st.integers(0, 10_000),
    is_masked=st.booleans(),
    mask=st.sampled_from(["core", "gaps"]),
    edge=st.sampled_from(["drop", "core"]),
    eps=st.sampled_from([1.0, 1e-3]),
    sqrt_transform=st.booleans(),
)
def test_made_problems_equal_the_compiled_backend(seed, is_masked, mask, **kwargs):
    problem = made_problem(seed, n=3, length=50, is_masked=is_masked, mask=mask, **kwargs)
    same_answer(solve_batched(problem), solve_certified(problem), rel=1e-6)


@pytest.mark.parametrize("factor", [0.05, 0.5, 3.0, 40.0])
@pytest.mark.parametrize("is_masked", [True, False])
def test_motifs_of_any_scale(factor, is_masked):
    arrays = made_arrays(n=1, length=40, is_masked=is_masked)
    arrays["cwms"] = arrays["cwms"] * factor
    arrays["lambdas"] = np.full(6, 0.4 * min(factor, 2.0))
    problem = Problem.prepare(**arrays)
    solved = solve_batched(problem)
    same_answer(solved, solve_certified(problem))
    assert solved.gap.max() <= 1e-12


@pytest.mark.parametrize("is_masked", [True, False])
def test_many_more_candidates_than_hits(is_masked):
    problem = made_problem(n=2, length=60, is_masked=is_masked, lambdas=0.05)
    solved = solve_batched(problem)
    assert solved.n_candidates.max() > 60
    same_answer(solved, solve_certified(problem))


def test_crowded_regions_are_solved_in_instalments(monkeypatch):
    problem = made_problem(n=2, length=50, lambdas=0.1)
    whole_run = solve_batched(problem)
    monkeypatch.setattr("locuscope.motifs.solvers.batched_check.ROOM", 3)
    monkeypatch.setattr(batched_chunk, "ROOM", 3)
    crowded = solve_batched(problem)
    assert crowded.n_rounds.max() > whole_run.n_rounds.max()
    same_bits(whole_run, crowded)


@pytest.mark.parametrize("edge", ["drop", "core"])
def test_of_equal_motifs_the_first_is_kept(edge):
    problem = made_problem(n=3, is_masked=False, has_copies=True, edge=edge)
    solved = solve_batched(problem)
    assert len(solved.region) > 4
    assert not (solved.motif_id % 2).any()
    assert solved.gap.max() <= 1e-12


def test_of_equal_motifs_the_cheaper_is_kept():
    lambdas = np.array([0.4, 0.39, 0.4, 0.41, 0.4, 0.4])
    problem = made_problem(n=3, is_masked=False, has_copies=True, lambdas=lambdas)
    solved = solve_batched(problem)
    assert set(solved.motif_id) <= {1, 2, 4}
    assert 1 in solved.motif_id
    same_answer(solved, solve_certified(problem))


def test_without_the_finish_the_gap_is_small_and_not_zero():
    problem = made_problem(n=3, length=60, lambdas=0.1)
    solved = solve_batched(problem, finish="none", tol=1e-4)
    assert 1e-12 < solved.gap.max() <= 1e-4
    assert set(solved.status) == {"ok"}
    tighter = solve_batched(problem, finish="none", tol=1e-7)
    assert tighter.gap.max() <= 1e-7
    assert tighter.sweeps.sum() > solved.sweeps.sum()


def test_sweeps_that_run_out_are_said():
    problem = made_problem(n=3, length=60, lambdas=0.05)
    solved = solve_batched(problem, max_sweeps=1)
    late = solved.status == "max_sweeps"
    assert late.any()
    assert (solved.gap[late] > 1e-7).all()
    for region in range(3):
        judged = duality_gap(dense_coefficients(problem, solved, region), problem, region=region)
        assert judged == pytest.approx(solved.gap[region], abs=1e-9)


def test_empty_and_invalid_regions_keep_their_rows_and_their_neighbours():
    arrays = made_arrays()
    arrays["contributions"][1] = 0
    arrays["contributions"][3, 0, 5] = np.nan
    arrays["contributions"][4, :, 7] = -np.inf
    solved = solve_batched(Problem.prepare(**arrays))
    invalid = "invalid_input"
    assert solved.status.tolist() == ["ok", "empty", "ok", invalid, invalid, "ok"]
    assert solved.nll[1] == solved.gap[1] == solved.scale[1] == solved.n_support[1] == 0
    for name in ("nll", "gap", "dual_norm", "scale"):
        assert np.isnan(getattr(solved, name)[3:5]).all()
    clean = solve_batched(made_problem())
    kept = np.isin(clean.region, [0, 2, 5])
    for name in ("region", "motif_id", "hit_start", "coefficient", "similarity"):
        np.testing.assert_array_equal(getattr(solved, name), getattr(clean, name)[kept])


def test_a_region_that_must_be_finite():
    arrays = made_arrays()
    arrays["contributions"][3, 0, 5] = np.nan
    with pytest.raises(NonFiniteError, match="region 3"):
        solve_batched(Problem.prepare(**arrays, on_nonfinite="raise"))


def test_no_region_no_motif_that_enters():
    problem = made_problem(n=2, lambdas=50.0)
    solved = solve_batched(problem)
    assert len(solved.region) == 0
    assert (solved.gap == 0).all()
    np.testing.assert_allclose(solved.nll, 0.5, rtol=1e-6)
    assert (solved.dual_norm > 0).all()
    assert (solved.dual_norm < 1).all()
    nothing = solve_batched(problem, slice(0, 0))
    assert len(nothing.nll) == len(nothing.region) == 0


def test_a_motif_of_zeros_takes_part_in_nothing():
    arrays = made_arrays()
    arrays["cwms"][2] = 0
    arrays["trim_masks"][3] = 0
    solved = solve_batched(Problem.prepare(**arrays))
    assert not np.isin(solved.motif_id, [2, 3]).any()
    assert solved.gap.max() <= 1e-12


class OutOfMemory:
    """`solve_loaded` that needs less than some regions."""

    def __init__(self, most: int) -> None:
        self.most, self.sizes, self.real = most, [], batched_chunk.solve_loaded

    def __call__(self, chunk, tables, rules):
        self.sizes.append(len(chunk))
        if len(chunk) > self.most:
            raise torch.OutOfMemoryError
        return self.real(chunk, tables, rules)


def test_memory_that_runs_out_halves_the_chunk_with_one_warning(monkeypatch):
    problem = made_problem()
    wanted = solve_batched(problem)
    small = OutOfMemory(2)
    monkeypatch.setattr(batched_chunk, "solve_loaded", small)
    with pytest.warns(MemoryBackoffWarning, match="chunk_size=16 was halved to 2") as caught:
        solved = solve_batched(problem, chunk_size=16)
    assert len(caught) == 1
    assert small.sizes == [6, 6, 4, 2, 2, 2]
    same_bits(solved, wanted)


def test_memory_for_no_region(monkeypatch):
    monkeypatch.setattr(batched_chunk, "solve_loaded", OutOfMemory(0))
    with pytest.raises(DeviceMemoryError, match="single region"):
        solve_batched(made_problem(), chunk_size=2)


@pytest.mark.parametrize(
    ("options_", "words"),
    [
        ({"tol": 0}, "tol is 0"),
        ({"tol": float("nan")}, "tol is nan"),
        ({"finish": "soon"}, "finish"),
        ({"chunk_size": 0}, "at least 1 region"),
        ({"device": "tpu0"}, "device"),
        ({"regions": slice(0, 4, 2)}, "step 2"),
    ],
)
def test_options_outside_their_range(options_, words):
    with pytest.raises(OptionError, match=words):
        solve_batched(made_problem(n=4), **options_)


def test_a_count_that_is_no_whole_number():
    with pytest.raises(WrongTypeError, match="max_sweeps"):
        solve_batched(made_problem(n=1), max_sweeps=1.5)


@pytest.mark.skipif(torch.cuda.is_available(), reason="a CUDA device is present")
def test_cuda_without_cuda_is_never_a_silent_cpu_run():
    with pytest.raises(OptionError, match="not present"):
        solve_batched(made_problem(n=1), device="cuda")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize(("name", "reference"), CASES)
def test_cuda_gives_the_hits_of_the_cpu(name, reference):
    problem = Problem.prepare(**small_inputs(name), **options(reference))
    solved = solve_batched(problem, device="cuda")
    check_against(solved, problem, *small_reference(name, reference))
    same_answer(solved, solve_batched(problem))
