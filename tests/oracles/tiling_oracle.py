"""Slow twin of a region in windows: one bin at a time, from whichever windows hold it."""

from __future__ import annotations

from collections.abc import Callable, Sequence


def bins(
    starts: Sequence[int], bases: range, *, width: int, crop: int, own_crop: int
) -> list[list[tuple[int, int, float]]]:
    """For each bin the windows that give it: (window, bin of the window, weight), blended.

    Args:
        starts: first base of every window.
        bases: first base of every bin.
        width: bases of a window.
        crop: bases at each end that neighbours share or drop.
        own_crop: bases at each end without output.
    """
    found = []
    bin_bp = bases.step
    shared = 2 * (crop - own_crop) // bin_bp
    for base in bases:
        places = []
        for window, start in enumerate(starts):
            row = (base - start - own_crop) // bin_bp
            n_rows = (width - 2 * crop) // bin_bp + shared
            if not 0 <= row < n_rows:
                continue
            weight = 1.0
            if window > 0 and row < shared:
                weight = (row + 0.5) / shared
            if window < len(starts) - 1 and row >= n_rows - shared:
                weight = 1 - (row - (n_rows - shared) + 0.5) / shared
            places.append((window, row, weight))
        found.append(places)
    return found


def blended(
    places: list[list[tuple[int, int, float]]], value: Callable[[int, int], float]
) -> list[float]:
    """The weighted sum of each bin."""
    return [sum(weight * value(window, row) for window, row, weight in own) for own in places]
