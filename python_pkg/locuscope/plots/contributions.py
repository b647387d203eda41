"""Contributions as letters over the genome: `plot_contributions`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from locuscope.genome.choices import check_choice
from locuscope.plots.contribution_rows import logo_rows
from locuscope.plots.feature_marks import hit_marks, variant_marks
from locuscope.plots.style import THEMES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from locuscope.attribution.contribution_values import Contributions
    from locuscope.genome.interval import Interval
    from locuscope.plots.contribution_rows import LogoRows
    from locuscope.plots.feature_lanes import Lane
    from locuscope.plots.still_figure import StillFigure

LOGO_PX: Final = (164.0, 128.0, 104.0)
"""Height of a row of letters where there is one, two, more."""
GAP_PX: Final = 10.0


def plot_contributions(
    contributions: Contributions | Sequence[Contributions] | Mapping[str, Contributions],
    i: int = 0,
    *,
    window: int | Interval | tuple[int, int] | None = None,
    hits: object = None,
    variants: object = None,
    delta_badge: bool = True,
    share_y: bool = False,
    theme: str = "light",
    width_in: float = 10.0,
) -> StillFigure:
    """Draw one example as rows of letters, one row per method or track, over one axis.

    The height of a letter is what the base there adds; below 0 letters stand upside down. Beyond
    500 bases bars of the same colours stand for letters.

    Args:
        contributions: one result (each of its tracks is a row), or several of the same place in a
            list, titled by their method, or in a mapping title -> result.
        i: which example.
        window: the part to show: bases around the centre, a place, or columns (first, stop). None =
            all.
        hits: motif hits to draw below: a table with start, end, motif_name and chr (for bare
            sequences peak_id, core_start, core_end), also strand and hit_coefficient; or Intervals.
        variants: to mark, in any form.
        delta_badge: write beside each row how far its sum is from the change it explains, in the
            colour of a warning where it is too far.
        share_y: the same scale for all rows.
        theme: "light" or "dark".
        width_in: width of the figure in inches; its height follows from what it holds.

    Returns:
        A matplotlib figure that shows itself in a notebook. `savefig(path)` writes PNG, PDF or SVG;
        text stays text in SVG.

    Raises:
        OutOfBoundsError: no such example, or a window outside it.
        ShapeError, InputError: results of other lengths, places or bases.
        OptionError: an option outside its range.
    """
    from locuscope.plots.logo_page import GUTTER_PX, RIGHT_PX
    from locuscope.plots.still_figure import page_width

    check_choice("theme", theme, tuple(THEMES))
    page = page_width(width_in)
    shown = logo_rows(contributions, i, window)
    width = page - GUTTER_PX - RIGHT_PX
    lanes = _lanes(shown, variants, hits, i, width)
    return _draw(shown, lanes, page, theme, delta_badge=delta_badge, share_y=share_y)


def _lanes(shown: LogoRows, variants: object, hits: object, i: int, width_px: float) -> list[Lane]:
    """Variants, then hits; nothing for a kind of which none is there."""
    from locuscope.plots.feature_lanes import place_marks

    found = {"variant": variant_marks(variants, shown), "hit": hit_marks(hits, shown, i)}
    per_column = width_px / len(shown.positions)
    return [
        place_marks(kind, marks, px_per_column=per_column, width_px=width_px)
        for kind, marks in found.items()
        if marks
    ]


def _draw(
    shown: LogoRows,
    lanes: Sequence[Lane],
    page: float,
    theme: str,
    *,
    delta_badge: bool,
    share_y: bool,
) -> StillFigure:
    from locuscope.plots import logo_page as parts
    from locuscope.plots.still_figure import StillFigure

    logo = LOGO_PX[min(len(shown.rows), 3) - 1]
    first_row = parts.EDGE_PX + parts.HEAD_PX + parts.RULER_PX
    rows = len(shown.rows) * (GAP_PX + parts.TITLE_PX + logo)
    below = sum(GAP_PX + lane.height for lane in lanes) + GAP_PX + parts.FOOT_PX + parts.EDGE_PX
    figure = StillFigure(page, first_row + rows + below, theme=theme)
    width = page - parts.GUTTER_PX - parts.RIGHT_PX
    parts.head(figure, shown)
    parts.ruler(figure, shown, parts.EDGE_PX + parts.HEAD_PX, width)
    ends = [parts.limits(row) for row in shown.rows]
    if share_y:
        ends = [(min(low for low, _ in ends), max(high for _, high in ends))] * len(ends)
    top = first_row
    for row, end in zip(shown.rows, ends, strict=True):
        parts.title(figure, row, top + GAP_PX, delta_badge=delta_badge)
        top += GAP_PX + parts.TITLE_PX
        parts.letters(
            figure, figure.panel(parts.GUTTER_PX, top, width, logo), row, shown.is_unknown, end
        )
        top += logo
    for lane in lanes:
        top += GAP_PX
        if lane.kind == "variant":
            parts.bands(figure, lane.placed, first_row, top)
        parts.features(figure, lane, top)
        top += lane.height
    parts.foot(figure, shown, top + GAP_PX + parts.FOOT_PX / 2)
    return figure
