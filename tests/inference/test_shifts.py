"""Sequences move and come back; what came in from outside is known to be unknown."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import OptionError, ShapeError
from locuscope.genome.sequence import one_hot
from locuscope.inference.shifts import (
    check_shiftable,
    is_undone,
    known_positions,
    shift_bases,
    undo_shift,
)
from locuscope.models.protocol import HeadSpec


def bases(text):
    return torch.from_numpy(one_hot([text]))


@pytest.mark.parametrize(
    ("shift", "expected"), [(0, "ACGTAC"), (2, "NNACGT"), (-1, "CGTACN"), (5, "NNNNNA")]
)
def test_bases_move_to_the_right(shift, expected):
    moved = shift_bases(bases("ACGTAC"), shift, "zero")
    assert torch.equal(moved, bases(expected))
    assert moved.dtype == torch.uint8


def test_a_uniform_edge_holds_a_quarter_of_each_base():
    moved = shift_bases(bases("ACGTAC"), -2, "uniform")
    assert moved.dtype == torch.float32
    assert torch.equal(moved[..., :4], bases("GTAC").float())
    assert (moved[..., 4:] == 0.25).all()


def test_a_margin_gives_the_bases_that_are_there():
    wide = bases("TTGACGTACGGA")
    for shift in (-3, 0, 2):
        moved = shift_bases(wide, shift, "genome", margin_bp=3)
        assert torch.equal(moved, bases("TTGACGTACGGA"[3 - shift : 9 - shift]))


@pytest.mark.parametrize("shift", [6, -6, 100])
def test_a_shift_by_the_whole_window_is_refused(shift):
    with pytest.raises(ShapeError, match=f"shift of {shift} bases leaves nothing of a window of 6"):
        shift_bases(bases("ACGTAC"), shift, "zero")


@given(
    shift=st.integers(-30, 30),
    resolution=st.sampled_from([0, 1, 4, 5]),
    length=st.integers(1, 12),
)
def test_undoing_puts_each_value_back(shift, resolution, length):
    """Values that carry their place meet that place again."""
    head = HeadSpec("a", (resolution,) if resolution else (), 1)
    is_moved = resolution > 0 and shift != 0 and shift % resolution == 0
    assert is_undone(resolution, shift) == is_moved
    bins = shift // resolution if is_moved else 0
    # Bin i of the shifted sequence holds what stands in bin i - bins of the sequence.
    values = (torch.arange(length) - bins).float().reshape(1, -1, 1)
    found = undo_shift(values, head, resolution, shift)[0, :, 0]
    known = known_positions(length, resolution, shift)
    for i in range(length):
        came_from = i + bins
        is_known = 0 <= came_from < length
        assert (known.start <= i < known.stop) == is_known
        assert found[i] == (i if is_known else 0)


def test_contact_maps_move_on_both_axes():
    head = HeadSpec("map", (4,), 1, kind="contact")
    values = torch.arange(9.0).reshape(1, 3, 3, 1)
    found = undo_shift(values, head, 4, 4)[0, :, :, 0]
    assert found.tolist() == [[4, 5, 0], [7, 8, 0], [0, 0, 0]]


def test_what_has_no_positions_of_the_window_is_refused():
    head = HeadSpec("pairs", (1,), 1, kind="junction")
    check_shiftable(head, (0,))
    with pytest.raises(OptionError, match=r"pairs of junctions.*shifts=\(0, 2\)"):
        check_shiftable(head, (0, 2))
    check_shiftable(HeadSpec("a", (1,), 1), (0, 2))


def test_the_input_is_not_changed():
    batch = bases("ACGT").float()
    before = batch.clone()
    shift_bases(batch, 2, "uniform")
    assert torch.equal(batch, before)
    values = torch.ones(1, 3, 1)
    undo_shift(values, HeadSpec("a", (1,), 1), 1, 2)
    np.testing.assert_array_equal(values, 1)
