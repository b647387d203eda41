"""Gene files in: what kind a file is (by its content), two plain tables, and our own parquet.

GTF and GFF3 lines are read in `gtf.py`; what all text readers find becomes tables in
`gene_tables.py`.
"""

from __future__ import annotations

from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from locuscope.errors import FormatError
from locuscope.genome import gtf
from locuscope.genome.gene_rows import Faults, GeneRows
from locuscope.genome.gene_tables import SCHEMAS, build, empty
from locuscope.genome.text_blocks import read_text_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from os import PathLike

Tables = dict[str, pl.DataFrame | None]
_EXON_COLUMNS = ("chrom", "start", "end", "strand", "gene_id", "transcript_id")
_SITE_COLUMNS = ("gene_id", "chrom", "start", "end", "strand", "acceptors", "donors")


def read_gene_file(path: str | PathLike[str], on_bad: str) -> Tables:
    """Read a GTF, GFF3, exon table, splice-site table or our own parquet.

    Raises:
        FormatError: another kind of file, saying what it looks like; or a bad line.
    """
    if _is_parquet(path):
        return read_parquet(path)
    faults = Faults(path, on_bad)
    lines = enumerate(read_text_lines(path), 1)
    above = list(islice(lines, 2_000))
    first = next(((n, t) for n, t in above if t and not t.startswith(("#", "track"))), None)
    if first is None:
        raise FormatError(f"{path} holds no gene: no line that is not a comment.", path=path)
    content = ((n, t) for n, t in chain(above, lines) if t and not t.startswith("#"))
    cells = first[1].split("\t")
    if set(_SITE_COLUMNS) <= set(cells):
        return _read_sites(content, faults)
    if set(_EXON_COLUMNS) <= set(cells):
        tables = build(_read_exons(content, faults), faults)
    elif len(cells) == 9 and cells[3].isdecimal() and cells[4].isdecimal():
        is_gff3 = "=" in cells[8].split(";")[0].split('"')[0]
        reader = gtf.read_gff3 if is_gff3 else gtf.read_gtf
        tables = build(reader(content, faults), faults)
    else:
        raise FormatError(
            f"{path}:{first[0]}: GTF, GFF3, an exon table or a splice-site table is needed, but "
            f"{_looks_like(first[1], cells)}.",
            path=path,
            line=first[0],
            text=first[1][:200],
        )
    faults.say()
    if not len(tables["genes"] if tables["genes"] is not None else ()):
        raise FormatError(f"{path} holds no gene with an exon.", path=path)
    return {**tables, "sites": None, "pas": None}


def _is_parquet(path: str | PathLike[str]) -> bool:
    file = Path(path)
    if not file.is_file():
        return False
    with file.open("rb") as handle:
        return handle.read(4) == b"PAR1"


def _looks_like(line: str, cells: list[str]) -> str:
    if line.startswith(">"):
        return "this is a FASTA file"
    if len(cells) >= 3 and cells[1].isdecimal() and cells[2].isdecimal():
        return "this looks like a BED file, which has no transcripts"
    if len(cells) >= 8 and cells[1].isdecimal():
        return "this looks like a VCF file"
    return f"the first line has {len(cells)} columns {[cell[:30] for cell in cells[:8]]}"


def _table_rows(
    lines: Iterable[tuple[int, str]], needed: tuple[str, ...], faults: Faults
) -> Iterator[tuple[int, dict[str, str], tuple[str, int, int, str]]]:
    """Rows of a tab-separated table with a header, with their checked 0-based place."""
    header: list[str] | None = None
    named = [key for key in needed if key in ("chrom", "gene_id", "transcript_id")]
    for number, line in lines:
        cells = line.split("\t")
        if header is None:
            header = cells
            continue
        if len(cells) != len(header):
            faults.report(number, f"{len(cells)} columns where the header has {len(header)}")
            continue
        row = dict(zip(header, cells, strict=True))
        why = next((f"{key} is empty" for key in named if not row[key]), None)
        start, end, strand = row["start"], row["end"], row["strand"]
        if why is None and not (start.isdecimal() and end.isdecimal() and int(start) < int(end)):
            why = f"start {start!r} and end {end!r} are no 0-based place"
        if why is None and strand not in ("+", "-", "."):
            why = f"strand {strand!r} is none of '+', '-', '.'"
        if why is None:
            yield number, row, (row["chrom"], int(start), int(end), strand)
            continue
        name = row.get("transcript_id")
        faults.report(number, why, (name, row["chrom"]) if name else None)


def _read_exons(lines: Iterable[tuple[int, str]], faults: Faults) -> GeneRows:
    """Exon table: one row per exon, 0-based half-open."""
    rows = GeneRows()
    for number, row, where in _table_rows(lines, _EXON_COLUMNS, faults):
        gene = row["gene_id"]
        rows.name(gene, row.get("gene_name") or None, row.get("gene_type") or None)
        exon_id = row.get("exon_id") or None
        rows.exons.append((exon_id, row["transcript_id"], gene, *where, number))
    return rows


def _read_sites(lines: Iterable[tuple[int, str]], faults: Faults) -> Tables:
    """Splice-site table: one row per gene with its sets of donors and acceptors."""
    genes, sites = [], []
    for number, row, where in _table_rows(lines, _SITE_COLUMNS, faults):
        gene, chrom, strand = row["gene_id"], where[0], where[3]
        positions = [
            (kind, text)
            for kind in ("donor", "acceptor")
            for text in filter(None, row[f"{kind}s"].split(","))
        ]
        odd = next((text for _, text in positions if not text.isdecimal()), None)
        if odd is not None:
            faults.report(number, f"site {odd[:40]!r} is no 0-based position")
            continue
        name, kind = row.get("gene_name") or gene, row.get("gene_type") or None
        genes.append((gene, name, kind, *where, None))
        sites += [(gene, chrom, kind, int(text), strand) for kind, text in positions]
    faults.say()
    return {
        "genes": pl.DataFrame(genes, schema=SCHEMAS["genes"], orient="row"),
        "transcripts": empty("transcripts"),
        "exons": empty("exons"),
        "cds": None,
        "sites": pl.DataFrame(sites, schema=SCHEMAS["sites"], orient="row"),
        "pas": None,
    }


def write_parquet(tables: Tables, path: Path) -> None:
    """Write all tables into one file: their rows one below the other, told apart by `table`."""
    parts = [
        table.with_columns(pl.lit(name).alias("table"))
        for name, table in tables.items()
        if table is not None
    ]
    pl.concat(parts, how="diagonal").write_parquet(path)


def read_parquet(path: str | PathLike[str]) -> Tables:
    """Read what `write_parquet` wrote.

    Raises:
        FormatError: another parquet file.
    """
    try:
        rows = pl.read_parquet(Path(path))
    except pl.exceptions.PolarsError as error:
        raise FormatError(f"{path} cannot be read as parquet: {error}.", path=path) from error
    if "table" not in rows.columns or "gene_id" not in rows.columns:
        raise FormatError(
            f"{path} is a parquet file with the columns {rows.columns[:8]}, not written by "
            "Genes.to_parquet.",
            path=path,
        )
    tables: Tables = {}
    for name, schema in SCHEMAS.items():
        part = rows.filter(pl.col("table") == name)
        optional = name in ("cds", "sites", "pas")
        known = [
            pl.col(c).cast(d) if c in part.columns else pl.lit(None, d).alias(c)
            for c, d in schema.items()
        ]
        tables[name] = None if optional and not len(part) else part.select(known)
    return tables
