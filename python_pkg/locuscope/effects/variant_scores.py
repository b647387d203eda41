"""`VariantScores`: one row per allele with its status, one matrix per score; what scoring gives."""

from __future__ import annotations

import os
import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from locuscope.effects.annotated_vcf import read_annotated_vcf, write_vcf
from locuscope.effects.score_files import (
    PLACE_COLUMNS,
    VARIANT_COLUMNS,
    kind_of,
    read_parquet,
    read_tsv,
    write_parquet,
    write_tsv,
)
from locuscope.errors import (
    FormatError,
    LocuscopeError,
    OptionError,
    ShapeError,
    UnknownNameError,
    WrongTypeError,
    did_you_mean,
)
from locuscope.tracks.criteria import plan_criteria

if TYPE_CHECKING:
    from os import PathLike

    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    from locuscope.genome.variant_table import VariantTable
    from locuscope.tracks.track_table import TrackTable

LAYOUTS = ("wide", "long")


@dataclass(frozen=True, eq=False, repr=False)
class VariantScores:
    """Scores of V alleles.

    Args:
        variants: the alleles in input order, with status, reason and notes.
        scores: score -> float32 (V, C). NaN on rows that are neither `ok` nor `nonfinite`. C is the
            number of tracks, or of the score's own columns (`own_columns`).
        tracks: what the T columns of a per-track score mean.
        parts: score -> polars table with the column `row` of the allele, for scores with several
            values per allele (`splice_delta`: one per gene).
        windows: polars (V rows): norm_pos, norm_ref, norm_alt, window_start, window_end (0-based
            half-open), n_padded; null where nothing was predicted.
        own_columns: score -> labels of its columns, where they are not the tracks.
        provenance: everything that changed a number, as plain values.
        source: path of the VCF that was scored; it is not written into files.

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

    def __post_init__(self) -> None:
        """Refuse misaligned matrices at birth."""
        for name, values in self.scores.items():
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
        columns = (
            self.variants.table[name].cast(pl.String) for name in ("chrom", "pos", "ref", "alt")
        )
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
        names = [str(name) for name in self.tracks.cells("track_name")]
        counts = Counter(names)
        return tuple(name if counts[name] == 1 else f"{name}_{i}" for i, name in enumerate(names))

    def __len__(self) -> int:
        return len(self.variants)

    def __getitem__(self, rows: slice | ArrayLike) -> VariantScores:
        """Give the rows of a slice, mask or index array."""
        places = np.arange(len(self))
        if not isinstance(rows, slice):
            rows = np.asarray(rows)
            rows = rows if rows.size else rows.astype(np.int64)
        chosen = places[rows]
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
        )

    def select(self, **criteria: object) -> VariantScores:
        """Give the tracks that fulfil all criteria; scores with own columns stay whole.

        Raises:
            NoTracksError: none does.
            UnknownTrackFieldError: a field that no track has.
        """
        plan = plan_criteria([self.tracks], criteria)
        rows = plan.rows(self.tracks)
        if not len(rows):
            raise plan.refusal([self.tracks], "among the scored tracks")
        scores = {
            name: values if name in self.own_columns else values[:, rows]
            for name, values in self.scores.items()
        }
        return replace(self, scores=scores, tracks=self.tracks.take(rows))

    def summary(self) -> str:
        """Give the count line: alleles, scored, and each other status.

        The same line closes every run.
        """
        counts = self.variants.counts()
        said = [f"{counts.get('ok', 0):,} scored"]
        said += [f"{n:,} {status}" for status, n in counts.items() if status != "ok"]
        skipped = self.provenance.get("skipped")
        if isinstance(skipped, Mapping):
            said += [f"{n:,} {status} left out" for status, n in skipped.items()]
        return f"{len(self):,} alleles: {', '.join(said)}"

    def to_polars(self, layout: str = "wide") -> pl.DataFrame:
        """Give one table.

        Args:
            layout: "wide" = a row per allele with the columns `<score>/<label>`; "long" = a row per
                allele, score and label, with the track's metadata, and for scores of parts a row
                per part and label.

        Returns:
            Scores are float32, null where there is none; NaN and Inf are kept on `nonfinite` rows.
        """
        if layout not in LAYOUTS:
            raise OptionError(
                f"layout must be one of {', '.join(LAYOUTS)}; got {layout!r}.",
                option="layout",
                value=layout,
                allowed=LAYOUTS,
            )
        return self._wide() if layout == "wide" else self._long()

    def to_dataframe(self, layout: str = "wide") -> pd.DataFrame:
        """Give the table of `to_polars` as pandas."""
        return self.to_polars(layout).to_pandas()

    def _rows(self) -> pl.DataFrame:
        table = self.variants.table
        notes = pl.Series("notes", [";".join(words) or None for words in self.notes], pl.String)
        status = pl.Series("status", self.status, pl.String)
        return table.select(*VARIANT_COLUMNS, *PLACE_COLUMNS).with_columns(
            status, table["reason"], notes, *self.windows.get_columns()
        )

    def _column(self, values: NDArray[np.float32], name: str) -> pl.Series:
        keeps_nan = np.asarray([status == "nonfinite" for status in self.status], bool)
        is_null = np.isnan(values) & ~keeps_nan
        return pl.Series(name, values, pl.Float32).set(pl.Series(is_null), None)

    def _wide(self) -> pl.DataFrame:
        columns = [
            self._column(values[:, k], f"{score}/{label}")
            for score, values in self.scores.items()
            for k, label in enumerate(self.labels(score))
        ]
        return self._rows().with_columns(columns)

    def _long(self) -> pl.DataFrame:
        rows = self._rows().select(*VARIANT_COLUMNS, "status", "notes").with_row_index("row")
        rows = rows.with_columns(pl.col("row").cast(pl.Int64))
        pieces: list[pl.DataFrame] = []
        for score, values in self.scores.items():
            labels = self.labels(score)
            if score in self.parts:
                parts = self.parts[score]
                kept = [name for name in parts.columns if name not in labels]
                melted = parts.unpivot(
                    list(labels), index=kept, variable_name="label", value_name="value"
                )
                piece = rows.join(melted, on="row", how="inner").with_columns(
                    pl.lit(score).alias("score")
                )
            else:
                piece = pl.concat(
                    rows.with_columns(
                        pl.lit(score).alias("score"),
                        pl.lit(label).alias("label"),
                        self._column(values[:, k], "value"),
                        **self._metadata(k, score),
                    )
                    for k, label in enumerate(labels)
                )
            pieces.append(piece)
        return pl.concat(pieces, how="diagonal_relaxed")

    def _metadata(self, column: int, score: str) -> dict[str, pl.Expr]:
        if score in self.own_columns:
            return {}
        track = self.tracks.track(column).to_dict()
        return {
            name: pl.lit(value)
            for name, value in track.items()
            if name not in ("track_index", "organism")
        }

    def to_parquet(self, path: str | PathLike[str]) -> Path:
        """Write everything, parts and tracks included; `open` gives it back."""
        return write_parquet(self, Path(path))

    def to_tsv(self, path: str | PathLike[str]) -> Path:
        """Write the wide table as text (`.gz` compresses); no cell starts a spreadsheet formula."""
        return write_tsv(self, Path(path))

    def to_vcf(self, path: str | PathLike[str], source: str | PathLike[str] | None = None) -> Path:
        """Write an annotated VCF (`.gz` = BGZF, without an index).

        Args:
            path: the new file.
            source: the VCF whose lines are written with INFO entries appended, everything else byte
                by byte; None = the file that was scored, or a plain VCF of the rows when there was
                none.
        """
        origin = source if source is not None else self.source
        return write_vcf(self, Path(path), None if origin is None else Path(origin))

    @classmethod
    def open(cls, path: str | PathLike[str]) -> VariantScores:
        """Read what `to_parquet`, `to_tsv` or `to_vcf` wrote.

        Parquet gives everything back. TSV and VCF hold neither parts nor track metadata: tracks
        come back with their names alone.

        Raises:
            FormatError: the file is none of these.
        """
        if not isinstance(path, (str, os.PathLike)):
            raise WrongTypeError(
                f"VariantScores.open takes the path of a file; got {path!r}.",
                argument="path",
                found=type(path).__name__,
                expected="path",
            )
        place = Path(path)
        readers = {"parquet": read_parquet, "tsv": read_tsv, "vcf": read_annotated_vcf}
        try:
            return cls(**readers[kind_of(place)](place))
        except LocuscopeError:
            raise
        except (OSError, EOFError, zlib.error, ValueError, LookupError) as error:
            raise FormatError(
                f"{place}: damaged or no file of variant scores ({type(error).__name__}: {error}).",
                path=str(place),
            ) from error

    def __repr__(self) -> str:
        return f"VariantScores({self.summary()}; {', '.join(self.scores)}; {self.tracks!r})"

    def _repr_html_(self) -> str:
        table = self._wide().drop(*PLACE_COLUMNS, *self.windows.columns, "reason").head(10)
        head = "".join(f"<th>{escape(name)}</th>" for name in table.columns[:20])
        body = "".join(
            "<tr>" + "".join(f"<td>{_cell(value)}</td>" for value in row[:20]) + "</tr>"
            for row in table.iter_rows()
        )
        caption = f"<caption>{escape(self.summary())}</caption>"
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.3g}"
    text = "" if value is None else str(value)
    return escape(text if len(text) <= 40 else f"{text[:40]}...", quote=True)
