"""Which bins of an answer are kept: every d-th of them, or an evenly spaced share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from locuscope.errors import EmptySelectionError, OptionError
from locuscope.genome.interval import whole_number

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from locuscope.inference.selection import HeadChoice
    from locuscope.inference.views import Cut


class BinChoice:
    """The bins that are kept of those that are asked for.

    Args:
        down_sample: d keeps the bins 0, d, 2d, ...
        sample: s keeps `linspace(0, P - 1, int(s * P))` of P bins, cut to whole numbers; above 0 up
            to 1. None = all.

    Raises:
        OptionError: both at once, or one outside its range.

    >>> BinChoice(3).of(8).tolist()
    [0, 3, 6]
    >>> BinChoice(sample=0.5).of(8).tolist()
    [0, 2, 4, 7]
    """

    def __init__(self, down_sample: int = 1, sample: float | None = None) -> None:
        self.step = whole_number(down_sample, "down_sample")
        if self.step < 1:
            raise OptionError(
                f"down_sample is {down_sample!r}; expected a whole number of at least 1.",
                option="down_sample",
                value=down_sample,
                allowed=(">= 1",),
            )
        self.share = None if sample is None else _share(sample)
        if self.share is not None and self.step != 1:
            raise OptionError(
                f"down_sample={down_sample} and sample={sample} both choose bins; give one.",
                option="sample",
                value=sample,
            )

    @property
    def is_all(self) -> bool:
        """Whether every bin is kept."""
        return self.step == 1 and self.share is None

    def of(self, n_bins: int) -> NDArray[np.int64]:
        """Give the numbers of the kept bins among `n_bins`.

        Raises:
            EmptySelectionError: a share that leaves none.
        """
        if self.share is None:
            return np.arange(0, n_bins, self.step)
        count = int(self.share * n_bins)
        if not count:
            raise EmptySelectionError(
                f"sample={self.share} keeps none of {n_bins} bins; raise it.", available=n_bins
            )
        return np.linspace(0, n_bins - 1, count).astype(np.int64)

    def after(self, cut: Cut | None, width_bp: int) -> Cut | None:
        """Give the cut that keeps these bins of those that another cut keeps.

        Args:
            cut: the bins of a place; None = all of the window.
            width_bp: bases of the window.
        """
        if self.is_all:
            return cut

        def thinned(choice: HeadChoice, key: int) -> torch.Tensor:
            asked = cut(choice, key) if cut else slice(None)
            bins = torch.arange(choice.spec.length_out(width_bp, key))[asked]
            return bins[torch.from_numpy(self.of(len(bins)))]

        return thinned


def _share(given: object) -> float:
    is_number = isinstance(given, int | float | np.number) and not isinstance(given, bool)
    share = float(given) if is_number else float("nan")  # type: ignore[arg-type]
    if not 0 < share <= 1:
        raise OptionError(
            f"sample is {given!r}; expected a share of the bins above 0 and up to 1.",
            option="sample",
            value=given,
            allowed=("0 < sample <= 1",),
        )
    return share
