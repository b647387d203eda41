"""Predictions of alleles on reference positions: every rule against loops over positions."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from locuscope.effects.scoring.passes import predict_unique
from locuscope.effects.windows.allele_alignment import aligned
from locuscope.effects.windows.allele_windows import WindowOpener
from locuscope.effects.windows.model_batches import ModelBatch
from locuscope.errors import OptionError
from locuscope.genome.alignment import Alignment
from locuscope.genome.indel_rule import IndelRule, align_alt_to_ref
from locuscope.genome.interval import Interval
from locuscope.genome.placement import Placement
from locuscope.genome.sequence import one_hot, reverse_complement
from locuscope.genome.variant import Variant
from locuscope.inference.run import Run
from locuscope.inference.selection import choose
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec
from tests.effects import toy
from tests.oracles import window_oracle

TEXT = toy.sequence()
GENOME = toy.genome()
RUN = Run(device="cpu")
DELETION = Variant("1", 100, TEXT[99:104], TEXT[99])
INSERTION = Variant("1", 100, TEXT[99], TEXT[99] + "GATTACA")
SNV = Variant("1", 100, TEXT[99], "A" if TEXT[99] != "A" else "C")


def predictions(model, windows):
    (choice,) = choose(model)
    flat = [window.reference for window in windows]
    flat += [view.one_hot for window in windows for view in window.alternatives]
    found = iter(predict_unique(model, flat, [choice], organism=0, run=RUN))
    references = [next(found) for _ in windows]
    return references, [[next(found) for _ in window.alternatives] for window in windows], choice


def aligned_of(model, variants, rule, *, placement=None, genome=GENOME):
    opener = WindowOpener(genome, placement or Placement(), toy.WIDTH, indels=rule)
    windows = [one.window for one in opener.open(list(enumerate(variants)))]
    references, alternatives, choice = predictions(model, windows)
    return aligned(windows, references, alternatives, choice, rule), references, alternatives


def test_rows_that_keep_their_length_are_left_as_they_are():
    for rule in (IndelRule(), IndelRule(compensate="average"), IndelRule(align="stitch")):
        ways, references, alternatives = aligned_of(toy.model(), [SNV], rule)
        for way in ways:
            np.testing.assert_array_equal(way.ref[0], references[0]["atac", 1])
            np.testing.assert_array_equal(way.alt[0], alternatives[0][0]["atac", 1])
            assert way.valid.all()
            assert not way.unaligned.any()


@pytest.mark.parametrize("anchor", ["left", "right", "center"])
@pytest.mark.parametrize("variant", [DELETION, INSERTION], ids=["deletion", "insertion"])
def test_an_indel_far_from_a_position_changes_nothing_there(variant, anchor):
    """Each base of a narrow network sees 4 bases on both sides; beyond that ALT equals REF."""
    ((way,), _, _) = aligned_of(toy.model(), [variant], IndelRule(anchor=anchor))
    start = 100 - toy.WIDTH // 2
    edited = set(range(variant.pos - 1 - 4, variant.pos - 1 + len(variant.ref) + 4))
    # A short ALT is read on beyond the window, so that the edges of the convolution differ there.
    inner = range(start + 4, start + toy.WIDTH - 4)
    checked = 0
    for k, position in enumerate(range(start, start + toy.WIDTH)):
        if position in inner and position not in edited and way.valid[0, k]:
            near_end = any(not way.valid[0, j] for j in range(max(0, k - 4), min(toy.WIDTH, k + 5)))
            if not near_end:
                np.testing.assert_allclose(way.alt[0, k], way.ref[0, k], atol=2e-6)
                checked += 1
    assert checked > 8


def test_the_average_has_one_alignment_per_anchor():
    ways, _, alternatives = aligned_of(
        toy.model(), [DELETION, SNV], IndelRule(compensate="average")
    )
    assert len(ways) == 2
    for k, (way, anchor) in enumerate(zip(ways, ("left", "right"), strict=True)):
        ((alone,), _, _) = aligned_of(toy.model(), [DELETION, SNV], IndelRule(anchor=anchor))
        np.testing.assert_array_equal(way.alt, alone.alt)
        np.testing.assert_array_equal(way.valid, alone.valid)
        assert len(alternatives[k]) == 2 - k


@pytest.mark.parametrize("scale", [1, 4, 8])
@pytest.mark.parametrize("variant", [DELETION, INSERTION], ids=["deletion", "insertion"])
def test_stitching_joins_both_predictions_at_the_bin_of_the_variant(variant, scale):
    rule = IndelRule(compensate="stitch")
    ((way,), _, alternatives) = aligned_of(toy.model(scale), [variant], rule)
    left, right = (views["atac", scale] for views in alternatives[0])
    start = 100 - toy.WIDTH // 2
    for k in range(len(left)):
        expected = left[k] if k < (variant.pos - 1 - start) // scale else right[k]
        np.testing.assert_array_equal(way.alt[0, k], expected)
    assert way.valid.all()
    assert not way.unaligned.any()


def test_bins_left_in_place_are_said():
    short = Variant("1", 100, TEXT[99:102], TEXT[99])
    ((way,), _, _) = aligned_of(toy.model(8), [short, DELETION, SNV], IndelRule())
    assert way.unaligned.tolist() == [True, False, False]
    ((way,), _, _) = aligned_of(toy.model(8), [short, DELETION], IndelRule(align="resample"))
    assert not way.unaligned.any()


def test_the_alphagenome_rule_takes_alleles_as_they_are_spelt():
    padded = Variant("1", 100, TEXT[99:104], TEXT[99:103] + "GG")
    rule = IndelRule(align="alphagenome")
    ((way,), _, alternatives) = aligned_of(toy.model(), [padded], rule)
    window = Interval("1", 80, 120)
    expected, valid = align_alt_to_ref(
        alternatives[0][0]["atac", 1],
        Alignment.from_variant(padded, window, trim=False),
        preset="alphagenome",
    )
    np.testing.assert_array_equal(way.alt[0], expected)
    np.testing.assert_array_equal(way.valid[0], valid)
    assert np.isfinite(way.alt).all()


@given(st.integers(90, 110), st.integers(1, 8))
def test_an_allele_that_changes_nothing_scores_exactly_zero(pos, n):
    same = Variant("1", pos, TEXT[pos - 1 : pos - 1 + n], TEXT[pos - 1 : pos - 1 + n])
    for rule in (IndelRule(), IndelRule(align="alphagenome"), IndelRule(anchor="right")):
        ((way,), _, _) = aligned_of(toy.model(), [same], rule)
        assert way.valid.all()
        assert float(np.abs(way.alt - way.ref).max()) == 0.0


def test_a_window_read_on_minus_is_turned_before_it_is_aligned():
    """A network that is its own mirror image gives the same on both strands."""

    class Mirror(torch.nn.Module):
        def forward(self, x):
            strong = x[:, 1] + x[:, 2]
            return torch.nn.functional.avg_pool1d(strong[:, None], 5, 1, 2).transpose(1, 2)

    model = wrap(Mirror(), heads=HeadSpec("gc", (1,), 1), window_bp=toy.WIDTH, name="mirror")
    bases = one_hot(TEXT[80:120])
    ways = []
    for strand, given_bases in (("+", bases), ("-", reverse_complement(bases))):
        batch = ModelBatch(given_bases[None], [Interval("1", 80, 120, strand)])
        place = Placement(mode="overlap", regions=[batch])
        ((way,), _, _) = aligned_of(model, [DELETION, INSERTION], IndelRule(), placement=place)
        ways.append(way)
    np.testing.assert_allclose(ways[0].ref, ways[1].ref, atol=1e-7)
    np.testing.assert_array_equal(ways[0].valid, ways[1].valid)
    np.testing.assert_allclose(ways[0].alt, ways[1].alt, atol=1e-7)


def test_one_value_per_window_cannot_be_stitched():
    class Pool(torch.nn.Module):
        def forward(self, x):
            return x.mean(2)

    model = wrap(
        Pool(), heads=HeadSpec("mean", (), 4, kind="scalar"), window_bp=toy.WIDTH, output_axes="NT"
    )
    with pytest.raises(OptionError, match="one value per window"):
        aligned_of(model, [DELETION], IndelRule(compensate="stitch"))
    ways, _, alternatives = aligned_of(model, [DELETION], IndelRule(compensate="average"))
    for way, prediction in zip(ways, alternatives[0], strict=True):
        np.testing.assert_array_equal(way.alt[0], prediction["mean", 0])
    spelt = window_oracle.changed(TEXT, (100, DELETION.ref, DELETION.alt), 80, 40, "right")
    np.testing.assert_allclose(ways[1].alt[0, 0], one_hot(spelt).mean(1), atol=1e-6)
