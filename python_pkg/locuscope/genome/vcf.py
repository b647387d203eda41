"""The VCF door: `read_vcf` gives one verdict per allele, in pieces of bounded size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from locuscope.errors import OptionError
from locuscope.genome.variant_table import VariantTable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike

    from locuscope.genome.reference import Genome

__all__ = ["VariantTable", "read_vcf"]


def read_vcf(
    path: str | PathLike[str], *, genome: Genome | None = None, chunk_rows: int = 65_536
) -> Iterator[VariantTable]:
    """Read the alleles of a VCF, good and bad, in file order.

    Plain, gzip and bgzip files are told apart by their content. Only CHROM, POS, ID, REF and ALT
    are interpreted: damage elsewhere loses nothing. A broken row stays, with a status and a reason
    that names line and column.

    Args:
        path: a VCF file, or `-` for standard input.
        genome: gives the statuses that need one (`contig_missing`, `off_edge`, `ref_mismatch`);
            `VariantTable.check` gives them later.
        chunk_rows: records per table; it changes nothing else.

    Yields:
        VariantTable of at most `chunk_rows` records; one empty table for a file without records.

    Raises:
        FormatError: empty file, no `#CHROM` line, a truncated or damaged archive, BCF, UTF-16.
        MissingFileError, InputError: no such file; a folder or an unreadable file.
        InputChangedError: the file changed while it was read.
    """
    if isinstance(chunk_rows, bool) or int(chunk_rows) != chunk_rows or chunk_rows < 1:
        raise OptionError(
            f"chunk_rows is {chunk_rows!r}; a whole number of at least 1 is needed.",
            option="chunk_rows",
            value=chunk_rows,
        )
    return VariantTable.read_chunks(path, genome=genome, chunk_rows=int(chunk_rows))
