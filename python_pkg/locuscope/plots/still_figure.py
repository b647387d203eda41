"""`StillFigure`: a matplotlib figure for paper and notebook, laid out in pixels of a page."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from matplotlib import rc_context
from matplotlib.figure import Figure

from locuscope.errors import OptionError
from locuscope.genome.choices import check_choice
from locuscope.plots.style import THEMES
from locuscope.plots.texts import plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text

PX: Final = 1 / 96
"""Inches of a pixel of a page; text of 12 pixels has 9 points."""
DPI: Final = 144
FAMILIES: Final = ("Inter", "Helvetica Neue", "Helvetica", "Arial", "Liberation Sans")
"""Fonts of widgets and pages; the first that is installed is used, else that of matplotlib."""


class StillFigure(Figure):
    """A figure that is laid out in pixels from its upper left corner.

    It belongs to no window, shows itself in a notebook, and its text stays text in SVG files.

    Args:
        width_px: width of the page.
        height_px: height of the page.
        theme: "light" or "dark".
    """

    def __init__(self, width_px: float, height_px: float, *, theme: str = "light") -> None:
        check_choice("theme", theme, tuple(THEMES))
        self.theme = theme
        self.colours: dict[str, str] = dict(THEMES[theme])
        self.width_px, self.height_px = float(width_px), float(height_px)
        super().__init__(
            figsize=(width_px * PX, height_px * PX), dpi=DPI, facecolor=self.colours["surface"]
        )

    def panel(self, left: float, top: float, width: float, height: float) -> Axes:
        """Add bare axes at a place in pixels."""
        ax = self.add_axes(
            (
                left / self.width_px,
                1 - (top + height) / self.height_px,
                width / self.width_px,
                height / self.height_px,
            )
        )
        ax.patch.set_alpha(0)
        ax.set_xticks([])
        ax.set_yticks([])
        for spine in ax.spines.values():
            spine.set_visible(False)
        return ax

    def write(
        self,
        left: float,
        top: float,
        text: str,
        *,
        size_px: float = 12,
        colour: str = "text",
        is_bold: bool = False,
        align: str = "left",
    ) -> Text:
        """Write one line at a place in pixels; `top` is the middle of its small letters.

        Args:
            left: where it starts, ends or has its middle (`align`).
            top: from the upper edge of the page.
            text: written as it reads, dollar signs too.
            size_px: height of the type.
            colour: a token of the theme.
            is_bold: for names.
            align: "left", "center" or "right".
        """
        return self.text(
            left / self.width_px,
            1 - top / self.height_px,
            text,
            parse_math=False,
            color=self.colours[colour],
            ha=align,
            va="center_baseline",
            **type_of(size_px, is_bold=is_bold),
        )

    def savefig(self, fname: Any, **options: Any) -> None:
        """Write a file as matplotlib does; in SVG text is text."""
        with rc_context({"svg.fonttype": "none", "svg.hashsalt": "figure"}):
            super().savefig(fname, **options)

    def to_svg(self) -> str:
        """Give the picture as SVG."""
        with BytesIO() as kept:
            # no date: the same picture has the same bytes
            self.savefig(kept, format="svg", metadata={"Date": None})
            return kept.getvalue().decode("utf-8")

    def _repr_png_(self) -> bytes:
        with BytesIO() as kept:
            self.savefig(kept, format="png")
            return kept.getvalue()


def type_of(size_px: float, *, is_bold: bool = False) -> dict[str, Any]:
    """Type of a text, as keyword arguments of matplotlib."""
    return {
        "fontsize": size_px * PX * 72,
        "fontfamily": list(families()),
        "fontweight": "bold" if is_bold else "normal",
    }


@lru_cache(maxsize=4096)
def text_width(text: str, size_px: float, *, is_bold: bool = False) -> float:
    """Width of a line of text in pixels, and a little more: screens round letters up."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    weight = "bold" if is_bold else "normal"
    font = FontProperties(family=list(families()), size=size_px, weight=weight)
    width, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
    return 1.04 * float(width)


def fitted(text: str, room_px: float, size_px: float, *, is_bold: bool = False) -> str:
    """Give the text, without its middle where it is wider than its room.

    >>> fitted("a name", 400, 12)
    'a name'
    """
    shown = text
    while len(shown) > 3 and text_width(shown, size_px, is_bold=is_bold) > room_px:
        shown = plain(text, len(shown) - 1)
    return shown


@lru_cache(maxsize=1)
def families() -> tuple[str, ...]:
    """Fonts to write with, the best that is installed first."""
    from matplotlib import font_manager

    there = {font.name for font in font_manager.fontManager.ttflist}
    return (*(name for name in FAMILIES if name in there), "DejaVu Sans")


def page_width(width_in: object) -> float:
    """Read a width in inches; gives pixels.

    Raises:
        OptionError: no number from 3 to 40.
    """
    is_number = isinstance(width_in, int | float) and not isinstance(width_in, bool)
    if not is_number or not 3 <= float(width_in) <= 40:  # type: ignore[arg-type]
        raise OptionError(
            f"width_in is {width_in!r}; expected a width of 3 to 40 inches.",
            option="width_in",
            value=width_in,
        )
    return float(width_in) / PX  # type: ignore[arg-type]
