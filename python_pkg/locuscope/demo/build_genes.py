"""Build the gene tables: exon models with symbols, and the splice-site sets of the splice network.

Both sources count from one. The exon table's coordinates hold 100 bases of intron on each inner
side; they are taken off here. The splice-site table lists sets of sites, not pairs, so it never
gives introns.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from locuscope.errors import FormatError

from .build_bgzip import gzip_bytes
from .build_sequence import CHROM, SLICE_END, SLICE_START

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .build_sources import Cache

CORE_START = 1_000_000
CORE_END = 4_000_000
N_EXONS, N_TRANSCRIPTS, N_GENES = 2_296, 361, 107
N_SPLICE_GENES = 55
EXON_COLUMNS = [
    "chrom",
    "start",
    "end",
    "strand",
    "gene_id",
    "gene_name",
    "transcript_id",
    "exon_number",
]
SPLICE_COLUMNS = ["gene_id", "gene_name", "chrom", "start", "end", "strand", "acceptors", "donors"]


@dataclass(frozen=True)
class Exon:
    """One exon of one transcript, 0-based half-open."""

    start: int
    end: int
    strand: str
    gene_id: str
    gene_name: str
    transcript_id: str
    number: int = 0


@dataclass(frozen=True)
class SpliceGene:
    """One gene with its sets of splice sites (0-based exon-edge bases)."""

    gene_id: str
    start: int
    end: int
    strand: str
    acceptors: tuple[int, ...]
    donors: tuple[int, ...]


def exon_of_row(row: dict[str, str]) -> Exon:
    """Take the overhang off a 1-based inclusive row.

    >>> row = dict(Start="401", End="700", Strand="+", gene_id="G", gene_name="g")
    >>> row |= dict(transcript_id="T", left_overhang="100", right_overhang="0")
    >>> exon_of_row(row).start, exon_of_row(row).end
    (500, 700)
    """
    return Exon(
        start=int(row["Start"]) + int(row["left_overhang"]) - 1,
        end=int(row["End"]) - int(row["right_overhang"]),
        strand=row["Strand"],
        gene_id=row["gene_id"],
        gene_name=row["gene_name"],
        transcript_id=row["transcript_id"],
    )


def number_exons(exons: Iterable[Exon]) -> list[Exon]:
    """Count the exons of each transcript from 5' to 3'; the order of rows is kept."""
    exons = list(exons)
    by_transcript: dict[str, list[Exon]] = defaultdict(list)
    for exon in exons:
        by_transcript[exon.transcript_id].append(exon)
    number: dict[tuple[str, int], int] = {}
    for name, members in by_transcript.items():
        ordered = sorted(members, key=lambda exon: exon.start, reverse=members[0].strand == "-")
        number |= {(name, exon.start): count for count, exon in enumerate(ordered, 1)}
    return [replace(exon, number=number[exon.transcript_id, exon.start]) for exon in exons]


def splice_gene_of_row(row: dict[str, str]) -> SpliceGene:
    """Turn junction ends into acceptors and donors by strand.

    `jn_start` is the last exon base left of an intron, `jn_end` the first exon base right of it.

    >>> row = dict(gene_id="G", strand="-", start="11", end="90", jn_start="20", jn_end="61")
    >>> splice_gene_of_row(row).donors, splice_gene_of_row(row).acceptors
    ((60,), (19,))
    """
    left = _positions(row["jn_start"])
    right = _positions(row["jn_end"])
    acceptors, donors = (right, left) if row["strand"] == "+" else (left, right)
    return SpliceGene(
        row["gene_id"], int(row["start"]) - 1, int(row["end"]), row["strand"], acceptors, donors
    )


def read_exons(cache: Cache) -> list[Exon]:
    """Read the exons that touch the slice, in the order of the source.

    Raises:
        FormatError: other counts than the recipe states.
    """
    packed = cache.read("mmsplice", "mmsplice/models/grch37_exons.csv.gz")
    with gzip.open(io.BytesIO(packed), "rt", encoding="utf-8", newline="") as handle:
        rows = [
            row
            for row in csv.DictReader(handle)
            if row["Chromosome"] == f"chr{CHROM}"
            and int(row["End"]) >= SLICE_START
            and int(row["Start"]) <= SLICE_END
        ]
    exons = number_exons(exon_of_row(row) for row in rows)
    found = (
        len(exons),
        len({exon.transcript_id for exon in exons}),
        len({exon.gene_id for exon in exons}),
    )
    if found != (N_EXONS, N_TRANSCRIPTS, N_GENES):
        message = (
            f"Exon table: found {found} exons, transcripts and genes, "
            f"the recipe states {(N_EXONS, N_TRANSCRIPTS, N_GENES)}."
        )
        raise FormatError(message)
    return exons


def read_splice_genes(cache: Cache, *, whole_chromosome: bool = False) -> list[SpliceGene]:
    """Read the collapsed genes inside 1-4 Mb, or of the whole chromosome for checks."""
    text = cache.read("cispliceai", "cispliceai/data/grch37.csv").decode("utf-8")
    return [
        splice_gene_of_row(row)
        for row in csv.DictReader(io.StringIO(text))
        if row["chr"] == f"chr{CHROM}"
        and (whole_chromosome or (int(row["start"]) >= CORE_START and int(row["end"]) <= CORE_END))
    ]


def build_genes(cache: Cache) -> dict[str, bytes]:
    """Make `chr20_exons.tsv.gz` and `chr20_splice_genes.tsv.gz`.

    Raises:
        FormatError: a splice gene without a symbol in the exon table, or other counts.
    """
    exons = read_exons(cache)
    symbols = {unversioned(exon.gene_id): exon.gene_name for exon in exons}
    genes = read_splice_genes(cache)
    nameless = [gene.gene_id for gene in genes if gene.gene_id not in symbols]
    if len(genes) != N_SPLICE_GENES or nameless:
        message = (
            f"Splice genes: found {len(genes)}, expected {N_SPLICE_GENES}; "
            f"without a symbol: {nameless[:5]}."
        )
        raise FormatError(message)
    return {
        "chr20_exons.tsv.gz": gzip_bytes(_table(EXON_COLUMNS, _exon_cells(exons))),
        "chr20_splice_genes.tsv.gz": gzip_bytes(
            _table(SPLICE_COLUMNS, _splice_cells(genes, symbols))
        ),
    }


def unversioned(gene_id: str) -> str:
    """Cut the version off an Ensembl id.

    >>> unversioned("ENSG00000277655.1_5")
    'ENSG00000277655'
    """
    return gene_id.split(".", 1)[0]


def _exon_cells(exons: list[Exon]) -> Iterator[tuple[object, ...]]:
    for exon in exons:
        yield (
            CHROM,
            exon.start,
            exon.end,
            exon.strand,
            exon.gene_id,
            exon.gene_name,
            exon.transcript_id,
            exon.number,
        )


def _splice_cells(genes: list[SpliceGene], symbols: dict[str, str]) -> Iterator[tuple[object, ...]]:
    for gene in genes:
        yield (
            gene.gene_id,
            symbols[gene.gene_id],
            CHROM,
            gene.start,
            gene.end,
            gene.strand,
            ",".join(map(str, gene.acceptors)),
            ",".join(map(str, gene.donors)),
        )


def _table(columns: list[str], rows: Iterable[tuple[object, ...]]) -> bytes:
    lines = ["\t".join(columns), *("\t".join(map(str, row)) for row in rows), ""]
    return "\n".join(lines).encode("utf-8")


def _positions(text: str) -> tuple[int, ...]:
    return tuple(sorted({int(item) - 1 for item in text.split(",") if item}))
