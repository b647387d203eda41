"""A mutation map in plain loops: one position, one base, one prediction at a time, on strings."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tests.oracles.score_oracle import bases

Predict = Callable[[str], NDArray[np.float64]]
Score = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]


def difference(ref: NDArray[np.float64], alt: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over positions of ALT minus that of REF."""
    change: NDArray[np.float64] = alt.mean(0) - ref.mean(0)
    return change


def window_map(
    predict: Predict,
    window: str,
    first: int,
    stop: int,
    score: Score = difference,
    *,
    fill: bool = False,
) -> NDArray[np.float64]:
    """Cells of letters [first, stop) of one window: (L, 4, T); NaN where the letter is N.

    Args:
        predict: letters -> (S, T).
        window: what the model reads.
        first: first letter to change.
        stop: one past the last.
        score: (S, T), (S, T) -> (T,).
        fill: score the four bases in place of N as well.
    """
    reference = predict(window)
    rows = []
    for at in range(first, stop):
        cells = []
        for base in "ACGT":
            if window[at] == "N" and not fill:
                cells.append(np.full(reference.shape[1], np.nan))
            else:
                mutant = window[:at] + base + window[at + 1 :]
                cells.append(score(reference, predict(mutant)))
        rows.append(cells)
    return np.array(rows)


def interval_map(  # noqa: PLR0917 (an oracle takes what it is given)
    predict: Predict, genome: str, start: int, end: int, width: int, core: int
) -> NDArray[np.float64]:
    """Cells of the bases [start, end) of a text: chunks of `core`, a window centred on each."""
    if end - start <= width and core == width // 2:
        core = end - start
    parts = []
    for low in range(start, end, core):
        high = min(low + core, end)
        left = (low + high) // 2 - width // 2
        window = bases(genome, left, left + width)
        parts.append(window_map(predict, window, low - left, high - left))
    return np.concatenate(parts)


def heights(cells: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over the four rows of the magnitude, (L, T)."""
    found = np.zeros((cells.shape[0], cells.shape[2]))
    for i, column in enumerate(cells):
        for track in range(cells.shape[2]):
            found[i, track] = sum(abs(column[base, track]) for base in range(4)) / 4
    return found
