"""How many motifs a synthetic sequence gets, and where they lie."""

from __future__ import annotations

import math
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np

from locuscope.errors import InputError
from locuscope.genome.draws import hashed, more, unit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

TRIES = 100

# First words of the draws; `genome/shuffle.py` has 11.
COUNTS, PLACES = 12, 13
_ORDER, _START = 1, 2


def motif_counts(n: int, n_motifs: int, rate: float, seed: int) -> NDArray[np.int64]:
    """Draw how often each motif occurs in each sequence, (N, M), Poisson of mean rate / M."""
    draws = unit(hashed(seed, COUNTS, np.arange(n)[:, None], np.arange(n_motifs)))
    table = poisson_table(rate / n_motifs)
    return np.minimum(np.searchsorted(table, draws, side="right"), len(table) - 1)


def poisson_table(mean: float) -> list[float]:
    """Probabilities of at most 0, 1, 2, ... events, so far that the rest is below 1e-15.

    >>> [round(p, 4) for p in poisson_table(1.0)[:3]]
    [0.3679, 0.7358, 0.9197]
    """
    if mean == 0:
        return [1.0]
    last = math.ceil(mean + 12 * math.sqrt(mean) + 30)
    logs = (k * math.log(mean) - mean - math.lgamma(k + 1) for k in range(last + 1))
    return list(accumulate(math.exp(log) for log in logs))


def lay_out(
    number: int,
    widths: Sequence[int],
    counts: NDArray[np.int64],
    is_free: NDArray[np.bool_],
    *,
    min_gap: int,
    seed: int,
) -> list[tuple[int, int]]:
    """Place the motifs of one sequence, in random order, each anywhere there is still room.

    Args:
        number: the sequence.
        widths: width of each motif.
        counts: how often each occurs, (M,).
        is_free: where a motif may lie, (L,).
        min_gap: bases that stay free between two motifs.
        seed: of the simulation.

    Returns:
        (motif, start) pairs, by start.

    Raises:
        InputError: they did not fit in 100 layouts; names the sequence.
    """
    wanted = np.repeat(np.arange(len(widths)), counts)
    if not wanted.size:
        return []
    state = hashed(seed, PLACES, number)
    for attempt in range(TRIES):
        order = np.argsort(more(state, attempt, _ORDER, np.arange(len(wanted))), kind="stable")
        draws = more(state, attempt, _START, np.arange(len(wanted)))
        sites = _one_layout(wanted[order].tolist(), widths, draws.tolist(), is_free, min_gap)
        if sites is not None:
            return sorted(sites, key=lambda site: site[1])
    bases = sum(widths[motif] for motif in wanted.tolist())
    raise InputError(
        f"sequence {number}: {len(wanted)} motifs of {bases:,} bases with {min_gap} bases between "
        f"them did not fit into {np.count_nonzero(is_free):,} of {len(is_free):,} bases in "
        f"{TRIES} tries.",
        hint="Lower rate or min_gap, or take longer sequences.",
    )


def _one_layout(
    motifs: Sequence[int],
    widths: Sequence[int],
    draws: Sequence[int],
    is_free: NDArray[np.bool_],
    min_gap: int,
) -> list[tuple[int, int]] | None:
    """One try: None as soon as a motif finds no room."""
    taken = ~is_free
    sites = []
    for motif, draw in zip(motifs, draws, strict=True):
        width = widths[motif]
        before = np.concatenate([[0], np.cumsum(taken)])
        starts = np.flatnonzero(before[width:] == before[: len(before) - width])
        if not starts.size:
            return None
        start = int(starts[draw % starts.size])
        taken[max(0, start - min_gap) : start + width + min_gap] = True
        sites.append((motif, start))
    return sites
