"""The certified solver beside stored results of the published program, whole sets."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import polars as pl
import pytest

from locuscope.motifs.solvers import Problem, Solved, duality_gap, solve_certified
from tests.motifs.hit_sets import CASES, WHOLE, dense_coefficients, options, whole_inputs

pytestmark = pytest.mark.skipif(
    not WHOLE.exists(), reason="the whole sets are not beside the checkout"
)
PLACES = ["peak_id", "motif_id", "hit_start"]
COUNTS_OF_WORK = {"sweeps", "n_candidates", "n_rounds"}
# Hits of the published program, and how many of them the minimiser has.
SURPLUS = {"projected": (826, 736), "compact": (338, 271), "redundant": (130, 58)}


def table_of(solved: Solved) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "peak_id": solved.region,
            "motif_id": solved.motif_id,
            "hit_start": solved.hit_start,
            "coefficient": solved.coefficient,
            "similarity": solved.similarity,
        }
    )


def published(name: str) -> pl.DataFrame:
    run = "upstream_default_nofilter" if name == "redundant" else "upstream_default"
    hits = pl.read_parquet(WHOLE / f"{name}.{run}.hits.parquet")
    return hits.with_columns(pl.col(PLACES).cast(pl.Int64))


@pytest.mark.parametrize("name", ["projected", "hypothetical", "compact", "redundant"])
def test_strong_hits_are_in_the_published_list_with_the_same_similarity(name):
    ours = table_of(solve_certified(Problem.prepare(**whole_inputs(name))))
    theirs = published(name)
    strong = ours.filter(pl.col("coefficient") > 1)
    shared = strong.join(theirs, on=PLACES, how="inner")
    assert len(shared) >= 0.995 * len(strong)
    # A set of motifs scaled again after the trim would differ here by some 1e-3.
    difference = (shared["similarity"] - shared["hit_similarity"]).abs().max()
    assert difference <= 1e-6


@pytest.mark.parametrize("name", SURPLUS)
def test_the_early_stop_of_the_published_program_leaves_surplus_hits(name):
    ours = table_of(solve_certified(Problem.prepare(**whole_inputs(name))))
    assert (len(published(name)), len(ours)) == SURPLUS[name]


@pytest.mark.parametrize(("name", "reference"), CASES)
@pytest.mark.parametrize(("size", "threads"), [(1, 1), (7, 1), (7, 2), (32, 2), (10**6, 2)])
def test_chunks_and_threads_change_no_bit(name, reference, size, threads):
    problem = Problem.prepare(**whole_inputs(name), **options(reference))
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


def test_quiet_and_loud_regions_are_solved_as_any_other():
    solved = solve_certified(Problem.prepare(**whole_inputs("projected")))
    assert solved.status[3] == "empty"
    assert (solved.nll[3], solved.gap[3], solved.scale[3]) == (0.0, 0.0, 0.0)
    for row in (5, 7):
        assert solved.status[row] == "ok"
        assert solved.n_support[row] > 0
    assert solved.scale[7] > 1000 * solved.scale[5]


def test_a_hit_with_a_negative_similarity_is_listed():
    solved = solve_certified(Problem.prepare(**whole_inputs("postfilter")))
    np.testing.assert_allclose(solved.coefficient, [13.6523, 23.3132], rtol=1e-5)
    np.testing.assert_allclose(solved.similarity, [-0.1414, 0.7071], atol=1e-4)


def test_the_run_of_the_command_line_set_is_reproduced():
    folder = WHOLE / "cli"
    data = pl.read_csv(folder / "hits" / "motif_data.tsv", separator="\t")
    cwms = np.load(folder / "hits" / "motif_cwms.npy")
    columns = np.arange(cwms.shape[2])
    masks = (columns >= data["motif_start"].to_numpy()[:, None]) & (
        columns < data["motif_end"].to_numpy()[:, None]
    )
    with np.load(folder / "regions.npz") as held:
        problem = Problem.prepare(
            held["contributions"], held["sequences"], cwms, masks, data["lambda"].to_numpy()
        )
        ids = held["peak_id"]
    solved = solve_certified(problem)
    wanted = pl.read_parquet(folder / "reference.hits.parquet")
    assert len(wanted) == 114
    np.testing.assert_array_equal(ids[solved.region], wanted["peak_id"].to_numpy())
    np.testing.assert_array_equal(solved.motif_id, wanted["motif_id"].to_numpy())
    np.testing.assert_array_equal(solved.hit_start, wanted["hit_start"].to_numpy())
    stored = wanted["hit_coefficient"].to_numpy()
    error = np.abs(solved.coefficient - stored) / np.maximum(stored, 1.0)
    assert np.quantile(error, 0.99) <= 2e-5
    assert error.max() <= 1e-4
    for region in range(problem.n_regions):
        dense = dense_coefficients(problem, solved, region)
        assert duality_gap(dense, problem, region=region) <= 1e-12
