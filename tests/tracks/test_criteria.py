"""Keyword criteria: equal to the plain loop, refused with what does occur."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import (
    NoTracksError,
    TrackQueryWarning,
    UnknownTrackFieldError,
    WrongTypeError,
)
from locuscope.tracks import NamedOutputs
from locuscope.tracks.criteria import plan_criteria
from locuscope.tracks.metadata import TrackMetadataCatalog
from tests.oracles import track_oracle as oracle


@given(
    st.dictionaries(
        st.sampled_from(["strand", "biosample_type", "output_name"]),
        st.one_of(
            st.sampled_from(["+", "tissue", "atac", None]),
            st.lists(st.sampled_from(["+", "-", "tissue", None, "cage"]), max_size=3),
        ),
        max_size=3,
    )
)
def test_criteria_equal_the_plain_loop(criteria):
    kinds = ("tissue", "cell_line", None)
    rows = [
        {"output_type": output, "strand": "+-."[i % 3], "biosample_type": kinds[i % 2 + i // 7]}
        for output in ("atac", "cage")
        for i in range(9)
    ]
    whole = TrackMetadataCatalog.from_rows(rows).table()
    found = plan_criteria([whole], criteria).rows(whole).tolist()
    assert found == oracle.select_rows(whole.rows(), criteria)


def tables():
    """Two heads; only the first knows biosample_type, only the second a free field."""
    rows = [
        {"output_type": "atac", "track_name": f"a{k}", "strand": strand, "biosample_type": kind}
        for k, (strand, kind) in enumerate(zip("++-", ("tissue", "cell_line", None), strict=True))
    ]
    rows += [{"output_type": "cage", "track_name": "c", "strand": "-", "depth": 3}]
    catalog = TrackMetadataCatalog.from_rows(rows)
    return [catalog.table("atac"), catalog.table("cage")]


def rows_of(criteria, predicate=None):
    given_tables = tables()
    plan = plan_criteria(given_tables, criteria, predicate)
    return [plan.rows(table).tolist() for table in given_tables]


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        ({}, [[0, 1, 2], [0]]),
        ({"strand": "-"}, [[2], [0]]),
        ({"strand": ("+", "-"), "output_name": "cage"}, [[], [0]]),
        ({"biosample_type": None}, [[2], [0]]),
        ({"biosample_type": ["tissue", None]}, [[0, 2], [0]]),
        ({"depth": 3}, [[], [0]]),
        ({"depth": 3.0}, [[], [0]]),
        ({"depth": "3"}, [[], []]),
        ({"depth": {None, 3}}, [[0, 1, 2], [0]]),
        ({"histone_mark": "H3K27ac"}, [[], []]),
        ({"histone_mark": [None]}, [[0, 1, 2], [0]]),
        ({"strand": []}, [[], []]),
        ({"strand": np.array(["+", "."])}, [[0, 1], []]),
    ],
)
def test_a_criterion_is_equality_any_of_or_missing(criteria, expected):
    assert rows_of(criteria) == expected


def test_a_field_of_one_head_is_missing_on_a_free_head():
    """Known fields are missing where a head lacks them; `depth` is known through the other head."""
    assert rows_of({"depth": None}) == [[0, 1, 2], []]


def test_a_predicate_sees_the_rest_in_order():
    seen = []

    def second(track):
        seen.append((track.output_name, track.track_name))
        return track.track_index == 1

    assert rows_of({"strand": "+"}, second) == [[1], []]
    assert seen == [("atac", "a0"), ("atac", "a1")]


@pytest.mark.parametrize("answer", [1, "yes", [0], np.True_])
def test_a_predicate_may_answer_anything_true(answer):
    assert rows_of({"output_name": "cage"}, lambda track: answer) == [[], [0]]


@pytest.mark.parametrize(
    "collection",
    [
        ("tissue", "cell_line"),
        {"tissue": 1, "cell_line": 2}.keys(),
        (kind for kind in ("tissue", "cell_line")),
        np.array([["tissue", "cell_line"]]),
        pd.Series(["tissue", "cell_line"], index=[7, 8]),
        pd.Index(["tissue", "cell_line"]),
        pd.Categorical(["tissue", "cell_line"]),
        pl.Series(["tissue", "cell_line"]),
    ],
    ids=lambda collection: type(collection).__name__,
)
def test_any_collection_means_any_of_its_members(collection):
    assert rows_of({"biosample_type": collection}) == [[0, 1], []]


@pytest.mark.parametrize(
    "places", [range(2), torch.tensor([0, 1]), np.uint8([0, 1]), pd.Index([0, 1])]
)
def test_places_come_from_ranges_and_tensors(places):
    assert rows_of({"track_index": places}) == [[0, 1], [0]]


@pytest.mark.parametrize("missing", [None, float("nan"), np.float32("nan"), pd.NA, pd.NaT])
def test_what_a_data_frame_calls_missing_is_missing(missing):
    assert rows_of({"biosample_type": missing}) == [[2], [0]]
    assert rows_of({"biosample_type": ["tissue", missing]}) == [[0, 2], [0]]
    with pytest.warns(TrackQueryWarning, match="nope=None therefore matches every track"):
        assert rows_of({"nope": missing}) == [[0, 1, 2], [0]]


@pytest.mark.parametrize("value", [lambda name: "tissue" in name, slice(0, 2), str.lower])
def test_a_condition_is_no_value(value):
    with pytest.raises(WrongTypeError, match=r"biosample_type was given .* predicate="):
        rows_of({"biosample_type": value})


def refusal(criteria, predicate=None):
    given_tables = tables()
    return plan_criteria(given_tables, criteria, predicate).refusal(given_tables, "here")


@pytest.mark.parametrize(
    ("criteria", "words"),
    [
        ({"strand": "."}, "strand is never '.' here; values that occur: '+' (2), '-' (2)."),
        ({"biosample_type": "tisue"}, "values that occur: 'tissue' (1), missing (2)"),
        ({"biosample_type": "TISSUE"}, "values that occur: 'tissue' (1)"),
        ({"track_name": [None, "z"]}, "track_name is never missing, 'z' here"),
        ({"strand": []}, "strand was given an empty collection, which matches nothing."),
        # the first criterion that leaves nothing is the one explained, after those before it
        ({"strand": "-", "biosample_type": "tissue"}, "biosample_type is never 'tissue' here"),
        # numbers stand as a criterion writes them
        ({"organism": "0"}, "organism is never '0' here; values that occur: 0 (4)."),
        ({"depth": 3, "strand": "+"}, "strand is never '+' here; values that occur: '-' (1)."),
    ],
)
def test_what_left_nothing_is_explained(criteria, words):
    error = refusal(criteria)
    assert str(error).startswith("No tracks matched filters here.")
    assert words in str(error)
    assert list(error.criteria) == list(criteria)


def test_a_predicate_that_refuses_all_is_named():
    assert "The predicate refused every track" in str(refusal({"strand": "+"}, lambda track: False))


def test_many_values_are_listed_in_part():
    rows = [{"output_type": "a", "biosample_name": f"cell {k:03}"} for k in range(40)]
    table = TrackMetadataCatalog.from_rows(rows).table()
    error = plan_criteria([table], {"biosample_name": "cell 0"}).refusal([table], "here")
    assert str(error).endswith("and 30 more.")
    assert len(error.available) == 40


def test_no_track_at_all():
    empty = TrackMetadataCatalog().table()
    error = plan_criteria([empty], {"strand": "+"}).refusal([empty], "here")
    assert "There is no track to choose strand '+' from." in str(error)


def test_unknown_fields_and_predicates_that_are_none():
    with pytest.raises(UnknownTrackFieldError, match="Did you mean 'depth'"):
        rows_of({"dpeth": 3})
    with pytest.raises(UnknownTrackFieldError):
        rows_of({"nope": [None]})
    with pytest.warns(TrackQueryWarning, match="nope=None therefore matches every track"):
        assert rows_of({"nope": None}) == [[0, 1, 2], [0]]
    with pytest.raises(TypeError, match="'int' object is not callable"):
        rows_of({}, 3)


def test_rows_among_some_only():
    first, _ = tables()
    plan = plan_criteria([first], {"strand": "+"}, lambda track: seen.append(track.track_name) or 1)
    seen = []
    among = np.array([False, True, True])
    assert plan.rows(first, among=among).tolist() == [1]
    assert seen == ["a1"]
    assert among.tolist() == [False, True, True]


@pytest.mark.parametrize(
    "ask",
    [
        lambda out: out.tf.indices(genetically_modified=None),
        lambda out: out.tf.mask(genetically_modified=None),
        lambda out: out.tf.select(genetically_modified=None),
        lambda out: out.tf[1].indices(genetically_modified=None),
        lambda out: out.tf[1].select(genetically_modified=None),
        lambda out: out.select(genetically_modified=None),
        lambda out: out.indices(depth=None),
    ],
)
def test_warnings_point_at_the_line_of_the_caller(ask):
    rows = [{"output_type": "tf", "genetically_modified": flag} for flag in (True, False)]
    raw = {"tf": {1: torch.zeros(1, 1, 2)}}
    out = NamedOutputs.from_raw(raw, catalog=TrackMetadataCatalog.from_rows(rows))
    with pytest.warns(TrackQueryWarning) as caught:
        ask(out)
    assert [warning.filename for warning in caught] == [__file__]


def test_endless_values_are_cut_in_the_message():
    rows = [{"output_type": "atac", "biosample_name": "x" * 10_000}]
    catalog = TrackMetadataCatalog.from_rows(rows)
    with pytest.raises(NoTracksError, match="values that occur: 'xxx") as caught:
        catalog.select(biosample_name="y" * 10_000)
    assert len(str(caught.value)) < 500
    assert list(caught.value.available) == ["x" * 10_000]
