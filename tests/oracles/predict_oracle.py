"""Slow obvious twins of prediction: one place, one base, one variant at a time."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def window_text(contig: str, start: int, end: int) -> str:
    """Bases [start, end) of a contig, N outside it."""
    return "".join(contig[i] if 0 <= i < len(contig) else "N" for i in range(start, end))


def one_hot(text: str) -> NDArray[np.float32]:
    """(4, L), a zero column where the base is not A, C, G or T."""
    columns = [[float(base == letter) for letter in "ACGT"] for base in text]
    return np.array(columns, np.float32).T


def alternative_text(contig: str, window: tuple[int, int], pos: int, ref: str, alt: str) -> str:
    """Bases [start, end) of the contig after one change, `window` = (start, end)."""
    changed = contig[: pos - 1] + alt + contig[pos - 1 + len(ref) :]
    return window_text(changed, *window)


def to_reference(
    values: NDArray[np.float64], start: int, pos: int, ref: str, alt: str
) -> NDArray[np.float64]:
    """Values of an ALT window, one per base, at reference positions.

    A deleted base has 0, the base before an insertion the maximum of its own and the inserted
    values, and positions beyond the ALT window NaN.
    """
    n_positions, n_tracks = values.shape
    shared = min(len(ref), len(alt))
    anchor = pos - 1 - start + shared - 1
    inserted = max(0, len(alt) - len(ref))
    deleted = max(0, len(ref) - len(alt))
    out = np.full((n_positions, n_tracks), math.nan)
    for place in range(n_positions):
        for track in range(n_tracks):
            if place < anchor:
                out[place, track] = values[place, track]
            elif place == anchor:
                out[place, track] = max(values[place : place + inserted + 1, track])
            elif place <= anchor + deleted:
                out[place, track] = 0.0
            else:
                source = place + inserted - deleted
                if source < n_positions:
                    out[place, track] = values[source, track]
    return out
