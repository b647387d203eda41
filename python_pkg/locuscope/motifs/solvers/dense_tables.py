"""`DenseTables`: the motifs of a problem as tensors, and which starts each may take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn.functional import conv1d, pad

from .tables import IMPORTANCE_LIMIT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from .problem import Problem


class DenseTables:
    """What solvers on tensors need of the motifs, on one device.

    `atoms` (M, A, W), `masks` (M, 1, W), `lambdas` (1, M, 1) float64; `allowed` (M, P) bool.
    Regions are padded by `margin` on both sides, which is W - 1 with `edge="core"` and else 0;
    column p of P = `n_starts` stands for the window start `first_start` + p. `by_column` is
    (M, W, A + 1), the last value 0, for positions without a base.
    """

    def __init__(self, problem: Problem, device: torch.device) -> None:
        self.problem, self.device = problem, device
        atoms = _at_least_one(problem.atoms, 0)
        self.n_motifs, self.n_bases, width = atoms.shape
        self.margin = width - 1 if problem.edge == "core" else 0
        self.width, self.first_start, self.n_starts = width, -self.margin, problem.n_starts
        self.atoms = torch.as_tensor(atoms, device=device)
        masks = torch.as_tensor(_at_least_one(problem.masks, 0), device=device)
        self.masks = masks.to(torch.float64)[:, None]
        lambdas = torch.as_tensor(_at_least_one(problem.lambdas, 1), device=device)
        self.lambdas = lambdas[None, :, None]
        starts = torch.arange(self.n_starts, device=device) + self.first_start
        low = torch.as_tensor(_at_least_one(problem.core_starts, 0), device=device)[:, None]
        high = torch.as_tensor(_at_least_one(problem.core_ends, 0), device=device)[:, None]
        # An atom that may not stand there has no importance, and so never a coefficient.
        inside = (starts + low >= 0) & (starts + high <= problem.length)
        self.allowed = inside & (high > low)
        self.by_column = pad(self.atoms.transpose(1, 2), (0, 1))
        cores, which = torch.unique(self.masks[:, 0], dim=0, return_inverse=True)
        self.core_of, self.runs = which, [_runs(core.tolist()) for core in cores]

    def importance(self, values: Tensor) -> tuple[Tensor, Tensor]:
        """I and the energy E under each core, (B, M, P) both, in the type of the values."""
        squares = (values**2).sum(dim=1, keepdim=True)
        energies = conv1d(squares, self.masks.to(values.dtype))
        scale = (energies + self.problem.eps) ** -0.5
        return scale.clamp(max=IMPORTANCE_LIMIT) * self.allowed, energies

    def thresholds(self, squares: Tensor) -> Tensor:
        """1/I of each core at each start, (cores, n, P) float32; `core_of` tells a motif's core.

        Args:
            squares: sums of X^2 over the bases, (n, L + 2 margin) float64.
        """
        sums = pad(squares.cumsum(dim=1), (1, 0))
        roots = torch.empty(
            len(self.runs), len(squares), self.n_starts, dtype=torch.float32, device=self.device
        )
        for root, runs in zip(roots, self.runs, strict=True):
            energy = torch.zeros_like(sums[:, : self.n_starts])
            for low, high in runs:
                energy += sums[:, high : high + self.n_starts] - sums[:, low : low + self.n_starts]
            root[:] = (energy.clamp(min=0.0) + self.problem.eps).sqrt()
        return roots.clamp(min=1 / IMPORTANCE_LIMIT)


def _at_least_one(values: NDArray[Any], filling: float) -> NDArray[Any]:
    """Values of each motif; without any, those of one that may stand nowhere."""
    if len(values):
        return values
    return np.full((1, *values.shape[1:]), filling, values.dtype)


def _runs(core: Sequence[float]) -> list[tuple[int, int]]:
    """Masked columns of a core as runs, half-open."""
    runs: list[tuple[int, int]] = []
    for column, inside in enumerate(core):
        if inside and runs and runs[-1][1] == column:
            runs[-1] = (runs[-1][0], column + 1)
        elif inside:
            runs.append((column, column + 1))
    return runs
