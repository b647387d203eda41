"""The files of a result: every target is written piece by piece, in one pass over the rows."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np
import polars as pl

from locuscope.effects.results.annotated_lines import VcfWriter
from locuscope.effects.results.duplicates import has_duplicate_note
from locuscope.effects.results.parquet_tables import write_parquet
from locuscope.effects.results.part_columns import PartColumns, conformed
from locuscope.effects.results.score_calico import CalicoWriter
from locuscope.effects.results.score_card import FORMAT, ScoreCard, card_of
from locuscope.effects.results.score_files import ParquetWriter, TsvWriter
from locuscope.effects.results.score_hdf5 import Hdf5Writer, text_widths
from locuscope.effects.results.score_joins import total_skipped
from locuscope.effects.results.target_options import (
    SUFFIXES,
    TargetOptions,
    check_targets,
    kind_of_target,
)
from locuscope.effects.results.vcf_keys import info_keys
from locuscope.effects.results.vcf_output import write_index
from locuscope.errors import StoreTargetError
from locuscope.store import publish

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from locuscope.effects.variant_scores import VariantScores

    Chunks = Callable[[], Iterator[VariantScores]]

__all__ = [
    "DUPLICATES",
    "TRACKS",
    "ScoreWriter",
    "TargetOptions",
    "check_targets",
    "write_targets",
]

DUPLICATES, TRACKS = "duplicates.parquet", "tracks.parquet"


class ScoreWriter(Protocol):
    """Takes rows in order and writes them to a temporary file."""

    def add(self, chunk: VariantScores) -> None:
        """Take rows in."""

    def close(self, card: ScoreCard) -> None:
        """Finish the file."""

    def drop(self) -> None:
        """Let go of a file that will not be finished."""


def _require_folder(target: Path) -> None:
    """A folder is made part by part; the tables are put beside its parts."""
    if not (target / "parts").is_dir():
        raise StoreTargetError(
            f"cannot write {target}: a file ends with one of {', '.join(SUFFIXES)}, and a folder "
            "is written by score_variants(out=...).",
            path=target,
        )


def write_targets(
    targets: Sequence[Path],
    chunks: Chunks,
    options: TargetOptions | None = None,
    *,
    kind: str | None = None,
) -> list[str]:
    """Write every target in one pass over the rows; each appears whole at the end.

    Args:
        targets: files, told apart by their ending, and folders.
        chunks: gives the rows in order, anew at each call; at least one piece.
        options: how they are written.
        kind: of all targets, whatever their names end with.

    Returns:
        What should be said: why a packed VCF has no index.

    Raises:
        OptionError: as `check_targets`.
        InputChangedError: the source holds other records than those that were scored.
        StoreTargetError, StoreFullError: as `publish`.
    """
    chosen = options or TargetOptions()
    kinds = {target: kind or kind_of_target(target) for target in targets}
    first = next(chunks())
    check_targets(
        kinds,
        chosen,
        columns={name: len(first.labels(name)) for name in first.scores},
        own=list(first.own_columns),
        model=str(first.provenance.get("model", "model")),
    )
    facts = _survey(
        chunks,
        first,
        needs_contigs="vcf" in kinds.values() and chosen.source is None,
        needs_widths="h5" in kinds.values(),
    )
    run = _Run(chunks, chosen, facts, kinds)
    run.publish(list(targets), [])
    return run.said


@dataclass(frozen=True)
class _Survey:
    """What only all rows together tell.

    Args:
        first: no rows, with the parts' columns of all pieces.
        contigs: in order, when they are needed.
        widths: bytes of the longest text of each column, when they are needed.
    """

    first: VariantScores
    contigs: tuple[str, ...]
    widths: Mapping[str, int]


def _survey(
    chunks: Chunks, first: VariantScores, *, needs_contigs: bool, needs_widths: bool
) -> _Survey:
    """Look through the rows once more, only where a target must know them beforehand.

    A piece without a part has fewer columns in its table of parts than one that has some.
    """
    contigs: dict[str, None] = {}
    widths: dict[str, int] = {}
    parts = {name: PartColumns() for name in first.parts}
    if needs_contigs or needs_widths or parts:
        for chunk in chunks():
            names = chunk.variants.table["chrom"].drop_nulls()
            contigs |= dict.fromkeys(names.unique(maintain_order=True))
            for name, width in text_widths(chunk).items() if needs_widths else ():
                widths[name] = max(width, widths.get(name, 0))
            for name, columns in parts.items():
                columns.add(chunk.parts[name])
    frames = {name: columns.frame for name, columns in parts.items()}
    return _Survey(_with_columns(first[:0], frames), tuple(contigs), widths)


def _with_columns(scores: VariantScores, frames: Mapping[str, pl.DataFrame]) -> VariantScores:
    """Give the parts the columns of `frames`."""
    if all(scores.parts[name].schema == frame.schema for name, frame in frames.items()):
        return scores
    parts = {name: conformed(scores.parts[name], frame) for name, frame in frames.items()}
    return replace(scores, parts=parts)


class _Run:
    """One pass: opens a temporary file per target, fills all, and lets them be published."""

    def __init__(
        self, chunks: Chunks, options: TargetOptions, facts: _Survey, kinds: Mapping[Path, str]
    ) -> None:
        self._chunks, self._options, self._facts, self._kinds = chunks, options, facts, kinds
        self.said: list[str] = []

    def publish(self, targets: list[Path], writers: list[tuple[Path, Path]]) -> None:
        """Open target after target, the rows pass when all are open."""
        if not targets:
            self._pass(writers)
            return
        target, rest = targets[0], targets[1:]
        if self._kinds[target] == "folder":
            _require_folder(target)
            self.publish(rest, [*writers, (target, target)])
            return
        publish(target, lambda place: self.publish(rest, [*writers, (target, place)]))
        self._index(target)

    def _pass(self, places: list[tuple[Path, Path]]) -> None:
        self._writers: dict[Path, ScoreWriter] = {}
        try:
            for target, place in places:
                self._writers[target] = self._open(target, place)
            skipped: dict[str, int] = {}
            for chunk in self._chunks():
                skipped = total_skipped([{"skipped": skipped}, chunk.provenance])
                whole = _with_columns(chunk, self._facts.first.parts)
                for writer in self._writers.values():
                    writer.add(whole)
            for writer in self._writers.values():
                writer.close(self._card(skipped))
        except BaseException:
            for writer in self._writers.values():
                with suppress(OSError, ValueError):  # a full disk refuses the last bytes as well
                    writer.drop()
            raise

    def _card(self, skipped: Mapping[str, int] | None = None) -> ScoreCard:
        card = card_of(self._facts.first, self._options.table)
        provenance = dict(card.provenance)
        if skipped:
            provenance["skipped"] = dict(skipped)
        return replace(card, provenance=provenance)

    def _open(self, target: Path, place: Path) -> ScoreWriter:
        first, options = self._facts.first, self._options
        kind = self._kinds[target]
        if kind == "parquet":
            return ParquetWriter(place, first, options.table)
        if kind == "tsv":
            return TsvWriter(place, first, options.table)
        if kind == "h5" and options.compat == "calico":
            return CalicoWriter(place, first, self._facts.widths, options.id)
        if kind == "h5":
            return Hdf5Writer(place, first, self._facts.widths)
        if kind == "folder":
            return _FolderWriter(place)
        card = self._card()
        return VcfWriter(
            place,
            card,
            info_keys(card, options.form, options.label),
            source=options.source,
            contigs=self._facts.contigs,
            row_id=options.id,
        )

    def _index(self, target: Path) -> None:
        writer = self._writers.get(target)
        if isinstance(writer, VcfWriter) and writer.output.is_packed:
            reason = write_index(target, writer.output)
            if reason is not None:
                self.said.append(f"{target.name} has no index: {reason}")


class _FolderWriter:
    """The tables beside the parts of a job's folder: the tracks, and which rows repeat a change."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._n_rows = 0
        self._repeated = [np.zeros(0, np.int64)]

    def add(self, chunk: VariantScores) -> None:
        """Remember which rows repeat an earlier change; the parts know only their own rows."""
        rows = np.flatnonzero(has_duplicate_note(chunk))
        self._repeated.append((rows + self._n_rows).astype(np.int64))
        self._n_rows += len(chunk)

    def close(self, card: ScoreCard) -> None:
        """Write the tables."""
        repeated = pl.DataFrame({"row": np.concatenate(self._repeated)}, schema={"row": pl.Int64})
        publish(self._folder / DUPLICATES, lambda place: write_parquet(place, repeated, {}))
        fields = {field: _plain_column(card.tracks.cells(field)) for field in card.tracks.fields}
        tracks, text = pl.DataFrame(fields), {FORMAT: card.text()}
        publish(self._folder / TRACKS, lambda place: write_parquet(place, tracks, text))

    def drop(self) -> None:
        """Nothing is open."""


def _plain_column(cells: Sequence[object]) -> pl.Series:
    """Cells of one kind as they are, others as text."""
    kinds = {type(cell) for cell in cells if cell is not None}
    if len(kinds) == 1 and kinds <= {bool, int, float, str}:
        return pl.Series(cells)
    return pl.Series([None if cell is None else str(cell) for cell in cells], dtype=pl.String)
