"""What gene readers hand over: rows of genes, transcripts, exons and coding parts, and faults."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from locuscope.errors import DataWarning, FormatError

if TYPE_CHECKING:
    from os import PathLike


@dataclass
class Faults:
    """Collects what is wrong with a gene file: raises at once, or remembers what to leave out.

    Args:
        path: the file, for messages.
        on_bad: "raise" or "skip".
    """

    path: str | PathLike[str]
    on_bad: str
    transcripts: set[tuple[str, str]] = field(default_factory=set)
    n_lines: int = 0

    def report(self, line: int | None, why: str, transcript: tuple[str, str] | None = None) -> None:
        """Note a fault of a line; with a transcript (id, chrom) that one is left out.

        Raises:
            FormatError: unless bad rows are skipped.
        """
        if self.on_bad == "raise":
            place = f"{self.path}:{line}" if line is not None else str(self.path)
            raise FormatError(
                f"{place}: {why}.",
                hint="on_bad='skip' leaves the transcript out.",
                path=self.path,
                line=line,
            )
        if transcript is None:
            self.n_lines += 1
        else:
            self.transcripts.add(transcript)

    def say(self) -> None:
        """Warn once of what was left out."""
        if self.transcripts or self.n_lines:
            warnings.warn(
                f"{self.path}: {len(self.transcripts):,} transcripts and {self.n_lines:,} single "
                "lines are broken and left out.",
                DataWarning,
                stacklevel=4,
            )


@dataclass
class GeneRows:
    """Rows as plain tuples; places are 0-based half-open, `line` is None outside files.

    genes: gene_id, gene_name, gene_type, chrom, start, end, strand, line.
    transcripts: transcript_id, gene_id, chrom, start, end, strand, tags, line.
    exons: exon_id, transcript_id, gene_id, chrom, start, end, strand, line.
    cds: transcript_id, gene_id, chrom, start, end, strand, line; stop codons are rows of their own.
    names: gene_id -> (gene_name, gene_type) met on any row, for files without gene rows.
    """

    genes: list[tuple[object, ...]] = field(default_factory=list)
    transcripts: list[tuple[object, ...]] = field(default_factory=list)
    exons: list[tuple[object, ...]] = field(default_factory=list)
    cds: list[tuple[object, ...]] = field(default_factory=list)
    names: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)

    def name(self, gene_id: str, gene_name: str | None, gene_type: str | None) -> None:
        """Remember a gene's name and type; what is known already stays."""
        known = self.names.get(gene_id, (None, None))
        if None in known:
            self.names[gene_id] = (known[0] or gene_name, known[1] or gene_type)


def place(fields: list[str]) -> tuple[str, int, int, str] | str:
    """Contig, start, end and strand of a GTF or GFF3 line, or what is wrong with them."""
    chrom, start, end, strand = fields[0], fields[3], fields[4], fields[6]
    if not chrom:
        return "the contig is empty"
    for text in (start, end):
        if not (text.isascii() and text.isdecimal()) or not 1 <= int(text[:11]) <= 2**31 - 1:
            return f"{text[:40]!r} is no 1-based position"
    if int(start) > int(end):
        return f"start {start} is right of end {end}"
    if strand not in ("+", "-", ".", "?"):
        return f"strand {strand[:40]!r} is none of '+', '-', '.', '?'"
    return chrom, int(start) - 1, int(end), "." if strand == "?" else strand
