"""`VariantScores`: one row per allele with its status, one matrix per score; what scoring gives."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from locuscope.effects.results.score_joins import concat_fields
from locuscope.effects.results.score_rows import ScoreRows
from locuscope.effects.results.score_sources import WholeSource
from locuscope.effects.results.score_tables import (
    LAYOUTS,
    SHOWN_ROWS,
    html_table,
    long_table,
    wide_table,
)
from locuscope.effects.results.score_targets import write_targets
from locuscope.effects.results.stored_fields import FIELDS, StoredFields
from locuscope.effects.results.stored_scores import open_source
from locuscope.effects.results.target_options import TargetOptions
from locuscope.errors import WrongTypeError
from locuscope.genome.choices import check_choice

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from os import PathLike

    import pandas as pd
    import polars as pl
    from numpy.typing import ArrayLike, NDArray

    from locuscope.effects.results.score_tables import Layout, RowId
    from locuscope.genome.genes import Genes
    from locuscope.plots.figure import Figure
    from locuscope.widgets.workspace import Region

_EAGER_BYTES = 32 << 20


@dataclass(frozen=True, eq=False, repr=False)
class VariantScores(ScoreRows):
    """Scores of V alleles.

    Args:
        variants: the alleles in input order, with status, reason and notes.
        scores: score -> float32 (V, C). NaN on rows that are neither `ok` nor `nonfinite`. C is the
            number of tracks, or of the score's own columns (`own_columns`).
        tracks: what the T columns of a per-track score mean.
        parts: score -> polars table with the column `row` of the allele, for scores with several
            values per allele (`splice_delta`: one per gene).
        windows: polars (V rows): norm_pos, norm_ref, norm_alt, window_start, window_end (0-based
            half-open), n_padded; null where nothing was predicted; window_index, 0 unless an allele
            has several windows.
        own_columns: score -> labels of its columns, where they are not the tracks.
        provenance: everything that changed a number, as plain values.
        source: path of the VCF that was scored; it is not written into files.
        spread: score -> float32 (V, C), standard deviation (ddof 1) over members and shifts; empty
            where there was one of each.

    Raises:
        ShapeError: a matrix that does not fit the alleles or its columns.
    """

    @classmethod
    def concat(cls, parts: Sequence[VariantScores]) -> VariantScores:
        """Put the rows of several results of one call one below the other.

        Rows that repeat a change of an earlier one gain the note `duplicate`; rows left out
        (`skipped`) are added up.

        Raises:
            InputError: nothing to put together.
            TrackMismatchError: other scores, columns or tracks.
            OptionError: made with other options.
        """
        return VariantScores(**concat_fields(parts), source=parts[0].source)

    def with_source(self, path: str | None) -> VariantScores:
        """Say which VCF was scored: annotated VCF files are made of its lines."""
        return replace(self, source=path)

    def chunks(self) -> Iterator[VariantScores]:
        """Give all rows in pieces that fit into memory; what is in memory is one piece."""
        yield self

    def to_polars(self, layout: Layout = "wide") -> pl.DataFrame:
        """Give one table.

        Args:
            layout: "wide" = a row per allele with the columns `<score>/<label>` and, where there is
                one, `<score>/<label>/spread`; "long" = a row per allele, score and label, with the
                track's metadata, and for scores of parts a row per part and label.

        Returns:
            Scores are float32, null where there is none; NaN and Inf are kept on `nonfinite` rows.
        """
        check_choice("layout", layout, LAYOUTS)
        return wide_table(self) if layout == "wide" else long_table(self)

    def to_dataframe(self, layout: Layout = "wide") -> pd.DataFrame:
        """Give the table of `to_polars` as pandas."""
        return self.to_polars(layout).to_pandas()

    def to_dict(self, id: RowId = "variant") -> dict[str, pd.DataFrame]:  # noqa: A002
        """Give score -> pandas frame (V, C): rows named by `row_names(id)`, columns by label."""
        import pandas as pd

        names = self.row_names(id)
        return {
            score: pd.DataFrame(values, index=names, columns=list(self.labels(score)))
            for score, values in self.scores.items()
        }

    def to_parquet(self, path: str | PathLike[str], *, layout: Layout = "wide") -> Path:
        """Write everything, parts and tracks included; `open` gives it back."""
        return _written(self, path, TargetOptions(layout=layout), "parquet")

    def to_tsv(self, path: str | PathLike[str], *, layout: Layout = "wide") -> Path:
        """Write a table as text (`.gz` compresses); no cell starts a spreadsheet formula."""
        return _written(self, path, TargetOptions(layout=layout), "tsv")

    def to_hdf5(
        self,
        path: str | PathLike[str],
        *,
        compat: Literal["calico"] | None = None,
        id: RowId = "variant",  # noqa: A002
    ) -> Path:
        """Write HDF5: alleles, tracks and one packed (V, C) matrix per score.

        Args:
            path: the new file.
            compat: "calico" = the datasets of the published track scorers: float16, clipped to its
                range and counted, with percentiles per track; parts and spreads have no place.
            id: what names a row there.
        """
        return _written(self, path, TargetOptions(compat=compat, id=id), "h5")

    def to_vcf(
        self,
        path: str | PathLike[str],
        source: str | PathLike[str] | None = None,
        *,
        compat: Literal["kipoi"] | None = None,
        layout: Literal["alleles"] | None = None,
        id: RowId = "variant",  # noqa: A002
        label: str = "kipoi",
    ) -> Path:
        """Write an annotated VCF (`.gz` = BGZF with a tabix index where pysam is installed).

        Args:
            path: the new file.
            source: the VCF whose lines are written with INFO entries appended, everything else byte
                by byte; None = the file that was scored, or a plain VCF of the rows when there was
                none.
            compat: "kipoi" = the keys of the published tool, `KV:<label>:<model>:<SCORE>`.
            layout: "alleles" = one key per score and track with one value per allele.
            id: what names a row in the keys of `compat="kipoi"`; the ID column is never changed.
            label: the source that these keys name.
        """
        origin = source if source is not None else self.source
        options = TargetOptions(
            source=None if origin is None else Path(origin),
            layout=layout or "wide",
            compat=compat,
            id=id,
            label=label,
        )
        rows = self if origin is None else self._in_file_order()
        return _written(rows, path, options, "vcf")

    def _in_file_order(self) -> VariantScores:
        """The rows in the order of the records they come from."""
        records = self.variants.table["record"]
        if records.is_sorted():
            return self
        return self[np.argsort(records.to_numpy(), kind="stable")]

    @classmethod
    def open(cls, path: str | PathLike[str]) -> VariantScores:
        """Open what `to_parquet`, `to_tsv`, `to_hdf5`, `to_vcf` or `score_variants(out=)` wrote.

        Rows are read when they are asked for: parquet, HDF5 and the folder of a job by slices and
        columns, text (TSV, VCF) as a whole. Parquet, HDF5 and folders give everything back; TSV
        and VCF hold neither parts nor track metadata: tracks come back with their names alone.

        Raises:
            FormatError: the file is none of these, or damaged.
            StoreError: the folder of an unfinished job.
        """
        if not isinstance(path, (str, os.PathLike)):
            raise WrongTypeError(
                f"VariantScores.open takes the path of a file; got {path!r}.",
                argument="path",
                found=type(path).__name__,
                expected="path",
            )
        source = open_source(Path(path))
        if isinstance(source, WholeSource) and source.path.stat().st_size <= _EAGER_BYTES:
            return VariantScores(**source.whole())
        return StoredScores.of(StoredFields(source))

    @classmethod
    def open_lazily(cls, path: Path) -> StoredScores:
        """Open as `open` does, but read no rows of small text either before they are asked for.

        Raises:
            FormatError, StoreError: as `open`.
        """
        return StoredScores.of(StoredFields(open_source(path)))

    def plot(
        self,
        kind: Literal["manhattan", "volcano", "ranks"] = "manhattan",
        *,
        score: str | None = None,
        track: str | int | None = None,
        region: Region | None = None,
        genes: Genes | None = None,
        max_points: int = 20_000,
    ) -> Figure:
        """Draw one score of all alleles (bokeh).

        Args:
            kind: "manhattan" = position against score; "volcano" = score against -log10 p, which
                needs nulls; "ranks" = sorted scores.
            score: which score; None = the first.
            track: label or number of its column; None = per allele that of largest magnitude.
            region: linked widgets move there when a point is tapped (live notebooks).
            genes: names the gene of an allele on hovering.
            max_points: beyond, the largest are drawn one by one and the rest binned.
        """
        from locuscope.plots import variant_scores as plots

        return plots.plot(
            self,
            kind,
            score=score,
            track=track,
            region=region,
            genes=genes,
            max_points=max_points,
        )

    def show(
        self,
        kind: Literal["manhattan", "volcano", "ranks"] = "manhattan",
        *,
        score: str | None = None,
        track: str | int | None = None,
        region: Region | None = None,
        genes: Genes | None = None,
        max_points: int = 20_000,
    ) -> Figure:
        """Give the figure of `plot`, which shows itself in a notebook."""
        return self.plot(
            kind, score=score, track=track, region=region, genes=genes, max_points=max_points
        )

    def __repr__(self) -> str:
        return f"VariantScores({self.summary()}; {', '.join(self.scores)}; {self.tracks!r})"

    def _repr_html_(self) -> str:
        return html_table(self[:SHOWN_ROWS], self.summary())


def _written(
    scores: VariantScores, path: str | PathLike[str], options: TargetOptions, kind: str
) -> Path:
    place = Path(path)
    write_targets([place], scores.chunks, options, kind=kind)
    return place


class StoredScores(VariantScores):
    """A result on disk: rows, columns and tables are read when they are asked for.

    It behaves as a `VariantScores`; a slice or a copy with changed fields is one in memory.
    """

    _fields: StoredFields

    def __new__(cls, *args: Any, **fields: Any) -> VariantScores:  # type: ignore[misc]
        """What `dataclasses.replace` makes of a stored result is one in memory."""
        return VariantScores(*args, **fields)

    @classmethod
    def of(cls, fields: StoredFields) -> StoredScores:
        """Make one of what is on disk."""
        made: StoredScores = object.__new__(cls)
        object.__setattr__(made, "_fields", fields)
        return made

    def __getattr__(self, name: str) -> Any:
        """Read a field on first use."""
        if name not in FIELDS:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        for field, value in self._fields.load(name).items():
            object.__setattr__(self, field, value)
        return self.__dict__[name]

    def __len__(self) -> int:
        return self._fields.n_rows

    def __getitem__(self, rows: slice | ArrayLike) -> VariantScores:  # type: ignore[override]
        """Read the rows of a slice, mask or index array."""
        chosen = self._chosen(rows)
        order = np.argsort(chosen, kind="stable")
        ordered, pieces = chosen[order], []
        for first, stop in self._fields.blocks:
            start, end = np.searchsorted(ordered, [first, stop])
            if end > start:
                block = VariantScores(**self._fields.block(first, stop))
                pieces.append(block[ordered[start:end] - first])
        if not pieces:
            return VariantScores(**self._fields.block(*self._fields.blocks[0]))[:0]
        back = np.empty(len(order), np.int64)
        back[order] = np.arange(len(order))
        found = VariantScores(**concat_fields(pieces, is_marked=False))[back]
        return replace(found, provenance=self.provenance)

    def chunks(self) -> Iterator[VariantScores]:
        """Give all rows in pieces that fit into memory."""
        for first, stop in self._fields.blocks:
            piece = VariantScores(**self._fields.block(first, stop))
            if first:  # what was left out is counted with the first piece
                kept = {k: v for k, v in piece.provenance.items() if k != "skipped"}
                piece = replace(piece, provenance=kept)
            yield piece

    def _take_tracks(self, rows: NDArray[np.int64]) -> StoredScores:
        return StoredScores.of(self._fields.take(rows)).with_source(self.source)

    def _matrix(self, score: str, columns: Sequence[int]) -> NDArray[np.float32]:
        return self._fields.matrix(score, columns)

    def counts(self) -> dict[str, int]:
        """Give the alleles per status without reading the rows."""
        return self._fields.source.counts()

    def with_source(self, path: str | None) -> StoredScores:
        """Say which VCF was scored; nothing is read."""
        made = StoredScores.of(self._fields)
        object.__setattr__(made, "source", path)
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return _reopened, (str(self._fields.source.path), self._fields.kept, self.source)


def _reopened(path: str, kept: NDArray[np.int64] | None, origin: str | None) -> VariantScores:
    found = StoredScores.of(StoredFields(open_source(Path(path)), kept))
    return found.with_source(origin)
