"""Lanes of a still figure: motif hits as tinted boxes with a name, variants as small signs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from locuscope.plots.feature_marks import lanes, slots
from locuscope.plots.still_figure import text_width, type_of
from locuscope.plots.style import CATEGORIES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from locuscope.plots.feature_marks import Mark
    from locuscope.plots.still_figure import StillFigure

LANE_PX: Final = {"hit": 26, "variant": 22}
MOST_LANES: Final = 6
_BOX_PX, _GAP_PX, _TEXT_PX = 18.0, 5.0, 11.0
_CHEVRON_PX, _CHEVRON_ROOM_PX, _INSIDE_PX = 5.0, 14.0, 4.0


@dataclass(frozen=True)
class PlacedMark:
    """A mark with its lane and the place of its name, in pixels from the left end of the axis.

    Args:
        mark: what is drawn.
        left: left end of the mark.
        right: its right end.
        text_left: where its name starts.
        lane: row, 0 on top.
    """

    mark: Mark
    left: float
    right: float
    text_left: float
    lane: int


@dataclass(frozen=True)
class Lane:
    """Marks of one kind.

    Args:
        kind: "hit" or "variant".
        placed: those that fit into `MOST_LANES` rows.
        n_left: how many do not.
    """

    kind: str
    placed: tuple[PlacedMark, ...]
    n_left: int

    @property
    def height(self) -> float:
        """Pixels of its rows."""
        n_rows = 1 + max((each.lane for each in self.placed), default=0)
        return float(LANE_PX[self.kind] * max(n_rows, 2 if self.n_left else 1))


def place_marks(kind: str, marks: Sequence[Mark], *, px_per_column: float, width_px: float) -> Lane:
    """Find a row and a place for the name of each mark; none touches another.

    A name stands inside its box where it fits, else to the right, else to the left of it.
    """
    spans = []
    for mark in marks:
        left, right = mark.first * px_per_column, mark.stop * px_per_column
        if mark.kind != "hit":
            middle = (left + right) / 2
            left, right = min(left, middle - 5), max(right, middle + 5)
        size = label_width(mark)
        room = right - left - _CHEVRON_ROOM_PX - _INSIDE_PX
        if mark.kind == "hit" and size <= room:
            # beside the chevron, in the middle of what is left
            at = left + (_CHEVRON_ROOM_PX if mark.strand == "-" else _INSIDE_PX)
            at += (room - size) / 2
        elif right + _GAP_PX + size <= width_px:
            at = right + _GAP_PX
        else:
            at = left - _GAP_PX - size
        spans.append((left, right, at, min(left, at), max(right, at + size)))
    # the lanes are given from left to right, so the marks are sorted by all that they take
    order = sorted(range(len(spans)), key=lambda k: (spans[k][3], k))
    rows = lanes([(spans[k][3], spans[k][4] + 2 * _GAP_PX) for k in order])
    placed = tuple(
        PlacedMark(marks[k], spans[k][0], spans[k][1], spans[k][2], row)
        for k, row in zip(order, rows, strict=True)
        if row < MOST_LANES
    )
    return Lane(kind, placed, len(marks) - len(placed))


def label_width(mark: Mark) -> float:
    """Pixels of the name and the score of a mark."""
    size = text_width(mark.name, _TEXT_PX, is_bold=mark.kind == "hit")
    return size + (_GAP_PX + text_width(mark.score, _TEXT_PX) if mark.score else 0)


def draw_hits(figure: StillFigure, ax: Axes, placed: Sequence[PlacedMark]) -> None:
    """Draw boxes on axes whose units are pixels, y downwards."""
    from matplotlib.patches import Rectangle

    colours = CATEGORIES[figure.theme]
    slot = slots(each.mark.name for each in placed)
    for each in placed:
        mark, colour = each.mark, colours[slot[each.mark.name]]
        top = each.lane * LANE_PX["hit"] + (LANE_PX["hit"] - _BOX_PX) / 2
        width = each.right - each.left
        ax.add_patch(
            Rectangle((each.left, top), width, _BOX_PX, facecolor=colour, alpha=0.26, linewidth=0)
        )
        bottom, middle = top + _BOX_PX, top + _BOX_PX / 2
        for at, is_cut in ((each.left, mark.is_cut[0]), (each.right, mark.is_cut[1])):
            if not is_cut:
                inside = at + (1 if at == each.left else -1) * 0.75
                ax.plot([inside, inside], [top, bottom], color=colour, lw=1.1, clip_on=False)
        if mark.strand in "+-" and width >= 3 * _CHEVRON_PX:
            tip, back = (each.right - 4, -1) if mark.strand == "+" else (each.left + 4, 1)
            x = [tip + back * _CHEVRON_PX, tip, tip + back * _CHEVRON_PX]
            ax.plot(x, [middle - _CHEVRON_PX, middle, middle + _CHEVRON_PX], color=colour, lw=1.3)
        _label(figure, ax, each, middle)


def draw_variants(figure: StillFigure, ax: Axes, placed: Sequence[PlacedMark]) -> None:
    """Draw variants: a circle for one base, a bar for a deletion, a triangle for an insertion."""
    colour = figure.colours["ref"]
    for each in placed:
        middle = (each.lane + 0.5) * LANE_PX["variant"]
        at = (each.left + each.right) / 2
        if each.mark.kind == "deletion":
            ax.plot(
                [each.left, each.right],
                [middle, middle],
                color=colour,
                lw=4,
                clip_on=False,
                solid_capstyle="butt",
            )
        else:
            sign = "o" if each.mark.kind == "snv" else "^"
            ax.plot([at], [middle], sign, color=colour, ms=6, mew=0, clip_on=False)
        _label(figure, ax, each, middle)


def _label(figure: StillFigure, ax: Axes, each: PlacedMark, middle: float) -> None:
    mark = each.mark
    # names of hits are bold as those of rows are; variants are many and quiet
    is_hit = mark.kind == "hit"
    look: dict[str, Any] = {"va": "center_baseline", "clip_on": False, "parse_math": False}
    ax.text(
        each.text_left,
        middle,
        mark.name,
        color=figure.colours["text"],
        **look,
        **type_of(_TEXT_PX, is_bold=is_hit),
    )
    if mark.score:
        ax.text(
            each.text_left + text_width(mark.name, _TEXT_PX, is_bold=is_hit) + _GAP_PX,
            middle,
            mark.score,
            color=figure.colours["text"],
            **look,
            **type_of(_TEXT_PX),
        )
