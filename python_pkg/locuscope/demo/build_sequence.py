"""Build the sequence slice: GRCh37 20:990,001-4,010,000 as plain FASTA with its index."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from locuscope.errors import FormatError

if TYPE_CHECKING:
    from .build_sources import Cache

CHROM = "20"
CHROM_LENGTH = 63_025_520
SLICE_START = 990_000
SLICE_END = 4_010_000
SLICE_RECORD = f"{CHROM}:{SLICE_START + 1}-{SLICE_END}"
LINE_BP = 60

CHROM_MD5 = "0dec9660ec1efaaf33281c0d5ea2560f"
SLICE_MD5 = "540bd5f81ac99355d6b87d60eceef992"
SLICE_COUNTS = {"A": 820_875, "C": 688_378, "G": 686_649, "T": 824_098}


@dataclass(frozen=True)
class Sequence:
    """The whole chromosome (for checks at build time) and the slice that is shipped."""

    chromosome: str

    @property
    def slice(self) -> str:
        """Bases of the slice."""
        return self.chromosome[SLICE_START:SLICE_END]


def read_sequence(cache: Cache) -> Sequence:
    """Read and check the chromosome of the pinned package.

    Raises:
        FormatError: another length, hash or base count than the recipe states.
    """
    text = cache.read("polars_bio", "tests/data/io/cram/external_ref/chr20.fa").decode("ascii")
    header, _, body = text.partition("\n")
    chromosome = body.replace("\n", "").upper()
    if not header.startswith(">") or ">" in chromosome or len(chromosome) != CHROM_LENGTH:
        message = (
            f"chr20.fa: expected one record of {CHROM_LENGTH:,} bases, "
            f"found header {header[:40]!r} and {len(chromosome):,} characters."
        )
        raise FormatError(message)
    sequence = Sequence(chromosome)
    _expect("md5 of chromosome 20", _md5(chromosome), CHROM_MD5)
    _expect("md5 of the slice", _md5(sequence.slice), SLICE_MD5)
    _expect("bases of the slice", dict(Counter(sequence.slice)), SLICE_COUNTS)
    return sequence


def fasta_text(record: str, bases: str, line_bp: int = LINE_BP) -> str:
    r"""Lay out one record in lines of equal length.

    >>> fasta_text("x", "ACGTA", line_bp=4)
    '>x\nACGT\nA\n'
    """
    lines = [bases[at : at + line_bp] for at in range(0, len(bases), line_bp)]
    return "\n".join([f">{record}", *lines, ""])


def fai_text(record: str, length_bp: int, line_bp: int = LINE_BP) -> str:
    r"""Index line of a single-record FASTA laid out by `fasta_text`.

    >>> fai_text("x", 5, line_bp=4)
    'x\t5\t3\t4\t5\n'
    """
    return f"{record}\t{length_bp}\t{len(record) + 2}\t{line_bp}\t{line_bp + 1}\n"


def build_sequence(cache: Cache) -> dict[str, bytes]:
    """Make `chr20_slice.fa` and its index."""
    bases = read_sequence(cache).slice
    return {
        "chr20_slice.fa": fasta_text(SLICE_RECORD, bases).encode("ascii"),
        "chr20_slice.fa.fai": fai_text(SLICE_RECORD, len(bases)).encode("ascii"),
    }


def _md5(text: str) -> str:
    return hashlib.md5(text.encode("ascii"), usedforsecurity=False).hexdigest()


def _expect(what: str, found: object, expected: object) -> None:
    if found != expected:
        message = f"{what}: found {found}, the recipe states {expected}."
        raise FormatError(message)
