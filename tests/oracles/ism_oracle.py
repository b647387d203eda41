"""Effects of single changes, one whole pass each, and what is subtracted at each position."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


def slow_effects(number: Callable[[NDArray[Any]], float], one: NDArray[Any]) -> NDArray[np.float64]:
    """(A, L): number(mutant) - number(sequence), NaN where there is no base."""
    found = np.zeros(one.shape)
    for at in range(one.shape[1]):
        for base in range(4):
            mutant = one.copy()
            mutant[:, at] = 0
            mutant[base, at] = 1
            found[base, at] = number(mutant) - number(one) if one[:, at].any() else np.nan
    return found


def slow_centred(effects: NDArray[Any], center: str) -> NDArray[np.float64]:
    """Each position minus a third or a quarter of its sum."""
    found = np.array(effects, np.float64)
    for at in range(found.shape[1]):
        share = {"alts": 3, "simplex": 4}.get(center)
        if share is not None:
            found[:, at] -= effects[:, at].sum() / share
    return found


def slow_occlusion(
    number: Callable[[NDArray[Any]], float], one: NDArray[Any], width: int, starts: list[int]
) -> NDArray[np.float64]:
    """(L,): mean over the stretches that hold a base of what is lost without them."""
    lost: list[list[float]] = [[] for _ in range(one.shape[1])]
    for start in starts:
        hidden = one.copy()
        hidden[:, start : start + width] = 0
        for at in range(start, start + width):
            lost[at].append(number(one) - number(hidden))
    return np.array([np.mean(some) if some else np.nan for some in lost])
