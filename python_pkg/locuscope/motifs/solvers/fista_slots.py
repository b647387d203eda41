"""Regions iterated side by side under the published rules; a finished one makes room."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn.functional import conv1d, conv_transpose1d, pad

from .published_steps import optimizer_step, true_gap

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from .dense_tables import DenseTables
    from .fista import Fista

    Step = Callable[..., tuple[Tensor, Tensor, Tensor, Tensor]]

# Steps without a better gap after which the step size is cut.
PATIENCE = 500
# The objective must rise by more than float32 rounds before the momentum is given up.
_ROUNDING = 1e-6


@dataclass
class Slots:
    """State of the regions under way; row b of every tensor is one region."""

    region: Tensor
    is_empty: Tensor
    values: Tensor
    sequences: Tensor
    importance: Tensor
    ahead: Tensor
    coefficients: Tensor
    momentum: Tensor
    step_size: Tensor
    steps: Tensor
    objective: Tensor
    best_gap: Tensor
    stale: Tensor

    @classmethod
    def start(cls, rows: Sequence[int], tables: DenseTables, rules: Fista) -> Slots:
        """Load regions, with all coefficients zero."""
        problem, device = tables.problem, tables.device
        chunks = [problem.load(slice(first, stop)) for first, stop in _runs(rows)]
        dense = np.concatenate([chunk.dense() for chunk in chunks])
        margin = (tables.margin, tables.margin)
        values = pad(torch.from_numpy(dense).to(device), margin)
        if problem.use_hypothetical:
            sequences = torch.ones(len(rows), 1, 1, device=device)
        else:
            masks = np.concatenate([chunk.mask() for chunk in chunks])
            sequences = pad(torch.from_numpy(masks).to(device), margin)
        status = np.concatenate([chunk.status for chunk in chunks])
        zeros = torch.zeros(len(rows), tables.n_motifs, tables.n_starts, device=device)
        infinite = torch.full((len(rows),), torch.inf, device=device)
        counts = torch.zeros(len(rows), dtype=torch.int32, device=device)
        return cls(
            region=torch.as_tensor(rows, device=device),
            is_empty=torch.from_numpy(status == "empty").to(device),
            values=values,
            sequences=sequences,
            importance=tables.importance(values)[0],
            ahead=zeros,
            coefficients=zeros.clone(),
            momentum=counts,
            step_size=torch.full((len(rows),), rules.step_size_max, device=device),
            steps=counts.clone(),
            objective=infinite,
            best_gap=infinite.clone(),
            stale=counts.clone(),
        )

    def __len__(self) -> int:
        """Regions under way."""
        return len(self.region)

    def select(self, kept: Tensor) -> Slots:
        """The regions where `kept` (B,) is true."""
        return Slots(**{name: getattr(self, name)[kept] for name in _names()})

    def join(self, others: Slots) -> Slots:
        """These regions and then the others."""
        pairs = {name: (getattr(self, name), getattr(others, name)) for name in _names()}
        return Slots(**{name: torch.cat(pair) for name, pair in pairs.items()})

    def advance(self, tables: DenseTables, rules: Fista, step: Step) -> Tensor:
        """One step of every region; gives the gap per base that the rules stop by, (B,)."""
        lambdas = tables.lambdas.float()
        is_published = rules.stop == "published"
        self.ahead, self.coefficients, gap, nll = step(
            tables.atoms.float(),
            self.values,
            self.importance,
            self.sequences,
            self.ahead,
            self.coefficients,
            self.momentum[:, None, None],
            self.step_size[:, None, None],
            tables.problem.length,
            lambdas,
            gap="published" if is_published else "true",
        )
        self.momentum = self.momentum + 1
        self.steps = self.steps + 1
        is_lost = ~torch.isfinite(gap)
        if not is_published:
            paid = (self.coefficients * lambdas).sum(dim=(1, 2))
            self._settle(gap, nll * tables.problem.length + paid, rules)
        if bool(is_lost.any()):
            self._restart(is_lost, rules)
            if is_published:
                self.steps[is_lost] = 0
        return gap

    def _settle(self, gap: Tensor, objective: Tensor, rules: Fista) -> None:
        """Give the momentum up where the objective rose, cut the step where nothing helps."""
        is_worse = objective > self.objective * (1 + _ROUNDING)
        self.objective = objective
        is_better = gap < self.best_gap
        self.best_gap = torch.where(is_better, gap, self.best_gap)
        self.stale = torch.where(is_better, 0, self.stale + 1)
        is_stuck = self.stale >= PATIENCE
        self.stale[is_stuck] = 0
        self.step_size[is_stuck] *= rules.step_adjust
        halts = is_worse | is_stuck
        self.ahead = torch.where(halts[:, None, None], self.coefficients, self.ahead)
        self.momentum[halts] = 0

    def _restart(self, is_lost: Tensor, rules: Fista) -> None:
        """Begin again from zero with a smaller step; assigned, since 0 * NaN stays NaN."""
        self.ahead[is_lost] = 0.0
        self.coefficients[is_lost] = 0.0
        self.momentum[is_lost] = 0
        self.step_size[is_lost] *= rules.step_adjust
        for figure in (self.objective, self.best_gap):
            figure[is_lost] = torch.inf
        self.stale[is_lost] = 0


@dataclass(frozen=True)
class Measured:
    """Certificates and atoms of some regions, in float64, (B,) and then (atoms,)."""

    gap: NDArray[np.float64]
    nll: NDArray[np.float64]
    dual_norm: NDArray[np.float64]
    slot: NDArray[np.int64]
    motif_id: NDArray[np.int64]
    hit_start: NDArray[np.int64]
    coefficient: NDArray[np.float64]
    similarity: NDArray[np.float64]
    importance: NDArray[np.float64]
    importance_sq: NDArray[np.float64]


def measure(slots: Slots, tables: DenseTables) -> Measured:
    """True gap, residual and atoms of regions at their coefficients, dense, in float64."""
    values, coefficients = slots.values.double(), slots.coefficients.double()
    importance, energies = tables.importance(values)
    length = tables.problem.length
    predicted = conv_transpose1d(coefficients * importance, tables.atoms)
    residual = values - predicted * slots.sequences
    ascent = conv1d(residual, tables.atoms) * importance
    gap, squares = true_gap(coefficients, residual, ascent, values, tables.lambdas)
    atoms = coefficients.nonzero(as_tuple=True)
    slot, motif, start = atoms
    energy = energies[atoms]
    along = conv1d(values, tables.atoms)[atoms]
    sizes = conv1d(values.abs().sum(dim=1, keepdim=True), tables.masks)[atoms]
    return Measured(
        gap=(gap / length).cpu().numpy(),
        nll=(squares / (2 * length)).cpu().numpy(),
        dual_norm=(ascent / tables.lambdas).amax(dim=(1, 2)).cpu().numpy(),
        slot=slot.cpu().numpy(),
        motif_id=motif.cpu().numpy(),
        hit_start=(start + tables.first_start).cpu().numpy(),
        coefficient=coefficients[atoms].cpu().numpy(),
        similarity=torch.where(energy > 0, along / energy.sqrt(), 0.0).cpu().numpy(),
        importance=sizes.cpu().numpy(),
        importance_sq=energy.cpu().numpy(),
    )


def fresh_step(rules: Fista) -> Step:
    """The step of the rules, compiled where asked for."""
    return torch.compile(optimizer_step, fullgraph=True) if rules.compile else optimizer_step


def _names() -> tuple[str, ...]:
    return tuple(field.name for field in fields(Slots))


def _runs(rows: Sequence[int]) -> list[tuple[int, int]]:
    """Ascending rows as runs of neighbours, half-open."""
    runs: list[tuple[int, int]] = []
    for row in rows:
        if runs and runs[-1][1] == row:
            runs[-1] = (runs[-1][0], row + 1)
        else:
            runs.append((row, row + 1))
    return runs
