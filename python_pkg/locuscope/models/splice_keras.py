"""SpliceAI-10k weights out of Keras files, as the published package keeps them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from locuscope.errors import WeightsMismatchError
from locuscope.models.keras_graph import KerasGraph
from locuscope.models.keras_match import Step, convolution, match_layers, state_of
from locuscope.models.spliceai import (
    BLOCKS,
    BLOCKS_PER_SKIP,
    CHANNELS,
    CLASSES,
    CROP_BP,
    EPSILON,
    SpliceNet,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    from torch import Tensor


NETWORK = "the published SpliceAI-10k network"


def from_keras_h5(paths: Sequence[str | PathLike[str]]) -> SpliceNet:
    """Read one member from each file (`spliceai1.h5` ... `spliceai5.h5` of the package).

    Args:
        paths: HDF5 files, in the order wanted.

    Raises:
        WeightsError: a file is damaged.
        WeightsMismatchError: a graph other than the published layout; the message names the first
            differing layer.
    """
    net = SpliceNet(len(paths))
    expected = net.state_dict()
    state: dict[str, Tensor] = {}
    for place, path in enumerate(paths):
        graph = KerasGraph.read(path)
        for key, layer in match_layers(graph.file, splice_layout(), NETWORK).items():
            state |= {
                f"members.{place}.{name}": tensor for name, tensor in state_of(key, layer).items()
            }
    missing = sorted(expected.keys() - state.keys())
    if missing:
        raise WeightsMismatchError(
            f"{paths[0]} lacks {len(missing)} weights of {NETWORK}, first {missing[0]!r}.",
            path=str(paths[0]),
            missing=missing,
        )
    net.load_state_dict(state)
    return net.eval().requires_grad_(False)


def splice_layout(channels: int = CHANNELS) -> list[Step]:
    """Give the published layout; the keys of its steps are the names of `SpliceMember`."""
    steps = [
        Step("input", "InputLayer"),
        convolution("stem", "input", filters=channels, width=1),
        convolution("skips.0", "stem", filters=channels, width=1),
    ]
    x, skip = "stem", "skips.0"
    for i, (width, dilation) in enumerate(BLOCKS):
        at = f"blocks.{i}"
        y = x
        for k in (1, 2):
            norm, relu, conv = f"{at}.norm{k}", f"{at}.relu{k}", f"{at}.conv{k}"
            steps += [
                Step(norm, "BatchNormalization", (y,), {"epsilon": EPSILON}),
                Step(relu, "Activation", (norm,), {"activation": "relu"}),
                convolution(conv, relu, filters=channels, width=width, dilation=dilation),
            ]
            y = conv
        steps.append(Step(f"{at}.sum", "Add", (y, x)))
        x = f"{at}.sum"
        if (i + 1) % BLOCKS_PER_SKIP == 0:
            number = (i + 1) // BLOCKS_PER_SKIP
            steps.append(convolution(f"skips.{number}", x, filters=channels, width=1))
            steps.append(Step(f"sum.{number}", "Add", (skip, f"skips.{number}")))
            skip = f"sum.{number}"
    steps.append(Step("crop", "Cropping1D", (skip,), {"cropping": (CROP_BP, CROP_BP)}))
    steps.append(convolution("output", "crop", filters=len(CLASSES), width=1, activation="softmax"))
    return steps
