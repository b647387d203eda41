"""Where named values lie on the genome: one place per example, and what the bins of a tensor cover.

The intervals of a tensor are what its bins cover, those of all outputs are what was asked for.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from locuscope.errors import ShapeError, WrongTypeError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import Tensor

    from locuscope.genome.interval import Interval

# The positions of these outputs are pairs of sites, not bins along the genome.
_WITHOUT_BINS = frozenset({"splice_junctions"})


def as_places(intervals: Iterable[Interval] | None) -> tuple[Interval, ...] | None:
    """One place per example as a tuple; None stays None.

    Raises:
        WrongTypeError: something else than a list of intervals.
    """
    if intervals is None:
        return None
    is_one = hasattr(intervals, "chrom")
    places = () if is_one else tuple(intervals)
    odd = [intervals] if is_one else [place for place in places if not hasattr(place, "chrom")]
    if odd:
        found = type(odd[0]).__name__
        message = f"intervals takes one Interval per example, like [interval]; found {found}."
        raise WrongTypeError(
            message, argument="intervals", found=found, expected="sequence of Interval"
        )
    return places


def only_place(places: tuple[Interval, ...] | None) -> Interval | None:
    """The place when there is exactly one, else None."""
    return places[0] if places is not None and len(places) == 1 else None


def check_examples(places: tuple[Interval, ...] | None, n_examples: int, output_name: str) -> None:
    """Raise unless there is one place per example.

    Raises:
        ShapeError: another number of places.
    """
    if places is not None and len(places) != n_examples:
        message = f"{len(places)} intervals for {n_examples} examples of {output_name!r}."
        raise ShapeError(message, found=len(places), expected=n_examples)


def covered_places(
    places: tuple[Interval, ...] | None,
    tensor: Tensor,
    output_name: str,
    resolution: int,
    track_axis: int,
) -> tuple[Interval, ...] | None:
    """What the bins of a raw tensor cover when the model read exactly the places.

    The first bin begins where the place does; the last whole bin may end behind it. Values without
    bins along the genome (one per window, pairs of splice sites) lie at the place itself.

    Raises:
        ShapeError: the bins of the tensor do not span the place, so nobody knows where they lie.
    """
    if places is None:
        return None
    check_examples(places, int(tensor.shape[0]), output_name)
    if not resolution or tensor.dim() < 3 or output_name in _WITHOUT_BINS:
        return places
    n_bins = int(tensor.shape[2 if track_axis == 1 else 1])
    for place in places:
        expected = -(-place.width // resolution)
        if n_bins != expected:
            message = (
                f"{output_name} has {n_bins:,} bins of {resolution} bp; the interval {place} of "
                f"{place.width:,} bp needs {expected:,}. Give the interval that the bins span."
            )
            raise ShapeError(message, found=n_bins, expected=expected)
    return tuple(replace(place, end=place.start + n_bins * resolution) for place in places)
