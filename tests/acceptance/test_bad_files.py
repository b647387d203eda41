"""Broken, changed, foreign and cut files: a sentence or a status, never a wrong number."""

from __future__ import annotations

import numpy as np
import pytest

import locuscope as lsc
from locuscope.errors import (
    AssemblyMismatchError,
    DataWarning,
    FormatError,
    InputChangedError,
    MissingFileError,
    StoreError,
    StoreTargetError,
    VariantError,
)

HEADER = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
STATUSES = [
    *("ok", "ok", "symbolic", "star", "ok", "ok", "malformed", "malformed", "ref_mismatch"),
    *("contig_missing", "ok", "non_acgtn", "off_edge", "missing_alt"),
]


@pytest.mark.parametrize("suffix", ["tsv", "tsv.gz", "parquet", "vcf", "vcf.gz"])
def test_every_allele_keeps_its_row_through_every_file(model, genome, mixed, tmp_path, suffix):
    path = tmp_path / f"scores.{suffix}"
    with pytest.warns(DataWarning, match="chr20") as said:
        scores = lsc.score_variants(model, mixed, genome, scores=["diff", "SAX"], out=path)
    assert len(said) == 1
    assert scores.status == STATUSES
    computed = np.isfinite(scores.scores["diff"]).all(1)
    assert computed.tolist() == [status == "ok" for status in STATUSES]
    again = lsc.VariantScores.open(path)
    assert again.status == STATUSES
    assert again.row_ids == scores.row_ids
    for name, values in scores.scores.items():
        np.testing.assert_allclose(again.scores[name], values, rtol=1e-5, atol=1e-9)


@pytest.fixture
def scored(model, genome, mixed):
    with pytest.warns(DataWarning, match="chr20"):
        return lsc.score_variants(model, mixed, genome)


def test_rows_that_were_left_out_do_not_come_back_as_scored(scored, tmp_path):
    path = tmp_path / "some.vcf"
    for rows in ([0, 3, 8], [1, 2, 4], np.flatnonzero(np.array(STATUSES) == "ok")):
        some = scored[rows]
        some.to_vcf(path)
        again = lsc.VariantScores.open(path)
        assert (again.row_ids, again.status) == (some.row_ids, some.status)


def test_a_vcf_annotated_twice_holds_each_key_once(model, genome, scored, tmp_path):
    once, twice = tmp_path / "once.vcf", tmp_path / "twice.vcf"
    scored.to_vcf(once)
    with pytest.warns(DataWarning, match="chr20"):
        lsc.score_variants(model, once, genome, out=twice)
    assert twice.read_bytes() == once.read_bytes()


def test_five_columns_are_enough_for_an_annotation(model, genome, tmp_path):
    path, out = tmp_path / "five.vcf", tmp_path / "out.vcf"
    path.write_text("#CHROM\tPOS\tID\tREF\tALT\n20\t2577796\ta\tG\tA\n", encoding="utf-8")
    scores = lsc.score_variants(model, path, genome, out=out)
    again = lsc.VariantScores.open(out)
    assert again.status == ["ok"]
    np.testing.assert_allclose(again.scores["diff"], scores.scores["diff"], rtol=1e-5)


def test_the_scored_file_is_never_written_over(model, genome, mixed, scored):
    before = mixed.read_bytes()
    calls = model.module.calls
    with pytest.raises(StoreTargetError, match="never written over"):
        lsc.score_variants(model, mixed, genome, out=mixed)
    with pytest.raises(StoreTargetError, match="never written over"):
        scored.to_vcf(mixed)
    assert (mixed.read_bytes(), model.module.calls) == (before, calls)


def test_an_annotation_notices_that_its_source_has_changed(mixed, scored, tmp_path):
    out = tmp_path / "out.vcf"
    text = mixed.read_text(encoding="utf-8")
    for now in (text.replace("20\t2577796\ta", "20\t2577795\ta"), text[: len(HEADER) + 90], HEADER):
        mixed.write_text(now, encoding="utf-8")
        with pytest.raises(InputChangedError, match="Score the file as it is now"):
            scored.to_vcf(out)
    mixed.unlink()
    with pytest.raises(MissingFileError, match="mixed"):
        scored.to_vcf(out)
    assert not out.exists()


@pytest.mark.parametrize("suffix", ["tsv", "tsv.gz", "parquet", "vcf.gz"])
def test_a_file_of_scores_that_was_cut_or_flipped(scored, tmp_path, suffix):
    path = tmp_path / f"scores.{suffix}"
    getattr(scored, f"to_{suffix.removesuffix('.gz')}")(path)
    whole = path.read_bytes()
    for broken in (whole[: len(whole) // 2], whole[:-9], whole[:20]):
        path.write_bytes(broken)
        with pytest.raises(FormatError, match=path.name):
            lsc.VariantScores.open(path)
    with pytest.raises(StoreError, match="no folder of a job"):
        lsc.VariantScores.open(tmp_path)


def test_reasons_lead_to_the_line_and_the_column(genome, mixed):
    with pytest.warns(DataWarning, match="chr20"):
        parts = list(lsc.read_vcf(mixed, genome=genome))
    rows = [row for part in parts for row in part.table.iter_rows(named=True)]
    reasons = {row["id"]: row["reason"] for row in rows}
    assert reasons["d"] == "line 6, column 2: POS 'abc' is no whole number"
    assert reasons["f"].startswith("line 8, column 4: REF is 'A' but demo (GRCh37) has 'G'")
    assert reasons["g"].startswith("line 9, column 1: no contig '21'")
    assert reasons["g"].endswith("did you mean '20'?")


def test_the_first_bad_row_stops_when_asked(model, genome, mixed):
    with (
        pytest.warns(DataWarning, match="chr20"),
        pytest.raises(VariantError, match=r"mixed\.vcf:4: .*symbolic"),
    ):
        lsc.score_variants(model, mixed, genome, on_bad="raise")


@pytest.mark.parametrize("offset", [0, -1])
def test_another_assembly_stops_before_the_network_runs(model, genome, tmp_path, offset):
    path = tmp_path / "other.vcf"
    places = range(1_100_000, 1_106_000, 20)
    letters = ["ACGT"[k % 4] for k in range(len(places))]
    if offset:
        letters = [genome.fetch(lsc.Interval("20", p - 1, p)) for p in places]
    rows = zip(places, letters, strict=True)
    body = "".join(f"20\t{p + offset}\t.\t{ref}\tGG\t.\t.\t.\n" for p, ref in rows)
    path.write_text(HEADER + body, encoding="utf-8")
    calls = model.module.calls
    with pytest.raises(AssemblyMismatchError, match="another assembly or 0-based positions"):
        lsc.score_variants(model, path, genome)
    assert model.module.calls == calls


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty file"),
        (b"<!DOCTYPE html><html></html>\n", "#CHROM POS ID REF ALT"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "binary"),
        (b"20\t2577796\t.\tG\tA\n", "#CHROM POS ID REF ALT"),
    ],
)
def test_files_that_are_no_vcf(model, genome, tmp_path, content, words):
    path = tmp_path / "in.vcf"
    path.write_bytes(content)
    with pytest.raises(FormatError, match=words):
        lsc.score_variants(model, path, genome)


def test_a_vcf_without_rows_gives_scores_without_rows(model, genome, tmp_path):
    path = tmp_path / "none.vcf"
    path.write_text(HEADER, encoding="utf-8")
    for suffix in ("tsv", "parquet", "vcf"):
        out = tmp_path / f"none_scores.{suffix}"
        scores = lsc.score_variants(model, path, genome, out=out)
        assert scores.summary() == "0 alleles: 0 scored"
        assert len(lsc.VariantScores.open(out)) == 0
