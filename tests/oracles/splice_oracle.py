"""The SpliceAI-10k network word for word: padded convolutions, one sequence at a time."""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

BLOCKS = [(11, 1)] * 4 + [(11, 4)] * 4 + [(21, 10)] * 4 + [(41, 25)] * 4


def plain_logits(state: Mapping[str, Tensor], x: Tensor) -> Tensor:
    """(4, L) one-hot -> (3, L - 10,000) of one member with the given state dict."""

    def convolution(name: str, y: Tensor, dilation: int = 1) -> Tensor:
        kernel = state[f"{name}.weight"]
        padding = dilation * (kernel.shape[2] - 1) // 2
        return F.conv1d(y, kernel, state[f"{name}.bias"], padding=padding, dilation=dilation)

    def batch_norm(name: str, y: Tensor) -> Tensor:
        mean, variance = state[f"{name}.running_mean"], state[f"{name}.running_var"]
        scaled = (y - mean[None, :, None]) / torch.sqrt(variance[None, :, None] + 1e-3)
        return (
            scaled * state[f"{name}.weight"][None, :, None] + state[f"{name}.bias"][None, :, None]
        )

    y = convolution("stem", x[None])
    skip = convolution("skips.0", y)
    for i, (_, dilation) in enumerate(BLOCKS):
        inner = convolution(
            f"blocks.{i}.conv1", F.relu(batch_norm(f"blocks.{i}.norm1", y)), dilation
        )
        y = y + convolution(
            f"blocks.{i}.conv2", F.relu(batch_norm(f"blocks.{i}.norm2", inner)), dilation
        )
        if i % 4 == 3:
            skip = skip + convolution(f"skips.{(i + 1) // 4}", y)
    return convolution("output", skip[:, :, 5000:-5000])[0]


def plain_probabilities(members: list[Mapping[str, Tensor]], x: Tensor) -> Tensor:
    """(N, 4, L) -> (N, 3, L - 10,000), the mean of the members' probabilities, in plain loops."""
    rows = []
    for sequence in x:
        total = torch.zeros(3, sequence.shape[1] - 10_000)
        for state in members:
            total = total + torch.softmax(plain_logits(state, sequence), dim=0)
        rows.append(total / len(members))
    return torch.stack(rows)
