"""The column store: selections share columns, keep channels and know who is who."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from dataclasses import FrozenInstanceError

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


def test_a_pickled_table_is_recognised_in_another_process(tmp_path):
    """Text hashes differ between processes, so what was cached here must not travel."""
    whole = TrackMetadataCatalog.load_builtin("human").table("procap")
    assert whole.fingerprint.size
    path = tmp_path / "table.pickle"
    path.write_bytes(pickle.dumps(whole))
    code = (
        "import pickle, sys\n"
        "from locuscope.tracks import TrackMetadataCatalog\n"
        "own = TrackMetadataCatalog.load_builtin('human').table('procap')\n"
        "sent = pickle.loads(open(sys.argv[1], 'rb').read())\n"
        "assert sent == own\n"
        "print((sent.fingerprint == own.fingerprint).all())\n"
    )
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", code, str(path)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == "True"


def test_the_objects_of_a_selection_are_those_made_by_hand():
    """Built without the checks of the constructor, they must not differ in anything."""
    rows = np.array([4, 1, 4], np.int64)
    viewed = table().take(rows).tracks
    for place, (row, track) in enumerate(zip(rows.tolist(), viewed, strict=True)):
        extras = {"strand": "+-."[row % 3], "nonzero_mean": float(row)}
        made = TrackMetadata(place, "atac", 0, f"t{row}", extras)
        assert track == made
        assert hash(track) == hash(made)
        assert repr(track) == repr(made)
        assert track.source_index == row
        again = pickle.loads(pickle.dumps(track))  # noqa: S301
        assert (again, again.source_index) == (track, row)
        with pytest.raises(TypeError):
            track.extras["strand"] = "+"
        with pytest.raises(FrozenInstanceError):
            track.organism = 1


def test_a_field_that_is_missing_on_a_selection_is_left_out():
    rows = [{"output_type": "a", "x": None}, {"output_type": "a", "x": 3}]
    built = TrackMetadataCatalog.from_rows(rows).table("a")
    assert [dict(track.extras) for track in built.tracks] == [{}, {"x": 3}]
    assert dict(built.take(np.array([0])).tracks[0].extras) == {}
    assert built.take(np.array([], np.int64)).tracks == ()


def test_a_small_part_of_a_long_list_of_values_brings_its_own_values_only():
    rows = [{"output_type": "a", "track_name": f"t{k}"} for k in range(50)]
    part = TrackMetadataCatalog.from_rows(rows).table("a").take(np.array([7, 9]))
    both = TrackTable.concat([part, table(1)])
    assert both.column_store("track_name").values == ("t7", "t9", "t0")
