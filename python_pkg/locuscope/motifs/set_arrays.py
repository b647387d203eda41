"""Arrays of a set of motifs: matrices of unit norm, core masks, the table of its entries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from locuscope.errors import InputError
from locuscope.motifs.frequencies import soft_letters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from locuscope.motifs.motif import Motif

KINDS = ("cwm", "hcwm", "pfm", "pfm_softmax")
"""What a set gives as its matrices."""
_UNIT_TOLERANCE = 1e-6
"""Norms this near to 1 are rounding of float32; matrices that were scaled stay as they are."""


def matrix_of(motif: Motif, kind: str) -> NDArray[np.float64]:
    """The matrix of a kind, (A, W), of its own scale.

    Raises:
        InputError: the motif has none.
    """
    found = {"cwm": motif.cwm, "hcwm": motif.hypothetical}.get(kind, motif.ppm)
    if found is None:
        needed = "hypothetical contributions" if kind == "hcwm" else "base frequencies"
        raise InputError(f"kind={kind!r} needs {needed}; motif {motif.name!r} has none.")
    matrix = np.asarray(found, np.float64)
    return soft_letters(matrix) if kind == "pfm_softmax" else matrix


def unit_matrices(motifs: Sequence[Motif], kind: str) -> NDArray[np.float32]:
    """Matrices (M, A, W) float32 of unit Frobenius norm, padded with zeros on the right.

    Raises:
        InputError: a motif without that matrix, or whose matrix is all zero.
    """
    stacked = np.zeros((len(motifs), 4, _width(motifs)), np.float32)
    for place, motif in enumerate(motifs):
        matrix = matrix_of(motif, kind)
        norm = float(np.linalg.norm(matrix))
        if abs(norm - 1) <= _UNIT_TOLERANCE:
            norm = 1.0
        if norm == 0:
            raise InputError(
                f"motif {motif.name!r} is all zero (kind={kind!r}), so there is nothing to find; "
                "leave it out with select."
            )
        stacked[place, :, : motif.width] = matrix / norm
    stacked.setflags(write=False)
    return stacked


def trim_masks(motifs: Sequence[Motif]) -> NDArray[np.int8]:
    """1 inside the core, (M, W) int8; padding is never inside."""
    masks = np.zeros((len(motifs), _width(motifs)), np.int8)
    for place, motif in enumerate(motifs):
        masks[place, slice(*motif.core)] = 1
    masks.setflags(write=False)
    return masks


def _width(motifs: Sequence[Motif]) -> int:
    return max((motif.width for motif in motifs), default=0)
