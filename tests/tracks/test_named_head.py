"""A head at several resolutions: one list of tracks, the same selection everywhere."""

from __future__ import annotations

import pickle

import pytest

from locuscope.errors import InputError, NoTracksError, TrackMismatchError, UnknownNameError
from locuscope.tracks import NamedOutputHead
from tests.tracks.named_toy import named, outputs


class TestHeads:
    def test_all_resolutions_share_the_tracks(self):
        head = outputs().atac
        assert (list(head), head.resolutions(), 1 in head, 128 in head) == (
            [1, 2],
            (1, 2),
            True,
            False,
        )
        assert [r for r, _ in head.items()] == [1, 2]
        assert (head.num_tracks, len(head), head.tracks[0].track_name) == (3, 2, "a")
        assert repr(head) == "NamedOutputHead(output_name='atac', resolutions=[1, 2])"
        with pytest.raises(UnknownNameError, match=r"no resolution 128; it has \[1, 2\]"):
            head[128]

    def test_selecting_commutes_with_the_resolution(self):
        head = outputs().atac
        for resolution in head:
            assert head.select(strand="+")[resolution].equal(head[resolution].select(strand="+"))
        assert head.indices(strand="+") == [0, 2]
        assert head.mask(strand="-").tolist() == [False, True, False]
        with pytest.raises(NoTracksError, match="'atac' at 1bp, 2bp"):
            head.select(strand=".")
        assert head.select(strand=".", allow_empty=True).num_tracks == 0

    def test_a_selection_shares_its_metadata_between_resolutions(self):
        for head in (outputs().atac, outputs().atac.select(strand="+"), outputs().atac.to("meta")):
            assert head[1].table is head[2].table
            assert head[1].tracks is head[2].tracks is head.tracks

    def test_it_survives_pickling_and_moving(self):
        head = outputs().atac.select(strand="+")
        again = pickle.loads(pickle.dumps(head))  # noqa: S301
        assert all(again[r].equal(head[r]) for r in (1, 2))
        assert head.to("meta")[2].tensor.device.type == "meta"
        assert head.to("cpu").raw is head.raw

    def test_padding_is_stripped_unless_asked_for(self):
        assert outputs(padded=2).atac.num_tracks == 3
        full = outputs(padded=2, include_padding=True)
        assert full.atac.num_tracks == 5
        assert full.atac.padding_mask().tolist() == [True] * 3 + [False] * 2
        assert full.strip_padding().atac.strip_padding().num_tracks == 3
        assert tuple(full.as_dict()["atac"][1].shape) == (1, 4, 5)

    def test_tracks_that_differ_between_resolutions_are_refused(self):
        with pytest.raises(TrackMismatchError, match="'atac' at 1bp"):
            NamedOutputHead("atac", {128: named(), 1: named(track_names="xyz", resolution=1)})
        with pytest.raises(InputError, match="requires at least one resolution"):
            NamedOutputHead("atac", {})
