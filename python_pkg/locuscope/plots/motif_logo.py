"""The logo of a motif: its letters, what lies outside its core shaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from locuscope.plots.sequence_logo import draw_logo
from locuscope.plots.still_figure import StillFigure

if TYPE_CHECKING:
    from locuscope.motifs.motif import Motif

COLUMN_PX: Final = 14
HEIGHT_PX: Final = 72
_MARGIN_PX: Final = 4


def motif_logo(motif: Motif, *, theme: str = "light") -> StillFigure:
    """Draw the contributions of a motif as letters.

    Args:
        motif: what is drawn; its window, with the columns outside its core behind a shade.
        theme: "light" or "dark".
    """
    width = motif.width * COLUMN_PX
    figure = StillFigure(width + 2 * _MARGIN_PX, HEIGHT_PX, theme=theme)
    ax = figure.panel(_MARGIN_PX, _MARGIN_PX, width, HEIGHT_PX - 2 * _MARGIN_PX)
    draw_logo(ax, motif.cwm, theme=theme)
    ax.axhline(0, color=figure.colours["lineStrong"], lw=0.75, zorder=1)
    start, end = motif.core
    for first, stop in ((0, start), (end, motif.width)):
        if first < stop:
            shade = figure.colours["bar"]
            ax.axvspan(first - 0.5, stop - 0.5, color=shade, alpha=0.35, lw=0, zorder=3)
    return figure
