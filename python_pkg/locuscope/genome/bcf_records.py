"""Records of a BCF, the binary form of VCF, as the texts that a VCF would have; through pysam."""

from __future__ import annotations

import zlib
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import polars as pl

from locuscope.errors import FormatError, MissingExtraError, shown_path
from locuscope.genome.handles import check_unchanged, stamp
from locuscope.genome.text_blocks import refuse_cut
from locuscope.genome.vcf_lines import Header, Lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike

    from locuscope.genome.text_blocks import Hasher

Row: TypeAlias = tuple[str, str, str, str, str]

_REFUSALS = (OSError, ValueError, LookupError, NotImplementedError)  # what pysam raises
_MAGIC = b"BCF\x02"
_PIECE_RECORDS = 8_192


def is_bcf(path: str | PathLike[str]) -> bool:
    """Whether a file is a BCF, packed or not, by its first bytes; never a pipe."""
    if str(path) == "-" or not Path(path).is_file():
        return False
    try:
        with Path(path).open("rb") as file:
            head = file.read(1 << 16)
    except OSError:
        return False
    if head.startswith(b"\x1f\x8b"):
        try:
            head = zlib.decompressobj(wbits=31).decompress(head, 16)
        except zlib.error:
            return False
    return head.startswith(_MAGIC)


def read_bcf(
    path: str | PathLike[str], *, hasher: Hasher | None = None
) -> tuple[Header, Iterator[Lines]]:
    """Open a BCF; its records have no lines, `Lines.line` numbers them from 1.

    Raises:
        MissingExtraError: pysam is not installed.
        FormatError: no readable header, or a cut file; reading on raises it for damaged records.
        InputChangedError: reading on: the file changed.
    """
    try:
        import pysam
    except ImportError as error:
        raise MissingExtraError(
            f"{shown_path(path)} is BCF; reading it needs pysam:",
            hint="pip install 'locuscope[io]', or convert the file with `bcftools view -Oz`.",
            extra="io",
        ) from error
    refuse_cut(path)
    try:
        with _quiet():
            table = pysam.VariantFile(str(path))
            contigs = frozenset(str(name) for name in table.header.contigs)
    except _REFUSALS as error:
        raise FormatError(
            f"{shown_path(path)}: the header of this BCF cannot be read ({error}).", path=path
        ) from error
    return Header(0, contigs), _pieces(table, Path(path), hasher)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep htslib from writing about damage to the terminal; it is raised in words."""
    import pysam

    before = pysam.set_verbosity(0)
    try:
        yield
    finally:
        pysam.set_verbosity(before)


def _pieces(table: Any, path: Path, hasher: Hasher | None) -> Iterator[Lines]:
    was = stamp(path)
    n_read = 0
    with table:
        records = _records(table, path)
        while rows := _next_rows(records):
            chrom, pos, name, ref, alt = (
                pl.Series(column, dtype=pl.String) for column in zip(*rows, strict=True)
            )
            line = np.arange(n_read + 1, n_read + len(rows) + 1)
            n_read += len(rows)
            yield Lines(line, (chrom, pos, name, ref, alt), {})
    if hasher is not None:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                hasher.update(block)
    check_unchanged(path, was)


def _next_rows(records: Iterator[Row]) -> list[Row]:
    with _quiet():
        return list(islice(records, _PIECE_RECORDS))


def _records(table: Any, path: Path) -> Iterator[Row]:
    n_read = 0
    try:
        for record in table:
            alts = ",".join(record.alts or (".",))
            yield record.chrom, str(record.pos), record.id or ".", record.ref or "", alts
            n_read += 1
    except _REFUSALS as error:
        raise FormatError(
            f"{shown_path(path)}: the records after number {n_read:,} are damaged ({error}).",
            path=path,
            line=n_read,
        ) from error
