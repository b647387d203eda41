"""Networks whose mutants can be carried: residual with two heads, and pooled with one number."""

from __future__ import annotations

import random
from functools import cache

import torch
from torch import nn

from locuscope.genome.reference import Genome
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec

WIDTH = 60


def sequence() -> str:
    """400 bases with a run of N at 200-203."""
    bases = random.Random(8).choices("ACGT", k=400)
    bases[200:203] = "NNN"
    return "".join(bases)


@cache
def genome() -> Genome:
    return Genome.from_sequences({"1": sequence()}, name="carried")


class Residual(nn.Module):
    """Two strands of a profile, cropped, and one number per window; probabilities both."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.stem = nn.Conv1d(4, 6, 7, padding=3)
        self.norm = nn.BatchNorm1d(6)
        self.blocks = nn.ModuleList(nn.Conv1d(6, 6, 3, dilation=d, padding=d) for d in (2, 4))
        self.profile = nn.Conv1d(6, 3, 5, padding=2)
        self.counts = nn.Linear(6, 2)

    def forward(self, x):
        h = torch.relu(self.norm(self.stem(x)))
        for block in self.blocks:
            h = h + torch.relu(block(h))
        profile = torch.sigmoid(self.profile(h))[..., 10:-10].transpose(1, 2)
        return profile, torch.sigmoid(self.counts(h.mean(-1)))[:, None]


@cache
def residual(seed: int = 0):
    heads = [
        HeadSpec("profile", (1,), 3, value_range="probability", crop_bp=10, strand_pair=(1, 0, 2)),
        HeadSpec("counts", (), 2, value_range="probability"),
    ]
    return wrap(Residual(seed).eval(), heads=heads, window_bp=WIDTH, name="residual")


@cache
def pooled():
    torch.manual_seed(2)
    net = nn.Sequential(
        nn.Conv1d(4, 8, 9, padding=4),
        nn.ReLU(),
        nn.MaxPool1d(4),
        nn.Conv1d(8, 8, 5, padding=2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(8 * WIDTH // 4, 5),
        nn.Unflatten(1, (1, 5)),
    )
    return wrap(net.eval(), heads=HeadSpec("atac", (), 5), window_bp=WIDTH, name="pooled")
