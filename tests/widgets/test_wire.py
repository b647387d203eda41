"""The wire: a closed list of questions, every cap from both sides, and always an answer."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import (
    DeviceMemoryError,
    InputError,
    MessageError,
    OutOfBoundsError,
    UnknownNameError,
)
from locuscope.widgets import wire
from locuscope.widgets.requests import REQUESTS, Tiles
from locuscope.widgets.wire import Part, error_content, parse_request, respond

GOOD = {
    "hello": {"client_version": "0.1.0", "host": "lab"},
    "catalog": {},
    "ping": {},
    "cancel": {},
    "overview": {"rev": 1, "mode": "ref", "tracks": [0]},
    "tiles": {
        "rev": 1,
        "mode": "diff",
        "level": 0,
        "first": 0,
        "count": 512,
        "tracks": [3, 1],
        "encoding": "u16",
    },
    "values": {"rev": 1, "mode": "alt", "tracks": [0], "start": 5, "end": 9},
    "genes": {"rev": 1},
    "variants": {"rev": 1},
    "sequence": {"rev": 1, "start": 0, "end": 10},
}


def message(kind, **changes):
    return {"v": 1, "id": 7, "type": kind, **GOOD[kind], **changes}


def refusal(content, buffers=()):
    with pytest.raises(MessageError) as caught:
        parse_request(content, buffers)
    return caught.value


def test_the_list_of_requests_is_the_list_of_the_page():
    assert set(REQUESTS) == set(GOOD)


@pytest.mark.parametrize("kind", GOOD)
def test_every_request_becomes_its_dataclass(kind):
    request = parse_request(message(kind))
    assert type(request) is REQUESTS[kind]
    assert request.id == 7
    for name, value in GOOD[kind].items():
        found = getattr(request, name)
        assert found == (tuple(value) if isinstance(value, list) else value)


@pytest.mark.fault("X4")
@pytest.mark.parametrize("kind", GOOD)
def test_missing_and_extra_fields_are_refused(kind):
    whole = message(kind)
    for name in set(whole) - {"v", "type"}:
        error = refusal({key: value for key, value in whole.items() if key != name})
        assert error.wire_code == "bad_request"
        assert name in str(error)
    error = refusal({**whole, "path": "/etc/passwd"})
    assert error.wire_code == "bad_request"
    assert "path" in str(error)


@pytest.mark.fault("X4")
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "7"), ("id", -1), ("id", True), ("id", 2**54), ("rev", 1.5), ("rev", None),
        ("level", -1), ("first", "0"), ("count", [1]), ("mode", "overlay"), ("mode", ["ref"]),
        ("encoding", "u32"), ("encoding", 16), ("tracks", 3), ("tracks", []), ("tracks", [-1]),
        ("tracks", [0.5]), ("tracks", [None]), ("tracks", [True]), ("tracks", {"0": 1}),
    ],
)  # fmt: skip
def test_values_of_the_wrong_kind_are_refused_by_name(field, value):
    error = refusal(message("tiles", **{field: value}))
    assert error.wire_code == "bad_request"
    assert field in str(error)


@pytest.mark.fault("X13")
@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "~/x", "a\0b", "link"])
def test_no_request_takes_a_path(path):
    for cls in REQUESTS.values():
        assert not {"path", "file", "name", "code"} & {field.name for field in fields(cls)}
    assert refusal(message("genes", rev=path)).wire_code == "bad_request"


@pytest.mark.parametrize("content", [None, [], "tiles", 3, {"type": "tiles"}])
def test_what_is_no_request_is_refused(content):
    assert refusal(content).wire_code in {"bad_request", "version_mismatch"}


@pytest.mark.parametrize("kind", ["predict", "__class__", "", None, 3, ["tiles"], {}])
def test_unknown_types_are_named(kind):
    error = refusal({"v": 1, "id": 1, "type": kind})
    assert error.wire_code == "unknown_type"


def test_a_misspelt_type_gets_the_close_one():
    assert "'tiles'" in str(refusal({"v": 1, "id": 1, "type": "tile"}))


@pytest.mark.fault("X12")
@pytest.mark.parametrize("version", [0, 2, "1", True, None])
def test_another_version_says_reload(version):
    error = refusal(message("hello", v=version))
    assert error.wire_code == "version_mismatch"
    assert "reload the page" in str(error)


def test_buffers_are_refused():
    assert refusal(message("ping"), [b"x"]).wire_code == "bad_request"


class TestCaps:
    """One below works, one above is `too_large` and says found and allowed."""

    def test_tracks(self):
        at_limit = list(range(wire.MAX_TRACKS))
        assert len(parse_request(message("overview", tracks=at_limit)).tracks) == 500
        error = refusal(message("overview", tracks=[*at_limit, 0]))
        assert (error.wire_code, error.limit) == ("too_large", 500)
        assert "501" in str(error)

    def test_a_million_tracks(self):
        assert refusal(message("overview", tracks=[0] * 1_000_000)).wire_code == "too_large"

    def test_text(self):
        parse_request(message("hello", host="x" * wire.MAX_TEXT))
        assert refusal(message("hello", host="x" * (wire.MAX_TEXT + 1))).wire_code == "too_large"

    def test_depth(self):
        def nested(depth):
            return [] if depth == 0 else [nested(depth - 1)]

        assert refusal(message("ping", x=nested(wire.MAX_DEPTH - 2))).wire_code == "bad_request"
        assert refusal(message("ping", x=nested(wire.MAX_DEPTH))).wire_code == "too_large"

    def test_depth_does_not_reach_the_stack_limit(self):
        deep = []
        for _ in range(100_000):
            deep = [deep]
        assert refusal(message("ping", x=deep)).wire_code == "too_large"

    def test_size(self):
        words = ["x" * 9_000] * 30
        assert refusal(message("ping", x=words)).wire_code == "too_large"
        assert refusal(message("ping", x=words[:20])).wire_code == "bad_request"


class TestRespond:
    def test_parts_carry_the_envelope(self):
        parts = [Part({"a": 1}, (b"x",)), Part({"a": 2})]
        answers = respond(message("ping"), (), lambda _: parts)
        assert answers == [
            ({"v": 1, "id": 7, "ok": True, "type": "ping", "part": 0, "parts": 2, "a": 1}, [b"x"]),
            ({"v": 1, "id": 7, "ok": True, "type": "ping", "part": 1, "parts": 2, "a": 2}, []),
        ]

    def test_the_handler_is_not_called_for_a_malformed_request(self):
        called = []
        respond({"v": 1, "id": 3}, (), called.append)
        assert called == []

    @pytest.mark.parametrize(
        ("error", "code"),
        [
            (OutOfBoundsError("left"), "out_of_bounds"),
            (UnknownNameError("none"), "not_found"),
            (DeviceMemoryError("full"), "device_memory"),
            (InputError("wrong"), "bad_request"),
            (MessageError("old", wire_code="stale_rev"), "stale_rev"),
            (KeyError("x"), "internal"),
            (ZeroDivisionError("division by zero"), "internal"),
            (RecursionError("deep"), "internal"),
        ],
    )
    def test_every_exception_is_an_answer(self, error, code):
        def fail(_):
            raise error

        ((content, buffers),) = respond(message("ping"), (), fail)
        assert (content["id"], content["ok"], content["code"], buffers) == (7, False, code, [])
        assert code in wire.CODES
        assert ("Error" in content["message"]) == (code == "internal")

    def test_the_id_of_a_malformed_request_comes_back(self):
        ((content, _),) = respond(message("tiles", mode="x"), (), lambda _: [])
        assert content["id"] == 7
        ((content, _),) = respond({"v": 1, "id": "x"}, (), lambda _: [])
        assert content["id"] is None

    def test_cancel_of_a_settled_request_is_silent(self):
        assert respond(message("cancel"), (), lambda _: []) == []

    def test_too_many_bytes_are_refused(self):
        half = bytes(wire.MAX_ANSWER_BYTES // 2)
        assert len(respond(message("ping"), (), lambda _: [Part({}, (half,))] * 2)) == 2
        ((content, _),) = respond(message("ping"), (), lambda _: [Part({}, (half, b"x"))] * 2)
        assert content["code"] == "too_large"
        assert f"{wire.MAX_ANSWER_BYTES:,}" in content["message"]

    def test_nan_never_enters_json(self):
        ((content, _),) = respond(message("ping"), (), lambda _: [Part({"x": float("nan")})])
        assert content["code"] == "internal"

    @pytest.mark.fault("X15")
    def test_the_home_folder_is_not_told(self):
        error = InputError(f"cannot read {Path.home()}/secret/genome.fa", hint=f"{Path.home()}")
        content = error_content(error, 1)
        assert content["message"] == "cannot read ~/secret/genome.fa"
        assert content["hint"] == "~"

    def test_long_messages_are_cut(self):
        assert len(error_content(InputError("x" * 9_000))["message"]) <= 2_000


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(
    JSON,
    st.sampled_from(sorted(GOOD)),
    st.sampled_from(["id", "v", "type", "rev", "tracks", "mode"]),
)
def test_no_message_goes_unanswered(value, kind, field):
    """Any JSON in any place gives one answer that is legal JSON, and never an exception."""
    for content in (value, {**message(kind), field: value}):
        answers = respond(content, (), lambda _: [Part({})])
        is_cancel = isinstance(content, dict) and content.get("type") == "cancel"
        assert len(answers) == 1 or is_cancel
        for header, _ in answers:
            assert header["ok"] or header["code"] in wire.CODES
            json.dumps(header, allow_nan=False)


def test_a_request_is_frozen():
    request = parse_request(message("tiles"))
    assert isinstance(request, Tiles)
    with pytest.raises(AttributeError):
        request.level = 3
