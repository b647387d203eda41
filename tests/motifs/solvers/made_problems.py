"""Seeded hit problems for the tests of the tensor solvers, and the stored published results."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from locuscope.motifs.solvers import Problem, Solved

ROOT = Path(__file__).resolve().parents[3]
SMALL = ROOT / "tests" / "motifs" / "data" / "published_steps.npz"
WHOLE = ROOT.parent / "shared" / "golden" / "hits"


def made_arrays(
    seed: int = 0,
    *,
    n: int = 6,
    length: int = 90,
    motifs: int = 6,
    width: int = 12,
    is_masked: bool = True,
    mask: str = "core",
    has_copies: bool = False,
) -> dict[str, Any]:
    """Arguments of `Problem.prepare`: noise with a few motifs planted, one-hot letters."""
    rng = np.random.default_rng(seed)
    cwms = rng.normal(size=(motifs, 4, width))
    if has_copies:
        cwms[1::2] = cwms[::2]
    cwms /= np.sqrt((cwms**2).sum((1, 2), keepdims=True))
    masks = np.zeros((motifs, width), np.int8)
    masks[:, 2 : width - 2] = 1
    if mask == "gaps":
        masks = (rng.random((motifs, width)) < 0.6).astype(np.int8)
        masks[:, width // 2] = 1
    letters = np.eye(4, dtype=np.int8)[rng.integers(0, 4, (n, length))].transpose(0, 2, 1)
    scores = rng.normal(size=(n, 4, length)) * 0.2
    for region in range(n):
        for _ in range(4):
            start, motif = rng.integers(0, length - width), rng.integers(motifs)
            plant = slice(start, start + width)
            scores[region, :, plant] += cwms[motif] * rng.uniform(3, 8)
            if is_masked:
                best = cwms[motif].argmax(axis=0)
                letters[region, :, plant] = np.eye(4, dtype=np.int8)[best].T
    return {
        "contributions": scores,
        "sequences": letters,
        "cwms": cwms,
        "trim_masks": masks,
        "lambdas": np.full(motifs, 0.4),
        "use_hypothetical": not is_masked,
    }


def made_problem(seed: int = 0, **kwargs: Any) -> Problem:
    """The problem of `made_arrays`; options of `Problem.prepare` are passed on."""
    names = ("edge", "eps", "sqrt_transform", "cwm_norm", "on_nonfinite", "lambdas")
    options = {name: kwargs.pop(name) for name in names if name in kwargs}
    return Problem.prepare(**{**made_arrays(seed, **kwargs), **options})


def places(solved: Solved) -> list[tuple[int, int, int]]:
    """(region, motif, start) of each atom."""
    columns = (solved.region, solved.motif_id, solved.hit_start)
    return list(zip(*(column.tolist() for column in columns), strict=True))


@cache
def published(name: str) -> tuple[Problem, np.ndarray, np.ndarray]:
    """A few regions with what the published program gave.

    Returns:
        (problem; hits (q, 7): region, motif, start, coefficient, similarity, importance,
        importance_sq; metrics (n, 5): nll, gap, steps, step size, scale)
    """
    with np.load(SMALL) as held:
        scores = held[f"{name}.contribs"]
        letters = np.unpackbits(held[f"{name}.sequences"], axis=-1, count=scores.shape[-1])
        problem = Problem.prepare(
            scores,
            letters.astype(np.int8),
            held[f"{name}.cwms"],
            held[f"{name}.cwm_trim_mask"],
            held[f"{name}.lambdas"],
            use_hypothetical=name == "hypothetical",
        )
        return problem, held[f"{name}.hits"], held[f"{name}.qc"]


def whole(name: str) -> Problem:
    """A whole stored set."""
    with np.load(WHOLE / f"{name}.inputs.npz") as held:
        return Problem.prepare(
            held["contribs"],
            held["sequences"],
            held["cwms"],
            held["cwm_trim_mask"],
            held["lambdas"],
            use_hypothetical=bool(held["use_hypothetical"]),
        )


def whole_published(name: str, run: str) -> tuple[np.ndarray, np.ndarray]:
    """Hits and metrics of a whole set, as `published` gives them."""
    import polars as pl

    hits = pl.read_parquet(WHOLE / f"{name}.{run}.hits.parquet")
    hits = hits.sort("peak_id", "hit_start", "motif_id")
    metrics = pl.read_parquet(WHOLE / f"{name}.{run}.qc.parquet").sort("peak_id")
    columns = ("peak_id", "motif_id", "hit_start", "hit_coefficient", "hit_similarity")
    both = (*columns, "hit_importance", "hit_importance_sq")
    figures = ("nll", "dual_gap", "num_steps", "step_size", "global_scale")
    return (
        hits.select(pl.col(*both).cast(pl.Float64)).to_numpy(),
        metrics.select(pl.col(*figures).cast(pl.Float64)).to_numpy(),
    )
