"""Which lanes are shown, in which order and groups, under which names: the page's rules."""

from __future__ import annotations

import pytest

from locuscope.tracks.track_metadata import TrackMetadata
from locuscope.tracks.track_table import TrackTable
from locuscope.widgets.lane_catalog import LaneCatalog
from locuscope.widgets.lane_order import lane_groups, lane_order, lane_titles

ROWS = [
    ("splice_sites", {"strand": "+"}),
    ("splice_sites", {"strand": "-", "assay_title": "splicing"}),
    ("atac", {"strand": ".", "biosample_name": "K562"}),
    ("rna_seq", {"strand": "+", "biosample_name": "brain", "gtex_tissue": "Brain_Cortex"}),
    ("rna_seq", {"strand": "+", "biosample_name": "testis", "gtex_tissue": "Testis"}),
]


@pytest.fixture
def catalog():
    tracks = [TrackMetadata(i, name, 0, f"t{i}", row) for i, (name, row) in enumerate(ROWS)]
    return LaneCatalog(TrackTable.from_tracks(tracks))


def order(catalog, matching=range(5), *, visible=(), pinned=(), sort_by=(), max_lanes=100):
    return lane_order(
        catalog, matching, visible=visible, pinned=pinned, sort_by=sort_by, max_lanes=max_lanes
    )


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [0, 1, 2, 3, 4]),
        ({"visible": [3, 1]}, [3, 1]),
        ({"visible": [3, 1], "matching": [1, 2]}, [1]),
        ({"pinned": [4]}, [4, 0, 1, 2, 3]),
        ({"pinned": [4], "matching": []}, [4]),
        ({"pinned": [2, 2], "visible": [2, 0]}, [2, 0]),
        ({"max_lanes": 2}, [0, 1]),
        ({"max_lanes": 1, "pinned": [4, 3]}, [4, 3]),
        ({"sort_by": ["output_name"]}, [2, 3, 4, 0, 1]),
        ({"sort_by": ["biosample_name"]}, [2, 3, 4, 0, 1]),
        ({"sort_by": ["strand", "biosample_name"]}, [3, 4, 0, 1, 2]),
        ({"sort_by": ["no_such_field"]}, [0, 1, 2, 3, 4]),
    ],
)
def test_order(catalog, options, expected):
    matching = options.pop("matching", range(5))
    assert order(catalog, matching, **options) == expected


def test_groups_stand_in_the_order_of_their_first_track(catalog):
    groups = lane_groups(catalog, [3, 0, 2, 1, 4], ["output_name"])
    assert [group.label for group in groups] == ["RNA-seq", "Splice sites", "ATAC"]
    assert [group.tracks for group in groups] == [(3, 4), (0, 1), (2,)]
    two = lane_groups(catalog, [0, 1, 2], ["output_name", "biosample_name"])
    assert [group.label for group in two] == ["Splice sites · (missing)", "ATAC · K562"]
    assert [group.label for group in lane_groups(catalog, [0, 3], [])] == ["Tracks"]
    assert lane_groups(catalog, [], ["output_name"]) == []
    signs = [group.label for group in lane_groups(catalog, [1, 2], ["strand"])]
    assert signs == ["\N{MINUS SIGN}", "unstranded"]


def test_the_title_is_the_field_that_tells_lanes_apart(catalog):
    assert lane_titles(catalog, [3, 4]) == [("Brain_Cortex", "+ strand"), ("Testis", "+ strand")]
    assert lane_titles(catalog, [0, 1]) == [
        ("t0", "+ strand"),
        ("t1", "\N{MINUS SIGN} strand, splicing"),
    ]
    assert lane_titles(catalog, [2]) == [("K562", "")]
