"""Where on the genome: places, bases, variants, genes, measured tracks; 0-based, half-open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from locuscope._lazy import attach

if TYPE_CHECKING:
    from locuscope.genome.alignment import Alignment as Alignment
    from locuscope.genome.alignment import IndelRule as IndelRule
    from locuscope.genome.bedgraph import BedGraphWriter as BedGraphWriter
    from locuscope.genome.bigwig import BigWig as BigWig
    from locuscope.genome.bigwig_writer import write_bigwig as write_bigwig
    from locuscope.genome.genes import Genes as Genes
    from locuscope.genome.interval import Interval as Interval
    from locuscope.genome.reference import Genome as Genome
    from locuscope.genome.regions import Placement as Placement
    from locuscope.genome.regions import RegionTable as RegionTable
    from locuscope.genome.regions import read_bed as read_bed
    from locuscope.genome.variant import Variant as Variant
    from locuscope.genome.variant_table import VariantTable as VariantTable
    from locuscope.genome.vcf import read_vcf as read_vcf

__all__ = [
    "Alignment",
    "BedGraphWriter",
    "BigWig",
    "Genes",
    "Genome",
    "IndelRule",
    "Interval",
    "Placement",
    "RegionTable",
    "Variant",
    "VariantTable",
    "read_bed",
    "read_vcf",
    "write_bigwig",
]

_HOMES = {
    "Alignment": ".alignment",
    "BedGraphWriter": ".bedgraph",
    "BigWig": ".bigwig",
    "Genes": ".genes",
    "Genome": ".reference",
    "IndelRule": ".alignment",
    "Interval": ".interval",
    "Placement": ".regions",
    "RegionTable": ".regions",
    "Variant": ".variant",
    "VariantTable": ".variant_table",
    "read_bed": ".regions",
    "read_vcf": ".vcf",
    "write_bigwig": ".bigwig_writer",
}
__getattr__, __dir__ = attach(__name__, _HOMES)
