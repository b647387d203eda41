"""The exact finish of many small problems: elimination on the supports, duplicates by rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from .atom_lists import ordered_sum

if TYPE_CHECKING:
    from torch import Tensor

    from .padded import Padded

# A pivot below this part of its diagonal means that the atom is a combination of earlier ones.
_LEAST_PIVOT = 1e-12
# A solution below this part of the largest one counts as zero.
_LEAST_PART = 1e-13
_ENTRY = 1e-10
_LEVEL = 1e-9


@dataclass
class _State:
    """Regions that are not finished, (n, K) each."""

    coefficients: Tensor
    is_member: Tensor
    is_barred: Tensor


def finish_exactly(problem: Padded, coefficients: Tensor) -> tuple[Tensor, Tensor]:
    """Turn good coefficients into the minimiser over these atoms.

    The objective never rises. Where the minimiser is not unique the atom with the smallest
    (hit_start, motif_id) is kept.

    Returns:
        (coefficients (n, K), linear solves made (n,))
    """
    coefficients = coefficients.clone()
    state = _State(coefficients, coefficients > 0, torch.zeros_like(problem.is_atom))
    solves = torch.zeros(len(coefficients), dtype=torch.int64, device=coefficients.device)
    is_open = torch.ones_like(solves, dtype=torch.bool)
    for _ in range(10 * coefficients.shape[1] + 50):
        solves = solves + is_open
        is_open = is_open & ~_advance(problem, state, is_open)
        if not bool(is_open.any()):
            break
    return state.coefficients, solves


def _advance(problem: Padded, state: _State, is_open: Tensor) -> Tensor:
    """One linear solve with what follows from it; gives which regions are at the minimum."""
    target, change = _wanted(problem, state)
    member, before = state.is_member, state.coefficients
    sinks = member & (change < 0)
    reach = torch.where(sinks, before / torch.where(sinks, -change, 1.0), torch.inf)
    part = reach.amin(dim=1).clamp(max=1.0)
    hits_zero = reach <= part[:, None]
    has_stop = hits_zero.any(dim=1)
    slots = torch.arange(before.shape[1], device=before.device)
    stop = torch.where(hits_zero, slots, -1).amax(dim=1).clamp(min=0)
    at_stop = (slots == stop[:, None]) & has_stop[:, None]
    # The solution itself where it is reached: a sum with what was there would round by the way.
    moved = torch.where(has_stop[:, None], before + part[:, None] * change, target)
    moved = torch.where(member & ~at_stop, moved.clamp(min=0.0), 0.0)
    state.coefficients = torch.where(is_open[:, None], moved, before)
    dropped = at_stop & is_open[:, None]
    # An atom that had to leave without a step must not come back for ever.
    state.is_barred = state.is_barred | (dropped & (part == 0)[:, None])
    state.is_member = state.is_member & ~dropped
    return _enter(problem, state, is_open & ~has_stop)


def _enter(problem: Padded, state: _State, is_solved: Tensor) -> Tensor:
    """Let in the inactive atom that wants in most; gives the solved regions without one."""
    slope = (problem.linear - problem.image(state.coefficients)) / problem.lambdas
    may_enter = problem.is_atom & ~state.is_barred & ~state.is_member
    slope = torch.where(may_enter, slope, -torch.inf)
    best = slope.amax(dim=1, keepdim=True)
    wants = is_solved & (best[:, 0] > 1 + _ENTRY)
    slots = torch.arange(slope.shape[1], device=slope.device)
    first = torch.where(slope == best, slots, len(slots)).amin(dim=1)
    state.is_member = state.is_member | ((slots == first[:, None]) & wants[:, None])
    return is_solved & ~wants


def _wanted(problem: Padded, state: _State) -> tuple[Tensor, Tensor]:
    """Solution on the support, and the change towards it, (n, K) both, 0 outside the support.

    With a dependent atom the change is one that takes an atom out.
    """
    support = _Support.of(problem, state)
    matrix, right, dependent = _eliminate(support)
    target = _back_substitute(matrix, right)
    least = _LEAST_PART * target.amax(dim=1, keepdim=True).clamp(min=0.0)
    target = torch.where(target <= least, target.clamp(max=0.0), target)
    change = torch.where(support.is_member, target - support.coefficients, 0.0)
    is_whole = dependent < 0
    if not bool(is_whole.all()):
        apart = _dependent_change(support, matrix, dependent.clamp(min=0))
        change = torch.where(is_whole[:, None], change, apart)
    empty = torch.zeros_like(state.coefficients)
    return empty.scatter(1, support.slot, target), empty.scatter(1, support.slot, change)


@dataclass(frozen=True)
class _Support:
    """The members of each region side by side, in their order, then filling, (n, S) each."""

    slot: Tensor
    is_member: Tensor
    coefficients: Tensor
    gram: Tensor
    right: Tensor
    lambdas: Tensor

    @classmethod
    def of(cls, problem: Padded, state: _State) -> _Support:
        """Rows and columns of the members; filling is a row of the identity."""
        most = int(state.is_member.sum(dim=1).max())
        slot = torch.argsort(~state.is_member, dim=1, stable=True)[:, : max(1, most)]
        is_member = state.is_member.gather(1, slot)
        size = slot.shape[1]
        rows = problem.gram.gather(1, slot[:, :, None].expand(-1, -1, problem.gram.shape[2]))
        gram = rows.gather(2, slot[:, None, :].expand(-1, size, -1))
        both = is_member[:, :, None] & is_member[:, None, :]
        unit = torch.eye(size, dtype=gram.dtype, device=gram.device)
        lambdas = problem.lambdas.gather(1, slot)
        right = torch.where(is_member, problem.linear.gather(1, slot) - lambdas, 0.0)
        return cls(
            slot=slot,
            is_member=is_member,
            coefficients=torch.where(is_member, state.coefficients.gather(1, slot), 0.0),
            gram=torch.where(both, gram, unit),
            right=right,
            lambdas=lambdas,
        )


def _eliminate(support: _Support) -> tuple[Tensor, Tensor, Tensor]:
    """Gaussian elimination without exchange.

    Returns:
        (upper triangle, with rests below the diagonal; right side; first dependent row or -1)
    """
    matrix, right = support.gram.clone(), support.right.clone()
    diagonal = torch.diagonal(support.gram, dim1=1, dim2=2)
    dependent = torch.full((len(matrix),), -1, dtype=torch.int64, device=matrix.device)
    for k in range(matrix.shape[1]):
        pivot = matrix[:, k, k]
        is_small = support.is_member[:, k] & (pivot <= _LEAST_PIVOT * diagonal[:, k])
        dependent = torch.where(is_small & (dependent < 0), k, dependent)
        factor = matrix[:, k + 1 :, k] / torch.where(is_small, 1.0, pivot)[:, None]
        rest = matrix[:, k + 1 :, k + 1 :]
        matrix[:, k + 1 :, k + 1 :] = rest - factor[:, :, None] * matrix[:, k, None, k + 1 :]
        right[:, k + 1 :] = right[:, k + 1 :] - factor * right[:, k, None]
    return matrix, right, dependent


def _back_substitute(upper: Tensor, right: Tensor) -> Tensor:
    """Solve an upper triangle, last row first."""
    solution = right.clone()
    for k in range(upper.shape[1] - 1, -1, -1):
        pivot = upper[:, k, k]
        value = solution[:, k] / torch.where(pivot == 0, 1.0, pivot)
        solution[:, :k] = solution[:, :k] - upper[:, :k, k] * value[:, None]
        solution[:, k] = value
    return solution


def _dependent_change(support: _Support, upper: Tensor, row: Tensor) -> Tensor:
    """Direction in which the fit stays as it is and the penalty does not grow, (n, S).

    Atom `row` is a combination of earlier ones. Where the penalty is the same on both sides the
    later atom gives way, so that the smallest (hit_start, motif_id) is kept.
    """
    size = upper.shape[1]
    slots = torch.arange(size, device=row.device)
    earlier, is_row = slots < row[:, None], slots == row[:, None]
    unit = torch.eye(size, dtype=upper.dtype, device=upper.device)
    block = torch.where(earlier[:, :, None] & earlier[:, None, :], upper, unit)
    column = upper.gather(2, row[:, None, None].expand(-1, size, 1))[:, :, 0]
    mixture = _back_substitute(block, torch.where(earlier, column, 0.0))
    own = torch.where(is_row, support.lambdas, 0.0).amax(dim=1)
    slope = own - ordered_sum(mixture * support.lambdas)
    sign = torch.where(slope < -_LEVEL * own, 1.0, -1.0)[:, None]
    change = torch.where(is_row, sign, -sign * mixture)
    sinks = change < 0
    reach = torch.where(sinks, support.coefficients / torch.where(sinks, -change, 1.0), torch.inf)
    # Far enough that the first boundary is reached.
    return change * (2 * reach.amin(dim=1, keepdim=True)).clamp(min=1.0)
