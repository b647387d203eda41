"""Slow rules about hits: which are primary, which are twins, what they add up to."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Row = tuple[str, int, int, float, float, str, str]


def primary(rows: list[Row], share: float) -> list[int]:
    """Rows (contig, start, end, similarity, coefficient, name, strand): 1 where one is accepted."""
    ranked = sorted(
        range(len(rows)), key=lambda k: (-rows[k][3], -rows[k][4], rows[k][1], *rows[k][5:])
    )
    accepted: list[int] = []
    for k in ranked:
        chrom, start, end = rows[k][:3]
        for other in accepted:
            chrom_2, start_2, end_2 = rows[other][:3]
            shared = len(set(range(start, end)) & set(range(start_2, end_2)))
            mean = (end - start + end_2 - start_2) / 2
            if chrom == chrom_2 and shared > 0 and shared >= share * mean:
                break
        else:
            accepted.append(k)
    return [int(k in accepted) for k in range(len(rows))]


def published_primary(rows: list[Row], share: float) -> list[int]:
    """What the published tool computes: of two that touch, the less similar one stays."""
    found = [1] * len(rows)
    for k, row in enumerate(rows):
        chrom, start, end, similarity = row[:4]
        for j, other in enumerate(rows):
            chrom_2, start_2, end_2, similarity_2 = other[:4]
            cut, cut_2 = int((end - start) * share), int((end_2 - start_2) * share)
            touch = 2 * start + cut <= 2 * end_2 - cut_2 and 2 * start_2 + cut_2 <= 2 * end - cut
            if j == k or chrom != chrom_2 or not touch:
                continue
            if similarity > similarity_2 or (similarity == similarity_2 and k < j):
                found[k] = 0
    return found


def cosine(
    left: NDArray[Any], start: int, right: NDArray[Any], start_2: int, letters: NDArray[Any]
) -> float:
    """Cosine of two windows (A, W) under one-hot letters (A, L), base by base."""
    dot = norm = norm_2 = 0.0
    for place in range(letters.shape[1]):
        for base in range(letters.shape[0]):
            if not letters[base, place]:
                continue
            one = _at(left, place - start, base)
            other = _at(right, place - start_2, base)
            dot, norm, norm_2 = dot + one * other, norm + one * one, norm_2 + other * other
    return dot / np.sqrt(norm * norm_2) if norm and norm_2 else 0.0


def _at(atom: NDArray[Any], column: int, base: int) -> float:
    return float(atom[base, column]) if 0 <= column < atom.shape[1] else 0.0


def fitted(
    hits: list[tuple[int, int, float, float]],
    atoms: NDArray[Any],
    letters: NDArray[Any],
    scale: float,
    *,
    eps: float = 1.0,
) -> NDArray[np.float64]:
    """Sum of hits (motif, start, coefficient, energy) of a region under its letters, (A, L)."""
    total = np.zeros(letters.shape)
    for motif, start, coefficient, energy in hits:
        height = coefficient * min(1 / np.sqrt(energy + eps), 10.0)
        for column in range(atoms.shape[2]):
            place = start + column
            if 0 <= place < letters.shape[1]:
                total[:, place] += height * atoms[motif][:, column] * letters[:, place]
    return np.asarray(total * scale)
