from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from locuscope.effects.results.score_card import card_of, plain_text, read_card, unique_labels
from locuscope.errors import FormatError, OptionError, ShapeError, UnknownNameError, WrongTypeError
from tests.effects.made_scores import made, same, tracks


@pytest.fixture(scope="module")
def scores():
    return made(12, seed=4)


@settings(deadline=None, max_examples=40)
@given(
    rows=st.one_of(
        st.slices(12),
        st.lists(st.integers(-12, 11), max_size=9),
        st.lists(st.booleans(), min_size=12, max_size=12),
    ),
    strand=st.sampled_from("+-."),
)
def test_select_and_rows_commute(scores, rows, strand):
    assert same(scores.select(strand=strand)[rows], scores[rows].select(strand=strand))
    spread = scores[rows].spread["diff"]
    places = np.arange(12)[
        rows if isinstance(rows, slice) else np.asarray(rows, None if rows else int)
    ]
    np.testing.assert_array_equal(spread, scores.spread["diff"][places])


def test_rows_are_named_by_change_or_id(scores):
    table = scores.variants.table
    assert scores.row_names("vcf") == table["id"].to_list()
    assert scores.row_names() == scores.row_ids
    assert scores.row_ids[0] == ":".join(str(table[k][0]) for k in ("chrom", "pos", "ref", "alt"))
    with pytest.raises(OptionError, match="'variant', 'vcf'"):
        scores.row_names("rs")


def test_to_dict_has_a_frame_per_score(scores):
    found = scores.to_dict()
    assert list(found) == ["diff", "SAX", "genes"]
    assert all(isinstance(frame, pd.DataFrame) for frame in found.values())
    assert list(found["diff"].columns) == list(scores.labels("diff"))
    assert list(found["genes"].columns) == ["gain", "far"]
    assert list(found["SAX"].index) == scores.row_ids
    np.testing.assert_array_equal(found["SAX"].to_numpy(), scores.scores["SAX"])
    assert list(scores.to_dict("vcf")["SAX"].index) == scores.row_names("vcf")


def test_columns_by_label_and_number(scores):
    values = scores.scores["diff"]
    np.testing.assert_array_equal(scores.column("diff", "liver_1"), values[:, 1])
    for number in (2, 2.0, np.int64(2), -1):
        np.testing.assert_array_equal(scores.column("diff", number), values[:, 2])
    np.testing.assert_array_equal(scores.column("genes", "far"), scores.scores["genes"][:, 1])
    with pytest.raises(UnknownNameError, match="no column 'liver'"):
        scores.column("diff", "liver")
    with pytest.raises(UnknownNameError, match="3 columns; there is no column -4"):
        scores.column("diff", -4)
    with pytest.raises(UnknownNameError, match="no score 'dif'"):
        scores.column("dif", 0)
    with pytest.raises(WrongTypeError):
        scores.column("diff", 0.5)


def test_spread_stands_beside_its_score(scores):
    wide = scores.to_polars()
    names = [name for name in wide.columns if name.endswith("/spread")]
    assert names == [f"diff/{label}/spread" for label in scores.labels("diff")]
    ok = scores.variants.is_ok
    np.testing.assert_array_equal(wide[names[1]].to_numpy()[ok], scores.spread["diff"][ok, 1])
    long = scores.to_polars("long")
    some = long.filter((pl.col("score") == "diff") & (pl.col("label") == "liver_1"))
    np.testing.assert_array_equal(some["spread"].to_numpy()[ok], scores.spread["diff"][ok, 1])
    assert long.filter(pl.col("score") == "SAX")["spread"].null_count() == 36
    assert "spread" not in replace(scores, spread={}).to_polars("long").columns


def test_a_spread_of_another_shape_is_refused(scores):
    with pytest.raises(ShapeError, match=r"'diff' has shape \(12, 2\)"):
        replace(scores, spread={"diff": scores.spread["diff"][:, :2]})


def test_fields_of_tracks_do_not_hide_columns(scores):
    renamed = scores.tracks.with_column("score", ["a", "b", "c"]).with_column("pos", [1, 2, 3])
    long = replace(scores, tracks=renamed).to_polars("long")
    assert set(long["score"].to_list()) == {"diff", "SAX", "genes"}
    assert long.filter(pl.col("label") == "liver_1")["track_score"].unique().to_list() == ["b"]
    assert long["pos"].n_unique() == scores.variants.table["pos"].n_unique()


@given(st.lists(st.sampled_from(["a", "b", "a_0", "a_1", "b_1", "a_0_1"]), max_size=7))
def test_labels_are_told_apart(names):
    labels = unique_labels(names)
    assert len(labels) == len(names)
    assert len(set(labels)) == len(names)
    assert [x for x, n in zip(labels, names, strict=True) if names.count(n) == 1] == [
        n for n in names if names.count(n) == 1
    ]


def test_figures_are_drawn_by_the_room_of_figures(scores):
    pytest.importorskip("bokeh")
    figure = scores.plot("ranks", score="SAX", track=1)
    shown = scores.show("ranks", score="SAX", track=1)
    assert type(shown) is type(figure)
    assert shown.title == figure.title
    with pytest.raises(OptionError):
        scores.plot("pie")


def test_a_card_is_plain_and_comes_back(scores, tmp_path):
    odd = replace(
        scores,
        provenance={"a": np.float32(1.5), "b": float("nan"), "c": (1, np.int64(2)), "d": tmp_path},
    )
    card = card_of(odd)
    found = read_card(card.text(), tmp_path / "x")
    assert found.provenance == {"a": 1.5, "b": "nan", "c": [1, 2], "d": str(tmp_path)}
    assert found.tracks == tracks(3)
    assert found.labels == card.labels
    assert found.own_columns == {"genes": ("gain", "far")}
    assert dict(found.parts["genes"])["n_exons"] == "Int64"
    assert plain_text({"b": 1, "a": 2}) == '{"a": 2, "b": 1}'


@pytest.mark.parametrize("text", [None, "", "{", "[]", '{"format": "x"}'])
def test_no_card_is_said(text, tmp_path):
    with pytest.raises(FormatError, match="x: "):
        read_card(text, tmp_path / "x")


def test_an_incomplete_card_is_said(tmp_path):
    with pytest.raises(FormatError, match=r"incomplete \(KeyError: 'parts'\)"):
        read_card('{"format": "locuscope.variant_scores", "version": 1}', tmp_path / "x")
