"""What each embedded file is made of: sources, licences, changes and citations; writes NOTICE.

Licence texts are read from the packages themselves, so that what ships is what was granted.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from .build_sources import PACKAGES, Cache

WIDTH = 100


@dataclass(frozen=True)
class Source:
    """One source of the bundle.

    Attributes:
        name: what people call it.
        origin: (package, path inside) pairs that are read.
        files: embedded files made from it.
        licence: in a few words.
        changed: what was done to it.
        citations: works to cite.
        licence_text: (package, path inside) of the full text, where the licence asks for it.
    """

    name: str
    origin: tuple[tuple[str, str], ...]
    files: tuple[str, ...]
    licence: str
    changed: str
    citations: tuple[str, ...]
    licence_text: tuple[str, str] | None = None


CHENG = "Cheng J et al., Genome Biology 2021, 22:94 (MTSplice)"

SOURCES = (
    Source(
        name="GRCh37 chromosome 20",
        origin=(("polars_bio", "tests/data/io/cram/external_ref/chr20.fa"),),
        files=("chr20_slice.fa", "chr20_slice.fa.fai"),
        licence="public sequence; the carrier package is Apache-2.0",
        changed="Cut to bases 990,001-4,010,000, upper case, 60 bases per line.",
        citations=(
            "Genome Reference Consortium, GRCh37: Church DM et al., PLoS Biology 2011, 9:e1001091",
        ),
    ),
    Source(
        name="1000 Genomes genotypes",
        origin=(("shapeit4-example", "usr/share/doc/shapeit4/examples/test/reference.vcf.gz"),),
        files=("chr20_variants.vcf.gz", "chr20_variants.vcf.gz.tbi"),
        licence="public data; the carrier package is Expat (text below)",
        changed="60 of 300 people kept, AC and AN counted over them, AF renamed AF_PANEL, header "
        "rewritten.",
        citations=(
            "1000 Genomes Project Consortium, Nature 2015, 526:68-74",
            "Delaneau O et al., Nature Communications 2019, 10:5436 (SHAPEIT4 example)",
        ),
        licence_text=("shapeit4-example", "usr/share/doc/shapeit4-example/copyright"),
    ),
    Source(
        name="GENCODE exon models",
        origin=(("mmsplice", "mmsplice/models/grch37_exons.csv.gz"),),
        files=("chr20_exons.tsv.gz",),
        licence="MIT (text below)",
        changed="Rows of the slice; intron overhangs taken off, 0-based half-open, exons numbered.",
        citations=("Frankish A et al., Nucleic Acids Research 2019, 47:D766-D773 (GENCODE)", CHENG),
        licence_text=("mmsplice", "LICENSE"),
    ),
    Source(
        name="GTEx exon inclusion",
        origin=(("mmsplice", "mmsplice/models/gtex_psi_map37_ranges.csv.gz"),),
        files=("chr20_measured.parquet",),
        licence="MIT (text under GENCODE exon models)",
        changed="Exons that overlap 1-4 Mb of chromosome 20; values rounded to 32 bits.",
        citations=("GTEx Consortium, Nature 2017, 550:204-213", CHENG),
    ),
    Source(
        name="Fetal-brain DNase peaks",
        origin=(("polars_bio", "tests/data/fBrain-DS14718"),),
        files=("chr20_measured.parquet",),
        licence="public data; the carrier package is Apache-2.0 (text under Borzoi catalogue)",
        changed="Peaks that overlap 1-4 Mb of chromosome 20, value 1 inside a peak.",
        citations=("Roadmap Epigenomics Consortium, Nature 2015, 518:317-330",),
    ),
    Source(
        name="Blood ATAC-seq",
        origin=(("gimmemotifs", "data/examples/hg19.blood.most_variable.10k.txt"),),
        files=("chr20_measured.parquet",),
        licence="MIT (text below)",
        changed="Regions inside 1-4 Mb of chromosome 20 (most variable regions only).",
        citations=(
            "Corces MR et al., Nature Genetics 2016, 48:1193-1203",
            "Bruse N and van Heeringen SJ, bioRxiv 2018, 474403 (GimmeMotifs)",
        ),
        licence_text=("gimmemotifs", "COPYING"),
    ),
    Source(
        name="CI-SpliceAI",
        origin=(
            ("cispliceai", "cispliceai/data/CI-SpliceAI.pb"),
            ("cispliceai", "cispliceai/data/grch37.csv"),
        ),
        files=("cispliceai_member0.safetensors", "chr20_splice_genes.tsv.gz"),
        licence="CC BY 4.0",
        changed="Weights: converted to safetensors, kernels rounded to fp16, member 0 only. Gene "
        "table: genes inside 1-4 Mb of chromosome 20, symbols added, 0-based positions.",
        citations=("Strauch Y et al., PLoS ONE 2022, 17(6):e0269159 (CI-SpliceAI)",),
        licence_text=("cispliceai", "cispliceai-1.2.2.dist-info/licenses/LICENSE"),
    ),
    Source(
        name="MTSplice",
        origin=(("mmsplice", "mmsplice/models/mtsplice_deep0.h5"),),
        files=("mtsplice_deep0.safetensors",),
        licence="MIT (text under GENCODE exon models)",
        changed="Converted to safetensors, kernels rounded to fp16, member 0 of four only.",
        citations=(CHENG,),
    ),
    Source(
        name="ENCODE DNase sites",
        origin=(
            (
                "bedops-doc",
                "usr/share/doc/bedops/html/_static/usage-examples/Frequencies-DHSs.bed.starch.gz",
            ),
        ),
        files=("chr20_dnase.bw", "chr20_dnase_breadth.bw"),
        licence="public ENCODE data, carried by the documentation of a GPL-2+ package; to be "
        "confirmed by a person before the first release",
        changed="Sites of the slice as two bigWig tracks, overlaps resolved by the maximum. The "
        "decoder (bedops, GPL-2+) is used by the build only and is not shipped. `--without dnase` "
        "builds the bundle without these files.",
        citations=(
            "ENCODE Project Consortium, Nature 2012, 489:57-74",
            "Thurman RE et al., Nature 2012, 489:75-82",
            "Neph S et al., Bioinformatics 2012, 28:1919-1920 (BEDOPS)",
        ),
    ),
    Source(
        name="JASPAR motifs",
        origin=(("pyjaspar", "pyjaspar/data/JASPAR2024.sqlite"),),
        files=("jaspar_human.meme", "jaspar_fly.meme"),
        licence="CC BY 4.0; the carrier package pyJASPAR is MIT (text below)",
        changed="40 human and 8 fly matrices of JASPAR 2024 CORE, newest version of each; counts "
        "turned into frequencies with a pseudocount of 0.1, written as MEME text.",
        citations=("Rauluseviciute I et al., Nucleic Acids Research 2024, 52:D174-D182 (JASPAR)",),
        licence_text=("pyjaspar", "pyjaspar-4.0.0.dist-info/LICENSE"),
    ),
    Source(
        name="Drosophila chromosome 2R",
        origin=(("augustus-doc", "usr/share/doc/augustus/tutorial/data/chr2R.fa"),),
        files=("dm3_windows.fa", "dm3_windows.fa.fai"),
        licence="public sequence; the carrier package is under the Artistic License",
        changed="1,024 windows of 512 bases of 16.0-21.1 Mb, upper case.",
        citations=(
            "BDGP/FlyBase release 5 (dm3): Hoskins RA et al., Science 2007, 316:1625-1628",
            "Stanke M et al., Bioinformatics 2008, 24:637-644 (AUGUSTUS tutorial)",
        ),
    ),
    Source(
        name="Insulator peaks",
        origin=(("pybedtools", "pybedtools/test/data"),),
        files=("dm3_insulators.bed.gz",),
        licence="public data; the carrier package is MIT (text below)",
        changed="Peaks of chromosome 2R of four proteins in two cell lines in one table.",
        citations=(
            "Bushey AM et al., Genes & Development 2009, 23:1338-1350",
            "Dale RK et al., Bioinformatics 2011, 27:3423-3424 (pybedtools)",
        ),
        licence_text=("pybedtools", "pybedtools-0.12.1.dist-info/licenses/LICENSE.txt"),
    ),
    Source(
        name="DNase network",
        origin=(
            ("polars_bio", "tests/data/io/cram/external_ref/chr20.fa"),
            ("polars_bio", "tests/data/fBrain-DS14718"),
            (
                "bedops-doc",
                "usr/share/doc/bedops/html/_static/usage-examples/Frequencies-DHSs.bed.starch.gz",
            ),
            ("pyjaspar", "pyjaspar/data/JASPAR2024.sqlite"),
        ),
        files=("chromatin_dnase.safetensors",),
        licence="BSD-3-Clause (trained by locuscope on the public data named here)",
        changed="Weights of a network of our own, trained on sites of chromosome 20 and matched "
        "background; kernels rounded to fp16. `python -m locuscope.demo.train dnase` makes them.",
        citations=(
            "Thurman RE et al., Nature 2012, 489:75-82",
            "Roadmap Epigenomics Consortium, Nature 2015, 518:317-330",
            "Rauluseviciute I et al., Nucleic Acids Research 2024, 52:D174-D182 (JASPAR)",
        ),
    ),
    Source(
        name="Insulator network",
        origin=(
            ("augustus-doc", "usr/share/doc/augustus/tutorial/data/chr2R.fa"),
            ("pybedtools", "pybedtools/test/data"),
            ("pyjaspar", "pyjaspar/data/JASPAR2024.sqlite"),
        ),
        files=("chromatin_insulator.safetensors",),
        licence="BSD-3-Clause (trained by locuscope on the public data named here)",
        changed="Weights of a network of our own, trained on bound places of chromosome 2R and "
        "matched background; kernels rounded to fp16. `python -m locuscope.demo.train insulators` "
        "makes them.",
        citations=(
            "Bushey AM et al., Genes & Development 2009, 23:1338-1350",
            "Rauluseviciute I et al., Nucleic Acids Research 2024, 52:D174-D182 (JASPAR)",
        ),
    ),
    Source(
        name="AlphaGenome catalogue",
        origin=(("alphagenome", "colabs/v1/tissue_ontology_mapping.ipynb"),),
        files=("human.parquet",),
        licence="CC BY 4.0 (documentation), Google DeepMind",
        changed="Track table read from the notebook's output; padding rows added. Descriptions of "
        "published tracks only: no weights and no model output.",
        citations=("Avsec Z et al., AlphaGenome, bioRxiv 2025, 2025.06.25.661532",),
    ),
    Source(
        name="Borzoi catalogue",
        origin=(("borzoi_pytorch", "borzoi_pytorch/precomputed/targets.txt"),),
        files=("borzoi.parquet",),
        licence="Apache-2.0 (text below)",
        changed="Descriptions split into fields; file paths left out.",
        citations=("Linder J et al., Nature Genetics 2025, 57:949-961 (Borzoi)",),
        licence_text=("borzoi_pytorch", "LICENSE"),
    ),
)


def sources_of(file: str) -> list[Source]:
    """Give the sources an embedded file is made from, in the order of `SOURCES`."""
    return [source for source in SOURCES if file in source.files]


def notice_text(cache: Cache, shipped: set[str]) -> bytes:
    """Write NOTICE for the files that are shipped.

    A source of which no file is among the `shipped` names is left out.
    """
    parts = [
        "Data and weights embedded in locuscope",
        "",
        "The code of locuscope is under the BSD-3-Clause licence.",
        "The embedded data and weights below keep their own. Teaching data, not for diagnosis.",
    ]
    for source in SOURCES:
        if shipped.intersection(source.files):
            parts += ["", "=" * WIDTH, *_entry(source, cache)]
    return ("\n".join(parts).rstrip() + "\n").encode("utf-8")


def _entry(source: Source, cache: Cache) -> list[str]:
    lines = [source.name, ""]
    for package, inside in source.origin:
        pin = PACKAGES[package]
        lines += _fill(f"Source: {pin.name} {pin.version} ({pin.file}), {inside}")
    lines += _fill(f"Files: {', '.join(source.files)}")
    lines += _fill(f"Licence: {source.licence}")
    lines += _fill(f"Changed: {source.changed}")
    for work in source.citations:
        lines += _fill(f"Cite: {work}")
    if source.licence_text is not None:
        text = cache.read(*source.licence_text).decode("utf-8")
        lines += ["", *(f"    {line}".rstrip() for line in text.strip("\n").splitlines())]
    return lines


def _fill(text: str) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
    )
