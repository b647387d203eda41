"""The files of hits: what `Hits.save` puts into one folder, as the published tool names it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from locuscope.errors import InputError, OptionError
from locuscope.motifs.hit_tables import HITS, REGIONS
from locuscope.store import publish_folder

if TYPE_CHECKING:
    from os import PathLike
    from pathlib import Path

    from locuscope.motifs.hits import Hits
    from locuscope.motifs.motif_set import MotifSet

FILES = (
    "hits.tsv",
    "hits_unique.tsv",
    "hits.bed",
    "peaks_qc.tsv",
    "motif_data.tsv",
    "motif_cwms.npy",
    "motif_cwms.f32.npy",
    "parameters.json",
)
"""The files of a folder, in the order in which they are written."""

COLUMNS = (
    "chr",
    "start",
    "end",
    "start_untrimmed",
    "end_untrimmed",
    "motif_name",
    "hit_coefficient",
    "hit_coefficient_global",
    "hit_similarity",
    "hit_correlation",
    "hit_importance",
    "hit_importance_sq",
    "strand",
    "peak_name",
    "peak_id",
)
"""The columns of `hits.tsv`; further ones of the table follow where they hold anything."""

QC_COLUMNS = (
    "nll",
    "dual_gap",
    "num_steps",
    "step_size",
    "global_scale",
    "peak_id",
    "chr",
    "peak_region_start",
    "peak_name",
    "dual_norm",
    "n_candidates",
    "n_rounds",
    "n_support",
    "explained",
    "status",
)
PUBLISHED = (
    "regions_path",
    "peaks_path",
    "modisco_h5_path",
    "chrom_order_path",
    "motifs_include_path",
    "motif_names_path",
    "motif_lambdas_path",
    "out_dir",
    "cwm_trim_coords_path",
    "cwm_trim_thresholds_path",
    "cwm_trim_threshold_default",
    "lambda_default",
    "step_size_max",
    "step_size_min",
    "sqrt_transform",
    "convergence_tol",
    "max_steps",
    "batch_size",
    "step_adjust",
    "device",
    "mode",
    "no_post_filter",
    "compile_optimizer",
    "region_width",
    "num_regions",
    "untrimmed_motif_width",
    "num_motifs",
)
"""Keys of the published `parameters.json`, in its order."""

BED_SCORES = ("similarity", "zero")
_FORBIDDEN = ("\t", "\n", "\r")


def save_hits(hits: Hits, folder: str | PathLike[str], *, bed_score: str) -> Path:
    """Write the folder; it appears whole or not at all."""
    check_bed_score(bed_score)
    check_writable(hits.motifs, hits.qc)
    return publish_folder(folder, lambda path: fill_folder(hits, path, bed_score=bed_score))


def check_bed_score(bed_score: str) -> None:
    """Refuse an unknown score.

    Raises:
        OptionError: neither "similarity" nor "zero".
    """
    if bed_score not in BED_SCORES:
        raise OptionError(
            f"bed_score is {bed_score!r}; expected 'similarity' or 'zero'.",
            option="bed_score",
            value=bed_score,
            allowed=BED_SCORES,
        )


def check_writable(motifs: MotifSet, regions: pl.DataFrame) -> None:
    """Refuse names that would break a line of a table.

    Raises:
        InputError: a tab or line end in the name of a motif, contig or peak.
    """
    names = [*motifs.names, *motifs.original_names]
    for column in ("chr", "peak_name"):
        if column in regions.columns:
            names += regions[column].drop_nulls().unique().to_list()
    for name in names:
        if any(letter in name for letter in _FORBIDDEN):
            raise InputError(
                f"the name {name!r} holds a tab or a line end, which no table can hold; rename it."
            )


def fill_folder(hits: Hits, folder: Path, *, bed_score: str = "similarity") -> None:
    """Write the files into a folder that is there."""
    table = file_table(hits)
    keys = ["chr", "start", "motif_name", "strand"]
    unique = table.unique(keys, keep="first", maintain_order=True)
    unique = unique if hits.has_coordinates else table.clear()
    _write_tsv(table, folder / "hits.tsv")
    _write_tsv(unique, folder / "hits_unique.tsv")
    (folder / "hits.bed").write_bytes(bed_text(hits, bed_score).encode())
    _write_tsv(qc_file_table(hits), folder / "peaks_qc.tsv")
    _write_tsv(pl.from_pandas(hits.motifs.to_dataframe()), folder / "motif_data.tsv")
    cwms = hits.motifs.cwms
    np.save(folder / "motif_cwms.npy", cwms.astype(np.float16), allow_pickle=False)
    np.save(folder / "motif_cwms.f32.npy", cwms, allow_pickle=False)
    (folder / "parameters.json").write_bytes(parameters_text(hits).encode())


def _write_tsv(table: pl.DataFrame, path: Path) -> None:
    table.write_csv(path, separator="\t", quote_style="never")


def file_table(hits: Hits) -> pl.DataFrame:
    """Hits as `hits.tsv` holds them: in the units of the scores, by contig and start."""
    chrom = pl.col("chr_id") if hits.has_coordinates else pl.lit(0)
    scale = pl.col("global_scale").cast(pl.Float64)
    regions = hits.qc.select("peak_id", chrom.alias("_chrom"), scale.alias("_scale"))
    table = hits.table if hits.has_coordinates else _bare_places(hits)
    more = [name for name in table.columns if _is_further(table, name)]
    found = table.join(regions, on="peak_id", how="left").sort(
        "_chrom", "start", "peak_id", "motif_id"
    )
    # Products in double precision, so that reading gives back the same single-precision numbers.
    found = found.with_columns(
        pl.col("hit_similarity").alias("hit_correlation"),
        pl.col("hit_importance").cast(pl.Float64) * pl.col("_scale"),
        pl.col("hit_importance_sq").cast(pl.Float64) * pl.col("_scale") ** 2,
    )
    return found.select(*COLUMNS, *more)


def _bare_places(hits: Hits) -> pl.DataFrame:
    """Hits of bare sequences: the contig NA, counted from the start of each region."""
    table = hits.table
    widths = hits.motifs.widths[table["motif_id"].to_numpy()]
    return table.with_columns(
        pl.lit("NA").alias("chr"),
        pl.col("core_start").alias("start"),
        pl.col("core_end").alias("end"),
        pl.col("hit_start").alias("start_untrimmed"),
        (pl.col("hit_start") + pl.Series(widths, dtype=pl.Int64)).alias("end_untrimmed"),
        pl.lit(None, pl.String).alias("peak_name"),
    )


def _is_further(table: pl.DataFrame, name: str) -> bool:
    """A column of later steps or of another tool, with something in it."""
    is_own = name in COLUMNS or (name in HITS and name != "twin_group")
    return not is_own and table[name].null_count() < len(table)


def qc_file_table(hits: Hits) -> pl.DataFrame:
    """Regions as `peaks_qc.tsv` holds them: by contig and start.

    The number of the row in the input and the strand of the region follow where they are not as
    expected.
    """
    table = hits.qc.with_row_index("region_row")
    if hits.has_coordinates:
        table = table.sort("chr_id", "peak_region_start", "region_row")
    else:
        table = table.with_columns(
            pl.lit("NA").alias("chr"),
            pl.lit(0, pl.Int64).alias("peak_region_start"),
            pl.lit(None, pl.String).alias("peak_name"),
        )
    more = [name for name in table.columns if name not in (*QC_COLUMNS, *REGIONS, "region_row")]
    if hits.has_coordinates and not (table["region_strand"] == "+").all():
        more.append("region_strand")
    if not hits.qc["peak_id"].is_sorted():
        more.append("region_row")
    return table.select(*QC_COLUMNS, *more)


def bed_text(hits: Hits, bed_score: str = "similarity") -> str:
    """Six columns per hit, without header; nothing without places.

    Args:
        hits: what is written.
        bed_score: "similarity", a thousand times, between 0 and 1000, or "zero".
    """
    if not hits.has_coordinates:
        return ""
    similarity = pl.col("hit_similarity").fill_null(0).clip(0, 1)
    score = (1000 * similarity).round().cast(pl.Int64) if bed_score == "similarity" else pl.lit(0)
    table = file_table(hits).select(
        "chr", "start", "end", "motif_name", score.alias("score"), "strand"
    )
    return table.write_csv(separator="\t", include_header=False, quote_style="never")


def parameters_text(hits: Hits) -> str:
    """The published keys in their order, then ours by name, as JSON."""
    given = dict(hits.parameters)
    first = {key: given.pop(key, None) for key in PUBLISHED}
    widths = hits.motifs.widths.tolist()
    is_even = len(set(widths)) <= 1
    given["motif_widths"] = None if is_even else widths
    content = first | {key: given[key] for key in sorted(given)}
    return json.dumps(content, indent=4, ensure_ascii=False, allow_nan=False) + "\n"
