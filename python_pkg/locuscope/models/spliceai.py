"""The SpliceAI-10k network: splice-site probabilities of every base from 5 kb on each side.

`SpliceMember` keeps the published layout (39 convolutions, 32 batch norms), so that its state dict
reads like the paper. `SpliceNet` averages members and computes the same numbers several times
faster: the reach of the network equals its crop, so no output ever sees a padded border and "valid"
convolutions suffice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 (the name everybody uses)
from torch import Tensor, nn

from locuscope.errors import OptionError, ShapeError, WeightsError, WeightsMismatchError
from locuscope.models.graphdef import read_graphdef
from locuscope.models.weights import Weights, load_state, read_weights

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from os import PathLike

    from numpy.typing import NDArray

CHANNELS = 32
CROP_BP = 5_000
CLASSES = ("none", "acceptor", "donor")
EPSILON = 1e-3
# kernel and dilation of the sixteen residual blocks; a skip connection leaves after every fourth
BLOCKS = ((11, 1),) * 4 + ((11, 4),) * 4 + ((21, 10),) * 4 + ((41, 25),) * 4
BLOCKS_PER_SKIP = 4
# bases that go through together: four sequences of 10 kb keep the caches warm
BASES_PER_PASS = 48_000
# on an accelerator the limit is memory: 2 million bases hold about 1 GB at a time
BASES_PER_PASS_ELSEWHERE = 2_000_000


class FrozenBatchNorm(nn.Module):
    """Batch norm with stored statistics, in training mode too: nothing is trained here."""

    weight: Tensor
    bias: Tensor
    running_mean: Tensor
    running_var: Tensor

    def __init__(self, channels: int = CHANNELS) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        """Normalise (N, C, L) by the stored mean and variance."""
        return F.batch_norm(
            x, self.running_mean, self.running_var, self.weight, self.bias, False, 0.0, EPSILON
        )

    def scale_and_shift(self) -> tuple[Tensor, Tensor]:
        """Give the two (C,) vectors that the layer amounts to."""
        scale = self.weight * torch.rsqrt(self.running_var + EPSILON)
        return scale, self.bias - self.running_mean * scale


class SpliceBlock(nn.Module):
    """Residual block: batch norm, ReLU, convolution, twice, plus the input."""

    def __init__(self, kernel: int, dilation: int) -> None:
        super().__init__()
        self.norm1 = FrozenBatchNorm()
        self.conv1 = nn.Conv1d(CHANNELS, CHANNELS, kernel, dilation=dilation, padding="same")
        self.norm2 = FrozenBatchNorm()
        self.conv2 = nn.Conv1d(CHANNELS, CHANNELS, kernel, dilation=dilation, padding="same")

    def forward(self, x: Tensor) -> Tensor:
        """(N, 32, L) -> (N, 32, L), padded with zeros."""
        y = self.conv1(F.relu(self.norm1(x)))
        total: Tensor = x + self.conv2(F.relu(self.norm2(y)))
        return total

    def valid(self, x: Tensor) -> Tensor:
        """Give the positions of `forward` that no padding reaches, from (N, 32, 1, L) in one go.

        The second batch norm is folded into the first convolution; both convolutions are unpadded.
        """
        kernel, dilation = self.conv1.kernel_size[0], int(self.conv1.dilation[0])
        scale, shift = self.norm2.scale_and_shift()
        weight = self.conv1.weight * scale[:, None, None]
        bias = self.conv1.bias * scale + shift if self.conv1.bias is not None else shift
        y = F.relu_(self.norm1(x))
        y = F.relu_(F.conv2d(y, _flat(weight), bias, dilation=(1, dilation)))
        y = F.conv2d(y, _flat(self.conv2.weight), self.conv2.bias, dilation=(1, dilation))
        lost = dilation * (kernel - 1)
        return y.add_(x[..., lost : x.shape[-1] - lost])


class SpliceMember(nn.Module):
    """One network of the published layout; `forward` is that layout, word for word."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv1d(4, CHANNELS, 1)
        self.blocks = nn.ModuleList(SpliceBlock(kernel, dilation) for kernel, dilation in BLOCKS)
        n_skips = 1 + len(BLOCKS) // BLOCKS_PER_SKIP
        self.skips = nn.ModuleList(nn.Conv1d(CHANNELS, CHANNELS, 1) for _ in range(n_skips))
        self.output = nn.Conv1d(CHANNELS, len(CLASSES), 1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 4, L) -> logits (N, 3, L - 10,000)."""
        x = self.stem(x)
        skip: Tensor = self.skips[0](x)
        for i, block in enumerate(self.blocks, start=1):
            x = block(x)
            if i % BLOCKS_PER_SKIP == 0:
                skip = skip + self.skips[i // BLOCKS_PER_SKIP](x)
        logits: Tensor = self.output(skip[..., CROP_BP : skip.shape[-1] - CROP_BP])
        return logits

    def valid(self, x: Tensor) -> Tensor:
        """Give the same logits from unpadded convolutions; the width shrinks as it goes."""
        x = x.unsqueeze(2).contiguous(memory_format=torch.channels_last)
        x = F.conv2d(x, _flat(self.stem.weight), self.stem.bias)
        width = x.shape[-1] - 2 * CROP_BP
        skip = self._skip(0, x, width)
        for i, block in enumerate(self.blocks, start=1):
            x = block.valid(x)  # type: ignore[operator]
            if i % BLOCKS_PER_SKIP == 0:
                skip = skip + self._skip(i // BLOCKS_PER_SKIP, x, width)
        return F.conv2d(skip, _flat(self.output.weight), self.output.bias).squeeze(2)

    def _skip(self, which: int, x: Tensor, width: int) -> Tensor:
        start = (x.shape[-1] - width) // 2
        layer = self.skips[which]
        middle = x[..., start : start + width]
        return F.conv2d(middle, _flat(layer.weight), layer.bias)  # type: ignore[arg-type]


class SpliceNet(nn.Module):
    """An ensemble of SpliceAI-10k members.

    Args:
        members: how many.

    >>> net = SpliceNet()
    >>> net(torch.zeros(1, 4, 10_003)).shape
    torch.Size([1, 3, 3])
    """

    def __init__(self, members: int = 1) -> None:
        super().__init__()
        if members < 1:
            raise OptionError(
                f"SpliceNet needs at least one member; got {members}.",
                option="members",
                value=members,
            )
        self.members = nn.ModuleList(SpliceMember() for _ in range(members))

    def forward(self, x: Tensor) -> Tensor:
        """Give probabilities (N, 3, L - 10,000) of none, acceptor, donor: the mean over members.

        Raises:
            ShapeError: the input is not (N, 4, L) with L of at least 10,001.
        """
        return self.members_forward(x).mean(0)

    def members_forward(self, x: Tensor) -> Tensor:
        """Give the probabilities of each member, (members, N, 3, L - 10,000)."""
        return torch.softmax(self.logits(x), dim=2)

    def logits(self, x: Tensor) -> Tensor:
        """Give each member's values before the softmax, (members, N, 3, L - 10,000)."""
        _check_input(x)
        most = BASES_PER_PASS if x.device.type == "cpu" else BASES_PER_PASS_ELSEWHERE
        step = max(1, most // x.shape[-1])
        passes = [
            torch.stack([member.valid(part) for member in self.members])  # type: ignore[operator]
            for part in torch.split(x, step)
        ]
        return passes[0] if len(passes) == 1 else torch.cat(passes, dim=1)


def from_graphdef(path: str | PathLike[str], members: Sequence[int] = (0,)) -> SpliceNet:
    """Read members of the published CI-SpliceAI ensemble (`CI-SpliceAI.pb`, members 0 to 4).

    Args:
        path: the frozen graph, as in the Python package `cispliceai` 1.2.2.
        members: which ones, in the order wanted.

    Raises:
        WeightsError: the file is damaged.
        WeightsMismatchError: a name is missing or a shape differs from the published layout.
    """
    constants = read_graphdef(path)
    net = SpliceNet(len(members))
    state: dict[str, Tensor] = {}
    missing: list[str] = []
    shapes: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {}
    expected = net.state_dict()
    for place, member in enumerate(members):
        for key, name in _graph_names(member).items():
            array = constants.get(name)
            full = f"members.{place}.{key}"
            want = tuple(expected[full].shape)
            if array is None:
                missing.append(name)
                continue
            kernel = array.transpose(2, 1, 0) if array.ndim == 3 else array
            if kernel.shape != want:
                shapes[name] = (array.shape, want[::-1])
                continue
            state[full] = torch.from_numpy(np.array(kernel, dtype=np.float32, order="C"))
    if missing or shapes:
        raise _graph_mismatch(path, missing, shapes, constants)
    net.load_state_dict(state)
    _require_finite_state(net, path)
    return net.eval().requires_grad_(False)


def from_safetensors(path: str | PathLike[str], *, sha256: str | None = None) -> SpliceNet:
    """Read a network that `save_safetensors` wrote; float16 kernels are widened to float32.

    The embedded file is `save_safetensors(from_graphdef(path), target, metadata=...,
    half="kernels")`.

    Raises:
        WeightsError: the file is damaged or has another digest than `sha256`.
        WeightsMismatchError: names or shapes differ.
    """
    return from_weights(read_weights(path, sha256=sha256))


def from_weights(weights: Weights) -> SpliceNet:
    """Make the network that the tensors of a file describe; members are counted by their names.

    Raises:
        WeightsMismatchError: names or shapes differ.
    """
    places = {name.split(".")[1] for name in weights.tensors if name.startswith("members.")}
    net = SpliceNet(max(1, len(places)))
    load_state(net, weights)
    return net.eval().requires_grad_(False)


def _flat(weight: Tensor) -> Tensor:
    """Make a 1-D kernel 2-D, height 1, channels last: oneDNN runs that form twice as fast."""
    return weight.unsqueeze(2).contiguous(memory_format=torch.channels_last)


def _check_input(x: Tensor) -> None:
    if x.ndim != 3 or x.shape[1] != 4:
        swapped = " It looks transposed: the bases stand last." if x.shape[-1] == 4 else ""
        raise ShapeError(
            f"SpliceNet reads one-hot (N, 4, L); got {tuple(x.shape)}.{swapped}",
            found=tuple(x.shape),
            expected="(N, 4, L)",
        )
    if x.shape[-1] <= 2 * CROP_BP:
        raise ShapeError(
            f"SpliceNet needs at least {2 * CROP_BP + 1:,} bases: {CROP_BP:,} context on each "
            "side; "
            f"got {x.shape[-1]:,}.",
            found=x.shape[-1],
            expected=2 * CROP_BP + 1,
        )


def _graph_names(member: int) -> dict[str, str]:
    """Map the keys of one member to the names of the published graph."""
    tail = f"_{member}" if member else ""
    names: dict[str, str] = {}

    def convolution(key: str, k: int) -> None:
        stem = f"model_1/conv1d_{k}"
        names[f"{key}.weight"] = f"{stem}/conv1d{tail}/ExpandDims_1/ReadVariableOp/resource"
        names[f"{key}.bias"] = f"{stem}/BiasAdd{tail}/ReadVariableOp/resource"

    def norm(key: str, j: int) -> None:
        stem = f"model_1/batch_normalization_{j}/batchnorm{tail}"
        names[f"{key}.running_var"] = f"{stem}/ReadVariableOp/resource"
        names[f"{key}.weight"] = f"{stem}/mul/ReadVariableOp/resource"
        names[f"{key}.running_mean"] = f"{stem}/ReadVariableOp_1/resource"
        names[f"{key}.bias"] = f"{stem}/ReadVariableOp_2/resource"

    convolution("stem", 1)
    convolution("skips.0", 2)
    k = 3
    for i in range(len(BLOCKS)):
        norm(f"blocks.{i}.norm1", 2 * i + 1)
        norm(f"blocks.{i}.norm2", 2 * i + 2)
        convolution(f"blocks.{i}.conv1", k)
        convolution(f"blocks.{i}.conv2", k + 1)
        k += 2
        if (i + 1) % BLOCKS_PER_SKIP == 0:
            convolution(f"skips.{(i + 1) // BLOCKS_PER_SKIP}", k)
            k += 1
    convolution("output", k)
    return names


def _require_finite_state(net: SpliceNet, path: str | PathLike[str]) -> None:
    for name, tensor in net.state_dict().items():
        if not bool(torch.isfinite(tensor).all()):
            raise WeightsError(f"{path}: {name} holds NaN or Inf.", path=str(path))


def _graph_mismatch(
    path: str | PathLike[str],
    missing: list[str],
    shapes: dict[str, tuple[tuple[int, ...], tuple[int, ...]]],
    constants: Mapping[str, NDArray[np.floating[Any]]],
) -> WeightsMismatchError:
    if missing:
        said = f"{len(missing)} names are missing, first {missing[0]!r}"
    else:
        name, (found, want) = next(iter(shapes.items()))
        said = f"{len(shapes)} shapes differ, first {name!r} {found}, expected {want}"
    return WeightsMismatchError(
        f"{path} is not the published CI-SpliceAI graph: {said} ({len(constants):,} constants "
        "read).",
        path=str(path),
        missing=missing,
        shapes=shapes,
    )
