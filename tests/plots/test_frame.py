from __future__ import annotations

from bokeh.models import PlainText
from bokeh.models.annotations import Title

from locuscope.plots.frame import blank_plot, dress_axes, tooltip, write_titles
from locuscope.plots.style import THEMES, Painter


def test_a_plot_is_as_wide_as_its_place_and_asks_nobody():
    plot = blank_plot()
    assert plot.sizing_mode == "stretch_width"
    assert plot.toolbar.logo is None
    assert {type(tool).__name__ for tool in plot.toolbar.tools} == {
        "PanTool",
        "BoxZoomTool",
        "WheelZoomTool",
        "ResetTool",
        "SaveTool",
    }


def test_titles_are_text_from_the_largest_to_the_smallest():
    plot, painter = blank_plot(), Painter()
    status = write_titles(plot, "heading $x$", ["first", "second"], painter)
    said = [title.text.text for title in plot.above if isinstance(title, Title)]
    assert said == ["", "second", "first", "heading $x$"]
    assert all(isinstance(title.text, PlainText) for title in plot.above)
    assert status is plot.above[0]
    assert not status.visible


def test_axes_are_named_in_colours_that_follow_the_theme():
    plot, painter = blank_plot(), Painter()
    dress_axes(plot, "measured", "predicted", painter)
    assert plot.xaxis[0].axis_label.text == "measured"
    assert plot.yaxis[0].axis_label.text == "predicted"
    assert plot.xaxis[0].major_label_text_color == THEMES["light"]["text2"]
    painted = {(model, name) for model, name, _ in painter.paints}
    assert (plot.xaxis[0].id, "axis_label_text_color") in painted
    assert (plot.id, "background_fill_color") in painted
    assert all(token in THEMES["dark"] for _, _, token in painter.paints)


def test_labels_of_hover_text_name_no_columns():
    text = tooltip("heading", {"a <b> @x $y": "column"})
    assert "@{heading}" in text
    assert "@{column}" in text
    assert "a &lt;b&gt; &#64;x &#36;y" in text
