"""The bases of the fallback picture: letters from 8 px per base, boxes from 2 px, else nothing.

It follows the rules of `src/marks/sequence.ts`, so that page and picture look the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from locuscope.errors import LocuscopeError
from locuscope.widgets.sketch import BASE_COLOURS

if TYPE_CHECKING:
    from locuscope.widgets.features import Bases
    from locuscope.widgets.sketch import Sketch
    from locuscope.widgets.snapshot_marks import PlotPlace

SEQUENCE_HEIGHT: Final = 16
LETTER_PX: Final = 8
BOX_PX: Final = 2
_GAP_FROM_PX: Final = 5
_HATCH_STEP: Final = 4

_FULL: Final = ((0.0, 1.0),)
_SHAPES: Final = {
    "A": _FULL,
    "C": ((0.0, 0.35), (0.65, 1.0)),
    "G": ((0.5, 1.0),),
    "T": ((0.0, 0.5),),
}
"""Filled parts of a box for palettes of greys, as shares of its height from the top."""


def shows_bases(bases: Bases | None, place: PlotPlace) -> bool:
    """Whether the bases of the view are wide enough to be drawn."""
    return bases is not None and place.width / place.where.width >= BOX_PX


def draw_sequence(sketch: Sketch, bases: Bases, place: PlotPlace, top: int, palette: str) -> None:
    """Bases of the view in the colours of a palette; N is a dash, unreadable ones are hatched."""
    sketch.text(26, top + SEQUENCE_HEIGHT / 2, "Sequence", size=12)
    try:
        text = bases.fetch(place.where.start, place.where.end)
    except LocuscopeError:
        _draw_hatch(sketch, place, top)
        return
    has_letters = place.width / place.where.width >= LETTER_PX
    middle = top + SEQUENCE_HEIGHT / 2
    for i, base in enumerate(text):
        x0, x1 = place.x(place.where.start + i), place.x(place.where.start + i + 1)
        left, right = round(x0), round(x1)
        gap = int(right - left >= _GAP_FROM_PX)
        colour = BASE_COLOURS[palette].get(base, "text2")
        if base not in _SHAPES and (base == "N" or not has_letters):
            sketch.box(left + gap, middle - 1, right - gap, middle + 1, colour)
        elif has_letters:
            centre = (x0 + x1) / 2
            sketch.text(centre, middle, base, colour=colour, anchor="middle", bold=True)
        else:
            height = SEQUENCE_HEIGHT - 4
            for begin, end in _SHAPES[base] if palette == "mono" else _FULL:
                y0, y1 = top + 2 + round(begin * height), top + 2 + round(end * height)
                sketch.box(left, y0, right - gap, y1, colour)


def _draw_hatch(sketch: Sketch, place: PlotPlace, top: int) -> None:
    """Rising lines, as in lanes without values."""
    for row in range(SEQUENCE_HEIGHT - 4):
        for x in range(place.left + (-row) % _HATCH_STEP, place.right, _HATCH_STEP):
            sketch.box(x, top + 2 + row, x + 1, top + 3 + row, "line")
