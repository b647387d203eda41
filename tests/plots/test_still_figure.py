from __future__ import annotations

import io
import xml.etree.ElementTree as ET

import matplotlib as mpl
import pytest

from locuscope.errors import OptionError
from locuscope.plots.still_figure import (
    DPI,
    PX,
    StillFigure,
    families,
    fitted,
    page_width,
    text_width,
    type_of,
)
from locuscope.plots.style import THEMES

mpl.use("Agg")


def test_it_is_measured_in_pixels_from_the_upper_left():
    figure = StillFigure(960, 480)
    assert figure.get_size_inches().tolist() == pytest.approx([10, 5])
    ax = figure.panel(96, 48, 480, 96)
    box = ax.get_position()
    assert (box.x0, box.width) == pytest.approx((0.1, 0.5))
    assert (box.y1, box.height) == pytest.approx((0.9, 0.2))
    assert ax.get_xticks().size == ax.get_yticks().size == 0
    assert not any(spine.get_visible() for spine in ax.spines.values())


@pytest.mark.parametrize("align", ["left", "center", "right"])
def test_text_stands_where_it_is_written(align):
    figure = StillFigure(400, 100)
    text = figure.write(200, 50, "letters", align=align)
    box = text.get_window_extent()
    at = {"left": box.x0, "center": (box.x0 + box.x1) / 2, "right": box.x1}[align]
    assert at * PX * 96 / DPI / PX == pytest.approx(200, abs=2)
    assert abs(box.y0 + box.height / 2 - figure.bbox.height / 2) < 0.1 * figure.bbox.height


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_are_tokens_of_the_theme(theme):
    figure = StillFigure(100, 100, theme=theme)
    assert mpl.colors.to_hex(figure.get_facecolor()) == THEMES[theme]["surface"]
    assert figure.write(0, 0, "a", colour="text2").get_color() == THEMES[theme]["text2"]


def test_another_theme_is_refused():
    with pytest.raises(OptionError, match="light"):
        StillFigure(100, 100, theme="dusk")


def test_svg_has_text_and_the_same_bytes_each_time():
    def made():
        figure = StillFigure(200, 100)
        figure.write(10, 20, "a $name$")
        figure.panel(0, 0, 50, 50).plot([0, 1], [0, 1])
        return figure.to_svg()

    root = ET.fromstring(made())
    (text,) = root.iter("{http://www.w3.org/2000/svg}text")
    assert "".join(text.itertext()) == "a $name$"
    assert made() == made()


def test_files_are_those_of_matplotlib(tmp_path):
    before = mpl.rcParams["svg.fonttype"]
    figure = StillFigure(200, 100)
    figure.write(10, 20, "a")
    for suffix, start in (("png", b"\x89PNG"), ("pdf", b"%PDF"), ("svg", b"<?xml")):
        figure.savefig(tmp_path / f"one.{suffix}")
        assert (tmp_path / f"one.{suffix}").read_bytes().startswith(start)
    kept = io.BytesIO(figure._repr_png_())
    assert mpl.image.imread(kept).shape[:2] == (150, 300)
    assert mpl.rcParams["svg.fonttype"] == before


def test_widths_are_at_least_those_on_the_page():
    figure = StillFigure(400, 100)
    for text in ("letters", "GATA1::TAL1", "2,578,920", "iiii", "WWWW"):
        for is_bold in (False, True):
            box = figure.write(0, 50, text, size_px=11, is_bold=is_bold).get_window_extent()
            on_page = box.width / DPI / PX
            told = text_width(text, 11, is_bold=is_bold)
            assert on_page - 1 <= told <= 1.15 * on_page + 1


def test_text_that_is_too_wide_loses_its_middle():
    text = "a long name of a track of a model"
    shown = fitted(text, 100, 12)
    assert text_width(shown, 12) <= 100
    assert "\u2026" in shown
    assert shown[0] == "a"
    assert shown[-1] == "l"
    assert fitted("ab", 1, 12) == "ab"


def test_type():
    look = type_of(12, is_bold=True)
    assert look["fontsize"] == pytest.approx(9)
    assert look["fontweight"] == "bold"
    assert families()[-1] == "DejaVu Sans"


@pytest.mark.parametrize("width", [3, 10.5, 40])
def test_page_widths(width):
    assert page_width(width) == pytest.approx(width * 96)


@pytest.mark.parametrize("width", [2.9, 41, True, "10", None, float("nan")])
def test_other_widths_are_refused(width):
    with pytest.raises(OptionError, match="width_in"):
        page_width(width)
