from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from locuscope.effects.background.shuffled_windows import shuffled_windows
from locuscope.effects.windows.allele_windows import ONE_INPUT, WindowOpener
from locuscope.genome.indel_rule import IndelRule
from locuscope.genome.placement import Placement
from locuscope.genome.sequence import decode, reverse_complement
from locuscope.genome.variant import Variant
from locuscope.models.protocol import InputSpec
from tests.effects import toy
from tests.oracles.shuffle_oracle import dinucleotides

TEXT = toy.sequence()
WIDTH = 60


def window_of(variant, *, inputs=ONE_INPUT, indels=None):
    opener = WindowOpener(toy.genome(), Placement(), WIDTH, indels=indels, inputs=inputs)
    (opened,) = opener.open([(0, variant)])
    assert opened.window is not None
    return opened.window


def copies(window, *, inputs=ONE_INPUT, indels=None, n=8, keep_bp=0, seed=0):
    return shuffled_windows(window, inputs, indels or IndelRule(), n=n, keep_bp=keep_bp, seed=seed)


def snv(pos: int) -> Variant:
    return Variant("1", pos, TEXT[pos - 1], "A" if TEXT[pos - 1] != "A" else "C")


def text(one_hot) -> str:
    return str(decode(one_hot))


def test_the_allele_stays_and_the_rest_is_shuffled():
    window = window_of(snv(100))
    at = 99 - window.window.start
    for copy in copies(window):
        assert copy.variant == window.variant
        assert copy.window == window.window
        assert text(copy.reference)[at] == window.variant.ref
        assert text(copy.alternative)[at] == window.variant.alt
        assert text(copy.reference) != text(window.reference)
        differing = np.flatnonzero((copy.reference != copy.alternative).any(0))
        assert differing.tolist() == [at]


@pytest.mark.parametrize("keep_bp", [0, 3, 10, 1_000])
def test_bases_beside_the_allele_are_kept(keep_bp):
    window = window_of(snv(100))
    at = 99 - window.window.start
    kept = slice(max(0, at - keep_bp), at + 1 + keep_bp)
    for copy in copies(window, keep_bp=keep_bp):
        assert text(copy.reference)[kept] == text(window.reference)[kept]


def test_dinucleotides_change_only_where_the_allele_was_put_back():
    window = window_of(snv(100))
    before = dinucleotides(text(window.reference))
    for copy in copies(window):
        changed = before.copy()
        changed.subtract(dinucleotides(text(copy.reference)))
        # The allele has two neighbours; four pairs at most differ either way.
        assert sum(abs(count) for count in changed.values()) <= 8


def test_unknown_bases_keep_their_places():
    window = window_of(snv(320))
    unknown = ~window.reference.any(0)
    assert unknown.sum() == 4
    for copy in copies(window):
        np.testing.assert_array_equal(~copy.reference.any(0), unknown)
        np.testing.assert_array_equal(~copy.alternative.any(0), unknown)


INDELS = [
    Variant("1", 150, TEXT[149:153], TEXT[149]),
    Variant("1", 220, TEXT[219], TEXT[219] + "GGA"),
    Variant("1", 250, TEXT[249:252], "TTTTT"),
]


@pytest.mark.parametrize("variant", INDELS)
def test_an_indel_is_read_from_the_shuffled_window_and_on_into_the_genome(variant):
    window = window_of(variant)
    first = variant.pos - 1 - window.window.start
    beyond = TEXT[window.window.end : window.window.end + WIDTH]
    for copy in copies(window):
        letters = text(copy.reference)
        assert letters[first : first + len(variant.ref)] == variant.ref
        whole = letters[:first] + variant.alt + letters[first + len(variant.ref) :] + beyond
        assert text(copy.alternative) == whole[:WIDTH]


@pytest.mark.parametrize("variant", INDELS)
def test_anchored_on_the_right_it_is_read_from_the_end(variant):
    rule = IndelRule(anchor="right")
    window = window_of(variant, indels=rule)
    first = variant.pos - 1 - window.window.start
    before = TEXT[window.window.start - WIDTH : window.window.start]
    for copy in copies(window, indels=rule):
        letters = text(copy.reference)
        whole = before + letters[:first] + variant.alt + letters[first + len(variant.ref) :]
        assert text(copy.alternative) == whole[-WIDTH:]


def test_both_views_of_a_compensated_indel_share_their_background():
    rule = IndelRule(compensate="average")
    window = window_of(INDELS[0], indels=rule)
    for copy in copies(window, indels=rule):
        left, right = (text(view.one_hot) for view in copy.alternatives)
        assert left != right
        shift = 3
        assert left[:-shift] in right[shift:] or left[:-shift] == right[shift:]


def test_several_inputs_are_shuffled_on_their_own():
    inputs = (
        InputSpec("left", length_bp=40),
        InputSpec("right", length_bp=30, anchor="end", offset_bp=-30, strand="-"),
    )
    window = window_of(snv(100), inputs=inputs)
    assert window.reference.shape == (4, 70)
    first = 99 - window.window.start
    for copy in copies(window, inputs=inputs):
        left = text(copy.reference[:, :40])
        before = Counter(text(window.reference[:, :40]))
        # Putting the allele back replaces one base.
        assert sum((Counter(left) - before).values()) <= 1
        assert left[first] == window.variant.ref
        assert text(copy.alternative[:, :40])[first] == window.variant.alt
        right = copy.reference[:, 40:]
        kept = dinucleotides(text(reverse_complement(window.reference[:, 40:])))
        found = dinucleotides(text(reverse_complement(right)))
        assert sum((kept - found).values()) <= 4


def test_copies_depend_on_seed_number_and_bases_alone():
    window = window_of(snv(100))
    few, many = copies(window, n=3, seed=9), copies(window, n=8, seed=9)
    for one, other in zip(few, many, strict=False):
        np.testing.assert_array_equal(one.reference, other.reference)
    again = copies(window_of(snv(100)), n=3, seed=9)
    np.testing.assert_array_equal(again[2].alternative, few[2].alternative)
    assert text(copies(window, n=1, seed=8)[0].reference) != text(few[0].reference)


def test_the_given_window_is_left_as_it_was():
    window = window_of(INDELS[0])
    before = window.reference.copy(), window.alternative.copy()
    copies(window)
    np.testing.assert_array_equal(window.reference, before[0])
    np.testing.assert_array_equal(window.alternative, before[1])
