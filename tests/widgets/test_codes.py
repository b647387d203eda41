"""Bytes for the page: every number and text comes back, within half a step where it is rounded."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from locuscope.widgets.codes import (
    code_type,
    finite_range,
    numpy_type,
    pack,
    pack_texts,
    quantise,
    unpack_texts,
)

STEPS = {"u8": 254, "u16": 65_534}
FLOATS = st.floats(width=32, allow_subnormal=False) | st.just(float("nan"))


def decode(ranges, codes, shape, encoding):
    """What the page does with an answer."""
    bounds = np.frombuffer(ranges, "<f4").reshape(shape[0], 2).astype(np.float64)
    q = np.frombuffer(codes, numpy_type(encoding)).reshape(shape)
    if encoding == "f32":
        return q
    lo, hi = bounds[:, :1, None], bounds[:, 1:, None]
    return np.where(q > STEPS[encoding], np.nan, lo + q * (hi - lo) / STEPS[encoding])


@pytest.mark.parametrize("encoding", ["u8", "u16"])
@given(arrays(np.float32, array_shapes(min_dims=3, max_dims=3, max_side=6), elements=FLOATS))
def test_rounded_values_are_within_half_a_step(encoding, values):
    ranges, codes = quantise(values, encoding)
    back = decode(ranges, codes, values.shape, encoding)
    np.testing.assert_array_equal(np.isnan(back), np.isnan(values))
    for track in range(len(values)):
        lo, hi = finite_range(values[track].reshape(1, -1))[0].astype(np.float64)
        inside = np.clip(values[track].astype(np.float64), lo, hi)
        error = np.abs(back[track] - inside)
        assert not (error > (hi - lo) / STEPS[encoding] * 0.5000001).any()


@given(arrays(np.float32, array_shapes(min_dims=3, max_dims=3, max_side=6), elements=FLOATS))
@pytest.mark.fault("X9")
def test_f32_keeps_every_value(values):
    _, codes = quantise(values, "f32")
    np.testing.assert_array_equal(
        decode(b"\0" * 8 * len(values), codes, values.shape, "f32"), values
    )


def test_the_ends_of_the_range_are_exact_and_a_flat_track_is_itself():
    values = np.array([[[0.1], [0.7], [0.3]], [[5.0], [5.0], [5.0]]], dtype=np.float32)
    ranges, codes = quantise(values, "u16")
    back = decode(ranges, codes, values.shape, "u16").astype(np.float32)
    assert back[0, 0, 0] == np.float32(0.1)
    assert back[0, 1, 0] == np.float32(0.7)
    assert (back[1] == 5.0).all()


def test_infinite_values_take_the_end_of_the_finite_range():
    values = np.array([[[-np.inf], [1.0], [2.0], [np.inf]]], dtype=np.float32)
    ranges, codes = quantise(values, "u8")
    assert decode(ranges, codes, values.shape, "u8").ravel().tolist() == [1.0, 1.0, 2.0, 2.0]


@pytest.mark.parametrize(
    "values", [np.full((1, 3), np.nan), np.full((1, 3), np.inf), np.zeros((1, 0))]
)
def test_a_range_without_finite_values_is_zero(values):
    assert finite_range(values.astype(np.float32)).tolist() == [[0.0, 0.0]]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), max_size=8))
def test_texts_come_back(texts):
    assert unpack_texts(pack_texts(texts), len(texts)) == texts


@pytest.mark.parametrize("text", ["a\\nb", "a\nb", "\\", "\\\\n", "\n", "", "\\\n\\"])
def test_backslashes_and_newlines_are_told_apart(text):
    assert unpack_texts(pack_texts([text, "x"]), 2) == [text, "x"]


def test_a_lone_surrogate_does_not_stop_the_answer():
    assert unpack_texts(pack_texts(["a\ud800"]), 1) == ["a?"]


@pytest.mark.parametrize(
    ("n", "code"), [(0, "u8"), (255, "u8"), (256, "u16"), (65_535, "u16"), (65_536, "u32")]
)
def test_codes_are_as_narrow_as_they_can_be(n, code):
    assert code_type(n) == code
    assert np.frombuffer(pack([n], code), numpy_type(code))[0] == n
