"""Options of the figure of a mutation map, read before it is drawn: size, colours, scale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from locuscope.errors import OptionError, WrongTypeError, closest, did_you_mean

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap

    from locuscope.plots.map_data import MapData

SIZE_IN: Final = (20.0, 4.0)


def figure_size(figsize: Any, ax: Axes | None = None) -> tuple[float, float]:
    """Read `figsize`: width and height in inches.

    Raises:
        OptionError: no pair of numbers from 1 to 200, or given beside axes, which have a size.
    """
    if figsize is None:
        return SIZE_IN
    if ax is not None:
        raise OptionError(
            f"figsize={figsize!r} has no effect on the axes of ax=; their figure has its own size.",
            option="figsize",
            value=figsize,
        )
    try:
        sides = [float(side) for side in figsize]
    except (TypeError, ValueError):
        sides = []
    if len(sides) != 2 or not all(1 <= side <= 200 for side in sides):
        raise OptionError(
            f"figsize takes width and height in inches, 1 to 200 each, such as (12, 3); got "
            f"{figsize!r}.",
            option="figsize",
            value=figsize,
        )
    return sides[0], sides[1]


def colour_map(cmap: object) -> Colormap:
    """Give a colour map, by name or as it is.

    Raises:
        OptionError: no colour map of that name.
    """
    import matplotlib as mpl
    from matplotlib.colors import Colormap

    if isinstance(cmap, Colormap):
        return cmap
    known = list(mpl.colormaps)
    if not isinstance(cmap, str) or cmap not in known:
        raise OptionError(
            f"no colour map is called {cmap!r}; {did_you_mean(str(cmap), known)}",
            option="cmap",
            value=cmap,
            allowed=tuple(closest(str(cmap), known)) or ("bwr", "RdBu_r", "PuOr"),
        )
    return mpl.colormaps[cmap]


def magnitude(value_range: Any, data: MapData) -> float:
    """Give the largest magnitude of the colour scale, above 0.

    Raises:
        OptionError: no magnitude and no pair round 0.
        WrongTypeError: no number at all.
    """
    finite = np.abs(data.matrix[np.isfinite(data.matrix)])
    largest = float(finite.max(initial=0.0))
    if value_range is None or (isinstance(value_range, str) and value_range == "shared"):
        return largest or 1.0
    try:
        sides = [float(side) for side in np.ravel(value_range)]
    except (TypeError, ValueError) as error:
        raise WrongTypeError(
            f"value_range takes a number, a pair (low, high) or 'shared'; got {value_range!r}.",
            argument="value_range",
            found=type(value_range).__name__,
            expected="float, pair or 'shared'",
        ) from error
    is_pair = len(sides) == 2 and sides[0] < sides[1] and sides[0] <= 0 <= sides[1]
    if not np.isfinite(sides).all() or not (is_pair or (len(sides) == 1 and sides[0] >= 0)):
        raise OptionError(
            f"value_range={value_range!r} is no magnitude and no pair round 0.",
            option="value_range",
            value=value_range,
        )
    return max(abs(side) for side in sides) or 1.0
