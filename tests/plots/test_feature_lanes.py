from __future__ import annotations

import matplotlib as mpl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.patches import Rectangle

from locuscope.plots.feature_lanes import (
    LANE_PX,
    MOST_LANES,
    draw_hits,
    draw_variants,
    label_width,
    place_marks,
)
from locuscope.plots.feature_marks import Mark, slots
from locuscope.plots.still_figure import StillFigure
from locuscope.plots.style import CATEGORIES

mpl.use("Agg")

WIDTH = 600.0


def placed(kind, *marks):
    return place_marks(kind, marks, px_per_column=10.0, width_px=WIDTH)


def test_a_name_stands_inside_where_it_fits():
    mark = Mark(5, 25, "GATA1", "0.50", "+")
    (each,) = placed("hit", mark).placed
    assert (each.left, each.right) == (50, 250)
    assert each.text_left > 50
    assert each.text_left + label_width(mark) < 250 - 10


def test_a_name_stands_beside_a_narrow_box():
    mark = Mark(5, 7, "GATA1", "0.50", "+")
    (each,) = placed("hit", mark).placed
    assert each.text_left > each.right
    (last,) = placed("hit", Mark(57, 59, "GATA1", "0.50", "+")).placed
    assert last.text_left + label_width(mark) < last.left


def test_the_chevron_has_its_side():
    forward = placed("hit", Mark(0, 12, "GATA1", strand="+")).placed[0]
    reverse = placed("hit", Mark(0, 12, "GATA1", strand="-")).placed[0]
    assert reverse.text_left - forward.text_left == pytest.approx(10)


@st.composite
def marks(draw):
    first = draw(st.integers(0, 55))
    stop = draw(st.integers(first + 1, 60))
    name = draw(st.text("ABCD", min_size=1, max_size=12))
    return Mark(first, stop, name, draw(st.sampled_from(["", "0.50"])))


@given(st.lists(marks(), max_size=14), st.sampled_from(["hit", "variant"]))
def test_no_mark_and_no_name_touches_another(given, kind):
    lane = placed(kind, *given)
    assert len(lane.placed) + lane.n_left == len(given)
    assert all(each.lane < MOST_LANES for each in lane.placed)
    spans = [
        (
            each.lane,
            min(each.left, each.text_left),
            max(each.right, each.text_left + label_width(each.mark)),
        )
        for each in lane.placed
    ]
    for k, (row, left, right) in enumerate(spans):
        for other, low, high in spans[k + 1 :]:
            assert row != other or right <= low or high <= left


def test_the_height_follows_the_lanes():
    one = placed("hit", Mark(0, 9, "A"))
    assert one.height == LANE_PX["hit"]
    two = placed("hit", Mark(0, 9, "A"), Mark(2, 9, "B"))
    assert two.height == 2 * LANE_PX["hit"]
    assert placed("variant").height == LANE_PX["variant"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_hits_are_tinted_boxes_with_two_ends_and_a_chevron(theme):
    figure = StillFigure(700, 100, theme=theme)
    ax = figure.panel(0, 0, WIDTH, 60)
    given = [Mark(0, 20, "GATA1", "0.50", "+"), Mark(30, 50, "SP1", is_cut=(True, False))]
    draw_hits(figure, ax, placed("hit", *given).placed)
    boxes = [patch for patch in ax.patches if isinstance(patch, Rectangle)]
    assert [(box.get_x(), box.get_width()) for box in boxes] == [(0, 200), (300, 200)]
    slot = slots(["GATA1", "SP1"])
    expected = [CATEGORIES[theme][slot[name]] for name in ("GATA1", "SP1")]
    assert [mpl.colors.to_hex(box.get_facecolor()) for box in boxes] == expected
    assert all(box.get_alpha() == 0.26 for box in boxes)
    # two ends and a chevron; one end of the hit that goes on
    assert len(ax.lines) == 3 + 1
    assert [text.get_text() for text in ax.texts] == ["GATA1", "0.50", "SP1"]
    assert ax.texts[0].get_fontweight() == "bold"


def test_variants_have_a_sign_for_each_kind():
    figure = StillFigure(700, 100)
    ax = figure.panel(0, 0, WIDTH, 60)
    given = [
        Mark(5, 6, "rs1", kind="snv"),
        Mark(20, 24, "rs2", kind="deletion"),
        Mark(40, 41, "rs3", kind="insertion"),
    ]
    draw_variants(figure, ax, placed("variant", *given).placed)
    assert [line.get_marker() for line in ax.lines] == ["o", "None", "^"]
    assert ax.lines[1].get_xdata().tolist() == [200, 240]
    assert ax.lines[0].get_xdata().tolist() == [55]


def test_names_are_no_formulas():
    figure = StillFigure(700, 100)
    ax = figure.panel(0, 0, WIDTH, 60)
    draw_hits(figure, ax, placed("hit", Mark(0, 20, "$x^2$", strand="+")).placed)
    figure.canvas.draw()
    assert ax.texts[0].get_text() == "$x^2$"
    assert ax.texts[0].get_parse_math() is False
