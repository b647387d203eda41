"""`Contributions`: how much every base of every example adds to the number of a target."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.attribution.contribution_fields import ContributionFields
from locuscope.attribution.contribution_files import read_fields, save
from locuscope.attribution.contribution_views import (
    IDS,
    PAIRS,
    WIDE,
    axis_of,
    base_table,
    chosen_tracks,
    crop_starts,
    joined_fields,
    members_mean,
)
from locuscope.attribution.gauge import project
from locuscope.errors import InputError, OptionError, WrongTypeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from os import PathLike
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from locuscope.genome.interval import Interval
    from locuscope.genome.reference import Genome
    from locuscope.plots.still_figure import StillFigure

_FLIPPED = {"+": "-", "-": "+", ".": "-"}


@dataclass(frozen=True, eq=False, repr=False)
class Contributions(ContributionFields):
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
        delta: (N, R), or (T, N, R), sum of the contributions minus f(x) - f(reference); None
            without references.
        change: same, f(x) - f(reference).
        var: like `values`, over the views of an ensemble, ddof 1.
        members: (views, ...), the values of every view, in the order of `Ensemble.order`.
        tracks: names along T.
        provenance: what changes a number.
        notes: what a reader should know.
        track_table: what the tracks mean; None = only their names are known.
        peak_ids: (N,), the number of each region in the file it comes from.
        chrom_ids: (N,), the number of its contig there.

    Values and bases of an opened .h5 or .zarr are read when they are asked for; `[i]` reads the
    examples that it gives.

    Raises:
        ShapeError: parts that do not belong together.
        InputError: sequences that are not one-hot.

    >>> one = np.eye(4, dtype=np.uint8)[None]
    >>> found = Contributions(np.ones((1, 4, 4)), one)
    >>> found.project().per_base().tolist()
    [[1.0, 1.0, 1.0, 1.0]]
    """

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
        starts, width = crop_starts(self, to)
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
            rest = self.shape[2] - width
            left = [
                place.start + (rest - start if place.strand == "-" else start)
                for place, start in zip(self.intervals, starts, strict=True)
            ]
            changed["intervals"] = tuple(
                replace(place, start=first, end=first + width)
                for place, first in zip(self.intervals, left, strict=True)
            )
        return replace(self, **changed)

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
        changed: dict[str, Any] = {"tracks": None, "track_table": None}
        changed["target"] = f"{self.target} {names[place]}".strip()
        return replace(self, **changed, **self._of_tracks(place))

    def select(self, **criteria: object) -> Contributions:
        """The tracks that fulfil all criteria.

        Args:
            criteria: `field=value` (equal), a collection (any of), None (missing). Results of a
                file know `track_name` and, from .h5, what else was kept.

        Raises:
            OptionError: nothing but one track.
            NoTracksError: none is left.
            UnknownTrackFieldError: a field that the tracks do not have.
        """
        rows = chosen_tracks(self, criteria)
        names = self.tracks or ()
        table = None if self.track_table is None else self.track_table.take(rows)
        changed: dict[str, Any] = {"tracks": tuple(names[row] for row in rows)}
        return replace(self, **changed, track_table=table, **self._of_tracks(rows))

    def _of_tracks(self, which: Any) -> dict[str, Any]:
        """The arrays that have one track, or some."""
        axes = {"values": 0, "var": 0, "members": 1}
        axes |= {name: 0 for name in PAIRS if np.ndim(getattr(self, name)) == 3}
        return {
            name: np.take(value, which, axis=axis)
            for name, axis in axes.items()
            if (value := getattr(self, name)) is not None
        }

    def mean_over(self, members: Sequence[int] | None = None) -> Contributions:
        """Average some of the views again.

        Args:
            members: numbers of views, in the order of `Ensemble.order`; None = all.

        Returns:
            With the variance over those views, where they are several. `delta` is kept only when
            all views are.

        Raises:
            InputError: the views were not kept (`return_all=True` keeps them).
            OutOfBoundsError: a view that there is not.
        """
        return replace(self, **members_mean(self, members))

    def __getitem__(self, which: int | slice | Sequence[int] | NDArray[Any]) -> Contributions:
        """Some examples; a whole number gives one of them."""
        if isinstance(which, str | float):
            raise WrongTypeError(
                f"{which!r} is no example; use a whole number, a slice or a list of them.",
                argument="which",
                found=type(which).__name__,
                expected="int, slice or list",
            )
        rows = np.atleast_1d(np.arange(len(self))[which])
        changed: dict[str, Any] = {}
        for name in (*WIDE, *PAIRS, *IDS):
            stored = self.unread(name)
            if stored is not None:
                changed[name] = stored.rows(rows)
            elif getattr(self, name) is not None:
                changed[name] = np.take(getattr(self, name), rows, axis=axis_of(name))
        if self.intervals is not None:
            changed["intervals"] = tuple(self.intervals[row] for row in rows)
        return replace(self, **changed)

    @classmethod
    def concat(cls, parts: Sequence[Contributions]) -> Contributions:
        """Put the examples of several results of one call one after the other.

        Raises:
            EmptySelectionError: no part.
            ShapeError: parts of different lengths, kinds, tracks or fields.
        """
        return cls(**joined_fields(parts))

    def to_dataframe(self) -> pd.DataFrame:
        """One row per base that is there: example, chrom, pos (1-based), base, value.

        Without places chrom is missing and positions count from the start of the example.

        Raises:
            OptionError: several tracks; choose one with `track`.
        """
        return base_table(self)

    def save(
        self,
        path: str | PathLike[str],
        *,
        dtype: str = "float32",
        overlap: str = "error",
        compat: str | None = None,
        lengths: Mapping[str, int] | Genome | None = None,
    ) -> Path:
        """Write a file; it appears whole or not at all.

        Args:
            path: .npz (all that hit calling reads), .zarr, .h5 or .hdf5, .tsv or .tsv.gz (one row
                per example), .bedgraph or .bw (one value per base that is there; needs places),
                .bed (one line per example with the sum of its contributions; needs places).
            dtype: of the values in .npz, "float32" or "float16".
            overlap: in .bedgraph and .bw, of bases that several examples hold: "error", "mean",
                "first".
            compat: of .h5: None, or the layout of another tool: "kipoi", "chrombpnet", "bpnet".
            lengths: of .bw: contig -> bases, or a genome that knows them.

        Raises:
            OptionError: another suffix, several tracks outside .h5, or an option of another file.
            NonFiniteError: values beyond what float16 holds; Inf in .bedgraph and .bw.
            InputError: no places where they are needed, or bases that occur twice.
        """
        return save(self, path, dtype=dtype, overlap=overlap, compat=compat, lengths=lengths)

    @classmethod
    def open(
        cls,
        path: str | PathLike[str],
        *,
        genome: Genome | None = None,
        sequences: object | None = None,
    ) -> Contributions:
        """Read .npz, .zarr, .h5 or .tsv; the content says what a file is.

        Args:
            path: what `save` wrote, or another tool in one of those layouts.
            genome: of .tsv, which holds no bases: where those at its places come from.
            sequences: of .tsv: the bases, one-hot (N, A, L) or texts.

        Raises:
            MissingFileError: no such file.
            FormatError: another layout, a file that ends early, arrays that would run code.
            CorruptStoreError: a chunk that is missing or damaged.
            ShapeError: sequences that are not one-hot, transposed, or do not fit.
            OptionError: a table without bases.
        """
        return cls(**read_fields(path, genome=genome, sequences=sequences))

    def plot(self, i: int = 0, **options: Any) -> StillFigure:
        """Draw example `i` as letters over its place.

        Args:
            i: number of the example.
            options: of `locuscope.plots.contributions.plot_contributions`.
        """
        from locuscope.plots.contributions import plot_contributions

        return plot_contributions(self, i, **options)
