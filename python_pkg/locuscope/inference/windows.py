"""From places to model inputs: the window a place needs, and which bins cover the place."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from locuscope.errors import DataWarning, OptionError, OutOfBoundsError, ShapeError
from locuscope.genome.interval import Interval
from locuscope.genome.sequence import count_unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from locuscope.genome.reference import Genome
    from locuscope.inference.selection import HeadChoice
    from locuscope.models.protocol import HeadSpec, SequenceModel

# How many longer windows are tried when a model refuses the one that would just do.
_MOST_TRIES = 4_096
_N_RICH = 0.5
_SHOWN_PARTS = 3


@dataclass(frozen=True)
class Bins:
    """Bins of one head that overlap a place: [first, stop), and what they cover."""

    first: int
    stop: int
    covered: Interval


def widest_crop(choices: Sequence[HeadChoice]) -> int:
    """Bases without output at each end of a window, for all heads together."""
    return max(choice.spec.crop_bp for choice in choices)


def widest_bin(choices: Sequence[HeadChoice]) -> int:
    """Bases of the widest bin that is asked for."""
    return max(1, *(key for choice in choices for key in choice.keys))


def input_window(model: SequenceModel, place: Interval, choices: Sequence[HeadChoice]) -> Interval:
    """The window that a model must read to predict a place.

    A fixed window is centred on the place. A model of any length reads the place and its crops,
    widened to whole bins and then to the next length it accepts.

    Raises:
        ShapeError: the place is longer than what a fixed window predicts.
    """
    crop = widest_crop(choices)
    if model.window_bp is not None:
        room = model.window_bp - 2 * crop
        if place.width > room:
            raise ShapeError(
                f"{model.name} predicts {room:,} bases in its window of {model.window_bp:,}; "
                f"{place.text()} has "
                f"{place.width:,}. Split the region into pieces of at most {room:,} bases.",
                found=place.width,
                expected=room,
            )
        window = place.center(model.window_bp)
        return Interval(window.chrom, window.start, window.end)
    step = widest_bin(choices)
    needed = -(-place.width // step) * step + 2 * crop
    length = _next_valid_length(model, needed, step)
    left = (length - needed) // 2 // step * step
    start = place.start - crop - left
    return Interval(place.chrom, start, start + length)


def default_place(
    model: SequenceModel, center: Interval, genome: Genome, choices: Sequence[HeadChoice]
) -> Interval:
    """The place around `center` that one window of the model's own width predicts.

    It is cut at the ends of the contig.

    Raises:
        OptionError: a model of any length without a default width.
    """
    width = model.window_bp or model.default_width_bp
    if width is None:
        raise OptionError(
            f"{model.name} reads windows of any length and has no default width; give "
            "where=Interval(...).",
            option="where",
            value=None,
        )
    room = width - 2 * widest_crop(choices)
    if room < 1:
        raise OptionError(
            f"the width {width:,} of {model.name} leaves no base inside its crops; give "
            "where=Interval(...).",
            option="where",
            value=None,
        )
    return center.center(room).clip(genome.lengths[genome.resolve(center.chrom)])


def check_available(
    model: SequenceModel, place: Interval, window: Interval, genome: Genome
) -> None:
    """Raise unless every base of the window that exists on the contig is here.

    Raises:
        OutOfBoundsError: the place leaves the contig, or the genome is a slice that lacks part of
            the window; the message names the window and what is missing on each side.
    """
    missing = genome.missing(window)
    if not missing:
        fault = genome.check(place)
        if fault is not None:
            raise fault
        return
    left = sum(max(0, min(part.end, place.start) - part.start) for part in missing)
    right = sum(max(0, part.end - max(part.start, place.end)) for part in missing)
    inside = sum(part.width for part in missing) - left - right
    here = _nearest(genome.available(window.chrom), place)
    words = [
        f"{n:,} bases {side}"
        for n, side in ((left, "on the left"), (inside, "inside it"), (right, "on the right"))
        if n
    ]
    raise OutOfBoundsError(
        f"{model.name} needs {window.text()} to predict {place.text()}; {genome.name} holds "
        f"{here}: "
        f"missing are {' and '.join(words)}. Choose a place further inside, or use the whole "
        "chromosome.",
        interval=window,
        contig_length=genome.lengths.get(genome.resolve(window.chrom)),
    )


def _nearest(parts: Sequence[Interval], place: Interval) -> str:
    """The parts of a contig that are here; of many their number and the nearest to a place."""
    if not parts:
        return "nothing of it"
    if len(parts) <= _SHOWN_PARTS:
        return ", ".join(part.text() for part in parts)
    near = min(parts, key=lambda part: max(part.start - place.end, place.start - part.end))
    return f"{len(parts):,} parts of it, the nearest {near.text()}"


def widened(window: Interval, margin_bp: int) -> Interval:
    """A window with more bases on both sides; it may leave the contig."""
    if not margin_bp:
        return window
    return Interval(window.chrom, window.start - margin_bp, window.end + margin_bp)


def fetch_windows(windows: Sequence[Interval], genome: Genome) -> NDArray[np.uint8]:
    """One-hot (N, A, L) of windows, N outside the contig."""
    one_hot: NDArray[np.uint8] = genome.one_hot(list(windows), dtype="uint8", pad=True)
    return one_hot


def warn_unknown(windows: Sequence[Interval], one_hot: NDArray[np.uint8], genome: Genome) -> None:
    """Say once when windows were padded beyond the contig, and once when they are mostly N."""
    overhang = [
        max(0, -window.start) + max(0, window.end - genome.lengths[genome.resolve(window.chrom)])
        for window in windows
    ]
    padded = [window for window, n in zip(windows, overhang, strict=True) if n]
    if padded:
        warnings.warn(
            f"{len(padded)} of {len(windows)} windows leave their contig and were padded with "
            f"{sum(overhang):,} N; "
            f"the first is {padded[0]!r}.",
            DataWarning,
            stacklevel=4,
        )
    counts = np.atleast_1d(count_unknown(one_hot)).tolist()
    width = one_hot.shape[-1]
    rich = [
        window
        for window, n, beyond in zip(windows, counts, overhang, strict=True)
        if n - beyond > _N_RICH * width
    ]
    if rich:
        warnings.warn(
            f"{len(rich)} of {len(windows)} windows are more than half N in {genome.name}; the "
            f"first is {rich[0]!r}.",
            DataWarning,
            stacklevel=4,
        )


def bins_over(place: Interval, window: Interval, head: HeadSpec, resolution_bp: int) -> Bins:
    """The bins of a head that overlap a place, when the model reads `window`."""
    if not resolution_bp:
        return Bins(0, 1, place)
    origin = window.start + head.crop_bp
    n_bins = head.length_out(window.width, resolution_bp)
    first = max(0, (place.start - origin) // resolution_bp)
    stop = min(n_bins, -(-(place.end - origin) // resolution_bp))
    covered = Interval(
        place.chrom,
        origin + first * resolution_bp,
        origin + stop * resolution_bp,
        place.strand,
        place.name,
    )
    return Bins(first, stop, covered)


def _next_valid_length(model: SequenceModel, needed: int, step: int) -> int:
    refusal: ShapeError | None = None
    for k in range(_MOST_TRIES):
        try:
            model.check_length(needed + k * step)
        except ShapeError as error:
            refusal = refusal or error
        else:
            return needed + k * step
    raise refusal or ShapeError(
        f"{model.name} accepts no length of {needed:,} bases or a little more.", found=needed
    )
