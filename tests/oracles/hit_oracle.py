"""A plain hit caller: where contributions look like a motif laid over the bases that are there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray


def call_hits(
    contributions: NDArray[Any],
    onehot: NDArray[Any],
    filters: Mapping[str, NDArray[Any]],
    *,
    least: float = 0.9,
) -> list[tuple[int, str, int, str, float]]:
    """Rows (sequence, motif, start, strand, score) of windows that the motif explains.

    The coefficient of a window is the projection of its contributions on the motif's own
    contributions there; 1 means that the site is there as it stands. Overlapping hits of one motif:
    the best stays.

    Args:
        contributions: (N, A, L), what each base adds.
        onehot: (N, A, L).
        filters: motif name -> (A, W).
        least: coefficient from which on a window is a hit.
    """
    hits = []
    for name, forward in filters.items():
        width = forward.shape[1]
        for number, (values, bases) in enumerate(zip(contributions, onehot, strict=True)):
            found = []
            for strand, motif in (("+", forward), ("-", forward[::-1, ::-1])):
                for start in np.flatnonzero(values.any(axis=0)).tolist():
                    window = slice(start, start + width)
                    own = motif[:, : bases.shape[1] - start] * bases[:, window]
                    if own.shape[1] == width:
                        dot = float((values[:, window] * own).sum())
                        if dot >= least * float((own**2).sum()) > 0:
                            found.append((dot, start, strand))
            taken: list[int] = []
            for dot, place, strand in sorted(found, reverse=True):
                if all(abs(place - other) >= width for other in taken):
                    taken.append(place)
                    hits.append((number, name, place, strand, dot))
    return hits
