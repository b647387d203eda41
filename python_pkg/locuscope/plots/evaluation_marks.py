"""Marks of figures of accuracy, in bokeh: pairs, metrics of tracks, curves, reliability."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from locuscope._closest import counted
from locuscope.plots.figure import Drawing
from locuscope.plots.frame import blank_plot, dress_axes, tooltip, write_titles
from locuscope.plots.style import FONT, Painter
from locuscope.plots.texts import number, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from locuscope.plots.thinning import Boxes

    Array = NDArray[np.float64]

MOST_COLOURS: Final = 8


@dataclass(frozen=True, eq=False)
class Series:
    """Points of one colour, or a curve.

    Args:
        label: in the legend.
        x, y: (K,).
        texts: hover text, label -> (K,); the first is the heading. Empty for none.
        size: of points in pixels; 0 = a line only.
        is_line: joined by a line.
        is_step: by steps.
        token: its colour; "" = the next category.
    """

    label: str
    x: Array
    y: Array
    texts: dict[str, list[str]] = field(default_factory=dict)
    size: float = 0.0
    is_line: bool = False
    is_step: bool = False
    token: str = ""


@dataclass(frozen=True, eq=False)
class Chart:
    """What a figure shows.

    Args:
        title: the sentence above it.
        lines: smaller ones below it.
        x_label, y_label: of the axes.
        series: in the order of the legend.
        boxes: counts of pairs that are not drawn one by one.
        has_diagonal: a dashed line x = y.
        is_unit: both axes from 0 to 1.
        counts: (place on x, text) written along the upper edge.
    """

    title: str
    lines: Sequence[str]
    x_label: str
    y_label: str
    series: Sequence[Series]
    boxes: Boxes | None = None
    has_diagonal: bool = False
    is_unit: bool = False
    counts: Sequence[tuple[float, str]] = ()


def draw(chart: Chart) -> Drawing:
    """Make the bokeh models, in light colours."""
    painter = Painter()
    plot = blank_plot()
    status = write_titles(plot, chart.title, chart.lines, painter)
    dress_axes(plot, chart.x_label, chart.y_label, painter)
    if chart.is_unit:
        _unit(plot, top=1.1 if chart.counts else 1.03)
    if chart.has_diagonal:
        _diagonal(plot, painter)
    if chart.boxes is not None:
        _boxes(plot, chart, chart.boxes, painter)
    items = []
    source = None
    for place, series in enumerate(chart.series):
        token = series.token or f"category{place % MOST_COLOURS + 1}"
        drawn, source = _series(plot, series, token, painter)
        items.append((series.label, drawn))
    _legend(plot, items, painter)
    _counts(plot, chart.counts, painter)
    return Drawing(plot, painter.paints, source, status)


def _unit(plot: Any, *, top: float) -> None:
    from bokeh.models import Range1d

    plot.x_range = Range1d(start=-0.02, end=1.02)
    plot.y_range = Range1d(start=-0.02, end=top)


def _diagonal(plot: Any, painter: Painter) -> None:
    from bokeh.models.annotations import Slope

    line = Slope(gradient=1, y_intercept=0, line_dash="dashed", line_width=1, level="underlay")
    painter.paint(line, line_color="lineStrong")
    plot.add_layout(line)


def _boxes(plot: Any, chart: Chart, boxes: Boxes, painter: Painter) -> None:
    """Draw boxes, the darker the more pairs they hold; the scale is logarithmic."""
    from bokeh.models import ColumnDataSource, HoverTool

    edges = (boxes.left, boxes.right), (boxes.bottom, boxes.top)
    x, y = (
        [f"{number(a)} to {number(b)}" for a, b in zip(low, high, strict=True)]
        for low, high in edges
    )
    source = ColumnDataSource(
        {
            "left": boxes.left,
            "right": boxes.right,
            "bottom": boxes.bottom,
            "top": boxes.top,
            "alpha": 0.15 + 0.55 * np.log1p(boxes.count) / np.log1p(boxes.count.max()),
            "said": [counted(count, "pair") for count in boxes.count.tolist()],
            "x": x,
            "y": y,
        }
    )
    drawn = plot.quad(
        left="left",
        right="right",
        bottom="bottom",
        top="top",
        source=source,
        fill_alpha="alpha",
        line_color=None,
        name="boxes",
    )
    painter.paint(drawn.glyph, fill_color="ref")
    rows = {chart.x_label: "x", chart.y_label: "y"}
    plot.add_tools(HoverTool(renderers=[drawn], tooltips=tooltip("said", rows), limit=1))


def _series(plot: Any, series: Series, token: str, painter: Painter) -> tuple[list[Any], Any]:
    from bokeh.models import ColumnDataSource, HoverTool

    names = {label: f"t{k}" for k, label in enumerate(series.texts)}
    columns: dict[str, Any] = {names[label]: texts for label, texts in series.texts.items()}
    source = ColumnDataSource({"x": series.x, "y": series.y, **columns})
    drawn = []
    if series.is_line or series.is_step:
        make = plot.step if series.is_step else plot.line
        more = {"mode": "before"} if series.is_step else {}
        line = make("x", "y", source=source, line_width=2, **more)
        painter.paint(line.glyph, line_color=token)
        drawn.append(line)
    if series.size:
        points = plot.scatter(
            "x", "y", source=source, size=series.size, fill_alpha=0.75, line_color=None
        )
        painter.paint(points.glyph, fill_color=token)
        points.nonselection_glyph = None
        drawn.append(points)
        if names:
            heading, *rest = names.values()
            rows = dict(zip(list(names)[1:], rest, strict=True))
            hover = HoverTool(renderers=[points], tooltips=tooltip(heading, rows), limit=1)
            plot.add_tools(hover)
    plot.lod_threshold = None
    return drawn, source


def _legend(plot: Any, items: list[tuple[str, list[Any]]], painter: Painter) -> None:
    """Below the plot, where it covers nothing."""
    from bokeh.core.properties import value
    from bokeh.models.annotations import Legend, LegendItem

    named = [(label, drawn) for label, drawn in items if label]
    if not named:
        return
    legend = Legend(
        items=[
            LegendItem(label=value(plain(label, 60)), renderers=drawn) for label, drawn in named
        ],
        ncols=_columns([label for label, _ in named]),
        label_text_font=FONT,
        label_text_font_size="12px",
        border_line_color=None,
        background_fill_color=None,
        location="top_left",
        spacing=6,
        margin=4,
        click_policy="hide" if len(named) > 1 else "none",
    )
    painter.paint(legend, label_text_color="text")
    plot.add_layout(legend, "below")


def _columns(labels: Sequence[str]) -> int:
    """Columns of a legend that fit on a narrow page, two where one would be too high."""
    # a letter takes about 7 pixels, the sign before it 36
    widest = 36 + 7 * max(len(label) for label in labels)
    return max(1 if len(labels) <= 3 else 2, min(3, len(labels), 480 // widest))


def _counts(plot: Any, counts: Sequence[tuple[float, str]], painter: Painter) -> None:
    """Numbers of pairs along the upper edge."""
    from bokeh.core.properties import value
    from bokeh.models import ColumnDataSource

    if not counts:
        return
    source = ColumnDataSource(
        {"x": [at for at, _ in counts], "y": [1.055] * len(counts), "said": [t for _, t in counts]}
    )
    drawn = plot.text(
        "x",
        "y",
        "said",
        source=source,
        text_font=value(FONT),
        text_font_size="11px",
        text_align="center",
        text_baseline="middle",
        name="counts",
    )
    painter.paint(drawn.glyph, text_color="text2")
