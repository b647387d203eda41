"""`Contributions`: how much every base of every example adds to the number of a target."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.attribution.contribution_files import read_fields, save
from locuscope.attribution.gauge import project
from locuscope.errors import InputError, OptionError, OutOfBoundsError, ShapeError, WrongTypeError
from locuscope.genome.choices import check_choice
from locuscope.genome.interval import Interval, whole_number
from locuscope.genome.sequence import BASES, check_one_hot

if TYPE_CHECKING:
    from os import PathLike
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

KINDS = ("hypothetical", "projected")
_FLIPPED = {"+": "-", "-": "+", ".": "-"}


@dataclass(frozen=True, eq=False, repr=False)
class Contributions:
    """Contributions of bases.

    Args:
        values: float32 (N, A, L); (T, N, A, L) where every track was explained.
        sequences: one-hot uint8 (N, A, L), a zero column where the base is not known.
        kind: "hypothetical" (what each of the four bases would add) or "projected" (0 at bases
            that are not there).
        intervals: the place of each example; None for bare sequences. Strand "-" says that the
            bases run along the other strand.
        method: what they were computed with.
        target: what was explained, as text.
        delta: (N, R), sum of the contributions minus f(x) - f(reference); None without references.
        change: (N, R), f(x) - f(reference).
        var: like `values`, over the views of an ensemble, ddof 1.
        members: (views, ...), the values of every view, in the order of `Ensemble.order`.
        tracks: names along T.
        provenance: what changes a number.
        notes: what a reader should know.

    Raises:
        ShapeError: parts that do not belong together.
        InputError: sequences that are not one-hot.

    >>> one = np.eye(4, dtype=np.uint8)[None]
    >>> found = Contributions(np.ones((1, 4, 4)), one)
    >>> found.project().per_base().tolist()
    [[1.0, 1.0, 1.0, 1.0]]
    """

    values: NDArray[Any]
    sequences: NDArray[Any]
    kind: str = "hypothetical"
    intervals: tuple[Interval, ...] | None = None
    method: str = ""
    target: str = ""
    delta: NDArray[Any] | None = None
    change: NDArray[Any] | None = None
    var: NDArray[Any] | None = None
    members: NDArray[Any] | None = None
    tracks: tuple[str, ...] | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse parts that do not belong together; freeze and narrow the numbers."""
        check_choice("kind", self.kind, KINDS)
        sequences = np.ascontiguousarray(self.sequences)
        if sequences.ndim != 3:
            raise ShapeError(
                f"sequences have shape {sequences.shape}; one-hot (N, 4, L) is needed.",
                found=sequences.shape,
                expected=("N", 4, "L"),
            )
        check_one_hot(sequences, where="sequences")
        object.__setattr__(self, "sequences", sequences.astype(np.uint8))
        for name in ("values", "var", "members"):
            given = getattr(self, name)
            if given is not None:
                array = np.ascontiguousarray(given, np.float32)
                self._check_shape(name, array)
                object.__setattr__(self, name, array)
        n_tracks = self.values.shape[0] if self.values.ndim == 4 else None
        if n_tracks != (None if self.tracks is None else len(self.tracks)):
            raise ShapeError(
                f"values have shape {self.values.shape} for the tracks {self.tracks}.",
                found=self.values.shape,
                expected=("T", "N", 4, "L"),
            )
        if self.intervals is not None:
            object.__setattr__(self, "intervals", tuple(self.intervals))
            self._check_intervals()

    def _check_shape(self, name: str, array: NDArray[Any]) -> None:
        least = 4 if name == "members" else 3
        if array.ndim not in (least, least + 1) or array.shape[-3:] != self.sequences.shape:
            raise ShapeError(
                f"{name} have shape {array.shape} for sequences of {self.sequences.shape}; the two "
                "must agree.",
                found=array.shape,
                expected=self.sequences.shape,
            )

    def _check_intervals(self) -> None:
        widths = {place.width for place in self.intervals or ()}
        expected = (len(self), self.sequences.shape[2])
        if len(self.intervals or ()) != expected[0] or widths - {expected[1]}:
            raise ShapeError(
                f"{len(self.intervals or ())} places of {sorted(widths)} bases for {expected[0]} "
                f"examples of {expected[1]:,}.",
                found=sorted(widths),
                expected=expected,
            )

    def __len__(self) -> int:
        return len(self.sequences)

    def __repr__(self) -> str:
        tracks = "" if self.tracks is None else f", {len(self.tracks)} tracks"
        n_bad = self.n_nonfinite
        bad = f", {n_bad:,} not finite" if n_bad else ""
        far = ""
        if self.delta is not None and self.delta.size:
            far = f", delta {np.abs(self.delta).max():.2g}"
        shape = "x".join(map(str, self.sequences.shape))
        return f"Contributions({shape}, {self.kind}, {self.method or 'given'}{tracks}{far}{bad})"

    @property
    def n_nonfinite(self) -> int:
        """Number of values that are NaN or Inf."""
        return int((~np.isfinite(self.values)).sum())

    @property
    def unknown(self) -> NDArray[np.int64]:
        """(example, position) of every base that is not known, int64 (K, 2)."""
        return np.argwhere(~self.sequences.any(axis=1))

    @property
    def relative_delta(self) -> NDArray[Any] | None:
        """(N, R), delta over abs(f(x) - f(reference)); NaN where nothing changes."""
        if self.delta is None or self.change is None:
            return None
        size = np.abs(self.change)
        ratio: NDArray[Any] = np.divide(
            self.delta, size, out=np.full_like(self.delta, np.nan), where=size > 0
        )
        return ratio

    def project(self) -> Contributions:
        """Keep the bases that are there, 0 elsewhere; twice is once."""
        if self.kind == "projected":
            return self
        changed: dict[str, Any] = {"values": project(self.values, self.sequences)}
        for name in ("var", "members"):
            value = getattr(self, name)
            if value is not None:
                changed[name] = project(value, self.sequences)
        return replace(self, kind="projected", **changed)

    def hypothetical(self) -> Contributions:
        """What each of the four bases would add.

        Raises:
            InputError: only the bases that are there were kept.
        """
        if self.kind == "projected":
            raise InputError(
                f"{self!r} holds the bases that are there only; compute it again with "
                "hypothetical=True."
            )
        return self

    def per_base(self) -> NDArray[Any]:
        """Contribution of each base that is there: (N, L), or (T, N, L)."""
        found: NDArray[Any] = np.sum(self.project().values, axis=-2)
        return found

    def reverse_complement(self) -> Contributions:
        """The other strand, read in its own direction; places change their strand."""
        changed: dict[str, Any] = {
            name: getattr(self, name)[..., ::-1, ::-1]
            for name in ("values", "sequences", "var", "members")
            if getattr(self, name) is not None
        }
        if self.intervals is not None:
            changed["intervals"] = tuple(
                replace(place, strand=_FLIPPED[place.strand]) for place in self.intervals
            )
        return replace(self, **changed)

    def crop(self, to: int | Interval | Iterable[Interval]) -> Contributions:
        """Keep a part of every example.

        Args:
            to: bases around the centre, or the place (or places, one per example) to keep.

        Raises:
            OutOfBoundsError: a place that leaves its window, or more bases than there are.
            InputError: a place where the examples have none.
        """
        starts, width = self._cut(to)
        position = np.array(starts)[:, None] + np.arange(width)
        changed: dict[str, Any] = {
            name: np.take_along_axis(
                getattr(self, name),
                np.broadcast_to(
                    position[:, None], (*getattr(self, name).shape[:-3], len(self), 4, width)
                ),
                axis=-1,
            )
            for name in ("values", "sequences", "var", "members")
            if getattr(self, name) is not None
        }
        if self.intervals is not None:
            rest = self.sequences.shape[2] - width
            left = [
                place.start + (rest - start if place.strand == "-" else start)
                for place, start in zip(self.intervals, starts, strict=True)
            ]
            changed["intervals"] = tuple(
                replace(place, start=first, end=first + width)
                for place, first in zip(self.intervals, left, strict=True)
            )
        return replace(self, **changed)

    def _cut(self, to: int | Interval | Iterable[Interval]) -> tuple[list[int], int]:
        length = self.sequences.shape[2]
        if isinstance(to, Interval) or (isinstance(to, Iterable) and not isinstance(to, str)):
            places = [to] * len(self) if isinstance(to, Interval) else list(to)
            if self.intervals is None or len(places) != len(self):
                raise InputError(
                    f"crop got {len(places)} places for {len(self)} examples, which have "
                    f"{'no' if self.intervals is None else 'their'} places on a genome."
                )
            pairs = list(zip(places, self.intervals, strict=True))
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
        return [(length - width) // 2] * len(self), width

    def track(self, which: int | str) -> Contributions:
        """One track, by place or name.

        Raises:
            OptionError: no such track, or nothing but one.
        """
        names = self.tracks or ()
        place = names.index(which) if isinstance(which, str) and which in names else which
        if not isinstance(place, int) or not 0 <= place < len(names):
            raise OptionError(
                f"no track {which!r}; there are {len(names)}: {', '.join(names[:5])}.",
                option="track",
                value=which,
                allowed=names,
            )
        changed: dict[str, Any] = {"values": self.values[place], "tracks": None}
        changed["target"] = f"{self.target} {names[place]}".strip()
        for name, axis in (("var", 0), ("members", 1)):
            value = getattr(self, name)
            if value is not None:
                changed[name] = np.take(value, place, axis=axis)
        return replace(self, **changed)

    def __getitem__(self, which: int | slice | Sequence[int] | NDArray[Any]) -> Contributions:
        """Some examples; a whole number gives one of them."""
        if isinstance(which, str | float):
            raise WrongTypeError(
                f"{which!r} is no example; use a whole number, a slice or a list of them.",
                argument="which",
                found=type(which).__name__,
                expected="int, slice or list",
            )
        rows = np.arange(len(self))[which]
        rows = np.atleast_1d(rows)
        changed: dict[str, Any] = {
            name: np.take(getattr(self, name), rows, axis=-3)
            for name in ("values", "sequences", "var", "members")
            if getattr(self, name) is not None
        }
        for name in ("delta", "change"):
            if getattr(self, name) is not None:
                changed[name] = getattr(self, name)[rows]
        if self.intervals is not None:
            changed["intervals"] = tuple(self.intervals[row] for row in rows)
        return replace(self, **changed)

    def to_dataframe(self) -> pd.DataFrame:
        """One row per base that is there: example, chrom, pos (1-based), base, value.

        Without places chrom is missing and positions count from the start of the example.

        Raises:
            OptionError: several tracks; choose one with `track`.
        """
        import pandas as pd

        if self.tracks is not None:
            raise OptionError(
                f"{len(self.tracks)} tracks have no one value per base; choose track(name).",
                option="tracks",
                value=self.tracks,
            )
        n, _, length = self.sequences.shape
        letters = np.array([*BASES, "N"])
        index = np.where(self.sequences.any(axis=1), self.sequences.argmax(axis=1), 4)
        places = self.intervals or ()
        position = np.tile(np.arange(1, length + 1), (n, 1))
        for row, place in zip(position, places, strict=False):
            row[:] = (row[::-1] if place.strand == "-" else row) + place.start
        chroms = [place.chrom for place in places]
        return pd.DataFrame(
            {
                "example": np.repeat(np.arange(n), length),
                "chrom": np.repeat(chroms, length) if chroms else None,
                "pos": position.ravel(),
                "base": letters[index].ravel(),
                "value": self.per_base().ravel(),
            }
        )

    def save(
        self, path: str | PathLike[str], *, dtype: str = "float32", overlap: str = "error"
    ) -> Path:
        """Write a file; it appears whole or not at all.

        Args:
            path: .npz (all that hit calling reads), .h5, .tsv or .tsv.gz (one row per example), or
                .bedgraph (one line per base that is there, sorted; needs places).
            dtype: of the values in .npz, "float32" or "float16".
            overlap: in .bedgraph, of bases that several examples hold: "error", "mean", "first".

        Raises:
            OptionError: another suffix, several tracks, or an option of another file.
            NonFiniteError: values beyond what float16 holds.
            InputError: bedGraph without places, or with bases that occur twice.
        """
        return save(self, path, dtype=dtype, overlap=overlap)

    @classmethod
    def open(cls, path: str | PathLike[str]) -> Contributions:
        """Read what `save` wrote as .npz or .h5.

        Raises:
            MissingFileError: no such file.
            FormatError: another layout, a file that ends early, arrays that would run code.
            ShapeError, InputError: sequences that are not one-hot, or transposed.
        """
        return cls(**read_fields(path))
