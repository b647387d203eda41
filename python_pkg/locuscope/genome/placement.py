"""Placement: where the window of a model lies round a variant; `tile`: windows in a row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.errors import OptionError, WrongTypeError, shown_path
from locuscope.genome.choices import check_choice
from locuscope.genome.interval import Interval, whole_number

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from locuscope.genome.variant import Variant


@dataclass(frozen=True, kw_only=True, repr=False)
class Placement:
    """Where the input window of a variant lies. An option noun: the same words in every verb.

    Args:
        mode: "centered": the window is centred on the variant. "restricted": the same, moved so
            that it stays inside one of `regions`; a region shorter than the window is none.
            "overlap": `regions` are windows of the model, and those that hold the whole allele are
            taken.
        regions: a BED path, Intervals or a `RegionTable`; for "overlap" also an iterable of
            `ModelBatch` from a data loader. None for "centered".
        width_bp: width of the window; None leaves it to the model.
        center: which base of an even or odd window is its middle. "left": the variant stands at
            index `width // 2 - 1`; "middle": at `(width - 1) // 2`. They differ for odd widths.
        multi: of several windows that hold an allele "nearest" takes the one whose centre is
            nearest to the variant (of equal ones the first), "all" every one.
        share_bp: variants at most so many bases apart share one window, centred between the first
            and the last of them; 0 gives each its own. It changes numbers and saves passes.

    Raises:
        OptionError: a value outside its list, an option that its mode does not use, or a mode
            without the regions that it needs.

    >>> from locuscope.genome.variant import Variant
    >>> Placement(width_bp=4).window(Variant("20", 100, "G", "A"))
    Interval('20', 98, 102)
    """

    mode: str = "centered"
    regions: Any = None
    width_bp: int | None = None
    center: str = "left"
    multi: str = "nearest"
    share_bp: int = 0

    def __post_init__(self) -> None:
        check_choice("mode", self.mode, ("centered", "restricted", "overlap"))
        check_choice("center", self.center, ("left", "middle"))
        check_choice("multi", self.multi, ("nearest", "all"))
        if self.width_bp is not None:
            object.__setattr__(self, "width_bp", _width(self.width_bp))
        share = whole_number(self.share_bp, "share_bp")
        if share < 0:
            raise OptionError(
                f"share_bp is {share}; a number of bases from 0 on.",
                option="share_bp",
                value=share,
            )
        object.__setattr__(self, "share_bp", share)
        self._refuse_idle()
        self._check_regions()

    def _refuse_idle(self) -> None:
        is_centered = self.mode == "centered"
        idle = {
            "regions": is_centered and self.regions is not None,
            "multi": is_centered and self.multi != "nearest",
            "center": self.mode == "overlap" and self.center != "left",
            "share_bp": not is_centered and self.share_bp > 0,
        }
        for option in (name for name, is_idle in idle.items() if is_idle):
            value = getattr(self, option)
            raise OptionError(
                f"{option}={repr(value)[:60]} has no effect with mode={self.mode!r}.",
                option=option,
                value=value,
            )

    def _check_regions(self) -> None:
        if self.mode == "centered":
            return
        given = self.regions
        is_one = isinstance(given, Interval) or hasattr(given, "intervals")
        if is_one or isinstance(given, (list, tuple)):
            object.__setattr__(self, "regions", (given,) if is_one else tuple(given))
        allowed = "a BED path, Intervals or a RegionTable"
        allowed += " or an iterable of ModelBatch" if self.mode == "overlap" else ""
        if self.regions is None or self.regions == ():
            raise OptionError(
                f"mode={self.mode!r} needs regions: {allowed}.", option="regions", value=given
            )
        is_iterable = isinstance(self.regions, Iterable)
        if not is_iterable and not isinstance(self.regions, PathLike) and not self._is_table:
            raise WrongTypeError(
                f"regions takes {allowed}; got {repr(given)[:60]}.",
                argument="regions",
                found=type(given).__name__,
                expected=allowed,
            )
        if self.mode == "restricted" and self.has_loader:
            raise OptionError(
                f"regions of mode='restricted' are {allowed}; got {repr(given)[:60]}. "
                "mode='overlap' takes the batches of a data loader.",
                option="regions",
                value=given,
            )

    @property
    def _is_table(self) -> bool:
        return hasattr(self.regions, "columns") or hasattr(self.regions, "table")

    @property
    def has_loader(self) -> bool:
        """Whether `regions` are batches of a data loader, which bring their own bases."""
        if self.mode == "centered" or isinstance(self.regions, (str, PathLike)) or self._is_table:
            return False
        listed = self.regions if isinstance(self.regions, tuple) else ()
        return not listed or not all(isinstance(item, Interval) for item in listed)

    def starts(self, pos: ArrayLike, width_bp: int | None = None) -> NDArray[np.int64]:
        """Starts of centred windows, 0-based; negative where one overhangs the contig start.

        Args:
            pos: 1-based positions of the variants.
            width_bp: width of the windows; None takes the placement's own.
        """
        width = self._width(width_bp)
        at = width // 2 - 1 if self.center == "left" else (width - 1) // 2
        return np.asarray(pos, np.int64) - 1 - at

    def window(self, variant: Variant, width_bp: int | None = None) -> Interval:
        """The window centred on one variant; it may overhang the contig.

        Raises:
            OptionError: another mode than "centered".
        """
        if self.mode != "centered":
            raise OptionError(
                f"the window of a variant with mode={self.mode!r} depends on its regions; "
                "score_variants looks them up.",
                option="mode",
                value=self.mode,
            )
        width = self._width(width_bp)
        start = int(self.starts(variant.pos, width))
        return Interval(variant.chrom, start, start + width)

    def __repr__(self) -> str:
        defaults = {item.name: item.default for item in fields(self)}
        said = {name: value for name, value in self.__dict__.items() if name != "regions"}
        words = [f"{name}={value!r}" for name, value in said.items() if value != defaults[name]]
        if self.regions is not None:
            words.insert(1, f"regions={_short(self.regions)}")
        return f"Placement({', '.join(words)})"

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


def _short(regions: object) -> str:
    if isinstance(regions, tuple):
        return f"<{len(regions):,} {type(regions[0]).__name__}>"
    if isinstance(regions, (str, PathLike)):
        return repr(str(shown_path(Path(regions))))
    return repr(regions) if hasattr(regions, "table") else f"<{type(regions).__name__}>"


def _width(width_bp: int) -> int:
    width = whole_number(width_bp, "width_bp")
    if width < 1:
        raise OptionError(
            f"width_bp is {width}; a window has at least 1 base.", option="width_bp", value=width
        )
    return width
