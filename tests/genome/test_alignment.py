"""Alignment of haplotype and reference: golden cases, the slow twin, laws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from locuscope.errors import OptionError, OutOfBoundsError, ShapeError
from locuscope.genome.alignment import Alignment, Edits
from locuscope.genome.interval import Interval
from locuscope.genome.reference import Genome
from locuscope.genome.variant import Variant
from tests.oracles import align_oracle

REFERENCE = "ACGTTGCAACGTGTCATTGCACGGATCCATAGACGTTAGC" * 3


@st.composite
def edit_lists(draw):
    """Up to five edits without conflicts on the first 100 bases of REFERENCE."""
    edits, cursor = [], 0
    for _ in range(draw(st.integers(0, 5))):
        start = cursor + draw(st.integers(1, 12))
        end = start + draw(st.integers(0, 4))
        bases = draw(st.text("ACGT", min_size=0 if end > start else 1, max_size=5))
        edits.append((start, end, bases))
        cursor = end
    return edits


@given(edit_lists(), st.integers(0, 60), st.integers(1, 40))
def test_ragged_haplotype_equals_the_slow_twin(edits, start, width):
    end = start + width
    letters = align_oracle.spell(REFERENCE, edits, start, None, end)
    alignment = Alignment.from_edits(Edits.from_list(edits), start, end)
    assert alignment.hap_len == len(letters)
    coords = [max(x.after, 0) if x.position is None else x.position for x in letters]
    assert alignment.ref_coords().tolist() == coords
    genome = Genome.from_sequences({"1": REFERENCE})
    assert alignment.haplotype(genome, "1") == "".join(x.base for x in letters)


@given(edit_lists(), st.integers(0, 60), st.integers(1, 40))
def test_fixed_haplotype_equals_the_slow_twin(edits, start, width):
    letters = align_oracle.spell(REFERENCE, edits, start, width, None)
    alignment = Alignment(start, start + width, width, Edits.from_list(edits))
    genome = Genome.from_sequences({"1": REFERENCE})
    assert alignment.haplotype(genome, "1") == "".join(x.base for x in letters)


@given(edit_lists(), st.integers(1, 50), st.integers(1, 40), st.integers(1, 40))
def test_neighbouring_windows_join_to_the_window_over_both(edits, start, left, right):
    genome = Genome.from_sequences({"1": REFERENCE})
    made = Edits.from_list(edits)
    middle, end = start + left, start + left + right

    def spell(a, b):
        return Alignment.from_edits(made, a, b).haplotype(genome, "1")

    assert spell(start, middle) + spell(middle, end) == spell(start, end)


@given(
    edit_lists(),
    st.integers(0, 60),
    st.integers(1, 40),
    st.sampled_from(["max", "mean", "sum", "anchor"]),
    st.sampled_from([0.0, -1.0, float("nan")]),
)
def test_hap_to_ref_equals_the_slow_twin(edits, start, width, rule, deletion):
    letters = align_oracle.spell(REFERENCE, edits, start, width, None)
    values = np.random.default_rng(len(edits)).normal(size=width)
    ragged = align_oracle.spell(REFERENCE, edits, start, None, start + width)
    wanted, wanted_valid = align_oracle.hap_to_ref(
        values.tolist(),
        letters,
        range(start, start + width),
        rule=rule,
        deletion=deletion,
        spans_end=width >= len(ragged),
    )
    alignment = Alignment(start, start + width, width, Edits.from_list(edits))
    found, valid = alignment.hap_to_ref(values, insertion=rule, deletion=deletion, axis=0)
    expected = np.array([np.nan if v is None else v for v in wanted])
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=0)
    assert valid.tolist() == wanted_valid


def test_segments_states_and_positions_of_one_deletion_and_insertion():
    edits = Edits.from_list([(3, 5, ""), (7, 7, "TT")])
    alignment = Alignment.from_edits(edits, 0, 10, hap_len=10)
    assert alignment.segments().tolist() == [
        [0, 3, 0, 0],
        [3, 5, 5, 0],
        [5, 7, 6, 2],
        [7, 10, 7, 0],
    ]
    assert alignment.states().tolist() == [0, 0, 0, 2, 2, 0, 1, 0, 0, 0]
    assert alignment.project_positions([0, 3, 6, 7], to="hap").tolist() == [0, -1, 4, 7]
    assert alignment.project_positions([0, 4, 5, 7], to="ref").tolist() == [0, 6, -1, 7]


def test_insertion_at_the_contig_start_has_coordinate_zero():
    alignment = Alignment.from_edits(Edits.from_list([(0, 0, "GG")]), 0, 4)
    assert alignment.ref_coords().tolist() == [0, 0, 0, 1, 2, 3]
    assert alignment.segments()[0].tolist() == [0, 2, 0, 2]
    assert alignment.states().tolist() == [0, 0, 0, 0]


def test_a_window_that_overhangs_reads_n():
    genome = Genome.from_sequences({"1": "ACGT"})
    alignment = Alignment.from_edits(Edits.from_list([(1, 2, "")]), -2, 6, hap_len=8)
    assert alignment.haplotype(genome, "1") == "NNAGTNNN"
    assert alignment.ref_coords().tolist() == [-1, -1, 0, 2, 3, 4, 5, 6]


def test_bad_windows_and_options_are_refused():
    none = Edits.from_list([])
    with pytest.raises(OutOfBoundsError, match="start < end"):
        Alignment(5, 5, 1, none)
    alignment = Alignment(0, 4, 4, none)
    with pytest.raises(OptionError, match="insertion"):
        alignment.hap_to_ref(np.zeros((4, 1)), insertion="median")
    with pytest.raises(OptionError, match="tail"):
        alignment.hap_to_ref(np.zeros((4, 1)), tail="keep")
    with pytest.raises(OptionError, match="'hap'"):
        alignment.project_positions([1], to="window")
    with pytest.raises(ShapeError, match=r"\(3, 1\).*4 positions"):
        alignment.hap_to_ref(np.zeros((3, 1)))
    with pytest.raises(ShapeError, match="crop_bp=2"):
        alignment.hap_to_ref(np.zeros((0, 1)), crop_bp=2)


def test_deleted_positions_are_invalid_only_with_a_nan_value():
    alignment = Alignment.from_variant(Variant("1", 4, "ACG", "A"), Interval("1", 0, 10))
    values = np.ones((10, 1))
    found, valid = alignment.hap_to_ref(values)
    assert found[:, 0].tolist() == [1, 1, 1, 1, 0, 0, 1, 1, 1, 1]
    assert valid.all()
    _, valid = alignment.hap_to_ref(values, deletion=float("nan"))
    assert np.flatnonzero(~valid).tolist() == [4, 5]


@given(edit_lists(), st.integers(0, 5), st.integers(50, 90))
def test_cropped_values_give_the_inside_of_the_whole(edits, crop, width):
    alignment = Alignment(0, width, width, Edits.from_list(edits))
    values = np.random.default_rng(width).normal(size=(width, 2))
    inside = slice(crop, width - crop)
    whole, valid = alignment.hap_to_ref(values, insertion="anchor")
    found, found_valid = alignment.hap_to_ref(values[inside], insertion="anchor", crop_bp=crop)
    assert len(found) == width - 2 * crop
    same = found_valid
    np.testing.assert_array_equal(found[same], whole[inside][same])
    assert not (found_valid & ~valid[inside]).any()


def test_crop_marks_positions_pushed_into_the_cropped_end():
    alignment = Alignment.from_variant(Variant("1", 6, "A", "ATT"), Interval("1", 0, 20))
    found, valid = alignment.hap_to_ref(np.ones((14, 1)), crop_bp=3)
    assert valid.tolist() == [True] * 12 + [False] * 2
    assert np.isnan(found[12:]).all()


def test_integers_become_float32_and_the_input_is_not_changed():
    values = np.arange(10)
    kept = values.copy()
    alignment = Alignment.from_variant(Variant("1", 4, "A", "AT"), Interval("1", 0, 10))
    found, _ = alignment.hap_to_ref(values, axis=0)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(values, kept)


@given(edit_lists())
def test_both_strands_align_alike(edits):
    """Aligning the mirrored track of the mirrored edits and mirroring back changes nothing."""
    width = 100
    substitutions = [(b, e, t[: e - b].ljust(e - b, "A")) for b, e, t in edits if e > b]
    values = np.random.default_rng(1).normal(size=(width, 1))
    forward = Alignment(0, width, width, Edits.from_list(substitutions))
    mirrored = Edits.from_list([(width - e, width - b, t[::-1]) for b, e, t in substitutions])
    backward = Alignment(0, width, width, mirrored)
    one, _ = forward.hap_to_ref(values)
    two, _ = backward.hap_to_ref(values[::-1])
    np.testing.assert_array_equal(one, two[::-1])


def test_anchors_of_an_insertion_and_a_deletion():
    """ACGT repeated; the windows of ALT begin where their anchor says."""
    genome = Genome.from_sequences({"1": "ACGTACGTACGTACGTACGT"})
    window = Interval("1", 4, 16)
    deletion = Variant("1", 9, "ACGT", "A")
    spelt = {
        anchor: Alignment.from_variant(deletion, window, anchor=anchor).haplotype(genome, "1")
        for anchor in ("left", "right", "center")
    }
    assert spelt == {"left": "ACGTAACGTACG", "right": "CGTACGTAACGT", "center": "TACGTAACGTAC"}
    insertion = Variant("1", 9, "A", "AGGG")
    spelt = {
        anchor: Alignment.from_variant(insertion, window, anchor=anchor).haplotype(genome, "1")
        for anchor in ("left", "right", "center")
    }
    assert spelt == {"left": "ACGTAGGGCGTA", "right": "TAGGGCGTACGT", "center": "CGTAGGGCGTAC"}


@st.composite
def variants(draw):
    """One edit of the first 60 bases of REFERENCE."""
    pos = draw(st.integers(1, 60))
    ref = REFERENCE[pos - 1 : pos - 1 + draw(st.integers(1, 9))]
    return Variant("1", pos, ref, draw(st.text("ACGT", min_size=1, max_size=9)))


@given(
    variants(),
    st.integers(0, 30),
    st.integers(1, 30),
    st.sampled_from(["max", "mean", "sum", "anchor"]),
    st.booleans(),
)
def test_the_right_anchor_equals_the_slow_twin(variant, left, right, rule, trim):
    """The last bases of what the edit makes of the window, read on to the left where it is short.

    Inserted bases whose matched base was cut off belong to no position.
    """
    start, width = variant.pos - 1 - left, left + right
    window = Interval("1", start, start + width)
    edits = list(Edits.from_variants([variant], trim=trim))
    ragged = align_oracle.spell(REFERENCE, edits, start, None, start + width)
    first = start - max(0, width - len(ragged))
    letters = align_oracle.spell(REFERENCE, edits, first, None, start + width)[-width:]
    alignment = Alignment.from_variant(variant, window, trim=trim, anchor="right")
    assume(len(letters) == width)  # else reading on to the left would meet the edit itself
    genome = Genome.from_sequences({"1": REFERENCE})
    assert alignment.haplotype(genome, "1") == "".join(x.base for x in letters)
    values = np.random.default_rng(width).normal(size=width)
    begun = min((x.position for x in letters if x.position is not None), default=start + width)
    here = range(start, start + width)
    wanted, wanted_valid = align_oracle.hap_to_ref(
        values.tolist(), letters, here, rule=rule, deletion=0.0, spans_end=True
    )
    found, valid = alignment.hap_to_ref(values, insertion=rule, axis=0)
    for k, position in enumerate(here):
        known = position >= begun and wanted_valid[k]
        if len(ragged) > width and not known:
            assert not valid[k]
        elif known:
            assert valid[k]
            assert found[k] == pytest.approx(wanted[k], rel=1e-12)


@given(variants(), st.integers(20, 40))
def test_the_center_splits_the_change_of_length(variant, width):
    start = variant.pos - 1 - 9
    window = Interval("1", start, start + width)
    change = len(variant.alt) - len(variant.ref)
    left, centre = (
        Alignment.from_variant(variant, window, anchor=anchor) for anchor in ("left", "center")
    )
    moved = abs(change) // 2 * (1 if change > 0 else -1)
    assert centre.lead_bp == moved
    coords, base = centre.ref_coords(), left.ref_coords()
    if moved >= 0:
        assert coords[: width - moved].tolist() == base[moved:].tolist()
    else:
        assert coords[-moved:].tolist() == base[:moved].tolist()


@given(variants(), st.integers(1, 12), st.integers(24, 50), st.sampled_from(["right", "center"]))
def test_values_of_the_reference_itself_come_back_from_any_anchor(variant, left, width, anchor):
    """A track that is a function of the position alone is the same after alignment."""
    start = variant.pos - 1 - left
    alignment = Alignment.from_variant(
        variant, Interval("1", start, start + width), trim=True, anchor=anchor
    )
    coords = alignment.ref_coords().astype(float)
    found, valid = alignment.hap_to_ref(coords, insertion="anchor", deletion=float("nan"), axis=0)
    here = np.arange(start, start + width)
    is_inside = valid & (here >= 0)
    np.testing.assert_array_equal(found[is_inside], here[is_inside])


def test_an_unknown_anchor_is_refused():
    with pytest.raises(OptionError, match="anchor"):
        Alignment.from_variant(Variant("1", 5, "A", "AC"), Interval("1", 0, 9), anchor="middle")


def test_a_deletion_at_the_end_of_the_window_is_deleted_from_every_anchor():
    """As one at its start is: the haplotype window holds the place where the bases were."""
    for edit, states in (((8, 10, ""), [0] * 8 + [2] * 2), ((0, 2, ""), [2] * 2 + [0] * 8)):
        edits = Edits.from_list([edit])
        ragged = Alignment.from_edits(edits, 0, 10)
        assert ragged.states().tolist() == states
        for anchor in ("left", "right", "center"):
            fixed = Alignment.from_edits(edits, 0, 10, hap_len=10, anchor=anchor)
            assert fixed.states().tolist() == states
    early = Alignment.from_edits(Edits.from_list([(8, 10, "")]), 0, 12, hap_len=8)
    assert early.states().tolist() == [0] * 8 + [3] * 4
