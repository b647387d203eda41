"""GeneLane: genes of a region as typed columns, the form in which a browser draws them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from locuscope.genome.genes import Genes

_STRANDS = {"+": 1, "-": -1, ".": 0}
UNKNOWN_CODING = 2


@dataclass(frozen=True, eq=False)
class GeneLane:
    """One body per gene (or transcript) with its exons; positions are 0-based half-open, uint32.

    Args:
        start: (n,) first base of each body.
        end: (n,) one past the last.
        strand: int8 (n,), 1, -1, or 0 when unknown.
        is_coding: uint8 (n,), 1, 0, or 2 when the source does not tell.
        exon_offsets: uint32 (n + 1,); exons of body i are `[exon_offsets[i], exon_offsets[i + 1])`.
        exon_start: exons of all bodies, ascending within one; a gene known by sites only has none.
        exon_end: one past the last base of each exon.
        cds_start: (n,) first coding base of the transcript shown; equal to `cds_end` without one.
        cds_end: (n,) one past the last coding base.
        name: gene names, or transcript ids when every transcript is shown.
    """

    start: NDArray[np.uint32]
    end: NDArray[np.uint32]
    strand: NDArray[np.int8]
    is_coding: NDArray[np.uint8]
    exon_offsets: NDArray[np.uint32]
    exon_start: NDArray[np.uint32]
    exon_end: NDArray[np.uint32]
    cds_start: NDArray[np.uint32]
    cds_end: NDArray[np.uint32]
    name: list[str]


def make_lane(genes: Genes, transcripts: str) -> GeneLane:
    """Lay out all genes of `genes`; see `Genes.lane` for `transcripts`."""
    if transcripts == "all":
        kinds = genes.genes.select("gene_id", "chrom", "gene_type")
        bodies = genes.transcripts.join(
            kinds, on=["gene_id", "chrom"], how="left", maintain_order="left"
        ).with_columns(
            pl.col("transcript_id").alias("shown"), pl.col("transcript_id").alias("name")
        )
    else:
        bodies = genes.genes.with_columns(
            pl.col("representative").alias("shown"), pl.col("gene_name").alias("name")
        )
    counts, exon_start, exon_end = [], [], []
    for gene_id, chrom, shown in bodies.select("gene_id", "chrom", "shown").iter_rows():
        if transcripts == "union":
            exons = genes.exon_union(gene_id, chrom=chrom)
        else:
            exons = genes.transcript_exons(shown, chrom)
        counts.append(len(exons))
        exon_start.append(exons[:, 0])
        exon_end.append(exons[:, 1])
    cds_start, cds_end = _coding_parts(genes, bodies)
    return GeneLane(
        start=_u32(bodies["start"].to_numpy()),
        end=_u32(bodies["end"].to_numpy()),
        strand=np.array([_STRANDS[s] for s in bodies["strand"].to_list()], np.int8),
        is_coding=_is_coding(genes, bodies, cds_start < cds_end),
        exon_offsets=_u32(np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])),
        exon_start=_u32(np.concatenate([np.empty(0, np.int64), *exon_start])),
        exon_end=_u32(np.concatenate([np.empty(0, np.int64), *exon_end])),
        cds_start=cds_start,
        cds_end=cds_end,
        name=bodies["name"].to_list(),
    )


def _coding_parts(
    genes: Genes, bodies: pl.DataFrame
) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    start = bodies["start"].to_numpy()
    if genes.cds is None:
        return _u32(start), _u32(start)
    spans = genes.cds.group_by("transcript_id", "chrom").agg(
        pl.col("start").min().alias("cds_start"), pl.col("end").max().alias("cds_end")
    )
    found = bodies.select("shown", "chrom").join(
        spans,
        left_on=["shown", "chrom"],
        right_on=["transcript_id", "chrom"],
        how="left",
        maintain_order="left",
    )
    low, high = (found[name].fill_null(-1).to_numpy() for name in ("cds_start", "cds_end"))
    return _u32(np.where(low < 0, start, low)), _u32(np.where(high < 0, start, high))


def _is_coding(genes: Genes, bodies: pl.DataFrame, has_cds: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """By gene type where given, else by the coding part, else unknown."""
    fallback = np.full(len(bodies), UNKNOWN_CODING) if genes.cds is None else has_cds
    kinds = bodies["gene_type"].to_list()
    values = [
        int(other) if kind is None else int(kind == "protein_coding")
        for kind, other in zip(kinds, fallback.tolist(), strict=True)
    ]
    return np.array(values, np.uint8)


def _u32(values: NDArray[np.int64]) -> NDArray[np.uint32]:
    return np.asarray(values).astype(np.uint32)
