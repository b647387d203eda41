"""The bases of one stretch, and alleles spelt in it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from locuscope.effects.windows.window_bases import Stretch
from locuscope.genome.alignment import Alignment
from locuscope.genome.interval import Interval
from locuscope.genome.sequence import decode, one_hot
from locuscope.genome.variant import Variant
from tests.effects import toy
from tests.oracles import window_oracle

TEXT = toy.sequence()
GENOME = toy.genome()


def stretch(start: int, end: int, strand: str = ".", *, reads_on: bool = True) -> Stretch:
    def beyond(first: int, last: int):
        return one_hot(window_oracle.bases(TEXT, first, last))

    place = Interval("1", start, end, strand)
    bases = one_hot(window_oracle.bases(TEXT, start, end))
    return Stretch.of(place, bases, len(TEXT), beyond if reads_on else None)


@given(
    st.integers(90, 110),
    st.integers(1, 8),
    st.text("ACGT", min_size=1, max_size=8),
    st.sampled_from(["left", "right", "center"]),
)
def test_spelling_equals_the_slow_twin_with_and_without_a_source(pos, n_ref, alt, anchor):
    here = Interval("1", 80, 120)
    variant = Variant("1", pos, TEXT[pos - 1 : pos - 1 + n_ref], alt)
    alignment = Alignment.from_variant(variant, here, anchor=anchor)
    spelt, n_missing = stretch(80, 120).spell(alignment)
    expected = window_oracle.changed(TEXT, (pos, variant.ref, alt), 80, 40, anchor)
    assert (decode(spelt), n_missing) == (expected, 0)
    alone, n_missing = stretch(80, 120, reads_on=False).spell(alignment)
    lost = max(0, n_ref - len(alt))
    assert n_missing == lost
    known = [a for a, b in zip(str(decode(alone)), expected, strict=True) if a == b]
    assert len(known) == 40 - lost
    assert str(decode(alone)).count("N") == lost


def test_counts_of_padded_and_unknown_bases():
    left = stretch(-5, 20)
    assert (left.n_padded, left.n_unknown) == (5, 0)
    with_n = stretch(290, 320)
    assert (with_n.n_padded, with_n.n_unknown) == (0, 4)
    outside = stretch(700, 720)
    assert (outside.n_padded, outside.n_unknown) == (20, 0)
    unknown_contig = Stretch.of(Interval("1", -5, 5), np.zeros((4, 10), np.uint8), None, None)
    assert (unknown_contig.n_padded, unknown_contig.n_unknown) == (0, 10)


def test_ref_is_compared_as_far_as_the_stretch_goes():
    here = stretch(80, 120)
    assert here.differs(Variant("1", 119, TEXT[118:125], "A")) is None
    wrong = Variant("1", 119, ("A" if TEXT[118] != "A" else "C") + TEXT[119:125], "A")
    assert here.differs(wrong) == TEXT[118:120]
    assert stretch(290, 320).differs(Variant("1", 301, "A", "C")) == "N"
    assert here.holds(Variant("1", 81, "A", "C"))
    assert not here.holds(Variant("1", 80, "A", "C"))
    assert not here.holds(Variant("1", 121, "A", "C"))


def test_letters_are_written_as_many_as_fit():
    here = stretch(80, 120)
    changed = here.with_allele(Variant("1", 119, "ACG", "TTT"), "TTT")
    assert decode(changed.bases) == TEXT[80:118] + "TT"
    assert decode(here.bases) == TEXT[80:120]


def test_a_stretch_on_minus_is_read_as_the_reverse_complement():
    forward, backward = stretch(80, 120), stretch(80, 120, "-")
    np.testing.assert_array_equal(
        backward.read(backward.bases), forward.read(forward.bases)[::-1, ::-1]
    )


@given(
    st.integers(570, 600),
    st.integers(1, 8),
    st.text("ACGT", min_size=1, max_size=8),
    st.sampled_from(["left", "right", "center"]),
)
def test_bases_read_beyond_the_end_of_the_contig_are_counted(pos, n_ref, alt, anchor):
    here = Interval("1", 560, 600)
    variant = Variant("1", pos, TEXT[pos - 1 : pos - 1 + n_ref], alt)
    alignment = Alignment.from_variant(variant, here, anchor=anchor)
    spelt, n_missing = stretch(560, 600).spell(alignment)
    assert n_missing == str(decode(spelt)).count("N")


def test_bases_read_before_the_contig_are_counted():
    shorter = Variant("1", 10, TEXT[9:15], TEXT[9])
    for start, n_missing in ((0, 5), (2, 3), (5, 0)):
        here = Interval("1", start, start + 40)
        alignment = Alignment.from_variant(shorter, here, anchor="right")
        assert stretch(start, start + 40).spell(alignment)[1] == n_missing
