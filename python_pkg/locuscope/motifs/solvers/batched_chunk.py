"""One chunk of regions on torch: screen, solve the small problems, prove, report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from .atom_lists import LoadedRegions, atoms_at, ordered_sum, ranks, residual_of, sort_order
from .batched_check import ROOM, AtomCheck
from .padded import descend, size_classes
from .padded_finish import finish_exactly
from .published_steps import full_float32
from .solved import Solved

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from .atom_lists import Atoms
    from .batched_check import Places
    from .dense_tables import DenseTables
    from .regions_chunk import RegionsChunk

# Close enough for the linear solve that follows.
_BEFORE_FINISH = 5e-4
_MAX_ROUNDS = 50
# Below this a gap per base is rounding.
_LEAST_GAP = 1e-13


@dataclass(frozen=True)
class Rules:
    """When a region counts as solved, and how it is finished."""

    tol: float
    is_exact: bool
    max_sweeps: int

    @property
    def target(self) -> float:
        """Restricted gap per base at which descent stops."""
        return _BEFORE_FINISH if self.is_exact else max(self.tol / 10, 1e-8)


class _Work:
    """How far each region of the chunk is, (n,) each; at the end the solution."""

    solution: tuple[Atoms, Tensor, Tensor]

    def __init__(self, is_ok: Tensor) -> None:
        self.sweeps, self.solves, self.rounds = torch.zeros(
            3, len(is_ok), dtype=torch.int64, device=is_ok.device
        )
        self.is_reached, self.is_certified = torch.ones_like(is_ok), ~is_ok
        self.dual_norm = torch.zeros(len(is_ok), dtype=torch.float64, device=is_ok.device)


@torch.inference_mode()
def solve_loaded(chunk: RegionsChunk, tables: DenseTables, rules: Rules) -> Solved:
    """Solve the regions of a chunk on the device of the tables."""
    regions = LoadedRegions(chunk, tables)
    is_ok = torch.from_numpy(chunk.status == "ok").to(tables.device)
    work, residual = _Work(is_ok), regions.values
    with full_float32():
        check = AtomCheck(regions)
        atoms, n_candidates = check.screen(is_ok)
        coefficients = torch.zeros_like(atoms.weight)
        while not bool(work.is_certified.all()):
            is_open = ~work.is_certified
            coefficients = _solve_small(atoms, regions, coefficients, work, rules)
            residual = residual_of(regions, atoms, coefficients)
            (region, motif, start), dual = check.violators(residual, is_open, atoms)
            work.dual_norm = torch.where(is_open, dual, work.dual_norm)
            joins = torch.bincount(region, minlength=regions.count) > 0
            gives_up = (work.rounds >= _MAX_ROUNDS) | ~work.is_reached
            work.is_reached &= ~(joins & gives_up)
            work.is_certified |= is_open & (~joins | gives_up)
            more = ~work.is_certified[region]
            if bool(more.any()):
                joining = (region[more], motif[more], start[more])
                atoms, coefficients = _enlarge(regions, atoms, coefficients, joining)
    work.solution = (atoms, coefficients, residual)
    return _report(chunk, regions, work, n_candidates, rules.tol)


def _solve_small(
    atoms: Atoms, regions: LoadedRegions, coefficients: Tensor, work: _Work, rules: Rules
) -> Tensor:
    """Minimise over the atoms of every open region."""
    coefficients = coefficients.clone()
    for rows, small in size_classes(atoms, regions, ~work.is_certified):
        values = torch.where(small.is_atom, coefficients[small.at], 0.0)
        left = rules.max_sweeps - work.sweeps[rows]
        values, sweeps, is_reached = descend(small, values, rules.target, left)
        work.sweeps[rows] += sweeps
        work.rounds[rows] += 1
        work.is_reached[rows] = is_reached
        if rules.is_exact:
            exact, solves = finish_exactly(small, values)
            values = torch.where(is_reached[:, None], exact, values)
            work.solves[rows] += torch.where(is_reached, solves, 0)
        coefficients[small.at[small.is_atom]] = values[small.is_atom]
    return coefficients


def _enlarge(
    regions: LoadedRegions, atoms: Atoms, coefficients: Tensor, joining: Places
) -> tuple[Atoms, Tensor]:
    """Let atoms in at 0; atoms that are not used leave regions that are crowded."""
    counts = torch.bincount(torch.cat((atoms.region, joining[0])), minlength=regions.count)
    kept = (coefficients > 0) | (counts <= 2 * ROOM)[atoms.region]
    given = (atoms.region[kept], atoms.motif[kept], atoms.start[kept])
    region, motif, start = (torch.cat(pair) for pair in zip(given, joining, strict=True))
    values = torch.cat((coefficients[kept], torch.zeros_like(joining[0], dtype=torch.float64)))
    order = sort_order(region, motif, start, regions.tables)
    return atoms_at(regions, region[order], motif[order], start[order]), values[order]


def _report(
    chunk: RegionsChunk, regions: LoadedRegions, work: _Work, n_candidates: Tensor, tol: float
) -> Solved:
    """Metrics from the support in its order, whatever path led to it."""
    atoms, coefficients, residual = work.solution
    length = regions.tables.problem.length
    used = (coefficients > 0).nonzero()[:, 0]
    penalty = torch.zeros_like(regions.energy)
    for rank in ranks(atoms.region[used], regions.count):
        at = used[rank]
        penalty[atoms.region[at]] = penalty[atoms.region[at]] + atoms.lam[at] * coefficients[at]
    squares, fit = ordered_sum(residual**2), ordered_sum(residual * regions.values)
    scale = 1 / work.dual_norm.clamp(min=1.0)
    gap = (squares * (1 + scale**2) / 2 - scale * fit + penalty).clamp(min=0.0) / length
    is_late = ~work.is_reached | (gap > max(tol, _LEAST_GAP))
    is_invalid = chunk.status == "invalid_input"
    late = is_late.cpu().numpy() & (chunk.status == "ok")
    root = atoms.energy[used].sqrt()
    numbers = {
        "coefficient": coefficients[used],
        "similarity": torch.where(root > 0, atoms.product[used] / root, 0.0),
        "importance": atoms.size[used],
        "importance_sq": atoms.energy[used],
        "region": atoms.region[used] + chunk.first,
        "motif_id": atoms.motif[used],
        "hit_start": atoms.start[used] + regions.tables.first_start,
    }
    counts = {
        "sweeps": work.sweeps + work.solves,
        "n_candidates": n_candidates,
        "n_rounds": work.rounds,
        "n_support": torch.bincount(atoms.region[used], minlength=regions.count),
    }
    metrics = {"nll": squares / (2 * length), "gap": gap, "dual_norm": work.dual_norm}
    return Solved(
        step_size=np.full(len(chunk), np.nan, np.float32),
        scale=chunk.scale,
        status=np.where(late, "max_sweeps", chunk.status).astype("<U13"),
        replaced=chunk.replaced,
        **{name: np.where(is_invalid, np.nan, _numpy(one)) for name, one in metrics.items()},
        **{name: _whole(one) for name, one in counts.items()},
        **{name: _numpy(one) for name, one in numbers.items()},
    )


def _numpy(values: Tensor) -> NDArray[Any]:
    found: NDArray[Any] = values.cpu().numpy()
    return found


def _whole(values: Tensor) -> NDArray[Any]:
    return _numpy(values).astype(np.int32)
