"""The drawing surface: PNG that decodes to the same pixels, text that fits."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from locuscope.widgets.sketch import Sketch, blend, fitted, packed, png_bytes, text_width


def decode(png):
    with Image.open(io.BytesIO(png)) as image:
        image.load()
        return np.asarray(image.convert("RGB")), dict(image.info)


@pytest.mark.parametrize("shape", [(1, 1), (3, 7), (64, 33)])
def test_few_colours_come_back_exactly(shape):
    colours = np.array([[255, 255, 255], [0, 103, 165], [194, 74, 0]], dtype=np.uint8)
    pixels = colours[np.random.default_rng(0).integers(0, 3, shape)]
    found, info = decode(png_bytes(pixels))
    np.testing.assert_array_equal(found, pixels)
    assert info == {}


def test_many_colours_come_back_exactly_too():
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    np.testing.assert_array_equal(decode(png_bytes(pixels))[0], pixels)


def test_smoothed_edges_lose_little_and_flat_areas_nothing():
    sketch = Sketch(300, 40, 1)
    sketch.text(5, 20, "chr20:2,570,001-2,590,000", size=13, bold=True)
    sketch.box(200, 5, 280, 30, "accent")
    exact = np.asarray(sketch._image)
    found, _ = decode(sketch.png())
    assert np.abs(found.astype(int) - exact.astype(int)).max() <= 8
    assert found[10, 240].tolist() == [0x0B, 0x5C, 0xAD]
    assert found[2, 2].tolist() == [255, 255, 255]
    assert len(np.unique(found.reshape(-1, 3), axis=0)) > 10


def test_the_same_drawing_is_the_same_bytes():
    def draw():
        sketch = Sketch(60, 20, 2)
        sketch.text(3, 10, "abc")
        sketch.disc(40, 10, 4, "text2", is_filled=False)
        sketch.polygon([(50, 5), (55, 15), (45, 15)], "accent")
        return sketch.png()

    assert draw() == draw()


def test_scale_multiplies_everything():
    found, _ = decode(Sketch(60, 20, 3).png())
    assert found.shape == (60, 180, 3)


def test_painted_pixels_keep_their_colours():
    sketch = Sketch(4, 4, 1)
    sketch.pixels(1, 1, np.full((2, 2), packed("#0067a5"), dtype=np.uint32))
    found, _ = decode(sketch.png())
    assert found[1, 1].tolist() == [0x00, 0x67, 0xA5]
    assert found[0, 0].tolist() == [255, 255, 255]


def test_blend_rounds_as_the_page_does():
    assert blend("#0067a5", 0.35) == "#a6cae0"
    assert blend("#ffffff", 0.35) == "#ffffff"
    assert packed("surface") == 0xFFFFFFFF


@pytest.mark.parametrize(
    "text", ["short", "a much longer text than would ever fit", "\u202eevil\x00", "日本語" * 40, ""]
)
@pytest.mark.parametrize("width", [5, 40, 120])
def test_fitted_text_fits_and_shows_no_control_characters(text, width):
    shown = fitted(text, width)
    assert text_width(shown) <= max(width, text_width("\N{HORIZONTAL ELLIPSIS}"))
    assert shown.isprintable()
    if text_width(text) <= width and text.isprintable():
        assert shown == text
