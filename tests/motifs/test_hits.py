"""The noun `Hits`: selections, counts, words, frames."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest

from locuscope.errors import ShapeError, UnknownNameError, WrongTypeError
from locuscope.motifs.call_hits import call_hits
from locuscope.motifs.hit_tables import HITS, PLACED, QC, REGIONS
from locuscope.motifs.hits import Hits
from tests.motifs import hit_cases


@pytest.fixture(scope="module")
def hits() -> Hits:
    return call_hits(hit_cases.contributions(), hit_cases.motifs())


def test_tables_have_their_columns_and_types(hits):
    assert dict(hits.table.schema) == HITS | PLACED
    assert dict(hits.qc.schema) == QC | REGIONS


def test_no_region_has_the_same_columns():
    scores, one_hot = hit_cases.arrays()
    none = call_hits(scores[:0], hit_cases.motifs(), sequences=one_hot[:0])
    assert dict(none.table.schema) == HITS
    assert dict(none.qc.schema) == QC
    assert none.counts().shape == (0, 2)
    assert repr(none) == "Hits(0 hits in 0 regions; 0 of 0 certified)"


def test_a_selection_by_mask_and_by_expression_agree(hits):
    by_mask = hits.select(hits.table["motif_name"].to_numpy() == "AP1")
    by_expression = hits.select(pl.col("motif_name") == "AP1")
    assert by_mask == by_expression
    assert set(by_mask.table["motif_name"]) == {"AP1"}
    assert len(by_mask.qc) == 5
    assert hits.select((hits.table["motif_name"] == "AP1").to_list()) == by_mask


def test_an_empty_selection_keeps_the_columns(hits):
    none = hits.select([False] * len(hits))
    assert len(none) == 0
    assert none.table.schema == hits.table.schema


@pytest.mark.parametrize("mask", [[True], [True] * 100])
def test_a_mask_of_another_length_is_refused(hits, mask):
    with pytest.raises(ShapeError, match="mask"):
        hits.select(mask)


def test_a_mask_of_numbers_is_refused(hits):
    with pytest.raises(WrongTypeError, match="bool"):
        hits.select([1] * len(hits))


def test_a_region_by_its_number(hits):
    one = hits.region(4)
    assert set(one.table["peak_id"]) == {4}
    assert one.qc["peak_id"].to_list() == [4]
    assert len(hits.region(3)) == 0
    assert hits.region(np.uint32(4)) == one == hits.region(4.0)


def test_an_unknown_region_is_refused(hits):
    with pytest.raises(UnknownNameError, match="region 9"):
        hits.region(9)


def test_regions_are_found_by_number_and_not_by_row():
    ids = np.array([40, 7, 300, 2, 11], np.uint32)
    moved = call_hits(hit_cases.contributions(peak_ids=ids), hit_cases.motifs())
    plain = call_hits(hit_cases.contributions(), hit_cases.motifs())
    for row, peak in enumerate(ids.tolist()):
        left, right = moved.region(peak).table, plain.region(row).table
        assert left.drop("peak_id").equals(right.drop("peak_id"))
    assert moved.table["peak_id"].is_sorted()


def test_counts_are_those_of_the_table(hits):
    counts = hits.counts()
    assert counts.index.tolist() == [0, 1, 2, 3, 4]
    assert counts.columns.tolist() == ["GATA/1", "AP1"]
    assert counts.to_numpy().sum() == len(hits)
    for peak, name in [(0, "AP1"), (4, "GATA/1"), (3, "AP1")]:
        rows = hits.table.filter((pl.col("peak_id") == peak) & (pl.col("motif_name") == name))
        assert counts.loc[peak, name] == len(rows)


def test_a_motif_without_hits_is_counted_with_zero():
    strict = call_hits(hit_cases.contributions(), hit_cases.motifs(), lambdas={"AP1": 0.999})
    assert strict.counts()["AP1"].sum() == 0


def test_words(hits):
    text = repr(hits)
    assert text.startswith(f"Hits({len(hits)} hits in 5 regions; 5 of 5 certified at gap <= ")
    assert text.endswith(", 1 empty)")


def test_regions_that_were_given_up_are_counted_in_words(hits):
    status = pl.Series("status", ["ok", "max_sweeps", "max_sweeps", "empty", "invalid_input"])
    odd = Hits(hits.table, hits.qc.with_columns(status), hits.motifs)
    assert "2 of 5 certified" in odd.certificate()
    assert "2 max_sweeps" in odd.certificate()
    assert "1 invalid_input" in odd.certificate()


def test_html_is_escaped_and_short():
    motifs = hit_cases.motifs().rename({"AP1": "<img src=x onerror=1>"})
    html = call_hits(hit_cases.contributions(), motifs)._repr_html_()
    assert "<img" not in html
    assert "&lt;img" in html
    assert html.count("<tr>") <= 11


def test_html_counts_what_it_leaves_out():
    hits = Hits.open(hit_cases.PUBLISHED)
    assert "and 105 more" in hits._repr_html_()


def test_frames(hits):
    frame = hits.to_dataframe()
    assert isinstance(frame, pd.DataFrame)
    assert frame.columns.tolist() == hits.table.columns
    assert hits.to_polars() is hits.table


def test_hits_are_frozen_and_have_no_hash(hits):
    with pytest.raises(AttributeError):
        hits.table = hits.qc
    with pytest.raises(TypeError):
        hash(hits)


def test_tables_of_another_kind_are_refused(hits):
    with pytest.raises(WrongTypeError, match="table"):
        Hits(hits.table.to_pandas(), hits.qc, hits.motifs)
    with pytest.raises(WrongTypeError, match="motifs"):
        Hits(hits.table, hits.qc, ["AP1"])


def test_bed_and_save_share_their_lines(hits, tmp_path):
    path = hits.to_bed(tmp_path / "out.bed")
    folder = hits.save(tmp_path / "hits")
    assert path.read_bytes() == (folder / "hits.bed").read_bytes()
    assert len(path.read_text().splitlines()) == len(hits)
