"""Statistics of values per bin, exact to the base, gathered block by block."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from locuscope.errors import InputError, OptionError
from locuscope.genome.interval import whole_number

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from locuscope.genome.interval import Interval

STATS = ("mean", "max", "min", "sum", "coverage")


class BinStatistics:
    """One statistic over the bins between `edges`; NaN takes no part.

    Args:
        edges: ascending borders, one more than there are bins.
        stat: one of `STATS`.
    """

    def __init__(self, edges: NDArray[np.int64], stat: str) -> None:
        if stat not in STATS:
            raise OptionError(
                f"stat is {stat!r}; use one of {', '.join(STATS)}.",
                option="stat",
                value=stat,
                allowed=STATS,
            )
        self._edges = edges
        self._stat = stat
        n_bins = len(edges) - 1
        self._total = np.zeros(n_bins)
        self._count = np.zeros(n_bins, dtype=np.int64)
        self._extreme = np.full(n_bins, np.nan)

    def add(self, first: int, values: NDArray[np.float64], stored: NDArray[np.bool_]) -> None:
        """Take in the values of the bases from `first` on; `stored` marks those not filled in."""
        last = first + len(values)
        low = int(np.searchsorted(self._edges, first, side="right")) - 1
        high = int(np.searchsorted(self._edges, last, side="left"))
        cuts = np.maximum(self._edges[low:high], first) - first
        if self._stat in ("max", "min"):
            pick = np.fmax if self._stat == "max" else np.fmin
            self._extreme[low:high] = pick(self._extreme[low:high], pick.reduceat(values, cuts))
            return
        held = stored if self._stat == "coverage" else ~np.isnan(values)
        self._count[low:high] += np.add.reduceat(held, cuts, dtype=np.int64)
        if self._stat != "coverage":
            with np.errstate(invalid="ignore"):  # Inf and -Inf in one bin sum to NaN
                self._total[low:high] += np.add.reduceat(np.where(held, values, 0.0), cuts)

    def result(self) -> NDArray[np.float32]:
        """(n_bins,); a bin without a number is NaN (coverage: 0)."""
        if self._stat in ("max", "min"):
            found = self._extreme
        elif self._stat == "coverage":
            found = self._count / np.diff(self._edges)
        else:
            divisor = np.maximum(self._count, 1) if self._stat == "mean" else 1
            found = np.where(self._count > 0, self._total / divisor, np.nan)
        with np.errstate(over="ignore"):
            return found.astype(np.float32)


def bin_edges(
    interval: Interval, *, n_bins: int | None = None, resolution_bp: int | None = None
) -> NDArray[np.int64]:
    """Borders of the bins of an interval, one more than there are bins.

    Bin i of n covers `[start + i*W//n, start + (i+1)*W//n)`; with `resolution_bp` bins start at
    `start` and the last may be short.

    Raises:
        InputError: both or none of the two are given.
        OptionError: more bins than bases, or fewer than one.

    >>> from locuscope.genome.interval import Interval
    >>> bin_edges(Interval("1", 10, 20), resolution_bp=4).tolist()
    [10, 14, 18, 20]
    """
    if (n_bins is None) == (resolution_bp is None):
        raise InputError(
            f"give n_bins or resolution_bp, one of the two; got {n_bins!r} and {resolution_bp!r}."
        )
    width = interval.width
    if n_bins is not None:
        n = whole_number(n_bins, "n_bins")
        if not 1 <= n <= width:
            raise OptionError(
                f"n_bins is {n:,}; {interval.text()} has {width:,} bases.",
                option="n_bins",
                value=n,
                allowed=(1, width),
            )
        return interval.start + np.arange(n + 1, dtype=np.int64) * width // n
    step = positive_step(resolution_bp)
    return np.append(np.arange(interval.start, interval.end, step, dtype=np.int64), interval.end)


def positive_step(resolution_bp: object) -> int:
    """`resolution_bp` as an int of at least 1.

    Raises:
        OptionError: zero or negative.
    """
    step = whole_number(resolution_bp, "resolution_bp")
    if step < 1:
        raise OptionError(
            f"resolution_bp is {step}; a bin has at least one base.",
            option="resolution_bp",
            value=step,
            allowed=(1, None),
        )
    return step
