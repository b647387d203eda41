"""What every bokeh figure has around its marks: titles, axes, tools, hover text."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from locuscope.plots.figure import HEIGHT_PX
from locuscope.plots.style import FIGURE_CSS, FONT, TOOLBAR_CSS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bokeh.models.annotations import Title

    from locuscope.plots.style import Painter


def blank_plot() -> Any:
    """Give a plot without marks, as wide as its place."""
    from bokeh.plotting import figure

    plot = figure(
        height=HEIGHT_PX,
        sizing_mode="stretch_width",
        min_width=320,
        tools="pan,box_zoom,xwheel_zoom,reset,save",
        active_drag="box_zoom",
        stylesheets=[FIGURE_CSS],
    )
    # The page's own surface shows through: bokeh leaves a rim of the old colour at a change.
    plot.border_fill_color = None
    plot.toolbar.update(logo=None, stylesheets=[TOOLBAR_CSS])
    return plot


def write_titles(plot: Any, heading: str, lines: Sequence[str], painter: Painter) -> Title:
    """Set the title and the lines below it; give the line for what happens later."""
    from bokeh.models import PlainText
    from bokeh.models.annotations import Title

    # PlainText everywhere: a name between dollar signs would be read as a formula.
    plot.title.update(text=PlainText(text=heading), text_font=FONT, text_font_size="15px", offset=0)
    painter.paint(plot.title, text_color="text")
    # The last one added stands on top, and all of them above the title.
    plot.title_location = None
    status = Title(text=PlainText(text=""), visible=False)
    for title in (status, *(Title(text=PlainText(text=text)) for text in reversed(lines))):
        title.update(text_font=FONT, text_font_size="12px", text_font_style="normal")
        painter.paint(title, text_color="text2")
        plot.add_layout(title, "above")
    plot.add_layout(plot.title, "above")
    return status


def dress_axes(plot: Any, x_label: str, y_label: str, painter: Painter) -> None:
    """Name the axes; type and colours as in the widgets."""
    from bokeh.models import NoOverlap, PlainText

    for axis, label in ((plot.xaxis[0], x_label), (plot.yaxis[0], y_label)):
        axis.update(
            axis_label=PlainText(text=label),
            axis_label_text_font=FONT,
            axis_label_text_font_size="12px",
            axis_label_text_font_style="normal",
            major_label_text_font=FONT,
            major_label_text_font_size="11px",
            major_label_policy=NoOverlap(),
            minor_tick_line_color=None,
        )
        painter.paint(
            axis,
            axis_label_text_color="text2",
            major_label_text_color="text2",
            axis_line_color="lineStrong",
            major_tick_line_color="lineStrong",
        )
    for grid in (*plot.xgrid, *plot.ygrid):
        painter.paint(grid, grid_line_color="bar")
    painter.paint(plot, background_fill_color="surface", outline_line_color="bar")


def tooltip(heading: str, rows: Mapping[str, str]) -> str:
    """Markup with the names of columns; bokeh puts their text in as text.

    Args:
        heading: the column of the first, bold line.
        rows: label -> column.
    """
    cells = "".join(
        f'<span style="color:var(--lsc-figure-text2)">{_literal(label)}</span>'
        f'<span style="text-align:right;overflow-wrap:anywhere">@{{{column}}}</span>'
        for label, column in rows.items()
    )
    return (
        f'<div style="font-weight:600">@{{{heading}}}</div>'
        '<div style="display:grid;grid-template-columns:auto minmax(0,1fr);column-gap:12px;'
        f'font-variant-numeric:tabular-nums">{cells}</div>'
    )


def _literal(label: str) -> str:
    """A label inside bokeh's markup, where @ and $ begin the name of a column."""
    return escape(label).replace("@", "&#64;").replace("$", "&#36;")
