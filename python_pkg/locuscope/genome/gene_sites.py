"""Places derived from gene tables: transcription starts, introns, splice sites, merged exons."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from locuscope.errors import DataWarning
from locuscope.genome.gene_tables import SCHEMAS, conform
from locuscope.genome.interval import match_contig
from locuscope.genome.text_blocks import read_text
from locuscope.genome.variant import Variant

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from locuscope.genome.interval import Interval

_TRANSCRIPT = ("transcript_id", "chrom")


def within(table: pl.DataFrame, where: Interval | Variant) -> pl.DataFrame:
    """Rows of a table with `chrom` and `position` at a place; contigs in either spelling."""
    place = where.interval if isinstance(where, Variant) else where
    chrom = match_contig(place.chrom, table["chrom"].unique().to_list())
    inside = pl.col("position").is_between(place.start, place.end, closed="left")
    return table.filter((pl.col("chrom") == (chrom or place.chrom)) & inside)


def merged(exons: NDArray[np.int64]) -> NDArray[np.int64]:
    """Union of intervals (k, 2), ascending, touching ones joined."""
    if not len(exons):
        return np.empty((0, 2), np.int64)
    ordered = exons[np.argsort(exons[:, 0], kind="stable")]
    reach = np.maximum.accumulate(ordered[:, 1])
    is_new = np.concatenate([[True], ordered[1:, 0] > reach[:-1]])
    first = np.flatnonzero(is_new)
    last = np.concatenate([first[1:], [len(ordered)]]) - 1
    return np.stack([ordered[first, 0], reach[last]], axis=1)


def tss(transcripts: pl.DataFrame, *, unique: bool) -> pl.DataFrame:
    """Start of each transcript that has a strand; see `Genes.tss`."""
    position = pl.when(pl.col("strand") == "+").then("start").otherwise(pl.col("end") - 1)
    table = transcripts.filter(pl.col("strand") != ".").select(
        pl.col("transcript_id").alias("tss_id"),
        "gene_id",
        "chrom",
        position.alias("position"),
        "strand",
    )
    if not unique:
        return table
    return table.unique(["gene_id", "chrom", "position"], keep="first", maintain_order=True)


def introns(exons: pl.DataFrame, *, unique: bool) -> pl.DataFrame:
    """Gaps between neighbouring exons of a transcript; see `Genes.introns`."""
    order = exons.select(_TRANSCRIPT).unique(maintain_order=True).with_row_index("order")
    gaps = (
        exons.join(order, on=_TRANSCRIPT, how="left", maintain_order="left")
        .sort("order", "start")
        .select(
            "chrom",
            pl.col("end").shift(1).over("order").alias("start"),
            pl.col("start").alias("end"),
            "strand",
            "gene_id",
            "transcript_id",
        )
        .filter((pl.col("start") < pl.col("end")).fill_null(value=False))
    )
    if not unique:
        return gaps
    key = ["chrom", "start", "end", "strand", "gene_id"]
    return gaps.group_by(key, maintain_order=True).agg(
        pl.len().cast(pl.Int64).alias("n_transcripts")
    )


def splice_sites(exons: pl.DataFrame) -> pl.DataFrame:
    """Donors and acceptors of introns with a strand, once per gene; see `Genes.splice_sites`."""
    gaps = introns(exons, unique=True).filter(pl.col("strand") != ".")
    is_plus = pl.col("strand") == "+"
    left, right = pl.col("start") - 1, pl.col("end")
    sites = [
        gaps.select(
            "gene_id",
            "chrom",
            pl.lit(kind).alias("kind"),
            pl.when(is_plus).then(on_plus).otherwise(on_minus).alias("position"),
            "strand",
        )
        for kind, on_plus, on_minus in (("donor", left, right), ("acceptor", right, left))
    ]
    return pl.concat(sites).unique(maintain_order=True).select(*SCHEMAS["sites"])


def pas_table(source: Any, genes: pl.DataFrame) -> pl.DataFrame:
    """Polyadenylation sites of known genes; chrom and strand are those of the gene."""
    if isinstance(source, str) or hasattr(source, "__fspath__"):
        frame = pl.read_csv(
            read_text(source).encode(), separator="\t", infer_schema=False, quote_char=None
        )
    else:
        frame = source
    sites = conform("pas", frame, needed=("gene_id", "position")).select("gene_id", "position")
    known = genes.select("gene_id", "chrom", "strand")
    found = sites.join(known, on="gene_id", how="inner", maintain_order="left")
    n_unknown = len(sites.join(known, on="gene_id", how="anti"))
    if n_unknown:
        warnings.warn(
            f"{n_unknown:,} of {len(sites):,} polyadenylation sites belong to genes that are not "
            "here and are left out.",
            DataWarning,
            stacklevel=4,
        )
    return found.select(*SCHEMAS["pas"])
