"""The gene tables: coordinates, exon numbers and strands by hand."""

from __future__ import annotations

import os

import pytest

from locuscope.demo import build_genes, build_sequence, build_sources

CACHE = os.environ.get("LOCUSCOPE_DEMO_CACHE") or None


def exon(start: int, strand: str = "+", transcript: str = "T") -> build_genes.Exon:
    return build_genes.Exon(start, start + 10, strand, "G", "g", transcript)


def test_exons_count_from_five_prime_on_both_strands():
    forward = build_genes.number_exons([exon(50), exon(10), exon(30)])
    assert [e.number for e in forward] == [3, 1, 2]
    reverse = build_genes.number_exons([exon(50, "-"), exon(10, "-"), exon(30, "-")])
    assert [e.number for e in reverse] == [1, 3, 2]


def test_transcripts_are_numbered_apart():
    mixed = build_genes.number_exons([exon(10), exon(10, transcript="U"), exon(30)])
    assert [e.number for e in mixed] == [1, 1, 2]


def test_overhangs_are_taken_off_on_their_own_side():
    row = {"Start": "401", "End": "700", "Strand": "-", "gene_id": "G", "gene_name": "g"}
    row |= {"transcript_id": "T", "left_overhang": "0", "right_overhang": "100"}
    found = build_genes.exon_of_row(row)
    assert (found.start, found.end) == (400, 600)


@pytest.mark.parametrize(
    ("strand", "donors", "acceptors"), [("+", (19,), (60,)), ("-", (60,), (19,))]
)
def test_junction_ends_become_sites_by_strand(strand, donors, acceptors):
    row = {"gene_id": "G", "strand": strand, "start": "11", "end": "90"}
    gene = build_genes.splice_gene_of_row(row | {"jn_start": "20", "jn_end": "61"})
    assert (gene.start, gene.end) == (10, 90)
    assert (gene.donors, gene.acceptors) == (donors, acceptors)


def test_a_gene_without_junctions_has_empty_sets():
    row = {"gene_id": "G", "strand": "+", "start": "11", "end": "90", "jn_start": "", "jn_end": ""}
    gene = build_genes.splice_gene_of_row(row)
    assert gene.donors == gene.acceptors == ()


@pytest.mark.skipif(CACHE is None, reason="LOCUSCOPE_DEMO_CACHE names no folder of package files")
def test_splice_letters_over_the_whole_chromosome():
    cache = build_sources.Cache(str(CACHE))
    bases = build_sequence.read_sequence(cache).chromosome
    swap = str.maketrans("ACGT", "TGCA")
    found = {"donor": [0, 0], "acceptor": [0, 0]}
    for gene in build_genes.read_splice_genes(cache, whole_chromosome=True):
        for kind, places in (("donor", gene.donors), ("acceptor", gene.acceptors)):
            for place in places:
                right = (kind == "donor") == (gene.strand == "+")
                letters = bases[place + 1 : place + 3] if right else bases[place - 2 : place]
                if gene.strand == "-":
                    letters = letters[::-1].translate(swap)
                found[kind][0] += letters == ("GT" if kind == "donor" else "AG")
                found[kind][1] += 1
    assert found == {"donor": [5_144, 5_215], "acceptor": [5_123, 5_137]}
