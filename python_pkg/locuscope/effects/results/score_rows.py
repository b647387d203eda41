"""The rows of `VariantScores`: alleles with verdicts, matrices, and how both are cut together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Self

import numpy as np
import polars as pl

from locuscope._closest import counted
from locuscope.effects.results.score_card import NO_INDEX, unique_labels
from locuscope.effects.results.score_tables import ROW_IDS
from locuscope.errors import ShapeError, UnknownNameError, did_you_mean
from locuscope.genome.alleles import STATUSES
from locuscope.genome.choices import check_choice
from locuscope.genome.interval import whole_number
from locuscope.tracks.criteria import plan_criteria

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from locuscope.effects.results.score_tables import RowId
    from locuscope.genome.variant_table import VariantTable
    from locuscope.tracks.track_table import TrackTable


@dataclass(frozen=True, eq=False, repr=False)
class ScoreRows:
    """The fields of a `VariantScores`, which describes them, and the tables made of them.

    Raises:
        ShapeError: a matrix that does not fit the alleles or its columns.
    """

    variants: VariantTable
    scores: Mapping[str, NDArray[np.float32]]
    tracks: TrackTable
    parts: Mapping[str, pl.DataFrame]
    windows: pl.DataFrame
    own_columns: Mapping[str, tuple[str, ...]]
    provenance: Mapping[str, object]
    source: str | None = None
    spread: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse misaligned matrices at birth."""
        for name, values in [*self.scores.items(), *self.spread.items()]:
            expected = (len(self.variants), len(self.labels(name)))
            if values.shape != expected:
                raise ShapeError(
                    f"score {name!r} has shape {values.shape}, expected {expected}.",
                    found=values.shape,
                    expected=expected,
                )
        if len(self.windows) != len(self.variants):
            raise ShapeError(
                f"{len(self.windows)} windows for {len(self.variants)} alleles.",
                found=len(self.windows),
                expected=len(self.variants),
            )

    @cached_property
    def status(self) -> list[str]:
        """Status of each row."""
        return self.variants.table["status"].cast(pl.String).to_list()

    @property
    def notes(self) -> list[tuple[str, ...]]:
        """Notes of each row."""
        return self.variants.notes

    @cached_property
    def row_ids(self) -> list[str]:
        """`chrom:pos:ref:alt` of each row, as spelt in the input."""
        return self.row_names("variant")

    def row_names(self, id: RowId = "variant") -> list[str]:  # noqa: A002
        """Name each row: "variant" by `chrom:pos:ref:alt`, "vcf" by the ID of the input.

        Raises:
            OptionError: another word.
        """
        check_choice("id", id, ROW_IDS)
        table = self.variants.table
        if id == "vcf":
            return [name or "." for name in table["id"].to_list()]
        columns = (table[name].cast(pl.String) for name in ("chrom", "pos", "ref", "alt"))
        return [":".join(text or "." for text in cells) for cells in zip(*columns, strict=True)]

    def labels(self, score: str) -> tuple[str, ...]:
        """Give the column labels of a score: its own, or the track names made unique.

        Raises:
            UnknownNameError: no such score.
        """
        if score not in self.scores:
            raise UnknownNameError(
                f"no score {score!r} here; {did_you_mean(score, self.scores)}",
                name=score,
                known=tuple(self.scores),
            )
        return self.own_columns.get(score) or self._track_labels

    @cached_property
    def _track_labels(self) -> tuple[str, ...]:
        return unique_labels([str(name) for name in self.tracks.cells("track_name")])

    def column(self, score: str, label: str | int) -> NDArray[np.float32]:
        """Give one column of a score, float32 (V,), by its label or number.

        Of a stored result no other column is read.

        Raises:
            UnknownNameError: no such score or label.
        """
        return self._matrix(score, [self._place(score, label)])[:, 0]

    def _place(self, score: str, label: str | int) -> int:
        labels = self.labels(score)
        if isinstance(label, str):
            if label in labels:
                return labels.index(label)
            raise UnknownNameError(
                f"the score {score!r} has no column {label!r}; {did_you_mean(label, labels)}",
                name=label,
                known=labels,
            )
        place = whole_number(label, "label")
        if not -len(labels) <= place < len(labels):
            raise UnknownNameError(
                f"the score {score!r} has {len(labels):,} columns; there is no column {place}.",
                name=str(place),
                known=labels,
            )
        return place % len(labels)

    def _matrix(self, score: str, columns: Sequence[int]) -> NDArray[np.float32]:
        return self.scores[score][:, list(columns)]

    def __len__(self) -> int:
        return len(self.variants)

    def __getitem__(self, rows: slice | ArrayLike) -> Self:
        """Give the rows of a slice, mask or index array."""
        chosen = self._chosen(rows)
        index = pl.DataFrame({"row": chosen, "new": np.arange(len(chosen))})
        parts = {
            name: index.join(table, on="row", how="inner", maintain_order="left")
            .with_columns(pl.col("new").alias("row"))
            .drop("new")
            for name, table in self.parts.items()
        }
        return replace(
            self,
            variants=self.variants[chosen],
            scores={name: values[chosen] for name, values in self.scores.items()},
            parts=parts,
            windows=self.windows[chosen],
            spread={name: values[chosen] for name, values in self.spread.items()},
        )

    def _chosen(self, rows: slice | ArrayLike) -> NDArray[np.int64]:
        places = np.arange(len(self))
        if not isinstance(rows, slice):
            rows = np.asarray(rows)
            rows = rows if rows.size else rows.astype(np.int64)
        return np.atleast_1d(places[rows])

    def select(self, **criteria: object) -> Self:
        """Give the tracks that fulfil all criteria; scores with own columns stay whole.

        Raises:
            NoTracksError: none does.
            UnknownTrackFieldError: a field that no track has.
        """
        plan = plan_criteria([self.tracks], criteria)
        rows = plan.rows(self.tracks)
        if not len(rows):
            raise plan.refusal([self.tracks], "among the scored tracks")
        return self._take_tracks(rows)

    def _take_tracks(self, rows: NDArray[np.int64]) -> Self:
        scores, spread = (
            {
                name: values if name in self.own_columns else values[:, rows]
                for name, values in matrices.items()
            }
            for matrices in (self.scores, self.spread)
        )
        return replace(self, scores=scores, spread=spread, tracks=self.tracks.take(rows))

    def summary(self) -> str:
        """Give the count line: alleles, scored, and each other status.

        The same line closes every run.
        """
        counts = self.counts()
        said = [f"{counts.get('ok', 0):,} scored"]
        said += [f"{n:,} {status}" for status, n in counts.items() if status != "ok"]
        skipped = self.provenance.get("skipped")
        if isinstance(skipped, Mapping):
            said += [f"{skipped[s]:,} {s} left out" for s in STATUSES if s in skipped]
        text = f"{counted(len(self), 'allele')}: {', '.join(said)}"
        if self.provenance.get("index") == NO_INDEX:
            text += f"; {self.provenance.get('read_from')} has no index"
        return text

    def counts(self) -> dict[str, int]:
        """Give the alleles per status, those that occur."""
        return self.variants.counts()
