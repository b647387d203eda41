"""From a key or another table to rows: places, masks and names, and matching of two lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from locuscope.errors import (
    OutOfBoundsError,
    ShapeError,
    TrackMismatchError,
    UnknownNameError,
    WrongTypeError,
    did_you_mean,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from locuscope.tracks.track_table import TrackTable


def track_rows(table: TrackTable, key: object) -> NDArray[np.int64]:
    """Rows named by a place, slice, list of places, bool mask or track name.

    Raises:
        UnknownNameError: no track of that name.
        OutOfBoundsError: a place beyond the tracks.
        ShapeError: a mask of another length.
    """
    n_tracks = len(table)
    if isinstance(key, str):
        names = [str(name) for name in table.cells("track_name")]
        found = np.flatnonzero(np.array([name == key for name in names], np.bool_))
        if not found.size:
            message = f"No track is named {key[:80]!r}; {did_you_mean(key, names)}"
            raise UnknownNameError(message, name=key, known=names)
        return found
    if isinstance(key, slice):
        return np.arange(n_tracks, dtype=np.int64)[key]
    on_host = getattr(key, "cpu", None)
    places = np.asarray(key if on_host is None else on_host())
    if places.dtype == np.bool_:
        if places.shape != (n_tracks,):
            message = f"A mask of shape {places.shape} does not fit {n_tracks} tracks."
            raise ShapeError(message, found=places.shape, expected=(n_tracks,))
        return np.flatnonzero(places)
    if places.size and not np.issubdtype(places.dtype, np.integer):
        message = f"Tracks are chosen by place, slice, mask or name; got {key!r}."
        raise WrongTypeError(message, argument="key", found=type(key).__name__, expected="int")
    rows = places.astype(np.int64).reshape(-1)
    beyond = rows[(rows < -n_tracks) | (rows >= n_tracks)]
    if beyond.size:
        message = f"Track {int(beyond[0])} is outside the {n_tracks} tracks (0 to {n_tracks - 1})."
        raise OutOfBoundsError(message)
    return np.where(rows < 0, rows + n_tracks, rows)


def alignment_rows(ours: TrackTable, theirs: TrackTable) -> tuple[NDArray[np.int64], bool]:
    """Our row for each of their tracks, and whether every match is by identity."""
    exact = {print_: row for row, print_ in reversed(list(enumerate(ours.fingerprint.tolist())))}
    rows = [exact.get(print_) for print_ in theirs.fingerprint.tolist()]
    if all(row is not None for row in rows):
        return np.array(rows, np.int64), True
    by_name: dict[tuple[object, ...], list[int]] = {}
    for row, key in enumerate(_names(ours)):
        by_name.setdefault(key, []).append(row)
    seen: dict[tuple[object, ...], int] = {}
    picked = []
    for key in _names(theirs):
        nth = seen.get(key, 0)
        seen[key] = nth + 1
        candidates = by_name.get(key, [])
        if nth >= len(candidates):
            message = (
                f"Track {str(key[1])[:80]!r} (output {key[0]!r}, strand {key[2]}) of the other "
                f"side is not among the {len(ours)} tracks here."
            )
            raise TrackMismatchError(message, left=len(ours), right=key[1])
        picked.append(candidates[nth])
    return np.array(picked, np.int64), False


def _names(table: TrackTable) -> list[tuple[object, ...]]:
    return list(
        zip(*(table.cells(name) for name in ("output_name", "track_name", "strand")), strict=True)
    )
