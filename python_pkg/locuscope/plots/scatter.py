"""Points, boxes, axes and hover text of one figure, in bokeh."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from locuscope._closest import counted
from locuscope.plots.figure import Drawing
from locuscope.plots.frame import blank_plot, dress_axes, tooltip, write_titles
from locuscope.plots.style import SIGN, Painter
from locuscope.plots.texts import number, plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from locuscope.plots.contig_axis import ContigAxis
    from locuscope.plots.thinning import Boxes

FEW = 300
"""Up to this many points are drawn larger."""
_NEARLY_0 = 1e-300


@dataclass(frozen=True, eq=False)
class Content:
    """What a figure shows.

    Args:
        title: the sentence above it.
        lines: smaller lines below that.
        x, y, value: (P,) of the points; `value` gives the colour, by its sign.
        texts: hover text, column -> (P,).
        boxes: counts of the points that are not drawn; None without any.
        x_label, y_label: of the axes.
        value_axis: the axis that `value` lies on.
        score: name of the value.
        p_name: name of the p-values in `texts`; None without any.
        axis: contigs, if x is the genome.
    """

    title: str
    lines: Sequence[str]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    value: NDArray[np.float64]
    texts: Mapping[str, list[str]]
    boxes: Boxes | None
    x_label: str
    y_label: str
    value_axis: Literal["x", "y"]
    score: str
    p_name: str | None
    axis: ContigAxis | None


def draw(content: Content, *, can_tap: bool) -> Drawing:
    """Make the bokeh models, in light colours.

    Args:
        content: what to show.
        can_tap: a tap chooses a point.
    """
    painter = Painter()
    plot = blank_plot()
    status = write_titles(plot, content.title, content.lines, painter)
    dress_axes(plot, content.x_label, content.y_label, painter)
    _ticks(plot, content)
    if content.axis is not None and len(content.axis.names) > 1:
        _contigs(plot, content.axis, painter)
    _zero_line(plot, content, painter)
    if content.boxes is not None:
        _boxes(plot, content, content.boxes, painter)
    source = _points(plot, content, painter, can_tap=can_tap)
    return Drawing(plot, painter.paints, source, status)


def _ticks(plot: Any, content: Content) -> None:
    from bokeh.models import AdaptiveTicker, NumeralTickFormatter

    plot.xgrid[0].visible = content.p_name is not None
    if content.p_name is None:
        plot.xaxis[0].formatter = NumeralTickFormatter(format="0,0")
        # Ranks and positions are whole; ticks between them would be rounded to the same label.
        plot.xaxis[0].ticker = AdaptiveTicker(min_interval=1)


def _contigs(plot: Any, axis: ContigAxis, painter: Painter) -> None:
    """Name the contigs in their middle, and shade every second one."""
    from bokeh.models import FixedTicker, PlainText, Range1d
    from bokeh.models.annotations import BoxAnnotation

    middles = ((axis.starts + axis.stops) / 2).tolist()
    plot.xaxis[0].update(
        ticker=FixedTicker(ticks=middles, minor_ticks=[]),
        major_label_overrides={
            at: PlainText(text=plain(name)) for at, name in zip(middles, axis.names, strict=True)
        },
        major_tick_line_color=None,
    )
    bands = axis.bands()
    plot.x_range = Range1d(start=bands[0][0], end=bands[-1][1])
    for start, stop in bands[1::2]:
        band = BoxAnnotation(left=start, right=stop, level="image", line_color=None)
        painter.paint(band, fill_color="surface2")
        band.fill_alpha = 1.0
        plot.add_layout(band)


def _zero_line(plot: Any, content: Content, painter: Painter) -> None:
    from bokeh.models.annotations import Span

    dimension: Literal["width", "height"] = "width" if content.value_axis == "y" else "height"
    line = Span(location=0, dimension=dimension, line_width=1, level="underlay")
    painter.paint(line, line_color="lineStrong")
    plot.add_layout(line)


def _sign_colours(painter: Painter, column: str) -> dict[str, Any]:
    from bokeh.models import LinearColorMapper

    mapper = LinearColorMapper(palette=["#000000"] * 3, low=-_NEARLY_0, high=_NEARLY_0)
    painter.palette(mapper, SIGN)
    return {"field": column, "transform": mapper}


def _boxes(plot: Any, content: Content, boxes: Boxes, painter: Painter) -> None:
    """Draw boxes, the darker the more points they hold; the scale is logarithmic."""
    from bokeh.models import ColumnDataSource, HoverTool

    low, high = (
        (boxes.bottom, boxes.top) if content.value_axis == "y" else (boxes.left, boxes.right)
    )
    shade = np.log1p(boxes.count) / np.log1p(boxes.count.max())
    ranges = [f"{number(a)} to {number(b)}" for a, b in zip(low, high, strict=True)]
    source = ColumnDataSource(
        {
            "left": boxes.left,
            "right": boxes.right,
            "bottom": boxes.bottom,
            "top": boxes.top,
            "middle": (low + high) / 2,
            "alpha": 0.15 + 0.45 * shade,
            "said": [counted(count, "allele") for count in boxes.count.tolist()],
            "range": ranges,
            "place": _places(content, boxes),
        }
    )
    drawn = plot.quad(
        left="left",
        right="right",
        bottom="bottom",
        top="top",
        source=source,
        fill_color=_sign_colours(painter, "middle"),
        fill_alpha="alpha",
        line_color=None,
        name="boxes",
    )
    rows = {content.score: "range", _x_word(content): "place"}
    plot.add_tools(HoverTool(renderers=[drawn], tooltips=tooltip("said", rows), limit=1))


def _places(content: Content, boxes: Boxes) -> list[str]:
    edges = zip(boxes.left.tolist(), boxes.right.tolist(), strict=True)
    if content.axis is not None:
        return [content.axis.place(left, right) for left, right in edges]
    if content.p_name is not None:
        heights = zip(boxes.bottom.tolist(), boxes.top.tolist(), strict=True)
        return [f"{number(10**-high)} to {number(10**-low)}" for low, high in heights]
    return [f"{left:,.0f} to {right:,.0f}" for left, right in edges]


def _x_word(content: Content) -> str:
    if content.axis is not None:
        return "place"
    return "rank" if content.p_name is None else content.p_name


def _points(plot: Any, content: Content, painter: Painter, *, can_tap: bool) -> Any:
    from bokeh.models import ColumnDataSource, HoverTool, Scatter, TapTool

    columns: dict[str, Any] = {f"t_{name}": texts for name, texts in content.texts.items()}
    columns |= {"x": content.x, "y": content.y, "value": content.value.astype(np.float32)}
    source = ColumnDataSource(columns)
    is_few = len(content.x) <= FEW
    look = {"size": 8 if is_few else 4, "fill_alpha": 0.85 if is_few else 0.7, "line_color": None}
    drawn = plot.scatter(
        "x", "y", source=source, fill_color=_sign_colours(painter, "value"), name="points", **look
    )
    drawn.nonselection_glyph = None
    chosen = Scatter(size=12, line_width=2, fill_color=drawn.glyph.fill_color)
    painter.paint(chosen, line_color="accent")
    drawn.selection_glyph = chosen
    plot.lod_threshold = None
    rows = {"id": "t_id", "gene": "t_gene", content.score: "t_score"}
    rows |= {kind: f"t_{kind}" for kind in ("track", "column") if kind in content.texts}
    rows |= {content.p_name: "t_p"} if content.p_name is not None else {}
    rows["status"] = "t_status"
    plot.add_tools(HoverTool(renderers=[drawn], tooltips=tooltip("t_variant", rows), limit=1))
    if can_tap:
        tap = TapTool(renderers=[drawn], mode="replace")
        plot.add_tools(tap)
        plot.toolbar.active_tap = tap
    return source
