"""The fallback picture of a browser: what the view shows, as a PNG, without a page.

It stands in notebooks on code hosts and in converted documents, and says the same as the widget:
place, ruler, bases, genes, variants, and the shown lanes with their axes, on the light theme.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from locuscope.widgets.axes import (
    axis_values,
    chrom_text,
    nice_scale,
    place_text,
    ruler_ticks,
    value_text,
    width_text,
)
from locuscope.widgets.lane_order import lane_titles
from locuscope.widgets.painter import (
    Columns,
    Ink,
    LaneColours,
    PaintView,
    SignalLane,
    YScale,
    paint_lanes,
)
from locuscope.widgets.pyramid import FACTOR
from locuscope.widgets.sketch import CATEGORIES, Sketch, blend, fitted, packed, text_width
from locuscope.widgets.snapshot_marks import (
    GENE_ROW,
    VARIANT_HEIGHT,
    PlotPlace,
    draw_genes,
    draw_variants,
    gene_rows,
)
from locuscope.widgets.snapshot_sequence import SEQUENCE_HEIGHT, draw_sequence, shows_bases

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from locuscope.widgets.lane_order import LaneGroup
    from locuscope.widgets.track_browser import TrackBrowser

WIDTH: Final = 960
GUTTER: Final = 180
RIGHT: Final = 12
MOST_AXES: Final = 40
MOST_LANES: Final = 100
OUTPUT_COLOURS: Final = (2, 0, 3, 5, 4, 7)
"""Category colours of outputs; those of alternative and error are left out."""
_AXIS: Final = 44
_HEADING: Final = 24
_GAP: Final = 6


@dataclass(frozen=True)
class Row:
    """One lane in the picture, at css y `top`."""

    track: int
    top: int
    height: int
    title: str
    subtitle: str
    group: int


@dataclass(frozen=True)
class Plan:
    """Where everything stands, in css px from the top."""

    ruler: int
    sequence: int
    genes: int
    variants: int
    lanes: int
    height: int
    rows: tuple[Row, ...]
    headings: tuple[tuple[int, LaneGroup], ...]


def picture(widget: TrackBrowser, *, scale: int = 1) -> bytes:
    """The view as PNG bytes, 960 px wide times `scale`."""
    groups = widget.lane_groups
    where = widget.interval
    place = PlotPlace(where, GUTTER, WIDTH - GUTTER - RIGHT)
    plan = _plan(widget, groups, place)
    sketch = Sketch(WIDTH, plan.height, scale)
    _draw_head(sketch, widget, plan, place)
    bases = widget.data.bases
    if bases is not None and shows_bases(bases, place):
        draw_sequence(sketch, bases, place, plan.sequence, widget.palette)
    lane = widget.data.gene_lane
    if lane is not None:
        draw_genes(sketch, lane, place, plan.genes)
    if widget.data.variants is not None:
        draw_variants(sketch, widget.data.variants, place, plan.variants, widget.focus)
    if plan.rows:
        _draw_lanes(sketch, widget, plan, place)
    else:
        words = "No tracks match the filters." if widget.data.n_tracks else "No tracks."
        sketch.text(GUTTER, plan.lanes + 20, words, size=13, colour="text2")
    _draw_foot(sketch, widget, plan)
    return sketch.png()


def _plan(widget: TrackBrowser, groups: list[LaneGroup], place: PlotPlace) -> Plan:
    data = widget.data
    ruler = 34
    sequence = y = ruler + 28
    if shows_bases(data.bases, place):
        y += SEQUENCE_HEIGHT + 4
    genes = y
    if data.gene_lane is not None:
        y += gene_rows(data.gene_lane, place) * GENE_ROW + 4
    variants = y
    if data.variants is not None:
        y += VARIANT_HEIGHT
    lanes = y
    has_axes = sum(len(group.tracks) for group in groups) <= MOST_AXES
    rows: list[Row] = []
    headings = []
    for number, group in enumerate(groups):
        headings.append((y, group))
        y += _HEADING + 4
        for track, (title, subtitle) in zip(
            group.tracks, lane_titles(data.catalog, group.tracks), strict=True
        ):
            if len(rows) == MOST_LANES:
                break
            height = (44 if _is_signed(widget, track) else 40) if has_axes else 10
            rows.append(Row(track, y, height, title, subtitle, number))
            y += height + (_GAP if has_axes else 4)
    y = max(y, lanes + 40)
    return Plan(ruler, sequence, genes, variants, lanes, y + 28, tuple(rows), tuple(headings))


def _draw_head(sketch: Sketch, widget: TrackBrowser, plan: Plan, place: PlotPlace) -> None:
    """Place and caption, then the ruler."""
    where = widget.interval
    title = widget.info["title"]
    sketch.text(12, 16, place_text(where), size=13, bold=True)
    start = 24 + text_width(place_text(where), 13, bold=True)
    sketch.text(start, 16, width_text(where.width), size=12, colour="text2")
    mode = {"diff": "alt \N{MINUS SIGN} ref", "log2FC": "log2(alt / ref)"}.get(
        widget.mode, widget.mode
    )
    words = [title, f"showing {mode}" if widget.data.has_alt else ""]
    caption = fitted(" \N{MIDDLE DOT} ".join(w for w in words if w), WIDTH - start - 100, 12)
    sketch.text(WIDTH - RIGHT, 16, caption, size=12, colour="text2", anchor="right")
    sketch.box(0, 31, WIDTH, 32, "line")
    assembly = widget.info["assembly"]
    name = chrom_text(where.chrom) + (f" \N{MIDDLE DOT} {assembly}" if assembly else "")
    sketch.text(26, plan.ruler + 8, fitted(name, GUTTER - 40), size=11, bold=True)
    sketch.box(GUTTER, plan.ruler + 19, WIDTH - RIGHT, plan.ruler + 20, "line_strong")
    right_end = 0.0
    for position, label in ruler_ticks(where):
        x = place.x(position - 0.5)
        half = text_width(label) / 2
        sketch.box(x, plan.ruler + 15, x + 1, plan.ruler + 20, "line_strong")
        middle = min(max(x, GUTTER + half), WIDTH - RIGHT - half)
        if middle - half > right_end + 8:
            sketch.text(middle, plan.ruler + 7, label, colour="text2", anchor="middle")
            right_end = middle + half


def _draw_lanes(sketch: Sketch, widget: TrackBrowser, plan: Plan, place: PlotPlace) -> None:
    """All signal lanes in one pixel buffer, then headings, names and axes over it."""
    scale = sketch.scale
    top = plan.rows[0].top
    height = plan.rows[-1].top + plan.rows[-1].height - top
    view = PaintView(
        place.width * scale,
        height * scale,
        place.where.start,
        place.where.width / (place.width * scale),
        scale,
        packed("line"),
    )
    pixels = np.full((view.height, view.width), packed("surface"), dtype=np.uint32)
    _paint_band(pixels, widget, place, scale)
    columns = {row.track: _lane_columns(widget, row.track, place) for row in plan.rows}
    scales = _group_scales(widget, plan, columns, view)
    lanes = [
        _lane(widget, row, columns[row.track], scales[row.track], top=top, scale=scale)
        for row in plan.rows
    ]
    paint_lanes(pixels, view, lanes)
    sketch.pixels(GUTTER, top, pixels)
    for y, group in plan.headings:
        _draw_heading(sketch, widget, y, group)
    for row in plan.rows:
        _draw_names(sketch, row, scales[row.track])


def _paint_band(
    pixels: NDArray[np.uint32], widget: TrackBrowser, place: PlotPlace, scale: int
) -> None:
    """The highlighted place, through all lanes."""
    if widget.focus is None:
        return
    left = round((place.x(widget.focus["start"]) - GUTTER) * scale)
    right = max(round((place.x(widget.focus["end"]) - GUTTER) * scale), left + 8 * scale)
    if left < pixels.shape[1] and right > 0:
        pixels[:, max(0, left - scale) : min(right, pixels.shape[1])] = packed("band")


def _lane_columns(widget: TrackBrowser, track: int, place: PlotPlace) -> list[Columns]:
    """The bins of a lane at the level that fits the picture; in an overlay alt comes second."""
    data = widget.data
    block = data.blocks[data.block_of[track]]
    geometry = block.geometry
    modes = [widget.mode if block.alt is not None else "ref"]
    if modes == ["overlay"]:
        modes = ["ref", "alt"]
    found = []
    for mode in modes:
        (pyramid,) = data.pyramids([track], mode)
        fits = place.where.width / place.width
        level = 0
        while level + 1 < len(pyramid.levels) and geometry.bin_bp * FACTOR ** (level + 1) <= fits:
            level += 1
        bins = pyramid.levels[level]
        low = bins.minimum if _is_signed(widget, track) else None
        size = geometry.bin_bp * FACTOR**level
        found.append(Columns(geometry.origin, size, bins.maximum, bins.mean, low))
    return found


def _group_scales(
    widget: TrackBrowser, plan: Plan, columns: dict[int, list[Columns]], view: PaintView
) -> dict[int, YScale]:
    """One y axis per lane, group or picture, as the scale trait says, over what is in view."""
    end = view.x0 + view.width * view.bp_per_px
    kind = widget.scale.get("kind", "linear")
    by = widget.scale.get("range", "group")
    ranges: dict[object, tuple[float, float, bool]] = {}
    keys = {}
    for row in plan.rows:
        key = {"group": row.group, "track": ("track", row.track), "all": "all"}[by]
        keys[row.track] = key
        lo, hi, is_signed = ranges.get(key, (0.0, 0.0, False))
        for item in columns[row.track]:
            first = max(0, int((view.x0 - item.start) // item.bin_bp))
            stop = max(first, int(-(-(end - item.start) // item.bin_bp)))
            for values in (
                item.top[first:stop],
                (item.top if item.low is None else item.low)[first:stop],
            ):
                finite = values[np.isfinite(values)]
                if len(finite):
                    lo, hi = min(lo, float(finite.min())), max(hi, float(finite.max()))
        ranges[key] = (lo, hi, is_signed or _is_signed(widget, row.track))
    made = {
        key: nice_scale(kind, lo, hi, is_signed=is_signed)
        for key, (lo, hi, is_signed) in ranges.items()
    }
    return {track: made[key] for track, key in keys.items()}


def _lane(
    widget: TrackBrowser, row: Row, columns: list[Columns], y: YScale, *, top: int, scale: int
) -> SignalLane:
    block = widget.data.blocks[widget.data.block_of[row.track]]
    return SignalLane(
        (row.top - top) * scale,
        row.height * scale,
        "stems" if block.has_stems else "area",
        columns[0],
        y,
        _colours(widget, row.track),
        columns[1] if len(columns) > 1 else None,
    )


def _colours(widget: TrackBrowser, track: int) -> LaneColours:
    data = widget.data
    has_alt = data.blocks[data.block_of[track]].alt is not None
    if widget.mode in {"diff", "log2FC"} and has_alt:
        return LaneColours(_ink("gain"), _ink("loss"), packed("alt"), packed("line_strong"))
    output = int(data.catalog.categories["output_name"].codes[track]) - 1
    colour = CATEGORIES[OUTPUT_COLOURS[max(0, output) % len(OUTPUT_COLOURS)]]
    if has_alt and widget.mode in {"alt", "overlay"}:
        colour = "alt" if widget.mode == "alt" else "ref"
    style = widget.lane_style.get(str(track), {})
    ink = _ink(style.get("color", colour))
    return LaneColours(ink, ink, packed("alt"), packed("line"))


def _ink(colour: str) -> Ink:
    return Ink(packed(colour), packed(blend(colour, 0.35)), packed(colour))


def _draw_heading(sketch: Sketch, widget: TrackBrowser, y: int, group: LaneGroup) -> None:
    sketch.box(0, y, WIDTH, y + 1, "line")
    sketch.text(26, y + 14, fitted(group.label, 300, 13, bold=True), size=13, bold=True)
    start = 34 + text_width(fitted(group.label, 300, 13, bold=True), 13, bold=True)
    measured = widget.data.is_measured[list(group.tracks)]
    words = "measured" if measured.all() else "predicted" if not measured.any() else "mixed"
    count = f"{len(group.tracks):,} {'track' if len(group.tracks) == 1 else 'tracks'}, {words}"
    sketch.text(start, y + 14, count, colour="text2")
    has_alt = any(widget.data.blocks[widget.data.block_of[t]].alt for t in group.tracks)
    if widget.mode == "overlay" and has_alt:
        for x, colour, name in ((WIDTH - 92, "ref", "ref"), (WIDTH - 48, "alt", "alt")):
            sketch.box(x, y + 10, x + 8, y + 18, colour)
            sketch.text(x + 12, y + 14, name, colour="text2")


def _draw_names(sketch: Sketch, row: Row, y: YScale) -> None:
    """Title and subtitle at the left, axis with its values beside the plot."""
    values = axis_values(y, row.height)
    room = GUTTER - 26 - (_AXIS if values else 8)
    if row.height < 20:
        sketch.text(26, row.top + row.height / 2, fitted(row.title, room), size=11)
        return
    middle = row.top + row.height / 2
    offset = 7 if row.subtitle else 0
    sketch.text(26, middle - offset, fitted(row.title, room, 12), size=12)
    if row.subtitle:
        sketch.text(26, middle + 8, fitted(row.subtitle, room), colour="text2")
    sketch.box(GUTTER - 1, row.top, GUTTER, row.top + row.height, "line_strong")
    for i, value in enumerate(values):
        share = i / (len(values) - 1)
        tick = row.top + row.height - 1 - share * (row.height - 1)
        sketch.box(GUTTER - 4, tick, GUTTER - 1, tick + 1, "line_strong")
        inside = min(max(tick, row.top + 5), row.top + row.height - 5)
        sketch.text(GUTTER - 8, inside, value_text(value), colour="text2", anchor="right")


def _draw_foot(sketch: Sketch, widget: TrackBrowser, plan: Plan) -> None:
    data = widget.data
    y = plan.height - 26
    sketch.box(0, y, WIDTH, y + 1, "line")
    shown = len(plan.rows)
    words = [f"{shown:,} of {data.n_tracks:,} tracks"]
    words += [str(note) for note in data.notes[:1]]
    if data.n_tracks and not data.is_measured.all():
        words.append("Prediction, not measurement, unless marked measured")
    text = "  \N{MIDDLE DOT}  ".join(words)
    sketch.text(12, y + 14, fitted(text, WIDTH - 24), colour="text2")


def _is_signed(widget: TrackBrowser, track: int) -> bool:
    data = widget.data
    has_alt = data.blocks[data.block_of[track]].alt is not None
    is_difference = widget.mode in {"diff", "log2FC"} and has_alt
    return is_difference or bool(data.ranges[track, 0] < 0)
