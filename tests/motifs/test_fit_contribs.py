"""The published call: signature, schemas, stored answers, warnings, refusals."""

from __future__ import annotations

import inspect

import numpy as np
import polars as pl
import pytest
import torch

from locuscope.errors import LocuscopeWarning, OptionError, RunWarning
from locuscope.motifs.fit_contribs import fit_contribs
from tests.motifs.hit_sets import SETS, small_inputs, small_reference

SIGNATURE = {
    "cwms": inspect.Parameter.empty,
    "contribs": inspect.Parameter.empty,
    "sequences": inspect.Parameter.empty,
    "cwm_trim_mask": inspect.Parameter.empty,
    "use_hypothetical": inspect.Parameter.empty,
    "lambdas": inspect.Parameter.empty,
    "step_size_max": 3.0,
    "step_size_min": 0.08,
    "sqrt_transform": False,
    "convergence_tol": 0.0005,
    "max_steps": 10000,
    "batch_size": 2000,
    "step_adjust": 0.7,
    "post_filter": True,
    "device": None,
    "compile_optimizer": False,
    "eps": 1.0,
}
HITS = {
    "peak_id": pl.UInt32,
    "motif_id": pl.UInt32,
    "hit_start": pl.Int64,
    "hit_coefficient": pl.Float32,
    "hit_similarity": pl.Float32,
    "hit_importance": pl.Float32,
    "hit_importance_sq": pl.Float32,
}
QC = {
    "nll": pl.Float32,
    "dual_gap": pl.Float32,
    "num_steps": pl.Int32,
    "step_size": pl.Float32,
    "global_scale": pl.Float32,
    "peak_id": pl.UInt32,
}


def given(name: str) -> tuple:
    held = small_inputs(name)
    keys = ("cwms", "contributions", "sequences", "trim_masks", "use_hypothetical", "lambdas")
    return tuple(held[key] for key in keys)


def fit(name: str = "projected", **more):
    return fit_contribs(*given(name), **({"device": "cpu"} | more))


def test_names_order_and_defaults_are_the_published_ones():
    parameters = inspect.signature(fit_contribs).parameters
    assert {name: p.default for name, p in parameters.items()} == SIGNATURE
    assert list(parameters) == list(SIGNATURE)
    assert {p.kind for p in parameters.values()} == {inspect.Parameter.POSITIONAL_OR_KEYWORD}


@pytest.mark.parametrize("name", SETS)
def test_schemas_and_stored_hits(name):
    hits, qc = fit(name, post_filter=False)
    assert dict(hits.schema) == HITS
    assert dict(qc.schema) == QC
    reference, metrics = small_reference(name)
    found = hits.select("peak_id", "motif_id", "hit_start").rows()
    assert found == [tuple(row) for row in reference[:, :3].astype(int).tolist()]
    np.testing.assert_allclose(hits["hit_coefficient"], reference[:, 3], rtol=1e-4)
    np.testing.assert_allclose(hits["hit_similarity"], reference[:, 4], rtol=1e-5)
    assert qc["dual_gap"].max() <= 5e-4
    assert (qc["num_steps"] >= 1).all()
    assert qc["step_size"].is_nan().all()
    np.testing.assert_allclose(qc["nll"], metrics[:, 1], atol=1e-6)


def test_the_filter_removes_the_hit_of_negative_similarity():
    every, _ = fit("postfilter", post_filter=False)
    np.testing.assert_allclose(every["hit_coefficient"], [13.6523, 23.3132], atol=1e-4)
    np.testing.assert_allclose(every["hit_similarity"], [-0.1414, 0.7071], atol=1e-4)
    kept, _ = fit("postfilter")
    assert kept.equals(every.tail(1))


def test_every_keyword_written_out_gives_the_defaults():
    cwms, scores, letters, masks, use_hypothetical, _ = given("postfilter")
    lambdas = np.array([0.7, 0.8])
    plain = fit_contribs(cwms, scores, letters, masks, use_hypothetical, lambdas, device="cpu")
    written = {**{k: v for k, v in SIGNATURE.items() if v is not inspect.Parameter.empty}}
    written |= {"batch_size": 1000, "compile_optimizer": False, "device": None}
    if torch.cuda.is_available():
        written["device"] = "cpu"
        full = fit_contribs(cwms, scores, letters, masks, use_hypothetical, lambdas, **written)
    else:
        with pytest.warns(RunWarning, match=r"No GPU available\. Running on CPU\."):
            full = fit_contribs(cwms, scores, letters, masks, use_hypothetical, lambdas, **written)
    assert plain[0].equals(full[0])
    assert plain[1].equals(full[1])


def test_positions_are_the_published_ones():
    values = (*given("projected"), 3.0, 0.08, False, 0.0005, 10000, 3, 0.7, True, "cpu", False, 1.0)
    assert fit_contribs(*values)[0].equals(fit()[0])


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_types_of_numbers_do_not_matter(kind):
    cwms, scores, letters, masks, use_hypothetical, lambdas = given("projected")
    found = fit_contribs(
        cwms.astype(kind),
        scores.astype(kind),
        letters,
        masks.astype(np.int64),
        use_hypothetical,
        lambdas,
        device="cpu",
    )
    assert found[0].equals(fit()[0])


def test_tensors_are_taken():
    parts = [torch.tensor(part) for part in given("projected")[:4]]
    found = fit_contribs(*parts, *given("projected")[4:], device=torch.device("cpu"))
    assert found[0].equals(fit()[0])


def test_a_mask_with_gaps_is_no_error():
    cwms, scores, letters, masks, use_hypothetical, lambdas = given("projected")
    gaps = masks.copy()
    gaps[:, masks.shape[1] // 2] = 0
    hits, qc = fit_contribs(
        cwms, scores, letters, gaps, use_hypothetical, lambdas * 0.8, device="cpu"
    )
    assert len(hits)
    assert qc["dual_gap"].max() <= 5e-4


def test_no_region_gives_empty_tables():
    cwms, scores, letters, masks, use_hypothetical, lambdas = given("projected")
    hits, qc = fit_contribs(
        cwms, scores[:0], letters[:0], masks, use_hypothetical, lambdas, device="cpu"
    )
    assert dict(hits.schema) == HITS
    assert dict(qc.schema) == QC
    assert len(hits) == len(qc) == 0


def test_a_region_that_is_not_finite_has_no_metrics():
    cwms, scores, letters, masks, use_hypothetical, lambdas = given("projected")
    bad = scores.copy()
    bad[1, 0, 0] = np.nan
    hits, qc = fit_contribs(cwms, bad, letters, masks, use_hypothetical, lambdas, device="cpu")
    assert qc["nll"].is_null().to_list() == [k == 1 for k in range(len(bad))]
    assert not len(hits.filter(pl.col("peak_id") == 1))


def test_regions_that_have_not_converged_are_listed_once():
    with pytest.warns(RunWarning, match=r"not converged within max_steps=1 iterations\.") as caught:
        fit("redundant", max_steps=1, convergence_tol=1e-12)
    assert len(caught) == 1
    assert isinstance(caught[0].message, LocuscopeWarning)
    assert isinstance(caught[0].message, RuntimeWarning)


def test_motifs_that_can_never_give_a_hit_are_warned_of():
    cwms, scores, letters, masks, use_hypothetical, lambdas = given("projected")
    zero = cwms.copy()
    zero[0] = 0
    with pytest.warns(RunWarning, match="all zero under their mask"):
        hits, _ = fit_contribs(
            zero,
            scores,
            letters,
            masks,
            use_hypothetical,
            lambdas,
            sqrt_transform=True,
            device="cpu",
        )
    assert not (hits["motif_id"] == 0).any()
    with pytest.warns(RunWarning, match="lambda not below their norm"):
        fit_contribs(cwms, scores, letters, masks, use_hypothetical, lambdas + 1, device="cpu")


def test_published_words_of_refusals():
    cwms, scores, letters, masks, _, lambdas = given("compact")
    with pytest.raises(ValueError, match="do not contain hypothetical contribution scores"):
        fit_contribs(cwms, scores, letters, masks, True, lambdas, device="cpu")
    for wrong in (scores[0], scores[None, None]):
        with pytest.raises(ValueError, match="incorrect shape"):
            fit_contribs(cwms, wrong, letters, masks, False, lambdas, device="cpu")


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan")])
def test_a_lambda_that_is_not_positive_is_refused(value):
    cwms, scores, letters, masks, use_hypothetical, lambdas = given("projected")
    with pytest.raises(ValueError, match="lambda"):
        fit_contribs(
            cwms, scores, letters, masks, use_hypothetical, lambdas * 0 + value, device="cpu"
        )


@pytest.mark.parametrize(
    "more",
    [
        {"step_size_min": 0},
        {"step_size_min": 3.0},
        {"step_size_max": float("inf")},
        {"step_adjust": 1.0},
        {"step_adjust": 0},
        {"convergence_tol": 0},
        {"max_steps": 0},
        {"batch_size": 0},
        {"eps": -1},
        {"device": "abacus"},
    ],
)
def test_options_outside_their_range_are_refused(more):
    with pytest.raises(OptionError):
        fit(**more)


@pytest.mark.parametrize("size", [1, 3, 2000])
def test_batches_change_no_bit(size):
    hits, qc = fit(batch_size=size)
    plain, metrics = fit()
    assert hits.equals(plain)
    assert qc.drop("num_steps").equals(metrics.drop("num_steps"))
