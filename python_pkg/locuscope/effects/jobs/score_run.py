"""One part of the alleles, scored: which rows can be, by what, and what became of each.

A part is a pure function of the plan, the genome and its own rows. Whoever works part by part, in
this process or in others, therefore gets the same numbers.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from locuscope.effects.results.score_files import WINDOW_SCHEMA
from locuscope.effects.scoring.custom_scores import CustomScore
from locuscope.effects.scoring.part_scores import parts_table, score_parts
from locuscope.effects.variant_scores import VariantScores
from locuscope.effects.windows.allele_windows import normalized
from locuscope.errors import OptionError, VariantError
from locuscope.genome.alleles import NOTES, STATUSES
from locuscope.genome.variant import Variant
from locuscope.genome.variant_table import VariantTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from locuscope.effects.jobs.score_plan import ScorePlan
    from locuscope.effects.scores import PartScorer
    from locuscope.effects.scoring.window_scores import WindowScoring
    from locuscope.effects.windows.allele_windows import AlleleWindow, Opened
    from locuscope.genome.reference import Genome

    Values = NDArray[np.float32]


def score_part(plan: ScorePlan, genome: Genome | None, table: VariantTable) -> VariantScores:
    """Score the alleles of one part.

    Args:
        plan: what to compute.
        genome: the reference; None where a data loader brings the windows.
        table: alleles that were checked against the genome.

    Returns:
        One row per allele (per allele and window under `multi="all"`), in order, without the note
        `duplicate`, which is about all parts. Under `on_bad="skip"` bad rows are still there:
        `drop_bad` takes them out at the end.

    Raises:
        VariantError: the first bad row under `on_bad="raise"`.
    """
    if plan.ref_policy == "force":
        table = _forced(table)
    if plan.on_bad == "raise":
        raise_first_bad(table, plan.source)
    run = _PartRun(plan, genome, table)
    if plan.scoring is not None:
        run.score_windows(plan.scoring)
    for name, scorer in plan.own.items():
        run.score_own(name, scorer)
    if not plan.order:
        run.open_windows()
    scores = run.result()
    if plan.on_bad == "raise":
        raise_first_bad(scores.variants, plan.source)
    return scores


class _PartRun:
    """The rows of one part while they are scored."""

    def __init__(self, plan: ScorePlan, genome: Genome | None, table: VariantTable) -> None:
        self.plan = plan
        self.genome = genome
        self.table = table
        self.rows: list[int] = np.flatnonzero(table.is_ok).tolist()
        self.spelt = _variants(table, self.rows)
        self.norm = _normalized(plan, genome, table, self.spelt)
        # One entry per output row: the row of the part and the number of the window.
        self.places: list[tuple[int, int]] = [(row, 0) for row in range(len(table))]
        self.scores: dict[str, Values] = {}
        self.spread: dict[str, Values] = {}
        self.parts: dict[str, pl.DataFrame] = {}
        self.scored: set[tuple[int, int]] = set()
        # Rows that each score with sequences of its own took.
        self.own_rows: dict[str, frozenset[int]] = {}
        self.refused: dict[int, tuple[str, str]] = {}
        self.notes: dict[str, set[tuple[int, int]]] = {}
        # Where each window lies; the windows themselves are large and go once they are scored.
        self.windows: dict[tuple[int, int], tuple[int, int, int]] = {}
        for row in self.rows:
            if self._spelling(self.norm[row]) != self._spelling(self.spelt[row]):
                self._note("normalized", (row, 0))

    @staticmethod
    def _spelling(variant: Variant) -> tuple[int, str, str]:
        return variant.pos, variant.ref, variant.alt

    def score_windows(self, scoring: WindowScoring) -> None:
        """Compute the scores that share the verb's window."""
        opener = self.plan.opener(self.genome)
        if opener.batch_size is not None and scoring.run.batch_size == "auto":
            # Batches of a data loader keep the size that their owner chose.
            scoring = replace(scoring, run=replace(scoring.run, batch_size=opener.batch_size))
        kept = self._kept(opener.open(list(self.norm.items())))
        copies: dict[tuple[int, int], tuple[int, int]] = {}
        if not self.plan.is_one_shot and not any(map(_reads_context, scoring.scorers.values())):
            kept = _distinct(kept, copies)
        size = scoring.rows_per_chunk(int(self.plan.width_bp or 0))
        found: list[tuple[list[tuple[int, int]], Any]] = []
        for chunk in _chunks(kept, size):
            places = [place for place, _ in chunk]
            result = scoring.score([window for _, window in chunk])
            found.append((places, result))
            self.scored.update(places)
            for place, is_unaligned in zip(places, result.unaligned, strict=True):
                if is_unaligned:
                    self._note("unaligned_bins", place)
        self.scored.update(copies)
        for place, first in copies.items():
            if first in self.notes.get("unaligned_bins", ()):
                self._note("unaligned_bins", place)
        self._add_places()
        for name in scoring.scorers:
            self.scores[name] = self._placed(
                [(places, result.scores[name]) for places, result in found], copies
            )
        # Also where no row could be scored, so that all parts of a call have the same entries.
        for name in scoring.scorers if len(scoring.ensemble.pairs()) > 1 else ():
            self.spread[name] = self._placed(
                [(places, result.spread[name]) for places, result in found], copies
            )

    def _placed(
        self,
        found: Sequence[tuple[Sequence[tuple[int, int]], Any]],
        copies: Mapping[tuple[int, int], tuple[int, int]],
    ) -> Values:
        """Put the numbers of chunks in their rows; a repeated change has those of the first."""
        at = {place: k for k, place in enumerate(self.places)}
        values = self._empty(len(self.plan.tracks))
        for places, numbers in found:
            values[[at[place] for place in places]] = numbers
        values[[at[place] for place in copies]] = values[[at[first] for first in copies.values()]]
        return values

    def open_windows(self) -> None:
        """Find out what windows say of the rows, where nothing is scored."""
        opened = self.plan.opener(self.genome).open(list(self.norm.items()))
        self.scored.update(place for place, _ in self._kept(opened))
        self._add_places()

    def _add_places(self) -> None:
        """Give rows with several windows a place for each."""
        self.places = sorted([*self.places, *(place for place in self.windows if place[1])])

    def _empty(self, n_columns: int) -> Values:
        return np.full((len(self.places), n_columns), np.nan, np.float32)

    def _kept(self, opened: Iterable[Opened]) -> Iterable[tuple[tuple[int, int], AlleleWindow]]:
        """Note what the windows say of their rows, and pass on those that can be scored."""
        for one in opened:
            if one.window is None:
                self.refused[one.row] = one.refusal or ("outside_regions", "no window")
                continue
            place = (one.row, one.window_index)
            window = one.window
            self.windows[place] = (window.window.start, window.window.end, window.n_padded)
            for note in window.notes:
                self._note(note, place)
            yield place, window

    def score_own(self, name: str, scorer: PartScorer) -> None:
        """Compute a score that makes its own sequences, on the alleles as they are spelt."""
        if self.genome is None:
            raise OptionError(
                f"the score {name!r} reads the genome; give genome=.", option="genome", value=None
            )
        is_forced = self.table.note_bits >> NOTES.index("ref_forced") & 1
        for row in self.rows:
            if is_forced[row]:  # there is no window to write its REF into
                reason = f"the score {name!r} reads the genome, which has another REF"
                self.refused.setdefault(row, ("ref_mismatch", reason))
        alleles = [(row, self.spelt[row]) for row in self.rows if not is_forced[row]]
        found = score_parts(
            self.plan.model,
            scorer,
            alleles,
            self.genome,
            organism=self.plan.organism,
            run=self.plan.run,
        )
        first = {row: k for k, (row, index) in enumerate(self.places) if index == 0}
        values = self._empty(len(scorer.columns))
        for k, (row, _) in enumerate(self.places):
            if row in found.rows:
                values[k] = found.rows[row]
        self.scores[name] = values
        parts = [{**part, "row": first[int(str(part["row"]))]} for part in found.parts]
        self.parts[name] = parts_table(parts, scorer.columns)
        self.own_rows[name] = frozenset(found.rows)
        self.scored.update(place for place in self.places if place[0] in found.rows)
        for note, noted in ((note, set(rows)) for note, rows in found.notes.items()):
            for place in self.places:
                if place[0] in noted:
                    self._note(note, place)
        self.refused = {**found.refused, **self.refused}

    def result(self) -> VariantScores:
        """Put the rows together."""
        plan = self.plan
        rows = np.array([row for row, _ in self.places], np.int64)
        table = self.table if len(rows) == len(self.table) else self.table[rows]
        return VariantScores(
            variants=self._verdicts(table),
            scores={name: self.scores[name] for name in plan.order},
            tracks=plan.tracks,
            parts=self.parts,
            windows=self._windows(),
            own_columns={name: scorer.columns for name, scorer in plan.own.items()},
            provenance=plan.provenance(self.genome),
            spread={name: self.spread[name] for name in plan.order if name in self.spread},
        )

    def _verdicts(self, table: VariantTable) -> VariantTable:
        """Give the statuses and notes of the run.

        A row stays `ok` when at least one score was computed; else it takes the status of what
        refused it.
        """
        by_status: dict[str, dict[int, str]] = {}
        for k, (row, _) in enumerate(self.places):
            if row in self.refused and self.places[k] not in self.scored:
                status, reason = self.refused[row]
                by_status.setdefault(status, {})[k] = reason
        for k, reason in self._nonfinite().items():
            by_status.setdefault("nonfinite", {})[k] = reason
        for status, reasons in by_status.items():
            mask = np.zeros(len(table), np.bool_)
            mask[list(reasons)] = True
            table = table.with_status(mask, status, [reasons.get(k) for k in range(len(table))])
        for note, places in self.notes.items():
            # What is said of a row as a whole is said of each of its windows.
            whole = {row for row, index in places if (row, index) not in self.windows}
            mask = np.array([(row, i) in places or row in whole for row, i in self.places], bool)
            if note == "normalized":
                mask = np.array([(row, 0) in places for row, _ in self.places], bool)
            table = table.with_note(mask, note)
        return table

    def _windows(self) -> pl.DataFrame:
        columns: dict[str, list[Any]] = {name: [] for name in WINDOW_SCHEMA}
        for row, index in self.places:
            norm, window = self.norm.get(row), self.windows.get((row, index), (None,) * 3)
            columns["norm_pos"].append(norm and norm.pos)
            columns["norm_ref"].append(norm and norm.ref)
            columns["norm_alt"].append(norm and norm.alt)
            for name, value in zip(("window_start", "window_end", "n_padded"), window, strict=True):
                columns[name].append(value)
            columns["window_index"].append(index)
        return pl.DataFrame(columns, schema=dict(WINDOW_SCHEMA))

    def _note(self, note: str, place: tuple[int, int]) -> None:
        self.notes.setdefault(note, set()).add(place)

    def _nonfinite(self) -> dict[int, str]:
        """Find rows with a computed score that is NaN or Inf: output row -> reason."""
        found: dict[int, str] = {}
        in_window = [place in self.windows for place in self.places]
        for name, values in self.scores.items():
            rows = self.own_rows.get(name)
            took = in_window if rows is None else [row in rows for row, _ in self.places]
            bad = ~np.isfinite(values) & np.array(took, np.bool_)[:, None]
            for k in np.flatnonzero(bad.any(1)).tolist():
                column = int(bad[k].argmax())
                reason = f"the score {name!r} is {values[k, column]} in column {column}"
                found.setdefault(k, reason)
        return found


def window_alleles(
    plan: ScorePlan, genome: Genome | None, table: VariantTable
) -> tuple[VariantTable, list[tuple[int, Variant]]]:
    """Give the table as the plan takes it, and the alleles to open windows for, with their row."""
    if plan.ref_policy == "force":
        table = _forced(table)
    spelt = _variants(table, np.flatnonzero(table.is_ok).tolist())
    return table, list(_normalized(plan, genome, table, spelt).items())


def drop_bad(scores: VariantScores) -> tuple[VariantScores, dict[str, int]]:
    """Take the rows out that could not be scored, and count them by status."""
    counts = scores.variants.counts()
    counts.pop("ok", None)
    return (scores[scores.variants.is_ok] if counts else scores), counts


def raise_first_bad(table: VariantTable, source: str | None = None) -> None:
    """Raise `VariantError` for the first row that is not ok; nothing when all are."""
    bad = np.flatnonzero(~table.is_ok)
    if not len(bad):
        return
    row = table.table.row(int(bad[0]), named=True)
    where = f"{source}:{row['line']}" if source and row["line"] else f"record {row['record'] + 1}"
    raise VariantError(
        f"{where}: {row['chrom']}:{row['pos']} {row['ref']}>{row['alt']} is {row['status']}: "
        f"{row['reason']}. on_bad='flag' keeps going and marks such rows.",
        status=row["status"],
        path=source,
        line=row["line"],
    )


def _forced(table: VariantTable) -> VariantTable:
    """Take rows whose REF differs from the genome as they are, with the note `ref_forced`."""
    mask = (table.table["status"] == "ref_mismatch").to_numpy()
    if not mask.any():
        return table
    status = pl.Series(np.where(mask, "ok", table.table["status"].cast(pl.String).to_numpy()))
    frame = table.table.with_columns(
        status.cast(pl.Enum(STATUSES)).alias("status"),
        pl.when(pl.Series(mask)).then(None).otherwise(pl.col("reason")).alias("reason"),
    )
    return VariantTable(frame, table.note_bits).with_note(mask, "ref_forced")


def _variants(table: VariantTable, rows: Sequence[int]) -> Mapping[int, Variant]:
    """The alleles of rows that are ok, by row."""
    frame = table.table.select("chrom", "pos", "ref", "alt", "id")[list(rows)]
    return {
        row: Variant(chrom, pos, ref, alt, None if name == "." else name)
        for row, (chrom, pos, ref, alt, name) in zip(rows, frame.iter_rows(), strict=True)
    }


def _normalized(
    plan: ScorePlan, genome: Genome | None, table: VariantTable, spelt: Mapping[int, Variant]
) -> dict[int, Variant]:
    """The spelling that windows are placed by; a REF that is not in the genome cannot be moved."""
    if genome is None or not plan.is_normalized:
        return dict(spelt)
    is_forced = table.note_bits >> NOTES.index("ref_forced") & 1
    return {
        row: variant if is_forced[row] else normalized(genome, variant)
        for row, variant in spelt.items()
    }


def _distinct(
    kept: Iterable[tuple[tuple[int, int], AlleleWindow]],
    copies: dict[tuple[int, int], tuple[int, int]],
) -> Iterable[tuple[tuple[int, int], AlleleWindow]]:
    """Pass each change of a window on once, and enter the places that repeat it in `copies`.

    Equal changes have equal scores; run in another batch they could differ in their last bits.
    """
    seen: dict[tuple[object, ...], tuple[int, int]] = {}
    for place, window in kept:
        variant = window.variant
        first = seen.setdefault((window.window, variant.pos, variant.ref, variant.alt), place)
        if first == place:
            yield place, window
        else:
            copies[place] = first


def _reads_context(scorer: object) -> bool:
    """Whether a score is told which allele it sees, and may tell equal changes apart."""
    return isinstance(scorer, CustomScore) and scorer.form.context is not None


def _chunks(items: Iterable[Any], size: int) -> Iterable[list[Any]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk
