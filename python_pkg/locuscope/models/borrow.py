"""Run a network without leaving a trace: evaluation mode, the input's device, full float32."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import nn


@contextmanager
def borrowed(module: nn.Module, device: torch.device) -> Iterator[None]:
    """Hold a network in evaluation mode on `device`; afterwards all is as before.

    An error inside changes nothing of that. Calls may be nested: the outermost one moves the
    weights, so a loop over batches inside it moves nothing. A network that is spread over several
    devices stays where it is.

    >>> net = torch.nn.Dropout(0.5)
    >>> with borrowed(net, torch.device("cpu")):
    ...     net.training
    False
    >>> net.training
    True
    """
    training = [part for part in module.modules() if part.training]
    homes = {tensor.device for tensor in (*module.parameters(), *module.buffers())}
    home = homes.pop() if len(homes) == 1 else None
    moves = home is not None and not _same(home, device)
    # TF32 convolutions round to ten bits and move a probability by up to 1e-3.
    tf32 = torch.backends.cudnn.allow_tf32
    try:
        if device.type == "cuda":
            torch.backends.cudnn.allow_tf32 = False
        for part in training:
            part.training = False
        if moves:
            module.to(device)
        yield
    finally:
        if device.type == "cuda":
            torch.backends.cudnn.allow_tf32 = tf32
        if moves:
            module.to(home)
        for part in training:
            part.training = True


def number_type(module: nn.Module) -> torch.dtype:
    """Give the type a network computes in: that of its first real parameter, else float32."""
    for tensor in (*module.parameters(), *module.buffers()):
        if tensor.is_floating_point():
            return tensor.dtype
    return torch.float32


def _same(a: torch.device, b: torch.device) -> bool:
    return a.type == b.type and (a.index == b.index or None in (a.index, b.index))
