"""Contributions looked at otherwise: cut, joined, averaged again, as a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.errors import (
    EmptySelectionError,
    InputError,
    OptionError,
    OutOfBoundsError,
    ShapeError,
)
from locuscope.genome.interval import Interval, whole_number
from locuscope.genome.sequence import BASES

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from locuscope.attribution.contribution_values import Contributions

WIDE = ("values", "sequences", "var", "members")
"""Fields with the axes (..., N, A, L)."""
PAIRS = ("delta", "change")
"""Fields with the axes (..., N, R)."""
IDS = ("peak_ids", "chrom_ids")
"""Fields with one number per example."""


def axis_of(name: str) -> int:
    """The axis of the examples of a field."""
    return {**dict.fromkeys(WIDE, -3), **dict.fromkeys(PAIRS, -2)}.get(name, 0)


def crop_starts(
    found: Contributions, to: int | Interval | Iterable[Interval]
) -> tuple[list[int], int]:
    """First base of the kept part of each example, and its width.

    Raises:
        OutOfBoundsError: a place that leaves its window, or more bases than there are.
        InputError: a place where the examples have none.
    """
    length = found.shape[2]
    if isinstance(to, Interval) or (isinstance(to, Iterable) and not isinstance(to, str)):
        places = [to] * len(found) if isinstance(to, Interval) else list(to)
        if found.intervals is None or len(places) != len(found):
            raise InputError(
                f"crop got {len(places)} places for {len(found)} examples, which have "
                f"{'no' if found.intervals is None else 'their'} places on a genome."
            )
        pairs = list(zip(places, found.intervals, strict=True))
        for place, window in pairs:
            inside = window.start <= place.start and place.end <= window.end
            if place.chrom != window.chrom or not inside or place.width != places[0].width:
                raise OutOfBoundsError(
                    f"{place.text()} is no part of {window.text()} of the width that the "
                    "others have.",
                    interval=place,
                )
        return [
            window.end - place.end if window.strand == "-" else place.start - window.start
            for place, window in pairs
        ], places[0].width
    width = whole_number(to, "crop")
    if not 1 <= width <= length:
        raise OutOfBoundsError(f"crop to {width:,} bases of windows of {length:,}.")
    return [(length - width) // 2] * len(found), width


def joined_fields(parts: Sequence[Contributions]) -> dict[str, Any]:
    """The fields of several results of one call, one after the other.

    Raises:
        EmptySelectionError: no part.
        ShapeError: parts of different lengths, kinds, tracks or fields.
    """
    if not parts:
        raise EmptySelectionError("there are no contributions to join.", available=0)
    first = parts[0]
    fields: dict[str, Any] = {
        name: getattr(first, name)
        for name in ("kind", "method", "target", "tracks", "track_table", "provenance")
    }
    for part in parts:
        if (part.kind, part.tracks, part.shape[1:]) != (first.kind, first.tracks, first.shape[1:]):
            raise ShapeError(
                f"{part!r} and {first!r} are no parts of one result: kind, tracks and length must "
                "agree.",
                found=part.shape,
                expected=first.shape,
            )
    fields["notes"] = tuple(dict.fromkeys(note for part in parts for note in part.notes))
    for name in (*WIDE, *PAIRS, *IDS, "intervals"):
        taken = [getattr(part, name) for part in parts]
        n_missing = sum(value is None for value in taken)
        if n_missing not in (0, len(parts)):
            raise ShapeError(
                f"{n_missing} of {len(parts)} parts have no {name}; all or none must have them.",
                found=n_missing,
                expected=0,
            )
        if n_missing:
            fields[name] = None
        elif name == "intervals":
            fields[name] = tuple(place for places in taken for place in places)
        else:
            fields[name] = np.concatenate(taken, axis=axis_of(name))
    return fields


def members_mean(found: Contributions, which: Sequence[int] | None) -> dict[str, Any]:
    """The fields that change when some of the views are averaged.

    Raises:
        InputError: the views were not kept.
        OutOfBoundsError: a view that there is not.
        OptionError: none, or one twice.
    """
    if found.members is None:
        raise InputError(f"{found!r} did not keep its views; compute it with return_all=True.")
    count = len(found.members)
    rows = list(range(count)) if which is None else [whole_number(at, "members") for at in which]
    outside = [row for row in rows if not 0 <= row < count]
    if outside:
        raise OutOfBoundsError(f"there are {count} views, from 0 on; got {outside[0]}.")
    if not rows or len(set(rows)) < len(rows):
        raise OptionError(
            f"members is {which!r}; at least one view, each once.", option="members", value=which
        )
    chosen = found.members[rows]
    changed: dict[str, Any] = {
        "values": chosen.mean(axis=0, dtype=np.float64),
        "var": chosen.var(axis=0, dtype=np.float64, ddof=1) if len(rows) > 1 else None,
        "members": chosen,
        "provenance": {**found.provenance, "views": rows},
    }
    if len(rows) < count:
        # What the sums missed was averaged over all views.
        changed |= {"delta": None, "change": None}
    return changed


def base_table(found: Contributions) -> pd.DataFrame:
    """One row per base: example, chrom, pos (1-based), base, value.

    Raises:
        OptionError: several tracks.
    """
    import pandas as pd

    if found.tracks is not None:
        raise OptionError(
            f"{len(found.tracks)} tracks have no one value per base; choose track(name).",
            option="tracks",
            value=found.tracks,
        )
    n, _, length = found.shape
    letters = np.array([*BASES, "N"])
    index = np.where(found.sequences.any(axis=1), found.sequences.argmax(axis=1), 4)
    places = found.intervals or ()
    position: NDArray[Any] = np.tile(np.arange(1, length + 1), (n, 1))
    for row, place in zip(position, places, strict=False):
        row[:] = (row[::-1] if place.strand == "-" else row) + place.start
    chroms = [place.chrom for place in places]
    return pd.DataFrame(
        {
            "example": np.repeat(np.arange(n), length),
            "chrom": np.repeat(chroms, length) if chroms else None,
            "pos": position.ravel(),
            "base": letters[index].ravel(),
            "value": found.per_base().ravel(),
        }
    )


def chosen_tracks(found: Contributions, criteria: dict[str, object]) -> NDArray[np.int64]:
    """Places of the tracks that fulfil all criteria; without a table only their names are known.

    Raises:
        OptionError: nothing but one track.
        NoTracksError: none is left.
        UnknownTrackFieldError: a field that the tracks do not have.
    """
    from locuscope.tracks.criteria import plan_criteria
    from locuscope.tracks.track_metadata import TrackMetadata
    from locuscope.tracks.track_table import TrackTable

    if found.tracks is None:
        raise OptionError(
            f"{found!r} holds one track; there is nothing to select.", option="tracks", value=None
        )
    table = found.track_table
    if table is None:
        named = [TrackMetadata(i, "", 0, name, {}) for i, name in enumerate(found.tracks)]
        table = TrackTable.from_tracks(named)
    plan = plan_criteria([table], criteria, None)
    rows: NDArray[np.int64] = plan.rows(table)
    if not rows.size:
        raise plan.refusal([table], f"among {len(found.tracks)} tracks")
    return rows
