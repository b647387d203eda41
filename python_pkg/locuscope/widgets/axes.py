"""Round numbers and words for axes: ticks, bounds, places and values as people read them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from locuscope.widgets.painter import ScaleKind, YScale

if TYPE_CHECKING:
    from locuscope.genome.interval import Interval

_BOUND_STEPS: Final = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
_MINUS: Final = "\N{MINUS SIGN}"


def nice_scale(kind: ScaleKind, lo: float, hi: float, *, is_signed: bool) -> YScale:
    """Round bounds around a range; zero is always inside, a signed scale is symmetric around it.

    >>> nice_scale("linear", 0.0, 0.93, is_signed=False)
    YScale(lo=0.0, hi=1.0, kind='linear')
    """
    lo, hi = min(0.0, lo), max(0.0, hi)
    if is_signed:
        reach = max(-lo, hi)
        bound = _nice_bound(reach) if reach > 0 else 1.0
        return YScale(-bound, bound, kind)
    if lo == hi == 0.0:
        return YScale(0.0, 1.0, kind)
    return YScale(-_nice_bound(-lo) if lo < 0 else 0.0, _nice_bound(hi) if hi > 0 else 0.0, kind)


def axis_values(scale: YScale, height: float) -> list[float]:
    """Values to write beside a lane: three from 32 px on, two from 20 px, else none."""
    if height < 20 or not scale.hi > scale.lo:
        return []
    if height < 32:
        return [scale.lo, scale.hi]
    if scale.lo < 0 < scale.hi:
        return [scale.lo, 0.0, scale.hi]
    middle = float(scale.transform(scale.lo) + scale.transform(scale.hi)) / 2
    if scale.kind != "linear":
        middle = math.copysign(math.expm1(abs(middle)), middle)
    return [scale.lo, float(f"{middle:.3g}"), scale.hi]


def ruler_ticks(where: Interval, most: int = 6) -> list[tuple[int, str]]:
    """1-based positions of round ticks with their labels; one unit and precision for all.

    >>> from locuscope.genome.interval import Interval
    >>> ruler_ticks(Interval("20", 2_570_000, 2_590_000), 4)
    [(2575000, '2.575 Mb'), (2580000, '2.580 Mb'), (2585000, '2.585 Mb'), (2590000, '2.590 Mb')]
    """
    step = 1
    while where.end // step - where.start // step > most:
        step = _next_step(step)
    first = -(-(where.start + 1) // step) * step
    positions = range(first, where.end + 1, step)
    size, unit = _unit(where)
    decimals = max(0, math.ceil(math.log10(size / step))) if size > step else 0
    return [(position, f"{position / size:,.{decimals}f} {unit}") for position in positions]


def value_text(value: float) -> str:
    """Three significant digits, a true minus sign, thousands commas above 9,999.

    >>> [value_text(x).replace(_MINUS, "-") for x in (0.0, 0.5, -1.2345, 12345.0, 0.00001234)]
    ['0', '0.5', '-1.23', '12,300', '1.23e-5']
    """
    if value == 0:
        return "0"
    size = abs(value)
    if size < 0.001:
        mantissa, exponent = f"{size:.2e}".split("e")
        text = f"{float(mantissa):g}e{_MINUS if int(exponent) < 0 else ''}{abs(int(exponent))}"
    else:
        rounded = float(f"{size:.3g}")
        text = f"{rounded:,.10f}".rstrip("0").rstrip(".")
        text = text if rounded > 9_999 else text.replace(",", "")
    return (_MINUS if value < 0 else "") + text


def place_text(where: Interval) -> str:
    """`chr20:2,570,001-2,590,000`; bare names of chromosomes get their prefix.

    >>> from locuscope.genome.interval import Interval
    >>> place_text(Interval("20", 2_570_000, 2_590_000))
    'chr20:2,570,001-2,590,000'
    """
    return f"{chrom_text(where.chrom)}:{where.start + 1:,}-{where.end:,}"


def chrom_text(chrom: str) -> str:
    """`chr20` for `20`; other names stay as they are."""
    bare = chrom.isdecimal() and len(chrom) <= 2
    return f"chr{chrom}" if bare or chrom in {"X", "Y", "M", "MT"} else chrom


def width_text(width_bp: int) -> str:
    """`80 bp`, `20.0 kb`, `3.00 Mb`.

    >>> [width_text(w) for w in (80, 20_000, 3_000_000)]
    ['80 bp', '20.0 kb', '3.00 Mb']
    """
    if width_bp < 1_000:
        return f"{width_bp} bp"
    return f"{width_bp / 1e3:.1f} kb" if width_bp < 1_000_000 else f"{width_bp / 1e6:.2f} Mb"


def _nice_bound(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(value))
    for step in _BOUND_STEPS:
        nice = float(f"{step * power:.12g}")
        if nice >= value * (1 - 1e-9):
            return nice
    return float(f"{10 * power:.12g}")


def _next_step(step: int) -> int:
    """The next of 1, 2, 5 times a power of ten."""
    return step * 5 // 2 if str(step).startswith("2") else step * 2


def _unit(where: Interval) -> tuple[int, str]:
    """The unit of the ruler: Mb once the positions have that many digits and the view is wide."""
    if where.end >= 1_000_000 and where.width >= 5_000:
        return 1_000_000, "Mb"
    return (1_000, "kb") if where.end >= 10_000 and where.width >= 50 else (1, "bp")
