"""Opening a folder of hits: what `save` wrote, what the published tool wrote, what is damaged."""

from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from locuscope.errors import FormatError, MissingFileError, StoreError
from locuscope.motifs.call_hits import call_hits
from locuscope.motifs.hit_folder import read_motif_folder, read_tsv
from locuscope.motifs.hits import Hits
from locuscope.motifs.motif_set import MotifSet
from tests.motifs import hit_cases


@pytest.fixture
def folder(tmp_path):
    return call_hits(hit_cases.contributions(), hit_cases.motifs()).save(tmp_path / "hits")


@pytest.mark.parametrize("strands", ["+++++", "--+--", "-----"])
def test_what_was_saved_is_opened_as_it_was(tmp_path, strands):
    given = hit_cases.contributions(intervals=hit_cases.places(strands))
    hits = call_hits(given, hit_cases.motifs())
    assert len(hits)
    assert Hits.open(hits.save(tmp_path / "hits")) == hits


@pytest.mark.parametrize("edge", ["drop", "core"])
def test_hits_of_bare_arrays_come_back(tmp_path, edge):
    scores, one_hot = hit_cases.arrays()
    hits = call_hits(scores, hit_cases.motifs(), sequences=one_hot, edge=edge)
    opened = Hits.open(hits.save(tmp_path / "hits"))
    assert opened == hits
    assert not opened.has_coordinates


def test_regions_in_any_order_come_back_in_that_order(tmp_path):
    ids = np.array([40, 7, 300, 2, 11], np.uint32)
    hits = call_hits(hit_cases.contributions(peak_ids=ids), hit_cases.motifs())
    assert hits.qc["peak_id"].to_list() == ids.tolist()
    assert Hits.open(hits.save(tmp_path / "hits")) == hits


def test_no_region_comes_back(tmp_path):
    scores, one_hot = hit_cases.arrays()
    hits = call_hits(scores[:0], hit_cases.motifs(), sequences=one_hot[:0])
    opened = Hits.open(hits.save(tmp_path / "hits"))
    assert len(opened) == len(opened.qc) == 0
    assert set(hits.table.columns) <= set(opened.table.columns)


def test_regions_that_hold_nan_come_back(tmp_path):
    scores, one_hot = hit_cases.arrays()
    scores = scores.copy()
    scores[1, 2, 3] = np.nan
    hits = call_hits(scores, hit_cases.motifs(), sequences=one_hot)
    opened = Hits.open(hits.save(tmp_path / "hits"))
    assert opened == hits
    assert opened.qc["nll"][1] is None
    assert opened.qc["status"][1] == "invalid_input"


def test_motifs_of_unequal_width_come_back(tmp_path):
    wide, narrow = hit_cases.motifs()["GATA/1"].cwm, hit_cases.motifs()["AP1"].cwm[:, 1:9]
    motifs = MotifSet.from_arrays({"wide": wide, "narrow": narrow}).with_reverse_complements()
    hits = call_hits(hit_cases.contributions(), motifs)
    opened = Hits.open(hits.save(tmp_path / "hits"))
    assert opened == hits
    assert opened.motifs.widths.tolist() == [10, 10, 8, 8]
    rows = hits.table.filter(pl.col("motif_name") == "narrow")
    assert (rows["end_untrimmed"] - rows["start_untrimmed"] == 8).all()


def test_the_published_folder_is_read():
    hits = Hits.open(hit_cases.PUBLISHED)
    assert (len(hits), len(hits.qc), len(hits.motifs)) == (115, 40, 12)
    assert hits.motifs.names[0] == "ALPHA"
    assert hits.motifs.original_names[0] == "pos_patterns.pattern_0"
    assert hits.motifs.lambdas().tolist()[2:4] == [0.6, 0.6]
    assert hits.qc["status"].null_count() == 40
    assert hits.parameters["convergence_tol"] == 0.0005
    first = hits.table.row(0, named=True)
    assert (first["peak_id"], first["motif_id"], first["hit_start"]) == (0, 4, 230)
    assert first["hit_importance"] == pytest.approx(0.10835625 / hits.qc["global_scale"][0])


def test_exact_matrices_are_preferred(folder):
    (folder / "motif_cwms.f32.npy").unlink()
    rough = read_motif_folder(folder).cwms
    exact = hit_cases.motifs().cwms
    assert 0 < np.abs(rough - exact).max() < 1e-3


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(MissingFileError, match="nowhere"):
        Hits.open(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["hits.tsv", "peaks_qc.tsv", "motif_data.tsv", "parameters.json"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(FormatError, match=name):
        Hits.open(folder)


def test_a_folder_of_an_unfinished_job_says_so(folder):
    (folder / "hits.tsv").unlink()
    (folder / "manifest.json").write_text("{}")
    with pytest.raises(StoreError, match="same call"):
        Hits.open(folder)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("parameters.json", "{", "no JSON"),
        ("parameters.json", "[1]", "no JSON object"),
        ("hits.tsv", "chr\tstart\n", "no column"),
        ("hits.tsv", "", "no table"),
        ("peaks_qc.tsv", "nll\n1\n", "no column"),
        ("motif_cwms.f32.npy", "text", "no array"),
    ],
)
def test_a_damaged_file_is_named(folder, name, content, words):
    (folder / name).write_text(content)
    with pytest.raises(FormatError, match=words):
        Hits.open(folder)


def test_a_cell_that_is_no_number_is_refused(folder):
    text = (folder / "hits.tsv").read_text()
    (folder / "hits.tsv").write_text(text.replace("\tpeak0\t0\n", "\tpeak0\tzero\n"))
    with pytest.raises(FormatError, match="no table of hits"):
        Hits.open(folder)


def test_a_hit_of_an_unknown_motif_or_region_is_refused(folder):
    text = (folder / "hits.tsv").read_text()
    (folder / "hits.tsv").write_text(text.replace("AP1", "ap1"))
    with pytest.raises(FormatError, match="motif_data"):
        Hits.open(folder)
    (folder / "hits.tsv").write_text(text.replace("\tpeak0\t0\n", "\tpeak0\t99\n"))
    with pytest.raises(FormatError, match="region 99"):
        Hits.open(folder)


def test_matrices_that_do_not_belong_to_the_table_are_refused(folder):
    np.save(folder / "motif_cwms.f32.npy", np.ones((1, 4, 3), np.float32))
    with pytest.raises(FormatError, match="1 matrices"):
        Hits.open(folder)


def test_arrays_that_would_run_code_are_refused(folder):
    np.save(folder / "motif_cwms.f32.npy", np.array([{"a": 1}], object), allow_pickle=True)
    with pytest.raises(FormatError, match="plain numbers"):
        Hits.open(folder)


def test_a_name_with_a_quote_is_a_plain_name(tmp_path):
    hits = call_hits(
        hit_cases.contributions(), hit_cases.motifs().rename({"AP1": 'AP"1', "GATA/1": "<b>"})
    )
    assert Hits.open(hits.save(tmp_path / "hits")) == hits


def test_columns_that_we_do_not_know_are_kept(tmp_path):
    folder = tmp_path / "more"
    shutil.copytree(hit_cases.PUBLISHED, folder)
    table = pl.read_csv(folder / "hits.tsv", separator="\t")
    table = table.with_columns(label=pl.lit("x"))
    (folder / "hits.tsv").write_text(table.write_csv(separator="\t"))
    hits = Hits.open(folder)
    assert set(hits.table["label"]) == {"x"}
    again = Hits.open(hits.save(tmp_path / "again"))
    assert again.table.equals(hits.table)


def test_a_table_with_carriage_returns_is_read(folder):
    path = folder / "motif_data.tsv"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert read_tsv(path, ("motif_id", "lambda"))["lambda"].to_list() == [0.7] * 4


def test_differences_make_hits_unequal():
    hits = call_hits(hit_cases.contributions(), hit_cases.motifs())
    assert hits != replace(hits, parameters={"tol": 1.0})
    assert hits != replace(hits, table=hits.table.head(1))
    assert hits != replace(hits, motifs=hits.motifs.with_lambdas(0.5))
    assert hits != "hits"
