"""The logo of a motif: one page, its letters, a shade outside the core."""

from __future__ import annotations

import numpy as np
import pytest

from locuscope.motifs.motif import Motif
from locuscope.plots.motif_logo import COLUMN_PX, HEIGHT_PX, motif_logo


@pytest.mark.parametrize(
    ("core", "spans"), [((0, 4), []), ((1, 3), [(-0.5, 0.5), (2.5, 3.5)]), ((2, 4), [(-0.5, 1.5)])]
)
def test_what_lies_outside_the_core_is_shaded(core, spans):
    figure = motif_logo(Motif("M", np.eye(4), core=core))
    (ax,) = figure.axes
    assert ax.get_xlim() == (-0.5, 3.5)
    shades = [patch for patch in ax.patches if patch.get_alpha() is not None]
    assert [(one.get_x(), one.get_x() + one.get_width()) for one in shades] == spans


def test_the_page_grows_with_the_window():
    narrow, wide = (motif_logo(Motif("M", np.ones((4, width)))) for width in (5, 25))
    assert wide.width_px - narrow.width_px == 20 * COLUMN_PX
    assert narrow.height_px == HEIGHT_PX


def test_letters_reach_the_contributions():
    figure = motif_logo(Motif("M", [[2.0, 0], [0, -3.0], [0, 0], [0, 0]]))
    low, high = figure.axes[0].get_ylim()
    assert low <= -3
    assert high >= 2


def test_both_themes_draw_and_the_same_picture_has_the_same_bytes():
    one = Motif("M", np.eye(4))
    assert motif_logo(one).to_svg() == motif_logo(one).to_svg()
    assert motif_logo(one).to_svg() != motif_logo(one, theme="dark").to_svg()
