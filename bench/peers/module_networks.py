"""Networks of modules alone: what tools with hooks on modules follow as well. They need only torch.

One linear layer is one call of one module; every activation is a `ReLU` module that is used once.
"""

from __future__ import annotations

import torch
from torch import nn

WIDTH = 24


class CountsOfDilated(nn.Module):
    """The dilated network of the benches, its number of counts, (N, 1)."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv1d(4, 64, 21, padding=10)
        self.blocks = nn.ModuleList(
            nn.Conv1d(64, 64, 3, dilation=2**k, padding=2**k) for k in range(1, 9)
        )
        self.relus = nn.ModuleList(nn.ReLU() for _ in range(9))
        self.counts = nn.Linear(64, 1)
        with torch.no_grad():
            for block in self.blocks:
                block.weight.mul_(0.9)

    def forward(self, x):
        """(N, 4, 2114) to (N, 1)."""
        h = self.relus[0](self.stem(x))
        for block, relu in zip(self.blocks, self.relus[1:], strict=True):
            h = h + relu(block(h))
        return self.counts(h[..., 520:-520].mean(-1))


def stacked() -> nn.Sequential:
    """Convolutions and dense layers."""
    return nn.Sequential(
        nn.Conv1d(4, 6, 5, padding=2),
        nn.ReLU(),
        nn.Conv1d(6, 5, 3),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(5 * (WIDTH - 2), 8),
        nn.ReLU(),
        nn.Linear(8, 2),
    )


class Skipped(nn.Module):
    """A residual block and a mean over the positions."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv1d(4, 6, 7, padding=3), nn.Conv1d(6, 6, 3, padding=1)
        self.relu_one, self.relu_two = nn.ReLU(), nn.ReLU()
        self.last = nn.Linear(6, 2)

    def forward(self, x):
        """(N, 4, 24) to (N, 2)."""
        h = self.relu_one(self.first(x))
        h = h + self.relu_two(self.second(h))
        return self.last(h.mean(-1))


def normed() -> nn.Sequential:
    """Batch norm in evaluation mode and an average pool."""
    net = nn.Sequential(
        nn.Conv1d(4, 6, 3, padding=1),
        nn.BatchNorm1d(6),
        nn.ReLU(),
        nn.AvgPool1d(4),
        nn.Conv1d(6, 4, 3),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(4 * (WIDTH // 4 - 2), 2),
    )
    with torch.no_grad():
        net[1].running_mean.normal_()
        net[1].running_var.uniform_(0.5, 2)
    return net


BUILT = {"stacked": stacked, "skipped": Skipped, "normed": normed}
