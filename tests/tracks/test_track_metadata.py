"""TrackMetadata: one track as a frozen value with lasting channel."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from locuscope.errors import InputError
from locuscope.tracks.metadata import TrackMetadata, TrackMetadataCatalog

ROWS = [
    {"output_type": "atac", "track_name": "a", "strand": "+", "biosample_type": "tissue"},
    {"output_type": "atac", "track_name": "b", "strand": "-", "biosample_type": "cell_line"},
    {"output_type": "atac", "track_name": "c", "strand": "+"},
]


def catalog():
    return TrackMetadataCatalog.from_rows(ROWS)


class TestTrackMetadata:
    def test_core_fields_and_extras_are_attributes(self):
        track = TrackMetadata(2, "atac", 0, "liver", {"strand": ".", "depth": 3})
        assert (track.track_index, track.strand, track.depth) == (2, ".", 3)
        assert track.to_dict() == {
            "track_index": 2,
            "output_name": "atac",
            "organism": 0,
            "track_name": "liver",
            "strand": ".",
            "depth": 3,
        }

    def test_a_missing_field_names_what_there_is(self):
        track = TrackMetadata(0, "atac", 0, "x", {"strand": "+"})
        with pytest.raises(AttributeError, match=r"no field 'zzz'. Available extras: \['strand'\]"):
            track.zzz
        with pytest.raises(AttributeError, match="Did you mean 'strand'"):
            track.strnad
        with pytest.raises(AttributeError, match="_hidden"):
            track._hidden

    def test_get_and_has(self):
        track = TrackMetadata(0, "padding", 0, "x", {"genetically_modified": False})
        assert track.get("genetically_modified") is False
        assert track.has("genetically_modified")
        assert track.get("extras") is None
        assert track.get("is_padding", "absent") == "absent"
        assert not track.has("strand")

    @pytest.mark.parametrize(
        ("name", "is_padding"),
        [("Padding", True), ("PADDING", True), ("padding ", False), ("pad", False)],
    )
    def test_padding_is_decided_by_the_name(self, name, is_padding):
        assert TrackMetadata(0, "a", 0, name).is_padding is is_padding

    def test_it_is_a_frozen_value(self):
        track = TrackMetadata(0, "atac", 0, "x", {"a": 1})
        assert track == TrackMetadata(0, "atac", 0, "x", {"a": 1})
        assert track != TrackMetadata(0, "atac", 0, "x", {"a": 2})
        assert len({track, TrackMetadata(0, "atac", 0, "x", {"a": 1})}) == 1
        with pytest.raises(FrozenInstanceError, match="track_name"):
            track.track_name = "y"
        with pytest.raises(FrozenInstanceError):
            del track.organism
        with pytest.raises(TypeError):
            track.extras["a"] = 2

    def test_copies_keep_the_channel(self):
        track = catalog().table("atac").take(np.array([2])).track(0)
        assert (track.track_index, track.source_index) == (0, 2)
        unpickled = pickle.loads(pickle.dumps(track))  # noqa: S301
        for again in (unpickled, copy.deepcopy(track)):
            assert again == track
            assert again.source_index == 2

    def test_extras_may_not_repeat_a_core_field(self):
        with pytest.raises(InputError, match="'organism'"):
            TrackMetadata(0, "atac", 0, "x", {"organism": 5})

    def test_repr_is_python(self):
        track = TrackMetadata(0, "atac", 0, "x", {"a": 1})
        assert repr(track) == "TrackMetadata(0, 'atac', 0, 'x', {'a': 1})"
