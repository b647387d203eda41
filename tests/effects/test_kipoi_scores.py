"""The published score classes against the golden numbers, and how calls name scores."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from locuscope.effects import kipoi
from locuscope.effects.kipoi.scores import (
    DEFAULT_SCORES,
    gives_probabilities,
    named_scores,
    names_rule,
)
from locuscope.errors import DataWarning, OptionError
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec
from tests.effects import toy

CLASSES = {
    "ref": kipoi.Ref,
    "alt": kipoi.Alt,
    "diff": kipoi.Diff,
    "logit_ref": kipoi.LogitRef,
    "logit_alt": kipoi.LogitAlt,
    "logit": kipoi.Logit,
    "deepsea_effect": kipoi.DeepSEA_effect,
}
RULES = ("min", "max", "mean", "median", "absmax")
DATA = Path(__file__).parent / "data"


@pytest.fixture
def plain():
    """A model of a head that is no probability."""
    head = HeadSpec("atac", (1,), 3)
    return wrap(toy.Net(), heads=head, window_bp=toy.WIDTH, name="plain")


def numbers(seed):
    found = np.random.default_rng(seed)
    return [found.uniform(0.01, 0.99, (4, 3)) for _ in range(4)]


def logit(p):
    return np.log(p / (1 - p))


ORACLE = {
    "ref": lambda r, a: r,
    "alt": lambda r, a: a,
    "diff": lambda r, a: a - r,
    "logit_ref": lambda r, a: logit(r),
    "logit_alt": lambda r, a: logit(a),
    "logit": lambda r, a: logit(a) - logit(r),
}
MERGED = {
    "min": np.minimum,
    "max": np.maximum,
    "mean": lambda x, y: (x + y) / 2,
    "median": lambda x, y: (x + y) / 2,
    "absmax": lambda x, y: np.where(np.abs(x) < np.abs(y), y, x),
}


class TestClasses:
    @pytest.mark.parametrize("name", CLASSES)
    def test_one_strand(self, name):
        r, a, _, _ = numbers(0)
        expected = (
            np.abs(ORACLE["logit"](r, a)) * np.abs(a - r)
            if name == "deepsea_effect"
            else ORACLE[name](r, a)
        )
        np.testing.assert_allclose(CLASSES[name]()(r, a), expected, rtol=1e-12)

    @pytest.mark.parametrize("rule", RULES)
    @pytest.mark.parametrize("name", CLASSES)
    def test_both_strands(self, name, rule):
        r, a, r_rc, a_rc = numbers(1)
        merge = MERGED[rule]

        def both(score):
            return merge(ORACLE[score](r, a), ORACLE[score](r_rc, a_rc))

        expected = (
            np.abs(both("logit")) * np.abs(both("diff")) if name == "deepsea_effect" else both(name)
        )
        for made in (CLASSES[name](rule), CLASSES[name](rc_merging=rule)):
            np.testing.assert_allclose(made(r, a, r_rc, a_rc), expected, rtol=1e-12)

    def test_nothing_that_is_given_is_changed(self):
        given = numbers(2)
        kept = [array.copy() for array in given]
        for kind in CLASSES.values():
            kind("absmax")(*given)
        for before, after in zip(kept, given, strict=True):
            np.testing.assert_array_equal(before, after)

    def test_a_rule_of_ones_own(self):
        r, a, r_rc, a_rc = numbers(3)
        found = kipoi.Diff(lambda x, y: x - y)(r, a, r_rc, a_rc)
        np.testing.assert_allclose(found, (a - r) - (a_rc - r_rc))

    def test_an_unknown_rule_is_refused_at_birth(self):
        with pytest.raises(OptionError, match="rc_merging"):
            kipoi.Logit("middle")

    def test_only_a_rule_that_is_named_asks_for_both_strands(self):
        assert [names_rule(s) for s in (kipoi.Diff(), kipoi.Diff("mean"), kipoi.Diff("max"))] == [
            False,
            True,
            True,
        ]

        class Mine(kipoi.RCScore):
            def __call__(self, ref, alt, ref_rc=None, alt_rc=None):
                return self.rc_merging(alt - ref, alt - ref)

        assert not names_rule(Mine())
        assert names_rule(Mine("max"))
        assert not names_rule(lambda ref, alt: alt - ref)


class TestNames:
    def test_a_model_of_probabilities_keeps_all_six(self):
        names, options, both = named_scores(toy.model(), DEFAULT_SCORES, None)
        assert tuple(names) == DEFAULT_SCORES
        assert options == [{}] * 6
        assert not both

    def test_logits_of_anything_else_are_left_out_with_one_warning(self, plain):
        with pytest.warns(DataWarning, match="logit_ref, logit_alt, logit need prob") as caught:
            names, options, _ = named_scores(plain, DEFAULT_SCORES, None)
        assert names == ["ref", "alt", "diff"]
        assert len(options) == 3
        assert len(caught) == 1

    def test_the_options_stay_with_their_scores(self, plain):
        given = [{"rc_merging": "min"}, {"rc_merging": "max"}]
        with pytest.warns(DataWarning):
            found = named_scores(plain, ["logit", "diff"], given)
        assert found == (["diff"], [{"rc_merging": "max"}], True)

    def test_nothing_left(self, plain):
        with pytest.raises(OptionError, match="need probabilities"):
            named_scores(plain, ["logit"], None)

    def test_classes_are_made_with_their_options(self):
        (made,), options, both = named_scores(toy.model(), [kipoi.Diff], [{"rc_merging": "max"}])
        assert isinstance(made, kipoi.Diff)
        assert (made.rc_merging.name, options, both) == ("max", [{}], True)

    def test_another_number_of_options(self):
        with pytest.raises(OptionError, match="2 scores but 1 score_kwargs"):
            named_scores(toy.model(), ["diff", "ref"], [{}])

    def test_one_score_takes_its_dictionary_alone(self):
        alone = named_scores(toy.model(), "diff", {"rc_merging": "max"})
        assert alone == named_scores(toy.model(), ["diff"], [{"rc_merging": "max"}])
        assert alone == (["diff"], [{"rc_merging": "max"}], True)

    def test_all(self):
        assert named_scores(toy.model(), "all", None) == ("all", None, False)
        with pytest.raises(OptionError, match="takes the defaults"):
            named_scores(toy.model(), "all", [{}])

    def test_one_name(self):
        assert named_scores(toy.model(), "diff", None) == (["diff"], [{}], False)

    def test_what_a_model_gives(self, plain):
        assert gives_probabilities(toy.model())
        assert not gives_probabilities(plain)
