"""The measured tracks of a test set: what they are called, and which of them are read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from locuscope.errors import (
    EmptySelectionError,
    FormatError,
    OptionError,
    ShapeError,
    UnknownNameError,
    closest,
    did_you_mean,
    shown_path,
)
from locuscope.genome.interval import whole_number

if TYPE_CHECKING:
    from pathlib import Path

TargetChoice: TypeAlias = Sequence[int] | Sequence[str] | Sequence[bool] | NDArray[Any] | str | int
TARGETS = "targets.txt"


@dataclass(frozen=True)
class TargetTracks:
    """Names of the tracks of a test set, as far as it gives them; empty where it does not.

    Args:
        ids: identifier of each.
        labels: description of each.
        strands: "+", "-" or "." of each.
    """

    ids: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    strands: tuple[str, ...] = ()

    def take(self, rows: NDArray[np.int64]) -> TargetTracks:
        """Some tracks, in the order given."""
        parts = (self.ids, self.labels, self.strands)
        return TargetTracks(*(tuple(part[k] for k in rows) if part else () for part in parts))

    def rows(self, tracks: TargetChoice | None, n_tracks: int) -> NDArray[np.int64]:
        """Give the columns that a choice means, in its order.

        Args:
            tracks: identifiers, places (negative ones count from the end) or a mask; None = all.
            n_tracks: tracks of the set.

        Raises:
            UnknownNameError: no track of that identifier; with the closest ones.
            OptionError: a place outside the set, or one twice.
            ShapeError: a mask of another length.
            EmptySelectionError: nothing chosen.
        """
        if tracks is None:
            return np.arange(n_tracks)
        is_one = isinstance(tracks, str) or not isinstance(tracks, Iterable)
        listed: list[Any] = [tracks] if is_one else list(tracks)  # type: ignore[arg-type]
        if not listed:
            raise EmptySelectionError("tracks is empty; None means all.", available=n_tracks)
        if all(isinstance(item, bool | np.bool_) for item in listed):
            listed = _marked(listed, n_tracks)
        found = [self._place(item, n_tracks) for item in listed]
        if len(set(found)) < len(found):
            raise OptionError("a track is chosen twice.", option="tracks", value=listed)
        return np.array(found, np.int64)

    def _place(self, item: object, n_tracks: int) -> int:
        if isinstance(item, str):
            if item not in self.ids:
                told = did_you_mean(item, self.ids) if self.ids else "the set gives no names."
                raise UnknownNameError(
                    f"no track {item!r} in the test set; {told}",
                    name=item,
                    known=self.ids,
                    closest=closest(item, self.ids),
                )
            return self.ids.index(item)
        place = whole_number(item, "tracks")
        if not -n_tracks <= place < n_tracks:
            raise OptionError(
                f"track {place} of the test set is asked for; it has {n_tracks} (0 to "
                f"{n_tracks - 1}).",
                option="tracks",
                value=place,
                allowed=range(n_tracks),
            )
        return place % n_tracks


def read_targets(folder: Path, n_tracks: int) -> TargetTracks:
    """Read the `targets.txt` of a folder or of the one above it; no names where there is none.

    Raises:
        FormatError: another number of rows than tracks, or no column `identifier`.
    """
    places = (folder / TARGETS, folder.parent / TARGETS)
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        return TargetTracks()
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        message = f"{shown_path(path)} is no UTF-8 text: byte {error.start} is not."
        raise FormatError(message, path=path) from error
    rows = [line.split("\t") for line in lines if line]
    header = rows[0] if rows else []
    if "identifier" not in header or len(rows) - 1 != n_tracks:
        raise FormatError(
            f"{shown_path(path)} has {max(0, len(rows) - 1)} rows and the columns "
            f"{', '.join(header) or 'none'}; expected {n_tracks} rows and a column identifier.",
            path=path,
        )
    short = next((n for n, row in enumerate(rows, 1) if len(row) != len(header)), None)
    if short is not None:
        message = f"{shown_path(path)}:{short}: expected {len(header)} columns."
        raise FormatError(message, path=path, line=short)

    def column(name: str) -> tuple[str, ...]:
        place = header.index(name) if name in header else None
        return () if place is None else tuple(row[place] for row in rows[1:])

    return TargetTracks(column("identifier"), column("description"), column("strand"))


def _marked(mask: list[bool], n_tracks: int) -> list[int]:
    if len(mask) != n_tracks:
        raise ShapeError(
            f"tracks is a mask of {len(mask)}; the test set has {n_tracks} tracks.",
            found=len(mask),
            expected=n_tracks,
        )
    places = [place for place, flag in enumerate(mask) if flag]
    if not places:
        raise EmptySelectionError("tracks is a mask of False alone.", available=n_tracks)
    return places
