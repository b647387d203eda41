"""From the columns of VCF records to one row per ALT allele with its verdict.

Plain rows are judged by array operations, the few others one by one by `alleles.judge`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from locuscope.genome.alleles import MAX_POSITION, STATUSES, contig_fault, judge, position_fault
from locuscope.genome.bcf_records import is_bcf, read_bcf
from locuscope.genome.vcf_lines import Header, Lines, read_lines, records_of
from locuscope.genome.vcf_regions import indexed_texts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from os import PathLike

    from numpy.typing import NDArray

    from locuscope.genome.reference import Genome
    from locuscope.genome.text_blocks import Hasher
    from locuscope.genome.vcf_regions import RegionFilter

SCHEMA: dict[str, pl.DataType] = {
    "line": pl.Int64(),
    "record": pl.Int64(),
    "alt_index": pl.Int32(),
    "n_alts": pl.Int32(),
    "chrom": pl.String(),
    "pos": pl.Int64(),
    "id": pl.String(),
    "ref": pl.String(),
    "alt": pl.String(),
    "status": pl.Enum(STATUSES),
    "reason": pl.String(),
}
_OK = STATUSES.index("ok")


def read_frames(
    path: str | PathLike[str],
    genome: Genome | None,
    chunk_rows: int,
    *,
    regions: RegionFilter | None = None,
    hasher: Hasher | None = None,
) -> Iterator[pl.DataFrame]:
    """Yield tables of `SCHEMA` with the alleles of at most `chunk_rows` records each.

    A file without records yields one empty table. Statuses that need a genome are not given; its
    contig names only tell which names with `:` or `*` are legal. With `regions` other records are
    left out and the rest is numbered anew. `hasher` is fed the bytes of a file that is read whole.
    """
    header, pieces, has_lines = _open(path, regions, hasher)
    contigs = header.contigs if genome is None else header.contigs | set(genome.contigs)
    n_records = 0
    for lines in _regroup(pieces, chunk_rows):
        frame = judge_records(lines, first_record=n_records, contigs=contigs)
        n_found = len(lines)
        if regions is not None:
            frame = frame.filter(pl.Series(regions.keeps(frame)))
            n_found = frame["record"].n_unique()
            number = pl.col("record").rle_id().cast(pl.Int64) + n_records
            frame = frame.with_columns(number.alias("record"))
        n_records += n_found
        if n_found:
            yield frame if has_lines else without_lines(frame)
    if not n_records:
        yield pl.DataFrame(schema=SCHEMA)


def _open(
    path: str | PathLike[str], regions: RegionFilter | None, hasher: Hasher | None
) -> tuple[Header, Iterator[Lines], bool]:
    """Header and records of a VCF or BCF, and whether the records have line numbers."""
    if is_bcf(path):
        return *read_bcf(path, hasher=hasher), False
    header, pieces = read_lines(path, hasher=hasher)
    texts = None if regions is None else indexed_texts(path, regions)
    if texts is None:
        return header, pieces, True
    return header, records_of(texts, Header(0, header.contigs)), False


def without_lines(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows that stand in no line of a text: reasons name the row instead."""
    reason = pl.col("reason").str.replace(r"^line (\d+), column \d+", "row $1")
    return frame.with_columns(pl.lit(None, dtype=pl.Int64).alias("line"), reason)


def _regroup(pieces: Iterator[Lines], size: int) -> Iterator[Lines]:
    """The same records in groups of exactly `size`, the last one smaller."""
    held: list[Lines] = []
    n_held = 0
    for piece in pieces:
        held.append(piece)
        n_held += len(piece)
        if n_held < size:
            continue
        whole = Lines.concat(held)
        stop = n_held - n_held % size
        for first in range(0, stop, size):
            yield whole[first : first + size]
        held, n_held = [whole[stop:]], n_held - stop
    if n_held:
        yield Lines.concat(held)


def judge_records(
    lines: Lines, *, first_record: int = 0, contigs: Collection[str] = ()
) -> pl.DataFrame:
    """Split the ALT column and give each allele its verdict.

    Args:
        lines: records as text.
        first_record: number of the first record in the file, counted from 0.
        contigs: names that may hold `:` or `*`.

    Returns:
        Table of `SCHEMA`, one row per allele, in file order. `pos` is null when POS is unreadable.
    """
    chrom, pos, name, ref, alt = lines.columns
    table = pl.DataFrame(
        {
            "line": lines.line,
            "record": np.arange(first_record, first_record + len(lines)),
            "chrom": chrom,
            "pos_text": pos,
            "id": name,
            "ref": ref,
            "alt": alt,
        }
    )
    table = _split_alts(table)
    legal = [c for c in table["chrom"].unique().to_list() if contig_fault(c, contigs) is None]
    plain = r"^[ACGTacgt]+$"
    table = table.with_columns(
        pl.col("pos_text").cast(pl.Int64, strict=False).alias("pos"),
        (
            pl.col("chrom").is_in(legal)
            & pl.col("pos_text").str.contains(r"^[0-9]{1,19}$")
            & pl.col("ref").str.contains(plain)
            & pl.col("alt").str.contains(plain)
        ).alias("is_plain"),
    ).with_columns(
        pl.when("is_plain").then(pl.col("ref").str.to_uppercase()).otherwise("ref").alias("ref"),
        pl.when("is_plain").then(pl.col("alt").str.to_uppercase()).otherwise("alt").alias("alt"),
    )
    is_good = table.select(
        pl.col("is_plain")
        & pl.col("pos").is_between(1, MAX_POSITION).fill_null(value=False)
        & (pl.col("ref") != pl.col("alt"))
    ).to_series()
    return _with_verdicts(table, np.flatnonzero(~is_good.to_numpy()), lines.n_columns, contigs)


def _split_alts(table: pl.DataFrame) -> pl.DataFrame:
    """One row per ALT; without any comma nothing is split."""
    if not table["alt"].str.contains(",", literal=True).any():
        ones = pl.lit(1, dtype=pl.Int32)
        return table.with_columns(ones.alias("alt_index"), ones.alias("n_alts"))
    split = table.with_columns(pl.col("alt").str.split(","))
    split = split.with_columns(
        pl.col("alt").list.len().cast(pl.Int32).alias("n_alts"),
        pl.int_ranges(1, pl.col("alt").list.len() + 1, dtype=pl.Int32).alias("alt_index"),
    )
    return split.explode("alt", "alt_index")


def _with_verdicts(
    table: pl.DataFrame,
    rows: NDArray[np.int64],
    n_columns: dict[int, int],
    contigs: Collection[str],
) -> pl.DataFrame:
    """Judge the given rows one by one; all others are ok."""
    if not len(rows):
        unknown = pl.lit(None, dtype=pl.String).alias("reason")
        plain = pl.lit("ok", dtype=pl.Enum(STATUSES)).alias("status")
        return table.with_columns(plain, unknown).select(*SCHEMA)
    codes = np.full(len(table), _OK, np.uint8)
    reasons: list[str | None] = [None] * len(table)
    upper: dict[str, list[str]] = {"ref": table["ref"].to_list(), "alt": table["alt"].to_list()}
    unplaced = []
    asked = ("line", "chrom", "pos_text", "ref", "alt")
    asked_rows = table[rows].select(asked).iter_rows()
    for row, (line, chrom, pos_text, ref, alt) in zip(rows.tolist(), asked_rows, strict=True):
        if line in n_columns:
            status, column = "malformed", n_columns[line] + 1
            why = f"only {n_columns[line]} columns; a record has at least 5, parted by tabs"
        else:
            status, column, why = judge(chrom, pos_text, ref, alt, contigs)
        codes[row] = STATUSES.index(status)
        reasons[row] = f"line {line}, column {column}: {why}"
        if position_fault(pos_text) is not None:
            unplaced.append(row)
        for key, allele in (("ref", ref), ("alt", alt)):
            if allele.isalpha() and allele.isascii():
                upper[key][row] = allele.upper()
    pos = table["pos"]
    if unplaced:
        pos = pos.scatter(unplaced, None)
    return table.with_columns(
        pos,
        pl.Series("ref", upper["ref"], dtype=pl.String),
        pl.Series("alt", upper["alt"], dtype=pl.String),
        status_series(codes),
        pl.Series("reason", reasons, dtype=pl.String),
    ).select(*SCHEMA)


def status_series(codes: NDArray[np.uint8] | Sequence[int]) -> pl.Series:
    """The status column of the given codes (indices into `STATUSES`)."""
    names = pl.Series("status", STATUSES, dtype=pl.String)
    return names.gather(np.asarray(codes, np.int64)).cast(pl.Enum(STATUSES))
