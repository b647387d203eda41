from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.effects.scoring.score_forms import ScoreContext
from locuscope.effects.scoring.track_scores import (
    TRACK_SCORES,
    divergence,
    largest_change,
    lg,
    partner_columns,
    root,
)
from locuscope.errors import OptionError
from locuscope.inference.selection import choose
from tests.effects.golden import PAIR, small_model
from tests.oracles import track_score_oracle

BY_NAME = {score.name: score for score in TRACK_SCORES}


def tracks(seed, n=3, length=7, n_tracks=2):
    return np.random.default_rng(seed).gamma(1.5, 2.0, (2, n, length, n_tracks))


@pytest.mark.parametrize("name", BY_NAME)
@given(seed=st.integers(0, 2**32 - 1))
def test_each_score_equals_its_plain_loop(name, seed):
    ref, alt = tracks(seed)
    found = BY_NAME[name](ref, alt)
    expected = [track_score_oracle.score(name, r, a) for r, a in zip(ref, alt, strict=True)]
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", BY_NAME)
def test_positions_that_do_not_count_are_left_out(name):
    ref, alt = tracks(1)
    valid = np.ones(ref.shape[:2], bool)
    valid[0, [0, 5]] = valid[1, 3] = False
    valid[2] = False
    holed = np.where(valid[:, :, None], alt, np.nan)
    found = BY_NAME[name](ref, holed, context=ScoreContext([], [], valid))
    for row in (0, 1):
        keep = valid[row]
        expected = track_score_oracle.score(name, ref[row, keep], alt[row, keep])
        np.testing.assert_allclose(found[row], expected, rtol=1e-9, atol=1e-12)
    assert np.isnan(found[2]).all()


@pytest.mark.parametrize("name", BY_NAME)
def test_both_strands_are_averaged_before(name):
    ref, alt = tracks(2)
    ref_rc, alt_rc = tracks(3)
    found = BY_NAME[name](ref, alt, ref_rc, alt_rc)
    np.testing.assert_array_equal(found, BY_NAME[name]((ref + ref_rc) / 2, (alt + alt_rc) / 2))


@pytest.mark.parametrize("name", BY_NAME)
def test_equal_tracks_give_exactly_nothing(name):
    ref = tracks(4)[0]
    ref[0, :, 0] = 0
    ref[1, :5, 1] = 0
    found = BY_NAME[name](ref, ref.copy())
    expected = np.zeros(found.shape)
    if "JS" in name:  # nothing to divide by
        expected[0, 0] = np.nan
    np.testing.assert_array_equal(found, expected)


def test_a_model_nan_shows_in_every_score():
    ref, alt = tracks(5)
    alt[1, 2, 0] = np.nan
    context = ScoreContext([], [], np.ones(ref.shape[:2], bool))
    for name, score in BY_NAME.items():
        found = score(ref, alt, context=context)
        assert np.isnan(found[1, 0]), name
        assert np.isfinite(np.delete(found.ravel(), 2)).all(), name


def test_logarithms_and_roots_of_negative_values_are_nan():
    np.testing.assert_array_equal(lg(np.array([-0.5, 0.0, 1.0])), [np.nan, 0, 1])
    np.testing.assert_array_equal(root(np.array([-0.5, 0.0, 4.0])), [np.nan, 0, 2])
    ref, alt = tracks(6)
    alt[0, 0, 0] = -1
    assert np.isnan(divergence(ref, alt, np.ones(ref.shape[:2], bool))[0, 0])
    assert np.isfinite(BY_NAME["SUM"](ref, alt)).all()


def test_a_position_with_values_in_one_track_only_is_infinitely_far():
    ref = np.zeros((1, 8, 1))
    ref[0, :4] = 1
    alt = ref[:, ::-1].copy()
    assert divergence(ref, alt, np.ones((1, 8), bool)) == np.inf


def test_the_largest_change_keeps_its_sign_first_on_ties():
    alt = np.array([[[0.1, 0.0], [-0.5, 0.2], [0.5, -0.2], [0.2, 0.2]]])
    found = largest_change(np.zeros((1, 4, 2)), alt, np.ones((1, 4), bool))
    np.testing.assert_array_equal(found, [[-0.5, 0.2]])


def test_partners_of_chosen_tracks():
    model = small_model(PAIR)
    assert partner_columns(choose(model), {})[0].tolist() == [1, 0, 2, 3]
    some = choose(model, tracks=["atac:1", "atac:3"])
    assert partner_columns(some, {})[0].tolist() == [0, 1]
    assert partner_columns(choose(small_model()), {}) == (None,)


def test_a_pair_needs_partners():
    score = BY_NAME["SUM"].configure(strand_reduce="pair")
    ref, alt = tracks(7)
    context = ScoreContext([], [], pairs=np.array([1, 0]))
    total = BY_NAME["SUM"](ref, alt).sum(1)
    np.testing.assert_allclose(score(ref, alt, context=context), np.stack([total, total], 1))
    with pytest.raises(OptionError, match="needs tracks with a partner"):
        score(ref, alt)
    assert score.options == {"strand_reduce": "pair"}
    assert score.configure(strand_reduce=None).strand_reduce is None


def test_what_each_score_needs():
    real = {"SAX", "SUM", "D1", "D2"}
    assert {s.name for s in TRACK_SCORES if s.needs == "real"} == real
    assert {s.name for s in TRACK_SCORES if s.is_norm} == {"D2", "logD2", "sqrtD2"}
    assert all(s.needs in ("real", "nonnegative") for s in TRACK_SCORES)


def test_scores_travel_to_other_processes():
    ref, alt = tracks(8)
    for score in TRACK_SCORES:
        again = pickle.loads(pickle.dumps(score))  # noqa: S301 (own bytes)
        np.testing.assert_array_equal(again(ref, alt), score(ref, alt))
