"""Slow twin of `genome/genes.py`: overlaps, sites and unions by loops over plain rows."""

from __future__ import annotations

from itertools import pairwise

Place = tuple[str, int, int]
Exon = tuple[str, str, str, int, int, str]


def overlapping(genes: list[Place], where: Place) -> list[int]:
    """Rows of the genes that share a base with a place."""
    chrom, start, end = where
    return [k for k, (c, a, b) in enumerate(genes) if c == chrom and a < end and start < b]


def union(exons: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Runs of covered bases; exons that touch make one run."""
    covered = sorted({base for start, end in exons for base in range(start, end)})
    runs: list[tuple[int, int]] = []
    for base in covered:
        if runs and runs[-1][1] == base:
            runs[-1] = (runs[-1][0], base + 1)
        else:
            runs.append((base, base + 1))
    return runs


def sites(exons: list[Exon]) -> set[tuple[str, str, str, int, str]]:
    """Donors and acceptors of exons (transcript, gene, chrom, start, end, strand)."""
    found = set()
    for transcript in {exon[0] for exon in exons}:
        own = sorted((e for e in exons if e[0] == transcript), key=lambda exon: exon[3])
        for left, right in pairwise(own):
            if left[4] >= right[3] or left[5] == ".":
                continue
            first, second = left[4] - 1, right[3]
            donor, acceptor = (first, second) if left[5] == "+" else (second, first)
            found.add((left[1], left[2], "donor", donor, left[5]))
            found.add((left[1], left[2], "acceptor", acceptor, left[5]))
    return found
