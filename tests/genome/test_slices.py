"""Pieces of chromosomes that stand for the whole: what is here, what is not, and the words."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import FormatError, InputError, OutOfBoundsError, UnknownNameError
from locuscope.genome.interval import Interval
from locuscope.genome.reference import Genome
from locuscope.genome.slices import SliceMap
from tests.genome.fasta_files import TOY, fasta


@pytest.fixture
def toy(tmp_path):
    path = tmp_path / "toy.fa"
    path.write_bytes(fasta(TOY))
    return path


@pytest.fixture
def sliced():
    """Of contig 20 (63,025,520 bases), [100, 110), [110, 115) and [200, 206) are here."""
    return Genome.from_sequences(
        {"a": "ACGTACGTAC", "b": "GGGGG", "c": "TTTTTT"},
        slices={"20": [("c", 200), ("a", 100), ("b", 110)]},
        lengths={"20": 63_025_520},
        name="demo",
    )


def test_slices(sliced):
    assert sliced.fetch("20", 100, 115) == "ACGTACGTACGGGGG"
    assert sliced.fetch("20", 108, 112) == "ACGG"
    assert sliced.fetch("20", 200, 206) == "TTTTTT"
    assert dict(sliced.lengths) == {"20": 63_025_520}
    assert sliced.available("chr20") == (
        Interval("chr20", 100, 110),
        Interval("chr20", 110, 115),
        Interval("chr20", 200, 206),
    )
    assert sliced.missing(Interval("20", 90, 210)) == (
        Interval("20", 90, 100),
        Interval("20", 115, 200),
        Interval("20", 206, 210),
    )
    assert sliced.missing(Interval("20", 101, 114)) == ()
    assert sliced.missing(Interval("20", -50, 5)) == (Interval("20", 0, 5),)
    assert sliced.missing(Interval("20", -50, -5)) == ()
    assert (sliced.assembly, sliced.organism) == ("GRCh37", 0)
    assert repr(sliced) == "Genome('demo', GRCh37, 3 slices of 20)"


@pytest.mark.parametrize("pad", [True, False])
@pytest.mark.parametrize(
    "place", [(99, 101), (114, 116), (0, 10), (100, 201), (63_025_519, 63_025_520)]
)
def test_outside_the_slices_raises_even_with_padding(sliced, place, pad):
    with pytest.raises(OutOfBoundsError, match="reaches outside the embedded 3 slices of 20") as c:
        sliced.fetch("20", *place, pad=pad)
    assert c.value.contig_length == 63_025_520
    assert c.value.interval == Interval("20", *place)


def test_the_sentence_of_a_single_slice():
    genome = Genome.from_sequences(
        {"r": "A" * 3_020_000},
        slices={"20": [("r", 990_000)]},
        lengths={"20": 63_025_520},
        name="demo",
    )
    with pytest.raises(OutOfBoundsError) as caught:
        genome.fetch("20", 979_999, 1_000_000, pad=True)
    assert str(caught.value) == (
        "20:980,000-1,000,000 reaches outside the embedded slice 20:990,001-4,010,000 (GRCh37). "
        'Use a full FASTA, e.g. Genome("hg19.fa"), or stay inside.'
    )
    assert repr(genome) == "Genome('demo', GRCh37, slice 20:990,001-4,010,000)"
    assert genome.fetch("20", 990_000, 990_001) == genome.fetch("20", 4_009_999, 4_010_000) == "A"
    for start in (989_999, 4_010_000):
        with pytest.raises(IndexError, match="embedded slice"):
            genome.fetch("20", start, start + 1)


def test_slices_of_a_file(toy):
    genome = Genome.from_slices(toy, {"9": [("chr1", 50), ("chr2", 1000)]}, {"9": 2000}, name="s")
    assert genome.fetch("9", 60, 80) == TOY["chr1"][10:30].upper()
    assert genome.fetch("9", 1100, 1120) == TOY["chr2"][100:].upper()
    assert genome.missing(Interval("9", 0, 60)) == (Interval("9", 0, 50),)
    assert genome.digest != Genome(toy).digest


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 12)), min_size=1, max_size=6))
def test_any_slices_serve_exactly_what_they_hold(layout):
    text = "".join("ACGT"[i * i % 4] for i in range(60))
    records = {f"r{i}": text[start : start + width] for i, (start, width) in enumerate(layout)}
    genome = Genome.from_sequences(
        records, slices={"1": [(f"r{i}", s) for i, (s, _) in enumerate(layout)]}, lengths={"1": 60}
    )
    here = {p for start, width in layout for p in range(start, start + width)}
    for start in range(0, 60, 3):
        for end in range(start + 1, min(start + 20, 61), 4):
            if here >= set(range(start, end)):
                assert genome.fetch("1", start, end) == text[start:end]
            else:
                gaps = genome.missing(Interval("1", start, end))
                assert {p for g in gaps for p in range(g.start, g.end)} == (
                    set(range(start, end)) - here
                )
                with pytest.raises(OutOfBoundsError):
                    genome.fetch("1", start, end)


@pytest.mark.parametrize(
    ("slices", "lengths", "error", "words"),
    [
        ({"1": [("zz", 0)]}, {"1": 50}, UnknownNameError, "no record 'zz'"),
        ({"1": [("a", 41)]}, {"1": 50}, OutOfBoundsError, r"covers \[41, 51\)"),
        ({"1": [("a", -1)]}, {"1": 50}, OutOfBoundsError, "covers"),
        ({"1": [("a", 0)]}, {"2": 50}, InputError, "only one has"),
        ({"1": [("a", 0)]}, None, InputError, "only one has"),
        ({"1": [("a", 0), ("b", 8)]}, {"1": 50}, FormatError, "disagree in 1:9-10"),
    ],
)
def test_slices_that_cannot_be(slices, lengths, error, words):
    with pytest.raises(error, match=words):
        Genome.from_sequences({"a": "ACGTACGTAC", "b": "TTTT"}, slices=slices, lengths=lengths)


# --- the map itself ---

pieces = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 12)), min_size=1, max_size=6)


@given(pieces, st.integers(-5, 60), st.integers(1, 30))
def test_gaps_and_cover_share_the_place_between_them(drawn, start, width):
    end = start + width
    records = {f"r{k}": size for k, (_, size) in enumerate(drawn)}
    here = SliceMap({"1": [(f"r{k}", s) for k, (s, _) in enumerate(drawn)]}, {"1": 60}, records)
    held = {base for first, size in drawn for base in range(first, first + size)}
    gaps = here.missing("1", start, end)
    assert [base for low, high in gaps for base in range(low, high)] == sorted(
        set(range(start, end)) - held
    )
    assert all(a[1] < b[0] for a, b in pairwise(gaps))
    if gaps:
        return
    starts = {f"r{k}": s for k, (s, _) in enumerate(drawn)}
    covered = []
    for record, low, high in here.cover("1", start, end):
        assert 0 <= low < high <= records[record]
        covered += range(starts[record] + low, starts[record] + high)
    assert covered == list(range(start, end))


def test_overlaps_are_compared_without_case_and_with_the_widest_piece():
    bases = {"wide": b"ACGTACGTAC", "in": b"gta", "last": b"gtACTT"}
    layout = {"1": [("wide", 10), ("in", 12), ("last", 16)]}
    sizes = {name: len(text) for name, text in bases.items()}
    here = SliceMap(layout, {"1": 50}, sizes)
    here.compare_overlaps(lambda record, start, end: bases[record][start:end])
    bases["last"] = b"gtATTT"
    with pytest.raises(FormatError, match="slices 'wide' and 'last' disagree in 1:17-20"):
        here.compare_overlaps(lambda record, start, end: bases[record][start:end])


def test_touching_pieces_are_not_compared():
    here = SliceMap({"1": [("a", 0), ("b", 5)]}, {"1": 10}, {"a": 5, "b": 5})

    def read(record, start, end):
        raise AssertionError((record, start, end))

    here.compare_overlaps(read)
    assert here.missing("1", 0, 10) == ()


def test_words_of_a_refusal_name_the_file_that_helps():
    here = SliceMap({"20": [("a", 0)]}, {"20": 63_025_520}, {"a": 100})
    error = here.refusal(Interval("20", 90, 110), "20", "GRCh37")
    assert "20:91-110 reaches outside the embedded slice 20:1-100 (GRCh37)" in str(error)
    assert 'Genome("hg19.fa")' in str(error)
    assert "unknown assembly" in str(here.refusal(Interval("20", 90, 110), "20", None))
    assert here.text() == "slice 20:1-100"


@pytest.mark.parametrize("records", [{"a": 0}, {"a": 11}])
def test_pieces_are_neither_empty_nor_longer_than_their_chromosome(records):
    with pytest.raises(OutOfBoundsError, match="of 1, but that has 10") as caught:
        SliceMap({"1": [("a", 0)]}, {"1": 10}, records)
    assert caught.value.contig_length == 10
