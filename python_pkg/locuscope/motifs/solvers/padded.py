"""The small problems of many regions side by side: Gram matrices and coordinate descent.

Regions stand in the first axis, atoms (sorted, then filling) in the second. Every operation works
on each region by itself, element by element, so a region gets the same bits in any company.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch.nn.functional import pad

from .atom_lists import ordered_sum

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from .atom_lists import Atoms, LoadedRegions

# Numbers of Gram matrices that are held at the same time.
_ROOM = 1 << 22
_SMALLEST = 4


@dataclass(frozen=True)
class Padded:
    """Small problems of some regions of one size class.

    Args:
        at: index of each atom in the list, (n, K) int64, 0 in the filling.
        is_atom: (n, K), False in the filling.
        gram: I I' <S D, S D'>, (n, K, K); linear: I <X, D>, (n, K); lambdas: (n, K).
        energy: <X, X>, (n,).
        length: L.
    """

    at: Tensor
    is_atom: Tensor
    gram: Tensor
    linear: Tensor
    lambdas: Tensor
    energy: Tensor
    length: int

    def image(self, coefficients: Tensor) -> Tensor:
        """G c, (n, K)."""
        return ordered_sum(self.gram * coefficients[:, None, :])

    def gap(self, coefficients: Tensor, image: Tensor) -> Tensor:
        """Duality gap per base of the problem that has these atoms only, (n,)."""
        ratios = torch.where(self.is_atom, (self.linear - image) / self.lambdas, 0.0)
        scale = 1 / ratios.amax(dim=1).clamp(min=1.0)
        fitted = ordered_sum(self.linear * coefficients)
        squares = self.energy - 2 * fitted + ordered_sum(image * coefficients)
        paid = ordered_sum(self.lambdas * coefficients)
        bound = squares * (1 + scale**2) / 2 - scale * (self.energy - fitted) + paid
        return bound / self.length


def size_classes(
    atoms: Atoms, regions: LoadedRegions, chosen: Tensor
) -> Iterator[tuple[Tensor, Padded]]:
    """Small problems of the chosen regions, by the number of atoms rounded up to a power of two.

    Args:
        atoms: of all regions, sorted.
        regions: what they are atoms of.
        chosen: (n,) bool; regions without atoms give nothing.

    Yields:
        (rows of the regions in the chunk, their problems)
    """
    counts = torch.bincount(atoms.region, minlength=regions.count)
    first = counts.cumsum(0) - counts
    sizes = torch.tensor([_size_class(count) for count in counts.tolist()], device=counts.device)
    for size in sorted({*sizes[chosen & (counts > 0)].tolist()}):
        rows = (chosen & (counts > 0) & (sizes == size)).nonzero()[:, 0]
        for part in rows.split(max(1, _ROOM // (size * size))):
            slot = torch.arange(size, device=part.device)
            is_atom = slot < counts[part][:, None]
            at = torch.where(is_atom, first[part][:, None] + slot, 0)
            yield part, _padded(atoms, regions, part, at, is_atom)


def descend(
    problem: Padded, coefficients: Tensor, target: float, sweeps_left: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Cyclic coordinate descent until the restricted gap per base is at most `target`.

    Args:
        problem: the small problems.
        coefficients: (n, K), where it starts; changed in place.
        target: gap per base that is enough.
        sweeps_left: sweeps that each region may still make, (n,).

    Returns:
        (coefficients, sweeps made (n,), whether the target was reached (n,))
    """
    image = problem.image(coefficients)
    diagonal = torch.diagonal(problem.gram, dim1=1, dim2=2)
    can_move = problem.is_atom & (diagonal > 0)
    divisor = torch.where(can_move, diagonal, 1.0)
    sweeps = torch.zeros_like(sweeps_left)
    is_done = torch.zeros_like(sweeps_left, dtype=torch.bool)
    moves = sweeps_left > 0
    while bool(moves.any()):
        for k in range(coefficients.shape[1]):
            before = coefficients[:, k]
            slope = problem.linear[:, k] - image[:, k] - problem.lambdas[:, k]
            after = (before + slope / divisor[:, k]).clamp(min=0.0)
            after = torch.where(moves & can_move[:, k], after, before)
            change = after - before
            coefficients[:, k] = after
            image = image + problem.gram[:, :, k] * change[:, None]
        sweeps = sweeps + moves
        is_done = is_done | (moves & (problem.gap(coefficients, image) <= target))
        moves = moves & ~is_done & (sweeps < sweeps_left)
    return coefficients, sweeps, is_done


def _padded(
    atoms: Atoms, regions: LoadedRegions, rows: Tensor, at: Tensor, is_atom: Tensor
) -> Padded:
    weight = torch.where(is_atom, atoms.weight[at], 0.0)
    vectors = torch.where(is_atom[:, :, None], atoms.vectors[at], 0.0)
    shared = _overlaps(vectors, atoms.start[at] * regions.channels)
    return Padded(
        at=at,
        is_atom=is_atom,
        gram=shared * (weight[:, :, None] * weight[:, None, :]),
        linear=atoms.product[at] * weight,
        lambdas=torch.where(is_atom, atoms.lam[at], 1.0),
        energy=regions.energy[rows],
        length=regions.tables.problem.length,
    )


def _overlaps(vectors: Tensor, starts: Tensor) -> Tensor:
    """<v_a, v_b> of windows that start at `starts`, (n, K, K), summed from left to right."""
    n_regions, size, width = vectors.shape
    wide = pad(vectors, (width, width)).flatten(1)
    shift = (starts[:, :, None] - starts[:, None, :]).clamp(-width, width)
    origin = torch.arange(size, device=starts.device) * 3 * width + width
    place = (shift + origin).flatten(1)
    total = torch.zeros_like(place, dtype=vectors.dtype).view(n_regions, size, size)
    for column in range(width):
        other = wide.gather(1, place + column).view(n_regions, size, size)
        total = total + vectors[:, :, None, column] * other
    return total


def _size_class(count: int) -> int:
    """The power of two that holds so many atoms, 4 at least."""
    return max(_SMALLEST, 1 << max(0, count - 1).bit_length())
