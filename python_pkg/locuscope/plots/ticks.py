"""Round numbers along an axis, and their texts: all of one axis with the same decimals."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from locuscope.plots.texts import MINUS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_STEPS: Final = (1.0, 2.0, 5.0, 10.0)
_SMALLEST_STEP, _LARGEST_STEP = 1e-3, 1e5


def round_step(span: float, most: int) -> float:
    """Give the smallest step of 1, 2 or 5 times a power of ten with at most `most` intervals.

    >>> round_step(0.9, 4), round_step(120, 6)
    (0.5, 20.0)
    """
    rough = span / max(most, 1)
    if not np.isfinite(rough) or rough <= 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(rough))
    # a hair of slack: 0.3 / 3 is a little more than 0.1
    step = next(step for step in _STEPS if step * power >= rough * (1 - 1e-9))
    return float(step * power)


def value_ticks(low: float, high: float, most: int = 3) -> list[float]:
    """Give round values from `low` to `high`, 0 among them where it lies between.

    >>> value_ticks(-0.6, 1.1)
    [-0.5, 0.0, 0.5, 1.0]
    """
    step = round_step(high - low, most + 1)
    ticks = _multiples(low, high, step)
    if len(ticks) < 3:
        # one label on either side says more than one label; the next smaller step has it
        finer = _multiples(low, high, round_step(step / 2.5, 1))
        ticks = finer if len(finer) <= 2 * most else ticks
    return ticks


def _multiples(low: float, high: float, step: float) -> list[float]:
    found = np.arange(np.ceil(low / step - 1e-9), np.floor(high / step + 1e-9) + 1) * step
    return [float(each) + 0.0 for each in found]


def position_ticks(positions: NDArray[np.int64], most: int = 7) -> list[tuple[int, int]]:
    """Give (column, 1-based position) at round positions.

    >>> position_ticks(np.arange(99, 120), most=2)
    [(0, 100), (10, 110), (20, 120)]
    """
    low, high = int(positions.min()) + 1, int(positions.max()) + 1
    step = max(1, round(round_step(high - low, most)))
    column = {int(position) + 1: k for k, position in enumerate(positions.tolist())}
    first = -(-low // step) * step
    return [(column[at], at) for at in range(first, high + 1, step)]


def tick_texts(ticks: Sequence[float]) -> list[str]:
    """Texts with as many decimals as the step needs; far from 1, as powers of ten.

    >>> tick_texts([0.0, 0.05, 0.1]), tick_texts([0.0, 2e9])
    (['0', '0.05', '0.10'], ['0', '2e9'])
    """
    sizes = [abs(tick) for tick in ticks if tick]
    step = min((abs(b - a) for a, b in pairwise(ticks)), default=0.0)
    step = step or min(sizes, default=1.0)
    if step < _SMALLEST_STEP or step >= _LARGEST_STEP:
        return [_power(tick) for tick in ticks]
    decimals = max(0, -int(np.floor(np.log10(step) + 1e-9)))
    return [_signed(f"{abs(tick):,.{decimals}f}", tick) for tick in ticks]


def _power(value: float) -> str:
    if not value:
        return "0"
    mantissa, exponent = f"{abs(value):.2e}".split("e")
    mantissa = mantissa.rstrip("0").rstrip(".")
    whole = int(exponent)
    sign = MINUS if whole < 0 else ""
    return _signed(f"{mantissa}e{sign}{abs(whole)}", value)


def _signed(text: str, value: float) -> str:
    if not value:
        return "0"
    return f"{MINUS}{text}" if value < 0 else text
