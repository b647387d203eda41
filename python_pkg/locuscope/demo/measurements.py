"""Measured tracks of the bundle: DNase sites as bigWig, and 115 tracks worth faceting.

The 115 tracks are stored as regions with one value per track. A request lays the regions out as
runs of constant value and reads the runs at each base, or averages them over bins.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from locuscope.errors import InputError, OptionError
from locuscope.genome.bigwig import BigWig
from locuscope.genome.interval import Interval

from .bundle import path, unknown
from .places import CORE, SLICE, genome

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from locuscope.tracks.named_outputs import NamedOutputs

FILES = {"strength": "chr20_dnase.bw", "breadth": "chr20_dnase_breadth.bw"}
MAX_BYTES = 500_000_000
OVERVIEW_BP = 128


@dataclass(frozen=True)
class Runs:
    """Values of the tracks of one output and strand as runs, ascending and without gaps.

    Attributes:
        edges: (k + 1,) genome positions; run i is `[edges[i], edges[i + 1])`.
        values: (k, T), NaN where nothing was measured.
    """

    edges: NDArray[np.int64]
    values: NDArray[np.float32]


def dnase(kind: str = "strength") -> BigWig:
    """Give the DNase sites as a measured track.

    Between sites the value is 0; outside the embedded slice it is NaN: nothing is known there.

    Args:
        kind: `"strength"` (score of the site) or `"breadth"` (number of cell types, 1-85).

    Raises:
        UnknownNameError: another kind.
    """
    if kind not in FILES:
        raise unknown("kind of DNase track", kind, FILES)
    return _bigwig(kind)


def measured(
    interval: Interval | str | None = None, *, resolution_bp: int | None = None
) -> NamedOutputs:
    """Give the 115 measured tracks of an interval. Imports torch.

    Heads: `exon_inclusion` (percent spliced in of 54 GTEx tissues on both strands, 0-1; where exons
    overlap the maximum; NaN outside exons; 0 also where the gene is not expressed), `dnase` (1
    inside a fetal-brain peak, else 0) and `atac` (log scale, centred; the most variable regions
    only, NaN elsewhere). Bases outside 20:1-4 Mb are NaN. These are measurements, not predictions.

    Args:
        interval: a place on the embedded slice; None gives 20:1-4 Mb.
        resolution_bp: bin width, the mean over the bases of a bin that have a value. Without it an
            interval comes per base and the whole region in bins of 128.

    Raises:
        OutOfBoundsError: the interval leaves the embedded slice.
        InputError: the answer would take more than 500 MB.
        OptionError: `resolution_bp` is not a positive whole number.
    """
    where, bin_bp = _request(interval, resolution_bp)
    n_bins = -(-where.width // bin_bp)
    size_bytes = 4 * n_bins * len(_tracks())
    if size_bytes > MAX_BYTES:
        message = (
            f"{where.text()} at {bin_bp} bp takes {size_bytes / 1e6:,.0f} MB "
            f"(limit {MAX_BYTES / 1e6:,.0f} MB). Give a larger resolution_bp=, such as 128."
        )
        raise InputError(message)
    import torch

    from locuscope.tracks.metadata import TrackMetadataCatalog
    from locuscope.tracks.named_outputs import NamedOutputs

    raw = {
        output: {
            bin_bp: torch.from_numpy(
                np.concatenate([_sample(_runs(output, s), where, bin_bp) for s in strands], axis=1)
            )[None]
        }
        for output, strands in _outputs().items()
    }
    catalog = TrackMetadataCatalog.from_rows(_tracks())
    return NamedOutputs.from_raw(
        raw, organism=0, catalog=catalog, strict_metadata=True, intervals=(where,)
    )


def _request(interval: Interval | str | None, resolution_bp: int | None) -> tuple[Interval, int]:
    if resolution_bp is not None and (
        isinstance(resolution_bp, bool) or not isinstance(resolution_bp, int) or resolution_bp < 1
    ):
        message = f"resolution_bp is {resolution_bp!r}; give a whole number of bases, 1 or more."
        raise OptionError(message, option="resolution_bp", value=resolution_bp, allowed=">= 1")
    if interval is None:
        return CORE, resolution_bp or OVERVIEW_BP
    where = Interval.parse(interval) if isinstance(interval, str) else interval
    fault = genome().check(where)
    if fault is not None:
        raise fault
    return where, resolution_bp or 1


def _sample(runs: Runs, where: Interval, bin_bp: int) -> NDArray[np.float32]:
    """Values per bin, (L, T); the last bin may be short."""
    if bin_bp == 1:
        places = np.arange(where.start, where.end)
        return runs.values[np.searchsorted(runs.edges, places, side="right") - 1]
    cuts = np.minimum(
        np.arange(where.start, where.end + bin_bp, bin_bp, dtype=np.int64), where.end
    )[: -(-where.width // bin_bp) + 1]
    widths = np.diff(runs.edges)[:, None]
    present = ~np.isnan(runs.values)
    summed = _integrate(runs.edges, np.where(present, runs.values, 0.0), widths, cuts)
    covered = _integrate(runs.edges, present.astype(np.float64), widths, cuts)
    with np.errstate(invalid="ignore", divide="ignore"):
        # Both integrals are differences of running sums, so an uncovered bin is exactly 0 / 0.
        return (summed / covered).astype(np.float32)


def _integrate(
    edges: NDArray[np.int64],
    density: NDArray[np.float64],
    widths: NDArray[np.int64],
    cuts: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Integral of a piecewise constant function between successive cuts."""
    total = np.zeros((len(edges), density.shape[1]))
    np.cumsum(density * widths, axis=0, out=total[1:])
    run = np.clip(np.searchsorted(edges, cuts, side="right") - 1, 0, len(density) - 1)
    running = total[run] + density[run] * (cuts - edges[run])[:, None]
    result: NDArray[np.float64] = np.diff(running, axis=0)
    return result


@cache
def _runs(output: str, strand: str) -> Runs:
    table = _table().filter((pl.col("output_name") == output) & (pl.col("strand") == strand))
    starts = np.clip(table["start"].to_numpy().astype(np.int64), CORE.start, CORE.end)
    ends = np.clip(table["end"].to_numpy().astype(np.int64), CORE.start, CORE.end)
    values = np.array(table["values"].to_list(), dtype=np.float32)
    edges = np.unique([SLICE.start, SLICE.end, CORE.start, CORE.end, *starts, *ends])
    laid = np.full((len(edges) - 1, values.shape[1]), np.nan, dtype=np.float32)
    if output == "dnase":
        # A base of the region outside every peak was measured and is closed chromatin.
        first, last = np.searchsorted(edges, [CORE.start, CORE.end])
        laid[first:last] = 0.0
    for start, end, row in zip(starts, ends, values, strict=True):
        first, last = np.searchsorted(edges, [start, end])
        laid[first:last] = np.fmax(laid[first:last], row)
    return Runs(edges, laid)


@cache
def _table() -> pl.DataFrame:
    return pl.read_parquet(path("chr20_measured.parquet"))


@cache
def _tracks() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(
        pl.read_parquet_metadata(path("chr20_measured.parquet"))["tracks"]
    )
    return rows


def _outputs() -> dict[str, list[str]]:
    """Outputs and their strands, in the order of the track table."""
    found: dict[str, list[str]] = {}
    for row in _tracks():
        strands = found.setdefault(row["output_name"], [])
        if row["strand"] not in strands:
            strands.append(row["strand"])
    return found


@cache
def _bigwig(kind: str) -> BigWig:
    return BigWig(path(FILES[kind]), gap=0.0, covered=[SLICE], name=f"DNase {kind}")
