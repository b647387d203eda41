"""The recorded edge cases of named outputs, each one run and compared.

A case whose `ours` is "same" must give the recorded result or error. Every other case has its own
check in `OURS`, which asserts what its `ours` sentence demands.
"""

from __future__ import annotations

import builtins
import copy
import dataclasses
import json
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from locuscope.errors import InputError, TrackMismatchError, TrackQueryWarning
from locuscope.tracks import (
    NamedOutputHead,
    NamedOutputs,
    NamedTrackTensor,
    TrackMetadata,
    TrackMetadataCatalog,
)
from locuscope.tracks.track_metadata import KNOWN_FIELDS

PATH = Path(__file__).parent / "data" / "behaviours.json"
CASES = {case["id"]: case for case in json.loads(PATH.read_text("utf-8"))["cases"]}
ROWS = [
    {"output_type": "atac", "track_name": "a", "strand": "+", "biosample_type": "tissue"},
    {"output_type": "atac", "track_name": "b", "strand": "-", "biosample_type": "cell_line"},
    {"output_type": "atac", "track_name": "c", "strand": "+"},
]
# Recorded as "same"; on top of the recorded result, rows that are lost are warned about.
WARNS = {"get_tracks_truncate": "1 real tracks of output 'atac' were cut"}
# Python names the classes of both sides; the left one is ours.
OWN_WORDS = {"str_add": "unsupported operand type(s) for +: 'NamedTrackTensor' and 'str'"}


def named(values=(1, 2, 3), names="abc", dtype=torch.float32):
    """A (1, 1, n) tensor for atac at 128 bp, as the recording builds it."""
    tracks = tuple(TrackMetadata(i, "atac", 0, name) for i, name in enumerate(names))
    return NamedTrackTensor(
        torch.tensor(values, dtype=dtype).reshape(1, 1, -1), tracks, "atac", 128
    )


@pytest.fixture
def world(tmp_path, monkeypatch):
    """The names that the recorded expressions use; no mouse table is installed."""
    monkeypatch.delenv("LOCUSCOPE_CATALOGS", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    modules = {"torch": torch, "np": np, "pd": pd, "pickle": pickle, "copy": copy}
    nouns = (NamedOutputs, NamedOutputHead, NamedTrackTensor, TrackMetadata, TrackMetadataCatalog)
    return {
        **modules,
        **{noun.__name__: noun for noun in nouns},
        "NT": named,
        "rows": ROWS,
        "cat": TrackMetadataCatalog.from_rows(ROWS),
        "tmp": tmp_path,
    }


@pytest.fixture
def run(world):
    """Evaluate the expression of a case after its setup."""

    def evaluate(name):
        case = CASES[name]
        exec(case["setup"], world)  # noqa: S102 - the recorded line of the fixture
        return eval(case["expr"], world)  # noqa: S307 - the recorded line of the fixture

    return evaluate


def plain(value):
    """A result as the recording writes it down."""
    if isinstance(value, NamedTrackTensor):
        names = [track.track_name for track in value.tracks]
        return {"tensor": value.tensor.tolist(), "names": names, "dtype": str(value.tensor.dtype)}
    if isinstance(value, torch.Tensor):
        return {"tensor": value.tolist(), "dtype": str(value.dtype)}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def error_class(name):
    return getattr(builtins, name, None) or getattr(dataclasses, name)


# -- "same" -------------------------------------------------------------------------------------

SAME = [name for name, case in CASES.items() if case["ours"] == "same" and "raises" not in case]
SAME_ERRORS = [name for name, case in CASES.items() if case["ours"] == "same" and "raises" in case]


@pytest.mark.parametrize("name", SAME)
def test_the_recorded_result(name, run):
    recorded = CASES[name]["result"]
    if name in WARNS:
        with pytest.warns(TrackQueryWarning, match=WARNS[name]):
            found = run(name)
    else:
        found = run(name)
    is_text = isinstance(recorded, str) and not isinstance(found, str)
    assert (str(found) if is_text else plain(found)) == recorded


@pytest.mark.parametrize("name", SAME_ERRORS)
def test_the_recorded_error(name, run):
    case = CASES[name]
    with pytest.raises(error_class(case["raises"])) as caught:
        run(name)
    assert str(caught.value).startswith(OWN_WORDS.get(name, case["message"].strip('"')))


# -- ours ---------------------------------------------------------------------------------------


def refuses(error, words):
    """A check that the expression raises, with these words in the message."""

    def check(run):
        with pytest.raises(error, match=words) as caught:
            run()
        return caught.value

    return check


def other_tracks(run):
    error = refuses(TrackMismatchError, "track 0 is 'a' .* on the left and 'x'")(run)
    assert "align" in str(error)


def other_width(words):
    def check(run):
        error = refuses(TrackMismatchError, words)(run)
        assert isinstance(error, ValueError)

    return check


def gives(expected):
    def check(run):
        assert plain(run()) == expected

    return check


def pow_works(run):
    assert plain(run()) == {
        "tensor": [[[1.0, 4.0, 9.0]]],
        "names": ["a", "b", "c"],
        "dtype": "torch.float32",
    }


def gt_works(run):
    assert plain(run()) == {
        "tensor": [[[False, True, True]]],
        "names": ["a", "b", "c"],
        "dtype": "torch.bool",
    }


def equality_is_identity(run):
    assert run() is False
    one = named()
    assert (one == one) is True  # noqa: PLR0124 - identity is what is tested
    assert one.equal(named())
    assert not one.equal(named((1, 2, 4)))


def torch_function_refuses(run):
    refuses(TypeError, r"abs\(\): argument 'input' \(position 1\) must be Tensor")(run)
    assert abs(-named()).tensor.tolist() == [[[1.0, 2.0, 3.0]]]


def first_track(run):
    assert plain(run()) == {"tensor": [[[1.0]]], "names": ["a"], "dtype": "torch.float32"}


def renumbered_with_source(run):
    assert run() == [0, 1]
    assert [t.source_index for t in named().select(track_name=["b", "c"]).tracks] == [1, 2]


def hashable(run):
    assert run() == hash(TrackMetadata(0, "atac", 0, "x"))


def default_organisms(run):
    assert run() == [0]


def mouse_instructions(run):
    error = refuses(FileNotFoundError, "mouse track table is not installed")(run)
    assert "LOCUSCOPE_CATALOGS" in str(error)
    assert "locuscope/catalogs" in str(error).replace("\\", "/")


def all_are_heads(run):
    assert run() == ["NamedOutputHead"] * 3
    raw = {"splice_sites": {"probs": torch.zeros(1, 4, 5)}}
    out = NamedOutputs.from_raw(raw, organism=0, include_padding=True)
    assert out.as_dict() is raw
    assert isinstance(out.as_dict()["splice_sites"], dict)


def missing_head(run):
    error = refuses(KeyError, "No head 'zzz'")(run)
    assert all(name in str(error) for name in ("atac", "contact_maps", "splice_sites"))


def missing_attribute(run):
    listed = r"\['atac', 'contact_maps', 'splice_sites'\]"
    refuses(AttributeError, f"^NamedOutputs has no attribute 'zzz'. Available heads: {listed}")(run)
    out = NamedOutputs.from_raw({"atac": {1: torch.zeros(1, 1, 1)}}, include_padding=True)
    with pytest.raises(AttributeError, match="did you mean 'atac'"):
        out.atax


def missing_resolution(run):
    error = refuses(KeyError, r"no resolution 1; it has \[128\]")(run)
    assert isinstance(error, KeyError)


def mouse_is_needed(run):
    """The recording has a mouse table; without one the call says how to get it."""
    refuses(FileNotFoundError, "mouse track table is not installed")(run)


def fixed_columns(run):
    assert run() == list(KNOWN_FIELDS)
    frame = named().select(track_name="zz", allow_empty=True).to_dataframe()
    assert len(frame) == 0


TYPED_ROW = {
    "track_index": 0,
    "output_name": "atac",
    "organism": 1,
    "track_name": "t0",
    "genetically_modified": False,
    "nonzero_mean": 1.5,
}
THREE = ["atac", "contact_maps", "splice_sites"]
OURS = {
    "sub_mismatched_names_same_width": other_tracks,
    "sub_mismatched_width": other_width("3 against 2 tracks"),
    "sub_width1_broadcast": other_width("3 against 1 tracks"),
    "width1_minus_width3": other_width("1 against 3 tracks"),
    "pow": pow_works,
    "gt": gt_works,
    "eq": equality_is_identity,
    "torch_abs": torch_function_refuses,
    "getitem": first_track,
    "len": gives(3),
    "track_index_reset_on_select": renumbered_with_source,
    "track_hash": hashable,
    "to_dict_extras_override": refuses(ValueError, "repeat the core field 'organism'"),
    "catalog_unknown_organism_string": refuses(ValueError, "Unknown organism 'zebrafish'"),
    "outputs_unknown_org": refuses(ValueError, "Unknown organism 7"),
    "file_csv_types": gives([TYPED_ROW]),
    "builtin_default_orgs": default_organisms,
    "builtin_1": mouse_instructions,
    "builtin_unknown_string": refuses(ValueError, "Unknown organism 'zebrafish'"),
    "builtin_index_7": refuses(ValueError, "Unknown organism 7"),
    "from_raw_heads": gives(THREE),
    "getitem_named_vs_raw": all_are_heads,
    "getitem_missing": missing_head,
    "getattr_missing": missing_attribute,
    "head_missing_resolution": missing_resolution,
    "head_fn_missing": missing_head,
    "repr_outputs": gives(f"NamedOutputs(heads={THREE}, raw_keys={THREE})"),
    "mixed_organism_uses_first": refuses(InputError, "One named output holds one organism"),
    "empty_after_strip": mouse_is_needed,
    "to_dataframe_empty": fixed_columns,
}
WITH_MOUSE = {
    "builtin_default_orgs": [0, 1],
    "builtin_1": [1],
    "empty_after_strip": torch.Size([1, 2, 0]),
}


@pytest.mark.parametrize("name", OURS)
def test_what_this_package_demands(name, run):
    OURS[name](lambda: run(name))


@pytest.mark.parametrize("name", WITH_MOUSE)
def test_with_a_mouse_table_installed(name, run, mouse_installed):
    assert run(name) == WITH_MOUSE[name]


def test_every_case_is_checked_once():
    assert len(CASES) == 107
    assert sorted([*SAME, *SAME_ERRORS, *OURS]) == sorted(CASES)
