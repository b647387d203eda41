from __future__ import annotations

import numpy as np
import pytest

from locuscope.effects.scoring.custom_scores import CallForm, call_form, custom_score, merging_rule
from locuscope.effects.scoring.merging import RCScore, merge_rule
from locuscope.errors import OptionError

MEAN, MAX = merge_rule("mean"), merge_rule("max")
SIDES = tuple(np.array([[x]]) for x in (1.0, 2.0, 1.0, 4.0))


def plain(ref, alt):
    return alt - ref


def with_context(ref, alt, context=None):
    return alt - ref + context


def third_place(ref, alt, where):
    return alt - ref + where


def published(ref, alt, ref_rc=None, alt_rc=None):
    return alt - ref if ref_rc is None else alt - ref + 10 * (alt_rc - ref_rc)


def published_with_context(ref, alt, ref_rc=None, alt_rc=None, *, context=None):
    return published(ref, alt, ref_rc, alt_rc) + context


def four_places(r, a, r2, a2):
    return published(r, a, r2, a2)


def anything(*sides):
    return published(*sides)


@pytest.mark.parametrize(
    ("function", "form"),
    [
        (plain, CallForm(False, None)),
        (with_context, CallForm(False, "name")),
        (third_place, CallForm(False, "third")),
        (published, CallForm(True, None)),
        (published_with_context, CallForm(True, "name")),
        (four_places, CallForm(True, None)),
        (anything, CallForm(True, None)),
        (np.subtract, CallForm(False, None)),
        (lambda ref, alt, scale=1, offset=0: ref, CallForm(False, None)),
        (RCScore(), CallForm(True, None)),
    ],
)
def test_the_form_is_read_from_the_signature(function, form):
    assert call_form(function) == form


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (plain, 3.0),
        (with_context, 8.0),
        (third_place, 8.0),
        (published, 31.0),
        (published_with_context, 36.0),
        (four_places, 31.0),
        (anything, 31.0),
    ],
)
def test_every_form_is_called_in_its_own_way(function, expected):
    """Functions of two alleles run per strand and are merged by the rule; others merge alone."""
    score = custom_score(function, "mine", {}, MAX)
    assert score(*SIDES, context=5) == expected
    forward = {third_place: 6.0, with_context: 6.0, published_with_context: 6.0}
    assert score(*SIDES[:2], context=5) == forward.get(function, 1.0)


def test_a_rule_of_its_own_and_options_of_its_own():
    class Scaled:
        __name__ = "scaled"
        positional = True
        needs = "nonnegative"

        def __init__(self, factor=1):
            self.factor = factor

        @property
        def options(self):
            return {"factor": self.factor}

        def configure(self, *, factor):
            return Scaled(factor)

        def __call__(self, ref, alt):
            return self.factor * (alt - ref)

    score = custom_score(Scaled(), "scaled", {"factor": 2, "rc_merging": "min"}, MAX)
    assert score(*SIDES) == 2
    assert score.options == {"factor": 2, "rc_merging": "min"}
    assert (score.positional, score.needs, score.is_difference) == (True, "nonnegative", True)
    assert custom_score(Scaled, "scaled", {"factor": 3}, MAX)(*SIDES) == 9


def test_the_rule_that_a_score_follows():
    class Own(RCScore):
        def score(self, ref, alt):
            return alt

    assert merging_rule(custom_score(plain, "plain", {}, MAX)) == MAX
    assert merging_rule(custom_score(published, "published", {}, MAX)) is None
    assert merging_rule(custom_score(Own(), "Own", {}, MAX)) == MEAN
    assert merging_rule(custom_score(Own, "Own", {}, MAX)) == MAX
    assert merging_rule(custom_score(Own(), "Own", {"rc_merging": "max"}, MEAN)) == MAX
    assert merging_rule(object()) is None


@pytest.mark.parametrize(
    ("score", "options", "words"),
    [
        (plain, {"scale": 2}, r"'mine' takes no options; got \{'scale': 2\}"),
        (published, {"rc_merging": "max"}, "'mine' takes no options"),
        (type("Bare", (), {"__call__": plain}), {"scale": 2}, "'Bare' cannot be made with"),
    ],
)
def test_options_that_do_not_exist_are_refused(score, options, words):
    with pytest.raises(OptionError, match=words):
        custom_score(score, "mine", options, MEAN)


@pytest.mark.parametrize("takes_strands", [False, True])
def test_a_score_that_works_in_place_spoils_nothing(takes_strands):
    def greedy(ref, alt):
        alt -= ref
        return alt

    def greedy_on_both(ref, alt, ref_rc=None, alt_rc=None):
        alt -= ref
        alt += alt_rc - ref_rc
        return alt

    score = custom_score(greedy_on_both if takes_strands else greedy, "greedy", {}, MEAN)
    given = tuple(side.copy() for side in SIDES)
    assert score(*given).tolist() == [[4.0 if takes_strands else 2.0]]
    assert all(np.array_equal(a, b) for a, b in zip(given, SIDES, strict=True))
