"""One run over a table of alleles: which rows can be scored, by what, and what became of each."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from locuscope.effects.allele_windows import normalized, open_window
from locuscope.effects.part_scores import parts_table, score_parts
from locuscope.effects.score_files import WINDOW_SCHEMA
from locuscope.errors import DataWarning, OutOfBoundsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from locuscope.effects.allele_windows import AlleleWindow
    from locuscope.effects.scores import PartScorer
    from locuscope.effects.window_scores import WindowScoring
    from locuscope.genome.placement import Placement
    from locuscope.genome.reference import Genome
    from locuscope.genome.variant import Variant
    from locuscope.genome.variant_table import VariantTable
    from locuscope.inference.run import Run
    from locuscope.models.protocol import SequenceModel

Refusals = dict[int, tuple[str, str]]


class ScoreRun:
    """Scores a table row by row and keeps the verdicts.

    Args:
        table: alleles that were checked against the genome.
        genome: the reference.
    """

    def __init__(self, table: VariantTable, genome: Genome) -> None:
        self.table = table
        self.genome = genome
        self.rows: list[int] = np.flatnonzero(table.is_ok).tolist()
        self.spelt: dict[int, Variant] = {row: table[row] for row in self.rows}
        self.norm = {row: normalized(genome, variant) for row, variant in self.spelt.items()}
        self.scores: dict[str, NDArray[np.float32]] = {}
        self.parts: dict[str, pl.DataFrame] = {}
        self._scored = np.zeros(len(table), np.bool_)
        self._refused: Refusals = {}
        self._notes: dict[str, list[int]] = {}
        self._windows: dict[str, list[Any]] = {name: [None] * len(table) for name in WINDOW_SCHEMA}
        self._note_spellings()

    def score_windows(self, scoring: WindowScoring, placement: Placement, width_bp: int) -> None:
        """Compute the scores that share the verb's window."""
        shape = (len(self.table), len(scoring.tracks))
        for name in scoring.scorers:
            self.scores[name] = np.full(shape, np.nan, np.float32)
        step = scoring.rows_per_chunk(width_bp)
        for first in range(0, len(self.rows), step):
            opened = self._open(self.rows[first : first + step], placement, width_bp)
            if not opened:
                continue
            found, unaligned = scoring.score([window for _, window in opened])
            rows = [row for row, _ in opened]
            for name, values in found.items():
                self.scores[name][rows] = values
            self._scored[rows] = True
            self._note(
                "unaligned_bins", [row for row, odd in zip(rows, unaligned, strict=True) if odd]
            )

    def score_own(
        self, name: str, model: SequenceModel, scorer: PartScorer, *, organism: int, run: Run
    ) -> None:
        """Compute a score that makes its own sequences, on the alleles as they are spelt."""
        alleles = [(row, self.spelt[row]) for row in self.rows]
        found = score_parts(model, scorer, alleles, self.genome, organism=organism, run=run)
        values = np.full((len(self.table), len(scorer.columns)), np.nan, np.float32)
        for row, columns in found.rows.items():
            values[row] = columns
        self.scores[name] = values
        self.parts[name] = parts_table(found.parts, scorer.columns)
        self._scored[list(found.rows)] = True
        for note, rows in found.notes.items():
            self._note(note, rows)
        self._refused = {**found.refused, **self._refused}

    def verdicts(self) -> VariantTable:
        """Give the table with the statuses and notes of the run.

        A row stays `ok` when at least one score was computed; else it takes the status of what
        refused it.
        """
        table = self.table
        by_status: dict[str, dict[int, str]] = {}
        for row, (status, reason) in self._refused.items():
            if not self._scored[row]:
                by_status.setdefault(status, {})[row] = reason
        odd = self._nonfinite()
        if odd:
            by_status["nonfinite"] = odd
            first = next(iter(odd))
            warnings.warn(
                f"{len(odd):,} of {len(self.rows):,} alleles have a score that is NaN or Inf; "
                "the first is "
                f"{self.spelt[first].text()}.",
                DataWarning,
                stacklevel=4,
            )
        for status, reasons in by_status.items():
            mask = np.zeros(len(table), np.bool_)
            mask[list(reasons)] = True
            table = table.with_status(mask, status, [reasons.get(row) for row in range(len(table))])
        for note, rows in self._notes.items():
            mask = np.zeros(len(table), np.bool_)
            mask[rows] = True
            table = table.with_note(mask, note)
        return table

    def windows(self) -> pl.DataFrame:
        """Give the windows that were read, one row per allele."""
        return pl.DataFrame(self._windows, schema=dict(WINDOW_SCHEMA))

    def _open(
        self, rows: Sequence[int], placement: Placement, width_bp: int
    ) -> list[tuple[int, AlleleWindow]]:
        opened: list[tuple[int, AlleleWindow]] = []
        for row in rows:
            allele = self.norm[row]
            longest = max(len(allele.ref), len(allele.alt))
            if longest > width_bp // 2:
                reason = f"an allele of {longest:,} bases in a window of {width_bp:,}"
                self._refused[row] = ("too_long", reason)
                continue
            try:
                window = open_window(self.genome, allele, placement, width_bp)
            except OutOfBoundsError as error:
                self._refused[row] = ("off_edge", str(error))
                continue
            opened.append((row, window))
            if window.n_padded:
                self._note("padded", [row])
            if window.n_unknown:
                self._note("n_in_window", [row])
            for column, value in (
                ("window_start", window.window.start),
                ("window_end", window.window.end),
                ("n_padded", window.n_padded),
            ):
                self._windows[column][row] = value
        return opened

    def _note_spellings(self) -> None:
        """Record the normalised spelling of each row, and which change was listed before."""
        seen: set[tuple[str, int, str, str]] = set()
        for row in self.rows:
            norm, spelt = self.norm[row], self.spelt[row]
            for column, value in (
                ("norm_pos", norm.pos),
                ("norm_ref", norm.ref),
                ("norm_alt", norm.alt),
            ):
                self._windows[column][row] = value
            if (norm.pos, norm.ref, norm.alt) != (spelt.pos, spelt.ref, spelt.alt):
                self._note("normalized", [row])
            change = (self.genome.resolve(norm.chrom), norm.pos, norm.ref, norm.alt)
            if change in seen:
                self._note("duplicate", [row])
            seen.add(change)

    def _note(self, note: str, rows: Sequence[int]) -> None:
        self._notes.setdefault(note, []).extend(rows)

    def _nonfinite(self) -> dict[int, str]:
        """Find rows with a computed score that is NaN or Inf: row -> reason."""
        found: dict[int, str] = {}
        for name, values in self.scores.items():
            computed = self._scored if name not in self.parts else self._with_parts(name)
            bad = ~np.isfinite(values) & computed[:, None]
            for row in np.flatnonzero(bad.any(1)).tolist():
                column = int(bad[row].argmax())
                found.setdefault(
                    row, f"the score {name!r} is {values[row, column]} in column {column}"
                )
        return found

    def _with_parts(self, name: str) -> NDArray[np.bool_]:
        mask = np.zeros(len(self.table), np.bool_)
        mask[self.parts[name]["row"].to_numpy()] = True
        return mask
