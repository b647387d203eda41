"""Facets and text search equal the plain loop, published counts and the files of the page."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import FormatError, UnknownTrackFieldError, WrongTypeError
from locuscope.tracks.metadata import TrackMetadataCatalog
from locuscope.tracks.query import (
    DEFAULT_FACETS,
    FacetValue,
    Query,
    facet_counts,
    match,
    value_text,
)

ROOT = Path(__file__).parents[2]


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


oracle = load(ROOT / "tests" / "oracles" / "track_oracle.py")

VALUES = {
    "output_name": ["atac", "rna_seq"],
    "strand": ["+", "-", ".", None],
    "biosample_name": ["liver", "K562", "Brain cortex", None],
    "assay_title": ["ATAC-seq", "total RNA-seq", None],
    "genetically_modified": [True, False, None],
}


@st.composite
def catalog_rows(draw):
    rows = draw(
        st.lists(
            st.fixed_dictionaries(
                {name: st.sampled_from(values) for name, values in VALUES.items()}
            ),
            min_size=1,
            max_size=25,
        )
    )
    return [
        {name: value for name, value in row.items() if value is not None} | {"track_name": f"t{i}"}
        for i, row in enumerate(rows)
    ]


@st.composite
def queries(draw):
    fields = draw(st.lists(st.sampled_from(list(VALUES)), unique=True, max_size=4))
    filters = {
        name: tuple(draw(st.lists(st.sampled_from(VALUES[name]), unique=True, max_size=3)))
        for name in fields
    }
    text = draw(st.sampled_from(["", "liver", "LIVER rna", "k562", "t1", "zzz", " seq  brain"]))
    return Query(filters, text)


def table_of(rows):
    """All five fields are part of the table, known or not."""
    catalog = TrackMetadataCatalog.from_rows([*rows, {name: v[0] for name, v in VALUES.items()}])
    table = catalog.table()
    last = table.cells("track_name").index(f"track_{_count(rows, VALUES['output_name'][0])}")
    return table.take(np.array([i for i in range(len(table)) if i != last]))


def _count(rows, output):
    return sum(row["output_name"] == output for row in rows)


@given(catalog_rows(), queries())
def test_facets_equal_the_plain_loop(rows, query):
    table = table_of(rows)
    plain = table.rows()
    expected = oracle.facet_counts(plain, query.filters, query.text, list(VALUES))
    counted = facet_counts(table, query, list(VALUES), keep_zero=True)
    for name, field in counted.items():
        found = {value.value: (value.count, value.total) for value in field.values if value.total}
        assert found == expected[name]
        assert field.n_missing == expected[name].get(None, (0, 0))[0]


@given(catalog_rows(), queries())
def test_match_equals_the_plain_loop(rows, query):
    table = table_of(rows)
    for skip in (None, *query.filters):
        expected = [oracle.matches(row, query.filters, query.text, skip) for row in table.rows()]
        assert match(table, query, skip=skip).tolist() == expected


@given(catalog_rows(), queries())
def test_counts_of_a_field_sum_to_the_rows_that_pass_the_others(rows, query):
    table = table_of(rows)
    for name, field in facet_counts(table, query, list(VALUES)).items():
        assert sum(value.count for value in field.values) == match(table, query, skip=name).sum()


@given(catalog_rows(), queries())
def test_values_are_ordered_by_count_then_text_then_missing(rows, query):
    for field in facet_counts(table_of(rows), query, list(VALUES), keep_zero=True).values():
        keys = [(v.value is None, -v.count, value_text(v.value)) for v in field.values]
        assert keys == sorted(keys)


def small():
    rows = [
        {"output_type": "atac", "strand": ".", "biosample_name": "liver"},
        {"output_type": "atac", "strand": ".", "biosample_name": "lung"},
        {"output_type": "cage", "strand": "+", "biosample_name": "liver"},
        {"output_type": "cage", "strand": "-"},
    ]
    return TrackMetadataCatalog.from_rows(rows).table()


def test_a_selected_value_without_rows_stays_listed():
    query = Query({"strand": ("+",), "output_name": ("atac",)})
    strands = facet_counts(small(), query, ["strand"])["strand"].values
    assert strands == (FacetValue(".", 2, 2, False), FacetValue("+", 0, 1, True))


def test_zero_values_are_listed_on_request_only():
    query = Query({"output_name": ("atac",)})
    assert [v.value for v in facet_counts(small(), query, ["strand"])["strand"].values] == ["."]
    kept = facet_counts(small(), query, ["strand"], keep_zero=True)["strand"].values
    assert [(v.value, v.count) for v in kept] == [(".", 2), ("+", 0), ("-", 0)]


def test_an_empty_filter_matches_nothing():
    assert not match(small(), Query({"strand": ()})).any()


def test_a_numeric_field_can_be_filtered_and_counted():
    rows = [{"output_type": "atac", "nonzero_mean": mean} for mean in (1.0, 2.5, 1.0, None)]
    table = TrackMetadataCatalog.from_rows(rows).table()
    assert match(table, Query({"nonzero_mean": (1.0, None)})).tolist() == [True, False, True, True]
    field = facet_counts(table, Query(), ["nonzero_mean"])["nonzero_mean"]
    assert [(v.value, v.count) for v in field.values] == [(1.0, 2), (2.5, 1), (None, 1)]


def test_unknown_fields_raise_with_the_closest_name():
    with pytest.raises(UnknownTrackFieldError, match="Did you mean 'strand'"):
        match(small(), Query({"strnad": ("+",)}))
    with pytest.raises(UnknownTrackFieldError, match="No track has a field 'nope'"):
        facet_counts(small(), Query(), ["nope"])


def test_default_fields_are_those_the_table_carries():
    assert list(facet_counts(small(), Query())) == ["output_name", "strand"]
    assert set(DEFAULT_FACETS) >= {"output_name", "strand", "gtex_tissue"}


@given(queries())
def test_queries_survive_json(query):
    again = Query.from_json(query.to_json())
    assert (dict(again.filters), again.text) == (dict(query.filters), query.text)


def test_ranges_are_part_of_a_query():
    query = Query({"strand": ("+",)}, ranges={"nonzero_mean": (None, 2)})
    assert query.fields == ("strand", "nonzero_mean")
    assert json.loads(query.to_json())["ranges"] == {"nonzero_mean": [None, 2]}
    assert Query.from_json(query.to_json()).ranges == {"nonzero_mean": (None, 2)}
    assert "ranges" not in json.loads(Query().to_json())


def test_values_and_range_of_one_field_are_one_filter():
    rows = [{"output_type": "atac", "nonzero_mean": mean} for mean in (1.0, 2.5, 9.0, None)]
    table = TrackMetadataCatalog.from_rows(rows).table()
    query = Query({"nonzero_mean": (1.0, 9.0)}, ranges={"nonzero_mean": (0, 5)})
    assert match(table, query).tolist() == [True, False, False, False]
    assert match(table, query, skip="nonzero_mean").all()
    counted = facet_counts(table, query, ["nonzero_mean", "output_name"])
    assert [v.count for v in counted["nonzero_mean"].values] == [1, 1, 1, 1]
    assert [v.count for v in counted["output_name"].values] == [1]


def test_a_range_of_texts_holds_nothing():
    assert not match(small(), Query(ranges={"strand": (0, None)})).any()
    with pytest.raises(UnknownTrackFieldError):
        match(small(), Query(ranges={"strnd": (0, None)}))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"filters": 3, "text": ""}',
        "{",
        '{"filters": {}, "text": "", "ranges": {"a": [1]}}',
        '{"filters": {}, "text": "", "ranges": {"a": ["x", null]}}',
    ],
)
def test_a_broken_query_is_a_format_error(text):
    with pytest.raises(FormatError, match="Not a query"):
        Query.from_json(text)


def test_published_facet_cases():
    """Counts over the 5,563 real human tracks, made with an independent implementation."""
    table = TrackMetadataCatalog.load_builtin("human").table()
    real = table.take(np.flatnonzero(~table.is_padding))
    cases = json.loads((Path(__file__).parent / "data" / "facet_cases.json").read_text("utf-8"))
    for case in cases["cases"]:
        query = Query({name: tuple(values) for name, values in case["filters"].items()})
        assert match(real, query).sum() == case["n_selected"]
        counted = facet_counts(real, query, cases["fields"])
        for name, expected in case["counts"].items():
            found = [[v.value, v.count] for v in counted[name].values if v.count]
            assert found == expected


def test_the_query_module_needs_numpy_only():
    code = (
        "import sys, locuscope.tracks.query;"
        "print(sorted({'torch', 'polars', 'pandas', 'bokeh'} & set(sys.modules)))"
    )
    env = {"PYTHONPATH": str(ROOT / "python_pkg"), "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env
    )
    assert done.stdout.strip() == "[]"


def test_facets_are_counted_under_a_query_and_one_field_is_a_field():
    table = TrackMetadataCatalog.from_rows([{"output_type": "a", "strand": "+"}]).table()
    assert list(facet_counts(table, Query(), "strand")) == ["strand"]
    for query in ("liver", {"strand": ("+",)}):
        with pytest.raises(WrongTypeError, match="Facets are counted under a Query, such as"):
            facet_counts(table, query)
