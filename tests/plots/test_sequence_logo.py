from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, StepPatch

from locuscope.errors import ShapeError
from locuscope.plots.mutation_map import LETTER_COLOURS, MOST_LETTERS
from locuscope.plots.sequence_logo import MOST_BARS, draw_logo, letter_outline, repeated, stack

mpl.use("Agg")


def axes():
    return Figure().add_subplot()


def shapes(ax):
    """Colour -> vertices of the letters of that colour."""
    found = [patch for patch in ax.patches if isinstance(patch, PathPatch)]
    return {mpl.colors.to_hex(p.get_facecolor()): p.get_path().vertices for p in found}


@pytest.mark.parametrize("base", "ACGT")
def test_outlines_fill_a_unit_box(base):
    box = letter_outline(base).get_extents()
    assert box.y0 == pytest.approx(0)
    assert box.y1 == pytest.approx(1)
    assert -0.5 <= box.x0 < 0 < box.x1 <= 0.5
    assert letter_outline(base) is letter_outline(base)


def slow_stack(heights):
    """The oracle: letters of a column one after the other, from 0 outwards."""
    floors = np.zeros_like(heights)
    for column in range(heights.shape[1]):
        for sign in (1, -1):
            rows = [row for row in range(4) if sign * heights[row, column] > 0]
            at = 0.0
            for row in sorted(rows, key=lambda row: abs(heights[row, column])):
                floors[row, column] = at
                at += heights[row, column]
    return floors


@given(arrays(np.float64, (4, 3), elements=st.integers(-9, 9).map(float)))
def test_stacks_equal_the_slow_ones(heights):
    np.testing.assert_allclose(stack(heights), slow_stack(heights))


def test_letters_have_their_place_height_and_colour():
    ax = axes()
    heights = np.zeros((4, 5))
    heights[0, 1], heights[3, 4] = 2.0, -1.0
    assert draw_logo(ax, heights) == "letters"
    found = shapes(ax)
    assert set(found) == {LETTER_COLOURS["light"][base] for base in "AT"}
    up = found[LETTER_COLOURS["light"]["A"]]
    assert up[:, 1].min() == pytest.approx(0)
    assert up[:, 1].max() == pytest.approx(2)
    assert 0.5 <= up[:, 0].min() < up[:, 0].max() <= 1.5
    down = found[LETTER_COLOURS["light"]["T"]]
    assert down[:, 1].min() == pytest.approx(-1)
    assert ax.get_xlim() == (-0.5, 4.5)


def test_letters_below_zero_stand_upside_down():
    outline = letter_outline("T")
    up = repeated(outline, np.array([0]), np.zeros(1), np.ones(1)).vertices
    down = repeated(outline, np.array([0]), np.zeros(1), -np.ones(1)).vertices
    np.testing.assert_allclose(down, up * [1, -1])


def test_copies_are_moved_and_stretched():
    outline = letter_outline("A")
    found = repeated(outline, np.array([3, 7]), np.array([0.5, 0.0]), np.array([2.0, 4.0]))
    n = len(outline.vertices)
    assert len(found.vertices) == 2 * n == len(found.codes)
    np.testing.assert_allclose(found.vertices[n:, 0], outline.vertices[:, 0] + 7)
    np.testing.assert_allclose(found.vertices[:n, 1], 0.5 + 2 * outline.vertices[:, 1])


def test_what_is_no_number_is_not_drawn():
    ax = axes()
    heights = np.full((4, 2), np.nan)
    heights[1, 0], heights[2, 1] = 1.0, np.inf
    draw_logo(ax, heights)
    assert set(shapes(ax)) == {LETTER_COLOURS["light"]["C"]}


def test_an_empty_logo_has_no_letter():
    ax = axes()
    assert draw_logo(ax, np.zeros((4, 0))) == "letters"
    assert shapes(ax) == {}


def test_many_columns_become_bars_and_then_one_shape():
    rng = np.random.default_rng(0)
    heights = rng.normal(size=(4, MOST_LETTERS + 1))
    ax = axes()
    assert draw_logo(ax, heights) == "bars"
    assert all(len(points) == 5 * heights.shape[1] for points in shapes(ax).values())
    wide = rng.normal(size=(4, 3 * MOST_BARS))
    ax = axes()
    assert draw_logo(ax, wide, theme="dark") == "extremes"
    (patch,) = [each for each in ax.patches if isinstance(each, StepPatch)]
    values, edges, low = patch.get_data()
    assert len(values) == MOST_BARS
    assert (edges[0], edges[-1]) == (-0.5, 3 * MOST_BARS - 0.5)
    tops = np.maximum(wide, 0).sum(axis=0).reshape(-1, 3).max(axis=1)
    np.testing.assert_allclose(values, tops)
    np.testing.assert_allclose(low, np.minimum(wide, 0).sum(axis=0).reshape(-1, 3).min(axis=1))


@pytest.mark.parametrize("shape", [(3, 5), (5, 4), (4,), (1, 4, 5)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ShapeError, match=r"\(4, L\)"):
        draw_logo(axes(), np.zeros(shape))


def test_the_axis_holds_what_is_drawn():
    ax = axes()
    heights = np.zeros((4, 3))
    heights[0], heights[1, 2] = [1.0, 2.0, 3.0], -4.0
    draw_logo(ax, heights)
    low, high = ax.get_ylim()
    assert low < -4
    assert high > 3
    assert ax.dataLim.bounds == (-0.5, -4, 3, 7)
