"""Every recorded query on the published catalogues gives the recorded tracks, values and errors.

`ours` of a case goes before `expect`: there the rules of this package differ on purpose.
"""

from __future__ import annotations

import builtins
import hashlib
import json
from pathlib import Path

import pytest
import torch

from locuscope.errors import TrackQueryWarning, UnknownTrackFieldError
from locuscope.tracks import NamedOutputs
from locuscope.tracks.track_metadata import KNOWN_FIELDS
from tests.tracks.stand_in import SHARED

GOLDEN = json.loads((Path(__file__).parent / "data" / "queries.json").read_text("utf-8"))
CASES = {case["id"]: case for case in GOLDEN["cases"]}
PREDICATES = {
    "lambda t: 'liver' in (t.get('biosample_name') or '').lower()": (
        lambda t: "liver" in (t.get("biosample_name") or "").lower()
    ),
    "lambda t: (t.get('nonzero_mean') or 0) > 1.0": lambda t: (t.get("nonzero_mean") or 0) > 1.0,
}
COLLECTIONS = {"tuple": tuple, "set": set, "frozenset": frozenset}
# Queries whose answer names tracks of the published mouse table.
OF_THE_MOUSE_TABLE = {"q33"}


def sha(items, joint=","):
    return hashlib.sha256(joint.join(map(str, items)).encode()).hexdigest()


def assert_list(found, recorded, joint=","):
    """A list against its recording: all values, or its ends, and the sha256 of all."""
    assert len(found) == recorded["n"]
    assert sha(found, joint) == recorded["sha256"]
    if "values" in recorded:
        assert found == recorded["values"]
    else:
        n_first, n_last = len(recorded["first"]), len(recorded["last"])
        assert found[:n_first] == recorded["first"]
        assert found[-n_last:] == recorded["last"]


@pytest.fixture
def outputs(both_organisms):
    """Raw tensors whose values are channel + 1000 * resolution, named."""

    def named(organism, *, include_padding=False):
        raw = {}
        for name, width in GOLDEN["widths"].items():
            resolutions = [1, 128] if name in GOLDEN["two_resolutions"] else [128]
            raw[name] = {
                r: (torch.arange(float(width)) + 1000 * r).expand(1, 256 // r, width).clone()
                for r in resolutions
            }
        raw["contact_maps"] = torch.arange(28.0).expand(1, 1, 1, 28).clone()
        raw["splice_sites"] = {"probs": torch.zeros(1, 256, 5)}
        return NamedOutputs.from_raw(
            raw, organism=organism, catalog=both_organisms, include_padding=include_padding
        )

    return named


def options_of(query):
    criteria = dict(query.get("criteria", {}))
    for kind, make in COLLECTIONS.items():
        for field in query.get(kind, ()):
            criteria[field] = make(criteria[field])
    if "predicate" in query:
        criteria["predicate"] = PREDICATES[query["predicate"]]
    return criteria


def run(query, target):
    """The answer to a recorded query."""
    operation, options = query["op"], options_of(query)
    if operation == "num_tracks":
        return target.num_tracks
    if operation == "columns":
        return target.to_dataframe()
    if query.get("allow_empty"):
        options["allow_empty"] = True
    return getattr(target, operation)(**options)


def target_of(query, out):
    if query["target"] == "outputs":
        return out
    head = out.head(query["target"])
    return head if query["resolution"] is None else head[query["resolution"]]


def assert_selection(found, expect):
    finest = found[found.resolutions()[-1]] if hasattr(found, "resolutions") else found
    assert found.num_tracks == expect["num_tracks"]
    assert list(finest.shape) == expect["shape"]
    names = [track.track_name for track in finest.tracks]
    assert_list(names, expect["track_names"], "\n")
    channels = [track.source_index for track in finest.tracks]
    assert_list(channels, expect["source_channels"])
    # Values and metadata moved together.
    assert finest.tensor[0, 0].tolist() == [c + 1000.0 * finest.resolution for c in channels]
    assert [track.track_index for track in finest.tracks] == list(range(len(finest)))


def assert_across(found, expect):
    """The recording knows the seven coverage heads; maps and splice heads come after them."""
    keys = [tuple(key) for key in expect["keys"]]
    assert list(found)[: len(keys)] == keys
    assert {name for name, _ in list(found)[len(keys) :]} <= {"contact_maps", "splice_sites"}
    assert [found[key].num_tracks for key in keys] == expect["num_tracks"]
    # Every position holds the same numbers; the recording sums one of them.
    assert [float(found[key].tensor[0, 0].double().sum()) for key in keys] == expect["channel_sums"]
    for key in keys:
        assert torch.equal(found[key].tensor[0, -1], found[key].tensor[0, 0])


def assert_frame(found, expect):
    assert list(found.columns) == list(KNOWN_FIELDS)
    assert set(expect["columns"]) <= set(KNOWN_FIELDS)
    assert len(found) == expect["rows"]
    assert {name: int(found[name].isna().sum()) for name in expect["columns"]} == expect[
        "null_counts"
    ]


@pytest.mark.parametrize("name", CASES)
def test_recorded_answers(name, outputs):
    case = CASES[name]
    query, expect, ours = case["query"], case["expect"], case.get("ours", {})
    if name in OF_THE_MOUSE_TABLE and not SHARED.is_dir():
        pytest.skip("the published mouse table is not here")
    out = outputs(query["organism"], include_padding=query.get("include_padding", False))
    target = target_of(query, out)
    if "warns" in ours:
        with pytest.warns(TrackQueryWarning, match="None was read as False"):
            found = run(query, target)
        same = target.indices(**ours["same_indices_as_criteria"])
        assert [track.source_index for track in found.tracks] == same
        assert found.num_tracks == ours["num_tracks"]
    elif "num_tracks" in ours:
        assert run(query, target) == ours["num_tracks"]
    elif "no_such_field" in query.get("criteria", {}):
        check_unknown_field(query, target, expect)
    elif "raises" in expect:
        with pytest.raises(getattr(builtins, expect["raises"])) as caught:
            run(query, target)
        assert str(caught.value).startswith(expect["message"])
    else:
        check_answer(query, run(query, target), expect, target)


def check_unknown_field(query, target, expect):
    """A value asked of an unknown field is an error; asked to be missing, a warning."""
    if "raises" in expect:
        with pytest.raises(UnknownTrackFieldError, match="No track has a field 'no_such_field'"):
            run(query, target)
        assert issubclass(UnknownTrackFieldError, getattr(builtins, expect["raises"]))
    else:
        with pytest.warns(TrackQueryWarning, match="matches every track"):
            assert_list(run(query, target), expect["indices"])


def check_answer(query, found, expect, target):
    if query["op"] == "num_tracks":
        assert found == expect["num_tracks"]
    elif query["op"] == "columns":
        assert_frame(found, expect)
    elif query["op"] == "indices":
        assert_list(found, expect["indices"])
    elif query["op"] == "mask":
        assert (len(found), str(found.dtype)) == (expect["length"], expect["dtype"])
        assert_list(found.nonzero().flatten().tolist(), expect["mask_true"])
    elif query["op"] == "padding_mask":
        assert (int(found.sum()), len(found)) == (expect["n_true"], expect["length"])
        assert str(found.dtype) == expect["dtype"]
    elif query["op"] == "strip_padding":
        assert found.num_tracks == expect["num_tracks"]
        assert (found is target) is expect["same_object"]
    elif query["target"] == "outputs":
        assert_across(found, expect)
    else:
        assert_selection(found, expect)


def test_the_recording_holds_every_kind_of_query():
    assert len(CASES) == 43
    assert {case["query"]["op"] for case in CASES.values()} == {
        "columns",
        "indices",
        "mask",
        "num_tracks",
        "padding_mask",
        "select",
        "strip_padding",
    }
