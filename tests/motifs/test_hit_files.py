"""The folder of hits: columns, order, units, what is left out, what is refused."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from locuscope.errors import InputError, OptionError, StoreTargetError
from locuscope.motifs import hit_files
from locuscope.motifs.call_hits import call_hits
from locuscope.motifs.hits import Hits
from tests.motifs import hit_cases


def called(**more) -> Hits:
    return call_hits(hit_cases.contributions(**more), hit_cases.motifs())


def bare() -> Hits:
    scores, one_hot = hit_cases.arrays()
    return call_hits(scores, hit_cases.motifs(), sequences=one_hot)


def test_every_file_is_there_and_nothing_else(tmp_path):
    folder = called().save(tmp_path / "hits")
    assert sorted(path.name for path in folder.iterdir()) == sorted(hit_files.FILES)
    assert [path.name for path in tmp_path.iterdir()] == ["hits"]


def test_the_published_folder_is_written_again_as_it_was(tmp_path):
    folder = Hits.open(hit_cases.PUBLISHED).save(tmp_path / "again", bed_score="zero")
    for name, key in (
        ("hits.tsv", ["chr", "start", "motif_name"]),
        ("motif_data.tsv", ["motif_id"]),
    ):
        old = pl.read_csv(hit_cases.PUBLISHED / name, separator="\t")
        new = pl.read_csv(folder / name, separator="\t")
        assert new.columns == old.columns
        for column in old.columns:
            left, right = old.sort(*key)[column], new.sort(*key)[column]
            if left.dtype.is_float():
                np.testing.assert_allclose(right, left, rtol=1e-6)
            else:
                assert left.to_list() == right.to_list()
    old_cwms = np.load(hit_cases.PUBLISHED / "motif_cwms.npy")
    new_cwms = np.load(folder / "motif_cwms.npy")
    assert new_cwms.dtype == np.float16
    np.testing.assert_allclose(new_cwms, old_cwms, atol=5e-4)


def test_rows_of_regions_start_with_the_published_columns(tmp_path):
    folder = called().save(tmp_path / "hits")
    published = (hit_cases.PUBLISHED / "peaks_qc.tsv").read_text().splitlines()[0].split("\t")
    header = (folder / "peaks_qc.tsv").read_text().splitlines()[0].split("\t")
    assert header[: len(published)] == published
    assert header == list(hit_files.QC_COLUMNS)


def test_hits_are_sorted_by_contig_and_start():
    table = called().file_table()
    # The contig that comes first in the input comes first, whatever its name.
    assert table["chr"].unique(maintain_order=True).to_list() == ["chr2", "chr1"]
    for _, rows in table.group_by("chr"):
        assert rows["start"].is_sorted()


def test_units_are_those_of_the_scores():
    hits = called()
    table = hits.file_table()
    scores, one_hot = hit_cases.arrays()
    for row in table.iter_rows(named=True):
        first = int(hits.qc.filter(pl.col("peak_id") == row["peak_id"])["peak_region_start"][0])
        span = slice(row["start"] - first, row["end"] - first)
        seen = (scores[row["peak_id"]] * one_hot[row["peak_id"]])[:, span]
        assert row["hit_importance"] == pytest.approx(np.abs(seen).sum(), rel=1e-5)
        assert row["hit_importance_sq"] == pytest.approx((seen**2).sum(), rel=1e-5)
        assert row["hit_correlation"] == row["hit_similarity"]
    scale = dict(zip(hits.qc["peak_id"], hits.qc["global_scale"], strict=True))
    for row in hits.table.iter_rows(named=True):
        wanted = row["hit_coefficient"] * scale[row["peak_id"]] ** 2
        assert row["hit_coefficient_global"] == pytest.approx(wanted, rel=1e-6)


def test_overlapping_regions_give_a_hit_twice_and_the_unique_table_once(tmp_path):
    scores, one_hot = (np.repeat(array[:1], 2, axis=0) for array in hit_cases.arrays())
    place = hit_cases.places()[0]
    found = hit_cases.contributions()[[0, 0]]
    assert found.intervals == (place, place)
    hits = call_hits(found, hit_cases.motifs())
    folder = hits.save(tmp_path / "hits")
    every = pl.read_csv(folder / "hits.tsv", separator="\t")
    unique = pl.read_csv(folder / "hits_unique.tsv", separator="\t")
    assert len(every) == 2 * len(unique) > 0
    assert (unique["peak_id"] == 0).all()
    assert len(scores) == len(one_hot) == 2


def test_without_places_the_unique_table_is_a_header_and_the_bed_is_empty(tmp_path):
    folder = bare().save(tmp_path / "hits")
    table = pl.read_csv(folder / "hits.tsv", separator="\t")
    assert set(table["chr"]) == {"NA"}
    assert len((folder / "hits_unique.tsv").read_text().splitlines()) == 1
    assert (folder / "hits.bed").read_bytes() == b""
    assert set(pl.read_csv(folder / "peaks_qc.tsv", separator="\t")["chr"]) == {"NA"}
    starts = table.select(pl.col("start") - pl.col("start_untrimmed")).to_series()
    assert (starts >= 0).all()


def test_bed_scores():
    hits = called()
    lines = [line.split("\t") for line in hit_files.bed_text(hits).splitlines()]
    table = hits.file_table()
    assert [int(line[4]) for line in lines] == [round(1000 * x) for x in table["hit_similarity"]]
    assert [line[5] for line in lines] == table["strand"].to_list()
    zeros = hit_files.bed_text(hits, "zero").splitlines()
    assert {line.split("\t")[4] for line in zeros} == {"0"}


def test_a_similarity_outside_0_to_1_is_clamped_in_bed():
    hits = called()
    values = pl.Series("hit_similarity", [1.2, -0.3, *[0.5] * (len(hits) - 2)], dtype=pl.Float32)
    changed = Hits(hits.table.with_columns(values), hits.qc, hits.motifs, hits.parameters)
    scores = {int(line.split("\t")[4]) for line in hit_files.bed_text(changed).splitlines()}
    assert scores == {1000, 0, 500}


def test_an_unknown_bed_score_is_refused(tmp_path):
    with pytest.raises(OptionError, match="bed_score"):
        called().save(tmp_path / "hits", bed_score="rank")
    with pytest.raises(OptionError, match="bed_score"):
        called().to_bed(tmp_path / "hits.bed", bed_score="rank")
    assert not list(tmp_path.iterdir())


def test_parameters_begin_with_the_published_keys(tmp_path):
    folder = called().save(tmp_path / "hits")
    ours = json.loads((folder / "parameters.json").read_text())
    published = json.loads((hit_cases.PUBLISHED / "parameters.json").read_text())
    keys = list(ours)
    assert keys[: len(published)] == list(published)
    own = keys[len(published) :]
    assert own == sorted(own)
    assert {"locuscope_version", "backend", "edge", "finish", "tol"} <= set(own)
    assert {"contributions_sha256", "sequences_sha256", "motifs_sha256"} <= set(own)
    assert ours["region_width"] == hit_cases.LENGTH
    assert ours["num_motifs"] == 4
    assert ours["mode"] == "pp"


def test_files_of_the_same_hits_are_equal_byte_for_byte(tmp_path):
    first, second = called().save(tmp_path / "a"), called().save(tmp_path / "b")
    for name in hit_files.FILES:
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_an_older_folder_is_replaced_as_a_whole(tmp_path):
    folder = tmp_path / "hits"
    folder.mkdir()
    (folder / "old.txt").write_text("old")
    called().save(folder)
    assert not (folder / "old.txt").exists()


def test_a_file_of_that_name_stays(tmp_path):
    (tmp_path / "hits").write_text("mine")
    with pytest.raises(StoreTargetError, match="hits"):
        called().save(tmp_path / "hits")
    assert (tmp_path / "hits").read_text() == "mine"


@pytest.mark.parametrize("name", ["a\tb", "a\nb", "a\rb"])
def test_a_name_that_breaks_a_line_is_refused_before_anything_is_written(tmp_path, name):
    regions = pl.DataFrame({"peak_id": [0], "peak_name": [name], "chr": ["chr1"]})
    with pytest.raises(InputError, match="tab or a line end"):
        hit_files.check_writable(hit_cases.motifs(), regions)
    with pytest.raises(InputError, match="tab or a line end"):
        hit_files.check_writable(hit_cases.motifs(), regions.with_columns(chr=pl.lit(name)))


def test_further_columns_follow_only_where_they_hold_anything(tmp_path):
    hits = called()
    assert hits.file_table().columns == list(hit_files.COLUMNS)
    groups = pl.Series("twin_group", [0, *[None] * (len(hits) - 1)], dtype=pl.Int32)
    q_value = pl.Series("q_value", [0.5] * len(hits))
    table = hits.table.with_columns(groups, q_value)
    changed = Hits(table, hits.qc, hits.motifs, hits.parameters)
    assert changed.file_table().columns == [*hit_files.COLUMNS, "twin_group", "q_value"]
    opened = Hits.open(changed.save(tmp_path / "hits"))
    assert opened.table["twin_group"].to_list() == groups.to_list()
    assert opened.table["q_value"].to_list() == q_value.to_list()
