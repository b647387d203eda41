"""A row as published writers and functions see it: one allele with the names of a VCF's columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from locuscope.errors import WrongTypeError
from locuscope.genome.variant import Variant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from locuscope.genome.variant_table import VariantTable


@dataclass(frozen=True)
class Record:
    """One allele of a VCF.

    Args:
        CHROM: contig as the file spells it; None where the file has none.
        POS: 1-based; None where the file has no whole number.
        ID: as in the file, "." for none.
        REF: reference allele.
        ALT: the one alternative allele, in a list as published.
    """

    CHROM: str | None
    POS: int | None
    ID: str
    REF: str | None
    ALT: list[str]


def records_of(variants: VariantTable) -> list[Record]:
    """Give a record for each row."""
    columns = ("chrom", "pos", "id", "ref", "alt")
    return [
        Record(chrom, pos, name or ".", ref, [alt or "."])
        for chrom, pos, name, ref, alt in variants.table.select(columns).iter_rows()
    ]


def default_vcf_id_gen(vcf_record: Record, id_delim: str = ":") -> str:
    """Name a row by its change, `chrom:pos:ref:['alt']`, as published.

    >>> default_vcf_id_gen(Record("20", 5, ".", "G", ["A"]))
    "20:5:G:['A']"
    """
    alleles = str([str(allele) for allele in vcf_record.ALT])
    return id_delim.join((str(vcf_record.CHROM), str(vcf_record.POS), str(vcf_record.REF), alleles))


def variant_of(record: object) -> Variant:
    """Take a record of any VCF reader, or a Variant, as a Variant of its first ALT.

    Raises:
        WrongTypeError: neither.
    """
    if isinstance(record, Variant):
        return record
    try:
        chrom, pos, ref = (getattr(record, name) for name in ("CHROM", "POS", "REF"))
        alts: list[object] = list(record.ALT)  # type: ignore[attr-defined]
        return Variant(str(chrom), int(pos), str(ref), str(alts[0]))
    except (AttributeError, TypeError, IndexError) as error:
        raise WrongTypeError(
            f"a record has CHROM, POS, REF and ALT; got {record!r}.",
            argument="variant_record",
            found=type(record).__name__,
            expected="record or Variant",
        ) from error


def chunks(n_rows: int, size: int) -> Iterator[slice]:
    """Cut rows into consecutive slices of a size."""
    for first in range(0, n_rows, size):
        yield slice(first, min(first + size, n_rows))
