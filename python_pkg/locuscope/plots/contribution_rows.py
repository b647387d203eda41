"""What a figure of contributions shows, gathered before anything is drawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from locuscope._closest import counted
from locuscope.attribution.contribution_values import Contributions
from locuscope.errors import InputError, OptionError, OutOfBoundsError, ShapeError, WrongTypeError
from locuscope.genome.interval import Interval, whole_number
from locuscope.plots.target_words import target_words
from locuscope.plots.texts import number, plain

if TYPE_CHECKING:
    from numpy.typing import NDArray

TITLES: Final = {
    "gradient": "Gradient",
    "gradient_x_input": "Gradient \u00d7 input",
    "smooth_gradient": "Smooth gradient",
    "integrated_gradients": "Integrated gradients",
    "expected_gradients": "Expected gradients",
    "deeplift": "DeepLIFT",
    "ism": "In-silico mutagenesis",
    "": "Contributions",
}
MOST_ROWS: Final = 40
DELTA_GATE: Final = 1e-3
"""What sums may be off by, as part of the change, or of 1 where that is more."""


@dataclass(frozen=True, eq=False)
class LogoRow:
    """One row of letters.

    Args:
        title: method or track.
        caption: smaller text behind it.
        heights: (4, L), rows A C G T.
        delta: how far the sum is off; "" without references.
        is_far: it is off by more than it should be.
    """

    title: str
    caption: str
    heights: NDArray[np.float64]
    delta: str
    is_far: bool


@dataclass(frozen=True, eq=False)
class LogoRows:
    """Rows over one axis.

    Args:
        rows: from top to bottom.
        place: the part that is shown; None for bare sequences.
        positions: (L,) 0-based position of each column on the genome, or in the sequence.
        is_unknown: (L,) columns without a base.
        example: name or number of the example.
        facts: model and assembly, where they are known.
        target: what was explained, in words.
    """

    rows: tuple[LogoRow, ...]
    place: Interval | None
    positions: NDArray[np.int64]
    is_unknown: NDArray[np.bool_]
    example: str
    facts: tuple[str, ...]
    target: str


def logo_rows(given: object, i: object, window: object) -> LogoRows:
    """Gather the rows of `plots.contributions.plot_contributions`.

    Raises:
        OutOfBoundsError: no such example, or a window outside it.
        ShapeError: rows of other lengths.
        InputError: rows of other bases or places.
        OptionError: no row, or more than 40.
        WrongTypeError: something that is no Contributions.
    """
    listed = _listed(given)
    index = _example(listed, i)
    parts = _parts([(title, each[index]) for title, each in listed])
    first_one = parts[0][1]
    for title, part in parts[1:]:
        _check_alike(title, part, first_one)
    first, stop = _columns(first_one, window)
    rows = tuple(_row(title, part, first, stop) for title, part in parts)
    place, positions = _place(first_one, first, stop)
    facts = [first_one.provenance.get(name) for name in ("model", "assembly")]
    targets = {part.target for _, part in parts}
    name = place.name if place is not None else None
    counts = first_one.sequences[0, :, first:stop].sum(axis=0)
    return LogoRows(
        rows=rows,
        place=place,
        positions=positions,
        is_unknown=np.asarray(counts == 0, np.bool_),
        example=plain(name) if name else f"example {index}",
        facts=tuple(plain(str(fact), 32) for fact in facts if fact),
        target=_told(targets),
    )


def _listed(given: object) -> list[tuple[str | None, Contributions]]:
    """Results with their titles; None where nobody gave one."""
    listed: list[tuple[str | None, Any]]
    if isinstance(given, Mapping):
        listed = [(str(title), each) for title, each in given.items()]
    elif isinstance(given, Sequence) and not isinstance(given, str | Contributions):
        listed = [(None, each) for each in given]
    else:
        listed = [(None, given)]
    for _, each in listed:
        if not isinstance(each, Contributions):
            raise WrongTypeError(
                f"contributions takes Contributions, or several in a list or mapping; got "
                f"{each!r}.",
                argument="contributions",
                found=type(each).__name__,
                expected="Contributions",
            )
    n_rows = sum(len(each.tracks or ("",)) for _, each in listed)
    if not 1 <= n_rows <= MOST_ROWS:
        raise OptionError(
            f"{n_rows:,} rows of letters; a figure holds 1 to {MOST_ROWS}. Choose tracks, such as "
            "contributions.track(name).",
            option="contributions",
            value=n_rows,
        )
    return listed


def _parts(listed: list[tuple[str | None, Contributions]]) -> list[tuple[str, Contributions]]:
    """One result per row: every track of each."""
    rows: list[tuple[str, Contributions]] = []
    for title, each in listed:
        # a mapping method -> result names methods, which have words
        if title is None or title == each.method:
            said = TITLES.get(each.method, each.method)
        else:
            said = title
        if each.tracks is None:
            rows.append((said, each))
            continue
        is_lone = len(listed) == 1 and title is None
        rows += [
            (track if is_lone else f"{said}, {track}", each.track(k))
            for k, track in enumerate(each.tracks)
        ]
    return _told_apart(rows)


def _told_apart(rows: list[tuple[str, Contributions]]) -> list[tuple[str, Contributions]]:
    """Add the target to titles that occur twice."""
    counts = Counter(title for title, _ in rows)
    return [
        (
            f"{title}, {target_words(part.target)}" if counts[title] > 1 and part.target else title,
            part,
        )
        for title, part in rows
    ]


def _example(listed: list[tuple[str | None, Contributions]], i: object) -> int:
    index = whole_number(i, "i")
    n_examples = min(len(each) for _, each in listed)
    if not -n_examples <= index < n_examples:
        raise OutOfBoundsError(
            f"no example {index}; there are {n_examples:,}, counted from 0.", interval=index
        )
    return index % n_examples


def _check_alike(title: str, part: Contributions, first: Contributions) -> None:
    if part.sequences.shape != first.sequences.shape:
        raise ShapeError(
            f"{title!r} has {part.sequences.shape[2]:,} bases and the first row "
            f"{first.sequences.shape[2]:,}; rows over one axis need the same window (crop).",
            found=part.sequences.shape,
            expected=first.sequences.shape,
        )
    places = [each.intervals and each.intervals[0] for each in (part, first)]
    keys = [place and (place.chrom, place.start, place.strand) for place in places]
    n_other = int((part.sequences != first.sequences).any(axis=(0, 1)).sum())
    if n_other or (all(keys) and keys[0] != keys[1]):
        what = f"{n_other:,} other bases" if n_other else f"the place {places[0]}"
        raise InputError(
            f"{title!r} has {what} than the first row; one axis serves rows of one place."
        )


def _told(targets: set[str]) -> str:
    if len(targets) > 1:
        return "the target of its row"
    return plain(target_words(targets.pop()), 80) or "the prediction"


def _columns(one: Contributions, window: object) -> tuple[int, int]:
    """First column and one past the last of what is shown."""
    length = one.sequences.shape[2]
    if window is None:
        return 0, length
    if isinstance(window, Interval):
        return _of_place(one, window)
    if isinstance(window, tuple | list):
        if len(window) != 2:
            raise OptionError(
                f"window={window!r} is no pair (first column, one past the last).",
                option="window",
                value=window,
            )
        first, stop = (whole_number(side, "window") for side in window)
    else:
        width = whole_number(window, "window")
        first = (length - width) // 2
        stop = first + width
    if not 0 <= first < stop <= length:
        raise OutOfBoundsError(
            f"window={window!r} is no part of the example, which has columns 0 to {length:,}.",
            interval=(first, stop),
        )
    return first, stop


def _of_place(one: Contributions, window: Interval) -> tuple[int, int]:
    if one.intervals is None:
        raise InputError(
            f"window={window.text()} is a place, and these sequences have none; give columns "
            "(first, stop)."
        )
    whole = one.intervals[0]
    is_inside = whole.start <= window.start and window.end <= whole.end
    if window.chrom != whole.chrom or not is_inside:
        raise OutOfBoundsError(
            f"window={window.text()} is no part of {whole.text()}.", interval=window
        )
    if whole.strand == "-":
        return whole.end - window.end, whole.end - window.start
    return window.start - whole.start, window.end - whole.start


def _place(one: Contributions, first: int, stop: int) -> tuple[Interval | None, NDArray[np.int64]]:
    if one.intervals is None:
        return None, np.arange(first, stop, dtype=np.int64)
    whole = one.intervals[0]
    if whole.strand == "-":
        low, high = whole.end - stop, whole.end - first
        return Interval(whole.chrom, low, high, "-", whole.name), np.arange(high - 1, low - 1, -1)
    low, high = whole.start + first, whole.start + stop
    return Interval(whole.chrom, low, high, whole.strand, whole.name), np.arange(low, high)


def _row(title: str, part: Contributions, first: int, stop: int) -> LogoRow:
    heights = part.project().values[0, :, first:stop].astype(np.float64)
    n_bad = int((~np.isfinite(heights)).any(axis=0).sum())
    caption = f"{counted(n_bad, 'base')} not finite, not drawn" if n_bad else ""
    delta, is_far = _delta(part)
    return LogoRow(plain(title, 72), caption, heights, delta, is_far)


def _delta(part: Contributions) -> tuple[str, bool]:
    """How far the sum over the whole example is from the change it explains."""
    if part.delta is None or not part.delta.size:
        return "", False
    delta = np.abs(np.asarray(part.delta, np.float64).ravel())
    if part.change is None:
        return f"delta {number(float(delta.max()))}", bool(delta.max() > DELTA_GATE)
    change = np.abs(np.asarray(part.change, np.float64).ravel())
    is_far = bool((delta > DELTA_GATE * np.maximum(1.0, change)).any())
    if (change == 0).any():
        return f"delta {number(float(delta.max()))}", is_far
    share = 100 * float((delta / change).max())
    text = "< 0.1" if share < 0.1 else f"{share:.1f}" if share < 10 else f"{share:,.0f}"
    return f"delta {text} % of the change", is_far
