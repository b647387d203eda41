"""Verdicts that need a genome: is there such a contig, does the allele lie on it, is REF there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from locuscope.errors import AssemblyMismatchError, MissingContigError, OutOfBoundsError
from locuscope.genome.alleles import judge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from locuscope.genome.reference import Genome

_BLOCK_BP = 1 << 20
_MAX_MISMATCHED = 0.2
_MAX_MISSING = 0.9
_MIN_COMPARABLE = 50


@dataclass
class Findings:
    """What a genome says about the rows of a table; rows not mentioned are as they were.

    `status` and `reason` belong to rows by index; `aliased` are rows whose contig goes by another
    name there, `swapped` mismatched rows whose ALT is what the genome has. `records` are the
    numbers by which reasons call rows without a line.
    """

    records: pl.Series
    status: dict[int, str] = field(default_factory=dict)
    reason: dict[int, str | None] = field(default_factory=dict)
    aliased: list[int] = field(default_factory=list)
    swapped: list[int] = field(default_factory=list)
    aliases: dict[str, str] = field(default_factory=dict)

    def blame(self, row: int, status: str, line: int | None, column: int, why: str) -> None:
        """Note the fault of one row."""
        here = f"row {self.records[row] + 1}"
        place = here if line is None else f"line {line}, column {column}"
        self.status[row] = status
        self.reason[row] = f"{place}: {why}"


def find_faults(frame: pl.DataFrame, genome: Genome) -> Findings:
    """Check the alleles of a variant table that are ok so far.

    Rows that are malformed only because nothing named their contig (`HLA-A*01:01`) are judged
    again when the genome has exactly that name.
    """
    findings = Findings(frame["record"])
    frame = frame.with_row_index("row")
    _reconsider(frame, genome, findings)
    again = [row for row, status in findings.status.items() if status == "ok"]
    here = frame.filter((pl.col("status") == "ok") | pl.col("row").is_in(again))
    for rows in here.partition_by("chrom", maintain_order=True):
        chrom = str(rows["chrom"][0])
        try:
            contig = genome.resolve(chrom)
        except MissingContigError as error:
            for row, line in rows.select("row", "line").iter_rows():
                findings.blame(row, "contig_missing", line, 1, str(error))
            continue
        if contig != chrom:
            findings.aliases[chrom] = contig
            findings.aliased.extend(rows["row"].to_list())
        _check_contig(rows, genome, contig, findings)
    return findings


def _reconsider(frame: pl.DataFrame, genome: Genome, findings: Findings) -> None:
    contigs = genome.lengths
    doubtful = frame.filter(
        (pl.col("status") == "malformed")
        & pl.col("chrom").str.contains(r"[:*]")
        & pl.col("pos").is_not_null()
    )
    asked = ("row", "line", "chrom", "pos", "ref", "alt")
    for row, line, chrom, pos, ref, alt in doubtful.select(asked).iter_rows():
        if chrom not in contigs:
            continue
        verdict = judge(chrom, str(pos), ref, alt, contigs)
        if verdict.status == "ok":
            findings.status[row], findings.reason[row] = "ok", None
        else:
            findings.blame(row, verdict.status, line, verdict.column, verdict.why)


def _check_contig(rows: pl.DataFrame, genome: Genome, contig: str, findings: Findings) -> None:
    """Check the rows of one contig, blocks of neighbours together."""
    start = rows["pos"].to_numpy() - 1
    end = start + rows["ref"].str.len_bytes().to_numpy().astype(np.int64)
    held = np.zeros(len(rows), np.bool_)
    for part in genome.available(contig):
        inside = (start >= part.start) & (end <= part.end) & ~held
        held |= inside
        for block in _blocks(np.flatnonzero(inside), start):
            low, high = int(start[block].min()), int(end[block].max())
            _compare(rows[block], genome.fetch(contig, low, high), low, genome, findings)
    for k in np.flatnonzero(~held).tolist():
        row, line = rows["row"][k], rows["line"][k]
        try:
            bases = genome.fetch(contig, int(start[k]), int(end[k]))
        except OutOfBoundsError as error:
            findings.blame(row, "off_edge", line, 2, str(error))
        else:
            _compare(rows[[k]], bases, int(start[k]), genome, findings)


def _blocks(rows: NDArray[np.int64], start: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Rows grouped so that the starts of a group lie within one block of bases."""
    ordered = rows[np.argsort(start[rows], kind="stable")]
    starts = start[ordered]
    first = 0
    while first < len(ordered):
        last = int(np.searchsorted(starts, starts[first] + _BLOCK_BP))
        yield ordered[first:last]
        first = last


def _compare(rows: pl.DataFrame, bases: str, low: int, genome: Genome, findings: Findings) -> None:
    """Compare REF of each row with `bases`, which begin at position `low`."""
    sequence = np.frombuffer(bases.encode("ascii"), np.uint8)
    widths = rows["ref"].str.len_bytes().to_numpy().astype(np.int64)
    first = rows["pos"].to_numpy() - 1 - low
    offsets = np.cumsum(widths) - widths
    letters = np.frombuffer("".join(rows["ref"].to_list()).encode("ascii"), np.uint8)
    at = np.arange(len(letters)) + np.repeat(first - offsets, widths)
    differs = np.logical_or.reduceat(sequence[at] != letters, offsets)
    wrong = rows.filter(pl.Series(differs))
    named = f"{genome.name} ({genome.assembly or 'unknown assembly'})"
    for row, line, chrom, pos, ref, alt in wrong.select(
        "row", "line", "chrom", "pos", "ref", "alt"
    ).iter_rows():
        found = bases[pos - 1 - low : pos - 1 - low + len(ref)]
        why = f"REF is {_short(ref)} but {named} has {_short(found)} at {chrom}:{pos:,}"
        findings.blame(row, "ref_mismatch", line, 4, why)
        if found == alt:
            findings.swapped.append(row)


def _short(allele: str) -> str:
    return repr(allele) if len(allele) <= 20 else f"{allele[:20]!r}... ({len(allele):,} bases)"


def stop_on_mass_failure(frame: pl.DataFrame, genome: Genome) -> None:
    """Refuse a table most of which does not fit the genome.

    Args:
        frame: checked rows of a variant table, usually the first thousand.
        genome: what they were checked against, for the message.

    Raises:
        AssemblyMismatchError: more than 20 % of at least 50 comparable rows are `ref_mismatch`, or
            more than 90 % of all are `contig_missing`.
    """
    status = frame["status"].cast(pl.String)
    n_missing = int((status == "contig_missing").sum())
    n_mismatched = int((status == "ref_mismatch").sum())
    n_comparable = n_mismatched + int((status == "ok").sum())
    if n_missing > _MAX_MISSING * len(frame) and len(frame) >= _MIN_COMPARABLE:
        n_bad, what, cause = n_missing, "contig_missing", "its contigs have other names"
    elif n_comparable >= _MIN_COMPARABLE and n_mismatched > _MAX_MISMATCHED * n_comparable:
        n_bad, what = n_mismatched, "ref_mismatch"
        cause = "the file uses another assembly or 0-based positions"
    else:
        return
    example = frame.filter(status == what)["reason"][0]
    raise AssemblyMismatchError(
        f"{n_bad:,} of the first {len(frame):,} alleles are {what} with {genome.name} "
        f"({genome.assembly or 'unknown assembly'}), for example {example}. Probably {cause};",
        hint="check_assembly=False goes on all the same.",
        checked=len(frame),
        mismatched=n_mismatched,
        missing=n_missing,
    )
