"""Labels of motifs: which motif of a reference looks most alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from locuscope.errors import OptionError
from locuscope.genome.interval import whole_number
from locuscope.motifs.names import resolve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from locuscope.motifs.motif import Motif

LEAST_OVERLAP = 4
"""Columns that two motifs must share; three alike ones are found anywhere."""


def labels_by_place(
    motifs: Sequence[Motif],
    reference: Iterable[Motif] | Mapping[str, str | Iterable[str]],
    *,
    top: int = 3,
    min_similarity: float = 0.8,
) -> dict[int, tuple[str, ...]]:
    """Labels of each motif; of a mapping only of those that it names.

    Args:
        motifs: which are labelled.
        reference: motifs, or name -> label or labels.
        top: at most so many labels each, best first.
        min_similarity: below it a motif of the reference is no label.

    Raises:
        OptionError: `top` below 1, `min_similarity` outside [-1, 1].
        UnknownNameError: a name of the mapping that is not among the motifs.
    """
    most = whole_number(top, "top")
    if most < 1:
        raise OptionError(f"top={top!r}; at least 1 is needed.", option="top", value=top)
    if not -1 <= min_similarity <= 1:
        raise OptionError(
            f"min_similarity={min_similarity!r}; a correlation from -1 to 1 is needed.",
            option="min_similarity",
            value=min_similarity,
        )
    if isinstance(reference, Mapping):
        given = {
            name: (labels,) if isinstance(labels, str) else tuple(labels)
            for name, labels in reference.items()
        }
        return {
            place: labels[:most] for place, labels in resolve(motifs, given, "reference").items()
        }
    known = [(one.name, _letters(one)) for one in reference]
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for motif in motifs:
        key = (motif.name, motif.original_name)
        if key not in found:  # both strands look alike
            found[key] = _best(_letters(motif), known, most, min_similarity)
    return {place: found[motif.name, motif.original_name] for place, motif in enumerate(motifs)}


def similarity(one: Motif, other: Motif) -> float:
    """How alike two motifs look, from -1 to 1, whatever their strands and places.

    The largest Pearson correlation over all ungapped shifts of their cores and both strands.
    Columns of base frequencies are weighted by their information, as in a logo; motifs without
    frequencies take part by their contributions. What the other motif does not cover counts as
    columns without information, so that a part of a long motif is not the whole. NaN where no
    four columns can be shared, or a motif says nothing.

    >>> from locuscope.motifs.motif import Motif
    >>> gata = Motif("GATA", ppm=0.97 * np.eye(4)[:, [2, 0, 3, 0]] + 0.0075)
    >>> round(similarity(gata, gata.reverse_complement()), 6)
    1.0
    """
    return _similarity(_letters(one), _letters(other))


def _best(
    letters: NDArray[np.float64],
    known: list[tuple[str, NDArray[np.float64]]],
    top: int,
    min_similarity: float,
) -> tuple[str, ...]:
    scores: dict[str, float] = {}
    for name, other in known:
        score = _similarity(letters, other)
        if score >= min_similarity and score > scores.get(name, -2.0):
            scores[name] = score
    # Of equal ones the first of the reference; rounded, as equal ones differ in the last bit.
    ranked = sorted(scores, key=lambda name: -round(scores[name], 9))
    return tuple(ranked[:top])


def _letters(motif: Motif) -> NDArray[np.float64]:
    """Heights of the letters of the core, (A, w)."""
    start, end = motif.core
    if motif.ppm is not None:
        ppm = motif.ppm[:, start:end]
        logs = np.log2(np.where(ppm > 0, ppm, 1.0))
        return np.asarray(ppm * (2.0 + (ppm * logs).sum(axis=0)))
    cwm = np.asarray(motif.cwm[:, start:end], np.float64)
    return -cwm if cwm.sum() < 0 else cwm


def _similarity(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    strands = (other, other[::-1, ::-1])
    return float(max(_best_shift(one, turned) for turned in strands))


def _best_shift(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Largest correlation over shifts that share enough columns; NaN without one."""
    n, m = one.shape[1], other.shape[1]
    if min(n, m) < LEAST_OVERLAP:
        return np.nan
    # Column j of `other` lies on column j + shift of `one`; all products of a shift are summed.
    shift_of = np.arange(n)[:, None] - np.arange(m) + m
    sums = np.bincount(shift_of.ravel(), weights=(one.T @ other).ravel())
    shifts = np.arange(LEAST_OVERLAP - m, n - LEAST_OVERLAP + 1)
    counts = 4 * (np.maximum(n, m + shifts) - np.minimum(0, shifts))
    first, second = one.sum(), other.sum()
    spreads = ((one**2).sum() - first**2 / counts) * ((other**2).sum() - second**2 / counts)
    if not (spreads > 0).all():
        return np.nan
    return float(((sums[shifts + m] - first * second / counts) / np.sqrt(spreads)).max())
