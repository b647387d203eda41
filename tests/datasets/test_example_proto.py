"""Payloads: what another writer made is read, what is no message is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.datasets.example_proto import BrokenExampleError, build_example, parse_example
from tests.oracles import tfrecord_oracle as oracle

VALUES = {"sequence": b"\x00\x01\x04", "target": bytes(300), "genome": 1}


def plain(found):
    return {name: v if isinstance(v, tuple) else bytes(v) for name, v in found.items()}


def test_both_writers_make_the_same_bytes():
    assert build_example(VALUES) == oracle.example(VALUES)


def test_a_message_is_read():
    expected = {"sequence": b"\x00\x01\x04", "target": bytes(300), "genome": (1,)}
    assert plain(parse_example(oracle.example(VALUES))) == expected


@given(st.dictionaries(st.text(max_size=5), st.binary(max_size=200) | st.integers(0, 2**63 - 1)))
def test_any_values_come_back(values):
    found = plain(parse_example(build_example(values)))
    assert found == {k: v if isinstance(v, bytes) else (v,) for k, v in values.items()}


@pytest.mark.parametrize("value", [-1, -(2**63), 2**63 - 1, 0])
def test_whole_numbers_keep_their_sign(value):
    assert parse_example(build_example({"genome": value}))["genome"] == (value,)


def test_packed_numbers_and_the_last_of_two_entries():
    packed = oracle.field(3, oracle.field(1, b"\x05\x80\x01"))
    entry = oracle.field(1, oracle.field(1, b"g") + oracle.field(2, packed))
    older = oracle.field(1, oracle.field(1, b"g") + oracle.field(2, b""))
    assert parse_example(oracle.field(1, older + entry)) == {"g": (5, 128)}


def test_unknown_fields_of_every_kind_are_passed_over():
    unknown = b"".join(
        [
            oracle.varint(9 * 8) + oracle.varint(77),
            oracle.varint(9 * 8 + 1) + bytes(8),
            oracle.varint(9 * 8 + 5) + bytes(4),
            oracle.field(9, b"more"),
        ]
    )
    held = oracle.field(1, oracle.field(1, b"abc"))
    entry = oracle.field(1, unknown + oracle.field(1, b"x") + oracle.field(2, unknown + held))
    payload = unknown + oracle.field(1, unknown + entry) + unknown
    assert plain(parse_example(payload)) == {"x": b"abc"}


def test_floats_and_nothing_hold_no_bytes():
    floats = oracle.field(2, oracle.field(1, bytes(8)))
    entry = oracle.field(1, oracle.field(1, b"f") + oracle.field(2, floats))
    assert parse_example(oracle.field(1, entry)) == {"f": ()}
    assert parse_example(b"") == {}


ENTRY = oracle.field(1, oracle.field(1, b"x"))


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (b"\x0a\x05ab", "a field of 5 bytes has 2 left"),
        (b"\x0a", "a number has no end"),
        (b"\xff" * 12, "a number has no end"),
        (b"\x0b\x00", "the unknown kind 3"),
        (b"\x02\x00", "a field has the number 0"),
        (oracle.field(1, oracle.field(1, oracle.field(1, b"\xff\xfe"))), "no text"),
        (
            oracle.field(
                1,
                oracle.field(
                    1,
                    oracle.field(1, b"x")
                    + oracle.field(2, oracle.field(1, oracle.field(1, b"a") * 2)),
                ),
            ),
            "'x' holds 2 byte strings, not one",
        ),
    ],
)
def test_broken_messages(payload, words):
    with pytest.raises(BrokenExampleError, match=words):
        parse_example(payload)


@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(payload):
    try:
        found = parse_example(payload)
    except BrokenExampleError:
        return
    assert isinstance(found, dict)
