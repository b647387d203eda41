"""Stored hit problems and exact solutions: a few regions here, whole sets beside the checkout."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from locuscope.motifs.solvers import Problem

ROOT = Path(__file__).resolve().parents[2]
SMALL = ROOT / "tests" / "motifs" / "data" / "solver_sets.npz"
WHOLE = ROOT.parent / "shared" / "golden" / "hits"
SETS = ("projected", "hypothetical", "compact", "redundant", "postfilter")
CASES = [
    *((name, "reference") for name in SETS),
    ("projected", "reference_edge_core"),
    ("hypothetical", "reference_edge_core"),
    ("projected", "reference_sqrt"),
    ("hypothetical", "reference_sqrt"),
]
HIT_COLUMNS = ("hit_coefficient", "hit_similarity", "hit_importance", "hit_importance_sq")


def options(reference: str) -> dict:
    """What a reference was computed with."""
    if reference == "reference_edge_core":
        return {"edge": "core"}
    return {"sqrt_transform": True} if reference == "reference_sqrt" else {}


@cache
def small_inputs(name: str) -> dict:
    """Arguments of `Problem.prepare` of a few regions."""
    with np.load(SMALL) as held:
        scores = held[f"{name}.contribs"]
        packed = held[f"{name}.sequences"]
        letters = np.unpackbits(packed, axis=-1, count=scores.shape[-1]).astype(np.int8)
        return {
            "contributions": scores,
            "sequences": letters,
            "cwms": held[f"{name}.cwms"],
            "trim_masks": held[f"{name}.cwm_trim_mask"],
            "lambdas": held[f"{name}.lambdas"],
            "use_hypothetical": bool(held[f"{name}.use_hypothetical"]),
        }


@cache
def small_reference(name: str, reference: str = "reference") -> tuple[np.ndarray, np.ndarray]:
    """((hits, 7): region, motif, start, then `HIT_COLUMNS`; (n, 4): objective, nll, dual, size)."""
    with np.load(SMALL) as held:
        return held[f"{name}.{reference}.hits"], held[f"{name}.{reference}.qc"]


@cache
def whole_inputs(name: str) -> dict:
    """Arguments of `Problem.prepare` of a whole set."""
    with np.load(WHOLE / f"{name}.inputs.npz") as held:
        return {
            "contributions": held["contribs"],
            "sequences": held["sequences"],
            "cwms": held["cwms"],
            "trim_masks": held["cwm_trim_mask"],
            "lambdas": held["lambdas"],
            "use_hypothetical": bool(held["use_hypothetical"]),
        }


def whole_reference(name: str, reference: str = "reference") -> tuple[np.ndarray, np.ndarray]:
    """The same tables as `small_reference` for a whole set."""
    import polars as pl

    hits = pl.read_parquet(WHOLE / f"{name}.{reference}.hits.parquet")
    metrics = pl.read_parquet(WHOLE / f"{name}.{reference}.qc.parquet")
    places = ("peak_id", "motif_id", "hit_start")
    return (
        hits.select(pl.col(*places, *HIT_COLUMNS).cast(pl.Float64)).to_numpy(),
        metrics.select(
            pl.col("objective", "nll", "dual_norm", "n_support").cast(pl.Float64)
        ).to_numpy(),
    )


def dense_coefficients(problem: Problem, solved, region: int) -> np.ndarray:
    """Active atoms of a region as the matrix that `duality_gap` takes."""
    values = np.zeros((len(problem.atoms), problem.n_starts))
    chosen = solved.region == region
    columns = solved.hit_start[chosen] - problem.first_start
    values[solved.motif_id[chosen], columns] = solved.coefficient[chosen]
    return values
