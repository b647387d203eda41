"""Payloads to arrays: both ways to write bases, every float16, organisms, and sizes that differ."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.datasets.record_decoding import RecordDecoder
from locuscope.datasets.testset_sizes import Sizes
from locuscope.errors import FormatError, OptionError
from locuscope.genome.sequence import one_hot
from tests.oracles import tfrecord_oracle as oracle

PATH = Path("set/tfrecords/test-0.tfr")
SIZES = {flag: Sizes(16, 2, 3, 8, is_one_hot=flag) for flag in (None, True, False)}


def decode(values, *, sizes=SIZES[None], how="auto", rows=None):
    return RecordDecoder(sizes, how, rows).decode(oracle.example(values), PATH, 5)


def payload(text, encoding, y=None):
    x = one_hot(text)
    index = np.where(x.any(0), x.argmax(0), 4).astype(np.uint8)
    bases = np.ascontiguousarray(x.T) if encoding == "one_hot" else index
    target = np.zeros((2, 3)) if y is None else y
    return {"sequence": bases.tobytes(), "target": target.astype("<f2").tobytes()}


@given(st.text("ACGTN", min_size=16, max_size=16), st.sampled_from(["one_hot", "index"]))
def test_bases(text, encoding):
    np.testing.assert_array_equal(decode(payload(text, encoding)).x, one_hot(text))
    stated = SIZES[encoding == "one_hot"]
    np.testing.assert_array_equal(decode(payload(text, encoding), sizes=stated).x, one_hot(text))
    found = decode(payload(text, encoding), how=encoding)
    assert found.x.flags.c_contiguous
    assert found.genome is None


def test_every_float16():
    every = np.arange(1 << 16, dtype=np.uint16)
    values = np.resize(every, (10_923, 2, 3)).view(np.float16)
    decoder = RecordDecoder(SIZES[None], "auto", None)
    for some in values[::97]:
        found = decoder.decode(oracle.example(payload("A" * 16, "index", some)), PATH, 1).y
        with np.errstate(invalid="ignore"):
            np.testing.assert_array_equal(found, some.astype(np.float32))
        assert found.dtype == np.float32


@pytest.mark.parametrize("rows", [[0], [2, 0], [1, 2, 0]])
def test_chosen_tracks(rows):
    y = np.arange(6.0).reshape(2, 3)
    found = decode(payload("ACGT" * 4, "index", y), rows=np.array(rows)).y
    np.testing.assert_array_equal(found, y[:, rows])


@pytest.mark.parametrize(
    ("given", "expected"), [(3, 3), (b"\2" + bytes(7), 2), (b"\xff" * 8, -1), (0, 0)]
)
def test_organisms(given, expected):
    assert decode({**payload("A" * 16, "index"), "genome": given}).genome == expected


@pytest.mark.parametrize("value", [b"", b"abc", bytes(16)])
def test_organisms_that_are_none(value):
    with pytest.raises(FormatError, match="record 5: its genome is not one whole number"):
        decode({**payload("A" * 16, "index"), "genome": value})


@pytest.mark.fault("H2")
@pytest.mark.parametrize(
    ("change", "options", "words"),
    [
        ({"sequence": bytes(17)}, {}, r"17 bytes; expected 64 \(one_hot\) or 16 \(index\)"),
        ({"sequence": bytes(64)}, {"how": "index"}, r"64 bytes; expected 16 \(index\)"),
        ({"sequence": bytes(16)}, {"sizes": SIZES[True]}, r"16 bytes; expected 64 \(one_hot\)"),
        ({"sequence": bytes(64)}, {"sizes": SIZES[False]}, r"64 bytes; expected 16 \(index\)"),
        ({"sequence": b""}, {}, "0 bytes; expected"),
        ({"sequence": b"\1" * 63 + b"\7"}, {}, "byte 63 of its sequence is 7; expected at most 1"),
        ({"sequence": b"\4" * 15 + b"\5"}, {}, "byte 15 of its sequence is 5; expected at most 4"),
        ({"target": bytes(13)}, {}, "13 bytes; 2 bins of 3 tracks in float16 have 12"),
        ({"target": bytes(24)}, {}, "24 bytes; 2 bins"),
        ({"target": 7}, {}, "no bytes 'target'"),
    ],
)
def test_values_of_other_sizes(change, options, words):
    with pytest.raises(FormatError, match=f"test-0.tfr, record 5: .*{words}") as caught:
        decode({**payload("ACGT" * 4, "index"), **change}, **options)
    assert (caught.value.path, caught.value.line) == (PATH, 5)


def test_an_unknown_way():
    with pytest.raises(OptionError, match="decode is 'bits'; expected one of 'auto'"):
        decode(payload("A" * 16, "index"), how="bits")
