"""The embedded slice behaves as a piece of a chromosome: what is not here is never invented."""

from __future__ import annotations

import pytest

from locuscope import demo
from locuscope.errors import OutOfBoundsError, UnknownNameError
from locuscope.genome.interval import Interval

FIRST, LAST = 990_000, 4_010_000


def test_coordinates_are_those_of_the_chromosome():
    genome = demo.genome()
    assert genome.fetch("20", 2_577_795, 2_577_796) == "G"
    assert genome.lengths == {"20": 63_025_520}
    assert genome.available("20") == (Interval("20", FIRST, LAST),)
    assert genome.assembly == "GRCh37"
    assert "GRCh37" in repr(genome)


def test_first_and_last_base_are_here():
    text = demo.path("chr20_slice.fa").read_text().splitlines()
    assert demo.genome().fetch("20", FIRST, FIRST + 1) == text[1][0]
    assert demo.genome().fetch("20", LAST - 1, LAST) == text[-1][-1]


@pytest.mark.parametrize(
    ("start", "end"), [(FIRST - 1, FIRST), (LAST, LAST + 1), (FIRST - 1, FIRST + 9), (0, 10)]
)
@pytest.mark.parametrize("pad", [False, True])
def test_a_base_that_exists_elsewhere_is_an_error_even_with_padding(start, end, pad):
    with pytest.raises(OutOfBoundsError, match="outside the embedded slice"):
        demo.genome().fetch("20", start, end, pad=pad)


def test_the_sentence_says_what_is_here_and_what_to_do():
    with pytest.raises(IndexError) as caught:
        demo.genome().fetch("20", 979_999, 1_000_000)
    for words in ("20:980,000-1,000,000", "20:990,001-4,010,000", "GRCh37", "full FASTA"):
        assert words in str(caught.value)


def test_a_window_at_the_last_variant_fits():
    window = Interval("20", 3_999_848 - 6_000, 3_999_848 + 6_000)
    assert len(demo.genome().fetch(window)) == 12_000


def test_the_accessors_give_the_same_object_again():
    assert demo.genome() is demo.genome()
    assert demo.genes() is demo.genes()
    assert demo.genes(collapsed=True) is demo.genes(collapsed=True)


def test_loci_of_the_story_hold_their_variants():
    assert demo.locus() == demo.locus("TMC2") == Interval.parse("20:2,570,000-2,590,000")
    assert demo.locus("TMC2").start <= 2_577_795 < demo.locus("TMC2").end
    assert demo.locus("TGM6").start <= 2_380_384 < demo.locus("TGM6").end
    for place in (2_465_303, 2_473_471):
        assert demo.locus("ZNF343").start <= place < demo.locus("ZNF343").end


def test_another_gene_gives_its_span():
    where = demo.locus("NOP56")
    assert where == demo.genes().span("NOP56")
    assert where.width > 1_000


def test_unknown_names_give_the_closest():
    with pytest.raises(UnknownNameError, match="NOP56"):
        demo.locus("NOP5")
    with pytest.raises(UnknownNameError, match="human"):
        demo.genome("mouse")
