"""Numbers as colours around 0: `draw_heatmap`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.errors import ShapeError
from locuscope.plots.style import DIVERGING, THEMES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.image import AxesImage
    from numpy.typing import ArrayLike


def draw_heatmap(ax: Axes, matrix: ArrayLike, *, theme: str = "light", **options: Any) -> AxesImage:
    """Draw rows from top to bottom over columns 0, 1, 2, ...; 0 has the colour of the surface.

    What is not a number is hatched.

    Args:
        ax: where to draw.
        matrix: (R, L).
        theme: "light" or "dark".
        options: of matplotlib's `imshow`, such as cmap, vmin, vmax.

    Raises:
        ShapeError: no matrix, or an empty one.
    """
    values = np.asarray(matrix, np.float64)
    if values.ndim != 2 or not values.size:
        raise ShapeError(
            f"a heatmap needs a matrix (rows, columns); got shape {values.shape}.",
            found=values.shape,
            expected=("R", "L"),
        )
    largest = float(np.abs(values[np.isfinite(values)]).max(initial=0.0)) or 1.0
    # the hatch lies behind, so it shows where nothing is painted over it
    ax.patch.set(facecolor="none", edgecolor=THEMES[theme]["lineStrong"], linewidth=0)
    if not np.isfinite(values).all():
        ax.patch.set_hatch("////")
    look: dict[str, Any] = {
        "cmap": diverging(theme),
        "vmin": -largest,
        "vmax": largest,
        "aspect": "auto",
        "interpolation": "nearest",
        "zorder": 1,
    }
    if "norm" in options:
        del look["vmin"], look["vmax"]
    return ax.imshow(np.ma.masked_invalid(values), **(look | options))


def diverging(theme: str) -> Colormap:
    """Blue below 0, orange above, the surface between."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list(f"lsc_{theme}", list(DIVERGING[theme]))
