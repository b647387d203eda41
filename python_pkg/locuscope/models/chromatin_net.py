"""The network of the chromatin models: one convolution for motifs, three steps for their grammar.

The logits are the mean over a window and its reverse complement, in training too, so that the
strand of the input never matters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 (the name everybody uses)
from torch import nn

from locuscope.errors import ShapeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from torch import Tensor

WINDOW_BP = 512
CHANNELS = 64
FILTER_BP = 19
POOL_BP = 4
STEP_WIDTH = 5
DILATIONS = (1, 2, 4)
FLOOR = 1e-3


class ResidualStep(nn.Module):
    """Batch norm, ReLU and a dilated convolution, added to the input."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels)
        self.conv = nn.Conv1d(channels, channels, STEP_WIDTH, dilation=dilation)

    def forward(self, x: Tensor) -> Tensor:
        """(N, channels, 1, L) -> the same shape."""
        return x + _flat_conv(self.conv, F.relu(self.norm(x)))


class ChromatinNet(nn.Module):
    """One logit per track for a window, the same on both strands.

    Args:
        tracks: how many.
        channels: filters of every layer.
        length: bases of a window.

    >>> ChromatinNet(3)(torch.zeros(2, 4, 512)).shape
    torch.Size([2, 3])
    """

    def __init__(self, tracks: int, channels: int = CHANNELS, length: int = WINDOW_BP) -> None:
        super().__init__()
        self.length = length
        self.stem = nn.Conv1d(4, channels, FILTER_BP)
        self.steps = nn.ModuleList(ResidualStep(channels, dilation) for dilation in DILATIONS)
        self.head = nn.Linear(2 * channels, tracks)

    def forward(self, x: Tensor) -> Tensor:
        """Give logits (N, T) of one-hot windows (N, 4, L); an unknown base is a zero column.

        Raises:
            ShapeError: not (N, 4, L) with the L of the network.
        """
        _check_input(x, self.length)
        one, other = self.one_strand(torch.cat([x, x.flip(-1, -2)])).chunk(2)
        return (one + other) / 2

    def one_strand(self, x: Tensor) -> Tensor:
        """Give the logits (N, T) of windows read in one direction only."""
        x = x.unsqueeze(2).contiguous(memory_format=torch.channels_last)
        # The maximum and the ReLU commute; pooled first, three quarters of the ReLU are saved.
        x = F.relu(F.max_pool2d(_flat_conv(self.stem, x), (1, POOL_BP)))
        for step in self.steps:
            x = step(x)
        logits: Tensor = self.head(torch.cat([x.mean((2, 3)), x.amax((2, 3))], dim=1))
        return logits


def init_filters(pwms: Sequence[NDArray[np.floating[Any]]], *, width_bp: int = FILTER_BP) -> Tensor:
    """Turn motifs into first-layer filters: centred log-odds of unit norm.

    Args:
        pwms: base frequencies, (4, W) each, rows ACGT. Of a motif wider than `width_bp` the
            stretch with the most information is taken; a narrower one stands in the middle.
        width_bp: columns of a filter.

    Returns:
        (len(pwms), 4, width_bp). Each column sums to zero over the bases.

    Raises:
        ShapeError: a motif that is not (4, W).

    >>> init_filters([np.eye(4)]).shape
    torch.Size([1, 4, 19])
    """
    filters = np.zeros((len(pwms), 4, width_bp), dtype=np.float32)
    for i, pwm in enumerate(pwms):
        if pwm.ndim != 2 or pwm.shape[0] != 4 or pwm.shape[1] == 0:
            raise ShapeError(
                f"motif {i} has shape {pwm.shape}; base frequencies (4, W) are needed.",
                found=pwm.shape,
                expected="(4, W)",
            )
        odds = np.log2((pwm + FLOOR) / (pwm.sum(axis=0) + 4 * FLOOR) * 4)
        information = (pwm * odds).sum(axis=0)
        first = _best_stretch(information, width_bp)
        odds = odds[:, first : first + width_bp]
        odds = odds - odds.mean(axis=0)
        start = (width_bp - odds.shape[1]) // 2
        norm = float(np.linalg.norm(odds)) or 1.0
        filters[i, :, start : start + odds.shape[1]] = odds / norm
    return torch.from_numpy(filters)


def _flat_conv(layer: nn.Conv1d, x: Tensor) -> Tensor:
    """Convolve (N, C, 1, L) to the same length: as an image of height 1 with the channels last.

    In that form a training step takes two thirds of the time of `conv1d`.
    """
    weight = layer.weight.unsqueeze(2).contiguous(memory_format=torch.channels_last)
    dilation = layer.dilation[0]
    reach = dilation * (layer.kernel_size[0] - 1) // 2
    return F.conv2d(x, weight, layer.bias, padding=(0, reach), dilation=(1, dilation))


def _best_stretch(information: NDArray[np.floating[Any]], width_bp: int) -> int:
    """First column of the `width_bp` neighbouring columns that hold the most information."""
    if len(information) <= width_bp:
        return 0
    return int(np.convolve(information, np.ones(width_bp), mode="valid").argmax())


def _check_input(x: Tensor, length: int) -> None:
    if x.ndim == 3 and x.shape[1:] == (4, length):
        return
    swapped = x.ndim == 3 and x.shape[1:] == (length, 4)
    hint = " It looks transposed: the bases stand last." if swapped else ""
    raise ShapeError(
        f"ChromatinNet reads one-hot (N, 4, {length}); got {tuple(x.shape)}.{hint}",
        found=tuple(x.shape),
        expected=f"(N, 4, {length})",
    )
