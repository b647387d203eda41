"""The convolution blocks of a network, in the order of a pass, as the published calls count them.

A block is a convolution with the norms, activations, dropouts and pools that follow it at once; its
output is that of the last of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import nn

from locuscope.attribution.function_names import ACTIVATIONS, POOLS
from locuscope.attribution.network import Network, network_of
from locuscope.attribution.tape import Tape

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from locuscope.models.protocol import SequenceModel

_CONVOLUTIONS = ("conv1d", "conv2d")
_FOLLOWING = (
    ACTIVATIONS
    | POOLS
    | frozenset(
        [
            "batch_norm",
            "layer_norm",
            "group_norm",
            "instance_norm",
            "rms_norm",
            "dropout",
            "dropout1d",
            "dropout2d",
            "alpha_dropout",
            "feature_alpha_dropout",
            "avg_pool1d",
            "avg_pool2d",
            "adaptive_avg_pool1d",
            "adaptive_avg_pool2d",
        ]
    )
)
_FOLLOWING_FILES = (
    "activation",
    "batchnorm",
    "dropout",
    "instancenorm",
    "normalization",
    "pooling",
)


class Event(NamedTuple):
    """A layer that ran: its name, which call of it, and the type of module or function."""

    layer: str
    call: int
    type: str


def conv_blocks(model: SequenceModel, x: NDArray[np.uint8]) -> tuple[str, ...]:
    """Name the output of every convolution block, as `activations` takes them.

    Args:
        model: any `SequenceModel`.
        x: one-hot (N, 4, L); its first example makes the pass.

    >>> import numpy as np
    >>> from locuscope import load_model
    >>> len(conv_blocks(load_model("dnase"), np.zeros((1, 4, 512), np.uint8))) > 0
    True
    """
    network = network_of(model)
    tape = _EventTape(network)
    with network.held(torch.device("cpu")), torch.no_grad(), tape:
        network.run(torch.from_numpy(x[:1]).to(network.dtype))
    ends: list[Event] = []
    is_open = False
    for event in tape.events:
        module = network.modules.get(event.layer)
        if isinstance(module, nn.Sequential | nn.ModuleList):
            continue  # a container repeats the output of its last part
        if _is_convolution(event, module):
            own = isinstance(module, nn.Conv1d | nn.Conv2d)
            if own and is_open and ends[-1].type in _CONVOLUTIONS:
                ends.pop()  # a module of another class, around the function that it calls
            ends.append(event)
            is_open = True
        elif is_open and _follows(event, module):
            ends[-1] = event
        else:
            is_open = False
    return tuple(_name(event, tape) for event in ends)


class _EventTape(Tape):
    """A tape that also keeps the order in which layers ran, call by call."""

    def __init__(self, network: Network) -> None:
        super().__init__(network.modules)
        self.events: list[Event] = []

    def _note(self, name: str, kind: str, of: str, output: Any) -> None:
        super()._note(name, kind, of, output)
        if name:
            self.events.append(Event(name, self.seen[name].calls - 1, of))


def _is_convolution(event: Event, module: nn.Module | None) -> bool:
    if module is None:
        return event.type in _CONVOLUTIONS
    return isinstance(module, nn.Conv1d | nn.Conv2d)


def _follows(event: Event, module: nn.Module | None) -> bool:
    """Whether a layer belongs to the block before it."""
    if module is None:
        return event.type in _FOLLOWING
    file = type(module).__module__
    is_torch = file.startswith("torch.nn.modules.")
    attends = isinstance(module, nn.MultiheadAttention)
    return is_torch and not attends and file.rpartition(".")[2] in _FOLLOWING_FILES


def _name(event: Event, tape: Tape) -> str:
    is_reused = tape.seen[event.layer].calls > 1
    return f"{event.layer}#{event.call}" if is_reused else event.layer
