"""Reading a folder of hits, ours or the published tool's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from locuscope.errors import FormatError, StoreError, shown_path
from locuscope.motifs.hit_files import COLUMNS, QC_COLUMNS
from locuscope.motifs.hit_tables import HITS, PLACED, QC, REGIONS, motif_columns
from locuscope.motifs.motif import Motif
from locuscope.motifs.motif_set import MotifSet
from locuscope.store import missing_file

if TYPE_CHECKING:
    from os import PathLike

    from numpy.typing import NDArray

NO_CHROM = "NA"
_NEEDED = ("hits.tsv", "peaks_qc.tsv", "motif_data.tsv", "parameters.json")
_FLIPPED = {"+": "-", "-": "+"}
_TEXT = {"chr", "peak_name", "motif_name", "motif_name_orig", "strand", "status", "region_strand"}
_TYPES: dict[str, Any] = (
    dict.fromkeys(_TEXT, pl.String)
    | {name: pl.Int64 for name in PLACED if name not in _TEXT}
    | {name: kind for name, kind in (HITS | QC | REGIONS).items() if name not in _TEXT}
    | {"hit_importance": pl.Float64, "hit_importance_sq": pl.Float64, "hit_correlation": pl.Float32}
    | {
        "replaced": pl.Int32,
        "region_row": pl.Int64,
        "motif_scale": pl.Float64,
        "lambda": pl.Float64,
    }
)


def read_folder(path: str | PathLike[str]) -> dict[str, Any]:
    """The fields of `Hits` from a folder.

    Raises:
        MissingFileError: no such folder.
        StoreError: a job that was not finished.
        FormatError: a file is missing or damaged, or the files do not belong together.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise missing_file(folder)
    lacking = [name for name in _NEEDED if not (folder / name).is_file()]
    if lacking and (folder / "manifest.json").is_file():
        raise StoreError(
            f"{shown_path(folder)} holds hits that are still being called; make the same call "
            "again to finish it.",
            path=folder,
        )
    if lacking:
        raise FormatError(
            f"{shown_path(folder)} is no folder of hits: it has no {', '.join(lacking)}.",
            path=folder,
        )
    parameters = _parameters(folder / "parameters.json")
    widths = parameters.pop("motif_widths", None)
    motifs = read_motif_folder(folder, widths)
    qc = _regions(read_tsv(folder / "peaks_qc.tsv", QC_COLUMNS[:9]), parameters)
    table = _hits(folder / "hits.tsv", motifs, qc, parameters.get("region_width"))
    return {"table": table, "qc": qc, "motifs": motifs, "parameters": parameters}


def read_tsv(path: Path, needed: tuple[str, ...]) -> pl.DataFrame:
    """A tab-separated table with the types of its known columns.

    Raises:
        MissingFileError: no such file.
        FormatError: a column is missing, or a cell is no number where one is needed.
    """
    if not path.is_file():
        raise missing_file(path)
    try:
        header = pl.read_csv(path, separator="\t", n_rows=0, quote_char=None).columns
        types = {name: _TYPES[name] for name in header if name in _TYPES}
        table = pl.read_csv(path, separator="\t", quote_char=None, schema_overrides=types)
    except (pl.exceptions.PolarsError, UnicodeDecodeError) as error:
        raise FormatError(
            f"{shown_path(path)} is no table of hits ({str(error).splitlines()[0][:120]}).",
            path=path,
        ) from error
    lacking = [name for name in needed if name not in header]
    if lacking:
        raise FormatError(
            f"{shown_path(path)} has no column {lacking[0]!r}; it has {', '.join(header)}.",
            path=path,
            column=lacking[0],
        )
    return table


def read_motif_folder(folder: Path, widths: list[int] | None = None) -> MotifSet:
    """The motifs of a folder: `motif_data.tsv` and the matrices, exact ones where they are there.

    Args:
        folder: with the files.
        widths: own width of each motif, where they differ.

    Raises:
        FormatError: the matrices do not belong to the table.
    """
    columns = ("motif_id", "motif_name", "motif_name_orig", "strand", "motif_start", "motif_end")
    rows = read_tsv(folder / "motif_data.tsv", (*columns, "motif_scale", "lambda"))
    exact = folder / "motif_cwms.f32.npy"
    file = exact if exact.is_file() else folder / "motif_cwms.npy"
    cwms = _matrices(file)
    if len(cwms) != len(rows) or rows["motif_id"].to_list() != list(range(len(rows))):
        raise FormatError(
            f"{shown_path(file)} holds {len(cwms)} matrices, motif_data.tsv {len(rows)} rows "
            "(motif_id counts them from 0).",
            path=file,
        )
    own = widths or [cwms.shape[2]] * len(cwms)
    motifs = [
        Motif(
            row["motif_name"],
            cwm[:, :width],
            core=(row["motif_start"], row["motif_end"]),
            strand=row["strand"],
            threshold=row["lambda"],
            original_name=row["motif_name_orig"],
            scale=row["motif_scale"],
        )
        for row, cwm, width in zip(rows.iter_rows(named=True), cwms, own, strict=True)
    ]
    return MotifSet(tuple(motifs))


def _matrices(path: Path) -> NDArray[np.float32]:
    if not path.is_file():
        raise missing_file(path)
    try:
        found = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise FormatError(
            f"{shown_path(path)} is no array of plain numbers ({str(error)[:80]}).", path=path
        ) from error
    if not isinstance(found, np.ndarray) or found.ndim != 3 or found.dtype.kind != "f":
        raise FormatError(f"{shown_path(path)} is no array (motifs, 4, width).", path=path)
    return found.astype(np.float32)


def _parameters(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise FormatError(f"{shown_path(path)} is no JSON ({error}).", path=path) from error
    if not isinstance(found, dict):
        raise FormatError(f"{shown_path(path)} is no JSON object.", path=path)
    return found


def _regions(rows: pl.DataFrame, parameters: dict[str, Any]) -> pl.DataFrame:
    """The table of regions in input order, as far as the file knows it."""
    is_placed = (rows["chr"] != NO_CHROM).any() or not parameters.get("num_regions", 1)
    if is_placed:
        chroms = {name: rank for rank, name in enumerate(rows["chr"].unique(maintain_order=True))}
        ranks = [chroms[name] for name in rows["chr"]]
        rows = rows.with_columns(pl.Series("chr_id", ranks, dtype=pl.Int64))
        if "region_strand" not in rows.columns:
            rows = rows.with_columns(pl.lit("+").alias("region_strand"))
    order = "region_row" if "region_row" in rows.columns else "peak_id"
    rows = rows.sort(order).drop("region_row", strict=False)
    lacking = [pl.lit(None, kind).alias(name) for name, kind in QC.items() if name not in rows]
    known = [*QC, *(REGIONS if is_placed else ())]
    more = [name for name in rows.columns if name not in QC and name not in REGIONS]
    return rows.with_columns(lacking).select(*QC, *more, *known[len(QC) :])


def _hits(path: Path, motifs: MotifSet, qc: pl.DataFrame, length: int | None) -> pl.DataFrame:
    """The table of hits: numbers of motifs, places in the region, normalised units."""
    rows = read_tsv(path, COLUMNS)
    is_placed = "chr_id" in qc.columns
    known: list[Any] = ["peak_id", pl.col("global_scale").cast(pl.Float64).alias("_scale")]
    places = [pl.col("peak_region_start").alias("_first"), pl.col("region_strand").alias("_turned")]
    merged = rows.join(qc.select(*known, *(places if is_placed else [])), on="peak_id", how="left")
    if merged["_scale"].null_count():
        lost = merged.filter(pl.col("_scale").is_null())["peak_id"][0]
        raise FormatError(f"{shown_path(path)} has a hit in region {lost}, which peaks_qc lacks.")
    turned = np.zeros(len(rows), bool)
    starts = merged["start_untrimmed"].to_numpy()
    if is_placed:
        turned = (merged["_turned"] == "-").to_numpy()
        first = merged["_first"].to_numpy()
        starts = np.where(
            turned, first + (length or 0) - merged["end_untrimmed"].to_numpy(), starts - first
        )
    strands = [
        _FLIPPED.get(strand, strand) if turn else strand
        for strand, turn in zip(rows["strand"], turned, strict=True)
    ]
    ids = _motif_ids(path, motifs, rows["motif_name"].to_list(), strands)
    more = [name for name in rows.columns if name not in COLUMNS and name not in HITS]
    table = merged.with_columns(
        pl.Series("motif_id", ids),
        pl.Series("hit_start", starts),
        pl.col("hit_importance") / pl.col("_scale"),
        pl.col("hit_importance_sq") / pl.col("_scale") ** 2,
        *motif_columns(motifs, ids, starts)[2:],
    )
    if "twin_group" not in table.columns:
        table = table.with_columns(pl.lit(None).alias("twin_group"))
    kinds = HITS | (PLACED if is_placed else {})
    columns = [pl.col(name).cast(kind) for name, kind in kinds.items()]
    return table.select(*columns, *more).sort("peak_id", "hit_start", "motif_id")


def _motif_ids(
    path: Path, motifs: MotifSet, names: list[str], strands: list[str]
) -> NDArray[np.int64]:
    known = {
        key: number for number, key in enumerate(zip(motifs.names, motifs.strands, strict=True))
    }
    keys = list(zip(names, strands, strict=True))
    unknown = [key for key in keys if key not in known]
    if unknown:
        raise FormatError(
            f"{shown_path(path)} has hits of {unknown[0][0]!r} on strand {unknown[0][1]}, which "
            "motif_data.tsv lacks.",
            path=path,
        )
    return np.array([known[key] for key in keys], np.int64)
