"""Predictions on the alleles of some windows, brought to reference positions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.errors import OptionError
from locuscope.genome.indel_rule import IndelRule
from locuscope.inference.ensemble import check_reversible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from locuscope.effects.windows.allele_windows import AlleleWindow
    from locuscope.inference.selection import HeadChoice

    Values = NDArray[np.floating[Any]]
    Prediction = Mapping[tuple[str, int], Values]


@dataclass(frozen=True, eq=False)
class Aligned:
    """One head of n alleles on reference positions.

    Args:
        ref: (n, L', T) on the reference.
        alt: (n, L', T) on the alternative, NaN (or 0) where it has no value.
        valid: bool (n, L'), positions at which both have a value.
        unaligned: bool (n,), alleles whose bins were left in place although the length changed.
    """

    ref: Values
    alt: Values
    valid: NDArray[np.bool_]
    unaligned: NDArray[np.bool_]


def aligned(
    windows: Sequence[AlleleWindow],
    references: Sequence[Prediction],
    alternatives: Sequence[Sequence[Prediction]],
    choice: HeadChoice,
    indels: IndelRule,
) -> tuple[Aligned, ...]:
    """Stack one head of some alleles on reference positions.

    Args:
        windows: the n alleles.
        references: prediction of each reference window, (head, resolution) -> (L', T).
        alternatives: for each allele the predictions of its `alternatives`, in their order. Those
            of a window on strand "-" run from its end to its start, and are turned here; their
            tracks stay those of that strand.
        choice: the head; its finest resolution is used.
        indels: the rule.

    Returns:
        One `Aligned`, or with `compensate="average"` two, whose scores the caller averages. A row
        without a change of length is the same in both.

    Raises:
        OptionError: a head of one value per window with "stitch"; a window on strand "-" that does
            not end with a whole bin.
    """
    place = (choice.spec.name, choice.keys[0])
    if indels.is_stitched and not choice.keys[0]:
        raise OptionError(
            f"head {choice.spec.name!r} has one value per window, in which nothing can be joined "
            "at the variant; use compensate='average'.",
            option="compensate",
            value=indels.compensate,
        )
    ref = np.stack([prediction[place] for prediction in references])
    n_ways = max((len(views) for views in alternatives), default=1)
    # A row whose length stays has one view, which then stands for both.
    alts = [
        np.stack([views[min(way, len(views) - 1)][place] for views in alternatives])
        for way in range(n_ways)
    ]
    if choice.keys[0]:
        for i, window in enumerate(windows):
            if window.window.strand == "-":
                check_reversible(choice.spec, window.window.width)
                for values in (ref, *alts):
                    values[i] = values[i, ::-1].copy()
    if n_ways == 2 and indels.is_stitched:
        return (_stitched(windows, ref, alts, choice),)
    return tuple(_moved(windows, (ref, alt), way, choice, indels) for way, alt in enumerate(alts))


def _moved(
    windows: Sequence[AlleleWindow],
    sides: tuple[Values, Values],
    way: int,
    choice: HeadChoice,
    indels: IndelRule,
) -> Aligned:
    """Move each ALT of another length by the alignment of its view."""
    ref, alt = sides
    valid = np.ones(ref.shape[:2], np.bool_)
    unaligned = np.zeros(len(windows), np.bool_)
    for i, window in enumerate(windows):
        if window.variant.length_change == 0 or not choice.keys[0]:
            continue
        alt[i], valid[i], notes = indels.to_reference(
            alt[i],
            window.alternatives[min(way, len(window.alternatives) - 1)].alignment,
            resolution_bp=choice.keys[0],
            bins="sum" if choice.spec.bin_reduction == "sum" else "mean",
            crop_bp=choice.spec.crop_bp,
        )
        unaligned[i] = "unaligned_bins" in notes
    return Aligned(ref, alt, valid, unaligned)


def _stitched(
    windows: Sequence[AlleleWindow], ref: Values, alts: Sequence[Values], choice: HeadChoice
) -> Aligned:
    """Join the two predictions of each ALT of another length; nothing is moved."""
    alt = alts[0].copy()
    for i, window in enumerate(windows):
        if len(window.alternatives) == 2:
            start = window.window.start + choice.spec.crop_bp
            variant_bin = (window.variant.pos - 1 - start) // max(1, choice.keys[0])
            alt[i] = IndelRule.stitch(alts[0][i], alts[1][i], variant_bin)
    valid = np.ones(ref.shape[:2], np.bool_)
    return Aligned(ref, alt, valid, np.zeros(len(windows), np.bool_))
