"""The fields of `Contributions`: what must agree, and arrays of a file that are read late."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import NoneType
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.attribution.contribution_views import IDS, PAIRS, WIDE, axis_of
from locuscope.attribution.files.fields import KINDS
from locuscope.attribution.files.stored_rows import StoredRows
from locuscope.errors import ShapeError
from locuscope.genome.choices import check_choice
from locuscope.genome.sequence import check_one_hot

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from locuscope.genome.interval import Interval
    from locuscope.tracks.track_table import TrackTable


@dataclass(frozen=True, eq=False, repr=False)
class ContributionFields:
    """The fields of `Contributions`, which describes them: checked at birth, read when asked for.

    Raises:
        ShapeError: parts that do not belong together.
        InputError: sequences that are not one-hot.
    """

    values: NDArray[Any]
    sequences: NDArray[Any]
    kind: str = "hypothetical"
    intervals: tuple[Interval, ...] | None = None
    method: str = ""
    target: str = ""
    delta: NDArray[Any] | None = None
    change: NDArray[Any] | None = None
    # A factory leaves no attribute on the class, which would hide one that is read later.
    var: NDArray[Any] | None = field(default_factory=NoneType)
    members: NDArray[Any] | None = field(default_factory=NoneType)
    tracks: tuple[str, ...] | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    track_table: TrackTable | None = None
    peak_ids: NDArray[Any] | None = None
    chrom_ids: NDArray[Any] | None = None

    def __post_init__(self) -> None:
        """Refuse parts that do not belong together; freeze and narrow the numbers."""
        check_choice("kind", self.kind, KINDS)
        given = {name: getattr(self, name) for name in WIDE}
        stored = {name: value for name, value in given.items() if isinstance(value, StoredRows)}
        # Bare attributes: fields of the class would be copied by `replace`.
        object.__setattr__(self, "_stored", stored)
        shape = np.shape(self.sequences) if "sequences" not in stored else self.sequences.shape
        if len(shape) != 3:
            raise ShapeError(
                f"sequences have shape {shape}; one-hot (N, 4, L) is needed.",
                found=shape,
                expected=("N", 4, "L"),
            )
        object.__setattr__(self, "_shape", tuple(shape))
        for name in ("sequences", "values", "var", "members"):
            if name in stored:
                object.__delattr__(self, name)
                self._check_shape(name, stored[name])
            elif given[name] is not None:
                self._settle(name, given[name])
        ndim = stored["values"].ndim if "values" in stored else self.values.ndim
        n_tracks = (stored.get("values") or self.values).shape[0] if ndim == 4 else None
        if n_tracks != (None if self.tracks is None else len(self.tracks)):
            raise ShapeError(
                f"values have {ndim} axes, {n_tracks} tracks, for the tracks {self.tracks}.",
                found=n_tracks,
                expected=("T", "N", 4, "L"),
            )
        self._check_rows()

    def _settle(self, name: str, given: Any) -> NDArray[Any]:
        """Check and narrow one array, and keep it."""
        if name == "sequences":
            array: NDArray[Any] = np.ascontiguousarray(given)
            check_one_hot(array, where="sequences")
            array = array.astype(np.uint8)
        else:
            array = np.ascontiguousarray(given, np.float32)
            self._check_shape(name, array)
        object.__setattr__(self, name, array)
        return array

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Read an array of a file when it is asked for."""
            stored = self.__dict__.get("_stored", {}).get(name)
            if stored is None:
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            return self._settle(name, stored.all())

    def _check_shape(self, name: str, array: NDArray[Any] | StoredRows) -> None:
        least = 4 if name == "members" else 3
        if array.ndim not in (least, least + 1) or array.shape[-3:] != self.shape:
            raise ShapeError(
                f"{name} have shape {array.shape} for sequences of {self.shape}; the two "
                "must agree.",
                found=array.shape,
                expected=self.shape,
            )

    def _check_rows(self) -> None:
        """Refuse places, deltas and numbers that are not one per example."""
        for name in (*PAIRS, *IDS):
            value = getattr(self, name)
            if value is not None and np.shape(value)[axis_of(name)] != len(self):
                raise ShapeError(
                    f"{name} has shape {np.shape(value)} for {len(self)} examples.",
                    found=np.shape(value),
                    expected=len(self),
                )
        for name in IDS:
            value = getattr(self, name)
            # an empty list has no whole numbers, and needs none
            is_whole = value is None or not np.size(value) or np.asarray(value).dtype.kind in "iu"
            if value is not None and (np.ndim(value) != 1 or not is_whole):
                raise ShapeError(
                    f"{name} are {np.asarray(value).dtype} of shape {np.shape(value)}; a whole "
                    "number for each example is needed.",
                    found=np.shape(value),
                    expected=(len(self),),
                )
        if self.intervals is None:
            return
        object.__setattr__(self, "intervals", tuple(self.intervals))
        widths = {place.width for place in self.intervals}
        expected = (len(self), self.shape[2])
        if len(self.intervals) != expected[0] or widths - {expected[1]}:
            raise ShapeError(
                f"{len(self.intervals)} places of {sorted(widths)} bases for {expected[0]} "
                f"examples of {expected[1]:,}.",
                found=sorted(widths),
                expected=expected,
            )

    @property
    def shape(self) -> tuple[int, int, int]:
        """(N, A, L), without reading anything."""
        found: tuple[int, int, int] = self.__dict__["_shape"]
        return found

    def __len__(self) -> int:
        return self.shape[0]

    def __repr__(self) -> str:
        tracks = "" if self.tracks is None else f", {len(self.tracks)} tracks"
        # Values that are still in a file are not read for this.
        n_bad = self.n_nonfinite if "values" in self.__dict__ else 0
        bad = f", {n_bad:,} not finite" if n_bad else ""
        far = ""
        if self.delta is not None and self.delta.size:
            far = f", delta {np.abs(self.delta).max():.2g}"
        shape = "x".join(map(str, self.shape))
        return f"Contributions({shape}, {self.kind}, {self.method or 'given'}{tracks}{far}{bad})"

    @property
    def n_nonfinite(self) -> int:
        """Number of values that are NaN or Inf."""
        return int((~np.isfinite(self.values)).sum())

    def unread(self, name: str) -> StoredRows | None:
        """The array of a file that was not read yet; None where it is here, or there is none."""
        stored: dict[str, StoredRows] = self.__dict__["_stored"]
        return None if name in self.__dict__ else stored.get(name)
