"""Twins: hits of one region that say the same thing, such as both strands of a palindrome."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from locuscope.motifs.solvers.solved import Solved

CENTRE_BP = 2.0
"""Largest distance of the centres of two cores."""

SIMILARITY = 0.95
"""Cosine of two windows, under the bases that are there, above which they are twins."""


def twin_groups(
    solved: Solved,
    keep: NDArray[np.bool_],
    atoms: NDArray[Any],
    cores: NDArray[Any],
    sequences: Any,
) -> NDArray[np.int32]:
    """Number the groups of twins within each region.

    Args:
        solved: active atoms, sorted by (region, hit_start, motif_id).
        keep: which of them are hits.
        atoms: (M, A, W), zero outside the cores.
        cores: (M, 2) columns.
        sequences: one-hot (N, A, L), of which single rows are read.

    Returns:
        (atoms,) 0, 1, ... by the first member of a group; -1 for lone hits and for atoms that are
        no hits.
    """
    groups = np.full(len(keep), -1, np.int32)
    rows = np.flatnonzero(keep)
    region, motif, start = (
        array[rows] for array in (solved.region, solved.motif_id, solved.hit_start)
    )
    centre = start + cores[motif].sum(axis=1) / 2
    parent = np.arange(len(rows))
    letters: dict[int, NDArray[Any]] = {}
    for one, other in _near(region, centre):
        at = int(region[one])
        if at not in letters:
            letters = {at: np.asarray(sequences[at : at + 1])[0]}
        left = (atoms[motif[one]], int(start[one]))
        right = (atoms[motif[other]], int(start[other]))
        if _cosine(left, right, letters[at]) > SIMILARITY:
            _join(parent, one, other)
    roots = np.array([_root(parent, k) for k in range(len(rows))], np.int64)
    sizes = np.bincount(roots, minlength=len(rows)) if len(rows) else roots
    number, last = 0, -1
    for k in range(len(rows)):
        if region[k] != last:
            number, last = 0, region[k]
        if roots[k] == k and sizes[k] > 1:
            groups[rows[k]] = number
            number += 1
        elif roots[k] != k:
            groups[rows[k]] = groups[rows[roots[k]]]
    return groups


def _near(region: NDArray[Any], centre: NDArray[Any]) -> list[tuple[int, int]]:
    """Pairs of one region whose centres are close, by region."""
    order = np.lexsort((centre, region))
    by_region, by_centre = region[order], centre[order]
    found: list[tuple[int, int]] = []
    for step in range(1, len(order)):
        is_close = by_region[step:] == by_region[:-step]
        is_close &= by_centre[step:] - by_centre[:-step] <= CENTRE_BP
        places = np.flatnonzero(is_close)
        if not places.size:
            break
        found += zip(order[places].tolist(), order[places + step].tolist(), strict=True)
    return sorted(found, key=lambda pair: int(region[pair[0]]))


def _cosine(
    left: tuple[NDArray[Any], int], right: tuple[NDArray[Any], int], letters: NDArray[Any]
) -> float:
    """Cosine of two windows laid over the bases that are there; 0 where one has nothing."""
    width, length = left[0].shape[1], letters.shape[1]
    first = min(left[1], right[1])
    span = np.zeros((2, letters.shape[0], abs(left[1] - right[1]) + width))
    for row, (atom, start) in enumerate((left, right)):
        span[row, :, start - first : start - first + width] = atom
    low, high = max(first, 0), min(first + span.shape[2], length)
    inside = span[:, :, low - first : high - first] * letters[:, low:high]
    norms = np.sqrt((inside**2).sum(axis=(1, 2)))
    product = float(norms[0] * norms[1])
    return float((inside[0] * inside[1]).sum()) / product if product > 0 else 0.0


def _root(parent: NDArray[Any], k: int) -> int:
    while parent[k] != k:
        k = int(parent[k])
    return k


def _join(parent: NDArray[Any], one: int, other: int) -> None:
    """Join two groups under their first member."""
    first, second = sorted((_root(parent, one), _root(parent, other)))
    parent[second] = first


def merged(
    solved: Solved,
    keep: NDArray[np.bool_],
    groups: NDArray[np.int32],
    is_forward: NDArray[np.bool_],
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Keep the best of each group with the coefficients of all.

    Args:
        solved: active atoms.
        keep: which of them are hits.
        groups: as `twin_groups` numbers them.
        is_forward: (M,) motifs of strand "+".

    Returns:
        Which atoms are hits then, and the coefficient of each atom. The best has the largest
        similarity; of equal ones the "+" strand, then the smallest motif.
    """
    kept, coefficient = keep.copy(), solved.coefficient.copy()
    members: dict[tuple[int, int], list[int]] = {}
    for row in np.flatnonzero(groups >= 0).tolist():
        members.setdefault((int(solved.region[row]), int(groups[row])), []).append(row)
    for rows in members.values():
        ids = solved.motif_id[rows]
        order = np.lexsort(
            (solved.hit_start[rows], ids, ~is_forward[ids], -solved.similarity[rows])
        )
        best = rows[int(order[0])]
        coefficient[best] = solved.coefficient[rows].sum()
        kept[rows] = False
        kept[best] = True
    return kept, coefficient
