"""Scores of alleles with invented but fixed values, for the tests of figures."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from locuscope.effects.results.score_tables import WINDOW_SCHEMA
from locuscope.effects.variant_scores import VariantScores
from locuscope.genome.variant_table import VariantTable
from locuscope.tracks.track_metadata import TrackMetadata
from locuscope.tracks.track_table import TrackTable

PROVENANCE = {"model": "toy", "assembly": "GRCh38", "model_digest": "d"}


def table(chroms: list[str], positions: list[int], ids: list[str] | None = None) -> VariantTable:
    n = len(chroms)
    columns = {"chrom": chroms, "pos": positions, "ref": ["A"] * n, "alt": ["G"] * n}
    return VariantTable.from_frame(pl.DataFrame(columns | ({"id": ids} if ids else {})))


def scores_of(variants: VariantTable, **fields: Any) -> VariantScores:
    """Per-track scores given as keyword -> (V, T); further fields as those of `VariantScores`."""
    rest = {
        name: fields.pop(name, empty)
        for name, empty in (("parts", {}), ("own_columns", {}), ("provenance", PROVENANCE))
    }
    matrices = {name: np.asarray(values, np.float32) for name, values in fields.items()}
    shared = [values for name, values in matrices.items() if name not in rest["own_columns"]]
    width = shared[0].shape[1] if shared else 0
    tracks = TrackTable.from_tracks(
        [TrackMetadata(i, "atac", 0, f"track {i}") for i in range(width)]
    )
    nothing = {name: [None] * len(variants) for name in WINDOW_SCHEMA}
    windows = pl.DataFrame(nothing, schema=dict(WINDOW_SCHEMA))
    return VariantScores(variants=variants, scores=matrices, tracks=tracks, windows=windows, **rest)


def many(n: int, *, seed: int = 0, n_tracks: int = 2, n_unscored: int = 0) -> VariantScores:
    """n alleles on four contigs with heavy-tailed differences; the last ones have no score."""
    rng = np.random.default_rng(seed)
    names = np.array(["chr10", "chr2", "chrX", "chr1"])
    values = (rng.standard_t(3, (n, n_tracks)) * 0.05).astype(np.float32)
    values[n - n_unscored :] = np.nan
    variants = table(
        names[np.sort(rng.integers(0, 4, n))].tolist(),
        rng.integers(1, 100_000_000, n).tolist(),
        [f"rs{i}" for i in range(n)],
    )
    return scores_of(variants, diff=values)
