"""Named tensors: values and tracks move together, arithmetic checks identity."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import (
    NoTracksError,
    OptionError,
    OutOfBoundsError,
    ShapeError,
    TrackMismatchError,
    TrackQueryWarning,
    UnknownNameError,
    UnknownTrackFieldError,
    WrongTypeError,
)
from locuscope.genome.interval import Interval
from locuscope.tracks import NamedOutputs, NamedTrackTensor, TrackMetadata, TrackMetadataCatalog
from locuscope.tracks.track_metadata import KNOWN_FIELDS
from tests.tracks.named_toy import named, names, outputs


class TestMaking:
    def test_widths_must_agree(self):
        with pytest.raises(
            ShapeError, match=r"'atac' at 128bp has 3 tracks .* the metadata has 2"
        ) as caught:
            named(track_names="ab")
        assert (caught.value.found, caught.value.expected) == (3, 2)

    def test_one_interval_per_example(self):
        place = Interval("1", 0, 128)
        assert named(intervals=[place]).interval == place
        assert named().interval is None
        with pytest.raises(ShapeError, match="2 intervals for 1 examples"):
            named(intervals=[place, place])

    def test_it_is_frozen_and_compares_by_identity(self):
        tensor = named()
        with pytest.raises(FrozenInstanceError, match="resolution"):
            tensor.resolution = 1
        with pytest.raises(FrozenInstanceError):
            del tensor.tensor
        assert (tensor == named()) is False
        assert tensor.equal(named())
        assert not tensor.equal(named(track_names="abx"))
        assert not tensor.equal(named((1.0, 2.0, 4.0)))
        assert len({tensor, tensor}) == 1

    def test_it_survives_pickling(self):
        part = named(intervals=[Interval("1", 0, 128)])[[2, 0]]
        again = pickle.loads(pickle.dumps(part))  # noqa: S301
        assert again.equal(part)
        assert [t.source_index for t in again.tracks] == [2, 0]
        assert again.interval == part.interval

    def test_values_are_a_tensor(self):
        for values in (np.ones((2, 1)), [[1.0]], None):
            with pytest.raises(WrongTypeError, match=r"values of 'x' are a .* torch\.as_tensor"):
                NamedTrackTensor(values, (), "x", 1)

    def test_the_track_axis(self):
        tracks = [TrackMetadata(i, "a", 0, n) for i, n in enumerate("xyz")]
        first = NamedTrackTensor(torch.arange(6.0).reshape(1, 3, 2), tracks, "a", 1, track_axis=1)
        assert first.select(track_name="y").tensor.tolist() == [[[2.0, 3.0]]]
        flat = NamedTrackTensor(torch.arange(3.0), tracks, "a", 1, track_axis=1)
        assert flat[1].tensor.tolist() == [1.0]
        with pytest.raises(OptionError, match="track_axis is 0"):
            NamedTrackTensor(torch.zeros(3), tracks, "a", 1, track_axis=0)

    def test_metadata_objects_are_made_on_first_use_only(self):
        tensor = named().select(track_name=["a", "b"])
        tensor.mask(track_name="a")
        assert "tracks" not in vars(tensor.table)
        assert tensor.tracks is tensor.tracks


class TestChoosing:
    def test_indices_mask_and_select_agree(self):
        tensor = named()
        assert tensor.indices(track_name=["c", "a"]) == [0, 2]
        mask = tensor.mask(track_name="b")
        assert (mask.tolist(), mask.dtype) == ([False, True, False], torch.bool)
        assert str(tensor.mask(device="meta").device) == "meta"
        chosen = tensor.select(track_name=["c", "a"])
        assert (names(chosen), chosen.tensor.tolist()) == (["a", "c"], [[[1.0, 3.0]]])
        assert [t.track_index for t in chosen.tracks] == [0, 1]
        assert [t.source_index for t in chosen.tracks] == [0, 2]

    def test_a_predicate_sees_only_what_passed_the_criteria(self):
        seen = []

        def odd(track):
            seen.append(track.track_name)
            return track.track_index

        assert names(named().select(predicate=odd, track_name=["a", "b"])) == ["b"]
        assert seen == ["a", "b"]
        with pytest.raises(TypeError, match="'str' object is not callable"):
            named().select(predicate="x")

    def test_missing_and_any_of(self):
        atac = outputs().atac[1]
        assert atac.indices(biosample_type=None) == [2]
        assert atac.indices(biosample_type=["tissue", None]) == [0, 2]
        assert atac.indices(biosample_type=()) == []
        assert atac.indices(strand=np.array(["+"])) == [0, 2]
        assert atac.indices(track_index=frozenset({0, 2})) == [0, 2]

    def test_nothing_left_is_an_error_or_an_empty_tensor(self):
        with pytest.raises(
            NoTracksError, match=r"for output 'atac' at 128bp\. track_name is never 'z'"
        ):
            named().select(track_name="z")
        empty = named().select(track_name="z", allow_empty=True)
        assert (empty.num_tracks, tuple(empty.shape)) == (0, (1, 1, 0))
        assert list(empty.to_dataframe().columns) == list(KNOWN_FIELDS)
        with pytest.raises(NoTracksError, match="an empty collection"):
            named().select(track_name=[])
        with pytest.raises(NoTracksError, match="The predicate refused"):
            named().select(predicate=lambda track: False)

    def test_fields_that_no_track_has(self):
        with pytest.raises(UnknownTrackFieldError, match="Did you mean 'strand'"):
            named().indices(strnad="+")
        assert named().indices(histone_mark="H3K27ac") == []
        with pytest.warns(TrackQueryWarning, match="No track has a field 'depth'"):
            assert named().indices(depth=None) == [0, 1, 2]

    def test_none_on_a_complete_yes_no_field_means_false(self):
        rows = [
            {"output_type": "tf", "genetically_modified": flag} for flag in (True, False, False)
        ]
        built = TrackMetadataCatalog.from_rows(rows)
        raw = {"tf": {128: torch.zeros(1, 1, 3)}}
        tensor = NamedOutputs.from_raw(raw, catalog=built).tf[128]
        with pytest.warns(
            TrackQueryWarning, match=r"all 3 tracks \(False 2, True 1\); None was read as False"
        ):
            assert tensor.indices(genetically_modified=None) == [1, 2]
        assert tensor.indices(genetically_modified=[None]) == []
        raw = {"tf": {128: torch.zeros(1, 1, 4)}}
        padded = NamedOutputs.from_raw(raw, catalog=built, include_padding=True).tf[128]
        assert padded.indices(genetically_modified=None) == [3]

    @pytest.mark.parametrize(
        ("key", "expected"),
        [
            (0, "a"),
            (-1, "c"),
            (slice(1, None), "bc"),
            ([2, 0], "ca"),
            ([True, False, True], "ac"),
            (torch.tensor([False, True, False]), "b"),
            (np.array([1, 1]), "bb"),
            ("b", "b"),
            ([], ""),
        ],
    )
    def test_indexing_keeps_the_track_axis(self, key, expected):
        part = named()[key]
        assert "".join(names(part)) == expected
        assert part.tensor.reshape(-1).tolist() == [" abc".index(n) for n in expected]

    def test_bad_keys(self):
        with pytest.raises(OutOfBoundsError, match="Track 3 is outside the 3 tracks"):
            named()[3]
        with pytest.raises(UnknownNameError, match="No track is named 'z'"):
            named()["z"]
        with pytest.raises(ShapeError, match=r"mask of shape \(2,\) does not fit 3"):
            named()[[True, False]]
        with pytest.raises(WrongTypeError, match=r"got 1\.5"):
            named()[1.5]

    def test_iteration_pairs_tracks_with_values(self):
        pairs = [(track.track_name, values.tolist()) for track, values in named()]
        assert pairs == [("a", [[1.0]]), ("b", [[2.0]]), ("c", [[3.0]])]

    def test_gradients_reach_the_chosen_channels_only(self):
        x = torch.ones(1, 1, 3, requires_grad=True)
        tensor = NamedTrackTensor(x, named().tracks, "atac", 1)
        tensor.select(track_name="b").tensor.sum().backward()
        assert x.grad.tolist() == [[[0.0, 1.0, 0.0]]]

    def test_padding(self):
        tensor = named(track_names=("a", "Padding", "c"))
        assert tensor.padding_mask().tolist() == [True, False, True]
        stripped = tensor.strip_padding()
        assert names(stripped) == ["a", "c"]
        assert stripped.strip_padding() is stripped
        assert named(track_names=("padding",) * 3).strip_padding().num_tracks == 0


keys = st.one_of(
    st.lists(st.integers(0, 5), max_size=6),
    st.lists(st.booleans(), min_size=6, max_size=6),
    st.slices(6),
)


def six():
    tensor = torch.arange(6.0).expand(2, 3, 6).clone()
    tracks = [TrackMetadata(i, "atac", 0, f"t{i % 4}", {"strand": "+-."[i % 3]}) for i in range(6)]
    return NamedTrackTensor(tensor, tracks, "atac", 1)


class TestLaws:
    @given(st.sets(st.sampled_from("+-.")), st.sets(st.sampled_from(["t0", "t1", "t2", "t3"])))
    def test_selecting_twice_is_selecting_both(self, strands, track_names):
        once = six().select(strand=strands, track_name=track_names, allow_empty=True)
        twice = six().select(strand=strands, allow_empty=True)
        twice = twice.select(track_name=track_names, allow_empty=True)
        assert once.equal(twice)

    @given(keys, st.sampled_from("+-."))
    def test_values_always_belong_to_their_channel(self, key, strand):
        part = six()[key].select(strand=strand, allow_empty=True)
        for done in (part, part * 1, part.strip_padding(), 0 - -part):
            channels = [float(track.source_index) for track in done.tracks]
            assert done.tensor[0, 0].tolist() == channels
            assert [t.track_index for t in done.tracks] == list(range(len(done)))

    @given(st.permutations(range(6)))
    def test_align_undoes_a_shuffle(self, order):
        tensor = six()
        shuffled = tensor[order]
        assert shuffled.align(tensor).equal(tensor)
        assert (shuffled.align(tensor) - tensor).tensor.abs().sum() == 0
        if list(order) != list(range(6)):
            with pytest.raises(TrackMismatchError, match="align"):
                shuffled - tensor

    @given(st.sets(st.sampled_from("+-.")))
    def test_indices_are_the_places_of_the_mask(self, strands):
        tensor = six()
        mask = tensor.mask(strand=strands)
        assert tensor.indices(strand=strands) == mask.nonzero().flatten().tolist()


class TestLeaving:
    def test_arrays_and_dtypes(self):
        half = named().with_tensor(named().tensor.bfloat16())
        assert half.numpy().dtype == np.float32
        assert np.asarray(named()).tolist() == [[[1.0, 2.0, 3.0]]]
        assert half.float().tensor.dtype == torch.float32
        grad = named().with_tensor(torch.ones(1, 1, 3, requires_grad=True))
        assert not grad.detach().tensor.requires_grad
        assert named().to("meta").tensor.device.type == "meta"
        assert named().cpu().equal(named())

    def test_metadata_leaves_as_frames_and_rows(self):
        tensor = outputs().atac[1]
        assert tensor.to_dataframe()["track_name"].tolist() == ["a", "b", "c"]
        assert tensor.to_polars()["strand"].to_list() == ["+", "-", "+"]
        assert tensor.to_rows()[2] == {
            "track_index": 2,
            "output_name": "atac",
            "organism": 0,
            "track_name": "c",
            "strand": "+",
        }
        assert tensor.column("biosample_type") == ["tissue", "cell_line", None]
        assert tensor.column("histone_mark") == [None] * 3

    def test_markup_in_a_name_is_shown_as_text(self):
        hostile = named(track_names=("<img src=x onerror=alert(1)>", "&", '"'))
        html = hostile._repr_html_()
        assert "<img" not in html
        assert "&lt;img src=x onerror=alert(1)&gt;" in html
        many = named(range(12), [f"t{i}" for i in range(12)])
        assert "t9" in many._repr_html_()
        assert "t10" not in many._repr_html_()
