"""A small drawing surface for the fallback picture: pixels by numpy, text and shapes by Pillow.

Lengths are css px of the layout; the surface multiplies them by its scale. The picture is always
light: it has to look the same on every page.
"""

from __future__ import annotations

import struct
import zlib
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

TOKENS: Final = {
    "surface": "#ffffff",
    "surface2": "#f6f7f9",
    "text": "#1f2328",
    "text2": "#57606a",
    "line_strong": "#8c959f",
    "line": "#d1d5d9",
    "accent": "#0b5cad",
    "band": "#e4edf6",
    "ref": "#6e7781",
    "alt": "#c24a00",
    "loss": "#0b4f9e",
    "gain": "#a63d00",
    "coding": "#0067a5",
    "noncoding": "#4f5b66",
}
"""Colours of the light theme; `line` and `band` are blended over the surface."""

CATEGORIES: Final = (
    "#0067a5",
    "#c24a00",
    "#00795a",
    "#a03c8c",
    "#8a6100",
    "#4b4fc4",
    "#b3261e",
    "#4f5b66",
)

BASE_COLOURS: Final = {
    "lsc": {"A": "#00916b", "C": "#00558f", "G": "#c58600", "T": "#a63000"},
    "classic": {"A": "#1b7f2a", "C": "#1f4fd1", "G": "#b87400", "T": "#c8201a"},
    "mono": {"A": "#1f2328", "C": "#4a525b", "G": "#6e7781", "T": "#8c959f"},
}
"""Colours of the bases on the light theme, by palette; every other letter is `text2`."""

Anchor = Literal["left", "right", "middle"]


class Sketch:
    """A picture of `width` x `height` css px at `scale` device px each."""

    def __init__(self, width: int, height: int, scale: int) -> None:
        from PIL import Image, ImageDraw

        self.width, self.height, self.scale = width, height, scale
        self._image = Image.new("RGB", (width * scale, height * scale), TOKENS["surface"])
        self._draw = ImageDraw.Draw(self._image)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: int = 11,
        colour: str = "text",
        anchor: Anchor = "left",
        bold: bool = False,
    ) -> None:
        """Text whose middle line is at y; `anchor` says which end x is."""
        letter = {"left": "lm", "right": "rm", "middle": "mm"}[anchor]
        font = _font(size * self.scale, bold=bold)
        place = (x * self.scale, y * self.scale)
        self._draw.text(place, text, font=font, fill=_colour(colour), anchor=letter)

    def box(self, x0: float, y0: float, x1: float, y1: float, colour: str) -> None:
        """A filled rectangle, at least one device px wide and high."""
        left, top = round(x0 * self.scale), round(y0 * self.scale)
        right = max(left, round(x1 * self.scale) - 1)
        bottom = max(top, round(y1 * self.scale) - 1)
        self._draw.rectangle((left, top, right, bottom), fill=_colour(colour))

    def polygon(self, points: Sequence[tuple[float, float]], colour: str) -> None:
        """A filled shape."""
        scaled = [(x * self.scale, y * self.scale) for x, y in points]
        self._draw.polygon(scaled, fill=_colour(colour))

    def disc(self, x: float, y: float, radius: float, colour: str, *, is_filled: bool) -> None:
        """A circle, filled or as a ring."""
        r, s = radius, self.scale
        corners = ((x - r) * s, (y - r) * s, (x + r) * s, (y + r) * s)
        fill = _colour(colour) if is_filled else TOKENS["surface"]
        self._draw.ellipse(corners, fill=fill, outline=_colour(colour), width=s)

    def pixels(self, x: int, y: int, block: NDArray[np.uint32]) -> None:
        """Paste painted device pixels (0xAABBGGRR) with their upper left corner at css (x, y)."""
        from PIL import Image

        rgba = np.ascontiguousarray(block, dtype="<u4").view(np.uint8).reshape(*block.shape, 4)
        image = Image.fromarray(np.ascontiguousarray(rgba[:, :, :3]))
        self._image.paste(image, (x * self.scale, y * self.scale))

    def png(self) -> bytes:
        """The picture as PNG."""
        return png_bytes(np.asarray(self._image))


def packed(colour: str) -> int:
    """A `#rrggbb` colour or token as pixel 0xAABBGGRR.

    >>> hex(packed("#0067a5"))
    '0xffa56700'
    """
    text = _colour(colour)
    red, green, blue = (int(text[i : i + 2], 16) for i in (1, 3, 5))
    return 0xFF << 24 | blue << 16 | green << 8 | red


def blend(colour: str, alpha: float) -> str:
    """A colour at `alpha` over the surface, as the page's `blend` rounds it."""
    pairs = zip(_channels(_colour(colour)), _channels(TOKENS["surface"]), strict=True)
    mixed = (int(np.floor(back + (front - back) * alpha + 0.5)) for front, back in pairs)
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


def text_width(text: str, size: int = 11, *, bold: bool = False) -> float:
    """Width of a text in css px."""
    return float(_font(size, bold=bold).getlength(text))


def fitted(text: str, width: float, size: int = 11, *, bold: bool = False) -> str:
    """The text, or as much of its beginning as fits, with an ellipsis."""
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[:200])
    if text_width(shown, size, bold=bold) <= width:
        return shown
    while shown and text_width(shown + "\N{HORIZONTAL ELLIPSIS}", size, bold=bold) > width:
        shown = shown[:-1]
    return shown.rstrip() + "\N{HORIZONTAL ELLIPSIS}"


def png_bytes(pixels: NDArray[np.uint8]) -> bytes:
    """RGB pixels (height, width, 3) as a PNG; no date, no text chunk, same bytes for same pixels.

    >>> png_bytes(np.zeros((1, 1, 3), dtype=np.uint8))[1:4]
    b'PNG'
    """
    height, width, _ = pixels.shape
    palette, indices = _indexed(pixels)
    if palette is None:
        kind, rows = 2, pixels.reshape(height, width * 3)
    else:
        kind, rows = 3, indices
    lines = np.zeros((height, rows.shape[1] + 1), dtype=np.uint8)
    lines[:, 1:] = rows
    header = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    chunks = [_chunk(b"IHDR", header)]
    if palette is not None:
        chunks.append(_chunk(b"PLTE", palette.tobytes()))
    chunks += [_chunk(b"IDAT", zlib.compress(lines.tobytes(), 6)), _chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _indexed(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.uint8] | None, NDArray[np.uint8]]:
    """At most 256 colours as a palette; None when there are more even after rounding.

    Smoothed edges of letters give hundreds of greys: colours are rounded to 5 bits per channel,
    and the most frequent colour of each cell stands for it, so flat areas keep theirs exactly.
    """
    rgb = pixels.astype(np.uint32)
    exact = (rgb[:, :, 0] << 16 | rgb[:, :, 1] << 8 | rgb[:, :, 2]).ravel()
    cell = ((exact >> 19) & 31) << 10 | ((exact >> 11) & 31) << 5 | ((exact >> 3) & 31)
    counts = np.bincount(cell, minlength=2**15)
    used = np.flatnonzero(counts)
    if len(used) > 256:
        return None, pixels[:, :, 0]
    place = np.zeros(2**15, dtype=np.uint8)
    place[used] = np.arange(len(used))
    # One pixel of every cell, then the theme's own colours where a cell holds one.
    colour = np.zeros(2**15, dtype=np.uint32)
    colour[cell[::-1]] = exact[::-1]
    for value in _theme_values(exact):
        colour[(value >> 19) << 10 | ((value >> 11) & 31) << 5 | ((value >> 3) & 31)] = value
    chosen = colour[used]
    palette = np.stack([chosen >> 16, chosen >> 8 & 255, chosen & 255], axis=1).astype(np.uint8)
    return palette, place[cell].reshape(pixels.shape[:2])


def _theme_values(exact: NDArray[np.integer]) -> list[int]:
    """Flat colours of the picture: those of the theme that occur in a sample of its rows."""
    sample = np.unique(exact[::7])
    known = {int(colour[1:], 16) for colour in (*TOKENS.values(), *CATEGORIES)}
    known |= {int(colour[1:], 16) for bases in BASE_COLOURS.values() for colour in bases.values()}
    known |= {int(blend(colour, 0.35)[1:], 16) for colour in (*TOKENS.values(), *CATEGORIES)}
    found = known & set(sample.tolist())
    return [*sorted(found - {0xFFFFFF}), 0xFFFFFF]


def _chunk(name: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)


def _colour(colour: str) -> str:
    return TOKENS.get(colour, colour)


def _channels(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))


@lru_cache(maxsize=32)
def _font(size: int, *, bold: bool) -> Any:
    """DejaVu Sans, which comes with matplotlib and has every sign we write; else Pillow's own."""
    from PIL import ImageFont

    spec = find_spec("matplotlib")
    for folder in (spec.submodule_search_locations or []) if spec is not None else []:
        name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
        path = Path(folder, "mpl-data", "fonts", "ttf", name)
        if path.is_file():
            return ImageFont.truetype(str(path), size)
    return ImageFont.load_default(size)
