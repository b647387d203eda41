"""The column store: selections share columns, keep channels and know who is who."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import UnknownTrackFieldError
from locuscope.tracks.metadata import TrackMetadata, TrackMetadataCatalog
from locuscope.tracks.track_metadata import KNOWN_FIELDS
from locuscope.tracks.track_table import TrackTable


def table(n=6):
    rows = [
        {
            "output_type": "atac",
            "track_name": f"t{i}",
            "strand": "+-."[i % 3],
            "nonzero_mean": float(i),
        }
        for i in range(n)
    ]
    return TrackMetadataCatalog.from_rows(rows).table()


@given(st.lists(st.integers(0, 5), max_size=8), st.lists(st.integers(0, 7), max_size=8))
def test_a_selection_of_a_selection(first, second):
    second = [row for row in second if row < len(first)]
    once = table().take(np.array(first, np.int64)).take(np.array(second, np.int64))
    expected = [first[row] for row in second]
    assert once.source_index.tolist() == expected
    assert once.track_index.tolist() == list(range(len(expected)))
    assert once.cells("track_name") == [f"t{row}" for row in expected]
    assert [t.source_index for t in once.tracks] == expected


def test_fields_stand_in_their_fixed_order():
    row = {"output_type": "a", "zzz": 1, "nonzero_mean": 1.0, "strand": "+", "aaa": 2}
    fields = TrackMetadataCatalog.from_rows([row]).table().fields
    assert fields == (*KNOWN_FIELDS[:5], "nonzero_mean", "zzz", "aaa")


def test_a_known_field_that_is_not_carried_is_missing_and_others_raise():
    assert table(2).cells("histone_mark") == [None, None]
    with pytest.raises(UnknownTrackFieldError, match="Available fields: track_index, output_name"):
        table().cells("nope")


def test_padding_up_to_a_width():
    padded = table(2).padded("atac", 0, 4)
    assert padded.is_padding.tolist() == [False, False, True, True]
    assert padded.source_index.tolist() == [0, 1, 2, 3]
    assert padded.cells("strand") == ["+", "-", None, None]


def test_tables_under_one_another():
    other = TrackMetadataCatalog.from_rows([{"output_type": "cage", "extra": "x"}]).table()
    both = TrackTable.concat([table(2), other])
    assert both.cells("output_name") == ["atac", "atac", "cage"]
    assert both.cells("extra") == [None, None, "x"]
    assert both.cells("nonzero_mean") == [0.0, 1.0, None]
    assert len(TrackTable.concat([])) == 0


def test_rows_leave_missing_fields_out():
    assert table(1).rows() == [
        {
            "track_index": 0,
            "output_name": "atac",
            "organism": 0,
            "track_name": "t0",
            "strand": "+",
            "nonzero_mean": 0.0,
        }
    ]
    assert table(3) == table(3)
    assert table(3) != table(2)
    assert table(1) != "table"


@pytest.mark.parametrize(
    "change",
    [
        {"track_name": "other"},
        {"output_name": "cage"},
        {"organism": 1},
        {"track_index": 3},
        {"extras": {"strand": "-"}},
        {"extras": {}},
    ],
)
def test_every_part_of_the_identity_is_in_the_fingerprint(change):
    given_parts = {
        "track_index": 0,
        "output_name": "atac",
        "organism": 0,
        "track_name": "t",
        "extras": {"strand": "+"},
    }
    one = TrackTable.from_tracks([TrackMetadata(**given_parts)])
    again = TrackTable.from_tracks([TrackMetadata(**given_parts)])
    other = TrackTable.from_tracks([TrackMetadata(**(given_parts | change))])
    assert one.fingerprint == again.fingerprint
    assert one.fingerprint != other.fingerprint


def test_other_extras_are_no_part_of_the_identity():
    parts = (0, "atac", 0, "t")
    one = TrackTable.from_tracks([TrackMetadata(*parts, {"depth": 1})])
    other = TrackTable.from_tracks([TrackMetadata(*parts, {"depth": 2})])
    assert one.fingerprint == other.fingerprint


def test_fingerprints_of_many_tracks_differ():
    prints = TrackMetadataCatalog.load_builtin("human").table().fingerprint
    assert len(np.unique(prints)) == len(prints)
