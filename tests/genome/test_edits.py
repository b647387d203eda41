"""Edits: sorted replacements of reference intervals, from variants or by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import ShapeError, VariantError
from locuscope.genome.alignment import Alignment
from locuscope.genome.edits import COPY, INSERTED, SUBSTITUTED, Edits, trim_edit
from locuscope.genome.variant import Variant


@pytest.mark.parametrize(
    ("ref", "alt", "expected"),
    [
        ("A", "G", (99, 100, "G")),
        ("TAT", "TGT", (100, 101, "G")),
        ("CTT", "CT", (100, 101, "")),
        ("C", "CAG", (100, 100, "AG")),
        ("CAG", "TT", (99, 102, "TT")),
        ("acg", "ACG", (99, 99, "")),
        ("AAAA", "AA", (99, 101, "")),
    ],
)
def test_trim_cuts_suffix_then_prefix(ref, alt, expected):
    assert trim_edit(99, ref, alt) == expected


def test_edits_are_sorted_and_keep_their_rows():
    edits = Edits.from_list([(9, 9, "gg"), (2, 4, "T")], rows=[7, 3])
    assert list(edits) == [(2, 4, "T"), (9, 9, "GG")]
    assert edits.row.tolist() == [3, 7]
    assert edits.length_changes().tolist() == [-1, 2]
    assert repr(edits) == "Edits([2,4)>T, [9,9)>GG)"


def test_edits_of_variants_are_trimmed_unless_asked():
    variant = Variant("1", 10, "TAT", "TGT")
    assert list(Edits.from_variants([variant])) == [(10, 11, "G")]
    assert list(Edits.from_variants([variant], trim=False)) == [(9, 12, "TGT")]


def test_edits_of_two_contigs_are_refused():
    with pytest.raises(VariantError, match="2 contigs"):
        Edits.from_variants([Variant("1", 1, "A", "G"), Variant("2", 1, "A", "G")])


def test_edits_of_unequal_arrays_are_refused():
    short = np.zeros(1, np.int32)
    with pytest.raises(ShapeError, match="equal counts"):
        Edits(short, short, np.zeros(1, np.int64), np.zeros(0, np.uint8), short)
    with pytest.raises(ShapeError, match="1 rows for 2 edits"):
        Edits.from_list([(1, 2, "A"), (3, 4, "C")], rows=[0])


@pytest.mark.parametrize(
    "pair",
    [
        [(3, 6, ""), (5, 7, "A")],
        [(3, 3, "A"), (3, 3, "C")],
        [(3, 6, ""), (3, 3, "C")],
        [(3, 4, "A"), (3, 4, "A")],
    ],
)
def test_conflicting_edits_are_named(pair):
    with pytest.raises(VariantError, match="two edits change the same bases") as caught:
        Alignment.from_edits(Edits.from_list(pair), 0, 10)
    assert str(pair[1][0]) in str(caught.value)


def test_touching_edits_are_compatible():
    edits = Edits.from_list([(3, 3, "AA"), (3, 5, ""), (5, 6, "T")])
    assert Alignment.from_edits(edits, 0, 10).hap_len == 10


@given(st.text("ACGT", max_size=6), st.text("ACGT", max_size=6), st.integers(0, 10**6))
def test_trimming_keeps_the_change_and_leaves_nothing_shared(ref, alt, pos0):
    start, end, bases = trim_edit(pos0, ref, alt)
    head, tail = ref[: start - pos0], ref[end - pos0 :]
    assert head + bases + tail == alt
    removed = ref[start - pos0 : end - pos0]
    assert not (removed and bases and (removed[0] == bases[0] or removed[-1] == bases[-1]))


def test_ties_keep_the_order_given():
    edits = Edits.from_list([(5, 5, "A"), (2, 3, "G"), (5, 6, "C")], rows=[10, 11, 12])
    assert edits.row.tolist() == [11, 10, 12]
    assert [edits.bases(k) for k in range(3)] == ["G", "A", "C"]


def test_no_edits_are_edits():
    none = Edits.from_list([])
    assert (len(none), list(none), repr(none)) == (0, [], "Edits()")
    assert none.length_changes().tolist() == []
    none.check_disjoint()
    assert list(Edits.from_variants([])) == []


def test_many_edits_are_shown_in_part():
    edits = Edits.from_list([(k, k + 1, "") for k in range(1_005)])
    assert repr(edits) == "Edits([0,1)>-, [1,2)>-, [2,3)>-, [3,4)>-, [4,5)>-, and 1,000 more)"


@st.composite
def disjoint(draw):
    found, cursor = [], 0
    for _ in range(draw(st.integers(0, 5))):
        start = cursor + draw(st.integers(1, 8))
        end = start + draw(st.integers(0, 4))
        bases = draw(st.text("ACGT", min_size=0 if end > start else 1, max_size=5))
        found.append((start, end, bases))
        cursor = end
    return found


@given(disjoint(), st.integers(0, 30), st.integers(1, 40))
def test_pieces_tile_the_haplotype_up_to_its_length(triples, start, hap_len):
    edits = Edits.from_list(triples)
    pieces = edits.pieces(start, hap_len=hap_len, end=None)
    assert pieces[0, 0] == 0
    assert pieces[-1, 1] == hap_len
    assert (pieces[1:, 0] == pieces[:-1, 1]).all()
    assert (pieces[:, 1] > pieces[:, 0]).all()
    for hap_start, hap_end, ref_start, kind, offset in pieces.tolist():
        assert (offset < 0) == (kind == COPY)
        if kind == COPY:
            inside = range(ref_start, ref_start + hap_end - hap_start)
            assert not any(b <= place < e for b, e, _ in triples for place in inside)


@given(disjoint())
def test_pieces_spell_the_edited_text(triples):
    reference = "".join("ACGT"[k * k % 4] for k in range(80))
    edits = Edits.from_list(triples)
    spelt = ""
    for first, last, ref_start, kind, offset in edits.pieces(0, hap_len=None, end=80).tolist():
        width = last - first
        letters = edits.alt[offset : offset + width].tobytes().decode()
        spelt += reference[ref_start : ref_start + width] if kind == COPY else letters
    edited = reference
    for start, end, bases in reversed(triples):
        edited = edited[:start] + bases + edited[end:]
    assert spelt == edited
    assert len(spelt) == 80 + edits.length_changes().sum()


def test_kinds_of_a_delins_that_grows():
    """The bases that have a partner are substituted, the others inserted behind it."""
    pieces = Edits.from_list([(3, 5, "GGGG")]).pieces(0, hap_len=None, end=8)
    assert pieces[:, 3].tolist() == [COPY, SUBSTITUTED, INSERTED, COPY]
    assert pieces[:, :3].tolist() == [[0, 3, 0], [3, 5, 3], [5, 7, 4], [7, 10, 5]]
