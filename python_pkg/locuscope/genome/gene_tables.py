"""From rows of a gene source to the tables of `Genes`: checked, and derived where missing."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import polars as pl

from locuscope.errors import DataWarning, InputError
from locuscope.genome.gene_rows import Faults, GeneRows

if TYPE_CHECKING:
    from collections.abc import Mapping

_PLACE: dict[str, pl.DataType] = {
    "chrom": pl.String(),
    "start": pl.Int64(),
    "end": pl.Int64(),
    "strand": pl.String(),
}
SCHEMAS: dict[str, dict[str, pl.DataType]] = {
    "genes": {
        "gene_id": pl.String(),
        "gene_name": pl.String(),
        "gene_type": pl.String(),
        **_PLACE,
        "representative": pl.String(),
    },
    "transcripts": {
        "transcript_id": pl.String(),
        "gene_id": pl.String(),
        **_PLACE,
        "tags": pl.List(pl.String()),
    },
    "exons": {
        "exon_id": pl.String(),
        "transcript_id": pl.String(),
        "gene_id": pl.String(),
        **_PLACE,
        "exon_number": pl.Int64(),
    },
    "cds": {
        "transcript_id": pl.String(),
        "chrom": pl.String(),
        "start": pl.Int64(),
        "end": pl.Int64(),
    },
    "sites": {
        "gene_id": pl.String(),
        "chrom": pl.String(),
        "kind": pl.String(),
        "position": pl.Int64(),
        "strand": pl.String(),
    },
    "pas": {
        "gene_id": pl.String(),
        "chrom": pl.String(),
        "position": pl.Int64(),
        "strand": pl.String(),
    },
}
_LINE: dict[str, pl.DataType] = {"line": pl.Int64()}
_RAW: dict[str, dict[str, pl.DataType]] = {
    "genes": {k: v for k, v in SCHEMAS["genes"].items() if k != "representative"} | _LINE,
    "transcripts": SCHEMAS["transcripts"] | _LINE,
    "exons": {k: v for k, v in SCHEMAS["exons"].items() if k != "exon_number"} | _LINE,
    "cds": {"transcript_id": pl.String(), "gene_id": pl.String(), **_PLACE} | _LINE,
}
_TRANSCRIPT = ("transcript_id", "chrom")
_GENE = ("gene_id", "chrom")


def empty(name: str) -> pl.DataFrame:
    """A table of `SCHEMAS` without rows."""
    return pl.DataFrame(schema=SCHEMAS[name])


def build(rows: GeneRows, faults: Faults) -> dict[str, pl.DataFrame | None]:
    """Make the tables of a `Genes` from what a reader found.

    Returns:
        genes, transcripts, exons, and cds (None when the source has no coding part at all).
    """
    raw = {
        name: pl.DataFrame(getattr(rows, name), schema=schema, orient="row")
        for name, schema in _RAW.items()
    }
    cds = raw["cds"]
    exons = _exons_of(raw["exons"], cds, faults)
    _check_transcripts(exons, raw["genes"], faults)
    dropped = pl.DataFrame(
        sorted(faults.transcripts), schema={key: pl.String() for key in _TRANSCRIPT}, orient="row"
    )
    exons = exons.join(dropped, on=_TRANSCRIPT, how="anti", maintain_order="left")
    cds = cds.join(dropped, on=_TRANSCRIPT, how="anti", maintain_order="left")
    listed = raw["transcripts"].join(dropped, on=_TRANSCRIPT, how="anti", maintain_order="left")
    exons = _numbered(exons)
    transcripts = _transcripts(listed, exons)
    genes = _genes(raw["genes"], transcripts, rows.names, keep_empty=not faults.transcripts)
    return {
        "genes": _with_representative(genes, transcripts, exons),
        "transcripts": transcripts,
        "exons": exons,
        "cds": _merged_cds(cds) if len(cds) else None,
    }


def _exons_of(exons: pl.DataFrame, cds: pl.DataFrame, faults: Faults) -> pl.DataFrame:
    """Exon rows without duplicates; made of the coding parts when there are no exon rows."""
    if not len(exons) and len(cds):
        warnings.warn(
            f"{faults.path} has no exon rows; the {len(cds):,} coding parts stand for exons.",
            DataWarning,
            stacklevel=5,
        )
        merged = _merged_cds(cds)
        keys = cds.select(*_TRANSCRIPT, "gene_id", "strand", "line").unique(
            _TRANSCRIPT, keep="first", maintain_order=True
        )
        exons = merged.join(keys, on=_TRANSCRIPT, how="left", maintain_order="left").with_columns(
            pl.lit(None, dtype=pl.String).alias("exon_id")
        )
        exons = exons.select(*_RAW["exons"])
    unique = exons.unique([*_TRANSCRIPT, "start", "end"], keep="first", maintain_order=True)
    if len(unique) < len(exons):
        warnings.warn(
            f"{faults.path}: {len(exons) - len(unique):,} exon rows repeat another one of their "
            "transcript and are left out.",
            DataWarning,
            stacklevel=5,
        )
    return unique


def _check_transcripts(exons: pl.DataFrame, genes: pl.DataFrame, faults: Faults) -> None:
    """Report transcripts on two strands, with overlapping exons, or exons outside their gene."""
    ordered = exons.sort(*_TRANSCRIPT, "start", "end")
    before = {name: pl.col(name).shift(1).over(_TRANSCRIPT) for name in ("end", "strand")}
    bodies = genes.unique(_GENE, keep="first", maintain_order=True).select(
        *_GENE, pl.col("start").alias("gene_start"), pl.col("end").alias("gene_end")
    )
    ordered = ordered.with_columns(
        pl.col("start").lt(before["end"]).alias("overlaps"),
        pl.col("strand").ne(before["strand"]).alias("turns"),
    ).join(bodies, on=_GENE, how="left", maintain_order="left")
    outside = (pl.col("start") < pl.col("gene_start")) | (pl.col("end") > pl.col("gene_end"))
    bad = ordered.with_columns(outside.alias("outside")).filter(
        pl.any_horizontal(pl.col("overlaps", "turns", "outside").fill_null(value=False))
    )
    for row in bad.sort("line", nulls_last=True).iter_rows(named=True):
        what = (
            "lies on two strands"
            if row["turns"]
            else "has exons that overlap"
            if row["overlaps"]
            else f"has an exon outside its gene {row['gene_id']}"
        )
        where = f"{row['chrom']}:{row['start'] + 1:,}-{row['end']:,}"
        faults.report(
            row["line"],
            f"transcript {row['transcript_id']} {what} ({where})",
            (row["transcript_id"], row["chrom"]),
        )


def _numbered(exons: pl.DataFrame) -> pl.DataFrame:
    """Number the exons of each transcript from 5' to 3' and name those without an id."""
    rank = pl.col("start").rank("ordinal").over(_TRANSCRIPT).cast(pl.Int64)
    n = pl.len().over(_TRANSCRIPT).cast(pl.Int64)
    number = pl.when(pl.col("strand") == "-").then(n - rank + 1).otherwise(rank)
    exons = exons.with_columns(number.alias("exon_number"))
    made = pl.format("{}:{}", "transcript_id", "exon_number")
    return exons.with_columns(pl.coalesce("exon_id", made).alias("exon_id")).select(
        *SCHEMAS["exons"]
    )


def _transcripts(listed: pl.DataFrame, exons: pl.DataFrame) -> pl.DataFrame:
    """Transcript rows of the source, and those only seen through their exons."""
    listed = listed.drop("line").unique(_TRANSCRIPT, keep="first", maintain_order=True)
    derived = exons.group_by(_TRANSCRIPT, maintain_order=True).agg(
        pl.col("gene_id").first(),
        pl.col("start").min(),
        pl.col("end").max(),
        pl.col("strand").first(),
    )
    derived = derived.join(listed, on=_TRANSCRIPT, how="anti", maintain_order="left").with_columns(
        pl.lit([], dtype=pl.List(pl.String)).alias("tags")
    )
    return pl.concat([listed, derived.select(listed.columns)]).select(*SCHEMAS["transcripts"])


def _genes(
    listed: pl.DataFrame,
    transcripts: pl.DataFrame,
    names: Mapping[str, tuple[str | None, str | None]],
    *,
    keep_empty: bool,
) -> pl.DataFrame:
    """Gene rows of the source, and those only seen through their transcripts."""
    listed = listed.drop("line").unique(_GENE, keep="first", maintain_order=True)
    if not keep_empty:
        listed = listed.join(transcripts, on=_GENE, how="semi", maintain_order="left")
    derived = transcripts.group_by(_GENE, maintain_order=True).agg(
        pl.col("start").min(), pl.col("end").max(), pl.col("strand").first()
    )
    derived = derived.join(listed, on=_GENE, how="anti", maintain_order="left")
    known = [names.get(gene_id, (None, None)) for gene_id in derived["gene_id"].to_list()]
    derived = derived.with_columns(
        pl.Series("gene_name", [name for name, _ in known], dtype=pl.String),
        pl.Series("gene_type", [kind for _, kind in known], dtype=pl.String),
    )
    genes = pl.concat([listed, derived.select(listed.columns)])
    return genes.with_columns(pl.coalesce("gene_name", "gene_id").alias("gene_name"))


def _with_representative(
    genes: pl.DataFrame, transcripts: pl.DataFrame, exons: pl.DataFrame
) -> pl.DataFrame:
    """Add the transcript shown for a gene.

    The tag MANE_Select wins, then Ensembl_canonical, then the greatest summed exon length, the
    most exons, the smallest id.
    """
    sizes = exons.group_by(_TRANSCRIPT, maintain_order=True).agg(
        (pl.col("end") - pl.col("start")).sum().alias("bases"), pl.len().alias("n_exons")
    )
    best = (
        transcripts.join(sizes, on=_TRANSCRIPT, how="left", maintain_order="left")
        .with_columns(
            pl.col("tags").list.contains("MANE_Select").alias("mane"),
            pl.col("tags").list.contains("Ensembl_canonical").alias("canonical"),
            pl.col("bases", "n_exons").fill_null(0),
        )
        .sort(
            "mane",
            "canonical",
            "bases",
            "n_exons",
            "transcript_id",
            descending=[True, True, True, True, False],
            maintain_order=True,
        )
        .group_by(_GENE, maintain_order=True)
        .agg(pl.col("transcript_id").first().alias("representative"))
    )
    return genes.join(best, on=_GENE, how="left", maintain_order="left").select(*SCHEMAS["genes"])


def _merged_cds(cds: pl.DataFrame) -> pl.DataFrame:
    """Coding parts of each transcript, ascending, the stop codon joined to the part it touches."""
    order = cds.select(*_TRANSCRIPT).unique(maintain_order=True).with_row_index("order")
    ordered = cds.join(order, on=_TRANSCRIPT, how="left").sort("order", "start", "end")
    reach = pl.col("end").cum_max().over("order").shift(1).over("order")
    is_new = (pl.col("start") > reach).fill_null(value=True)
    part = is_new.cast(pl.Int64).cum_sum().alias("part")
    return (
        ordered.with_columns(part)
        .group_by("part", maintain_order=True)
        .agg(
            pl.col("transcript_id").first(),
            pl.col("chrom").first(),
            pl.col("start").min(),
            pl.col("end").max(),
        )
        .select(*SCHEMAS["cds"])
    )


def cut_versions(tables: Mapping[str, pl.DataFrame | None]) -> dict[str, pl.DataFrame | None]:
    """Cut `.12` (and the `_6` of lifted releases) off gene and transcript ids; `_PAR_Y` stays."""
    cut: dict[str, pl.DataFrame | None] = {}
    for name, table in tables.items():
        ids = [c for c in ("gene_id", "transcript_id", "representative") if _has(table, c)]
        cut[name] = table if table is None else table.with_columns(unversioned(c) for c in ids)
    return cut


def unversioned(column: str) -> pl.Expr:
    """The ids of a column without their version."""
    return pl.col(column).str.replace(r"\.[0-9]+(?:_[0-9]+)?(_PAR_Y)?$", "$1")


def _has(table: pl.DataFrame | None, column: str) -> bool:
    return table is not None and column in table.columns


def conform(name: str, frame: Any, *, needed: tuple[str, ...] = ()) -> pl.DataFrame:
    """A polars or pandas frame as the named table: columns in order, missing ones null.

    Raises:
        InputError: a needed column is missing, or a column has the wrong type.
    """
    table = as_polars(name, frame, needed)
    schema = SCHEMAS[name]
    added = [pl.lit(None, dtype=dtype).alias(c) for c, dtype in schema.items() if c not in table]
    try:
        return table.with_columns(added).select(pl.col(c).cast(d) for c, d in schema.items())
    except pl.exceptions.PolarsError as error:
        raise InputError(f"the {name} table has a column of the wrong type: {error}.") from error


def as_polars(name: str, frame: Any, needed: tuple[str, ...]) -> pl.DataFrame:
    """A polars or pandas frame as polars, with the needed columns."""
    table = frame if isinstance(frame, pl.DataFrame) else pl.DataFrame(dict(frame))
    missing = [column for column in needed if column not in table.columns]
    if missing:
        raise InputError(f"the {name} table has no column {missing}; found {table.columns[:20]}.")
    return table


def from_frames(exons: Any, genes: Any, cds: Any) -> dict[str, pl.DataFrame | None]:
    """The tables of `Genes.from_tables`, through the same checks as a file."""
    if exons is None and genes is None:
        raise InputError("Genes.from_tables needs exons= or genes=; found neither.")
    rows = GeneRows()
    place = ("chrom", "start", "end", "strand")
    if genes is not None:
        table = as_polars("genes", genes, ("gene_id", *place))
        for row in table.iter_rows(named=True):
            where = tuple(row[column] for column in place)
            names = (row.get("gene_name"), row.get("gene_type"))
            rows.genes.append((row["gene_id"], *names, *where, None))
    known: dict[tuple[object, object], tuple[object, object]] = {}
    if exons is not None:
        table = as_polars("exons", exons, ("gene_id", "transcript_id", *place))
        for row in table.iter_rows(named=True):
            where = tuple(row[column] for column in place)
            rows.name(row["gene_id"], row.get("gene_name"), row.get("gene_type"))
            known[row["transcript_id"], row["chrom"]] = (row["gene_id"], row["strand"])
            ids = (row.get("exon_id"), row["transcript_id"], row["gene_id"])
            rows.exons.append((*ids, *where, None))
    if cds is not None:
        table = as_polars("cds", cds, ("transcript_id", "chrom", "start", "end"))
        for row in table.iter_rows(named=True):
            gene, strand = known.get((row["transcript_id"], row["chrom"]), (None, "."))
            at = (row["chrom"], row["start"], row["end"], strand)
            rows.cds.append((row["transcript_id"], gene, *at, None))
    return build(rows, Faults("the tables", "raise"))
