from __future__ import annotations

import numpy as np
import pytest
from bokeh.models import HoverTool, PlainText
from bokeh.models.annotations import Legend, Slope
from bokeh.models.glyphs import Line, Quad, Scatter, Step, Text

from locuscope.plots.evaluation_marks import Chart, Series, draw
from locuscope.plots.style import THEMES
from locuscope.plots.thinning import boxes


def chart(*series, **more):
    told = {"title": "heading", "lines": ["below"], "x_label": "x", "y_label": "y"} | more
    return Chart(series=series, **told)


def glyphs(plot, kind):
    return [each.glyph for each in plot.renderers if isinstance(each.glyph, kind)]


POINTS = Series("one", np.arange(3.0), np.arange(3.0), {"track": ["a"] * 3, "x": ["1"] * 3}, size=5)


def test_points_lines_and_steps():
    curve = Series("two", np.arange(2.0), np.arange(2.0), is_line=True)
    steps = Series("three", np.arange(2.0), np.arange(2.0), is_step=True)
    plot = draw(chart(POINTS, curve, steps)).plot
    assert len(glyphs(plot, Scatter)) == 1
    assert len(glyphs(plot, Line)) == 1
    (step,) = glyphs(plot, Step)
    assert step.mode == "before"
    colours = [glyphs(plot, kind)[0] for kind in (Scatter, Line, Step)]
    assert colours[0].fill_color == THEMES["light"]["category1"]
    assert [each.line_color for each in colours[1:]] == [
        THEMES["light"]["category2"],
        THEMES["light"]["category3"],
    ]


def test_the_legend_stands_below_and_is_text():
    named = Series("$x^2$ <b>", np.arange(2.0), np.arange(2.0), is_line=True)
    plot = draw(chart(POINTS, named)).plot
    (legend,) = [each for each in plot.below if isinstance(each, Legend)]
    assert [item.label.value for item in legend.items] == ["one", "$x^2$ <b>"]
    assert not [each for each in plot.center if isinstance(each, Legend)]
    bare = draw(chart(Series("", np.zeros(1), np.zeros(1), size=3))).plot
    assert not [each for each in bare.below if isinstance(each, Legend)]


def test_hover_text_is_the_columns():
    plot = draw(chart(POINTS)).plot
    (hover,) = [tool for tool in plot.toolbar.tools if isinstance(tool, HoverTool)]
    source = hover.renderers[0].data_source
    assert source.data["t0"] == ["a"] * 3
    assert "@{t0}" in hover.tooltips
    assert "@{t1}" in hover.tooltips


def test_boxes_are_the_darker_the_more_they_hold():
    x = np.array([0.0, 0.0, 1.0])
    counted = boxes(x, x, (0.0, 1.0), (0.0, 1.0))
    plot = draw(chart(boxes=counted)).plot
    (quad,) = glyphs(plot, Quad)
    assert quad.fill_color == THEMES["light"]["ref"]
    source = plot.renderers[0].data_source
    assert source.data["said"] == ["2 pairs", "1 pair"]
    assert source.data["alpha"][0] > source.data["alpha"][1]


def test_a_diagonal_and_the_unit_square():
    plot = draw(chart(POINTS, has_diagonal=True, is_unit=True)).plot
    (line,) = [each for each in plot.center if isinstance(each, Slope)]
    assert (line.gradient, line.y_intercept) == (1, 0)
    assert (plot.x_range.start, plot.x_range.end) == (-0.02, 1.02)
    assert plot.y_range.end == 1.03


def test_counts_stand_along_the_upper_edge():
    plot = draw(chart(POINTS, is_unit=True, counts=[(0.05, "12"), (0.15, "3")])).plot
    (text,) = glyphs(plot, Text)
    source = plot.renderers[-1].data_source
    assert source.data["said"] == ["12", "3"]
    assert max(source.data["y"]) < plot.y_range.end
    assert text.text_color == THEMES["light"]["text2"]


def test_titles_are_text():
    drawing = draw(chart(POINTS, title="$a$"))
    assert drawing.plot.title.text.text == "$a$"
    assert isinstance(drawing.plot.title.text, PlainText)
    assert {token for _, _, token in drawing.paints} <= set(THEMES["dark"])


@pytest.mark.parametrize(
    ("labels", "columns"),
    [(["a"], 1), (["a", "b"], 2), (["a"] * 8, 3), (["a" * 40] * 3, 1), (["a" * 40] * 8, 2)],
)
def test_the_legend_has_as_many_columns_as_fit(labels, columns):
    series = [
        Series(f"{label}{k}", np.zeros(1), np.zeros(1), size=3) for k, label in enumerate(labels)
    ]
    plot = draw(chart(*series)).plot
    (legend,) = [each for each in plot.below if isinstance(each, Legend)]
    assert legend.ncols == columns
    assert legend.click_policy == ("none" if len(labels) == 1 else "hide")


def test_colours_repeat_after_eight_and_may_be_given():
    series = [Series(str(k), np.zeros(1), np.zeros(1), size=3) for k in range(9)]
    series.append(Series("other", np.zeros(1), np.zeros(1), size=3, token="ref"))  # noqa: S106 (a colour)
    plot = draw(chart(*series)).plot
    colours = [glyph.fill_color for glyph in glyphs(plot, Scatter)]
    light = THEMES["light"]
    assert colours[:8] == [light[f"category{k}"] for k in range(1, 9)]
    assert colours[8] == light["category1"]
    assert colours[9] == light["ref"]


def test_a_line_with_points_is_one_entry_of_the_legend():
    both = Series("a", np.arange(3.0), np.arange(3.0), {"x": ["1", "2", "3"]}, size=6, is_line=True)
    plot = draw(chart(both)).plot
    (legend,) = [each for each in plot.below if isinstance(each, Legend)]
    (item,) = legend.items
    assert len(item.renderers) == 2
    sources = {renderer.data_source.id for renderer in item.renderers}
    assert len(sources) == 1


def test_an_empty_series_draws_nothing_and_breaks_nothing():
    plot = draw(chart(Series("none", np.empty(0), np.empty(0), {"x": []}, size=4))).plot
    (points,) = [each for each in plot.renderers if isinstance(each.glyph, Scatter)]
    assert len(points.data_source.data["x"]) == 0
