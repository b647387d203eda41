"""One change spelt in several ways scores the same, whatever rule brings it to the reference."""

from __future__ import annotations

import numpy as np
import pytest

from locuscope.effects.variants import score_variants
from locuscope.genome.indel_rule import IndelRule
from locuscope.genome.placement import Placement
from locuscope.genome.variant import Variant
from tests.effects import toy

TEXT = toy.sequence()
RULES = [
    IndelRule(),
    IndelRule(anchor="right"),
    IndelRule(anchor="center"),
    IndelRule(align="none"),
    IndelRule(align="resample"),
    IndelRule(align="alphagenome"),
    IndelRule(compensate="average"),
    IndelRule(compensate="stitch"),
]


def repeat_deletions() -> list[Variant]:
    """The ten T at 401 to 410 lose two: at the left end, inside, at the right end, and padded."""
    return [
        Variant("1", 400, "CTT", "C"),
        Variant("1", 404, "TTT", "T"),
        Variant("1", 409, "TTA", "A"),
        Variant("1", 399, "GC" + "T" * 10 + "A", "GC" + "T" * 8 + "A"),
    ]


def repeat_insertions() -> list[Variant]:
    """The ten T gain three."""
    return [
        Variant("1", 400, "C", "CTTT"),
        Variant("1", 405, "T", "TTTT"),
        Variant("1", 410, "T", "TTTT"),
        Variant("1", 399, "GCTTTT", "GCTTTTTTT"),
    ]


def substitutions() -> list[Variant]:
    """One base, alone and as the middle of a block."""
    alt = "G" if TEXT[150] != "G" else "C"
    return [
        Variant("1", 151, TEXT[150], alt),
        Variant("1", 150, TEXT[149:152], TEXT[149] + alt + TEXT[151]),
    ]


def scored(variants, rule, scale, placement=None):
    scores = score_variants(
        toy.model(scale),
        variants,
        toy.genome(),
        scores=["diff", "alt", "logit"],
        indels=rule,
        placement=placement,
        device="cpu",
        check_assembly=False,
    )
    assert scores.status == ["ok"] * len(variants)
    return scores


@pytest.mark.parametrize("scale", [1, 4])
@pytest.mark.parametrize("rule", RULES, ids=str)
def test_every_spelling_of_a_change_scores_the_same(rule, scale):
    for variants in (repeat_deletions(), repeat_insertions(), substitutions()):
        scores = scored(variants, rule, scale)
        for name, values in scores.scores.items():
            assert np.isfinite(values).all(), name
            for row in range(1, len(variants)):
                np.testing.assert_array_equal(values[row], values[0])
        assert all("duplicate" in notes for notes in scores.notes[1:])


def test_the_average_is_the_mean_of_both_anchors():
    variants = [*repeat_deletions()[:1], *repeat_insertions()[:1], *substitutions()[:1]]
    left, right, both = (
        scored(variants, rule, 1)
        for rule in (IndelRule(), IndelRule(anchor="right"), IndelRule(compensate="average"))
    )
    for name, values in both.scores.items():
        expected = (left.scores[name].astype(float) + right.scores[name]) / 2
        np.testing.assert_allclose(values, expected, atol=1e-6)
        np.testing.assert_array_equal(values[2], left.scores[name][2])


def test_restricted_and_shared_windows_score_the_same_change_alike():
    for placement in (
        Placement(share_bp=10),
        Placement(mode="restricted", regions=[toy.genome().whole("1")]),
    ):
        values = scored(repeat_deletions(), IndelRule(), 1, placement).scores["diff"]
        for row in range(1, 4):
            np.testing.assert_array_equal(values[row], values[0])
