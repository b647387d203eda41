"""Small TF-MoDISco files, made on the spot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np


def pattern(seed: int, width: int = 10, n_seqlets: int = 3) -> dict[str, Any]:
    """Datasets of one pattern, rows are positions."""
    rng = np.random.default_rng(seed)
    letters = rng.integers(0, 4, width)
    sequence = np.full((width, 4), 0.1)
    sequence[np.arange(width), letters] = 0.7
    hypothetical = rng.normal(size=(width, 4))
    weights = np.exp(-0.5 * ((np.arange(width) - width / 2) / 2) ** 2)[:, None]
    starts = np.arange(n_seqlets) * 7
    return {
        "sequence": sequence,
        "hypothetical_contribs": hypothetical,
        "contrib_scores": sequence * (np.abs(hypothetical) + 0.1) * weights * (1 + seed),
        "seqlets/start": starts,
        "seqlets/end": starts + width,
        "seqlets/example_idx": np.arange(n_seqlets) % 2,
        "seqlets/is_revcomp": np.arange(n_seqlets) % 2 == 1,
        "seqlets/n_seqlets": np.array([n_seqlets]),
    }


def write_patterns(
    path: Path, patterns: dict[str, dict[str, Any]], *, window_size: int | None = 40
) -> Path:
    """Write patterns under their full names ("pos_patterns/pattern_0")."""
    with h5py.File(path, "w") as file:
        if window_size is not None:
            file.attrs["window_size"] = window_size
        for tag, datasets in patterns.items():
            group = file.create_group(tag)
            for name, value in datasets.items():
                group[name] = value
    return path


def two_patterns(path: Path, **changes: Any) -> Path:
    """One positive and one negative pattern; `changes` replace or (None) remove datasets of it."""
    negative = pattern(1)
    negative["contrib_scores"] = -negative["contrib_scores"]
    for name, value in changes.items():
        key = name.replace("__", "/")
        negative.pop(key, None)
        if value is not None:
            negative[key] = value
    return write_patterns(
        path, {"pos_patterns/pattern_0": pattern(0), "neg_patterns/pattern_0": negative}
    )
