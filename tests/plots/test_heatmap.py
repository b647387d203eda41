from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import CenteredNorm
from matplotlib.figure import Figure

from locuscope.errors import ShapeError
from locuscope.plots.heatmap import diverging, draw_heatmap
from locuscope.plots.style import DIVERGING

mpl.use("Agg")


def axes():
    return Figure().add_subplot()


def test_zero_is_in_the_middle_of_the_colours():
    values = np.array([[-1.0, 0.0], [4.0, 2.0]])
    image = draw_heatmap(axes(), values)
    assert image.get_clim() == (-4, 4)
    np.testing.assert_array_equal(image.get_array().filled(), values)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_are_those_of_the_widgets(theme):
    colours = diverging(theme)
    ends = [mpl.colors.to_hex(colours(at)) for at in (0.0, 1.0)]
    assert ends == [DIVERGING[theme][0], DIVERGING[theme][-1]]
    middle = mpl.colors.to_rgb(colours(0.5))
    expected = mpl.colors.to_rgb(DIVERGING[theme][2])
    assert np.abs(np.subtract(middle, expected)).max() < 0.02


def test_options_are_those_of_matplotlib():
    image = draw_heatmap(axes(), [[1.0, -2.0]], cmap="viridis", vmin=-5, vmax=9)
    assert image.get_clim() == (-5, 9)
    assert image.get_cmap().name == "viridis"
    normed = draw_heatmap(axes(), [[1.0, -2.0]], norm=CenteredNorm())
    assert normed.get_clim() == (-2, 2)


def test_what_is_no_number_is_hatched():
    ax = axes()
    image = draw_heatmap(ax, [[1.0, np.nan], [np.inf, -3.0]])
    assert image.get_array().mask.tolist() == [[False, True], [True, False]]
    assert image.get_clim() == (-3, 3)
    assert ax.patch.get_hatch() == "////"
    assert draw_heatmap(axes(), [[np.nan]]).get_clim() == (-1, 1)
    whole = axes()
    draw_heatmap(whole, [[0.0]])
    assert whole.patch.get_hatch() is None


@pytest.mark.parametrize("shape", [(3,), (0, 3), (1, 2, 3)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ShapeError, match="matrix"):
        draw_heatmap(axes(), np.zeros(shape))
