"""Verdicts that need no genome: the closed lists, and which fault of an allele is named first."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.genome.alleles import (
    MAX_POSITION,
    NOTES,
    STATUSES,
    contig_fault,
    judge,
    position_fault,
)

FIELD = st.text("ACGTNacgtn.*<>[]:,0 1é\t", max_size=6)


def test_the_lists_fit_their_columns():
    assert STATUSES[0] == "ok"
    assert len(set(STATUSES)) == len(STATUSES) <= 256
    assert len(set(NOTES)) == len(NOTES) <= 16
    assert not set(STATUSES) & set(NOTES)


@pytest.mark.parametrize(
    ("chrom", "words"),
    [
        ("", "CHROM is empty"),
        ("chr 1", "holds white space"),
        ("chr1\u00a0", "holds white space"),
        ("1,2", "is no contig name"),
        ("<1>", "is no contig name"),
        ("x" * 256, "is no contig name"),
        ("HLA-A*01:01", "is no contig that the header or the genome names"),
        ("20:5", "is no contig that the header or the genome names"),
    ],
)
def test_texts_that_name_no_contig(chrom, words):
    assert words in contig_fault(chrom)


@pytest.mark.parametrize("chrom", ["20", "chrUn_KI270302v1", "x" * 255, "MT", "scaffold|7", "é"])
def test_texts_that_may_name_a_contig(chrom):
    assert contig_fault(chrom) is None


def test_a_name_with_signs_is_legal_where_it_is_known():
    assert contig_fault("HLA-A*01:01", {"HLA-A*01:01"}) is None
    assert contig_fault("HLA-A*01:02", {"HLA-A*01:01"}) is not None
    assert "white space" in contig_fault("a b", {"a b"})


def test_a_long_name_is_cut_in_the_sentence():
    assert len(contig_fault("y" * 10_000)) < 100
    assert len(position_fault("9" * 10_000)) < 100


@given(st.integers(1, MAX_POSITION), st.integers(0, 9))
def test_every_position_of_a_contig_is_legal(position, n_zeros):
    assert position_fault("0" * n_zeros + str(position)) is None


@pytest.mark.parametrize(
    ("pos", "words"),
    [
        ("", "no whole number"),
        ("-1", "no whole number"),
        ("+1", "no whole number"),
        ("1e3", "no whole number"),
        ("1.0", "no whole number"),
        (" 1", "no whole number"),
        ("1_0", "no whole number"),
        ("٣", "no whole number"),
        ("0", "is outside 1 to 2,147,483,647"),
        (str(MAX_POSITION + 1), "is outside 1 to"),
        ("0" * 19 + "5", "is outside 1 to"),
    ],
)
def test_texts_that_are_no_position(pos, words):
    assert words in position_fault(pos)


@pytest.mark.parametrize(
    ("row", "status", "column"),
    [
        (("20", "5", "A", "C"), "ok", 0),
        (("20", "5", "a", "c"), "ok", 0),
        (("20", "5", "ac", "AC"), "ref_equals_alt", 5),
        # the place comes before the alleles, CHROM before POS
        (("", "0", "?", "?"), "malformed", 1),
        (("20", "0", "?", "<DEL>"), "malformed", 2),
        # a malformed allele comes before symbols, symbols before odd letters
        (("20", "5", "?", "<DEL>"), "malformed", 4),
        (("20", "5", "N", "A,"), "malformed", 5),
        (("20", "5", "N", "*"), "star", 5),
        (("20", "5", "R", "."), "missing_alt", 5),
        (("20", "5", "N", "A[1:9["), "breakend", 5),
        (("20", "5", "N", "R"), "non_acgtn", 4),
        (("20", "5", "A", "R"), "non_acgtn", 5),
        # equal letters that are no bases are odd letters first
        (("20", "5", "N", "N"), "non_acgtn", 4),
        # symbols have no meaning in REF
        (("20", "5", "*", "A"), "malformed", 4),
        (("20", "5", ".", "<DEL>"), "malformed", 4),
    ],
)
def test_the_first_rule_that_applies_wins(row, status, column):
    verdict = judge(*row)
    assert (verdict.status, verdict.column) == (status, column)
    assert (verdict.why == "") == (status == "ok")


@given(FIELD, FIELD, FIELD, FIELD)
def test_any_texts_get_one_of_the_verdicts(chrom, pos, ref, alt):
    verdict = judge(chrom, pos, ref, alt)
    assert verdict.status in STATUSES
    assert verdict.column in (0, 1, 2, 4, 5)
    if verdict.status == "ok":
        assert set(ref + alt) <= set("ACGTacgt")
        assert ref.upper() != alt.upper()
    if verdict.status not in ("ok", "malformed"):
        assert contig_fault(chrom) is None
        assert position_fault(pos) is None


@given(st.text("ACGTacgt", min_size=1, max_size=4), st.text("ACGTacgt", min_size=1, max_size=4))
def test_case_changes_no_verdict(ref, alt):
    verdicts = {judge("1", "5", *pair) for pair in ((ref.upper(), alt.lower()), (ref, alt))}
    assert len({verdict.status for verdict in verdicts}) == 1
