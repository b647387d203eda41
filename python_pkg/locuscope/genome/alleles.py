"""Verdicts on alleles: the closed list of statuses, and the rule that gives an allele its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from locuscope.genome.variant import allele_fault

if TYPE_CHECKING:
    from collections.abc import Collection

STATUSES: tuple[str, ...] = (
    "ok",
    "ref_mismatch",
    "contig_missing",
    "off_edge",
    "symbolic",
    "star",
    "breakend",
    "missing_alt",
    "non_acgtn",
    "ref_equals_alt",
    "too_long",
    "nonfinite",
    "malformed",
    "outside_regions",
)
"""Every verdict a row can carry, in the order in which they are stored."""

NOTES: tuple[str, ...] = (
    "duplicate",
    "n_in_window",
    "padded",
    "contig_alias",
    "ref_forced",
    "alt_matches_genome",
    "unaligned_bins",
    "normalized",
    "removes_site",
)
"""Words that a row can carry beside its status, in the order of their bits."""

MAX_POSITION = 2**31 - 1
_DIGITS = re.compile(r"[0-9]+")
_SPACE = re.compile(r"\s")


class Verdict(NamedTuple):
    """Status of one allele; for a bad one the 1-based column at fault and why, in words."""

    status: str
    column: int
    why: str


def contig_fault(chrom: str, contigs: Collection[str] = ()) -> str | None:
    """Why a text cannot be a contig name in a row, or None.

    Args:
        chrom: the text.
        contigs: names of the genome or of `##contig` lines. A name with `:` or `*`, as HLA
            contigs have, is legal only when it is one of them.

    >>> contig_fault("chr 1"), contig_fault("20")
    ("CHROM 'chr 1' holds white space", None)
    """
    shown = chrom[:40]
    if not chrom:
        return "CHROM is empty"
    if _SPACE.search(chrom):
        return f"CHROM {shown!r} holds white space"
    if any(letter in chrom for letter in ",<>") or len(chrom) > 255:
        return f"CHROM {shown!r} is no contig name"
    if any(letter in chrom for letter in ":*") and chrom not in contigs:
        return f"CHROM {shown!r} is no contig that the header or the genome names"
    return None


def position_fault(pos: str) -> str | None:
    """Why a text is no 1-based position, or None."""
    if not _DIGITS.fullmatch(pos):
        return f"POS {pos[:40]!r} is no whole number"
    if not 1 <= len(pos) <= 19 or not 1 <= int(pos) <= MAX_POSITION:
        return f"POS {pos[:40]!r} is outside 1 to {MAX_POSITION:,}"
    return None


def judge(chrom: str, pos: str, ref: str, alt: str, contigs: Collection[str] = ()) -> Verdict:
    """The verdict on one allele that needs no genome; the first rule that applies wins.

    `malformed` comes before what is no sequence (`missing_alt`, `star`, `symbolic`, `breakend`),
    then `non_acgtn`, then `ref_equals_alt`.

    >>> judge("20", "100", "A", "<DEL>").status, judge("20", "0", "A", "T").why
    ('symbolic', "POS '0' is outside 1 to 2,147,483,647")
    """
    for column, fault in ((1, contig_fault(chrom, contigs)), (2, position_fault(pos))):
        if fault is not None:
            return Verdict("malformed", column, fault)
    ref_verdict = _judge_allele(ref, 4)
    alt_verdict = _judge_allele(alt, 5)
    faults = [verdict for verdict in (ref_verdict, alt_verdict) if verdict.status != "ok"]
    for rank in (("malformed",), ("missing_alt", "star", "symbolic", "breakend"), ("non_acgtn",)):
        for verdict in faults:
            if verdict.status in rank:
                return verdict
    if ref.upper() == alt.upper():
        return Verdict("ref_equals_alt", 5, f"ALT {alt[:40]!r} equals REF")
    return Verdict("ok", 0, "")


_PLAIN = frozenset("ACGTacgt")


def _judge_allele(allele: str, column: int) -> Verdict:
    if allele and _PLAIN.issuperset(allele):
        return Verdict("ok", 0, "")
    status, why = allele_fault(allele, is_ref=column == 4)
    return Verdict(status, column, f"{'REF' if column == 4 else 'ALT'} {allele[:40]!r}: {why}")
