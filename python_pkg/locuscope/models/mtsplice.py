"""The MTSplice network (deep variant): how an exon's inclusion differs between 56 tissues.

Two towers read the two ends of an exon, 400 bases each, in transcript direction. Their positions
are weighted by a spline, averaged together, and two dense layers give one number per tissue: the
difference of the logit of percent-spliced-in from its mean over the tissues.
"""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F  # noqa: N812 (the name everybody uses)
from torch import Tensor, nn

from locuscope.errors import OptionError, ShapeError
from locuscope.models.mtsplice_tissues import TISSUES
from locuscope.models.spliceai import FrozenBatchNorm
from locuscope.models.spline import spline_basis

CHANNELS = 64
END_BP = 400
FLANK_BP = 300
WINDOW_BP = 2 * END_BP
STEM_WIDTH = 11
STEP_WIDTH = 3
DILATIONS = tuple(2**k for k in range(1, 9))
N_BASES = 10
HIDDEN = 32


class SplineWeight(nn.Module):
    """Multiply each position by one plus a spline of it, one spline per channel."""

    basis: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.kernel = nn.Parameter(torch.zeros(N_BASES, CHANNELS))
        basis = torch.from_numpy(spline_basis(END_BP, N_BASES))
        self.register_buffer("basis", basis, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 64, 400) -> the same shape."""
        return x * (1 + (self.basis @ self.kernel).T)


class Tower(nn.Module):
    """Reads one end of an exon: a stem, then eight residual steps of growing dilation."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv1d(4, CHANNELS, STEM_WIDTH, padding="same")
        self.norms = nn.ModuleList(FrozenBatchNorm(CHANNELS) for _ in DILATIONS)
        self.convs = nn.ModuleList(
            nn.Conv1d(CHANNELS, CHANNELS, STEP_WIDTH, padding="same", dilation=dilation)
            for dilation in DILATIONS
        )
        self.spline = SplineWeight()

    def forward(self, x: Tensor) -> Tensor:
        """(N, 4, 400) -> (N, 64, 400), weighted by the spline."""
        # Height 1 and channels last: oneDNN runs that form twice as fast as a 1-D convolution.
        x = F.relu(_convolved(x.unsqueeze(2), self.stem))
        for norm, conv in zip(self.norms, self.convs, strict=True):
            x = x + F.relu(_convolved(norm(x), conv))
        weighted: Tensor = self.spline(x.squeeze(2))
        return weighted


class MTSpliceMember(nn.Module):
    """One network of the published ensemble."""

    def __init__(self) -> None:
        super().__init__()
        self.acceptor = Tower()
        self.donor = Tower()
        self.norm1 = FrozenBatchNorm(CHANNELS)
        self.dense1 = nn.Linear(CHANNELS, HIDDEN)
        self.norm2 = FrozenBatchNorm(HIDDEN)
        self.dense2 = nn.Linear(HIDDEN, len(TISSUES))

    def forward(self, acceptor: Tensor, donor: Tensor) -> Tensor:
        """Two of (N, 4, 400) -> (N, 56)."""
        # The mean over all 800 positions is that of the two means: both ends have 400.
        mean = (self.acceptor(acceptor).mean(2) + self.donor(donor).mean(2)) / 2
        hidden = F.relu(self.dense1(self.norm1(mean)))
        tissues: Tensor = self.dense2(self.norm2(hidden))
        return tissues


class MTSplice(nn.Module):
    """An ensemble of MTSplice members.

    Args:
        members: how many.

    >>> MTSplice()(torch.zeros(2, 4, 800)).shape
    torch.Size([2, 56])
    """

    def __init__(self, members: int = 1) -> None:
        super().__init__()
        if members < 1:
            raise OptionError(
                f"MTSplice needs at least one member; got {members}.",
                option="members",
                value=members,
            )
        self.members = nn.ModuleList(MTSpliceMember() for _ in range(members))

    def forward(self, x: Tensor) -> Tensor:
        """Give (N, 56): delta logit PSI of each tissue, the mean over members.

        Args:
            x: one-hot (N, 4, 800): 400 bases around the acceptor (300 of intron, 100 of exon), then
                400 around the donor (100 of exon, 300 of intron), in transcript direction.

        Raises:
            ShapeError: another shape.
        """
        _check(x, WINDOW_BP)
        return self.forward_pair(x[..., :END_BP], x[..., END_BP:])

    def forward_pair(self, acceptor: Tensor, donor: Tensor) -> Tensor:
        """Give the same from the two ends, (N, 4, 400) each."""
        return self.members_forward(acceptor, donor).mean(0)

    def members_forward(self, acceptor: Tensor, donor: Tensor) -> Tensor:
        """Give each member's values, (members, N, 56)."""
        for x in (acceptor, donor):
            _check(x, END_BP)
        return torch.stack([member(acceptor, donor) for member in self.members])


def exon_ends(one_hot: Tensor) -> Tensor:
    """Cut (N, 4, 300 + exon + 300) in transcript direction down to the (N, 4, 800) that is read.

    An exon shorter than 100 bases lets each end reach into the intron behind it, as published.

    >>> exon_ends(torch.zeros(1, 4, 650)).shape
    torch.Size([1, 4, 800])
    """
    if one_hot.shape[-1] <= 2 * FLANK_BP:
        raise ShapeError(
            f"an exon with {FLANK_BP} bases on each side has more than {2 * FLANK_BP}; got "
            f"{one_hot.shape[-1]}.",
            found=one_hot.shape[-1],
            expected=2 * FLANK_BP + 1,
        )
    return torch.cat([one_hot[..., :END_BP], one_hot[..., -END_BP:]], dim=-1)


def _convolved(x: Tensor, layer: nn.Module) -> Tensor:
    """Run a 1-D layer on (N, C, 1, L)."""
    conv = cast("nn.Conv1d", layer)
    width, dilation = conv.kernel_size[0], int(conv.dilation[0])
    return F.conv2d(
        x.contiguous(memory_format=torch.channels_last),
        conv.weight.unsqueeze(2).contiguous(memory_format=torch.channels_last),
        conv.bias,
        padding=(0, dilation * (width - 1) // 2),
        dilation=(1, dilation),
    )


def _check(x: Tensor, length: int) -> None:
    if x.ndim == 3 and tuple(x.shape[1:]) == (4, length):
        return
    swapped = x.ndim == 3 and tuple(x.shape[1:]) == (length, 4)
    hint = " It looks transposed: the bases stand last." if swapped else ""
    raise ShapeError(
        f"MTSplice reads one-hot (N, 4, {length}); got {tuple(x.shape)}.{hint}",
        found=tuple(x.shape),
        expected=("N", 4, length),
    )
