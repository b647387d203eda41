"""The window of an allele with everything shuffled but the allele itself: its null background."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from locuscope.effects.windows.allele_windows import AlleleView
from locuscope.genome.alignment import Alignment
from locuscope.genome.edits import COPY
from locuscope.genome.sequence import reverse_complement
from locuscope.genome.shuffle import UNKNOWN, shuffled_indices
from locuscope.inference.joined_inputs import pieces

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from locuscope.effects.windows.allele_windows import AlleleWindow
    from locuscope.genome.indel_rule import IndelRule
    from locuscope.genome.interval import Interval
    from locuscope.models.protocol import InputSpec

    Bases = NDArray[np.uint8]


def shuffled_windows(
    window: AlleleWindow,
    inputs: Sequence[InputSpec],
    indels: IndelRule,
    *,
    n: int,
    keep_bp: int,
    seed: int,
) -> list[AlleleWindow]:
    """Give n copies of a window whose bases are shuffled and which hold the same allele.

    Every input is shuffled on its own: each run of known bases keeps its exact dinucleotides,
    unknown bases keep their places. Then the bases of REF, with `keep_bp` on both sides, are put
    back, and ALT takes the place of REF as it did before. Bases that an indel reads beyond the
    window are the genome's.

    Args:
        window: the allele in its surroundings.
        inputs: what the model reads of a window.
        indels: how the window was made.
        n: number of copies.
        keep_bp: bases kept on each side of the allele.
        seed: a copy depends on the seed, its number and the bases of the window only.
    """
    references: list[Bases] = []
    views: list[list[Bases]] = [[] for _ in window.alternatives]
    at = 0
    for piece in pieces(inputs, window.window):
        here = slice(at, at + piece.width)
        at += piece.width
        bases = _forward(window.reference[:, here], piece)
        shuffled = _shuffled(bases, window, piece, n=n, keep_bp=keep_bp, seed=seed)
        references.append(_read(shuffled, piece))
        for k, view in enumerate(window.alternatives):
            spelt = _forward(view.one_hot[:, here], piece)
            anchor = indels.anchors[k] if window.variant.length_change else "left"
            trim = indels.align != "alphagenome" and "ref_forced" not in window.notes
            own = Alignment.from_variant(window.variant, piece, trim=trim, anchor=anchor)
            holds = piece.start <= window.variant.pos - 1 < piece.end
            replaced = _replaced(spelt, shuffled, own, piece) if holds else shuffled
            views[k].append(_read(replaced, piece))
    joined = np.concatenate(references, axis=2)
    read = [np.concatenate(parts, axis=2) for parts in views]
    return [
        replace(
            window,
            reference=joined[i],
            alternatives=tuple(
                AlleleView(bases[i], view.alignment)
                for bases, view in zip(read, window.alternatives, strict=True)
            ),
        )
        for i in range(n)
    ]


def _shuffled(
    bases: Bases, window: AlleleWindow, piece: Interval, *, n: int, keep_bp: int, seed: int
) -> Bases:
    """Shuffle one input (A, L) into (n, A, L), forward, and put the allele back where it is."""
    known = bases.any(axis=0)
    indices = np.where(known, bases.argmax(axis=0), UNKNOWN).astype(np.uint8)
    rows = shuffled_indices(indices, n, seed)
    start = window.variant.pos - 1 - piece.start
    if 0 <= start < piece.width:
        first = max(0, start - keep_bp)
        last = start + len(window.variant.ref) + keep_bp
        rows[:, first:last] = indices[first:last]
    one_hot: Bases = rows[:, None, :] == np.arange(UNKNOWN, dtype=np.uint8)[:, None]
    return one_hot.astype(np.uint8)


def _replaced(spelt: Bases, shuffled: Bases, alignment: Alignment, piece: Interval) -> Bases:
    """Give the changed sequence over shuffled bases (n, A, L), forward.

    Every base of it that was copied from the window is copied from the shuffled one.
    """
    changed = np.repeat(spelt[None], len(shuffled), axis=0)
    for hap, hap_end, ref, kind, _ in alignment.runs().tolist():
        first = max(ref, piece.start)
        stop = min(ref + hap_end - hap, piece.end)
        if kind == COPY and first < stop:
            to = slice(hap + first - ref, hap + stop - ref)
            changed[:, :, to] = shuffled[:, :, first - piece.start : stop - piece.start]
    return changed


def _forward(bases: Bases, piece: Interval) -> Bases:
    turned: Bases = reverse_complement(bases) if piece.strand == "-" else bases
    return turned


def _read(bases: Bases, piece: Interval) -> Bases:
    return np.ascontiguousarray(_forward(bases, piece))
