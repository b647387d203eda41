"""The two networks that the effect benches run: dilated with residuals, and pooled and dense.

The modules need torch alone, so that peers in an environment of their own run the same ones.
Random weights from one seed. They have the layers, widths and windows of the well-known profile and
accessibility networks, so that a pass costs what it costs there (229 M and 163 M multiplications).
"""

from __future__ import annotations

import torch
from torch import nn


class Dilated(nn.Module):
    """2,114 bp to a profile of 2 x 1,000 and one count: eight residual blocks, dilated.

    Args:
        is_channels_last: turn the profile to (N, L, T), as locuscope reads it; peers leave it.
    """

    def __init__(self, *, is_channels_last: bool = True) -> None:
        super().__init__()
        self.is_channels_last = is_channels_last
        self.stem = nn.Conv1d(4, 64, 21, padding=10)
        self.blocks = nn.ModuleList(
            nn.Conv1d(64, 64, 3, dilation=2**k, padding=2**k) for k in range(1, 9)
        )
        self.profile = nn.Conv1d(64, 2, 75, padding=37)
        self.counts = nn.Linear(64, 1)
        with torch.no_grad():
            for block in self.blocks:
                block.weight.mul_(0.9)

    def forward(self, x):
        """(N, 4, 2114) to (N, 1000, 2) and (N, 1, 1)."""
        h = torch.relu(self.stem(x))
        for block in self.blocks:
            h = h + torch.relu(block(h))
        h = h[..., 520:-520]
        profile, counts = self.profile(h)[..., 37:-37], self.counts(h.mean(-1))
        if self.is_channels_last:
            return profile.transpose(1, 2), counts[:, None]
        return profile, counts


def dilated():
    """The dilated network as a model: heads profile (1,000 x 2) and counts."""
    from locuscope.models.adapter import wrap
    from locuscope.models.protocol import HeadSpec

    torch.manual_seed(0)
    heads = [HeadSpec("profile", (1,), 2, crop_bp=557), HeadSpec("counts", (), 1)]
    return wrap(Dilated().eval(), heads=heads, window_bp=2_114, name="dilated")


def pooled() -> nn.Sequential:
    """600 bp to 164 numbers: three pooled convolutions and three dense layers."""
    return nn.Sequential(
        nn.Conv1d(4, 300, 19, padding=9),
        nn.ReLU(),
        nn.MaxPool1d(3),
        nn.Conv1d(300, 200, 11, padding=5),
        nn.ReLU(),
        nn.MaxPool1d(4),
        nn.Conv1d(200, 200, 7, padding=3),
        nn.ReLU(),
        nn.MaxPool1d(4),
        nn.Flatten(),
        nn.Linear(2_400, 1_000),
        nn.ReLU(),
        nn.Linear(1_000, 1_000),
        nn.ReLU(),
        nn.Linear(1_000, 164),
    )


def dense():
    """The pooled network as a model: 600 bp to 164 numbers."""
    from locuscope.models.adapter import wrap
    from locuscope.models.protocol import HeadSpec

    torch.manual_seed(0)
    module = nn.Sequential(*pooled(), nn.Unflatten(1, (1, 164)))
    return wrap(module.eval(), heads=HeadSpec("dnase", (), 164), window_bp=600, name="dense")
