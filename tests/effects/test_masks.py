from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.effects.masks import (
    center_mask,
    center_positions,
    check_mask_bp,
    check_reduce,
    reduce_positions,
)
from locuscope.errors import OptionError, WrongTypeError
from locuscope.inference.selection import HeadChoice
from locuscope.models.protocol import HeadSpec
from locuscope.tracks.track_table import TrackTable
from tests.effects.golden import snv_window


@pytest.mark.parametrize(
    ("how", "expected"),
    [("mean", [2.0, 5.0]), ("sum", [4.0, 10.0]), ("max", [3.0, 7.0]), ("center", [1.0, 3.0])],
)
def test_reduce_positions(how, expected):
    values = np.array([[[1.0, 3.0], [3.0, 7.0], [8.0, 8.0]]], np.float32)
    valid = np.array([[True, True, False]])
    np.testing.assert_allclose(reduce_positions(values, valid, how, np.array([0])), [expected])
    whole = values[:, :2]
    np.testing.assert_allclose(
        reduce_positions(whole, np.ones((1, 2), bool), how, np.array([0])), [expected]
    )


def test_reduce_with_a_function_sees_the_valid_positions_only():
    values = np.arange(6.0).reshape(1, 3, 2)
    found = reduce_positions(
        values, np.array([[True, False, True]]), lambda rows: rows.min(0), np.array([0])
    )
    np.testing.assert_array_equal(found, [[0.0, 1.0]])


def test_a_function_of_another_shape_is_named():
    def both(rows):
        return rows.sum()

    with pytest.raises(OptionError, match=r"reduce=both gave shape \(\) for 3 positions of 2 tr"):
        reduce_positions(np.ones((1, 3, 2)), np.ones((1, 3), bool), both, np.array([0]))


@pytest.mark.parametrize("how", ["mean", "sum", "max", "center"])
def test_nothing_to_reduce_is_nan(how):
    found = reduce_positions(np.ones((1, 2, 1)), np.zeros((1, 2), bool), how, np.array([1]))
    assert np.isnan(found).all()


def test_a_center_outside_the_predicted_positions_is_nan():
    values, valid = np.ones((2, 3, 1)), np.ones((2, 3), bool)
    assert np.isnan(reduce_positions(values, valid, "center", np.array([-1, 3]))).all()


def test_no_window_at_all():
    found = reduce_positions(np.empty((0, 3, 2)), np.empty((0, 3), bool), np.median, np.array([]))
    assert found.shape == (0, 2)


@given(
    variant=st.integers(0, 63),
    resolution=st.sampled_from([1, 4, 8, 16]),
    crop=st.sampled_from([0, 8, 16]),
    width=st.integers(1, 130),
)
def test_the_mask_is_the_published_rule(variant, resolution, crop, width):
    """n = ceil(width / res), c = (var0 - start) // res, bins [c - n // 2, c - n // 2 + n)."""
    n_bins = (64 - 2 * crop) // resolution
    n = (width + resolution - 1) // resolution
    c = (variant - crop) // resolution
    expected = [max(c - n // 2, 0) <= i < min(c - n // 2 + n, n_bins) for i in range(n_bins)]
    found = center_mask(np.array([c]), n_bins, resolution, width)
    assert found[0].tolist() == expected


def choice(resolution, crop=0):
    spec = HeadSpec("h", (resolution,) if resolution else (), 1, crop_bp=crop)
    return HeadChoice(spec, spec.keys[:1], np.arange(1), TrackTable.placeholders("h", 0, 1))


def test_where_the_allele_lies_in_the_output():
    window = snv_window("ACGT" * 16, 20, "C")
    assert center_positions([window], choice(1)).tolist() == [20]
    assert center_positions([window], choice(8)).tolist() == [2]
    assert center_positions([window], choice(8, crop=24)).tolist() == [-1]
    assert center_positions([window], choice(0)).tolist() == [20]


def test_options_are_read_at_the_door():
    assert check_mask_bp(None) is None
    assert check_mask_bp(501.0) == 501
    with pytest.raises(OptionError, match="at least 1"):
        check_mask_bp(0)
    with pytest.raises(WrongTypeError, match=r"mask_bp is 1\.5"):
        check_mask_bp(1.5)
    check_reduce(np.median)
    for how in ("mean", "sum", "max", "center"):
        check_reduce(how)
    with pytest.raises(OptionError, match="got 'median'"):
        check_reduce("median")
