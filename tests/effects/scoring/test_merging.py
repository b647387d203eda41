from __future__ import annotations

import pickle

import numpy as np
import pytest

from locuscope.effects.scoring.merging import MergeRule, RCScore, absmax, merge_rule
from locuscope.errors import ModelError, OptionError, WrongTypeError

FORWARD = np.array([[1.0, -2.0, 0.5, np.nan, 1.0]])
REVERSE = np.array([[-1.0, 1.0, 2.0, 1.0, np.nan]])
NAN = np.nan


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("min", [-1.0, -2.0, 0.5, NAN, NAN]),
        ("max", [1.0, 1.0, 2.0, NAN, NAN]),
        ("mean", [0.0, -0.5, 1.25, NAN, NAN]),
        ("median", [0.0, -0.5, 1.25, NAN, NAN]),
        ("absmax", [1.0, -2.0, 2.0, NAN, NAN]),
    ],
)
def test_each_rule(rule, expected):
    """NaN on either strand stays; `absmax` keeps the sign, and the forward value on ties."""
    before = FORWARD.copy(), REVERSE.copy()
    merged = merge_rule(rule)(FORWARD, REVERSE)
    np.testing.assert_array_equal(merged, [expected])
    np.testing.assert_array_equal(FORWARD, before[0])
    np.testing.assert_array_equal(REVERSE, before[1])


def test_the_result_is_no_view_of_what_was_given():
    forward, reverse = np.array([2.0]), np.array([1.0])
    merged = absmax(forward, reverse)
    merged[0] = 9
    assert forward[0] == 2


def test_a_function_is_a_rule_under_its_name():
    def first(forward, reverse):
        return forward

    rule = merge_rule(first)
    assert (rule.name, rule.__name__) == ("first", "first")
    assert rule(FORWARD, REVERSE) is not None
    assert merge_rule(rule) is rule
    assert merge_rule("max") == merge_rule("max") != merge_rule("min")


def test_a_rule_that_changes_the_shape_is_refused():
    rule = MergeRule("total", lambda forward, reverse: (forward + reverse).sum())
    with pytest.raises(ModelError, match=r"'total' gave shape \(\), expected \(1, 5\)"):
        rule(FORWARD, REVERSE)


def test_an_unknown_rule_has_a_sentence():
    with pytest.raises(OptionError, match=r"rc_merging is 'maximum'.*'max'"):
        merge_rule("maximum")


def test_built_in_rules_travel_to_other_processes():
    for name in ("min", "max", "mean", "median", "absmax"):
        assert pickle.loads(pickle.dumps(merge_rule(name))) == merge_rule(name)  # noqa: S301 (own)


class Ratio(RCScore):
    def score(self, ref, alt):
        return alt / ref


def test_the_base_class_merges_what_score_gives():
    ref, alt, ref_rc, alt_rc = (np.array([[x]]) for x in (1.0, 2.0, 1.0, 6.0))
    assert Ratio()(ref, alt) == 2
    assert Ratio()(ref, alt, ref_rc, alt_rc) == 4
    assert Ratio("max")(ref, alt, ref_rc, alt_rc) == 6
    assert Ratio(lambda f, r: f - r)(ref, alt, ref_rc, alt_rc) == -4


def test_a_call_of_its_own_may_use_the_rule():
    class Change(RCScore):
        def __call__(self, ref, alt, ref_rc=None, alt_rc=None):
            change = alt - ref
            return change if ref_rc is None else self.rc_merging(change, alt_rc - ref_rc)

    ref = np.zeros((1, 1))
    assert Change("min")(ref, ref + 1, ref, ref - 1) == -1


def test_another_rule_gives_another_score():
    one = Ratio("max")
    other = one.configure(rc_merging="min")
    assert (one.options, other.options) == ({"rc_merging": "max"}, {"rc_merging": "min"})
    assert one.__name__ == other.__name__ == "Ratio"


def test_a_score_must_be_defined():
    class Empty(RCScore):
        pass

    with pytest.raises(WrongTypeError, match="Empty has no formula; define score"):
        Empty()(1, 2)


def test_a_rule_that_works_in_place_spoils_nothing():
    def larger(forward, reverse):
        is_other = np.abs(reverse) > np.abs(forward)
        forward[is_other] = reverse[is_other]
        return forward

    before = FORWARD.copy(), REVERSE.copy()
    merge_rule(larger)(FORWARD, REVERSE)
    np.testing.assert_array_equal(FORWARD, before[0])
    np.testing.assert_array_equal(REVERSE, before[1])
