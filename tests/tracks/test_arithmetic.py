"""Arithmetic of named tensors: by element, with the tracks kept, never across other tracks."""

from __future__ import annotations

import math
import operator

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import InputError, ShapeError, TrackMismatchError
from locuscope.genome.interval import Interval
from locuscope.tracks import NamedTrackTensor
from tests.tracks.named_toy import named, names


class TestArithmetic:
    @pytest.mark.parametrize(
        ("expression", "expected"),
        [
            (lambda x: x - named((3.0, 2.0, 1.0)), [-2, 0, 2]),
            (lambda x: x - 1, [0, 1, 2]),
            (lambda x: 1 - x, [0, -1, -2]),
            (lambda x: 6 / x, [6, 3, 2]),
            (lambda x: x / 2, [0.5, 1, 1.5]),
            (lambda x: x**2, [1, 4, 9]),
            (lambda x: 2**x, [2, 4, 8]),
            (lambda x: -x, [-1, -2, -3]),
            (lambda x: abs(-x), [1, 2, 3]),
            (lambda x: torch.ones(1, 1, 3) - x, [0, -1, -2]),
            (lambda x: x - torch.ones(3), [0, 1, 2]),
            (lambda x: np.float32(2) * x, [2, 4, 6]),
            (lambda x: np.ones(3, np.float32) * x, [1, 2, 3]),
            (lambda x: x > 1, [False, True, True]),
            (lambda x: x <= 1, [True, False, False]),
            (lambda x: x < 2, [True, False, False]),
            (lambda x: x >= x * 1, [True, True, True]),
            (lambda x: sum([x, x]), [2, 4, 6]),
            (lambda x: (x - 1).log1p().clamp(max=0.0), [0, 0, 0]),
            (lambda x: (x * 2).log2().clamp(min=2), [2, 2, pytest.approx(2.5849626)]),
        ],
    )
    def test_element_by_element_with_the_tracks_kept(self, expression, expected):
        result = expression(named())
        assert result.tensor.reshape(-1).tolist() == expected
        assert names(result) == ["a", "b", "c"]

    def test_integers_divide_into_numbers(self):
        assert (named((1, 2, 3)) / 2).tensor.dtype == torch.float32

    @pytest.mark.parametrize(
        "expression",
        [
            lambda x: x + "a",
            lambda x: x @ torch.ones(3),
            lambda x: x + None,
            lambda x: torch.abs(x),
            lambda x: x.select("a"),
        ],
    )
    def test_what_python_refuses(self, expression):
        with pytest.raises(TypeError):
            expression(named())

    @pytest.mark.parametrize(
        ("other", "words"),
        [
            (
                named(track_names="xyz"),
                r"3 against 3 tracks of atac@128bp; track 0 is 'a' .* 'x' .*3 of 3 differ",
            ),
            (named(track_names="abx"), "track 2 is 'c' .* on the left and 'x' "),
            (named((3.0, 2.0), "ab"), "3 against 2 tracks .* track 2 is 'c' .* and no track on"),
            (named((3.0,), "b"), "3 against 1 tracks .* track 0 is 'a' .* and 'b' .* on the right"),
            (named(resolution=1), "atac@128bp and atac@1bp"),
            (named(output="dnase"), "atac@128bp and dnase@128bp"),
        ],
    )
    def test_other_tracks_are_never_combined(self, other, words):
        with pytest.raises(TrackMismatchError, match=words):
            named() - other

    def test_what_cannot_be_combined_says_what_can(self):
        with pytest.raises(TrackMismatchError, match=r"one output at one resolution.*\.tensor"):
            named() - named(resolution=1)

    def test_a_comparison_has_no_truth_of_its_own(self):
        higher = named() > 1.5
        with pytest.raises(InputError, match=r"3 tracks of 'atac' .* \.tensor\.all\(\)"):
            bool(higher)
        assert higher.tensor.any()
        assert named()
        assert not named((), "")

    def test_a_bare_tensor_may_not_change_the_shape(self):
        for other in (torch.ones(2, 1, 3), torch.ones(4), np.ones((5, 1, 3))):
            with pytest.raises(ShapeError, match=r"does not broadcast to \(1, 1, 3\)"):
                named() + other

    def test_equal_names_of_other_channels_are_not_the_same_track(self):
        twins = named((1.0, 2.0), ("same", "same"))
        with pytest.raises(TrackMismatchError, match="channel 1"):
            twins[0] - twins[1]

    def test_align_by_name_where_channels_differ(self):
        left = named((3.0, 1.0, 2.0), "cab")
        right = named((1.0, 2.0, 3.0), "abc")
        assert (left.align(right) - right).tensor.abs().sum() == 0
        with pytest.raises(TrackMismatchError, match="'z'"):
            left.align(named(track_names="abz"))

    def test_the_place_of_the_left_operand_is_kept(self):
        place = Interval("1", 0, 128)
        assert (named(intervals=[place]) - named()).interval == place
        assert named(intervals=[place])[0].interval == place


NUMBERS = st.lists(st.integers(-50, 50).map(float), min_size=3, max_size=3)


class TestLaws:
    @given(NUMBERS, NUMBERS)
    def test_what_torch_does_to_the_values(self, left, right):
        one, two = named(left), named(right)
        a, b = torch.tensor(left).reshape(1, 1, 3), torch.tensor(right).reshape(1, 1, 3)
        for operation in (operator.add, operator.sub, operator.mul, operator.lt, operator.ge):
            for other in (two, b, b.numpy()):
                assert torch.equal(operation(one, other).tensor, operation(a, b))
            assert torch.equal(operation(b, one).tensor, operation(b, a))
            assert torch.equal(operation(2.0, one).tensor, operation(2.0, a))

    @given(NUMBERS, NUMBERS, st.permutations(range(3)))
    def test_choosing_tracks_before_or_after_is_the_same(self, left, right, order):
        one, two = named(left), named(right)
        assert (one - two)[order].equal(one[order] - two[order])
        assert abs(one * 2)[order].equal(abs(one[order] * 2))

    @given(NUMBERS)
    def test_the_operands_are_left_alone(self, values):
        one = named(values)
        before = one.tensor.clone()
        (one + 1) * one - abs(-one)
        one.clamp(0, 1).log1p()
        assert torch.equal(one.tensor, before)


def test_a_shape_may_be_spread_over_examples_and_positions():
    wide = NamedTrackTensor(torch.ones(2, 4, 3), named().tracks, "atac", 128)
    for other in (torch.ones(3), torch.ones(4, 1), torch.ones(2, 1, 1), np.float64(1)):
        assert tuple((wide + other).shape) == (2, 4, 3)
    assert tuple((wide - named()).shape) == (2, 4, 3)
    with pytest.raises(ShapeError, match=r"\(2, 4, 3\) does not broadcast to \(1, 1, 3\)") as e:
        named() - wide
    assert (e.value.found, e.value.expected) == ((2, 4, 3), (1, 1, 3))


def test_logarithms_outside_their_range_are_not_hidden():
    assert named((0.0, -1.0, 8.0)).log2().tensor.flatten()[[0, 2]].tolist() == [-math.inf, 3.0]
    assert named((0.0, -1.0, 8.0)).log2().tensor.flatten()[1].isnan()
    assert named((0.0, -1.0, 0.0)).log1p().tensor.flatten().tolist() == [0.0, -math.inf, 0.0]
    assert named((0.0, -1.0, 8.0)).clamp(max=1).tensor.flatten().tolist() == [0.0, -1.0, 1.0]


def test_a_selection_of_other_channels_is_another_set_of_tracks():
    both = named(track_names=("same", "same", "c"))
    with pytest.raises(TrackMismatchError, match=r"channel 0.*on the left and .*channel 1") as e:
        both[[0, 2]] + both[[1, 2]]
    assert "1 of 2 differ" in str(e.value)
    assert (both[[0, 2]] + both[[0, 2]]).num_tracks == 2
