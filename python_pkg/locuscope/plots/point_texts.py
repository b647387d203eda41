"""What the hover text of each point says: allele, id, gene, score, status."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from locuscope.genome.interval import match_contig
from locuscope.plots.texts import NONE, allele, number, plain

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

    from locuscope.effects.variant_scores import VariantScores
    from locuscope.genome.genes import Genes
    from locuscope.plots.drawn_scores import DrawnScore

MOST_GENES = 3
MOST_OF_ID = 40


def point_texts(
    scores: VariantScores,
    drawn: DrawnScore,
    rows: NDArray[np.int64],
    *,
    genes: Genes | None,
) -> dict[str, list[str]]:
    """Give column -> text of each row; a column that says the same everywhere is still there."""
    table = scores.variants.table[rows]
    names = table["chrom"].to_list()
    places = zip(names, table["pos"], table["ref"], table["alt"], strict=True)
    labels = scores.labels(drawn.score)
    is_signed = drawn.is_signed
    texts = {
        "variant": [f"{plain(c)}:{pos:,} {allele(r)}>{allele(a)}" for c, pos, r, a in places],
        "id": [plain(name, MOST_OF_ID) if name and name != "." else NONE for name in table["id"]],
        "gene": _genes(scores, drawn.score, rows, genes),
        "score": [number(value, is_signed=is_signed) for value in drawn.values[rows].tolist()],
        "status": [scores.status[row] for row in rows.tolist()],
    }
    if len(drawn.labels) > 1:
        texts[drawn.kind] = [plain(labels[k]) for k in drawn.column[rows].tolist()]
    return texts


def _genes(
    scores: VariantScores, score: str, rows: NDArray[np.int64], genes: Genes | None
) -> list[str]:
    """Name the genes of each row: those that the score was computed for, else those given."""
    if genes is not None:
        table = scores.variants.table[rows]
        return [_joined(names) for names in _overlapping(genes, table)]
    parts = scores.parts.get(score)
    if parts is None or "gene" not in parts.columns:
        return [NONE] * len(rows)
    by_row: dict[int, list[str]] = {}
    for row, gene in zip(parts["row"], parts["gene"], strict=True):
        if gene is not None:
            by_row.setdefault(row, []).append(gene)
    return [_joined(by_row.get(row, [])) for row in rows.tolist()]


def _overlapping(genes: Genes, alleles: pl.DataFrame) -> list[list[str]]:
    """Name the genes whose body holds each allele's first base."""
    found: list[list[str]] = [[] for _ in range(len(alleles))]
    by_contig = genes.genes.partition_by("chrom", as_dict=True)
    contigs = {str(key[0]): part for key, part in by_contig.items()}
    for (chrom,), some in alleles.with_row_index("row").partition_by("chrom", as_dict=True).items():
        known = match_contig(str(chrom), contigs)
        if known is None:
            continue
        ordered = some.sort("pos")
        positions, at = ordered["pos"].to_numpy(), ordered["row"].to_list()
        here = contigs[known]
        # 1-based positions in a 0-based half-open body: start < pos <= end.
        first = np.searchsorted(positions, here["start"].to_numpy(), "right").tolist()
        last = np.searchsorted(positions, here["end"].to_numpy(), "right").tolist()
        for name, begin, stop in zip(here["gene_name"], first, last, strict=True):
            for row in at[begin:stop]:
                found[row].append(name)
    return found


def _joined(names: list[str]) -> str:
    unique = list(dict.fromkeys(names))
    if not unique:
        return NONE
    more = f" +{len(unique) - MOST_GENES}" if len(unique) > MOST_GENES else ""
    return plain(", ".join(unique[:MOST_GENES])) + more
