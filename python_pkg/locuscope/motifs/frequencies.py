"""From base frequencies to a matrix that looks like contributions, and to soft letters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from locuscope.errors import InputError, OptionError
from locuscope.genome.position_matrix import PSEUDOCOUNT, UNIFORM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

SOFTMAX_FACTOR = 100.0
_BACKGROUND_TOLERANCE = 5e-3


def contributions_of_frequencies(
    ppm: NDArray[np.float64],
    background: Sequence[float] = UNIFORM,
    pseudocount: float = PSEUDOCOUNT,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Stand-ins for projected and hypothetical contributions, made of base frequencies.

    `h = log2(p' / background)` minus its mean over the bases, with
    `p' = (ppm + pseudocount * background) / (1 + pseudocount)`; projected is `ppm * h`.

    Args:
        ppm: base frequencies, (A, W).
        background: frequencies of A, C, G, T.
        pseudocount: keeps a base that was never seen finite; above 0.

    Returns:
        Projected and hypothetical, both (A, W). A column without information is 0.

    Raises:
        OptionError: a pseudocount that is not positive.
        InputError: a background that is no four positive frequencies.

    >>> cwm, _ = contributions_of_frequencies(np.array([[1.0], [0], [0], [0]]))
    >>> cwm.round(2).ravel().tolist()
    [6.49, 0.0, 0.0, 0.0]
    """
    prior = check_background(background)[:, None]
    if not 0 < pseudocount < np.inf:
        raise OptionError(
            f"pseudocount={pseudocount!r}; a positive number is needed.",
            option="pseudocount",
            value=pseudocount,
        )
    odds = np.log2((ppm + pseudocount * prior) / ((1 + pseudocount) * prior))
    # A column equal to the background has odds of 1, to rounding; its noise is no information.
    odds[np.abs(odds) < 1e-12] = 0.0
    hypothetical = odds - odds.mean(axis=0)
    return ppm * hypothetical + 0.0, hypothetical  # no negative zero


def check_background(background: Sequence[float]) -> NDArray[np.float64]:
    """Frequencies of A, C, G, T as (4,) float64.

    Raises:
        InputError: not four positive numbers that sum to 1 within 5e-3.
    """
    try:
        prior = np.asarray(background, np.float64)
    except (TypeError, ValueError):
        prior = np.empty(0)
    fits = prior.shape == (4,) and bool((prior > 0).all())
    if not fits or abs(prior.sum() - 1) > _BACKGROUND_TOLERANCE:
        raise InputError(
            f"background is {background!r}; four positive frequencies of A, C, G, T with sum 1 "
            "are needed."
        )
    return prior


def soft_letters(ppm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Almost one-hot letters: exp(100 x) of x = ppm minus the mean of its row, columns to sum 1.

    >>> soft_letters(np.array([[0.7, 0.1], [0.1, 0.7], [0.1, 0.1], [0.1, 0.1]])).round(3).tolist()
    [[1.0, 0.0], [0.0, 1.0], [0.0, 0.0], [0.0, 0.0]]
    """
    centred = ppm - ppm.mean(axis=1, keepdims=True)
    # The largest of a column is taken off first: the quotient is the same, nothing overflows.
    powers = np.exp(SOFTMAX_FACTOR * (centred - centred.max(axis=0)))
    return np.asarray(powers / powers.sum(axis=0))
