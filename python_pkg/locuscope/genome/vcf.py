"""The VCF door: `read_vcf` gives one verdict per allele, in pieces of bounded size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from locuscope.errors import OptionError
from locuscope.genome.variant_parts import VariantSource, stream_parts
from locuscope.genome.variant_table import VariantTable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from os import PathLike

    from locuscope.genome.interval import Interval
    from locuscope.genome.reference import Genome
    from locuscope.genome.regions import RegionTable

    Regions = str | PathLike[str] | Interval | Sequence[str | Interval] | RegionTable

__all__ = ["VariantSource", "VariantTable", "read_vcf", "stream_parts"]


def read_vcf(
    path: str | PathLike[str],
    *,
    genome: Genome | None = None,
    regions: Regions | None = None,
    chunk_rows: int = 65_536,
) -> Iterator[VariantTable]:
    """Read the alleles of a VCF or BCF, good and bad, in file order.

    Plain, gzip, bgzip and BCF files are told apart by their content. Only CHROM, POS, ID, REF and
    ALT are interpreted: damage elsewhere loses nothing. A broken row stays, with a status and a
    reason that names line and column.

    Args:
        path: a VCF file, or `-` for standard input; a BCF file where pysam is installed.
        genome: gives the statuses that need one (`contig_missing`, `off_edge`, `ref_mismatch`);
            `VariantTable.check` gives them later.
        regions: keep only records whose REF shares a base with one of them, in file order, numbered
            from 0: an Interval, `20:1,000-2,000`, a list of these, a BED file or RegionTable. A row
            without a readable position is in no region. With a `.tbi` or `.csi` beside a bgzip file
            (and pysam) only that part is read; the same rows then have no line number.
        chunk_rows: records per table; it changes nothing else.

    Yields:
        VariantTable of at most `chunk_rows` records; one empty table for a file without records.
        Records of a BCF have no line.

    Raises:
        FormatError: empty file, no `#CHROM` line, a truncated or damaged archive, UTF-16.
        MissingFileError, InputError: no such file; a folder or an unreadable file.
        InputChangedError: the file changed while it was read.
        MissingExtraError: a BCF, and pysam is not installed.
    """
    if isinstance(chunk_rows, bool) or int(chunk_rows) != chunk_rows or chunk_rows < 1:
        raise OptionError(
            f"chunk_rows is {chunk_rows!r}; a whole number of at least 1 is needed.",
            option="chunk_rows",
            value=chunk_rows,
        )
    return VariantTable.read_chunks(
        path, genome=genome, regions=regions, chunk_rows=int(chunk_rows)
    )
