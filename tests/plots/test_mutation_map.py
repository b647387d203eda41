from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.patches import PathPatch, Rectangle

from locuscope.effects.maps.mutation_map_set import MutationMapSet
from locuscope.errors import OptionError, WrongTypeError
from locuscope.genome.interval import Interval
from locuscope.genome.variant import Variant
from locuscope.plots.mutation_map import GAP_ROWS, LETTER_COLOURS, LOGO_ROWS, plot
from tests.effects.made_maps import REFERENCE, START, annotations, cells, example

mpl.use("Agg")


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def frames(ax):
    """Corners and sizes of the frames of variants."""
    found = [p for p in ax.patches if isinstance(p, Rectangle) and not p.get_fill()]
    return [(*p.get_xy(), p.get_width(), p.get_height()) for p in found]


def letters(ax):
    """Lower and upper ends of the letters above the heatmap, left to right."""
    found = [p for p in ax.patches if isinstance(p, PathPatch)]
    extents = [p.get_path().get_extents() for p in found]
    return sorted((e.x0, e.y0, e.y1) for e in extents)


def test_four_rows_coloured_around_zero():
    ax = example().plot(track=0)
    image = ax.get_images()[0]
    np.testing.assert_array_equal(image.get_array().filled(np.nan), cells(0)[:, :, 0].T)
    largest = np.nanmax(np.abs(cells(0)[:, :, 0]))
    assert image.get_clim() == pytest.approx((-largest, largest))
    assert image.get_extent() == [-0.5, 11.5, -4.0, 0.0]
    assert image.get_cmap().name == "bwr"
    assert ax.figure.get_size_inches().tolist() == [20, 4]
    assert [label.get_text() for label in ax.get_yticklabels()] == list("ACGT")
    assert ax.get_yticks().tolist() == [-0.5, -1.5, -2.5, -3.5]
    assert ax.get_title("left") == "diff, liver"


def test_letters_stand_above_at_half_the_height_of_the_rows():
    ax = example().plot(track=0)
    found = letters(ax)
    assert len(found) == 11
    assert max(top for *_, top in found) == pytest.approx(GAP_ROWS + LOGO_ROWS)
    assert min(bottom for _, bottom, _ in found) == pytest.approx(GAP_ROWS)
    heights = example().letter_heights()[:, 0]
    known = [i for i, letter in enumerate(REFERENCE) if letter != "N"]
    expected = heights[known] / np.nanmax(heights) * LOGO_ROWS
    np.testing.assert_allclose([top - low for _, low, top in found], expected, rtol=1e-6)


def test_signed_letters_stand_on_a_line_and_hang_below_it():
    ax = example().plot(track=0, letter_heights="signed", show_letter_scale=True)
    found = letters(ax)
    assert min(low for _, low, _ in found) == pytest.approx(GAP_ROWS)
    assert max(top for *_, top in found) == pytest.approx(GAP_ROWS + LOGO_ROWS)
    heights = example().letter_heights("signed")[:, 0]
    texts = [label.get_text() for label in ax.get_yticklabels()]
    assert texts[4:] == [f"{np.nanmin(heights):.2g}", f"{np.nanmax(heights):.2g}"]


def test_frames_of_variants_the_first_column_included():
    ax = example().plot(track=0)
    assert frames(ax) == [(-0.5, -4, 1, 1), (4.5, -2, 1, 1), (10.5, -3, 1, 1)]
    frame = next(p for p in ax.patches if isinstance(p, Rectangle) and not p.get_fill())
    assert frame.get_linewidth() == 2
    assert frame.get_edgecolor()[:3] == (0, 0, 0)
    texts = [text.get_text() for text in ax.texts]
    assert texts == ["rs_first", f"7:{START + 6}:G:C", "rs_last"]
    assert all(text.arrow_patch is not None for text in ax.texts)
    bare = example().plot(track=0, show_var_id=False, var_box_color="green")
    assert not bare.texts
    assert len(frames(bare)) == 3


def test_ids_of_near_variants_stand_in_lanes():
    near = [
        Variant("7", START + i, REFERENCE[i - 1], "C", f"a_long_name_of_a_variant_{i}" * 3)
        for i in (1, 3, 4)
    ]
    ax = example(annotations=near).plot(track=0)
    heights = {text.xyann[1] for text in ax.texts}
    assert len(heights) == 3
    assert all(len(text.get_text()) <= 40 for text in ax.texts)
    assert ax.get_ylim()[0] < min(heights)


def test_text_of_variants_is_no_formula():
    hostile = Variant("7", START + 1, "A", "C", "$x^2")
    ax = example(annotations=[hostile]).plot(track=0)
    ax.figure.canvas.draw()
    assert ax.texts[0].get_text() == r"\$x^2"


def test_unknown_columns_are_hatched():
    ax = example().plot(track=0)
    hatched = [p for p in ax.patches if isinstance(p, Rectangle) and p.get_hatch()]
    assert [(p.get_xy(), p.get_width(), p.get_height()) for p in hatched] == [((3.5, -4), 1, 4)]
    odd = cells(0)
    odd[0, 1, 0] = np.nan
    more = example(layers={"diff": odd}).plot(track=0)
    hatched = [p for p in more.patches if isinstance(p, Rectangle) and p.get_hatch()]
    assert [(p.get_xy(), p.get_height()) for p in hatched] == [((-0.5, -2), 1), ((3.5, -4), 4)]


def test_reading_the_other_strand_turns_rows_columns_and_positions():
    ax = example().plot(track=0, rc_plot=True)
    np.testing.assert_array_equal(
        ax.get_images()[0].get_array().filled(np.nan), cells(0)[::-1, ::-1, 0].T
    )
    assert frames(ax)[-1] == (10.5, -1, 1, 1)
    ticks = [int(label.get_text().replace(",", "")) for label in ax.get_xticklabels()]
    assert all(START + 12 - at == column for at, column in zip(ticks, ax.get_xticks(), strict=True))
    assert ax.get_xlabel() == "7, other strand"


def test_positions_are_written_as_people_count():
    found = example(provenance={"assembly": "GRCh37"})
    ax = found.plot(track=0)
    for column, label in zip(ax.get_xticks(), ax.get_xticklabels(), strict=True):
        assert label.get_text() == f"{START + 1 + int(column):,}"
    assert ax.get_xlabel() == "7 (GRCh37)"


def test_a_given_axes_is_used_and_the_colour_scale_is_optional():
    _, (left, right) = plt.subplots(1, 2)
    assert example().plot(track=0, ax=right, cbar=False) is right
    assert len(right.figure.axes) == 2
    assert not left.get_images()
    example().plot(track=0, ax=left)
    assert len(left.figure.axes) == 3


def test_colours_and_their_range():
    assert plot(example(), track=0, cmap=mpl.colormaps["PuOr"]).get_images()[0].cmap.name == "PuOr"
    for value, limit in ((2, 2), (0.5, 0.5), ([-3.0, 1.0], 3), (0, 1)):
        ax = example().plot(track=0, value_range=value)
        assert ax.get_images()[0].get_clim() == (-limit, limit)
    flat = example(layers={"diff": np.zeros((12, 4, 3))}).plot(track=0)
    assert flat.get_images()[0].get_clim() == (-1, 1)
    with pytest.raises(OptionError, match="bwrr"):
        example().plot(track=0, cmap="bwrr")
    for odd in ([1, 2], -1, np.inf, [1, 2, 3]):
        with pytest.raises(OptionError, match="value_range"):
            example().plot(track=0, value_range=odd)
    with pytest.raises(WrongTypeError, match="wide"):
        example().plot(track=0, value_range="wide")


def test_a_set_shares_its_colours():
    other = example(3, interval=Interval("7", START, START + 12), annotations=annotations())
    found = MutationMapSet.of([example(0), other])
    limits = {
        found.plot(i, track=1, value_range="shared").get_images()[0].get_clim() for i in (0, 1)
    }
    assert len(limits) == 1
    assert limits.pop()[1] == pytest.approx(found.largest(track=1))
    alone = found.plot(1.0, track=1)
    np.testing.assert_array_equal(
        alone.get_images()[0].get_array().filled(np.nan), cells(3)[:, :, 1].T
    )


def test_letters_stand_out_from_dark_surroundings():
    with plt.style.context("dark_background"):
        ax = example().plot(track=0)
    assert [label.get_color() for label in ax.get_yticklabels()] == list(
        LETTER_COLOURS["dark"].values()
    )
    ax = example().plot(track=0)
    assert [label.get_color() for label in ax.get_yticklabels()] == list(
        LETTER_COLOURS["light"].values()
    )


def test_many_columns_have_bars_for_letters(tmp_path):
    reference = "ACGT" * 300
    long = example(
        layers={"diff": cells(0, reference, 1)},
        interval=Interval("7", START, START + 1_200),
        reference=reference,
        tracks=example().select(strand="+").tracks,
    )
    ax = long.plot()
    assert not letters(ax)
    bars = [p for p in ax.patches if isinstance(p, Rectangle) and p.get_fill()]
    assert len(bars) == 1_200
    assert not ax.collections
    ax.figure.savefig(tmp_path / "long.png", dpi=30)
    assert (tmp_path / "long.png").stat().st_size > 0
