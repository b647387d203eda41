"""The exons of an annotation as rows that can be asked which of them lie near a place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from locuscope.genome.interval import match_contig

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from locuscope.genome.genes import Genes
    from locuscope.genome.interval import Interval

_KEY = ("gene_id", "chrom", "start", "end", "strand")


@dataclass(frozen=True)
class Exon:
    """One exon of a gene, in forward coordinates.

    Args:
        start: first base, 0-based.
        end: one past the last.
        strand: "+" or "-".
        gene: the gene's name.
        gene_id: its id.
        exon_id: id in the first transcript that has the exon.
        acceptor: place of the acceptor base; None when no transcript has an intron before it.
        donor: the same of the donor.
    """

    start: int
    end: int
    strand: str
    gene: str
    gene_id: str
    exon_id: str
    acceptor: int | None
    donor: int | None

    def nearest_site(self, start: int, end: int) -> tuple[str, int] | None:
        """Give kind and distance of the site nearest to the change of [start, end).

        The distance is 0 when the site's own base changes and 1 for its neighbours; an insertion
        (start = end) stands between two bases. None for an exon without sites.

        >>> Exon(10, 20, "+", "g", "g", "g:1", 10, 19).nearest_site(8, 9)
        ('acceptor', 2)
        """
        found = [
            (start - site if site < start else max(0, site - end + 1), kind)
            for kind, site in (("acceptor", self.acceptor), ("donor", self.donor))
            if site is not None
        ]
        if not found:
            return None
        distance, kind = min(found)
        return kind, distance


class ExonTable:
    """Distinct exons with a strand; transcripts that share one give it once.

    Args:
        genes: gene models with exons.
    """

    def __init__(self, genes: Genes) -> None:
        names = genes.genes.select("gene_id", "chrom", "gene_name").unique(["gene_id", "chrom"])
        table = (
            genes.exons.filter(pl.col("strand").is_in(["+", "-"]))
            .unique(list(_KEY), keep="first", maintain_order=True)
            .join(names, on=["gene_id", "chrom"], how="left", maintain_order="left")
        )
        is_plus = pl.col("strand") == "+"
        first, last = pl.col("start"), pl.col("end") - 1
        table = table.with_columns(
            pl.when(is_plus).then(first).otherwise(last).alias("acceptor"),
            pl.when(is_plus).then(last).otherwise(first).alias("donor"),
        )
        sites = genes.splice_sites()
        for kind in ("acceptor", "donor"):
            known = sites.filter(pl.col("kind") == kind).select(
                "gene_id", "chrom", pl.col("position").alias(kind), pl.lit(1).alias("is_site")
            )
            table = table.join(
                known, on=["gene_id", "chrom", kind], how="left", maintain_order="left"
            ).with_columns(pl.when(pl.col("is_site") == 1).then(pl.col(kind)).alias(kind))
            table = table.drop("is_site")
        self._parts: dict[str, tuple[pl.DataFrame, NDArray[np.int64], NDArray[np.int64]]] = {}
        for (chrom, *_), part in table.partition_by("chrom", as_dict=True).items():
            ordered = part.sort("start", maintain_order=True)
            starts, ends = (ordered[name].to_numpy().astype(np.int64) for name in ("start", "end"))
            self._parts[str(chrom)] = ordered, starts, ends

    def near(self, place: Interval, reach_bp: int) -> list[Exon]:
        """Give the exons that share a base with a place once grown by `reach_bp` on both sides.

        In the order of their starts; the contig in either spelling.
        """
        chrom = match_contig(place.chrom, self._parts)
        if chrom is None:
            return []
        table, starts, ends = self._parts[chrom]
        stop = int(np.searchsorted(starts, place.end + reach_bp))
        rows = np.flatnonzero(ends[:stop] > place.start - reach_bp)
        return [_exon(table.row(int(row), named=True)) for row in rows]


def _exon(row: dict[str, object]) -> Exon:
    fields = {name: row[name] for name in Exon.__dataclass_fields__ if name in row}
    return Exon(gene=row["gene_name"] or row["gene_id"], **fields)  # type: ignore[arg-type]
