"""Placement: where the window of a model lies round a variant; `tile`: windows in a row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from locuscope.errors import OptionError
from locuscope.genome.choices import check_choice
from locuscope.genome.interval import Interval, whole_number

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from locuscope.genome.variant import Variant


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Where the input window of a variant lies. An option noun: the same words in every verb.

    Args:
        mode: "centered": the window is centred on the variant.
        width_bp: width of the window; None leaves it to the model.
        center: which base of an even or odd window is its middle. "left": the variant stands at
            index `width // 2 - 1`; "middle": at `(width - 1) // 2`. They differ for odd widths.

    Raises:
        OptionError: another mode or centre, or a width below 1.

    >>> from locuscope.genome.variant import Variant
    >>> Placement(width_bp=4).window(Variant("20", 100, "G", "A"))
    Interval('20', 98, 102)
    """

    mode: str = "centered"
    width_bp: int | None = None
    center: str = "left"

    def __post_init__(self) -> None:
        check_choice("mode", self.mode, ("centered",))
        check_choice("center", self.center, ("left", "middle"))
        if self.width_bp is not None:
            object.__setattr__(self, "width_bp", _width(self.width_bp))

    def starts(self, pos: ArrayLike, width_bp: int | None = None) -> NDArray[np.int64]:
        """Window starts, 0-based; negative where a window overhangs the contig start.

        Args:
            pos: 1-based positions of the variants.
            width_bp: width of the windows; None takes the placement's own.
        """
        width = self._width(width_bp)
        at = width // 2 - 1 if self.center == "left" else (width - 1) // 2
        return np.asarray(pos, np.int64) - 1 - at

    def window(self, variant: Variant, width_bp: int | None = None) -> Interval:
        """The window of one variant; it may overhang the contig."""
        width = self._width(width_bp)
        start = int(self.starts(variant.pos, width))
        return Interval(variant.chrom, start, start + width)

    def _width(self, width_bp: int | None) -> int:
        width = self.width_bp if width_bp is None else width_bp
        if width is None:
            raise OptionError(
                "the placement has width_bp=None and the model fixes no width; give width_bp.",
                option="width_bp",
                value=None,
            )
        return _width(width)


def tile(interval: Interval, width_bp: int) -> list[Interval]:
    """Consecutive windows from the start of an interval; the last one overhangs its end.

    >>> tile(Interval("20", 0, 10), 4)
    [Interval('20', 0, 4), Interval('20', 4, 8), Interval('20', 8, 12)]
    """
    width = _width(width_bp)
    return [
        Interval(interval.chrom, start, start + width, interval.strand, interval.name)
        for start in range(interval.start, interval.end, width)
    ]


def _width(width_bp: int) -> int:
    width = whole_number(width_bp, "width_bp")
    if width < 1:
        raise OptionError(
            f"width_bp is {width}; a window has at least 1 base.", option="width_bp", value=width
        )
    return width
