"""The public duality gap: dense loops, stored numbers of another program, refusals."""

from __future__ import annotations

import json

import numpy as np
import pytest

from locuscope.errors import InputError, OutOfBoundsError, ShapeError
from locuscope.motifs.solvers import Problem, duality_gap
from tests.motifs.hit_sets import WHOLE, small_inputs, small_reference, whole_inputs
from tests.oracles import hit_lasso_oracle as oracle

NAMES = ["projected", "hypothetical", "compact", "redundant", "postfilter"]


def matrix_of(problem: Problem, hits: np.ndarray, region: int) -> np.ndarray:
    values = np.zeros((len(problem.atoms), problem.n_starts))
    for row in hits[hits[:, 0] == region]:
        values[int(row[1]), int(row[2]) - problem.first_start] = row[3]
    return values


@pytest.mark.parametrize("name", NAMES)
def test_stored_minimisers_have_no_gap(name):
    problem = Problem.prepare(**small_inputs(name))
    hits, _ = small_reference(name)
    for region in range(problem.n_regions):
        # The stored numbers are of scores normalised with another rounding of g.
        assert duality_gap(matrix_of(problem, hits, region), problem, region=region) <= 1e-6


@pytest.mark.parametrize("edge", ["drop", "core"])
@pytest.mark.parametrize("is_hypothetical", [False, True])
def test_any_coefficients_give_the_gap_of_the_written_out_problem(edge, is_hypothetical):
    draw = np.random.default_rng(0)
    cwms = draw.normal(0, 0.4, (2, 4, 5))
    masks = np.array([[1, 1, 0, 1, 0], [0, 1, 1, 1, 1]], np.int8)
    letters = np.eye(4, dtype=np.int8)[draw.integers(0, 4, 16)].T[None]
    scores = draw.normal(0, 1, (1, 4, 16))
    problem = Problem.prepare(
        scores, letters, cwms, masks, [0.6, 0.8], edge=edge, use_hypothetical=is_hypothetical
    )
    dense = oracle.dense_problem(
        scores[0],
        letters[0],
        problem.atoms,
        masks,
        problem.lambdas,
        edge=edge,
        is_hypothetical=is_hypothetical,
    )
    for _ in range(10):
        values = np.zeros((2, problem.n_starts))
        flat = np.zeros(len(dense.places))
        for at in draw.integers(0, len(flat), 4):
            start, motif = dense.places[at]
            flat[at] = values[motif, start - problem.first_start] = draw.uniform(0, 3)
        wanted = oracle.gap(dense, flat)
        assert duality_gap(values, problem, region=0) == pytest.approx(wanted, abs=1e-7, rel=1e-6)


@pytest.mark.skipif(not WHOLE.exists(), reason="the whole sets are not beside the checkout")
@pytest.mark.parametrize("name", ["projected", "hypothetical", "compact", "redundant"])
def test_true_gaps_of_the_published_program_are_reproduced(name):
    import polars as pl

    told = json.loads((WHOLE / f"{name}.info.json").read_text())["upstream_default_nofilter"]
    table = pl.read_parquet(WHOLE / f"{name}.upstream_default_nofilter.hits.parquet")
    hits = table.select(
        pl.col("peak_id", "motif_id", "hit_start", "hit_coefficient").cast(pl.Float64)
    ).to_numpy()
    problem = Problem.prepare(**whole_inputs(name))
    gaps = np.array(
        [
            duality_gap(matrix_of(problem, hits, region), problem, region=region)
            for region in range(problem.n_regions)
        ]
    )
    assert np.median(gaps) == pytest.approx(told["true_gap_median"], rel=1e-4)
    assert gaps.max() == pytest.approx(told["true_gap_max"], rel=1e-4)
    assert np.mean(gaps > told["tol"]) == told["frac_true_gap_over_tol"]


def test_an_empty_region_has_no_gap():
    inputs = dict(small_inputs("compact"))
    inputs["contributions"] = np.zeros_like(inputs["contributions"])
    problem = Problem.prepare(**inputs)
    assert duality_gap(np.zeros((20, problem.n_starts)), problem, region=0) == 0.0


def test_wrong_coefficients_are_refused():
    problem = Problem.prepare(**small_inputs("postfilter"))
    with pytest.raises(ShapeError, match=r"expected \(2, 1\)"):
        duality_gap(np.zeros((1, 2)), problem, region=0)
    for wrong in (-1.0, np.nan, np.inf):
        with pytest.raises(InputError, match="motif 1 in column 0"):
            duality_gap([[0.0], [wrong]], problem, region=0)
    with pytest.raises(OutOfBoundsError, match="the problem has 1"):
        duality_gap(np.zeros((2, 1)), problem, region=1)


def test_a_window_whose_core_leaves_the_region_takes_no_coefficient():
    problem = Problem.prepare(**small_inputs("postfilter"), edge="core")
    values = np.zeros((2, problem.n_starts))
    values[0, 0] = 1.0
    with pytest.raises(InputError, match="0 where the core leaves the region"):
        duality_gap(values, problem, region=0)


def test_a_region_with_nan_has_no_gap():
    inputs = dict(small_inputs("postfilter"))
    inputs["contributions"] = np.full_like(inputs["contributions"], np.nan)
    problem = Problem.prepare(**inputs)
    with pytest.raises(InputError, match="region 0 holds NaN"):
        duality_gap(np.zeros((2, 1)), problem, region=0)
