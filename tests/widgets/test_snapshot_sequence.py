"""The bases of the fallback picture: colours of the palette, letters, boxes, dashes, hatches."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from PIL import Image

from locuscope.genome.interval import Interval
from locuscope.genome.reference import Genome
from locuscope.widgets.features import Bases
from locuscope.widgets.sketch import BASE_COLOURS, TOKENS, Sketch
from locuscope.widgets.snapshot import picture
from locuscope.widgets.snapshot_marks import PlotPlace
from locuscope.widgets.snapshot_sequence import SEQUENCE_HEIGHT, draw_sequence, shows_bases

LEFT = 180


def rgb(colour):
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


def decode(png):
    with Image.open(io.BytesIO(png)) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def drawn(text, *, width, palette="lsc", source=None):
    """Pixels of the row under the plot: (16, width, 3)."""
    where = Interval("20", 1_000, 1_000 + len(text))
    sketch = Sketch(LEFT + width, SEQUENCE_HEIGHT, 1)
    bases = Bases(text if source is None else source, where)
    draw_sequence(sketch, bases, PlotPlace(where, LEFT, width), 0, palette)
    return decode(sketch.png())[:, LEFT:]


def count(pixels, colour):
    return int((pixels == rgb(colour)).all(axis=2).sum())


def test_the_colours_are_those_of_the_page(toys):
    golden = json.loads((toys.wire / "base_colours.json").read_text(encoding="utf-8"))
    assert golden == {
        name: {**colours, "N": TOKENS["text2"]} for name, colours in BASE_COLOURS.items()
    }


@pytest.mark.parametrize("palette", sorted(BASE_COLOURS))
@pytest.mark.parametrize("px_per_base", [2, 4, 16])
def test_each_base_has_its_colour_in_its_place(palette, px_per_base):
    pixels = drawn("ACGT" * 10, width=40 * px_per_base, palette=palette)
    for i, base in enumerate("ACGT" * 10):
        cell = pixels[:, i * px_per_base : (i + 1) * px_per_base]
        counts = {other: count(cell, colour) for other, colour in BASE_COLOURS[palette].items()}
        # The smoothed edge of a dark grey letter may hold a few px of a lighter base.
        assert max(counts, key=counts.get) == base
        assert counts[base] > 4 * (sum(counts.values()) - counts[base])


def test_boxes_are_full_and_letters_are_not():
    colour = BASE_COLOURS["lsc"]["A"]
    assert count(drawn("A" * 40, width=160), colour) == 160 * 12
    assert 0 < count(drawn("A" * 40, width=640), colour) < 640 * 12 * 0.6


def test_grey_boxes_differ_in_shape():
    pixels = drawn("ACGT", width=16, palette="mono")
    ink = (pixels != rgb(TOKENS["surface"])).any(axis=2)
    shapes = {base: tuple(ink[:, 4 * i].tolist()) for i, base in enumerate("ACGT")}
    assert len(set(shapes.values())) == 4


@pytest.mark.parametrize("px_per_base", [3, 12])
def test_an_unknown_base_is_a_grey_dash(px_per_base):
    pixels = drawn("N" * 20, width=20 * px_per_base)
    ink = (pixels != rgb(TOKENS["surface"])).any(axis=2)
    assert count(pixels, TOKENS["text2"]) == ink.sum()
    assert np.flatnonzero(ink.any(axis=1)).tolist() == [7, 8]


def test_bases_that_cannot_be_read_are_hatched():
    genome = Genome.from_sequences(
        {"part": "ACGT" * 100}, lengths={"20": 5_000}, slices={"20": [("part", 0)]}
    )
    pixels = drawn("A" * 40, width=160, source=genome)
    ink = (pixels != rgb(TOKENS["surface"])).any(axis=2)
    assert count(pixels, TOKENS["line"]) == ink.sum() == 160 * 12 // 4


@pytest.mark.parametrize(("width", "expected"), [(384, True), (385, False)])
def test_the_row_is_there_only_when_bases_are_wide_enough(width, expected):
    where = Interval("20", 0, width)
    assert shows_bases(Bases("A" * width, where), PlotPlace(where, LEFT, 768)) is expected
    assert not shows_bases(None, PlotPlace(where, LEFT, 768))


def test_the_picture_follows_view_and_palette(browse, toy, toys):
    text = "ACGT" * 1_000
    plain, browser = browse(toy), browse(toy, sequence=text)
    assert toys.where.width == len(text)
    assert picture(browser) == picture(plain)
    for widget in (plain, browser):
        widget.goto("20:2,571,001-2,571,080")
    pixels = decode(picture(browser))
    assert pixels.shape[0] == decode(picture(plain)).shape[0] + SEQUENCE_HEIGHT + 4
    head = pixels[: 34 + 28 + SEQUENCE_HEIGHT]
    assert all(count(head, colour) for colour in BASE_COLOURS["lsc"].values())
    browser.palette = "classic"
    head = decode(picture(browser))[: 34 + 28 + SEQUENCE_HEIGHT]
    assert all(count(head, colour) for colour in BASE_COLOURS["classic"].values())
    assert not any(count(head, colour) for colour in BASE_COLOURS["lsc"].values())
