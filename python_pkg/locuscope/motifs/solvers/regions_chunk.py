"""`RegionsChunk`: contribution scores of some regions, masked, normalised and checked."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from locuscope.errors import NonFiniteError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .problem import Problem


@dataclass(frozen=True, eq=False, repr=False)
class RegionsChunk:
    """Regions as the solvers read them.

    Args:
        first: row of the first region in the whole input.
        values: X/g, float32; (n, L, A) in hypothetical mode, otherwise (n, L), the score of the
            base that stands there.
        bases: which row of A stands at each position, int8 (n, L), -1 for N; all zero in
            hypothetical mode, where nothing is masked.
        scale: g of each region, float32; 0 where the region is all zero, NaN where invalid.
        status: "ok", "empty" or "invalid_input" of each region; values are 0 in the last two.
        replaced: values that were set to zero, int32.
        n_bases: A.
    """

    first: int
    values: NDArray[np.float32]
    bases: NDArray[np.int8]
    scale: NDArray[np.float32]
    status: NDArray[np.str_]
    replaced: NDArray[np.int32]
    n_bases: int = 4

    def __len__(self) -> int:
        """Number of regions."""
        return len(self.scale)

    def dense(self) -> NDArray[np.float32]:
        """X/g as (n, A, L) float32, whatever the mode."""
        if self.values.ndim == 3:
            return np.ascontiguousarray(self.values.transpose(0, 2, 1))
        return self.values[:, None, :] * self.mask()

    def mask(self) -> NDArray[np.float32]:
        """S as (n, A, L) float32: 1 at the base that stands there; all 1 in hypothetical mode."""
        count, length = self.bases.shape
        if self.values.ndim == 3:
            return np.ones((count, self.n_bases, length), np.float32)
        rows = np.arange(self.n_bases, dtype=np.int8)[None, :, None]
        return np.asarray(self.bases[:, None, :] == rows, np.float32)


def read_chunk(problem: Problem, regions: slice) -> RegionsChunk:
    """Read, mask, transform and normalise some regions of a problem."""
    first, stop, _ = regions.indices(problem.n_regions)
    scores = _single(np.asarray(problem.contributions[first : max(first, stop)]))
    values, replaced, is_finite = _checked(problem, scores, first)
    n_bases, length = problem.atoms.shape[1], problem.length
    if problem.use_hypothetical:
        bases = np.zeros((len(values), length), np.int8)
        values = np.ascontiguousarray(values.transpose(0, 2, 1))
    else:
        letters = np.asarray(problem.sequences[first : max(first, stop)])
        bases = base_rows(letters)
        if values.ndim == 3:
            chosen = np.maximum(bases, 0)[:, None, :].astype(np.intp)
            values = np.take_along_axis(values, chosen, axis=1)[:, 0]
        values[bases < 0] = 0.0
    if problem.sqrt_transform:
        values = np.asarray(np.sign(values) * np.sqrt(np.abs(values)), np.float32)
    flat = values.reshape(len(values), math.prod(values.shape[1:]))
    scale = np.sqrt((flat.astype(np.float64) ** 2).sum(axis=1) / length).astype(np.float32)
    status = np.where(is_finite, np.where(scale > 0, "ok", "empty"), "invalid_input")
    divisor = np.where(scale > 0, scale, np.float32(1.0))
    values /= divisor.reshape((-1,) + (1,) * (values.ndim - 1))
    return RegionsChunk(
        first=first,
        values=np.ascontiguousarray(values, np.float32),
        bases=bases,
        scale=np.where(is_finite, scale, np.float32(np.nan)),
        status=status.astype("<U13"),
        replaced=replaced,
        n_bases=n_bases,
    )


def base_rows(letters: NDArray[np.generic]) -> NDArray[np.int8]:
    """Row that is set at each position of one-hot (n, A, L), -1 where none is."""
    one_hot = letters.astype(np.int8, copy=False)
    rows = np.full((len(one_hot), one_hot.shape[2]), -1, np.int8)
    for row in range(one_hot.shape[1]):
        rows += one_hot[:, row] * np.int8(row + 1)
    return rows


def _single(scores: NDArray[np.generic]) -> NDArray[np.float32]:
    """Scores as float32; what does not fit turns infinite and is found by the check."""
    with np.errstate(over="ignore"):
        return scores.astype(np.float32)


def _checked(
    problem: Problem, scores: NDArray[np.float32], first: int
) -> tuple[NDArray[np.float32], NDArray[np.int32], NDArray[np.bool_]]:
    """Scores without NaN and Inf, how many were replaced, which regions had none."""
    replaced = np.zeros(len(scores), np.int32)
    is_finite: NDArray[np.bool_] = np.ones(len(scores), bool)
    usable = np.isfinite(scores)
    if usable.all():
        return scores, replaced, is_finite
    flat = usable.reshape(len(scores), -1)
    is_bad = ~flat.all(axis=1)
    if problem.on_nonfinite == "raise":
        rows = np.flatnonzero(is_bad)
        raise NonFiniteError(
            f"region {first + rows[0]} holds NaN or Inf ({(~usable[rows[0]]).sum():,} values); "
            'expected numbers. on_nonfinite="flag" leaves such regions out and marks them, '
            '"zero" replaces the values.',
            where=int(first + rows[0]),
            count=int((~usable).sum()),
        )
    if problem.on_nonfinite == "zero":
        replaced = (~flat).sum(axis=1).astype(np.int32)
    else:
        is_finite = np.asarray(~is_bad)
        usable[is_bad] = False
    return np.where(usable, scores, np.float32(0.0)), replaced, is_finite
