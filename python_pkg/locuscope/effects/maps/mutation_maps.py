"""`MutationMap`: the score of every single-base change of an interval, one layer per score."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Unpack

import numpy as np

from locuscope._closest import counted
from locuscope.effects.maps.letter_heights import letter_heights
from locuscope.effects.maps.map_layers import Layers
from locuscope.effects.maps.map_tables import cell_table, variant_scores, write_parquet
from locuscope.effects.maps.mutation_map_file import open_maps, write_maps
from locuscope.errors import (
    EmptySelectionError,
    InputError,
    OptionError,
    OutOfBoundsError,
    ShapeError,
    UnknownNameError,
    WrongTypeError,
    did_you_mean,
    examples,
)
from locuscope.genome.interval import Interval, whole_number
from locuscope.genome.sequence import BASES, reverse_complement
from locuscope.tracks.criteria import plan_criteria

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike
    from pathlib import Path

    import pandas as pd
    import polars as pl
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from locuscope.effects.maps.stored_maps import MapFields
    from locuscope.effects.variant_scores import VariantScores
    from locuscope.genome.variant import Variant
    from locuscope.plots.mutation_map import MapPlotOptions
    from locuscope.tracks.track_table import TrackTable

VALUE_SCORES = ("ref", "alt", "logit_ref", "logit_alt")
"""Scores whose reference cell holds the reference's own value; elsewhere it holds 0."""

LAYER_KINDS = ("difference", "value")
_FLIPPED = {"+": "-", "-": "+", ".": "."}


@dataclass(frozen=True, eq=False, repr=False)
class MutationMap:
    """Scores of all single-base changes of an interval.

    Args:
        layers: score -> float32 (L, A, T), rows A C G T; read when asked for where the map was
            opened from a file. In a difference layer the reference cell holds 0, in a value layer
            the reference's own value. Where the reference base is unknown all four rows hold NaN
            (unless the map was made with n_policy="fill").
        interval: the L bases that were changed.
        reference: their letters, A C G T or N, in the direction of the columns.
        tracks: what the T columns mean.
        score: the active layer; "" = the first.
        kinds: score -> "difference" or "value".
        annotations: variants drawn on the map.
        input_name: the input of the model that was changed.
        window_start: first base of the (first) window that the model read, 0-based.
        is_reverse: column 0 is the last base of the interval and every letter is complemented.
        provenance: everything that changed a number, as plain values.

    Raises:
        ShapeError: layers, reference, interval and tracks that do not fit each other.
        UnknownNameError: an active layer that is not there.

    >>> from locuscope.tracks.track_table import TrackTable
    >>> layers = {"diff": [[[0.0], [1.0], [2.0], [3.0]], [[1.0], [0.0], [2.0], [3.0]]]}
    >>> tracks = TrackTable.placeholders("atac", 0, 1)
    >>> MutationMap(layers, Interval("20", 4, 6), "AC", tracks)[0:1].scores.shape
    (1, 4, 1)
    """

    layers: Mapping[str, NDArray[np.float32]]
    interval: Interval
    reference: str
    tracks: TrackTable
    score: str = ""
    kinds: Mapping[str, str] = field(default_factory=dict)
    annotations: tuple[Variant, ...] = ()
    input_name: str = "sequence"
    window_start: int | None = None
    is_reverse: bool = False
    provenance: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse parts that do not fit each other."""
        layers = Layers.of(self.layers)
        expected = (self.interval.width, 4, len(self.tracks))
        if layers.shape != expected or len(self.reference) != expected[0]:
            raise ShapeError(
                f"a map of {self.interval.text()} with {len(self.tracks)} tracks has layers "
                f"{expected} and as many letters; found {layers.shape} and "
                f"{len(self.reference)} letters.",
                found=layers.shape,
                expected=expected,
            )
        if not set(self.reference) <= set("ACGTN"):
            raise InputError(f"reference holds letters outside ACGTN: {self.reference[:40]!r}.")
        kinds = {name: self.kinds.get(name) or _usual_kind(name) for name in layers}
        object.__setattr__(self, "layers", layers)
        object.__setattr__(self, "kinds", kinds)
        object.__setattr__(self, "annotations", tuple(self.annotations))
        active = self.score or next(iter(layers))
        if active not in layers:
            self._refuse_score(active)
        object.__setattr__(self, "score", active)

    @property
    def scores(self) -> NDArray[np.float32]:
        """The active layer, (L, A, T)."""
        return self.layers[self.score]

    @property
    def shape(self) -> tuple[int, int, int]:
        """(L, A, T); nothing is read."""
        return self._layers.shape

    @property
    def _layers(self) -> Layers:
        return Layers.of(self.layers)

    @property
    def positions(self) -> NDArray[np.int64]:
        """The 0-based position of each column on the genome, (L,)."""
        forward = np.arange(self.interval.start, self.interval.end, dtype=np.int64)
        return forward[::-1] if self.is_reverse else forward

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Track names, made unique with `_i` where one occurs twice."""
        names = [str(name) for name in self.tracks.cells("track_name")]
        counts = Counter(names)
        return tuple(name if counts[name] == 1 else f"{name}_{i}" for i, name in enumerate(names))

    def with_score(self, name: str) -> MutationMap:
        """Make another layer the active one.

        Raises:
            UnknownNameError: no such layer.
        """
        if name not in self.layers:
            self._refuse_score(name)
        return replace(self, score=name)

    def _refuse_score(self, name: object) -> None:
        raise UnknownNameError(
            f"no score {name!r} in this map; {did_you_mean(str(name), self.layers)} "
            f"It has {', '.join(self.layers)}.",
            name=name,
            known=tuple(self.layers),
        )

    def track_row(self, track: object = None) -> int:
        """Give the row of one track: a label, a track name that occurs once, a place, or None.

        None stands for the only track.

        Raises:
            OptionError: None although there are several.
            UnknownNameError, OutOfBoundsError: no such track.
        """
        if track is None:
            if len(self.labels) == 1:
                return 0
            raise OptionError(
                f"the map has {len(self.labels)} tracks: {examples(self.labels)}; say which, such "
                f"as track={self.labels[0]!r}.",
                option="track",
                value=None,
                allowed=self.labels[:5],
            )
        if isinstance(track, str):
            if track not in self.labels:
                raise UnknownNameError(
                    f"no track is named {track[:80]!r}; {did_you_mean(track, self.labels)}",
                    name=track,
                    known=self.labels,
                )
            return self.labels.index(track)
        row = whole_number(track, "track")
        if not -len(self.labels) <= row < len(self.labels):
            raise OutOfBoundsError(
                f"track {row} is outside the {len(self.labels)} tracks of this map."
            )
        return row % len(self.labels)

    def one_track(self, track: object = None) -> MutationMap:
        """Keep one track; `track` as in `track_row`."""
        row = np.array([self.track_row(track)], np.int64)
        return replace(self, layers=self._layers.take(row), tracks=self.tracks.take(row))

    def track_values(self, score: str | None = None, track: object = None) -> NDArray[np.float32]:
        """Give one track of a layer, (L, A), without reading the others.

        Args:
            score: the layer; None = the active one.
            track: as in `track_row`.
        """
        layer = self if score is None else self.with_score(score)
        return self._layers.track(layer.score, self.track_row(track))

    def __getitem__(self, columns: slice) -> MutationMap:
        """Give the columns [start:end], counted as they are shown; annotations outside are left.

        Raises:
            WrongTypeError: no slice, or one with a step.
            EmptySelectionError: no column is left.
        """
        if not isinstance(columns, slice) or columns.step not in (None, 1):
            raise WrongTypeError(
                f"a map is cut by a slice without a step, such as [10:20]; got {columns!r}.",
                argument="columns",
                found=type(columns).__name__,
                expected="slice",
            )
        bounds = (
            None if bound is None else whole_number(bound, "columns")
            for bound in (columns.start, columns.stop)
        )
        width = self.interval.width
        first, stop, _ = slice(*bounds).indices(width)
        if first >= stop:
            raise EmptySelectionError(
                f"the slice {columns!r} leaves none of {width} columns.", criteria=str(columns)
            )
        low, high = (width - stop, width - first) if self.is_reverse else (first, stop)
        start = self.interval.start
        place = replace(self.interval, start=start + low, end=start + high)
        return replace(
            self,
            layers=self._layers.cut(first, stop),
            interval=place,
            reference=self.reference[first:stop],
            annotations=tuple(v for v in self.annotations if overlaps(v, place)),
        )

    def select(self, **criteria: object) -> MutationMap:
        """Give the tracks that fulfil all criteria.

        Raises:
            NoTracksError: none does.
            UnknownTrackFieldError: a field that no track has.
        """
        plan = plan_criteria([self.tracks], criteria)
        rows = plan.rows(self.tracks)
        if not len(rows):
            raise plan.refusal([self.tracks], "of this mutation map")
        return replace(self, layers=self._layers.take(rows), tracks=self.tracks.take(rows))

    def reverse_complement(self) -> MutationMap:
        """Read the map from the other strand; twice is the identity.

        Columns and letters are reversed and complemented; the numbers, the tracks and the places
        of annotations on the genome stay what they are.
        """
        return replace(
            self,
            layers=self._layers.flip(),
            interval=self.interval.with_strand(_FLIPPED[self.interval.strand]),
            reference=reverse_complement(self.reference),
            is_reverse=not self.is_reverse,
        )

    def forward(self) -> MutationMap:
        """Give the map in the direction of the genome."""
        return self.reverse_complement() if self.is_reverse else self

    def letter_heights(
        self, kind: str = "mean_abs", *, minimum: float | None = None
    ) -> NDArray[np.float64]:
        """Give the height of each reference letter, (L, T), of the active layer.

        Formulas: `effects/maps/letter_heights.py`. NaN where the reference is unknown.

        Raises:
            OptionError: another kind than "mean_abs" and "signed", or a minimum outside 0..1.
        """
        return letter_heights(self.scores, kind, minimum=minimum)

    def to_polars(self) -> pl.DataFrame:
        """Give one row per cell: chrom, pos (1-based), ref, alt, score, track, value.

        Letters are those of the forward strand. Reference cells (`ref == alt`) are there too;
        columns with an unknown reference have `ref` N and null values.
        """
        return cell_table(self)

    def to_dataframe(self) -> pd.DataFrame:
        """Give the table of `to_polars` as pandas."""
        return self.to_polars().to_pandas()

    def to_variant_scores(self) -> VariantScores:
        """Give the single-base changes as rows: 3 per known base, by position and ALT."""
        return variant_scores([self])

    def to_parquet(self, path: str | PathLike[str]) -> Path:
        """Write the table of `to_polars`."""
        return write_parquet(self.to_polars(), path, self.provenance)

    def to_vcf(self, path: str | PathLike[str]) -> Path:
        """Write one VCF record per single-base change, scores in INFO (`.gz` = BGZF)."""
        return self.to_variant_scores().to_vcf(path)

    def to_hdf5(self, path: str | PathLike[str]) -> Path:
        """Write a file of one entry; `open` gives it back, number by number."""
        return write_maps(path, [{self.input_name: self}], provenance=self.provenance)

    @classmethod
    def open(
        cls, path: str | PathLike[str], *, entry: int = 0, input_name: str | None = None
    ) -> MutationMap:
        """Open one entry of a file, ours or of the published layout; values are read when used.

        Args:
            path: an HDF5 file.
            entry: place of the entry, from 0.
            input_name: the model input, where there are several; None = the first.

        Raises:
            FormatError: the file is no mutation map.
            CorruptStoreError: it is damaged, or holds pickled members, which are never read.
        """
        return cls.of_fields(open_maps(path).fields(entry, input_name))

    @classmethod
    def of_fields(cls, fields: MapFields) -> MutationMap:
        """Make a map of what a file gives."""
        as_stored = fields.copy()
        as_stored["is_reverse"] = False
        forward = cls(**as_stored)
        return forward.reverse_complement() if fields["is_reverse"] else forward

    def plot(self, **options: Unpack[MapPlotOptions]) -> Axes:
        """Draw the map: four rows under the reference letters.

        Options are those of `plots.mutation_map.plot`, by name.
        """
        from locuscope.plots.mutation_map import plot

        return plot(self, **options)

    def __repr__(self) -> str:
        strand = ", read from the other strand" if self.is_reverse else ""
        return (
            f"MutationMap({self.interval.text()}, {counted(self.interval.width, 'base')}, "
            f"{', '.join(self.layers)}; {counted(len(self.labels), 'track')}{strand})"
        )

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th>{escape(name)}</th><td>{escape(str(value)[:200])}</td></tr>"
            for name, value in (
                ("place", self.interval.text()),
                ("reference", self.reference),
                ("scores", ", ".join(f"{name} ({kind})" for name, kind in self.kinds.items())),
                ("tracks", ", ".join(self.labels[:10])),
                ("annotations", ", ".join(v.id or v.key for v in self.annotations[:10])),
            )
        )
        return f"<table><caption>{escape(repr(self))}</caption><tbody>{rows}</tbody></table>"


def overlaps(variant: Variant, place: Interval) -> bool:
    """Whether REF of a variant shares a base with a place; contig names are not compared."""
    first = variant.pos - 1
    return first < place.end and place.start < first + len(variant.ref)


def column_codes(reference: str) -> NDArray[np.int64]:
    """Row of each reference letter, 0-3; 4 for N."""
    return np.array([BASES.find(letter) % 5 for letter in reference], np.int64)


def _usual_kind(name: str) -> str:
    return "value" if name in VALUE_SCORES else "difference"
