from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.effects.scoring.allele_scores import (
    ALLELE_SCORES,
    check_eps,
    log_fold_change,
    logit,
)
from locuscope.errors import OptionError

BY_NAME = {score.name: score for score in ALLELE_SCORES}
P = st.floats(1e-6, 1 - 1e-6)


@given(P)
def test_logit_is_ln_odds(p):
    assert logit(np.array([p]))[0] == pytest.approx(math.log(p / (1 - p)), rel=1e-9, abs=1e-12)


def test_logit_outside_its_domain():
    found = logit(np.array([0.0, 1.0, -0.1, 1.1, np.nan]))
    np.testing.assert_array_equal(found, [-np.inf, np.inf, np.nan, np.nan, np.nan])


def test_eps_moves_what_lies_at_the_ends_but_not_what_is_no_probability():
    found = logit(np.array([0.0, 0.05, 0.5, 1.0, 1.1]), eps=0.1)
    edge = math.log(0.1 / 0.9)
    np.testing.assert_allclose(found, [edge, edge, 0, -edge, np.nan], atol=1e-12)


@pytest.mark.parametrize("eps", [0, 0.5, -1e-3, 1, True, "small", np.nan])
def test_eps_has_a_range(eps):
    with pytest.raises(OptionError, match="eps must lie between 0 and"):
        check_eps(eps)
    assert check_eps(np.float32(0.25)) == 0.25


def test_fold_change():
    found = log_fold_change(np.array([1.0, 0.0, -0.1]), np.array([3.0, 0.0, 1.0]), 1e-3)
    assert found[0] == pytest.approx(math.log2(3.001 / 1.001))
    assert found[1] == 0
    assert math.isnan(found[2])
    assert BY_NAME["log_fold_change"].configure(pseudocount=1)(1.0, 3.0) == 1


@given(P, P, P, P)
def test_deepsea_effect_merges_its_two_parts_apart(r, a, r_rc, a_rc):
    """abs(merged logit change) * abs(merged change), never the mean of two products."""
    sides = [np.array([[x]]) for x in (r, a, r_rc, a_rc)]
    for rule in ("min", "mean", "absmax"):
        parts = [
            BY_NAME[name].configure(rc_merging=rule)(*sides)[0, 0] for name in ("logit", "diff")
        ]
        found = BY_NAME["deepsea_effect"].configure(rc_merging=rule)(*sides)
        assert found[0, 0] == pytest.approx(abs(parts[0]) * abs(parts[1]))


def test_infinite_logits_stay_visible():
    found = BY_NAME["logit"](np.array([[0.0, 0.5]]), np.array([[0.0, 1.0]]))
    assert np.isnan(found[0, 0])
    assert found[0, 1] == np.inf


def test_what_each_score_needs_and_can_be_told():
    assert {s.name: s.needs for s in ALLELE_SCORES if s.needs != "real"} == {
        "logit_ref": "probability",
        "logit_alt": "probability",
        "logit": "probability",
        "deepsea_effect": "probability",
        "log_fold_change": "nonnegative",
    }
    assert BY_NAME["logit"].options == {"rc_merging": "mean", "eps": None}
    assert BY_NAME["log_fold_change"].options == {"rc_merging": "mean", "pseudocount": 1e-3}
    assert [s.name for s in ALLELE_SCORES if not s.is_difference] == [
        "ref",
        "alt",
        "logit_ref",
        "logit_alt",
    ]


def test_configuring_gives_another_score():
    one = BY_NAME["logit"]
    other = one.configure(eps=0.01, rc_merging="max")
    assert one.options != other.options == {"rc_merging": "max", "eps": 0.01}
    with pytest.raises(OptionError, match=r"epsilon.*rc_merging.*eps"):
        one.configure(epsilon=0.1)


@pytest.mark.parametrize("pseudocount", [0, -1, np.inf, np.nan, "1", True])
def test_the_pseudocount_is_a_number_above_zero(pseudocount):
    with pytest.raises(OptionError, match="above 0"):
        BY_NAME["log_fold_change"].configure(pseudocount=pseudocount)


def test_scores_travel_to_other_processes():
    for score in ALLELE_SCORES:
        again = pickle.loads(pickle.dumps(score))  # noqa: S301 (own bytes)
        assert (again.name, again.options) == (score.name, score.options)
        assert again(0.25, 0.5) == score(0.25, 0.5)
