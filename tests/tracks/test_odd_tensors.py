"""No track, one track, padding only, other axes, other number types and other devices."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
import torch

from locuscope.errors import NoTracksError, ShapeError, TrackMismatchError
from locuscope.tracks import (
    NamedOutputHead,
    NamedOutputs,
    NamedTrackTensor,
    TrackMetadata,
    TrackMetadataCatalog,
)
from locuscope.tracks.track_metadata import KNOWN_FIELDS

needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")


def tracks(n_tracks, names=None):
    given = names or [f"t{i}" for i in range(n_tracks)]
    return [TrackMetadata(i, "atac", 0, given[i], {"strand": "+-"[i % 2]}) for i in range(n_tracks)]


def catalog(n_tracks):
    return TrackMetadataCatalog({0: {"atac": tuple(tracks(n_tracks))}})


class TestZeroTracks:
    @pytest.fixture
    def empty(self):
        return NamedTrackTensor(torch.zeros(2, 5, 0), [], "atac", 1)

    def test_everything_works_on_nothing(self, empty):
        assert (len(empty), empty.num_tracks, empty.tracks, list(empty)) == (0, 0, (), [])
        assert empty.indices(strand="+") == []
        assert tuple(empty.mask(strand="+").shape) == (0,)
        assert tuple(empty.padding_mask().shape) == (0,)
        assert empty.strip_padding() is empty
        assert tuple((empty * 2 - empty).shape) == (2, 5, 0)
        assert tuple(empty[[]].shape) == tuple(empty[:].shape) == (2, 5, 0)
        assert tuple(empty.align(empty).shape) == (2, 5, 0)
        assert empty.equal(pickle.loads(pickle.dumps(empty)))  # noqa: S301
        assert "0 tracks" in repr(empty)
        assert "<table>" in empty._repr_html_()

    def test_columns_stay(self, empty):
        for frame in (empty.to_dataframe(), empty.to_polars()):
            assert list(frame.columns) == list(KNOWN_FIELDS)
            assert len(frame) == 0
        assert empty.to_rows() == []

    def test_selecting_says_that_there_is_nothing(self, empty):
        with pytest.raises(NoTracksError, match="There is no track to choose strand '\\+' from"):
            empty.select(strand="+")
        assert empty.select(strand="+", allow_empty=True).num_tracks == 0
        assert empty.select(allow_empty=True).num_tracks == 0

    def test_outputs_without_heads(self):
        out = NamedOutputs.from_raw({"other": 1}, catalog=TrackMetadataCatalog())
        assert (out.heads(), out.indices(), tuple(out.mask().shape)) == ([], [], (0,))
        assert list(out.to_dataframe().columns) == list(KNOWN_FIELDS)
        assert out.select(allow_empty=True).num_tracks == 0
        with pytest.raises(ValueError, match="No tracks matched filters across any outputs"):
            out.select()


def test_one_track():
    one = NamedTrackTensor(torch.ones(1, 3, 1), tracks(1), "atac", 1)
    assert one.select(strand="+").equal(one)
    assert one[0].equal(one)
    assert one["t0"].equal(one)
    assert one[-1].equal(one)
    assert (one + one).tensor.sum() == 6
    assert one.select(strand="-", allow_empty=True).num_tracks == 0


def test_padding_only():
    out = NamedOutputs.from_raw({"procap": {128: torch.ones(1, 2, 4)}}, catalog=catalog(3))
    assert tuple(out.procap[128].shape) == (1, 2, 0)
    assert out.procap.num_tracks == 0
    full = NamedOutputs.from_raw({"procap": {128: torch.ones(1, 2, 4)}}, include_padding=True)
    assert full.procap.padding_mask().tolist() == [False] * 4
    assert full.procap.select(track_name="Padding").num_tracks == 4
    assert full.procap[128].strip_padding().num_tracks == 0
    assert full.strip_padding().procap.strip_padding().num_tracks == 0


class TestAxes:
    def test_channels_first(self):
        raw = torch.arange(24.0).reshape(2, 3, 4)
        out = NamedOutputs.from_raw({"atac": {1: raw}}, catalog=catalog(3), channels_last=False)
        tensor = out.atac[1]
        chosen = tensor.select(strand="+")
        assert torch.equal(chosen.tensor, raw[:, [0, 2]])
        assert torch.equal((tensor[1] * 2).tensor, raw[:, 1:2] * 2)
        assert [values.shape for _, values in tensor] == [(2, 4)] * 3
        assert torch.equal(tensor[[2, 0, 1]].align(tensor).tensor, raw)
        assert tuple(tensor.select(track_name="z", allow_empty=True).shape) == (2, 0, 4)

    def test_tensors_of_both_orders_are_not_equal(self):
        square = torch.zeros(1, 3, 3)
        last = NamedTrackTensor(square, tracks(3), "atac", 1)
        first = NamedTrackTensor(square, tracks(3), "atac", 1, track_axis=1)
        assert not last.equal(first)
        other = NamedTrackTensor(torch.zeros(1, 2, 3), tracks(2), "atac", 1, track_axis=1)
        assert not other.equal(NamedTrackTensor(torch.zeros(1, 2, 3), tracks(3), "atac", 1))

    def test_tensors_of_both_orders_are_not_combined(self):
        square = torch.arange(9.0).reshape(1, 3, 3)
        last = NamedTrackTensor(square, tracks(3), "atac", 1)
        first = NamedTrackTensor(square, tracks(3), "atac", 1, track_axis=1)
        with pytest.raises(TrackMismatchError, match="lie on axis -1 on the left and on axis -2"):
            last - first
        with pytest.raises(TrackMismatchError, match="lie on axis -2 on the left and on axis -1"):
            first + NamedTrackTensor(torch.ones(3), tracks(3), "atac", 1)
        flat = NamedTrackTensor(torch.ones(2, 3), tracks(3), "atac", 1, track_axis=1)
        assert (flat + NamedTrackTensor(torch.ones(3), tracks(3), "atac", 1)).tensor.sum() == 12

    @pytest.mark.parametrize("track_axis", [-1, 1])
    def test_one_dimension(self, track_axis):
        flat = NamedTrackTensor(torch.arange(3.0), tracks(3), "atac", 0, track_axis)
        assert flat.select(strand="+").tensor.tolist() == [0.0, 2.0]
        assert (flat - flat[:]).tensor.tolist() == [0.0] * 3
        assert [float(values) for _, values in flat] == [0.0, 1.0, 2.0]

    @pytest.mark.parametrize("channels_last", [True, False])
    def test_raw_tensors_of_one_dimension(self, channels_last):
        raw = {"atac": {0: torch.arange(3.0)}}
        out = NamedOutputs.from_raw(raw, catalog=catalog(3), channels_last=channels_last)
        assert out.atac[0].select(strand="-").tensor.tolist() == [1.0]

    @pytest.mark.parametrize("channels_last", [True, False])
    def test_two_dimensions(self, channels_last):
        raw = {"atac": {1: torch.arange(6.0).reshape(2, 3)}}
        out = NamedOutputs.from_raw(raw, catalog=catalog(3), channels_last=channels_last)
        assert out.atac[1].select(strand="-").tensor.tolist() == [[1.0], [4.0]]

    def test_a_number_has_no_tracks(self):
        for given in ([], tracks(1)):
            with pytest.raises(ShapeError, match=r"has 0 tracks on axis -1 \(shape \(\)\)"):
                NamedTrackTensor(torch.tensor(1.0), given, "atac", 1)


class TestNumbers:
    @pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
    def test_other_precisions(self, dtype):
        tensor = NamedTrackTensor(torch.ones(1, 2, 3, dtype=dtype), tracks(3), "atac", 1)
        assert tensor.select(strand="+").tensor.dtype == dtype
        assert (tensor * 2).tensor.dtype == dtype
        assert (tensor - tensor).tensor.dtype == dtype
        assert tensor.log1p().tensor.dtype == dtype
        assert tensor.float().tensor.dtype == torch.float32
        assert np.asarray(tensor).sum() == 6
        assert math.isclose(float(tensor.log1p().numpy()[0, 0, 0]), math.log(2), rel_tol=0.01)

    @pytest.mark.parametrize("dtype", [torch.uint8, torch.int16, torch.int64, torch.bool])
    def test_integers(self, dtype):
        values = torch.tensor([[[0, 1, 1]]]).to(dtype)
        tensor = NamedTrackTensor(values, tracks(3), "atac", 1)
        assert tensor.select(strand="-").tensor.tolist() == [[[1]]]
        assert tensor.select(strand="-").tensor.dtype == dtype
        assert (tensor / 2).tensor.tolist() == [[[0.0, 0.5, 0.5]]]
        assert (tensor > 0).tensor.tolist() == [[[False, True, True]]]
        assert tensor.numpy().dtype == torch.empty(0, dtype=dtype).numpy().dtype

    def test_arrays_that_torch_does_not_take(self):
        tensor = NamedTrackTensor(torch.ones(1, 2, 3), tracks(3), "atac", 1)
        backwards = np.arange(3.0, dtype=np.float32)[::-1]
        frozen = np.broadcast_to(np.float32(2), (2, 3))
        assert (tensor * backwards).tensor[0, 0].tolist() == [2.0, 1.0, 0.0]
        assert (frozen * tensor).tensor.tolist() == [[[2.0] * 3] * 2]
        assert (tensor * np.array(2.0)).tensor.dtype == torch.float32
        assert (tensor * np.float64(2.0)).tensor.dtype == torch.float32


class TestDevices:
    def test_meta(self):
        raw = {"atac": {1: torch.zeros(1, 4, 5, device="meta")}}
        out = NamedOutputs.from_raw(raw, catalog=catalog(3))
        chosen = out.atac.select(strand="+")
        assert (chosen.num_tracks, tuple(chosen[1].shape)) == (2, (1, 4, 2))
        assert chosen[1].tensor.device.type == "meta"
        assert (chosen[1] - chosen[1]).tensor.device.type == "meta"
        assert out.atac.mask(strand="+").device.type == "meta"
        assert out.mask(strand="+").device.type == "meta"
        assert out.atac.mask(strand="+", device="cpu").tolist() == [True, False, True]
        assert out.mask(strand="+", device="cpu").tolist() == [True, False, True]
        assert out.atac[1].padding_mask().device.type == "meta"
        assert out.to_dataframe()["track_name"].tolist() == ["t0", "t1", "t2"]
        assert "meta" not in repr(out.atac[1])

    @needs_cuda
    def test_cuda(self):
        raw = {"atac": {1: torch.arange(5.0, device="cuda").expand(1, 4, -1).clone()}}
        out = NamedOutputs.from_raw(raw, catalog=catalog(3))
        chosen = out.atac[1].select(strand="+")
        assert chosen.tensor[0, 0].tolist() == [0.0, 2.0]
        assert chosen.tensor.device.type == "cuda"
        for mask in (out.mask(strand="+"), out.atac.mask(), out.atac[1].padding_mask()):
            assert mask.device.type == "cuda"
        loss = (chosen * np.ones(2, np.float32) - 1).tensor.sum()
        assert loss.device.type == "cuda"
        assert out.atac[1][out.atac[1].mask(strand="-")].column("track_name") == ["t1"]
        assert out.to("cpu").atac[1].tensor.device.type == "cpu"
        assert chosen.cpu().equal(out.to("cpu").atac[1].select(strand="+"))
        assert np.asarray(chosen)[0, 0].tolist() == [0.0, 2.0]

    def test_moving_keeps_everything_else(self):
        out = NamedOutputs.from_raw({"atac": {1: torch.ones(1, 2, 3)}}, catalog=catalog(3))
        moved = out.to("meta")
        assert isinstance(moved.atac, NamedOutputHead)
        assert moved.atac.raw is out.atac.raw
        assert moved.atac[1].column("track_name") == ["t0", "t1", "t2"]
