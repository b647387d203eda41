from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.plots.thinning import boxes, split

SIZES = st.lists(st.floats(0, 10, width=16), max_size=60)


@given(SIZES, st.integers(1, 70))
def test_no_point_is_lost_or_drawn_twice(sizes, most):
    first, rest = split(np.array(sizes), most)
    assert sorted([*first.tolist(), *rest.tolist()]) == list(range(len(sizes)))
    assert len(first) == min(most, len(sizes))


@given(SIZES, st.integers(1, 70))
def test_the_largest_are_always_drawn(sizes, most):
    first, rest = split(np.array(sizes), most)
    if len(rest):
        assert min(sizes[k] for k in first) >= max(sizes[k] for k in rest)


def test_of_equal_sizes_the_earlier_is_drawn():
    first, rest = split(np.zeros(5), 2)
    assert first.tolist() == [0, 1]
    assert rest.tolist() == [2, 3, 4]


POINTS = st.lists(
    st.tuples(st.floats(-1e6, 1e6, width=32), st.floats(-5, 5, width=32)), min_size=1, max_size=80
)


@given(POINTS)
def test_boxes_count_every_point_and_hold_it(points):
    x, y = np.array(points).T
    found = boxes(x, y, (x.min(), x.max()), (y.min(), y.max()))
    assert found.count.sum() == len(points)
    assert (found.count > 0).all()
    near_x, near_y = 1e-6 * (1 + np.abs(x).max()), 1e-6 * (1 + np.abs(y).max())
    for px, py in points:
        inside = (
            (found.left <= px + near_x)
            & (px <= found.right + near_x)
            & (found.bottom <= py + near_y)
            & (py <= found.top + near_y)
        )
        assert inside.any()


@given(POINTS)
def test_no_box_mixes_gain_and_loss(points):
    x, y = np.array(points).T
    found = boxes(x, y, (x.min(), x.max()), (y.min(), y.max()))
    assert ((found.bottom >= -1e-12) | (found.top <= 1e-12)).all()


def test_boxes_of_one_value_have_a_size():
    found = boxes(np.full(3, 7.0), np.zeros(3), (7.0, 7.0), (0.0, 0.0))
    assert len(found) == 1
    assert found.count.tolist() == [3]
    assert found.right[0] > found.left[0]
    assert found.top[0] > found.bottom[0]


@pytest.mark.parametrize("n", [0, 1, 10_000])
def test_boxes_equal_a_plain_count(n):
    rng = np.random.default_rng(n)
    x, y = rng.uniform(0, 180, n), rng.uniform(-30, 30, n)
    found = boxes(x, y, (0.0, 180.0), (-30.0, 30.0))
    plain: dict[tuple[int, int], int] = {}
    for a, b in zip(np.floor(x).astype(int), np.floor(y).astype(int), strict=True):
        plain[a, b] = plain.get((a, b), 0) + 1
    said = zip(found.left.round(), found.bottom.round(), found.count, strict=True)
    assert {(int(a), int(b)): int(count) for a, b, count in said} == plain
