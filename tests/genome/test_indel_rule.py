"""Predictions on an allele of another length: golden cases, binned heads, the option noun."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import OptionError, ShapeError
from locuscope.genome.alignment import Alignment, IndelRule, align_alt_to_ref
from locuscope.genome.edits import Edits
from locuscope.genome.interval import Interval
from locuscope.genome.variant import Variant

GOLDEN = Path(__file__).parent / "data" / "align_golden.npz"
WHOLE = Path(__file__).resolve().parents[3] / "shared" / "golden" / "effects" / "align.npz"


def on_reference(alt, par):
    """A track on ALT under the preset; (v, r, q, flip) as the reference cases give them."""
    v, r, q, flip = par.tolist()
    start, width = 1_000, len(alt)
    variant = Variant("1", start + v + 1, "A" * r, "C" * q)
    window = Interval("1", start, start + width)
    alignment = Alignment.from_variant(variant, window, trim=False)
    found, _ = align_alt_to_ref(alt[::-1] if flip else alt, alignment, preset="alphagenome")
    return found[::-1] if flip else found


@pytest.mark.parametrize("case", range(40))
def test_golden_case_under_the_alphagenome_preset(case):
    """First track of each case; `pick` is the place in ALT that each value comes from, -1 = 0."""
    data = np.load(GOLDEN)
    alt, pick = data[f"{case}.alt"], data[f"{case}.pick"]
    expected = np.where(pick < 0, np.float32(0), alt[pick])
    found = on_reference(alt[:, None], data[f"{case}.par"])[:, 0]
    assert found.dtype == np.float32
    assert found.tobytes() == expected.tobytes()


@pytest.mark.skipif(not WHOLE.is_file(), reason="the whole reference set is not on this machine")
def test_all_tracks_of_the_reference_set_are_equal_to_the_bit():
    data = np.load(WHOLE)
    for case in range(40):
        found = on_reference(data[f"{case}.alt"], data[f"{case}.par"])
        assert found.tobytes() == data[f"{case}.out"].tobytes(), case


def test_default_masks_the_tail_and_snvs_are_the_identity():
    values = np.arange(20, dtype=np.float32).reshape(1, 10, 2)
    insertion = Alignment.from_variant(Variant("1", 4, "A", "ATT"), Interval("1", 0, 10))
    found, valid = align_alt_to_ref(values, insertion)
    assert valid.tolist() == [True] * 8 + [False] * 2
    assert np.isnan(found[0, 8:]).all()
    assert found[0, 3].tolist() == [10, 11]
    snv = Alignment.from_variant(Variant("1", 4, "A", "T"), Interval("1", 0, 10))
    found, valid = align_alt_to_ref(values, snv)
    assert valid.all()
    np.testing.assert_array_equal(found, values)


def test_torch_tensors_keep_type_and_dtype():
    torch = pytest.importorskip("torch")
    values = torch.arange(20, dtype=torch.bfloat16).reshape(1, 10, 2)
    alignment = Alignment.from_variant(Variant("1", 4, "ACG", "A"), Interval("1", 0, 10))
    found, valid = align_alt_to_ref(values, alignment)
    assert isinstance(found, torch.Tensor)
    assert found.dtype == torch.bfloat16
    expected, _ = align_alt_to_ref(values.float().numpy(), alignment)
    np.testing.assert_array_equal(found.float().numpy(), expected)
    assert isinstance(valid, np.ndarray)


def test_binned_head_is_spread_aligned_and_binned_again():
    values = np.array([1.0, 2.0, 3.0, 4.0])[:, None]
    alignment = Alignment.from_variant(Variant("1", 6, "AAAAA", "A"), Interval("1", 0, 16))
    found, valid = align_alt_to_ref(values, alignment, resolution_bp=4)
    bases = np.repeat(values[:, 0], 4)
    expected = np.concatenate([bases[:5], np.zeros(4), bases[5:12]]).reshape(4, 4).mean(axis=1)
    np.testing.assert_allclose(found[:, 0], expected)
    assert valid.all()


def test_binned_sums_conserve_the_total_without_tail():
    values = np.array([4.0, 8.0, 12.0, 16.0])[:, None]
    alignment = Alignment.from_variant(Variant("1", 6, "A", "A"), Interval("1", 0, 16))
    found, _ = align_alt_to_ref(values, alignment, resolution_bp=4, bins="sum")
    np.testing.assert_allclose(found, values)


@pytest.mark.parametrize(("gained", "is_valid"), [(2, True), (3, False)])
def test_a_bin_with_less_than_half_valid_bases_is_masked(gained, is_valid):
    variant = Variant("1", 2, "A", "A" + "C" * gained)
    alignment = Alignment.from_variant(variant, Interval("1", 0, 16))
    found, valid = align_alt_to_ref(np.ones((4, 1)), alignment, resolution_bp=4)
    assert valid.tolist() == [True, True, True, is_valid]
    assert np.isnan(found[3, 0]) == (not is_valid)


def test_whole_bins_are_needed():
    alignment = Alignment.from_variant(Variant("1", 2, "A", "AC"), Interval("1", 0, 15))
    with pytest.raises(ShapeError):
        align_alt_to_ref(np.ones((4, 1)), alignment, resolution_bp=4)


def test_preset_beside_other_rules_is_refused():
    alignment = Alignment.from_variant(Variant("1", 2, "A", "AC"), Interval("1", 0, 8))
    with pytest.raises(OptionError, match="alphagenome"):
        align_alt_to_ref(np.ones((8, 1)), alignment, preset="alphagenome", insertion="sum")
    with pytest.raises(OptionError, match="preset"):
        align_alt_to_ref(np.ones((8, 1)), alignment, preset="kipoi")


@pytest.mark.parametrize(
    ("align", "resolution_bp", "gained", "notes", "n_valid"),
    [
        ("auto", 1, 2, (), 30),
        ("auto", 8, 3, ("unaligned_bins",), 4),
        ("auto", 8, 5, (), 3),
        ("resample", 8, 5, (), 3),
        ("none", 1, 2, ("unaligned_bins",), 32),
        ("alphagenome", 1, 2, (), 30),
        ("alphagenome", 8, 5, ("unaligned_bins",), 4),
        ("auto", 1, 0, (), 32),
    ],
)
def test_indel_rule_chooses_what_to_align(align, resolution_bp, gained, notes, n_valid):
    variant = Variant("1", 3, "A", "G" + "C" * gained)
    alignment = Alignment.from_variant(variant, Interval("1", 0, 32))
    values = np.ones((1, 32 // resolution_bp, 2))
    found, valid, said = IndelRule(align=align).to_reference(
        values, alignment, resolution_bp=resolution_bp
    )
    assert said == notes
    assert valid.sum() == n_valid
    assert found.shape == values.shape
    assert np.isnan(found).any() == (n_valid < found.shape[1] and align != "alphagenome")


@pytest.mark.parametrize(
    "options",
    [
        {"anchor": "middle"},
        {"align": "shift"},
        {"align": None},
        {"compensate": "both"},
        {"anchor": "right", "compensate": "average"},
        {"anchor": "center", "align": "stitch"},
        {"compensate": "average", "align": "stitch"},
        {"align": "resample", "compensate": "stitch"},
        {"align": "none", "compensate": "stitch"},
    ],
)
def test_indel_rule_refuses_what_it_cannot_do(options):
    with pytest.raises(OptionError) as caught:
        IndelRule(**options)
    assert caught.value.option == next(iter(options))


def test_passes_over_alt_follow_from_anchor_and_compensation():
    assert IndelRule().anchors == ("left",)
    assert IndelRule(anchor="center").anchors == ("center",)
    for rule in (IndelRule(compensate="average"), IndelRule(align="stitch")):
        assert rule.anchors == ("left", "right")
        with pytest.raises(OptionError, match="predict_variant shows one"):
            rule.require_one_pass("predict_variant")
    assert not IndelRule(compensate="average").is_stitched
    assert IndelRule(align="stitch").is_stitched
    assert IndelRule(compensate="stitch").is_stitched
    IndelRule(anchor="right").require_one_pass("predict_variant")


def test_stitching_joins_at_the_bin():
    left, right = np.arange(10.0).reshape(5, 2), -np.arange(10.0).reshape(5, 2)
    joined = IndelRule.stitch(left, right, 2)
    np.testing.assert_array_equal(joined, np.concatenate([left[:2], right[2:]]))
    np.testing.assert_array_equal(IndelRule.stitch(left, right, -3), right)
    np.testing.assert_array_equal(IndelRule.stitch(left, right, 9), left)


@pytest.mark.parametrize("bins", ["mean", "sum"])
def test_a_contact_map_is_aligned_on_both_axes(bins):
    values = np.random.default_rng(8).random((1, 8, 8, 2))
    alignment = Alignment.from_variant(Variant("1", 9, "A", "AGGG"), Interval("1", 0, 32))
    found, valid, notes = IndelRule().map_to_reference(
        values, alignment, resolution_bp=4, bins=bins
    )
    assert notes == ()
    share = 1.0 if bins == "mean" else 1 / 16
    bases = values.repeat(4, axis=1).repeat(4, axis=2) * share
    rows, known = alignment.hap_to_ref(bases, axis=1)
    both, _ = alignment.hap_to_ref(rows, axis=2)
    for i, j in np.ndindex(8, 8):
        block = both[0, 4 * i : 4 * i + 4, 4 * j : 4 * j + 4]
        block = block[known[4 * i : 4 * i + 4]][:, known[4 * j : 4 * j + 4]]
        if valid[i] and valid[j]:
            pooled = block.mean((0, 1)) if bins == "mean" else block.sum((0, 1))
            np.testing.assert_allclose(found[0, i, j], pooled, rtol=1e-9)
        else:
            assert np.isnan(found[0, i, j]).all()
    with pytest.raises(OptionError, match="spans a bin of 2"):
        IndelRule().map_to_reference(values, alignment, resolution_bp=2)


@pytest.mark.parametrize("anchor", ["left", "right", "center"])
@pytest.mark.parametrize("align", ["auto", "resample", "alphagenome", "none"])
def test_an_allele_equal_to_the_reference_moves_nothing(anchor, align):
    values = np.random.default_rng(4).normal(size=(32, 2))
    variant = Variant("1", 9, "ACGT", "ACGT")
    window = Interval("1", 0, 32)
    for trim in (True, False):
        alignment = Alignment.from_variant(variant, window, trim=trim, anchor=anchor)
        found, valid, notes = IndelRule(align=align).to_reference(values, alignment)
        assert valid.all()
        assert notes == ()
        assert float(np.abs(found - values).max()) == 0.0


@given(
    st.integers(1, 12),
    st.integers(0, 6),
    st.integers(0, 6),
    st.sampled_from(["mean", "sum"]),
    st.sampled_from([2, 4, 8]),
)
def test_bins_equal_bases_put_together(pos, deleted, gained, bins, width):
    """A binned head is spread to bases, aligned at 1 bp, and binned here by a plain loop."""
    variant = Variant("1", pos, "A" * (1 + deleted), "C" * (1 + gained))
    alignment = Alignment.from_variant(variant, Interval("1", 0, 32))
    values = np.arange(1.0, 1 + 32 // width)[:, None]
    share = 1.0 if bins == "mean" else 1 / width
    bases, is_valid = align_alt_to_ref(np.repeat(values, width, axis=0) * share, alignment)
    found, valid = align_alt_to_ref(values, alignment, resolution_bp=width, bins=bins)
    for k in range(32 // width):
        inside = slice(k * width, (k + 1) * width)
        known = bases[inside][is_valid[inside]]
        assert valid[k] == (2 * len(known) >= width)
        expected = (known.mean() if bins == "mean" else known.sum()) if valid[k] else np.nan
        np.testing.assert_allclose(found[k, 0], expected, rtol=1e-12)


def test_the_axis_of_positions_may_stand_anywhere():
    alignment = Alignment.from_variant(Variant("1", 4, "A", "ATT"), Interval("1", 0, 16))
    values = np.random.default_rng(5).normal(size=(2, 16, 3))
    expected, valid = align_alt_to_ref(values, alignment)
    for axis in (0, 2):
        moved = np.moveaxis(values, 1, axis)
        found, same = align_alt_to_ref(moved, alignment, axis=axis)
        np.testing.assert_array_equal(np.moveaxis(found, axis, 1), expected)
        assert same.tolist() == valid.tolist()


def test_a_haplotype_that_returns_to_its_length_is_aligned_all_the_same():
    """What counts is the largest shift on the way, not the sum."""
    edits = Edits.from_list([(4, 4, "CC"), (20, 22, "")])
    alignment = Alignment(0, 32, 32, edits)
    values = np.arange(32.0)[:, None]
    found, valid, notes = IndelRule().to_reference(values, alignment)
    assert notes == ()
    assert valid.all()
    assert found[10, 0] == 12
    assert found[25, 0] == 25


def test_options_of_bins_are_checked():
    alignment = Alignment.from_variant(Variant("1", 2, "A", "AC"), Interval("1", 0, 8))
    for option in ({"bins": "max"}, {"tail": "keep"}, {"insertion": "median"}):
        with pytest.raises(OptionError, match=next(iter(option))):
            align_alt_to_ref(np.ones((2, 1)), alignment, resolution_bp=4, **option)
