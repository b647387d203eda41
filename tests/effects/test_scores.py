from __future__ import annotations

import numpy as np
import pytest

from locuscope.effects.scores import (
    BUILT_IN,
    PreparedScorer,
    ScoreContext,
    Scorer,
    list_scores,
    reduce_positions,
    resolve_scores,
    sax,
)
from locuscope.errors import OptionError, UnknownNameError, WrongTypeError
from locuscope.models.zoo import load_model
from tests.effects import toy


def halved(ref, alt, context=None):
    return (alt - ref) / 2


def test_names_of_a_plain_model_and_of_one_with_its_own_score():
    assert list_scores(toy.model()) == ["ref", "alt", "diff", "SAX"]
    assert list_scores(load_model("cispliceai"))[-1] == "splice_delta"
    assert list_scores(toy.model(scores={"half": halved}))[-1] == "half"


def test_built_in_scores_are_scorers():
    for name, scorer in BUILT_IN.items():
        assert isinstance(scorer, Scorer)
        assert not isinstance(scorer, PreparedScorer)
        assert scorer.__name__ == name
    assert [name for name, scorer in BUILT_IN.items() if scorer.positional] == ["SAX"]


def test_scores_are_pure_and_their_order_does_not_matter():
    rng = np.random.default_rng(0)
    ref, alt = rng.normal(size=(2, 5, 3))
    before = ref.copy(), alt.copy()
    found = {name: BUILT_IN[name](ref, alt) for name in ("alt", "diff", "ref")}
    again = {name: BUILT_IN[name](ref, alt) for name in ("ref", "diff", "alt")}
    assert all(np.array_equal(found[name], again[name]) for name in found)
    np.testing.assert_array_equal(ref, before[0])
    np.testing.assert_array_equal(alt, before[1])
    np.testing.assert_array_equal(found["diff"], alt - ref)


def test_sax_takes_the_largest_change_first_on_ties_sign_kept():
    ref = np.zeros((1, 4, 2))
    alt = np.array([[[0.1, 0.0], [-0.5, 0.2], [0.5, -0.2], [0.2, 0.2]]])
    np.testing.assert_array_equal(sax(ref, alt), [[-0.5, 0.2]])


def test_sax_leaves_out_positions_without_a_value():
    ref = np.zeros((2, 3, 1))
    alt = np.array([[[0.1], [np.nan], [0.2]], [[np.nan]] * 3])
    valid = np.array([[True, False, True], [False] * 3])
    found = sax(ref, alt, ScoreContext([], [], valid=valid))
    assert found[0] == 0.2
    assert np.isnan(found[1])


def test_a_model_nan_shows_in_sax():
    alt = np.array([[[0.1], [np.nan], [0.2]]])
    context = ScoreContext([], [], valid=np.ones((1, 3), bool))
    assert np.isnan(sax(np.zeros((1, 3, 1)), alt, context)).all()


@pytest.mark.parametrize(
    ("how", "expected"),
    [("mean", [2.0, 5.0]), ("sum", [4.0, 10.0]), ("max", [3.0, 7.0]), ("center", [1.0, 3.0])],
)
def test_reduce_positions(how, expected):
    values = np.array([[[1.0, 3.0], [3.0, 7.0], [8.0, 8.0]]], np.float32)
    valid = np.array([[True, True, False]])
    np.testing.assert_allclose(reduce_positions(values, valid, how, np.array([0])), [expected])
    whole = values[:, :2]
    np.testing.assert_allclose(
        reduce_positions(whole, np.ones((1, 2), bool), how, np.array([0])), [expected]
    )


def test_reduce_with_a_function_sees_the_valid_positions_only():
    values = np.arange(6.0).reshape(1, 3, 2)
    found = reduce_positions(
        values, np.array([[True, False, True]]), lambda rows: rows.min(0), np.array([0])
    )
    np.testing.assert_array_equal(found, [[0.0, 1.0]])


@pytest.mark.parametrize("how", ["mean", "sum", "max", "center"])
def test_nothing_to_reduce_is_nan(how):
    found = reduce_positions(np.ones((1, 2, 1)), np.zeros((1, 2), bool), how, np.array([1]))
    assert np.isnan(found).all()


def test_a_center_outside_the_predicted_positions_is_nan():
    values, valid = np.ones((2, 3, 1)), np.ones((2, 3), bool)
    assert np.isnan(reduce_positions(values, valid, "center", np.array([-1, 3]))).all()


def test_resolving_names_callables_and_all():
    model = toy.model(scores={"half": halved})
    assert list(resolve_scores(model, "diff")) == ["diff"]
    assert list(resolve_scores(model, ["SAX", "half"])) == ["SAX", "half"]
    assert list(resolve_scores(model, "all")) == ["ref", "alt", "diff", "SAX", "half"]
    assert resolve_scores(model, halved) == {"halved": halved}

    def diff(ref, alt, context=None):
        return alt

    assert list(resolve_scores(model, ["diff", diff])) == ["diff", "custom_diff"]


def test_options_reach_a_score_that_has_them():
    model = load_model("cispliceai")
    found = resolve_scores(model, ["diff", "splice_delta"], [{}, {"distance": 500}])
    assert found["splice_delta"].distance == 500
    assert model.scores["splice_delta"].distance == 50


@pytest.mark.parametrize(
    ("scores", "kwargs", "error", "words"),
    [
        ("dif", None, UnknownNameError, "did you mean 'diff'"),
        (["splice_delta"], None, UnknownNameError, "toy has ref, alt, diff, SAX"),
        ([], None, OptionError, "no score was asked for"),
        (["diff", "diff"], None, OptionError, "asked for twice"),
        (["diff", "SAX"], [{}], OptionError, "2 scores but 1 score_kwargs"),
        ("all", [{}], OptionError, "must be None"),
        ("diff", [{"pseudocount": 1}], OptionError, "'diff' takes no options"),
        ([3], None, WrongTypeError, "got 3"),
    ],
)
def test_wrong_choices_have_their_sentence(scores, kwargs, error, words):
    with pytest.raises(error, match=words):
        resolve_scores(toy.model(), scores, kwargs)
