"""Small problems of every kind against the dense oracle, and laws of the hit problem."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from locuscope.motifs.solvers import Problem, duality_gap, solve_certified
from locuscope.motifs.solvers.region_kernel import most_promising
from tests.motifs.hit_sets import dense_coefficients
from tests.oracles import hit_lasso_oracle as oracle

WIDTH, LENGTH = 7, 34


def random_inputs(seed: int, *, n_motifs: int = 4, n_regions: int = 2) -> dict:
    """Scores with planted motifs, one position without a base, masks with holes."""
    draw = np.random.default_rng(seed)
    cwms = draw.normal(0, 1, (n_motifs, 4, WIDTH))
    cwms /= np.sqrt((cwms**2).sum((1, 2), keepdims=True))
    masks = draw.integers(0, 2, (n_motifs, WIDTH)).astype(np.int8)
    masks[:, 2:4] = 1
    letters = np.eye(4, dtype=np.int8)[draw.integers(0, 4, (n_regions, LENGTH))]
    letters = np.ascontiguousarray(letters.transpose(0, 2, 1))
    letters[:, :, draw.integers(LENGTH)] = 0
    scores = draw.normal(0, 0.2, (n_regions, 4, LENGTH))
    for region in range(n_regions):
        for _ in range(3):
            start = draw.integers(0, LENGTH - WIDTH + 1)
            scores[region, :, start : start + WIDTH] += 3 * cwms[draw.integers(n_motifs)]
    return {
        "contributions": scores,
        "sequences": letters,
        "cwms": cwms,
        "trim_masks": masks,
        "lambdas": draw.uniform(0.25, 0.6, n_motifs),
    }


def solved_places(problem: Problem, region: int, **how) -> dict[tuple[int, int], float]:
    solved = solve_certified(problem, **how)
    chosen = solved.region == region
    return {
        (int(start), int(motif)): float(value)
        for start, motif, value in zip(
            solved.hit_start[chosen],
            solved.motif_id[chosen],
            solved.coefficient[chosen],
            strict=True,
        )
    }


def check_dense(inputs: dict, *, is_hypothetical: bool, edge: str, eps: float = 1.0) -> None:
    problem = Problem.prepare(**inputs, use_hypothetical=is_hypothetical, edge=edge, eps=eps)
    solved = solve_certified(problem)
    for region in range(problem.n_regions):
        dense = oracle.dense_problem(
            inputs["contributions"][region],
            inputs["sequences"][region],
            problem.atoms,
            problem.masks,
            problem.lambdas,
            is_hypothetical=is_hypothetical,
            edge=edge,
            eps=eps,
        )
        values = oracle.minimise(dense)
        wanted = oracle.active(dense, values)
        found = solved_places(problem, region)
        assert found.keys() == wanted.keys()
        for place, value in wanted.items():
            assert found[place] == pytest.approx(value, rel=2e-6, abs=1e-6)
        judged = duality_gap(dense_coefficients(problem, solved, region), problem, region=region)
        by_hand = np.array([found.get(place, 0.0) for place in dense.places])
        assert judged == pytest.approx(oracle.gap(dense, by_hand), abs=1e-8)


@pytest.mark.parametrize("is_hypothetical", [False, True])
@pytest.mark.parametrize("edge", ["drop", "core"])
@pytest.mark.parametrize("seed", range(4))
def test_masks_with_holes_equal_the_dense_oracle(seed, edge, is_hypothetical):
    check_dense(random_inputs(seed), is_hypothetical=is_hypothetical, edge=edge)


@pytest.mark.parametrize("eps", [1e-6, 1e-3, 5.0])
def test_the_floor_of_the_energy_follows_eps(eps):
    check_dense(random_inputs(11), is_hypothetical=True, edge="drop", eps=eps)


@pytest.mark.parametrize("factor", [0.2, 0.5, 8.0])
def test_motifs_of_any_scale_are_solved(factor):
    inputs = random_inputs(5)
    inputs["cwms"] = inputs["cwms"] * factor
    inputs["lambdas"] = inputs["lambdas"] * factor
    check_dense(inputs, is_hypothetical=True, edge="drop")


def test_large_motifs_with_a_small_lambda_have_a_certified_gap():
    inputs = random_inputs(5)
    inputs["cwms"] = inputs["cwms"] * 30
    problem = Problem.prepare(**inputs)
    solved = solve_certified(problem)
    assert set(solved.status) == {"ok"}
    for region in range(problem.n_regions):
        judged = duality_gap(dense_coefficients(problem, solved, region), problem, region=region)
        assert judged <= 1e-7


def test_compact_scores_are_those_of_the_bases_that_stand_there():
    inputs = random_inputs(7)
    compact = dict(inputs)
    masked = (inputs["contributions"] * inputs["sequences"]).astype(np.float32)
    compact["contributions"] = masked.sum(1)
    left = solve_certified(Problem.prepare(**inputs))
    right = solve_certified(Problem.prepare(**compact))
    np.testing.assert_array_equal(left.hit_start, right.hit_start)
    np.testing.assert_allclose(left.coefficient, right.coefficient, rtol=1e-9)


@settings(max_examples=15)
@given(shift=st.integers(1, 12), seed=st.integers(0, 50))
def test_a_shifted_region_has_shifted_hits(shift, seed):
    inputs = random_inputs(seed, n_regions=1)
    for name in ("contributions", "sequences"):
        padded = np.zeros((1, 4, LENGTH + 40), inputs[name].dtype)
        padded[:, :, 14 : 14 + LENGTH] = inputs[name]
        inputs[name] = padded
    moved = dict(inputs)
    for name in ("contributions", "sequences"):
        moved[name] = np.roll(inputs[name], shift, axis=2)
    here = solved_places(Problem.prepare(**inputs), 0)
    there = solved_places(Problem.prepare(**moved), 0)
    assert {(start + shift, motif) for start, motif in here} == there.keys()
    for (start, motif), value in here.items():
        assert there[start + shift, motif] == pytest.approx(value, rel=1e-5, abs=1e-6)


@settings(max_examples=15)
@given(seed=st.integers(0, 50), is_hypothetical=st.booleans())
def test_reverse_complementing_everything_mirrors_the_hits(seed, is_hypothetical):
    inputs = random_inputs(seed, n_regions=1)
    mirrored = dict(inputs)
    for name in ("contributions", "sequences", "cwms"):
        mirrored[name] = np.ascontiguousarray(inputs[name][:, ::-1, ::-1])
    mirrored["trim_masks"] = np.ascontiguousarray(inputs["trim_masks"][:, ::-1])
    how = {"use_hypothetical": is_hypothetical}
    here = solved_places(Problem.prepare(**inputs, **how), 0)
    there = solved_places(Problem.prepare(**mirrored, **how), 0)
    assert {(LENGTH - WIDTH - start, motif) for start, motif in here} == there.keys()
    for (start, motif), value in here.items():
        assert there[LENGTH - WIDTH - start, motif] == pytest.approx(value, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("factor", [2.0**-20, 4.0, 2.0**30])
def test_scaling_the_scores_scales_g_and_nothing_else(factor):
    inputs = random_inputs(3)
    plain = solve_certified(Problem.prepare(**inputs))
    inputs["contributions"] = inputs["contributions"] * factor
    scaled = solve_certified(Problem.prepare(**inputs))
    np.testing.assert_array_equal(scaled.coefficient, plain.coefficient)
    np.testing.assert_array_equal(scaled.importance, plain.importance)
    np.testing.assert_array_equal(scaled.scale, plain.scale * np.float32(factor))


def test_of_equal_motifs_the_first_is_kept():
    inputs = random_inputs(2)
    plain = solve_certified(Problem.prepare(**inputs))
    for name in ("cwms", "trim_masks", "lambdas"):
        inputs[name] = np.concatenate([inputs[name]] * 2)
    doubled = solve_certified(Problem.prepare(**inputs))
    np.testing.assert_array_equal(doubled.motif_id, plain.motif_id)
    np.testing.assert_allclose(doubled.coefficient, plain.coefficient, rtol=1e-9)


def test_of_equal_motifs_with_different_penalties_the_cheaper_is_used():
    inputs = random_inputs(2)
    plain = solve_certified(Problem.prepare(**inputs))
    count = len(inputs["cwms"])
    dear = inputs["lambdas"] * 1.02
    for name in ("cwms", "trim_masks"):
        inputs[name] = np.concatenate([inputs[name]] * 2)
    inputs["lambdas"] = np.concatenate([dear, inputs["lambdas"]])
    doubled = solve_certified(Problem.prepare(**inputs))
    order = np.lexsort((plain.motif_id, plain.hit_start, plain.region))
    np.testing.assert_array_equal(doubled.motif_id, plain.motif_id[order] + count)
    np.testing.assert_allclose(doubled.coefficient, plain.coefficient[order], rtol=1e-9)
    assert set(doubled.status) == {"ok"}


def test_a_palindrome_scored_on_all_bases_is_one_hit_of_the_first_strand():
    half = np.random.default_rng(0).normal(0, 1, (4, 4))
    palindrome = np.concatenate([half, half[::-1, ::-1]], axis=1)
    palindrome /= np.sqrt((palindrome**2).sum())
    scores = np.random.default_rng(1).normal(0, 0.02, (1, 4, 40))
    scores[0, :, 11:19] += palindrome
    problem = Problem.prepare(
        scores,
        np.zeros((1, 4, 40), np.int8),
        np.stack([palindrome, palindrome[::-1, ::-1]]),
        np.ones((2, 8), np.int8),
        0.7,
        use_hypothetical=True,
    )
    solved = solve_certified(problem)
    assert solved.motif_id.tolist() == [0]
    assert solved.hit_start.tolist() == [11]


def test_motifs_without_values_take_part_in_nothing():
    inputs = random_inputs(2)
    plain = solve_certified(Problem.prepare(**inputs))
    inputs["cwms"] = np.concatenate([inputs["cwms"], np.zeros((1, 4, WIDTH))])
    inputs["trim_masks"] = np.concatenate([inputs["trim_masks"], np.ones((1, WIDTH), np.int8)])
    inputs["lambdas"] = np.append(inputs["lambdas"], 0.5)
    for mask in (1, 0):
        inputs["trim_masks"][-1] = mask
        same = solve_certified(Problem.prepare(**inputs))
        np.testing.assert_array_equal(same.motif_id, plain.motif_id)
        np.testing.assert_array_equal(same.coefficient, plain.coefficient)


def test_only_empty_motifs_leave_every_region_as_it_is():
    inputs = random_inputs(2)
    inputs["cwms"] = np.zeros_like(inputs["cwms"])
    solved = solve_certified(Problem.prepare(**inputs))
    assert len(solved.region) == 0
    assert solved.status.tolist() == ["ok", "ok"]
    np.testing.assert_allclose(solved.nll, 0.5, rtol=1e-6)
    assert solved.dual_norm.tolist() == [0.0, 0.0]


def test_the_most_promising_keys_are_those_with_the_largest_ratios():
    draw = np.random.default_rng(0)
    keys, ratios = draw.permutation(1000), draw.uniform(0, 3, 1000)
    chosen = most_promising(keys, ratios, 10)
    np.testing.assert_array_equal(chosen, np.sort(keys[np.argsort(-ratios)[:10]]))
    np.testing.assert_array_equal(most_promising(keys, ratios, 1000), np.arange(1000))


@settings(max_examples=10)
@given(seed=st.integers(0, 50), order=st.permutations(range(4)))
def test_the_order_of_motifs_renames_the_hits(seed, order):
    inputs = random_inputs(seed, n_regions=1)
    here = solved_places(Problem.prepare(**inputs), 0)
    for name in ("cwms", "trim_masks", "lambdas"):
        inputs[name] = inputs[name][list(order)]
    there = solved_places(Problem.prepare(**inputs), 0)
    renamed = {(start, order[motif]): value for (start, motif), value in there.items()}
    assert renamed.keys() == here.keys()
    for place, value in here.items():
        assert renamed[place] == pytest.approx(value, rel=1e-9)


@settings(max_examples=10)
@given(seed=st.integers(0, 50))
def test_motifs_that_see_no_score_do_not_change_the_hits_of_others(seed):
    inputs = random_inputs(seed, n_regions=1)
    inputs["contributions"] = inputs["contributions"].copy()
    inputs["contributions"][:, 3] = 0
    problem = Problem.prepare(**inputs, use_hypothetical=True)
    here = solved_places(problem, 0)
    blind = np.zeros((1, 4, WIDTH))
    blind[0, 3] = 1 / np.sqrt(WIDTH)
    inputs["cwms"] = np.concatenate([inputs["cwms"], blind])
    inputs["trim_masks"] = np.concatenate([inputs["trim_masks"], np.ones((1, WIDTH), np.int8)])
    inputs["lambdas"] = np.append(inputs["lambdas"], 5.0)
    there = solved_places(Problem.prepare(**inputs, use_hypothetical=True), 0)
    assert there == here


@pytest.mark.parametrize("finish", ["exact", "none"])
def test_every_finish_lists_the_true_gap_of_what_it_returns(finish):
    problem = Problem.prepare(**random_inputs(9, n_regions=4))
    for tol in (1e-2, 1e-5):
        solved = solve_certified(problem, tol=tol, finish=finish)
        assert set(solved.status) == {"ok"}
        for region in range(4):
            dense = dense_coefficients(problem, solved, region)
            judged = duality_gap(dense, problem, region=region)
            assert judged == pytest.approx(solved.gap[region], abs=1e-9)
            assert judged <= tol
