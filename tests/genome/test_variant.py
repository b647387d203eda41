"""Variant: spelling, trimming, left alignment, comparison with the genome."""

from __future__ import annotations

import pickle
import sys

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from locuscope.errors import (
    InputError,
    OutOfBoundsError,
    RefMismatchError,
    VariantError,
    WrongTypeError,
)
from locuscope.genome.interval import Interval
from locuscope.genome.reference import Genome
from locuscope.genome.variant import Variant, allele_fault

ALLELES = st.text("ACGT", min_size=1, max_size=5)
#                                1234567890123456
GENOME = Genome.from_sequences({"1": "CACACATTTTGNNACG"}, assembly="toy")


def test_noun_habits():
    variant = Variant("20", 2_577_796, "g", "a", "rs572140578")
    assert (variant.ref, variant.alt) == ("G", "A")
    assert repr(variant) == "Variant('20', 2_577_796, 'G', 'A', 'rs572140578')"
    assert variant.key == str(variant) == "20:2577796:G:A"
    assert variant.text() == "20:2,577,796 G>A"
    assert variant.interval == Interval("20", 2_577_795, 2_577_796)
    assert pickle.loads(pickle.dumps(variant)) == variant  # noqa: S301
    assert variant != Variant("20", 2_577_796, "G", "A")
    assert hash(variant) == hash(Variant("20", 2_577_796, "G", "A", "rs572140578"))
    assert list(variant.to_dict().values()) == ["20", 2_577_796, "G", "A", "rs572140578"]


def test_html_is_escaped():
    html = Variant("<b>", 1, "A", "C", "<script>")._repr_html_()
    assert "<b>" not in html
    assert "<script>" not in html
    assert "&lt;b&gt;:1 A&gt;C" in html


@pytest.mark.parametrize(
    ("ref", "alt", "status"),
    [
        ("A", ".", "missing_alt"),
        ("A", "*", "star"),
        ("A", "<DEL>", "symbolic"),
        ("A", "<*>", "symbolic"),
        ("A", "<NON_REF>", "symbolic"),
        ("A", "A[1:100[", "breakend"),
        ("A", "]1:100]A", "breakend"),
        ("A", ".A", "breakend"),
        ("A", "A.", "breakend"),
        ("A", "N", "non_acgtn"),
        ("B", "A", "non_acgtn"),
        ("n", "A", "non_acgtn"),
        ("A", "U", "non_acgtn"),
        ("A", "", "malformed"),
        ("", "A", "malformed"),
        (".", "A", "malformed"),
        ("C,A", "A", "malformed"),
        ("A", "A T", "malformed"),
        ("A", "<INS>BLAH>", "malformed"),
        ("A", "[1:100[", "malformed"),
        ("<DEL>", "A", "malformed"),
        ("*", "A", "malformed"),
        ("A", "À", "malformed"),
    ],
)
def test_hostile_alleles_have_a_status(ref, alt, status):
    with pytest.raises(VariantError) as caught:
        Variant("1", 5, ref, alt)
    assert caught.value.status == status
    field, allele = ("ALT", alt) if ref == "A" else ("REF", ref)
    assert f"{field} of 1:5 is {allele!r}" in str(caught.value)
    assert allele_fault(allele, is_ref=field == "REF")[0] == status


def test_no_letter_outside_ascii_upper_cases_into_a_base():
    odd = [chr(i) for i in range(128, sys.maxunicode + 1) if set(chr(i).upper()) <= set("ACGT")]
    assert odd == []


@pytest.mark.parametrize("pos", [0, -1, 2**31])
def test_positions_outside_the_range(pos):
    with pytest.raises(VariantError, match=f"{pos}") as caught:
        Variant("1", pos, "A", "C")
    assert caught.value.status == "malformed"


@pytest.mark.parametrize("fields", [("1", 1.5, "A", "C"), ("1", 1, None, "C"), (1, 1, "A", "C")])
def test_wrong_kinds(fields):
    with pytest.raises(WrongTypeError):
        Variant(*fields)
    with pytest.raises(WrongTypeError):
        Variant("1", 1, "A", "C", 5)


@pytest.mark.parametrize(
    "text",
    [
        "chr20:2577796:G:A",
        "chr20:2,577,796 G>A",
        " chr20:2577796 g > a ",
        "chr20-2577796-G-A",
        "chr20_2577796_G_A",
        "chr20:2,577,796:G:A",
    ],
)
def test_parse(text):
    assert Variant.parse(text) == Variant("chr20", 2_577_796, "G", "A")


def test_parse_splits_at_the_last_three_separators():
    assert Variant.parse("HLA-A*01:01-5-A-C") == Variant("HLA-A*01:01", 5, "A", "C")
    assert Variant.parse("chr1_KI270706v1_random_5_A_C").chrom == "chr1_KI270706v1_random"


@pytest.mark.parametrize(
    "text",
    [
        "20:2577796:G:A,C",
        "20:g.2577796G>A",
        "rs572140578",
        "20:2577796",
        "20:2577796 G",
        "20:2,57,796 G>A",
        "20:2577796:G:",
        "20:2577796:G-A",
        "",
        "20:99999999999:G:A",
    ],
)
def test_parse_refuses(text):
    with pytest.raises(InputError, match="not one variant"):
        Variant.parse(text)


@given(st.sampled_from(["1", "chr_1", "HLA-A*01:01"]), st.integers(1, 10**6), ALLELES, ALLELES)
def test_parse_undoes_key_and_text(chrom, pos, ref, alt):
    variant = Variant(chrom, pos, ref, alt)
    assert Variant.parse(variant.key) == variant
    assert Variant.parse(variant.text()) == variant


@pytest.mark.parametrize(
    ("ref", "alt", "kind", "change"),
    [
        ("A", "C", "snv", 0),
        ("TAT", "TGT", "snv", 0),
        ("AC", "GT", "mnv", 0),
        ("A", "AT", "insertion", 1),
        ("AT", "A", "deletion", -1),
        ("CA", "A", "deletion", -1),
        ("ACG", "TT", "delins", -1),
        ("A", "A", "none", 0),
        ("AC", "AC", "none", 0),
    ],
)
def test_kind(ref, alt, kind, change):
    variant = Variant("1", 10, ref, alt)
    assert (variant.kind, variant.length_change) == (kind, change)
    assert variant.is_snv == (kind == "snv")


@given(st.text("ACGT", min_size=12, max_size=20), st.integers(1, 8), st.integers(1, 4), ALLELES)
def test_trimming_keeps_the_edited_sequence(text, pos, width, alt):
    ref = text[pos - 1 : pos - 1 + width]
    variant = Variant("1", pos, ref, alt)
    start, end, short = variant.trimmed()
    assert text[:start] + short + text[end:] == variant.apply(text, 0)
    removed = text[start:end]
    assert not (removed and short and (removed[0] == short[0] or removed[-1] == short[-1]))


@pytest.mark.parametrize(
    ("variant", "expected"),
    [
        # a CA repeat from position 1: both ends of the contig give the anchor behind
        (Variant("1", 3, "CAC", "C"), Variant("1", 1, "CAC", "C")),
        (Variant("1", 5, "C", "CAC"), Variant("1", 1, "C", "CAC")),
        # a T run: the leftmost spelling is anchored on the A before it
        (Variant("1", 9, "TT", "T"), Variant("1", 6, "AT", "A")),
        (Variant("1", 10, "TG", "TTG"), Variant("1", 6, "A", "AT")),
        (Variant("1", 7, "TTTT", "TT"), Variant("1", 6, "ATT", "A")),
        # shared bases go, nothing moves
        (Variant("1", 7, "TTT", "TGT"), Variant("1", 8, "T", "G")),
        (Variant("1", 10, "TG", "AC"), Variant("1", 10, "TG", "AC")),
        (Variant("1", 10, "T", "T"), Variant("1", 10, "T", "T")),
        # N before: no base to anchor on further left
        (Variant("1", 14, "A", "AA"), Variant("1", 14, "A", "AA")),
        (Variant("1", 14, "A", "TA"), Variant("1", 14, "A", "TA")),
    ],
)
def test_normalize(variant, expected):
    assert variant.normalize(GENOME) == expected


@given(
    st.text("AC", min_size=8, max_size=24),
    st.integers(1, 8),
    st.integers(1, 3),
    st.text("AC", min_size=1, max_size=4),
)
def test_normalize_keeps_the_change_and_is_leftmost(text, pos, width, alt):
    ref = text[pos - 1 : pos - 1 + width]
    assume(ref != alt)
    genome = Genome.from_sequences({"1": text})
    variant = Variant("1", pos, ref, alt)
    edited = variant.apply(text, 0)
    found = variant.normalize(genome)
    assert found.apply(text, 0) == edited
    assert found.normalize(genome) == found
    if found.kind in ("insertion", "deletion"):
        size = abs(found.length_change)
        for earlier in range(1, found.pos):  # no spelling of the same change lies further left
            if found.kind == "deletion":
                other = text[:earlier] + text[earlier + size :]
                assert other != edited
            else:
                assert text[:earlier] + edited[earlier : earlier + size] + text[earlier:] != edited


def test_normalize_in_long_repeats_and_slices():
    genome = Genome.from_sequences({"1": "G" + "AC" * 400 + "T"})
    assert Variant("1", 799, "CAC", "C").normalize(genome) == Variant("1", 1, "GAC", "G")
    piece = Genome.from_sequences({"r": "ACACACT"}, slices={"1": [("r", 100)]}, lengths={"1": 1000})
    assert Variant("1", 106, "CT", "C").normalize(piece) == Variant("1", 106, "CT", "C")
    with pytest.raises(OutOfBoundsError, match="embedded slice"):
        Variant("1", 104, "CAC", "C").normalize(piece)


def test_check():
    assert Variant("1", 1, "CAC", "C").check(GENOME) is None
    error = Variant("1", 1, "T", "C").check(GENOME)
    assert isinstance(error, RefMismatchError)
    assert (error.expected, error.found, error.status) == ("T", "C", "ref_mismatch")
    assert "memory (toy) has C" in str(error)
    assert "ALT is what the genome has" in str(error)
    assert "swapped" not in str(Variant("1", 1, "T", "G").check(GENOME))
    with pytest.raises(OutOfBoundsError):
        Variant("1", 16, "GA", "G").check(GENOME)


def test_check_takes_an_alias_without_a_warning():
    assert Variant("chr1", 2, "A", "C").check(GENOME) is None
    assert Variant("chr1", 9, "TT", "T").normalize(GENOME) == Variant("chr1", 6, "AT", "A")


def test_apply():
    assert Variant("1", 12, "C", "GG").apply("acgt", 10) == "aGGgt"
    with pytest.raises(RefMismatchError, match="REF is C but the sequence has a"):
        Variant("1", 11, "C", "G").apply("acgt", 10)
    for pos in (10, 15):
        with pytest.raises(OutOfBoundsError, match="4 bases that start at 1:11"):
            Variant("1", pos, "C", "G").apply("acgt", 10)
