"""Where the embedded data lies: the sequence slice, the gene models, named loci."""

from __future__ import annotations

from functools import cache

from locuscope.genome.genes import Genes
from locuscope.genome.interval import Interval
from locuscope.genome.reference import Genome

from .bundle import path, unknown
from .fly import fly_genome

GENOMES = ("human", "fly")
CHROM = "20"
CHROM_LENGTH = 63_025_520
SLICE = Interval(CHROM, 990_000, 4_010_000)
CORE = Interval(CHROM, 1_000_000, 4_000_000)

LOCI = {
    "TMC2": "20:2,570,000-2,590,000",
    "TGM6": "20:2,370,000-2,390,000",
    "ZNF343": "20:2,460,000-2,480,000",
}


def genome(name: str = "human") -> Genome:
    """Give the embedded sequence.

    `"human"` is GRCh37 chromosome `"20"`, of which 990,001-4,010,000 is here; `"fly"` is dm3
    chromosome `"chr2R"`, of which 1,024 windows of 512 bases are here. Coordinates are those of the
    whole chromosome. A base that exists but is not embedded raises OutOfBoundsError; it is never
    read as N.

    Raises:
        UnknownNameError: a name other than `"human"` and `"fly"`.

    >>> genome().fetch("20", 2_577_795, 2_577_796)
    'G'
    """
    if name not in GENOMES:
        raise unknown("embedded genome", name, GENOMES)
    return _genome() if name == "human" else fly_genome()


def genes(*, collapsed: bool = False) -> Genes:
    """Give the embedded gene models.

    Args:
        collapsed: the 55 genes that the splice network's table lists, with sets of donors and
            acceptors (no transcripts, no introns), instead of the 107 genes with exons. Neither
            table has a coding part.

    >>> len(genes())
    107
    """
    return _collapsed() if collapsed else _exons()


def locus(name: str = "TMC2") -> Interval:
    """Give a named place of the embedded slice.

    `TMC2`, `TGM6` and `ZNF343` are the 20 kb windows around the variants of the story; any other
    embedded gene symbol gives the span of its gene.

    Raises:
        UnknownNameError: no embedded gene has that symbol.

    >>> locus("TMC2") == Interval.parse("20:2,570,000-2,590,000")
    True
    """
    if name in LOCI:
        return Interval.parse(LOCI[name])
    return genes().span(name)


@cache
def _genome() -> Genome:
    record = f"{CHROM}:{SLICE.start + 1}-{SLICE.end}"
    return Genome.from_slices(
        path("chr20_slice.fa"),
        {CHROM: [(record, SLICE.start)]},
        {CHROM: CHROM_LENGTH},
        assembly="GRCh37",
        name="demo",
        organism=0,
    )


@cache
def _exons() -> Genes:
    return Genes.read(path("chr20_exons.tsv.gz"))


@cache
def _collapsed() -> Genes:
    return Genes.read(path("chr20_splice_genes.tsv.gz"))
