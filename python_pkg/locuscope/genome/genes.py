"""Genes: genes, transcripts and exons (or sets of splice sites) as tables that are cut together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from locuscope._closest import counted
from locuscope.errors import (
    InputError,
    UnknownNameError,
    did_you_mean,
)
from locuscope.genome import gene_search, gene_sites
from locuscope.genome.choices import check_choice
from locuscope.genome.gene_files import read_gene_file, write_parquet
from locuscope.genome.gene_lane import GeneLane, make_lane
from locuscope.genome.gene_tables import (
    SCHEMAS,
    conform,
    cut_versions,
    empty,
    from_frames,
)
from locuscope.genome.interval import Interval, match_contig
from locuscope.genome.variant import Variant
from locuscope.store import publish

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from os import PathLike
    from pathlib import Path

    from numpy.typing import NDArray

    from locuscope.genome.reference import Genome

__all__ = ["GeneLane", "Genes"]

_GENE = ("gene_id", "chrom")
_TRANSCRIPT = ("transcript_id", "chrom")


@dataclass(frozen=True, eq=False, repr=False)
class Genes:
    """Gene models of one annotation; positions are 0-based half-open, rows in file order.

    One gene is one (gene_id, chrom): the same id on X and Y is two genes.

    Args:
        genes: gene_id, gene_name (else the id), gene_type or null, chrom, start, end, strand,
            representative (transcript shown for the gene, or null).
        transcripts: transcript_id, gene_id, chrom, start, end, strand, tags.
        exons: exon_id, transcript_id, gene_id, chrom, start, end, strand, exon_number (5' to 3').
        cds: transcript_id, chrom, start, end, stop codon included; None when the source has none.
        sites: gene_id, chrom, kind (donor or acceptor), position, strand: sets of sites of a source
            without transcripts; else None.
        pas: gene_id, chrom, position, strand of polyadenylation sites; else None.
    """

    genes: pl.DataFrame
    transcripts: pl.DataFrame
    exons: pl.DataFrame
    cds: pl.DataFrame | None = None
    sites: pl.DataFrame | None = None
    pas: pl.DataFrame | None = None

    def __post_init__(self) -> None:
        for name, table in self._tables().items():
            if table is not None and table.columns != list(SCHEMAS[name]):
                raise InputError(
                    f"the {name} table has the columns {table.columns}; expected "
                    f"{list(SCHEMAS[name])}. Genes.from_tables fills in what is missing."
                )

    @classmethod
    def read(
        cls,
        path: str | PathLike[str],
        *,
        genome: Genome | None = None,
        gene_types: Collection[str] | None = None,
        chroms: Collection[str] | None = None,
        keep_version: bool = True,
        on_bad: str = "raise",
    ) -> Genes:
        """Read GTF, GFF3, an exon table, a splice-site table or our own parquet, by content.

        Args:
            path: the file; gzip is recognised.
            genome: refuses genes that reach past the end of their contig.
            gene_types: keep these types only.
            chroms: keep these contigs only, in either spelling.
            keep_version: False cuts `.12` off gene and transcript ids.
            on_bad: "raise" at a bad line, or "skip" the transcript and count it.

        Raises:
            FormatError: another kind of file, or a bad line.
            OutOfBoundsError: a gene that leaves the genome's contig.
            EmptySelectionError: no gene of these types on these contigs.
        """
        check_choice("on_bad", on_bad, ("raise", "skip"))
        tables = read_gene_file(path, on_bad)
        if not keep_version:
            tables = cut_versions(tables)
        found = cls._of(tables)
        if chroms is not None:
            here = found.genes["chrom"].unique().to_list()
            wanted = [match_contig(chrom, here) or chrom for chrom in chroms]
            found = found.select(chrom=wanted)
        if gene_types is not None:
            found = found.select(gene_type=list(gene_types))
        if genome is not None:
            gene_search.check_ends(found.genes, genome, path)
        return found

    @classmethod
    def from_tables(
        cls,
        exons: Any = None,
        *,
        genes: Any = None,
        cds: Any = None,
        sites: Any = None,
        pas: Any = None,
    ) -> Genes:
        """Make Genes of polars or pandas frames; tables that are not given are derived.

        Args:
            exons: chrom, start, end, strand, gene_id, transcript_id, and maybe gene_name,
                gene_type, exon_id.
            genes: gene_id, chrom, start, end, strand, and maybe gene_name, gene_type.
            cds: transcript_id, chrom, start, end.
            sites: gene_id, chrom, kind, position, strand; needs `genes`.
            pas: gene_id, position, and maybe chrom, strand.

        Raises:
            InputError: neither exons nor genes, or a column is missing.
            FormatError: exons that cannot belong to one transcript or gene.
        """
        made = cls._of({**from_frames(exons, genes, cds), "sites": None, "pas": None})
        if sites is not None:
            table = conform("sites", sites, needed=("gene_id", "chrom", "kind", "position"))
            made = cls._of({**vars(made), "sites": table})
        return made if pas is None else made.with_pas(pas)

    @classmethod
    def _of(cls, tables: Mapping[str, pl.DataFrame | None]) -> Genes:
        always = {}
        for name in ("genes", "transcripts", "exons"):
            table = tables.get(name)
            always[name] = empty(name) if table is None else table
        return cls(
            **always, cds=tables.get("cds"), sites=tables.get("sites"), pas=tables.get("pas")
        )

    def _tables(self) -> dict[str, pl.DataFrame | None]:
        return {name: getattr(self, name) for name in SCHEMAS}

    def __len__(self) -> int:
        return len(self.genes)

    def __getitem__(self, row: int) -> dict[str, Any]:
        """The row of one gene by column name."""
        if not -len(self) <= row < len(self):
            raise IndexError(f"row {row} of {len(self):,} genes")
        return self.genes.row(row, named=True)

    def _cut(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> Genes:
        """The given gene rows with everything that belongs to them."""
        kept = self.genes[np.arange(len(self))[rows]]
        keys = kept.select(_GENE)

        def of_gene(table: pl.DataFrame) -> pl.DataFrame:
            return table.join(keys, on=_GENE, how="semi", maintain_order="left")

        transcripts = of_gene(self.transcripts)
        cds = self.cds
        if cds is not None:
            cds = cds.join(transcripts, on=_TRANSCRIPT, how="semi", maintain_order="left")
        sites = None if self.sites is None else of_gene(self.sites)
        pas = None if self.pas is None else of_gene(self.pas)
        return Genes(kept, transcripts, of_gene(self.exons), cds, sites, pas)

    def select(self, **criteria: str | Collection[str]) -> Genes:
        """Genes that fulfil all criteria, each one value or several.

        Args:
            criteria: gene_id (with or without version), gene_name, gene_type, chrom, strand.

        Raises:
            UnknownNameError: another criterion.
            EmptySelectionError: no gene is left.
        """
        return self._cut(gene_search.select(self.genes, criteria))

    @cached_property
    def _by_contig(self) -> dict[str, tuple[NDArray[np.int64], ...]]:
        """Rows, starts and ends of the genes of each contig."""
        table = self.genes.select("chrom", "start", "end").with_row_index("row")
        return {
            str(part["chrom"][0]): (
                part["row"].to_numpy().astype(np.int64),
                part["start"].to_numpy(),
                part["end"].to_numpy(),
            )
            for part in table.partition_by("chrom")
        }

    def rows_overlapping(self, where: Interval | Variant) -> NDArray[np.int64]:
        """Row numbers of the genes whose body shares a base with a place, ascending."""
        place = where.interval if isinstance(where, Variant) else where
        chrom = match_contig(place.chrom, self._by_contig)
        if chrom is None:
            return np.empty(0, np.int64)
        rows, starts, ends = self._by_contig[chrom]
        return rows[(starts < place.end) & (ends > place.start)]

    def overlapping(self, where: Interval | Variant, *, strand: str | None = None) -> Genes:
        """Genes whose body shares a base with a place (of a deletion, its whole REF); may be none.

        Args:
            where: contig in either spelling.
            strand: keep "+", "-" or "." only.
        """
        rows = self.rows_overlapping(where)
        if strand is not None:
            check_choice("strand", strand, ("+", "-", "."))
            strands = self.genes["strand"].to_numpy()
            rows = rows[strands[rows] == strand]
        return self._cut(rows)

    def with_tss_in(self, interval: Interval) -> Genes:
        """Genes with at least one transcription start inside an interval; may be none."""
        inside = gene_sites.within(self.tss(), interval)
        keys = self.genes.select(_GENE).with_row_index("row")
        return self._cut(keys.join(inside, on=_GENE, how="semi")["row"].sort().to_numpy())

    def coding(self) -> Genes:
        """Protein-coding genes: by gene_type, or without any type by having a coding part.

        Raises:
            InputError: the source has neither.
        """
        if self.genes["gene_type"].null_count() < len(self):
            is_coding = self.genes["gene_type"].eq_missing("protein_coding")
            return self._cut(is_coding.to_numpy())
        if self.cds is None:
            raise InputError(
                f"{self!r} does not tell which genes code: gene_type is empty and there is no CDS."
            )
        coding = self.transcripts.join(self.cds, on=_TRANSCRIPT, how="semi").select(_GENE)
        keys = self.genes.select(_GENE).with_row_index("row")
        return self._cut(keys.join(coding, on=_GENE, how="semi")["row"].sort().to_numpy())

    def with_pas(self, table: Any) -> Genes:
        """Add polyadenylation sites: a frame or TSV file with gene_id, position (0-based).

        Sites of genes that are not here are left out and counted in a DataWarning.
        """
        pas = gene_sites.pas_table(table, self.genes)
        return Genes(self.genes, self.transcripts, self.exons, self.cds, self.sites, pas)

    def span(self, name: str) -> Interval:
        """The body of a gene by name, else by id; case matters only when it has to.

        Raises:
            UnknownNameError: no such gene, with the closest names.
        """
        return gene_search.span(self.genes, name)

    def search(self, prefix: str, limit: int = 8) -> list[str]:
        """Names that begin with a text, exact case first, then ids; at most `limit`."""
        return gene_search.search(self.genes, prefix, limit)

    @cached_property
    def _exon_arrays(self) -> dict[tuple[str, str], NDArray[np.int64]]:
        parts = self.exons.sort("start", maintain_order=True).partition_by(
            _TRANSCRIPT, as_dict=True, include_key=False
        )
        return {
            (str(key[0]), str(key[1])): part.select("start", "end").to_numpy()
            for key, part in parts.items()
        }

    def transcript_exons(self, transcript_id: str | None, chrom: str) -> NDArray[np.int64]:
        """Exons of a transcript, (k, 2) of start and end, ascending; none for an unknown one."""
        return self._exon_arrays.get((str(transcript_id), chrom), np.empty((0, 2), np.int64))

    def exon_union(self, gene_id: str, *, chrom: str | None = None) -> NDArray[np.int64]:
        """Merged exons of all transcripts of a gene, (k, 2) int64, ascending, touching ones joined.

        Args:
            gene_id: as in the table.
            chrom: tells apart genes of one id on two contigs; None takes the first.

        Raises:
            UnknownNameError: no such gene.
        """
        known = self.genes.filter(pl.col("gene_id") == gene_id)["chrom"].to_list()
        if not known or (chrom is not None and chrom not in known):
            ids = self.genes["gene_id"].to_list()
            raise UnknownNameError(
                f"no gene with the id {gene_id!r}; {did_you_mean(gene_id, ids)}",
                name=gene_id,
                known=ids,
            )
        here = (pl.col("gene_id") == gene_id) & (pl.col("chrom") == (chrom or known[0]))
        return gene_sites.merged(self.exons.filter(here).select("start", "end").to_numpy())

    def tss(self, *, unique: bool = False) -> pl.DataFrame:
        """Transcription starts: tss_id (transcript), gene_id, chrom, position, strand.

        Transcripts without a strand have none.

        Args:
            unique: one row per gene and position; the first transcript names it.
        """
        return gene_sites.tss(self.transcripts, unique=unique)

    def introns(self, *, unique: bool = True) -> pl.DataFrame:
        """Introns, the annotated junctions: chrom, start, end, strand, gene_id, n_transcripts.

        Args:
            unique: one row per gene and intron; False gives one per transcript, with
                `transcript_id` in the place of `n_transcripts`.

        Raises:
            InputError: the source has sets of sites, not pairs.
        """
        if self.sites is not None and not len(self.exons):
            raise InputError(
                f"{self!r} holds sets of sites, not pairs: which donor goes with which acceptor is "
                "not known. Read a GTF, GFF3 or exon table for introns."
            )
        return gene_sites.introns(self.exons, unique=unique)

    def splice_sites(self, where: Interval | Variant | None = None) -> pl.DataFrame:
        """Splice sites: gene_id, chrom, kind, position, strand.

        A donor is the last base of an exon before an intron, an acceptor the first base after it,
        in the direction of the transcript. They come from transcripts, else from sets of sites.

        Args:
            where: only sites at a place.
        """
        sites = self.sites if self.sites is not None and not len(self.exons) else None
        table = gene_sites.splice_sites(self.exons) if sites is None else sites
        return table if where is None else gene_sites.within(table, where)

    def lane(self, interval: Interval, *, transcripts: str = "representative") -> GeneLane:
        """The genes of an interval as typed columns for drawing.

        Args:
            interval: genes that share a base with it; nothing is clipped.
            transcripts: "representative": one transcript per gene; "all": every transcript;
                "union": the merged exons of each gene.
        """
        check_choice("transcripts", transcripts, ("representative", "all", "union"))
        return make_lane(self.overlapping(interval), transcripts)

    def to_parquet(self, path: str | PathLike[str]) -> Path:
        """Write all tables into one parquet file, which `Genes.read` reads back."""
        tables = self._tables()
        return publish(path, lambda temporary: write_parquet(tables, temporary))

    def __repr__(self) -> str:
        parts = [counted(len(self), "gene")]
        if self.sites is not None and not len(self.exons):
            parts.append(counted(len(self.sites), "splice site"))
        else:
            parts.append(counted(len(self.transcripts), "transcript"))
            parts.append(counted(len(self.exons), "exon"))
        parts.append("no CDS" if self.cds is None else counted(len(self.cds), "coding part"))
        return f"Genes({', '.join(parts)})"

    def _repr_html_(self) -> str:
        shown = ("gene_name", "gene_id", "gene_type", "chrom", "start", "end", "strand")
        rows = "".join(
            "<tr>"
            + "".join(f"<td>{escape(str(c if c is not None else '')[:80])}</td>" for c in row)
            + "</tr>"
            for row in self.genes.select(shown).head(10).iter_rows()
        )
        head = "".join(f"<th>{name}</th>" for name in shown)
        return f"<table><caption>{escape(repr(self))}</caption><tr>{head}</tr>{rows}</table>"
