"""Variant scores in plain loops: one allele, one window, one strand at a time, on strings."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Predict = Callable[[str], NDArray[np.float64]]
COMPLEMENT = str.maketrans("ACGTN", "TGCAN")


def bases(genome: str, start: int, end: int) -> str:
    """Letters [start, end) of a text, N outside it."""
    return "".join(genome[i] if 0 <= i < len(genome) else "N" for i in range(start, end))


def back_to_reference(
    alt: NDArray[np.float64], first: int, ref_len: int, alt_len: int
) -> NDArray[np.float64]:
    """Values on ALT positions to reference positions; NaN where ALT has none.

    Args:
        alt: (S, T) values of the ALT window.
        first: index of the allele in the window.
        ref_len: bases of REF.
        alt_len: bases of ALT.
    """
    size = len(alt)
    out = np.full_like(alt, np.nan)
    last = first + min(ref_len, alt_len) - 1
    for j in range(size):
        if j < last or ref_len == alt_len:
            out[j] = alt[j]
        elif alt_len > ref_len:
            n = alt_len - ref_len
            if j == last:
                out[j] = alt[j : j + n + 1].max(0)
            elif j + n < size:
                out[j] = alt[j + n]
        else:
            d = ref_len - alt_len
            out[j] = alt[j] if j == last else (0.0 if j <= last + d else alt[j - d])
    return out


def score(  # noqa: PLR0917 (an oracle takes what it is given)
    predict: Predict,
    genome: str,
    pos: int,
    ref: str,
    alt: str,
    width: int,
    strand_pair: list[int] | None = None,
) -> dict[str, NDArray[np.float64]]:
    """`ref`, `alt`, `diff` (means) and `SAX` of one allele; `strand_pair`: over both strands.

    Args:
        predict: letters -> (S, T), one value per base.
        genome: the contig.
        pos: 1-based position of REF's first base.
        ref: REF, left-aligned and trimmed.
        alt: ALT.
        width: of the window, with the allele at index width // 2 - 1.
        strand_pair: channel that each channel becomes on the other strand.
    """
    first = width // 2 - 1
    start = pos - 1 - first
    reference = bases(genome, start, start + width)
    tail = bases(genome, pos - 1 + len(ref), pos - 1 + len(ref) + width)
    mutant = (bases(genome, start, pos - 1) + alt + tail)[:width]

    def both_alleles(turn: bool) -> list[NDArray[np.float64]]:
        tracks = []
        for text in (reference, mutant):
            values = predict(text.translate(COMPLEMENT)[::-1] if turn else text)
            tracks.append(values[::-1][:, strand_pair] if turn and strand_pair else values)
        return tracks

    def one_side(tracks: list[NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
        r, a = tracks[0], back_to_reference(tracks[1], first, len(ref), len(alt))
        valid = [j for j in range(width) if not np.isnan(a[j]).any()]
        mean_r, mean_a = r[valid].mean(0), a[valid].mean(0)
        largest = []
        for t in range(r.shape[1]):
            best = max(valid, key=lambda j: (abs(a[j, t] - r[j, t]), -j))
            largest.append(a[best, t] - r[best, t])
        return {"ref": mean_r, "alt": mean_a, "diff": mean_a - mean_r, "SAX": np.array(largest)}

    forward = both_alleles(turn=False)
    found = one_side(forward)
    if strand_pair is None:
        return found
    reverse = both_alleles(turn=True)
    other = one_side(reverse)
    merged = {name: (found[name] + other[name]) / 2 for name in ("ref", "alt", "diff")}
    # A score of whole tracks sees the mean of both strands.
    pooled = one_side([(f + r) / 2 for f, r in zip(forward, reverse, strict=True)])
    return merged | {"SAX": pooled["SAX"]}
