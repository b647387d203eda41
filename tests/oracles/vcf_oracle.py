"""Slow twin of `genome/vcf.py`: a VCF read line by line, one allele after the other."""

from __future__ import annotations

import re
from pathlib import Path

Row = tuple[int, int, int, int, str, int | None, str, str, str, str]


def read(path: str | Path, contigs: frozenset[str] = frozenset()) -> list[Row]:
    """Rows (line, record, alt_index, n_alts, chrom, pos, id, ref, alt, status) of a plain file."""
    rows: list[Row] = []
    record = 0
    text = Path(path).read_bytes().decode("utf-8", errors="backslashreplace")
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.removesuffix("\r")
        if not line or line.startswith("#"):
            continue
        fields = line.split("\t")[:5]
        is_short = len(fields) < 5
        chrom, pos, name, ref, alts = fields + [""] * (5 - len(fields))
        for index, alt in enumerate(alts.split(","), 1):
            status = "malformed" if is_short else judge(chrom, pos, ref, alt, contigs)
            place = int(pos) if is_position(pos) else None
            n_alts = len(alts.split(","))
            rows.append(
                (number, record, index, n_alts, chrom, place, name, upper(ref), upper(alt), status)
            )
        record += 1
    return rows


def upper(allele: str) -> str:
    """Bases in upper case, anything else as it is."""
    return allele.upper() if re.fullmatch("[A-Za-z]+", allele) else allele


def is_position(text: str) -> bool:
    """Whether a text is a whole number from 1 to 2^31 - 1."""
    return bool(re.fullmatch("[0-9]{1,19}", text)) and 1 <= int(text) <= 2**31 - 1


def judge(chrom: str, pos: str, ref: str, alt: str, contigs: frozenset[str]) -> str:
    """The status of one allele, by the table of statuses from its top to its end."""
    letters = "[A-Za-z]+"
    mate = r"(\[\S+:\d+\[|\]\S+:\d+\])"
    is_symbolic = bool(re.fullmatch(r"<[^<>\s,]+>", alt))
    breakends = (letters + mate, mate + letters, rf"\.{letters}", rf"{letters}\.")
    is_breakend = any(re.fullmatch(form, alt) for form in breakends)
    is_plain = bool(re.fullmatch(letters, alt))
    if not chrom or re.search(r"[\s,<>]", chrom) or not is_position(pos):
        return "malformed"
    if re.search("[:*]", chrom) and chrom not in contigs:
        return "malformed"
    if not re.fullmatch(letters, ref):
        return "malformed"
    if not (alt in (".", "*") or is_symbolic or is_breakend or is_plain):
        return "malformed"
    if alt == ".":
        return "missing_alt"
    if alt == "*":
        return "star"
    if is_symbolic:
        return "symbolic"
    if is_breakend:
        return "breakend"
    if not re.fullmatch("[ACGTacgt]+", ref) or not re.fullmatch("[ACGTacgt]+", alt):
        return "non_acgtn"
    return "ref_equals_alt" if ref.upper() == alt.upper() else "ok"
