"""Evaluations of made-up and stored numbers, for figures."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from locuscope.inference.accuracy import accuracy
from locuscope.tracks.track_table import TrackTable

STORED = Path(__file__).parents[1] / "inference" / "data" / "reference.npz"


def stored(**options):
    """The reference arrays: 6 sequences, 10 bins, 3 tracks, the last prediction constant."""
    arrays = np.load(STORED)
    targets, preds, na = (arrays[f"accuracy/{name}"] for name in ("targets", "preds", "na"))
    return accuracy(targets, preds, na, tracks=["liver", "brain", "flat"], **options)


def probabilities(n_tracks=2, n=40, **options):
    """Classes that come true as often as they are predicted."""
    rng = np.random.default_rng(0)
    preds = rng.random((n, 5, n_tracks))
    targets = (rng.random(preds.shape) < preds).astype(float)
    names = [f"site {k}" for k in range(n_tracks)]
    return accuracy(targets, preds, metrics=("auroc", "auprc"), tracks=names, **options)


def many(n_tracks=40, **options):
    """Tracks of several assays, the first one without a correlation."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(12, 5, n_tracks))
    y = x + rng.normal(size=x.shape) * np.linspace(0.2, 4, n_tracks)
    y[..., 0] = 1
    table = TrackTable.placeholders("out", 0, n_tracks)
    table = table.with_column("track_name", [f"ENCFF{k:03d}ABC" for k in range(n_tracks)])
    table = table.with_column(
        "assay", [f"assay {k % 10}" if k % 5 else None for k in range(n_tracks)]
    )
    return accuracy(x, y, tracks=table, **options)
