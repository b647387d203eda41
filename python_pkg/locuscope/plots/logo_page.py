"""Parts of the page that `plot_contributions` draws: heading, ruler, rows, lanes, foot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from locuscope.plots.feature_lanes import LANE_PX, draw_hits, draw_variants
from locuscope.plots.mutation_map import MOST_LETTERS
from locuscope.plots.sequence_logo import draw_logo
from locuscope.plots.still_figure import fitted, text_width, type_of
from locuscope.plots.texts import MINUS, plain
from locuscope.plots.ticks import position_ticks, tick_texts, value_ticks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from locuscope.plots.contribution_rows import LogoRow, LogoRows
    from locuscope.plots.feature_lanes import Lane, PlacedMark
    from locuscope.plots.still_figure import StillFigure

GUTTER_PX: Final = 72.0
RIGHT_PX: Final = 16.0
EDGE_PX: Final = 12.0
HEAD_PX: Final = 24.0
RULER_PX: Final = 28.0
TITLE_PX: Final = 18.0
FOOT_PX: Final = 20.0
_DOT: Final = " \u00b7 "


def head(figure: StillFigure, shown: LogoRows) -> None:
    """Write where this is: place, width, strand, model."""
    middle = EDGE_PX + HEAD_PX / 2 - 2
    place = shown.place
    main = shown.example if place is None else place.text()
    said = [f"{len(shown.positions):,} bp"]
    if place is not None:
        said += [f"{MINUS} strand"] if place.strand == "-" else []
        said += [shown.example] if place.name else []
    right = figure.width_px - RIGHT_PX
    main = fitted(main, right - EDGE_PX, 15, is_bold=True)
    figure.write(EDGE_PX, middle, main, size_px=15, is_bold=True)
    left = EDGE_PX + text_width(main, 15, is_bold=True) + 12
    while said and left + text_width(_DOT.join(said), 12) > right:
        said.pop()
    figure.write(left, middle, _DOT.join(said), colour="text2")
    facts = _DOT.join(shown.facts)
    if left + text_width(_DOT.join(said), 12) + 24 + text_width(facts, 12) <= right:
        figure.write(right, middle, facts, colour="text2", align="right")


def ruler(figure: StillFigure, shown: LogoRows, top: float, width: float) -> None:
    """Draw the axis of positions; labels that would touch another one are left out."""
    line = top + RULER_PX - 6
    name = "position" if shown.place is None else plain(shown.place.chrom, 9)
    figure.write(EDGE_PX, top + 10, name, is_bold=shown.place is not None)
    ax = figure.panel(GUTTER_PX, top, width, RULER_PX)
    ax.set_xlim(0, width)
    ax.set_ylim(RULER_PX, 0)
    colour = figure.colours["lineStrong"]
    ax.plot([0, width], [line - top] * 2, color=colour, lw=0.75, clip_on=False)
    per_column = width / len(shown.positions)
    edge = EDGE_PX + text_width(name, 12, is_bold=True) + 12
    for column, position in sorted(position_ticks(shown.positions)):
        at = (column + 0.5) * per_column
        ax.plot([at, at], [line - top, line - top - 4], color=colour, lw=0.75)
        text = f"{position:,}"
        half = text_width(text, 11) / 2
        left = GUTTER_PX + at - half
        if left >= edge and left + 2 * half <= figure.width_px - 8:
            figure.write(left + half, top + 10, text, size_px=11, colour="text2", align="center")
            edge = left + 2 * half + 12


def title(figure: StillFigure, row: LogoRow, top: float, *, delta_badge: bool) -> None:
    """Write the name of a row, and how far its sum is off."""
    middle = top + TITLE_PX / 2 - 2
    room = figure.width_px - RIGHT_PX - GUTTER_PX
    has_badge = delta_badge and bool(row.delta)
    room -= text_width(row.delta, 11) + 20 if has_badge else 0
    room -= text_width(row.caption, 11) + 8 if row.caption else 0
    shown = fitted(row.title, room, 12, is_bold=True)
    figure.write(GUTTER_PX, middle, shown, is_bold=True)
    if row.caption:
        left = GUTTER_PX + text_width(shown, 12, is_bold=True) + 8
        figure.write(left, middle, row.caption, size_px=11, colour="warning")
    if has_badge:
        colour = "warning" if row.is_far else "text2"
        badge = figure.write(
            figure.width_px - RIGHT_PX - 4,
            middle,
            row.delta,
            size_px=11,
            colour=colour,
            align="right",
        )
        badge.set_bbox(
            {
                "boxstyle": "round,pad=0.3,rounding_size=0.4",
                "facecolor": figure.colours["surface2"],
                "edgecolor": figure.colours["warning" if row.is_far else "bar"],
                "linewidth": 0.75,
            }
        )


def limits(row: LogoRow) -> tuple[float, float]:
    """Give the lowest and highest end of the letters, with a little air; 0 is always there."""
    values = np.where(np.isfinite(row.heights), row.heights, 0.0)
    low = float(np.minimum(values, 0).sum(axis=0).min())
    high = float(np.maximum(values, 0).sum(axis=0).max())
    span = (high - low) or 1.0
    return low - 0.04 * span if low < 0 else -0.02 * span, high + 0.04 * span


def letters(
    figure: StillFigure,
    ax: Axes,
    row: LogoRow,
    is_unknown: NDArray[np.bool_],
    ends: tuple[float, float],
) -> None:
    """Draw the letters of a row, a line at 0, its axis, and a hatch where no base is known."""
    draw_logo(ax, row.heights, theme=figure.theme)
    ax.set_ylim(*ends)
    colour = figure.colours["lineStrong"]
    ax.axhline(0, color=colour, lw=0.75, zorder=1)
    for first, stop in _runs(is_unknown):
        ax.axvspan(
            first - 0.5,
            stop - 0.5,
            facecolor="none",
            edgecolor=figure.colours["bar"],
            hatch="////",
            linewidth=0,
            zorder=0,
        )
    ticks = value_ticks(*ends)
    ax.set_yticks(ticks, tick_texts(ticks))
    ax.tick_params(axis="y", colors=colour, width=0.75, length=3, pad=3)
    ax.spines["left"].set(visible=True, color=colour, linewidth=0.75)
    for label in ax.get_yticklabels():
        label.set(color=figure.colours["text2"], **type_of(11))


def _runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Runs of True: first, one past the last."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]])))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def features(figure: StillFigure, lane: Lane, top: float) -> None:
    """Draw hits or variants, with their name in the gutter and how many had no room."""
    middle = top + LANE_PX[lane.kind] / 2
    figure.write(EDGE_PX, middle, "Hits" if lane.kind == "hit" else "Variants", is_bold=True)
    width = figure.width_px - GUTTER_PX - RIGHT_PX
    ax = figure.panel(GUTTER_PX, top, width, lane.height)
    ax.set_xlim(0, width)
    ax.set_ylim(lane.height, 0)
    draw = draw_hits if lane.kind == "hit" else draw_variants
    draw(figure, ax, lane.placed)
    if lane.n_left:
        figure.write(EDGE_PX, middle + 16, f"+{lane.n_left:,} more", size_px=11, colour="text2")


def bands(figure: StillFigure, variants: Sequence[PlacedMark], top: float, bottom: float) -> None:
    """Draw a pale band through all rows where a variant is."""
    width = figure.width_px - GUTTER_PX - RIGHT_PX
    ax = figure.panel(GUTTER_PX, top, width, bottom - top)
    ax.set_zorder(-1)
    ax.set_xlim(0, width)
    for each in variants:
        ax.axvspan(each.left, each.right, color=figure.colours["bar"], alpha=0.6, linewidth=0)


def foot(figure: StillFigure, shown: LogoRows, middle: float) -> None:
    """Write what the heights mean, as much as there is room for."""
    room = figure.width_px - EDGE_PX - RIGHT_PX
    more = "It shows what the model used, not a proven cause."
    if len(shown.positions) > MOST_LETTERS:
        more = f"Bars stand for letters beyond {MOST_LETTERS} bases; window= shows a part."
    for what in (shown.target, plain(shown.target, 40), "the prediction"):
        said = f"Height: what each base adds to {what}."
        if text_width(f"{said} {more}", 11) <= room:
            said = f"{said} {more}"
            break
    figure.write(EDGE_PX, middle, fitted(said, room, 11), size_px=11, colour="text2")
