"""Filters of the facet panel in Python: equal to the plain loop and to the files of the page."""

from __future__ import annotations

import base64
import importlib.util
import json
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import OptionError, UnknownTrackFieldError
from locuscope.tracks.filters import canonical_filters, query_of, rows_of
from locuscope.tracks.metadata import TrackMetadataCatalog
from locuscope.tracks.query import facet_counts, match, value_text
from locuscope.tracks.query_text import query_problems, text_mask
from locuscope.tracks.track_metadata import KNOWN_FIELDS, TrackMetadata
from locuscope.tracks.track_table import TrackTable
from locuscope.widgets.lane_catalog import LaneCatalog

WIRE = Path(__file__).parents[1] / "wire"


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


facet_files = load(WIRE / "make_facets.py")
oracle = facet_files.oracle


def table_of(rows):
    """The table of the oracle's rows, values as they are."""
    core = ("output_name", "organism", "track_name")
    tracks = [
        TrackMetadata(
            i,
            row["output_name"],
            row["organism"],
            row["track_name"],
            {field: value for field, value in row.items() if field not in core},
        )
        for i, row in enumerate(rows)
    ]
    return TrackTable.from_tracks(tracks)


def golden(name):
    """(fields, mappings of a catalogue, case) for every case of a file."""
    content = json.loads((WIRE / f"facets_{name}.json").read_text("utf-8"))
    fields = tuple(content["fields"])
    return [
        (facet_files.mappings(fields, catalog["rows"]), case)
        for catalog in content["catalogs"]
        for case in catalog["cases"]
    ]


GOLDEN = [*golden("toy"), *golden("random")]
IDS = [json.dumps([case.get("filters", {}), case.get("text", "")])[:80] for _, case in GOLDEN]


def test_the_files_for_the_page_are_up_to_date():
    for name, content in facet_files.documents().items():
        assert (WIRE / name).read_text("utf-8") == content, name


def test_known_fields_are_those_of_the_oracle():
    assert set(KNOWN_FIELDS) - {"track_index"} == oracle.KNOWN_FIELDS


@pytest.mark.parametrize(("rows", "case"), GOLDEN, ids=IDS)
def test_golden_choices(rows, case):
    table = table_of(rows)
    filters, text = case.get("filters", {}), case.get("text", "")
    assert rows_of(table, filters, text).tolist() == case["rows"]
    assert LaneCatalog(table).rows(filters, text).tolist() == case["rows"]
    found = [[p.token, p.field, list(p.closest)] for p in query_problems(table, text)]
    assert found == case.get("problems", [])
    if found:
        with pytest.raises(UnknownTrackFieldError):
            text_mask(table, text)
        return
    carried = {name: rule for name, rule in filters.items() if table.has_field(name)}
    if carried != filters:
        return
    query = query_of(table, filters, text)
    if "depth" not in filters:  # 1 and True are one value of a query
        assert np.flatnonzero(match(table, query)).tolist() == case["rows"]
    for name, expected in case.get("counts", {}).items():
        if not table.has_field(name):
            continue
        counted = facet_counts(table, query, [name], keep_zero=True)[name]
        shown = [
            [None if v.value is None else value_text(v.value), v.count, v.total]
            for v in counted.values
        ]
        assert shown == expected


def test_published_facet_cases_over_the_codes_of_the_page():
    """The seven published cases, over the codes that the page's test reads as well."""
    content = json.loads((WIRE / "facets_human.json").read_text("utf-8"))
    codes = np.frombuffer(zlib.decompress(base64.b64decode(content["codes_zlib_base64"])), "<u2")
    columns = codes.reshape(-1, content["n"])
    rows = [
        {"organism": 0, "track_name": "t"}
        | {
            field: content["values"][field][code - 1]
            for field, code in zip(content["values"], row, strict=True)
            if code
        }
        for row in columns.T.tolist()
    ]
    table = table_of(rows)
    published = json.loads((Path(__file__).parent / "data" / "facet_cases.json").read_text("utf-8"))
    assert len(published["cases"]) == 7
    for case in published["cases"]:
        state = {
            name: {"in": [None if v is None else value_text(v) for v in values]}
            for name, values in case["filters"].items()
        }
        kept = rows_of(table, canonical_filters(state, table.fields))
        assert len(kept) == case["n_selected"]
        counted = facet_counts(table, query_of(table, state), published["fields"])
        for name, expected in case["counts"].items():
            found = [[v.value, v.count] for v in counted[name].values if v.count]
            assert found == [
                [value if value is None else value_text(value), count] for value, count in expected
            ]


def test_the_codes_of_the_page_give_the_published_rows():
    """The same rows in the same order as the published cases, by their checksum."""
    from hashlib import sha256

    table = TrackMetadataCatalog.load_builtin("human").table()
    real = table.take(np.flatnonzero(~table.is_padding))
    published = json.loads((Path(__file__).parent / "data" / "facet_cases.json").read_text("utf-8"))
    for case in published["cases"]:
        state = {
            name: {"in": [None if v is None else value_text(v) for v in values]}
            for name, values in case["filters"].items()
        }
        text = ",".join(map(str, rows_of(real, state).tolist()))
        assert sha256(text.encode()).hexdigest() == case["selected_sha256"]


CELLS = {
    "strand": ["+", "-", None],
    "assay_title": ["ATAC-seq", "a:b", "Stra\xdfe", None],
    "genetically_modified": [True, False, None],
    "nonzero_mean": [0.5, 3.0, 12.25, None],
    "zebra": [7, "7", "x", None],
}


@st.composite
def catalog_rows(draw):
    cells = draw(
        st.lists(
            st.fixed_dictionaries({f: st.sampled_from(values) for f, values in CELLS.items()}),
            min_size=1,
            max_size=12,
        )
    )
    common = {"output_name": "atac", "organism": 0}
    return [
        common | {"track_name": f"t{i}"} | {f: v for f, v in row.items() if v is not None}
        for i, row in enumerate(cells)
    ]


@st.composite
def choices(draw):
    filters = {}
    for field in draw(st.lists(st.sampled_from(list(CELLS)), unique=True, max_size=3)):
        texts = sorted({oracle.shown(v) for v in CELLS[field] if v is not None}) + [None]
        rule = {}
        for key in draw(st.sets(st.sampled_from(["in", "not", "min", "max"]), min_size=1)):
            if key in ("min", "max"):
                rule[key] = draw(st.sampled_from([0, 0.5, 3, 10.0]))
            else:
                rule[key] = draw(st.lists(st.sampled_from(texts), unique=True, max_size=3))
        filters[field] = rule
    words = st.sampled_from(
        ["t1", "-atac", "a:b", "strand:+", "-strand:=-", "nonzero_mean:.", "zebra:7", "strasse",
         "nope:x", '"a:b', "genetically_modified:=TRUE", "histone_mark:x", "-zebra:x"]
    )  # fmt: skip
    return filters, " ".join(draw(st.lists(words, max_size=3)))


@given(catalog_rows(), choices())
def test_rows_equal_the_plain_loop(rows, choice):
    table = table_of([*rows, dict.fromkeys(rows[0], 0) | {f: v[0] for f, v in CELLS.items()}
                      | {"output_name": "atac", "track_name": "last"}])  # fmt: skip
    table = table.take(np.arange(len(rows)))
    filters, text = choice
    assert rows_of(table, filters, text).tolist() == oracle.matches(rows, filters, text)


@given(catalog_rows(), choices())
def test_a_query_gives_the_same_rows_and_counts(rows, choice):
    table = table_of(rows)
    filters, text = choice
    filters = {f: rule for f, rule in filters.items() if table.has_field(f)}
    if query_problems(table, text):
        return
    query = query_of(table, filters, text)
    assert np.flatnonzero(match(table, query)).tolist() == oracle.matches(rows, filters, text)
    fields = [f for f in ("strand", "genetically_modified") if table.has_field(f)]
    counted = facet_counts(table, query, fields, keep_zero=True)
    for field, expected in oracle.counts(rows, filters, text, fields).items():
        shown = [
            [None if v.value is None else value_text(v.value), v.count, v.total]
            for v in counted[field].values
        ]
        assert shown == expected


def toy():
    rows = [{"nonzero_mean": mean, "strand": s} for mean, s in ((1.0, "+"), (None, "-"), (5, "+"))]
    return TrackMetadataCatalog.from_rows([{"output_type": "atac", **row} for row in rows]).table()


def test_bounds_are_inclusive_and_missing_fails():
    assert rows_of(toy(), {"nonzero_mean": {"min": 1, "max": 5}}).tolist() == [0, 2]
    assert rows_of(toy(), {"nonzero_mean": {"max": 1}}).tolist() == [0]
    assert rows_of(toy(), {"nonzero_mean": {"min": None, "max": 5}}).tolist() == [0, 2]
    assert rows_of(toy(), {"strand": {"min": 0}}).tolist() == []


def test_nothing_in_the_list_matches_nothing_and_not_leaves_missing():
    assert rows_of(toy(), {"strand": {"in": []}}).tolist() == []
    assert rows_of(toy(), {"nonzero_mean": {"not": ["1"]}}).tolist() == [1, 2]


def test_unknown_fields_raise_in_filters_and_are_left_out_of_the_text():
    with pytest.raises(UnknownTrackFieldError, match="'strand'"):
        rows_of(toy(), {"strnad": {"in": ["+"]}})
    assert rows_of(toy(), {}, "strnad:+ strand:-").tolist() == [1]
    with pytest.raises(UnknownTrackFieldError):
        query_of(toy(), {"strnad": {"in": ["+"]}})


def test_a_known_field_that_is_not_carried_is_missing_everywhere():
    assert rows_of(toy(), {"histone_mark": {"in": ["x"]}}).tolist() == []
    assert rows_of(toy(), {"histone_mark": {"in": [None]}}).tolist() == [0, 1, 2]
    assert rows_of(toy(), {"histone_mark": {"min": 0}}).tolist() == []


def test_a_query_lists_values_that_occur():
    query = query_of(toy(), {"strand": {"not": ["-"]}, "nonzero_mean": {"in": ["5", None, "9"]}})
    assert dict(query.filters) == {"strand": ("+",), "nonzero_mean": (5.0, None)}


@pytest.mark.parametrize(
    ("value", "canonical"),
    [
        ({}, {}),
        ({"strand": "+"}, {"strand": {"in": ["+"]}}),
        ({"strand": {"-", "+"}}, {"strand": {"in": ["+", "-"]}}),
        ({"strand": None}, {"strand": {"in": [None]}}),
        ({"size": [3.0, True, 1e-7, None]}, {"size": {"in": ["1e-7", "3", "true", None]}}),
        ({"strand": {"in": ("-", None, "-"), "not": []}}, {"strand": {"in": ["-", None]}}),
        ({"strand": {"in": None, "min": None}}, {}),
        (
            {"size": {"max": 2.5}, "strand": {"in": []}},
            {"size": {"max": 2.5}, "strand": {"in": []}},
        ),
    ],
)
def test_canonical_filters(value, canonical):
    found = canonical_filters(value, ("strand", "size"))
    assert found == canonical
    assert canonical_filters(found, ("strand", "size")) == canonical


@pytest.mark.fault("X5")
@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([], "mapping"),
        ({"strnd": "+"}, "strand"),
        ({"strand": {"or": []}}, "in, not, min, max"),
        ({"strand": {"in": "+"}}, "a list"),
        ({"strand": [["+"]]}, "texts, numbers"),
        ({"size": {"min": "a"}}, "finite number"),
        ({"size": {"max": float("nan")}}, "finite number"),
        ({"size": {"max": True}}, "finite number"),
        ({"strand": ["x" * 20_000]}, "16,000 bytes"),
    ],
)
def test_other_forms_are_refused(value, words):
    with pytest.raises(OptionError, match=words) as caught:
        canonical_filters(value, ("strand", "size"))
    assert len(str(caught.value)) < 400
