from __future__ import annotations

import pytest
import torch

from locuscope.errors import OptionError, ShapeError, UnknownNameError, WrongTypeError
from locuscope.models.protocol import (
    HeadSpec,
    InputSpec,
    SequenceModel,
    check_window,
    refuse_extras,
    wanted_keys,
)


def test_head_spec_keeps_its_fields_and_is_frozen():
    head = HeadSpec("atac", [1, 128], 4, "track", "nonnegative", "sum", 64, [1, 0, 2, 3])
    assert head.resolutions_bp == (1, 128)
    assert head.strand_pair == (1, 0, 2, 3)
    assert head.keys == (1, 128)
    with pytest.raises(AttributeError):
        head.name = "other"


def test_head_without_resolution_has_the_key_zero_and_one_position():
    head = HeadSpec("site", (), 3, kind="scalar")
    assert head.keys == (0,)
    assert head.length_out(512, 0) == 1


@pytest.mark.parametrize(
    ("length", "resolution", "crop", "expected"),
    [(1280, 128, 0, 10), (1281, 128, 0, 11), (15_000, 1, 5_000, 5_000), (1280, 128, 128, 8)],
)
def test_length_out_counts_bins_after_both_crops(length, resolution, crop, expected):
    head = HeadSpec("h", (resolution,), 1, crop_bp=crop)
    assert head.length_out(length, resolution) == expected


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"name": ""}, WrongTypeError, "non-empty text"),
        ({"name": 3}, WrongTypeError, "HeadSpec.name"),
        ({"kind": "tracks"}, OptionError, "contact"),
        ({"value_range": "positive"}, OptionError, "nonnegative"),
        ({"bin_reduction": "max"}, OptionError, "mean, sum"),
        ({"num_tracks": 0}, OptionError, "at least 1"),
        ({"num_tracks": True}, WrongTypeError, "whole number"),
        ({"num_tracks": 2.5}, WrongTypeError, "2.5"),
        ({"crop_bp": -1}, OptionError, "-1"),
        ({"resolutions_bp": (0,)}, OptionError, "at least 1"),
        ({"resolutions_bp": (1, 1)}, OptionError, "twice"),
        ({"strand_pair": (0, 1, 1)}, OptionError, "both ways"),
        ({"strand_pair": (1, 2, 0)}, OptionError, "both ways"),
        ({"strand_pair": (0, 1)}, OptionError, "0..2"),
    ],
)
def test_head_spec_refuses_contradictions(change, error, words):
    fields = {"name": "h", "resolutions_bp": (1,), "num_tracks": 3} | change
    with pytest.raises(error, match=words):
        HeadSpec(**fields)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "rna"}, "dna, array"),
        ({"anchor": "middle"}, "start, end"),
        ({"strand": "."}, "must be one of"),
        ({"axes": "LNA"}, "NAL, NLA"),
        ({"length_bp": 0}, "at least 1"),
    ],
)
def test_input_spec_refuses_contradictions(change, words):
    with pytest.raises(OptionError, match=words):
        InputSpec(**{"name": "donor", "length_bp": 400} | change)


def test_input_spec_takes_a_negative_offset():
    assert InputSpec("acceptor", length_bp=400, offset_bp=-300).offset_bp == -300


SPECS = {"atac": HeadSpec("atac", (1, 128), 2), "site": HeadSpec("site", (), 1)}


@pytest.mark.parametrize(
    ("heads", "resolutions", "expected"),
    [
        (None, None, {"atac": (1, 128), "site": (0,)}),
        (["atac"], None, {"atac": (1, 128)}),
        (None, (128,), {"atac": (128,)}),
        (["site", "atac"], (0, 1), {"atac": (1,), "site": (0,)}),
    ],
)
def test_wanted_keys(heads, resolutions, expected):
    assert wanted_keys(SPECS, heads, resolutions) == expected


def test_wanted_keys_names_the_closest_head():
    with pytest.raises(UnknownNameError, match="'atac'") as caught:
        wanted_keys(SPECS, ["atack"], None)
    assert caught.value.closest == ("atac",)


def test_wanted_keys_refuses_an_empty_answer():
    with pytest.raises(UnknownNameError, match="there are"):
        wanted_keys(SPECS, None, (64,))


def test_refuse_extras():
    refuse_extras("net", 0, None)
    with pytest.raises(OptionError, match="one organism"):
        refuse_extras("net", 1, None)
    with pytest.raises(OptionError, match="regions must be None"):
        refuse_extras("net", 0, [(0, 1)])


def test_check_window_says_both_numbers():
    check_window(512, window_bp=512, minimum_bp=1, name="net")
    with pytest.raises(ShapeError, match=r"512 bases; got 500"):
        check_window(500, window_bp=512, minimum_bp=1, name="net")
    with pytest.raises(ShapeError, match=r"at least 10,001 bases; got 2,000"):
        check_window(2_000, window_bp=None, minimum_bp=10_001, name="net")


def test_any_object_with_the_members_is_a_sequence_model():
    class Tiny:
        name, digest, window_bp, default_width_bp = "tiny", "0", 4, None
        inputs, heads, catalog, scores = (InputSpec("s"),), SPECS, None, {}

        def check_length(self, length_bp): ...

        def run(self, one_hot, **_):
            return {"site": {0: torch.zeros(len(one_hot), 1, 1)}}

    assert isinstance(Tiny(), SequenceModel)
    assert not isinstance(object(), SequenceModel)
