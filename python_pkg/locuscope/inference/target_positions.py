"""Which bins a target counts: all, the middle, listed ones, or those over places of the genome."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from locuscope.errors import OptionError, OutOfBoundsError, ShapeError, WrongTypeError
from locuscope.genome.choices import check_choice
from locuscope.genome.interval import Interval, whole_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from locuscope.models.protocol import HeadSpec

    Positions: TypeAlias = str | slice | tuple[int, ...] | tuple[Interval, ...] | None

CENTERS = ("center", "center_published")


def check_positions(given: object) -> Positions:
    """The canonical form of what a caller gave as positions.

    Raises:
        OptionError: an unknown word, nothing listed.
        WrongTypeError: a mixture, or something else.
    """
    if given is None:
        return None
    if isinstance(given, str):
        check_choice("positions", given, CENTERS)
        return given
    if isinstance(given, slice):
        parts = (given.start, given.stop, given.step)
        whole = [None if part is None else whole_number(part, "positions") for part in parts]
        if whole[2] == 0:
            raise OptionError(
                "positions is a slice with step 0; leave the step out.",
                option="positions",
                value=given,
            )
        return slice(*whole)
    if isinstance(given, Interval):
        return (given,)
    listed: list[Any] = list(given) if isinstance(given, Iterable) else [given]
    if not listed:
        raise OptionError(
            "positions is empty; None means all bins.", option="positions", value=given
        )
    n_places = sum(isinstance(item, Interval) for item in listed)
    if n_places == len(listed):
        return tuple(listed)
    if n_places:
        raise WrongTypeError(
            f"positions mixes {n_places} Intervals with {len(listed) - n_places} other items; list "
            "bins or places.",
            argument="positions",
            found=type(listed[0]).__name__,
            expected="Interval or int",
        )
    return tuple(whole_number(item, "positions") for item in listed)


def chosen_bins(positions: Positions, n_bins: int) -> NDArray[np.int64]:
    """Indices of the bins, each once, where they do not depend on the example.

    Args:
        positions: in canonical form; no places.
        n_bins: bins of the output.

    Raises:
        OutOfBoundsError: a bin that is not there.
        ShapeError: no bin, or too few for the published middle.

    >>> chosen_bins("center", 8), chosen_bins("center_published", 8), chosen_bins("center", 5)
    (array([3, 4]), array([4, 5]), array([2]))
    """
    every = np.arange(n_bins)
    if positions is None:
        return every
    if positions == "center":
        return every[(n_bins - 1) // 2 : n_bins // 2 + 1]
    if positions == "center_published":
        if n_bins // 2 + 1 >= n_bins:
            raise ShapeError(
                f"the published middle is bins P//2 and P//2 + 1; an output of {n_bins} has no bin "
                f"{n_bins // 2 + 1}. Use 'center'.",
                found=n_bins,
                expected=">= 3",
            )
        return every[n_bins // 2 : n_bins // 2 + 2]
    if isinstance(positions, slice):
        found = every[positions]
        if not found.size:
            raise ShapeError(
                f"positions={positions!r} leaves none of {n_bins} bins.",
                found=0,
                expected=">= 1",
            )
        return found
    listed = np.array(positions, np.int64)
    beyond = listed[(listed < -n_bins) | (listed >= n_bins)]
    if beyond.size:
        raise OutOfBoundsError(
            f"bin {int(beyond[0])} is outside the {n_bins} bins of the output (0 to {n_bins - 1})."
        )
    return np.unique(listed % n_bins)


def place_bins(
    places: Sequence[Interval], windows: Sequence[Interval], head: HeadSpec, resolution_bp: int
) -> NDArray[np.bool_]:
    """The bins of each window that overlap places of the genome.

    Args:
        places: counted together, a bin once; what lies outside a window does not count.
        windows: what the model reads, one per example, all of one width.
        head: the output.
        resolution_bp: bases per bin.

    Returns:
        Bool (N, P).

    Raises:
        OutOfBoundsError: a window none of whose bins overlaps a place.
    """
    n_bins = head.length_out(windows[0].width, resolution_bp)
    counted = np.zeros((len(windows), n_bins), np.bool_)
    for row, window in enumerate(windows):
        origin = window.start + head.crop_bp
        last = window.end - head.crop_bp
        for place in places:
            if place.chrom != window.chrom or place.end <= origin or place.start >= last:
                continue
            first = max(0, (place.start - origin) // resolution_bp)
            stop = min(n_bins, -(-(place.end - origin) // resolution_bp))
            counted[row, first:stop] = True
        if not counted[row].any():
            raise OutOfBoundsError(
                f"no bin of {head.name!r} in the window {window.text()} overlaps "
                f"{', '.join(place.text() for place in places[:3])}; its output covers "
                f"{window.chrom}:{origin + 1:,}-{last:,}.",
                interval=window,
            )
    return counted
