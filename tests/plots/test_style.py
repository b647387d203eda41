from __future__ import annotations

import re
from pathlib import Path

import pytest
from bokeh.models import LinearColorMapper, Span
from bokeh.plotting import figure

from locuscope.plots.style import SCRIPT, SIGN, THEMES, TOOLTIP_CSS, Painter

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(("theme", "table"), [("light", "LIGHT"), ("dark", "DARK")])
def test_colours_are_those_of_the_widgets(theme, table):
    text = (ROOT / "src" / "core" / "palette.ts").read_text(encoding="utf-8")
    block = re.search(rf"const {table}: Tokens = {{(.*?)\n}};", text, re.DOTALL)
    assert block
    known = dict(re.findall(r"(\w+): \"(#[0-9a-f]{6})\"", block[1]))
    categories = re.findall(r"#[0-9a-f]{6}", block[1].partition("categories")[2])
    known |= {f"category{k}": colour for k, colour in enumerate(categories, 1)}
    for token, colour in THEMES[theme].items():
        assert known[token] == colour


def _luminance(colour: str) -> float:
    channels = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("behind", ["surface", "surface2"])
def test_text_and_marks_stand_out(theme, behind):
    colours = THEMES[theme]
    for token in ("text", "text2"):
        assert _contrast(colours[token], colours[behind]) >= 4.5
    for token in (*SIGN, "accent"):
        assert _contrast(colours[token], colours[behind]) >= 3


def test_both_themes_have_the_same_tokens():
    assert list(THEMES["light"]) == list(THEMES["dark"])


def test_a_painter_sets_light_colours_and_remembers_the_tokens():
    painter, line = Painter(), Span(location=0)
    mapper = LinearColorMapper(palette=["#000000"])
    painter.paint(line, line_color="lineStrong")
    painter.palette(mapper, SIGN)
    assert line.line_color == THEMES["light"]["lineStrong"]
    assert list(mapper.palette) == [THEMES["light"][token] for token in SIGN]
    assert painter.paints == [
        (line.id, "line_color", "lineStrong"),
        (mapper.id, "palette", list(SIGN)),
    ]


def test_a_token_that_is_not_there_is_found_out_at_once():
    with pytest.raises(KeyError):
        Painter().paint(figure().title, text_color="beige")


def test_every_colour_of_the_tooltip_is_a_token():
    for token in re.findall(r"--lsc-figure-(\w+)", TOOLTIP_CSS):
        assert token in THEMES["light"]
    assert "eval" not in SCRIPT
