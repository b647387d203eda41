"""What `where` of a mutation map means: intervals, or variants with a window round each."""

from __future__ import annotations

import gzip
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locuscope.errors import InputError, OptionError, WrongTypeError
from locuscope.genome.caller import warn_caller
from locuscope.genome.interval import Interval
from locuscope.genome.regions import RegionTable, read_bed
from locuscope.genome.variant import Variant
from locuscope.genome.variant_table import VariantTable
from locuscope.store import missing_file

if TYPE_CHECKING:
    from locuscope.genome.reference import Genome

VCF_SUFFIXES = (".vcf", ".vcf.gz", ".vcf.bgz", ".bcf")
BED_SUFFIXES = (".bed", ".bed.gz", ".narrowPeak", ".broadPeak", ".bedGraph")


@dataclass(frozen=True, eq=False)
class Places:
    """The places of a call, of one kind.

    Args:
        intervals: what to change; empty where variants were given.
        variants: what to centre windows on; None where intervals were given.
        is_one: a single interval was given, whose answer is one map.
    """

    intervals: tuple[Interval, ...] = ()
    variants: VariantTable | None = None
    is_one: bool = False


def read_places(where: object, genome: Genome | None, *, may_overhang: bool) -> Places:
    """Read `where` in any form.

    Args:
        where: an Interval or its text, a list of them, a BED path, a RegionTable; or a VCF path, a
            VariantTable, variants; or a frame of either kind.
        genome: checks contigs and ends; its bases are compared with REF.
        may_overhang: whether an interval may reach past the end of its contig.

    Raises:
        OptionError: intervals and variants together.
        OutOfBoundsError: an interval leaves its contig.
        WrongTypeError: something else.
    """
    if isinstance(where, Interval):
        return Places(_known([where], genome, may_overhang=may_overhang), is_one=True)
    if isinstance(where, (str, os.PathLike)):
        return _of_text(where, genome, may_overhang=may_overhang)
    if isinstance(where, RegionTable):
        return Places(_known(list(where), genome, may_overhang=may_overhang))
    if isinstance(where, (Variant, VariantTable)) or _has_alleles(where):
        return Places(variants=read_alleles(where, genome))
    if hasattr(where, "columns"):
        return Places(_known(list(read_bed(where)), genome, may_overhang=may_overhang))
    if isinstance(where, Sequence) and len(where):
        return _of_list(where, genome, may_overhang=may_overhang)
    raise _refusal(where)


def read_alleles(variants: object, genome: Genome | None) -> VariantTable:
    """Read variants in any form, checked against a genome where there is one.

    Raises:
        WrongTypeError: something else.
    """
    if isinstance(variants, (str, os.PathLike)):
        return VariantTable.read(variants, genome=genome)
    if isinstance(variants, VariantTable):
        table = variants
    elif isinstance(variants, Variant):
        table = VariantTable.from_variants([variants])
    elif hasattr(variants, "columns"):
        table = VariantTable.from_frame(variants)
    elif isinstance(variants, Sequence):
        table = VariantTable.from_variants(variants)
    else:
        raise WrongTypeError(
            f"variants are a VCF path, a VariantTable, a list of Variant or a frame with chrom, "
            f"pos, ref, alt; got {type(variants).__name__}.",
            argument="variants",
            found=type(variants).__name__,
            expected="path, VariantTable, list of Variant, frame",
        )
    return table if genome is None else table.check(genome)


def _of_text(where: str | os.PathLike[str], genome: Genome | None, *, may_overhang: bool) -> Places:
    """Read a file, told apart by its name, else by its first bytes; or the text of a place."""
    if os.fspath(where) == "-":
        return Places(variants=read_alleles(where, genome))
    path = Path(where)
    if not path.is_file():
        if isinstance(where, str) and ":" in where and not where.endswith(VCF_SUFFIXES):
            place = Interval.parse(where, genome=genome)
            return Places(_known([place], genome, may_overhang=may_overhang), is_one=True)
        raise missing_file(path)
    if is_vcf(path):
        return Places(variants=read_alleles(where, genome))
    return Places(_known(list(read_bed(path)), genome, may_overhang=may_overhang))


def is_vcf(path: Path) -> bool:
    """Whether a file is a VCF or BCF: by its name, else by its first bytes."""
    if path.name.endswith(VCF_SUFFIXES):
        return True
    if path.name.endswith(BED_SUFFIXES):
        return False
    with path.open("rb") as file:
        head = file.read(2)
    if head == b"\x1f\x8b":
        with gzip.open(path) as file:
            head = file.read(64)
    else:
        head = path.read_bytes()[:64]
    return head.startswith((b"##fileformat=VCF", b"#CHROM", b"\xef\xbb\xbf##fileformat", b"BCF"))


def _of_list(where: Sequence[Any], genome: Genome | None, *, may_overhang: bool) -> Places:
    listed = list(where)
    if all(isinstance(item, Variant) for item in listed):
        return Places(variants=read_alleles(listed, genome))
    if any(isinstance(item, (Variant, VariantTable)) for item in listed) or _kinds(listed) > 1:
        raise OptionError(
            "where holds regions and variants together; a map is asked for by one of them. Draw "
            "variants on regions with annotate=.",
            option="where",
            value=[repr(item)[:40] for item in listed[:5]],
        )
    if all(isinstance(item, (str, os.PathLike)) and _is_file(item) for item in listed):
        if len(listed) == 1:
            return _of_text(listed[0], genome, may_overhang=may_overhang)
        raise OptionError(
            f"where takes one file per call; got {len(listed)}.",
            option="where",
            value=[os.fspath(item) for item in listed[:5]],
        )
    places = [
        Interval.parse(item, genome=genome) if isinstance(item, str) else item for item in listed
    ]
    odd = [item for item in places if not isinstance(item, Interval)]
    if odd:
        raise _refusal(odd[0])
    return Places(_known(places, genome, may_overhang=may_overhang))


def _kinds(listed: Sequence[Any]) -> int:
    """Count kinds among the files of a list: VCF, and everything else."""
    files = [Path(item) for item in listed if isinstance(item, (str, os.PathLike))]
    vcf = sum(is_vcf(path) for path in files if path.is_file())
    return int(vcf > 0) + int(vcf < len(listed))


def _is_file(item: str | os.PathLike[str]) -> bool:
    return Path(item).is_file() or not (isinstance(item, str) and ":" in item)


def _has_alleles(where: object) -> bool:
    columns = getattr(where, "columns", ())
    return "ref" in columns and "alt" in columns


def _known(
    intervals: Sequence[Interval], genome: Genome | None, *, may_overhang: bool
) -> tuple[Interval, ...]:
    """Check that a genome has the bases of some intervals."""
    if genome is None:
        return tuple(intervals)
    aliases = {
        place.chrom: contig
        for place in intervals
        if (contig := genome.resolve(place.chrom)) != place.chrom
    }
    for chrom, contig in aliases.items():
        warn_caller(f"contig {chrom!r} is read as {contig!r} of {genome.name}.")
    for place in intervals:
        fault = genome.check(place, pad=may_overhang)
        if fault is not None:
            raise fault
    return tuple(intervals)


def _refusal(where: object) -> InputError:
    return WrongTypeError(
        "where takes an Interval or a place as text, a list of them, a BED path, or variants (VCF "
        f"path, VariantTable, list of Variant, frame); got {repr(where)[:60]}.",
        argument="where",
        found=type(where).__name__,
        expected="Interval, BED, VCF or variants",
    )
