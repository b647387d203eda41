"""Letters whose heights are numbers: `draw_logo`.

The outlines are those of logomaker; each is made once, and all letters of a base are one shape, so
that hundreds of letters take as long as four.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from locuscope.errors import ShapeError
from locuscope.genome.sequence import BASES
from locuscope.plots.mutation_map import LETTER_COLOURS, MOST_LETTERS
from locuscope.plots.style import THEMES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.path import Path
    from numpy.typing import ArrayLike, NDArray

MOST_BARS: Final = 1_200
"""Columns beyond which a bar is thinner than a pixel; neighbours are joined."""


def draw_logo(ax: Axes, heights: ArrayLike, *, theme: str = "light") -> str:
    """Draw letters at columns 0, 1, 2, ... of axes.

    Letters of one column are stacked, the higher one further from 0. Those below 0 stand upside
    down. Where letters would be too narrow to be read bars of their colours stand for them, and
    where even bars would, one grey shape from the lowest to the highest value of a few columns.

    Args:
        ax: where to draw.
        heights: (4, L), rows A C G T; what is 0 or not finite is not drawn.
        theme: "light" or "dark".

    Returns:
        What was drawn: "letters", "bars" or "extremes".

    Raises:
        ShapeError: no four rows.
    """
    values = np.asarray(heights, np.float64)
    if values.ndim != 2 or values.shape[0] != 4:
        raise ShapeError(
            f"letters need heights of shape (4, L), rows A C G T; got {values.shape}.",
            found=values.shape,
            expected=(4, "L"),
        )
    values = np.where(np.isfinite(values), values, 0.0)
    length = values.shape[1]
    ax.set_xlim(-0.5, max(length, 1) - 0.5)
    if length > MOST_BARS:
        _draw_extremes(ax, values, THEMES[theme]["ref"])
        return "extremes"
    floors = stack(values)
    is_letters = length <= MOST_LETTERS
    for row, base in enumerate(BASES):
        columns = np.flatnonzero(values[row])
        if columns.size:
            outline = letter_outline(base) if is_letters else _bar_outline()
            shape = repeated(outline, columns, floors[row, columns], values[row, columns])
            _add(ax, shape, LETTER_COLOURS[theme][base])
    ends = [part.sum(axis=0) for part in (np.minimum(values, 0), np.maximum(values, 0))]
    low, high = float(ends[0].min(initial=0)), float(ends[1].max(initial=0))
    ax.update_datalim([(-0.5, low), (max(length, 1) - 0.5, high)])
    ax.autoscale_view(scalex=False)
    return "letters" if is_letters else "bars"


def stack(heights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where each letter begins: (4, L); the end nearer to 0.

    >>> stack(np.array([[1.0], [2.0], [-3.0], [-1.0]])).ravel().tolist()
    [0.0, 1.0, -1.0, 0.0]
    """
    floors = np.zeros_like(heights)
    for sign in (1.0, -1.0):
        part = np.maximum(sign * heights, 0.0)
        order = np.argsort(part, axis=0, kind="stable")
        ordered = np.take_along_axis(part, order, axis=0)
        below = np.cumsum(ordered, axis=0) - ordered
        placed = np.zeros_like(heights)
        np.put_along_axis(placed, order, below, axis=0)
        floors = np.where(part > 0, sign * placed, floors)
    return floors + 0.0  # no negative zero


@lru_cache(maxsize=4)
def letter_outline(base: str) -> Path:
    """Outline of a letter, x from -0.5 to 0.5 and y from 0 to 1."""
    import logomaker
    from matplotlib.figure import Figure

    glyph = logomaker.Glyph(0, base, floor=0.0, ceiling=1.0, ax=Figure().add_subplot(), width=0.96)
    found: Path = glyph.patch.get_path()
    return found


@lru_cache(maxsize=1)
def _bar_outline() -> Path:
    from matplotlib.path import Path

    corners = [(-0.5, 0), (0.5, 0), (0.5, 1), (-0.5, 1), (-0.5, 0)]
    return Path(corners, closed=True)


def repeated(
    outline: Path,
    columns: NDArray[Any],
    floors: NDArray[np.float64],
    heights: NDArray[np.float64],
) -> Path:
    """One path of many copies of an outline, moved and stretched; a negative height flips it."""
    from matplotlib.path import Path

    unit = np.asarray(outline.vertices, np.float64)
    x = columns[:, None] + unit[None, :, 0]
    y = floors[:, None] + heights[:, None] * unit[None, :, 1]
    vertices = np.stack([x, y], axis=2).reshape(-1, 2)
    return Path(vertices, np.tile(np.asarray(outline.codes), len(columns)))


def _add(ax: Axes, shape: Path, colour: str) -> None:
    from matplotlib.patches import PathPatch

    ax.add_patch(PathPatch(shape, facecolor=colour, edgecolor="none", linewidth=0, zorder=2))


def _draw_extremes(ax: Axes, values: NDArray[np.float64], colour: str) -> None:
    """Lowest to highest value of every few columns."""
    length = values.shape[1]
    step = -(-length // MOST_BARS)
    starts = np.arange(0, length, step)
    high = np.maximum.reduceat(np.maximum(values, 0).sum(axis=0), starts)
    low = np.minimum.reduceat(np.minimum(values, 0).sum(axis=0), starts)
    edges = np.append(starts, length) - 0.5
    ax.stairs(high, edges, baseline=low, fill=True, color=colour, linewidth=0, zorder=2)
