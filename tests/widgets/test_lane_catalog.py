"""The track table of a browser: the same filters as the page's, evaluated over the same words."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.tracks.query_text import fold
from locuscope.tracks.track_metadata import TrackMetadata
from locuscope.tracks.track_table import TrackTable
from locuscope.widgets.codes import unpack_texts
from locuscope.widgets.lane_catalog import GEOMETRY, LABELS, LaneCatalog

ROWS = [
    {"strand": "+", "biosample_name": "Liver", "genetically_modified": True, "nonzero_mean": 1.5},
    {"strand": "-", "biosample_name": "K562", "genetically_modified": False, "nonzero_mean": 0.5},
    {"strand": "+", "biosample_name": "Brain\nCortex", "zebra": "x"},
    {"biosample_name": "Liver", "zebra": 7},
    {"strand": ".", "assay_title": "ATAC <b>seq</b>"},
]


def catalog_of(rows=ROWS):
    tracks = [TrackMetadata(i, "atac", 0, f"t{i}", dict(row)) for i, row in enumerate(rows)]
    return LaneCatalog(TrackTable.from_tracks(tracks))


def test_fields_come_in_the_order_of_the_panel_and_only_with_values():
    catalog = catalog_of()
    assert list(catalog.categories) == [
        "output_name", "assay_title", "biosample_name", "strand", "organism",
        "genetically_modified", "track_name", "zebra",
    ]  # fmt: skip
    assert list(catalog.numbers) == ["nonzero_mean"]
    assert "histone_mark" not in catalog.categories


def test_values_are_text_in_first_seen_order_and_missing_is_code_zero():
    catalog = catalog_of()
    strand = catalog.categories["strand"]
    assert strand.values == ("+", "-", ".")
    assert strand.codes.tolist() == [1, 2, 1, 0, 3]
    assert catalog.categories["genetically_modified"].values == ("false", "true")
    assert catalog.categories["zebra"].values == ("x", "7")
    assert [catalog.value("strand", row) for row in range(5)] == ["+", "-", "+", None, "."]
    assert catalog.value("no_such_field", 0) is None


def test_a_selection_does_not_send_values_that_nobody_has():
    whole = catalog_of()
    some = LaneCatalog(whole.table.take(np.array([1, 4])))
    assert some.categories["strand"].values == ("-", ".")
    assert some.categories["strand"].codes.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("filters", "text", "rows"),
    [
        ({}, "", [0, 1, 2, 3, 4]),
        ({"strand": {"in": ["+"]}}, "", [0, 2]),
        ({"strand": {"in": ["+", None]}}, "", [0, 2, 3]),
        ({"strand": {"in": []}}, "", []),
        ({"strand": {"not": ["+"]}}, "", [1, 3, 4]),
        ({"strand": {"not": [None]}}, "", [0, 1, 2, 4]),
        ({"strand": {"in": ["+"]}, "biosample_name": {"in": ["Liver"]}}, "", [0]),
        ({"nonzero_mean": {"min": 0.5}}, "", [0, 1]),
        ({"nonzero_mean": {"min": 0.6, "max": 2}}, "", [0]),
        ({"genetically_modified": {"in": ["true"]}}, "", [0]),
        ({"histone_mark": {"in": ["H3K4me3"]}}, "", []),
        ({"histone_mark": {"in": [None]}}, "", [0, 1, 2, 3, 4]),
        ({}, "liv", [0, 3]),
        ({}, "cortex BRAIN", [2]),
        ({"strand": {"in": ["+"]}}, "liver", [0]),
        ({}, "<b>", [4]),
    ],
)
def test_filters_select_rows(filters, text, rows):
    assert catalog_of().rows(filters, text).tolist() == rows


@given(
    st.lists(
        st.tuples(st.sampled_from("ab") | st.none(), st.sampled_from("xyz") | st.none()),
        max_size=12,
    ),
    st.lists(st.sampled_from("ab") | st.none(), max_size=3),
    st.lists(st.sampled_from("xyz") | st.none(), max_size=3),
)
def test_filters_equal_a_loop_over_tracks(cells, accepted, refused):
    rows = [
        {k: v for k, v in zip(("strand", "histone_mark"), cell, strict=True) if v} for cell in cells
    ]
    catalog = catalog_of(rows)
    expected = [i for i, (a, b) in enumerate(cells) if a in accepted and b not in refused]
    filters = {"strand": {"in": accepted}, "histone_mark": {"not": refused}}
    assert catalog.rows(filters, "").tolist() == expected


def test_the_wire_form_announces_every_buffer():
    catalog = catalog_of()
    geometry = {name: np.arange(5) for name, _ in GEOMETRY}
    part = catalog.part(geometry)
    buffers = list(part.buffers)
    for column in part.header["columns"]:
        field = column["field"]
        assert column["label"] == LABELS.get(field, field)
        if column["kind"] == "number":
            assert np.isnan(np.frombuffer(buffers.pop(0), "<f8")).tolist() == [
                False,
                False,
                True,
                True,
                True,
            ]
            continue
        values = unpack_texts(buffers.pop(0), len(catalog.categories[field].values))
        assert tuple(values) == catalog.categories[field].values
        if column["search"]:
            assert unpack_texts(buffers.pop(0), len(values)) == [fold(value) for value in values]
        assert (
            np.frombuffer(buffers.pop(0), "u1").tolist() == catalog.categories[field].codes.tolist()
        )
    assert len(buffers) == len(GEOMETRY) == len(part.header["geometry"])
    assert [column["field"] for column in part.header["columns"] if column.get("search")] == [
        "assay_title", "biosample_name", "track_name",
    ]  # fmt: skip


def test_an_empty_catalogue():
    catalog = catalog_of([])
    part = catalog.part({name: np.zeros(0) for name, _ in GEOMETRY})
    assert (len(catalog), part.header["n"], part.header["columns"]) == (0, 0, [])
    assert catalog.rows({}, "").tolist() == []
