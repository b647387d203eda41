from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pytest

from locuscope.plots import logo_page
from locuscope.plots.contribution_rows import LogoRow, logo_rows
from locuscope.plots.feature_lanes import place_marks
from locuscope.plots.feature_marks import Mark
from locuscope.plots.still_figure import StillFigure
from tests.plots.made_contributions import made, overlaps, unknown

mpl.use("Agg")

WIDTH = 800 - logo_page.GUTTER_PX - logo_page.RIGHT_PX


def row(heights, **more):
    told = {"title": "a", "caption": "", "delta": "", "is_far": False} | more
    return LogoRow(heights=np.asarray(heights, float), **told)


def test_limits_hold_all_letters_and_zero():
    heights = np.zeros((4, 3))
    heights[0], heights[1, 2] = [1.0, 2.0, 3.0], -1.0
    low, high = logo_page.limits(row(heights))
    assert low == pytest.approx(-1 - 0.04 * 4)
    assert high == pytest.approx(3 + 0.04 * 4)
    only_up = logo_page.limits(row(np.abs(heights)))
    assert only_up[0] < 0 < only_up[1]


def test_limits_of_nothing_are_no_point():
    for heights in (np.zeros((4, 3)), np.full((4, 3), np.nan)):
        low, high = logo_page.limits(row(heights))
        assert low < 0 < high


def test_the_head_says_where_and_what():
    figure = StillFigure(800, 100)
    logo_page.head(figure, logo_rows(made(provenance={"model": "net", "assembly": "hg38"}), 0, 20))
    said = [text.get_text() for text in figure.texts]
    assert said == ["7:1,021-1,040", "20 bp", "net \u00b7 hg38"]
    assert overlaps(figure) == []


def test_a_narrow_head_leaves_out_what_has_no_room():
    figure = StillFigure(290, 100)
    facts = {"model": "a_model_of_a_long_name", "assembly": "hg38"}
    logo_page.head(figure, logo_rows(made(provenance=facts, strand="-"), 0, 20))
    assert overlaps(figure) == []
    assert figure.texts[0].get_text() == "7:1,021-1,040"


@pytest.mark.parametrize("width", [300, 500, 800, 1_600])
@pytest.mark.parametrize("strand", ["+", "-"])
def test_labels_of_the_ruler_do_not_touch(width, strand):
    figure = StillFigure(width, 100)
    shown = logo_rows(made(strand=strand), 0, None)
    logo_page.ruler(figure, shown, 20, width - logo_page.GUTTER_PX - logo_page.RIGHT_PX)
    assert overlaps(figure) == []
    labels = [text.get_text() for text in figure.texts[1:]]
    assert labels
    expected = sorted(labels, reverse=strand == "-")
    assert labels == expected


def test_a_title_makes_room_for_its_badge():
    figure = StillFigure(400, 100)
    long = row(np.zeros((4, 3)), title="a name " * 9, delta="delta 25 % of the change", is_far=True)
    logo_page.title(figure, long, 20, delta_badge=True)
    assert overlaps(figure) == []
    assert figure.texts[-1].get_text() == "delta 25 % of the change"
    assert figure.texts[-1].get_bbox_patch() is not None
    without = StillFigure(400, 100)
    logo_page.title(without, long, 20, delta_badge=False)
    assert len(without.texts) == 1
    assert len(without.texts[0].get_text()) > len(figure.texts[0].get_text())


def test_letters_have_an_axis_a_line_at_zero_and_hatched_gaps():
    figure = StillFigure(800, 200)
    ax = figure.panel(logo_page.GUTTER_PX, 20, WIDTH, 120)
    shown = logo_rows(unknown(made(), [3, 4, 9]), 0, None)
    logo_page.letters(figure, ax, shown.rows[0], shown.is_unknown, (-3.0, 3.0))
    assert ax.get_ylim() == (-3, 3)
    assert ax.lines[0].get_ydata() == [0, 0]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["\u22122", "0", "2"]
    hatched = [(p.get_x(), p.get_width()) for p in ax.patches if p.get_hatch()]
    assert hatched == [(2.5, 2), (8.5, 1)]


def test_lanes_have_a_name_and_count_what_is_left_out():
    figure = StillFigure(800, 300)
    crowd = [Mark(0, 60, f"name{k}") for k in range(9)]
    lane = place_marks("hit", crowd, px_per_column=WIDTH / 60, width_px=WIDTH)
    logo_page.features(figure, lane, 20)
    said = [text.get_text() for text in figure.texts]
    assert said == ["Hits", f"+{lane.n_left} more"]
    assert lane.n_left == 3


def test_bands_lie_behind_the_rows():
    figure = StillFigure(800, 300)
    marks = [Mark(10, 11, "rs1", kind="snv")]
    lane = place_marks("variant", marks, px_per_column=20.0, width_px=WIDTH)
    logo_page.bands(figure, lane.placed, 20, 120)
    (ax,) = figure.axes
    assert ax.get_zorder() < 0
    (band,) = ax.patches
    assert (band.get_x(), band.get_width()) == (200, 20)


@pytest.mark.parametrize(
    ("width", "words"),
    [(1_000, "not a proven cause"), (420, "adds to"), (200, "Height")],
)
def test_the_foot_says_as_much_as_it_can(width, words):
    figure = StillFigure(width, 60)
    logo_page.foot(figure, logo_rows(made(target="Target(head='a')" * 3), 0, None), 30)
    assert words in figure.texts[0].get_text()
    assert overlaps(figure) == []
