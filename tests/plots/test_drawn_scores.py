from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.effects.variant_scores import VariantScores
from locuscope.errors import OptionError, UnknownNameError, WrongTypeError
from locuscope.plots.drawn_scores import OFFSETS, drawn_p_values, drawn_score
from tests.plots.made_scores import many, scores_of, table

NAN = np.nan
THREE = table(["1", "1", "2"], [10, 20, 30])
PLAIN = scores_of(
    THREE, diff=[[0.1, -0.5], [NAN, 0.2], [NAN, NAN]], ref=[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
)
SPLICE = scores_of(
    THREE,
    splice_delta=[[0.1, 0.9, 0.0, 0.2, -50, 40, 3, -2], [NAN] * 8, [0.3, 0.1, 0, 0, 1, 2, 3, 4]],
    own_columns={
        "splice_delta": ("DS_AG", "DS_AL", "DS_DG", "DS_DL", "DP_AG", "DP_AL", "DP_DG", "DP_DL")
    },
)


def test_the_first_score_and_per_allele_the_largest_magnitude():
    drawn = drawn_score(PLAIN, None, None)
    assert drawn.score == "diff"
    np.testing.assert_allclose(drawn.values, [-0.5, 0.2, NAN], rtol=1e-6)
    assert drawn.column.tolist()[:2] == [1, 1]
    assert drawn.is_signed
    assert drawn.what == "the largest of track 0, track 1"


@pytest.mark.parametrize("track", [1, 1.0, np.int64(1), "track 1"])
def test_a_column_by_number_or_label(track):
    drawn = drawn_score(PLAIN, "ref", track)
    assert drawn.values.tolist() == [2.0, 4.0, 6.0]
    assert drawn.what == "track 1"
    assert not drawn.is_signed


def test_offsets_of_a_splice_change_are_not_its_size():
    drawn = drawn_score(SPLICE, None, None)
    np.testing.assert_allclose(drawn.values, [0.9, NAN, 0.3], rtol=1e-6)
    assert not set(drawn.labels) & set(OFFSETS)
    assert drawn.kind == "column"
    assert drawn_score(SPLICE, None, "DP_AG").values[0] == -50


@pytest.mark.parametrize("track", ["track 7", "trak 1", 2, -1])
def test_an_unknown_column_is_refused_with_what_there_is(track):
    with pytest.raises(UnknownNameError) as caught:
        drawn_score(PLAIN, "diff", track)
    assert "2 columns" in str(caught.value)
    assert caught.value.known == ("track 0", "track 1")


def test_a_column_that_is_neither_name_nor_number():
    with pytest.raises(WrongTypeError):
        drawn_score(PLAIN, "diff", 0.5)


def test_an_unknown_score_names_the_closest():
    with pytest.raises(UnknownNameError, match="diff"):
        drawn_score(PLAIN, "dif", None)


@given(st.lists(st.lists(st.floats(-9, 9, width=32), min_size=3, max_size=3), max_size=20))
def test_largest_magnitude_equals_the_plain_loop(rows):
    if not rows:
        return
    scores = scores_of(table(["1"] * len(rows), list(range(1, len(rows) + 1))), diff=rows)
    drawn = drawn_score(scores, None, None)
    for row, value, column in zip(rows, drawn.values, drawn.column, strict=True):
        assert abs(value) == max(abs(np.float32(x)) for x in row)
        assert value == np.float32(row[column])


def with_nulls(score: str, **p: object):
    provenance = {"model": "toy", "nulls": {"score": score}}
    return scores_of(THREE, diff=[[0.1, -0.5]] * 3, provenance=provenance, **p)


def test_p_comes_from_the_column_of_the_score():
    scores = with_nulls("diff", p_normal=[[0.5, 0.5]] * 3, p_empirical=[[0.1, 0.02]] * 3)
    name, p = drawn_p_values(scores, drawn_score(scores, None, None))
    assert name == "p_empirical"
    np.testing.assert_allclose(p, 0.02, rtol=1e-6)
    np.testing.assert_allclose(drawn_p_values(scores, drawn_score(scores, None, 0))[1], 0.1)


def test_without_an_empirical_p_the_normal_one():
    scores = with_nulls("diff", p_normal=[[0.5, 0.25]] * 3)
    assert drawn_p_values(scores, drawn_score(scores, None, None))[0] == "p_normal"


def test_without_nulls_the_way_to_them_is_said():
    with pytest.raises(OptionError, match=r"marginalize_variants.*score='diff'") as caught:
        drawn_p_values(PLAIN, drawn_score(PLAIN, "diff", None))
    assert caught.value.allowed == ("manhattan", "ranks")


def test_p_of_another_score_is_refused():
    scores = with_nulls("log_fold_change", p_empirical=[[0.1, 0.02]] * 3)
    with pytest.raises(OptionError, match="p-values are of 'log_fold_change'"):
        drawn_p_values(scores, drawn_score(scores, "diff", None))


def test_a_stored_result_is_read_piece_by_piece(tmp_path):
    scores = many(20_000, n_tracks=3, n_unscored=5)
    stored = VariantScores.open(scores.to_parquet(tmp_path / "scores.parquet"))
    for track in (None, 2):
        ours, theirs = drawn_score(scores, None, track), drawn_score(stored, None, track)
        np.testing.assert_array_equal(ours.values, theirs.values)
        np.testing.assert_array_equal(ours.column, theirs.column)
