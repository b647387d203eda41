"""The tables of `Hits`: their columns, made of what a solver returns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from locuscope.genome.interval import Interval
    from locuscope.motifs.motif_set import MotifSet
    from locuscope.motifs.solvers.solved import Solved

PUBLISHED_HITS: dict[str, Any] = {
    "peak_id": pl.UInt32,
    "motif_id": pl.UInt32,
    "hit_start": pl.Int64,
    "hit_coefficient": pl.Float32,
    "hit_similarity": pl.Float32,
    "hit_importance": pl.Float32,
    "hit_importance_sq": pl.Float32,
}
"""Columns and types of the published table of hits."""

PUBLISHED_QC: dict[str, Any] = {
    "nll": pl.Float32,
    "dual_gap": pl.Float32,
    "num_steps": pl.Int32,
    "step_size": pl.Float32,
    "global_scale": pl.Float32,
    "peak_id": pl.UInt32,
}
"""Columns and types of the published table of regions."""

HITS: dict[str, Any] = PUBLISHED_HITS | {
    "motif_name": pl.String,
    "strand": pl.String,
    "core_start": pl.Int64,
    "core_end": pl.Int64,
    "hit_coefficient_global": pl.Float32,
    "twin_group": pl.Int32,
}
PLACED: dict[str, Any] = {
    "chr": pl.String,
    "start": pl.Int64,
    "end": pl.Int64,
    "start_untrimmed": pl.Int64,
    "end_untrimmed": pl.Int64,
    "peak_name": pl.String,
}
"""Further columns of hits in regions whose place is known."""

QC: dict[str, Any] = (
    {"peak_id": pl.UInt32}
    | PUBLISHED_QC
    | {
        "dual_norm": pl.Float32,
        "n_candidates": pl.Int32,
        "n_rounds": pl.Int32,
        "n_support": pl.Int32,
        "explained": pl.Float32,
        "status": pl.String,
    }
)
REGIONS: dict[str, Any] = {
    "chr": pl.String,
    "peak_region_start": pl.Int64,
    "peak_name": pl.String,
    "chr_id": pl.Int64,
    "region_strand": pl.String,
}
"""Further columns of regions whose place is known."""

_FLIPPED = {"+": "-", "-": "+"}


def region_table(
    peak_ids: NDArray[Any],
    intervals: Sequence[Interval] | None,
    chrom_ids: NDArray[Any] | None,
) -> pl.DataFrame:
    """One row per region: its number and, where known, its place."""
    columns: dict[str, Any] = {"peak_id": peak_ids}
    types: dict[str, Any] = {"peak_id": pl.UInt32}
    if intervals is not None:
        types |= REGIONS
        columns["chr"] = [place.chrom for place in intervals]
        columns["peak_region_start"] = [place.start for place in intervals]
        columns["peak_name"] = [place.name or None for place in intervals]
        columns["chr_id"] = _ranks(columns["chr"]) if chrom_ids is None else chrom_ids
        columns["region_strand"] = ["-" if place.strand == "-" else "+" for place in intervals]
    return pl.DataFrame(columns, schema=types)


def _ranks(chroms: Sequence[str]) -> list[int]:
    """Number contigs by their first appearance."""
    rank = {name: number for number, name in enumerate(dict.fromkeys(chroms))}
    return [rank[name] for name in chroms]


def qc_table(solved: Solved, regions: pl.DataFrame, *, count_replaced: bool) -> pl.DataFrame:
    """One row per region in input order; metrics are null where the input was invalid."""
    scale = solved.scale.astype(np.float64)
    explained = np.where(scale > 0, 1 - 2 * solved.nll, np.nan)
    columns: dict[str, Any] = {
        "peak_id": regions["peak_id"],
        "nll": solved.nll,
        "dual_gap": solved.gap,
        "num_steps": solved.sweeps,
        "step_size": solved.step_size,
        "global_scale": solved.scale,
        "dual_norm": solved.dual_norm,
        "n_candidates": solved.n_candidates,
        "n_rounds": solved.n_rounds,
        "n_support": solved.n_support,
        "explained": explained,
        "status": solved.status.tolist(),
    }
    table = pl.DataFrame([_column(name, columns[name], QC[name]) for name in QC])
    if count_replaced:
        table = table.with_columns(pl.Series("replaced", solved.replaced, dtype=pl.Int32))
    return pl.concat([table, regions.drop("peak_id")], how="horizontal")


def _column(name: str, values: Any, kind: Any) -> pl.Series:
    series = pl.Series(name, values)
    if kind == pl.Float32:
        series = series.fill_nan(None)
    return series.cast(kind)


def hits_table(
    solved: Solved,
    keep: NDArray[np.bool_],
    motifs: MotifSet,
    regions: pl.DataFrame,
    *,
    length: int,
    coefficient: NDArray[np.float64] | None = None,
    twin_group: NDArray[np.int32] | None = None,
) -> pl.DataFrame:
    """One row per hit, sorted by (peak_id, hit_start, motif_id).

    Args:
        solved: active atoms; `region` counts rows of `regions`.
        keep: which of them are hits.
        motifs: what `motif_id` counts.
        regions: as `region_table` makes it.
        length: L.
        coefficient: of each atom, where it is not the solver's.
        twin_group: of each atom, -1 for none.
    """
    rows, ids = solved.region[keep], solved.motif_id[keep]
    starts = solved.hit_start[keep]
    values = solved.coefficient if coefficient is None else coefficient
    scale = solved.scale.astype(np.float64)[rows]
    groups = np.full(len(rows), -1, np.int32) if twin_group is None else twin_group[keep]
    columns: dict[str, Any] = {
        "peak_id": regions["peak_id"].to_numpy()[rows],
        "motif_id": ids,
        "hit_start": starts,
        "hit_coefficient": values[keep],
        "hit_similarity": solved.similarity[keep],
        "hit_importance": solved.importance[keep],
        "hit_importance_sq": solved.importance_sq[keep],
        "hit_coefficient_global": values[keep] * scale**2,
    }
    table = pl.DataFrame(columns)
    table = table.with_columns(
        pl.Series("twin_group", groups, dtype=pl.Int32).replace(-1, None),
        *motif_columns(motifs, ids, starts),
    )
    table = table.select(pl.col(name).cast(kind) for name, kind in HITS.items())
    if "chr" in regions.columns:
        table = table.with_columns(placed_columns(table, motifs, regions, rows, length))
        table = table.select(*HITS, *PLACED)
    return table.sort("peak_id", "hit_start", "motif_id")


def motif_columns(
    motifs: MotifSet, ids: NDArray[Any], starts: NDArray[Any]
) -> tuple[pl.Series, ...]:
    """Name, strand and core of the windows of motifs that start there."""
    cores = motifs.cores
    return (
        pl.Series("motif_name", np.array(motifs.names, object)[ids], dtype=pl.String),
        pl.Series("strand", np.array(motifs.strands, object)[ids], dtype=pl.String),
        pl.Series("core_start", starts + cores[ids, 0]),
        pl.Series("core_end", starts + cores[ids, 1]),
    )


def placed_columns(
    table: pl.DataFrame,
    motifs: MotifSet,
    regions: pl.DataFrame,
    rows: NDArray[Any],
    length: int,
) -> list[pl.Series]:
    """Genomic columns, the strand included: a region read backwards turns its hits round."""
    first = regions["peak_region_start"].to_numpy()[rows]
    turned = (regions["region_strand"] == "-").to_numpy()[rows]
    widths = motifs.widths
    window = table["hit_start"].to_numpy()
    spans = {
        ("start", "end"): (table["core_start"].to_numpy(), table["core_end"].to_numpy()),
        ("start_untrimmed", "end_untrimmed"): (
            window,
            window + widths[table["motif_id"].to_numpy()],
        ),
    }
    found = []
    for (left, right), (begin, stop) in spans.items():
        found.append(pl.Series(left, first + np.where(turned, length - stop, begin)))
        found.append(pl.Series(right, first + np.where(turned, length - begin, stop)))
    strands = table["strand"].to_list()
    oriented = [_FLIPPED[s] if turn else s for s, turn in zip(strands, turned, strict=True)]
    names = regions["chr"].gather(rows), regions["peak_name"].gather(rows)
    return [*found, *names, pl.Series("strand", oriented, dtype=pl.String)]
