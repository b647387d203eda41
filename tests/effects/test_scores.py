from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.effects.scores import (
    ALIASES,
    BUILT_IN,
    PartScorer,
    PreparedScorer,
    Scorer,
    list_scores,
    require_domain,
    resolve_scores,
)
from locuscope.effects.scoring.merging import RCScore
from locuscope.errors import OptionError, UnknownNameError, WrongTypeError
from locuscope.inference.ensemble import Ensemble
from locuscope.models.protocol import HeadSpec
from locuscope.models.zoo import load_model
from tests.effects import toy
from tests.effects.golden import small_model

ALLELE = ["ref", "alt", "diff", "logit_ref", "logit_alt", "logit", "deepsea_effect"]
TRACK = ["SAX", "SUM", "logSUM", "logSED", "sqrtSUM", "D1", "logD1", "sqrtD1"]
TRACK += ["D2", "logD2", "sqrtD2", "JS", "logJS"]
BOTH = Ensemble(rc=True)


def halved(ref, alt, context=None):
    return (alt - ref) / 2


def test_names_of_a_plain_model_and_of_one_with_its_own_score():
    assert list_scores(toy.model()) == [*ALLELE, "log_fold_change", *TRACK]
    assert list_scores(load_model("cispliceai"))[-1] == "splice_delta"
    assert list_scores(toy.model(scores={"half": halved}))[-1] == "half"
    assert list(BUILT_IN) == [*ALLELE, "log_fold_change", *TRACK]


def test_names_follow_what_the_heads_give():
    positive = list_scores(small_model(name="softplus"))
    assert "logit" not in positive
    assert {"log_fold_change", "logSUM"} <= set(positive)
    real = list_scores(small_model(value_range="real"))
    assert real == ["ref", "alt", "diff", "SAX", "SUM", "D1", "D2"]
    assert list_scores(load_model("mtsplice")) == ["tissue_effect"]
    with pytest.raises(OptionError, match="a window around a base means nothing to it"):
        resolve_scores(load_model("mtsplice"), halved)


def test_built_in_scores_are_scorers():
    for name, scorer in BUILT_IN.items():
        assert isinstance(scorer, Scorer)
        assert not isinstance(scorer, PreparedScorer)
        assert scorer.__name__ == name
    assert [name for name, scorer in BUILT_IN.items() if scorer.positional] == TRACK


@given(st.permutations(list(BUILT_IN)), st.integers(0, 2**32 - 1))
def test_scores_are_pure_and_their_order_does_not_matter(order, seed):
    """The published `absmax` writes into the forward array, which changes later scores."""
    rng = np.random.default_rng(seed)
    sides = list(rng.random((4, 5, 6, 3)))
    flat = [side.mean(1) for side in sides]
    before = [side.copy() for side in sides + flat]
    scorers = resolve_scores(toy.model(), order, ensemble=Ensemble(rc=True, rc_merging="absmax"))
    again = resolve_scores(
        toy.model(), order[::-1], ensemble=Ensemble(rc=True, rc_merging="absmax")
    )
    found = {k: s(*(sides if s.positional else flat)) for k, s in scorers.items()}
    other = {k: s(*(sides if s.positional else flat)) for k, s in again.items()}
    for name, values in found.items():
        np.testing.assert_array_equal(values, other[name])
    for now, then in zip(sides + flat, before, strict=True):
        np.testing.assert_array_equal(now, then)


@given(st.integers(0, 2**32 - 1), st.sampled_from(["min", "max", "mean", "median", "absmax"]))
def test_swapping_ref_and_alt_negates_differences(seed, rule):
    sides = np.random.default_rng(seed).uniform(0.01, 0.99, (4, 3, 2))
    other = {"min": "max", "max": "min"}.get(rule, rule)
    there = resolve_scores(
        toy.model(), ["diff", "logit", "log2fc"], ensemble=Ensemble(rc=True, rc_merging=rule)
    )
    back = resolve_scores(
        toy.model(), ["diff", "logit", "log2fc"], ensemble=Ensemble(rc=True, rc_merging=other)
    )
    r, a, r_rc, a_rc = sides
    for name, scorer in there.items():
        found = scorer(r, a, r_rc, a_rc)
        np.testing.assert_allclose(back[name](a, r, a_rc, r_rc), -found, atol=1e-12)


def test_resolving_names_callables_and_all():
    model = toy.model(scores={"half": halved})
    assert list(resolve_scores(model, "diff")) == ["diff"]
    assert list(resolve_scores(model, ["SAX", "half"])) == ["SAX", "half"]
    assert list(resolve_scores(model, "all")) == [*list_scores(model)]
    assert resolve_scores(model, halved)["halved"].function is halved
    assert resolve_scores(model, ()) == resolve_scores(model, []) == {}

    def diff(ref, alt, context=None):
        return alt

    assert list(resolve_scores(model, ["diff", diff])) == ["diff", "custom_diff"]
    assert all(isinstance(s, Scorer) for s in resolve_scores(model, ["diff", diff]).values())


def test_other_spellings_are_the_same_score():
    found = resolve_scores(toy.model(), list(ALIASES))
    assert list(found) == ["log2fc", "SAD", "logSAD", "sqrtSAD"]
    assert found["log2fc"].name == "log_fold_change"
    assert found["SAD"] is BUILT_IN["SUM"]


def test_all_means_what_every_head_can_have():
    heads = [
        HeadSpec("p", (1,), 1, value_range="probability"),
        HeadSpec("x", (1,), 1, value_range="real"),
    ]
    found = resolve_scores(toy.model(), "all", heads=heads)
    assert list(found) == ["ref", "alt", "diff", "SAX", "SUM", "D1", "D2"]


def test_a_score_on_a_head_that_cannot_have_it_is_refused_by_both_names():
    head = HeadSpec("rna", (1,), 1, value_range="nonnegative")
    with pytest.raises(OptionError, match="'logit' takes probability values, head 'rna' has"):
        resolve_scores(toy.model(), ["diff", "logit"], heads=[head])
    with pytest.raises(OptionError, match="'logSUM' takes nonnegative values"):
        require_domain({"logSUM": BUILT_IN["logSUM"]}, [HeadSpec("x", (1,), 1)])
    require_domain(resolve_scores(toy.model(), ["log2fc", "JS"]), [head])


def test_the_merge_rule_of_the_call_and_of_one_score():
    views = Ensemble(rc=True, rc_merging="max")
    found = resolve_scores(
        toy.model(), ["diff", "ref"], [{}, {"rc_merging": "min"}], ensemble=views
    )
    assert found["diff"].options == {"rc_merging": "max"}
    assert found["ref"].options == {"rc_merging": "min"}
    r, a, r_rc, a_rc = (np.full((1, 1), x) for x in (0.1, 0.2, 0.1, 0.4))
    assert found["diff"](r, a, r_rc, a_rc)[0, 0] == pytest.approx(0.3)
    assert BUILT_IN["diff"].rc_merging.name == "mean"


def test_a_rule_may_be_a_function():
    def smaller(forward, reverse):
        return np.where(np.abs(forward) < np.abs(reverse), forward, reverse)

    found = resolve_scores(toy.model(), "diff", [{"rc_merging": smaller}], ensemble=BOTH)
    assert found["diff"].options == {"rc_merging": "smaller"}
    r = np.zeros((1, 1))
    assert found["diff"](r, r - 0.2, r, r + 0.1)[0, 0] == pytest.approx(0.1)


def test_eps_reaches_the_logits_and_nothing_else():
    found = resolve_scores(toy.model(), ["diff", "logit"], eps=0.1)
    assert found["logit"].options == {"rc_merging": "mean", "eps": 0.1}
    assert "eps" not in found["diff"].options
    own = resolve_scores(toy.model(), ["logit"], [{"eps": 0.2}], eps=0.1)
    assert own["logit"].eps == 0.2
    with pytest.raises(OptionError, match=r"eps=0\.1 has no effect on diff"):
        resolve_scores(toy.model(), "diff", eps=0.1)
    with pytest.raises(OptionError, match=r"between 0 and 0\.5"):
        resolve_scores(toy.model(), "logit", eps=0.5)


def test_options_reach_a_score_that_has_them():
    model = load_model("cispliceai")
    found = resolve_scores(model, ["diff", "splice_delta"], [{}, {"distance": 500}])
    assert found["splice_delta"].distance == 500
    assert model.scores["splice_delta"].distance == 50
    assert isinstance(found["splice_delta"], PartScorer)


class Ratio(RCScore):
    def score(self, ref, alt):
        return alt / ref


def test_classes_of_scores_are_made_with_their_options():
    views = Ensemble(rc=True, rc_merging="max")
    assert resolve_scores(toy.model(), Ratio, ensemble=views)["Ratio"].options == {
        "rc_merging": "max"
    }
    given = resolve_scores(toy.model(), [Ratio], [{"rc_merging": "min"}], ensemble=BOTH)
    assert given["Ratio"].options == {"rc_merging": "min"}
    made = resolve_scores(toy.model(), [Ratio("absmax")], ensemble=BOTH)
    assert made["Ratio"].options == {"rc_merging": "absmax"}


@pytest.mark.parametrize(
    ("scores", "kwargs", "error", "words"),
    [
        ("dif", None, UnknownNameError, "did you mean 'diff'"),
        (["splice_delta"], None, UnknownNameError, "toy has ref, alt, diff, logit_ref"),
        (["diff", "diff"], None, OptionError, "asked for twice"),
        (["diff", "SAX"], [{}], OptionError, "2 scores but 1 score_kwargs"),
        ("all", [{}], OptionError, "must be None"),
        ("diff", [{"pseudocount": 1}], OptionError, "'diff' has no option 'pseudocount'"),
        ("log2fc", [{"pseudocounts": 1}], OptionError, "did you mean 'pseudocount'"),
        ("log2fc", [{"pseudocount": 0}], OptionError, "above 0; got 0"),
        ("SAX", [{"width": 1}], OptionError, "'SAX' has no option 'width'"),
        ("SUM", [{"strand_reduce": "both"}], OptionError, "strand_reduce is 'both'"),
        ("diff", [{"rc_merging": "max"}], OptionError, "no effect without rc=True"),
        (halved, [{"x": 1}], OptionError, "'halved' takes no options"),
        (Ratio, [{"x": 1}], OptionError, "'Ratio' cannot be made with"),
        ("diff", {"diff": {}}, OptionError, "'diff' has no option 'diff'"),
        (["diff", "SAX"], {"rc_merging": "max"}, WrongTypeError, "one dictionary per score"),
        ("diff", ["max"], WrongTypeError, "one dictionary per score"),
        ([3], None, WrongTypeError, "got 3"),
    ],
)
def test_wrong_choices_have_their_sentence(scores, kwargs, error, words):
    with pytest.raises(error, match=words):
        resolve_scores(toy.model(), scores, kwargs)


@pytest.mark.parametrize(
    ("scores", "kwargs", "views", "words"),
    [
        ("SUM", [{"rc_merging": "max"}], BOTH, "averages the predictions of both strands"),
        ("diff", [{"rc_merging": "most"}], BOTH, "rc_merging is 'most'"),
        (
            "SUM",
            None,
            Ensemble(rc=True, rc_merging="max"),
            "SUM: it scores the mean prediction of both strands. Leave it out and keep rc=True",
        ),
        (Ratio("max"), None, Ensemble(), "no effect without rc=True"),
        (
            "diff",
            [{"rc_merging": "min"}],
            Ensemble(rc=True, rc_merging="max"),
            "rc_merging='max' has no effect on diff: it has a merge rule of its own",
        ),
    ],
)
def test_a_merge_rule_that_nothing_would_use_is_refused(scores, kwargs, views, words):
    with pytest.raises(OptionError, match=words):
        resolve_scores(toy.model(), scores, kwargs, ensemble=views)


def test_one_score_takes_its_dictionary_alone():
    alone = resolve_scores(toy.model(), "diff", {"rc_merging": "max"}, ensemble=BOTH)
    listed = resolve_scores(toy.model(), "diff", [{"rc_merging": "max"}], ensemble=BOTH)
    assert alone["diff"].options == listed["diff"].options
    assert alone["diff"].rc_merging.name == "max"
    assert resolve_scores(toy.model(), ["SAX"], {}).keys() == {"SAX"}
