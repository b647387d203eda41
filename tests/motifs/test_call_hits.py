"""The verb `call_hits`: stored answers, statuses, refusals, invariances, the job."""

from __future__ import annotations

import inspect
from functools import partial

import numpy as np
import polars as pl
import pytest
import torch

from locuscope.errors import (
    EmptySelectionError,
    InputChangedError,
    InputError,
    NonFiniteError,
    OptionError,
    RunWarning,
    ShapeError,
    WrongTypeError,
)
from locuscope.inference.run import Run
from locuscope.motifs import call_hits as verb
from locuscope.motifs import hit_job
from locuscope.motifs.call_hits import call_hits
from locuscope.motifs.formats.motif_files import read_motifs
from locuscope.motifs.hits import Hits
from locuscope.motifs.motif_set import MotifSet
from locuscope.motifs.regions import read_regions
from locuscope.motifs.solvers.fista import Fista
from tests.motifs import hit_cases

BITS = ("num_steps", "n_candidates", "n_rounds")


def call(scores=None, one_hot=None, motifs=None, **more) -> Hits:
    plain, letters = hit_cases.arrays()
    return call_hits(
        plain if scores is None else scores,
        hit_cases.motifs() if motifs is None else motifs,
        sequences=letters if one_hot is None else one_hot,
        **more,
    )


def same_bits(left: Hits, right: Hits) -> bool:
    return left.table.equals(right.table) and left.qc.drop(BITS).equals(right.qc.drop(BITS))


def test_every_plant_is_found():
    found = set(hit_cases.keys(call()))
    assert {(region, motif, start) for region, motif, start, _ in hit_cases.PLANTS} <= found


@pytest.mark.skipif(not hit_cases.CLI.exists(), reason="the stored run is not beside the checkout")
def test_a_run_from_files_gives_the_stored_hits():
    motifs = read_motifs(
        hit_cases.CLI / "modisco.h5",
        rename=hit_cases.CLI / "names.tsv",
        lambdas=hit_cases.CLI / "lambdas.tsv",
    )
    hits = call_hits(read_regions(hit_cases.CLI / "regions.npz"), motifs)
    stored = pl.read_parquet(hit_cases.CLI / "reference.hits.parquet").filter("passes_filter")
    assert hit_cases.keys(hits) == stored.select("peak_id", "motif_id", "hit_start").rows()
    assert len(hits) == 114
    error = (hits.table["hit_coefficient"] - stored["hit_coefficient"]) / stored["hit_coefficient"]
    assert error.abs().max() < 0.02
    keys = ["chr", "start", "end", "strand", "motif_name", "peak_name", "peak_id"]
    published = Hits.open(hit_cases.PUBLISHED).file_table()
    both = hits.file_table().join(published, on=keys, suffix="_old")
    assert len(both) == 114
    for column in ("hit_importance", "hit_importance_sq"):
        np.testing.assert_allclose(both[column], both[f"{column}_old"], rtol=1e-4)


@pytest.mark.parametrize("size", [1, 2, 5])
@pytest.mark.parametrize("workers", [1, 2])
def test_batches_and_threads_change_no_bit(size, workers):
    assert same_bits(call(), call(run=Run(batch_size=size, workers=workers)))


def test_the_order_of_regions_changes_no_bit():
    order = np.array([3, 1, 4, 0, 2])
    plain = call_hits(hit_cases.contributions(), hit_cases.motifs())
    ids = np.arange(5)
    moved = call_hits(hit_cases.contributions(peak_ids=ids)[order], hit_cases.motifs())
    assert moved.qc["peak_id"].to_list() == order.tolist()
    assert moved.table.equals(plain.table)


def test_tensors_lists_and_memory_maps_are_taken(tmp_path):
    scores, one_hot = hit_cases.arrays()
    path = tmp_path / "scores.npy"
    np.save(path, scores)
    plain = call()
    assert same_bits(plain, call(torch.tensor(scores), torch.tensor(one_hot)))
    assert same_bits(plain, call(np.load(path, mmap_mode="r")))
    assert same_bits(plain, call(scores.tolist(), one_hot.tolist()))


def test_compact_scores_are_those_at_the_bases_that_are_there():
    scores, one_hot = hit_cases.arrays()
    assert same_bits(call(), call((scores * one_hot).sum(axis=1)))


def test_scores_times_k_scale_the_global_columns_alone():
    scores, one_hot = hit_cases.arrays()
    one, two = call(scores), call(scores * np.float32(2))
    assert hit_cases.keys(one) == hit_cases.keys(two)
    for column, power in (("hit_coefficient", 0), ("hit_similarity", 0)):
        np.testing.assert_allclose(two.table[column], one.table[column] * 2**power, rtol=1e-5)
    left, right = one.file_table(), two.file_table()
    for column, power in (
        ("hit_coefficient_global", 2),
        ("hit_importance", 1),
        ("hit_importance_sq", 2),
    ):
        np.testing.assert_allclose(right[column], left[column] * 2.0**power, rtol=1e-5)
    assert one_hot.shape == scores.shape


def test_the_other_strand_mirrors_the_hits():
    scores, one_hot = hit_cases.arrays()
    plain, turned = call(), call(scores[:, ::-1, ::-1].copy(), one_hot[:, ::-1, ::-1].copy())
    last = hit_cases.LENGTH - hit_cases.WIDTH
    mirrored = {
        (region, motif ^ 1, last - start) for region, motif, start in hit_cases.keys(turned)
    }
    assert mirrored == set(hit_cases.keys(plain))


@pytest.mark.fault("N1")
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_region_that_is_not_finite_is_marked_and_its_neighbours_stay(bad):
    scores = hit_cases.arrays()[0].copy()
    scores[1, 0, 0] = bad
    flagged, plain = call(scores), call()
    assert flagged.qc["status"].to_list() == ["ok", "invalid_input", "ok", "empty", "ok"]
    assert flagged.qc["nll"][1] is None
    assert flagged.table.equals(plain.table.filter(pl.col("peak_id") != 1))
    with pytest.raises(NonFiniteError, match="region 1"):
        call(scores, on_nonfinite="raise")
    zeroed = call(scores, on_nonfinite="zero")
    assert zeroed.qc["replaced"].to_list() == [0, 1, 0, 0, 0]
    assert zeroed.qc["status"][1] == "ok"


@pytest.mark.fault("N2")
def test_an_all_zero_region_is_empty():
    row = call().qc.row(3, named=True)
    assert row["status"] == "empty"
    assert row["nll"] == row["dual_gap"] == row["global_scale"] == 0


@pytest.mark.fault("N3")
def test_no_region_is_no_error():
    scores, one_hot = hit_cases.arrays()
    assert len(call(scores[:0], one_hot[:0]).qc) == 0


@pytest.mark.fault("N3")
@pytest.mark.parametrize("value", [0, -1, 1, 1.5, float("nan")])
def test_a_lambda_outside_0_to_1_is_refused(value):
    with pytest.raises(OptionError, match="lambda"):
        call(lambdas=value)


def test_lambdas_are_taken_in_four_forms():
    assert same_bits(call(), call(lambdas=0.7))
    assert same_bits(call(lambdas={"AP1": 0.9}), call(lambdas=[0.7, 0.7, 0.9, 0.9]))
    assert call(lambdas={"AP1": 0.9}).motifs.lambdas().tolist() == [0.7, 0.7, 0.9, 0.9]
    with pytest.raises(ShapeError, match="4 motifs"):
        call(lambdas=[0.7, 0.7])


@pytest.mark.parametrize("motifs", [MotifSet(()), {}, np.zeros((0, 4, 5))])
def test_no_motif_is_refused(motifs):
    with pytest.raises(EmptySelectionError, match="no motif"):
        call(motifs=motifs)


@pytest.mark.fault("N2")
def test_a_motif_of_zeros_is_refused():
    with pytest.raises(InputError, match="all contributions are 0"):
        call(motifs={"none": np.zeros((4, 5))})


@pytest.mark.parametrize("motifs", ["motifs.h5", 3])
def test_motifs_of_another_kind_are_refused(motifs):
    with pytest.raises(WrongTypeError, match="MotifSet"):
        call(motifs=motifs)


def test_windows_longer_than_the_regions_are_refused_with_both_numbers():
    scores, one_hot = hit_cases.arrays()
    with pytest.raises(InputError, match=r"8 bp.*10 bp"):
        call(scores[..., :8], one_hot[..., :8])


def test_transposed_arrays_are_told_apart():
    scores, one_hot = hit_cases.arrays()
    with pytest.raises(ShapeError, match="transposed"):
        call(scores, one_hot.transpose(0, 2, 1))
    with pytest.raises(ShapeError, match="transposed"):
        call(scores.transpose(0, 2, 1))
    with pytest.raises(ShapeError, match="transposed"):
        call(motifs=hit_cases.motifs().cwms.transpose(0, 2, 1))


@pytest.mark.fault("N5")
@pytest.mark.parametrize("value", [2, 0.5])
def test_sequences_that_are_not_one_hot_are_refused(value):
    one_hot = hit_cases.arrays()[1].astype(np.float32)
    one_hot[2, :, 7] = value
    with pytest.raises(InputError, match="one-hot"):
        call(one_hot=one_hot)


def test_arrays_need_sequences_and_contributions_bring_theirs():
    scores, one_hot = hit_cases.arrays()
    with pytest.raises(InputError, match="sequences"):
        call_hits(scores, hit_cases.motifs())
    with pytest.raises(OptionError, match="sequences"):
        call_hits(hit_cases.contributions(), hit_cases.motifs(), sequences=one_hot)


def test_hypothetical_mode_needs_hypothetical_scores():
    scores, one_hot = hit_cases.arrays()
    with pytest.raises(InputError, match="do not contain hypothetical contribution scores"):
        call((scores * one_hot).sum(axis=1), use_hypothetical=True)
    with pytest.raises(InputError, match="do not contain hypothetical contribution scores"):
        call_hits(hit_cases.contributions().project(), hit_cases.motifs(), use_hypothetical=True)


def test_a_region_number_that_is_there_twice_is_refused():
    given = hit_cases.contributions(peak_ids=np.array([1, 1, 2, 3, 4]))
    with pytest.raises(InputError, match="region number 1"):
        call_hits(given, hit_cases.motifs())


@pytest.mark.parametrize(
    "more",
    [
        {"edge": "keep"},
        {"cwm_norm": "none"},
        {"on_nonfinite": "skip"},
        {"eps": 0},
        {"eps": "1"},
        {"tol": 0},
        {"finish": "soon"},
        {"max_sweeps": 0},
        {"backend": "finemo"},
        {"backend": "fista", "tol": 1e-3},
        {"backend": "numba", "run": Run(restart=True, out="x"), "batch_size": 0},
    ],
)
def test_options_outside_their_range_are_refused(more):
    with pytest.raises(OptionError):
        call(**more)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")
def test_a_device_that_is_not_there_is_refused():
    with pytest.raises(OptionError, match="cuda"):
        call(device="cuda")


def test_regions_that_are_given_up_are_warned_of_once():
    with pytest.warns(RunWarning, match="given up after 1 sweeps") as caught:
        hits = call(finish="none", max_sweeps=1)
    assert len(caught) == 1
    assert "max_sweeps" in hits.qc["status"].to_list()


def test_the_published_steps_find_the_same_hits():
    with np.errstate(all="ignore"):
        found = call(backend=Fista(convergence_tol=1e-5), run=Run(device="cpu"))
    assert set(hit_cases.keys(call())) <= set(hit_cases.keys(found))


def test_nothing_given_is_changed():
    scores, one_hot = (array.copy() for array in hit_cases.arrays())
    call(scores, one_hot)
    np.testing.assert_array_equal(scores, hit_cases.arrays()[0])
    np.testing.assert_array_equal(one_hot, hit_cases.arrays()[1])


def test_a_job_gives_the_same_and_goes_on_after_a_stop(tmp_path, monkeypatch):
    monkeypatch.setattr(hit_job, "PART_ROWS", 2)
    given, motifs = hit_cases.contributions(), hit_cases.motifs()
    plain = call_hits(given, motifs)
    assert call_hits(given, motifs, out=tmp_path / "whole") == plain

    def stop(done, total, counts):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        call_hits(given, motifs, run=Run(out=tmp_path / "cut", progress=stop))
    assert not (tmp_path / "cut" / "hits.tsv").exists()
    assert call_hits(given, motifs, out=tmp_path / "cut") == plain
    for path in (tmp_path / "whole").iterdir():
        if path.is_file() and path.name != "log.jsonl":
            assert path.read_bytes() == (tmp_path / "cut" / path.name).read_bytes(), path.name


def test_a_job_with_other_options_or_scores_is_refused(tmp_path):
    given, motifs = hit_cases.contributions(), hit_cases.motifs()
    again = partial(call_hits, motifs=motifs, out=tmp_path / "job")
    again(given)
    with pytest.raises(InputChangedError):
        again(given, eps=0.5)
    with pytest.raises(InputChangedError):
        again(hit_cases.contributions(intervals=hit_cases.places("-----")))
    anew = call_hits(given, motifs, eps=0.5, run=Run(out=tmp_path / "job", restart=True))
    assert anew.parameters["eps"] == 0.5


def test_a_stop_while_the_files_are_written_is_taken_up(tmp_path, monkeypatch):
    given, motifs = hit_cases.contributions(), hit_cases.motifs()

    def stop(hits, folder):
        (folder / "hits.tsv").write_text("half")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(verb, "fill_folder", stop)
        with pytest.raises(KeyboardInterrupt):
            call_hits(given, motifs, out=tmp_path / "job")
    assert call_hits(given, motifs, out=tmp_path / "job") == call_hits(given, motifs)


def test_progress_counts_regions():
    seen = []
    call(run=Run(batch_size=2, progress=lambda done, total, counts: seen.append((done, total))))
    assert seen == [(2, 5), (4, 5), (5, 5)]


def test_options_are_keyword_only():
    kinds = [p.kind for p in inspect.signature(call_hits).parameters.values()]
    assert kinds[:2] == [inspect.Parameter.POSITIONAL_OR_KEYWORD] * 2
    assert set(kinds[2:]) == {inspect.Parameter.KEYWORD_ONLY}
