from __future__ import annotations

import random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from locuscope import demo
from locuscope.errors import OutOfBoundsError
from locuscope.genome.edits import Edits
from locuscope.genome.interval import Interval
from locuscope.genome.reference import Genome
from locuscope.genome.sequence import decode
from locuscope.genome.variant import Variant
from locuscope.models.exon_ends import change_exon
from tests.oracles.mtsplice_oracle import plain_changed_exon, plain_exon

TEXT = "".join(random.Random(11).choices("ACGT", k=3_000))
GENOME = Genome.from_sequences({"1": TEXT}, name="toy")


def both(exon, pos, ref, alt):
    place = Interval("1", *exon)
    found = change_exon(GENOME, place, Edits.from_variants([Variant("1", pos, ref, alt)]))
    return decode(found.reference), decode(found.alternative), found.is_cut


@st.composite
def changes(draw):
    """An exon, and an allele within 320 bases of one of its ends."""
    start, width = draw(st.integers(0, 2_900)), draw(st.integers(1, 500))
    end = min(start + width, len(TEXT) - 1)
    near = draw(st.sampled_from([start, end])) + draw(st.integers(-320, 320))
    lost = draw(st.integers(0, 60))
    pos = max(1, min(near, len(TEXT) - lost - 1))
    alt = draw(st.text("ACGT", min_size=1, max_size=40))
    return (start, end, draw(st.sampled_from("+-"))), pos, TEXT[pos - 1 : pos + lost], alt


@settings(max_examples=300, deadline=None)
@given(changes())
def test_any_change_equals_letters_that_carry_their_place(change):
    exon, pos, ref, alt = change
    assume(ref != alt and exon[0] < exon[1])
    reference, alternative, is_cut = both(exon, pos, ref, alt)
    assert reference == plain_exon(TEXT, *exon)
    assert (alternative, is_cut) == plain_changed_exon(TEXT, exon, pos, ref, alt)


EXON = (1_000, 1_150, "+")


def deleted(first, last):
    """The allele that takes [first, last), anchored on the base before it."""
    return first, TEXT[first - 1 : last], TEXT[first - 1]


@pytest.mark.parametrize(
    ("first", "last", "is_cut"),
    [
        (995, 1_000, False),
        (995, 1_001, True),
        (1_000, 1_002, True),
        (1_001, 1_149, False),
        (1_149, 1_152, True),
        (1_150, 1_153, False),
        (990, 1_160, True),
    ],
)
def test_an_allele_that_takes_an_end_says_so(first, last, is_cut):
    edits = Edits.from_list([(first, last, "")])
    found = change_exon(GENOME, Interval("1", *EXON), edits)
    assert found.is_cut == is_cut
    start = min(EXON[0], first) if first <= EXON[0] < last else EXON[0]
    kept = max(0, min(EXON[1], first) - EXON[0]) + max(0, EXON[1] - max(EXON[0], last))
    inside = EXON[1] - EXON[0] if last <= EXON[0] or first >= EXON[1] else kept
    moved = start - (last - first if last <= EXON[0] else 0)
    text = TEXT[:first] + TEXT[last:]
    assert decode(found.alternative) == plain_exon(text, moved, moved + inside, "+")


def test_a_deletion_in_the_intron_draws_bases_in():
    pos, ref, alt = deleted(900, 907)
    _, alternative, _ = both(EXON, pos, ref, alt)
    assert alternative[:300] == TEXT[693:900] + TEXT[907:1_000]
    assert alternative[300:] == plain_exon(TEXT, *EXON)[300:]


@pytest.mark.parametrize(("place", "end"), [(1_000, "acceptor"), (1_150, "donor")])
def test_an_insertion_at_an_end_belongs_to_the_intron(place, end):
    _, alternative, is_cut = both(EXON, place, TEXT[place - 1], TEXT[place - 1] + "ACGTA")
    assert not is_cut
    exonic = alternative[300:400] if end == "acceptor" else alternative[400:500]
    assert exonic == (TEXT[1_000:1_100] if end == "acceptor" else TEXT[1_050:1_150])


def test_a_change_between_the_two_ends_is_not_seen():
    long = (1_000, 1_700, "-")
    pos, ref, alt = deleted(1_300, 1_350)
    reference, alternative, _ = both(long, pos, ref, alt)
    assert reference == alternative


def test_bases_beyond_the_contig_are_n():
    reference, _, _ = both((50, 90, "+"), 60, TEXT[59], "A" if TEXT[59] != "A" else "C")
    assert reference[:250] == "N" * 250
    assert reference[250:300] == TEXT[:50]


def test_a_window_beyond_the_slice_is_an_error():
    exon = Interval("20", 990_100, 990_200, "+")
    edits = Edits.from_list([(990_150, 990_151, "A")])
    with pytest.raises(OutOfBoundsError, match="slice"):
        change_exon(demo.genome(), exon, edits)
