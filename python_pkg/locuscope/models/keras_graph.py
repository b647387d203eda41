"""`KerasGraph`: runs a Keras network layer by layer, as its file describes it; exact and slow.

The fast networks (`SpliceNet`, `MTSplice`) are checked against it. The shape of every layer is
worked out before a number moves, so that a file that contradicts itself is refused at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 (the name everybody uses)

from locuscope.errors import ShapeError, WeightsMismatchError
from locuscope.models.keras_file import KerasFile, KerasLayer, read_keras
from locuscope.models.spline import spline_basis

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from os import PathLike

    from torch import Tensor

    Shape = tuple[int | None, ...]

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "linear": lambda x: x,
    "relu": torch.relu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "softmax": lambda x: torch.softmax(x, dim=-1),
}
BATCH_NORM_EPSILON = 1e-3
MAX_REACH = 1_000_000


class KerasGraph:
    """A Keras network that runs on torch tensors, positions before channels as in Keras.

    Args:
        file: what `read_keras` gave.

    Raises:
        WeightsMismatchError: a layer that does not fit those it reads, or a setting that is not
            understood; the message names the first such layer.
    """

    def __init__(self, file: KerasFile) -> None:
        self.file = file
        self.shapes: dict[str, Shape] = {}
        for layer in file.layers.values():
            shapes = [self.shapes[name] for name in layer.inputs]
            try:
                self.shapes[layer.name] = _shape(layer, shapes)
            except (_Misfit, TypeError, ValueError, KeyError, IndexError) as error:
                raise WeightsMismatchError(
                    f"{file.path}: {layer} cannot be run: {error or type(error).__name__}.",
                    path=file.path,
                    shapes={layer.name: shapes},
                ) from None

    @classmethod
    def read(cls, path: str | PathLike[str]) -> KerasGraph:
        """Read a file and check it; see `read_keras`."""
        return cls(read_keras(path))

    def __call__(self, *inputs: Tensor) -> Tensor:
        """Run the network.

        Args:
            inputs: (N, L, C) each, in the order of `file.inputs`.

        Returns:
            The first output, (N, L', C') or (N, C'); in the type of the first input.

        Raises:
            ShapeError: another number of inputs, or one of another shape.
        """
        self._check(inputs)
        values = dict(zip(self.file.inputs, inputs, strict=True))
        for name, layer in self.file.layers.items():
            if name not in values:
                values[name] = _run(layer, [values[other] for other in layer.inputs])
        return values[self.file.outputs[0]]

    def __repr__(self) -> str:
        return f"KerasGraph({self.file!r})"

    def _check(self, inputs: Sequence[Tensor]) -> None:
        wanted = [self.shapes[name] for name in self.file.inputs]
        found = [tuple(x.shape[1:]) for x in inputs]
        fits = len(found) == len(wanted) and all(
            len(have) == len(want) and all(w in (None, h) for h, w in zip(have, want, strict=True))
            for have, want in zip(found, wanted, strict=True)
        )
        if not fits:
            raise ShapeError(
                f"the network reads {', '.join(self.file.inputs)} of shape (N, L, C) with (L, C) "
                f"{wanted}; got {found}.",
                found=found,
                expected=wanted,
            )


class _Misfit(Exception):  # noqa: N818 (never leaves this file)
    """Why a layer cannot be run; `KerasGraph` makes it a sentence with the path and the layer."""


def _shape(layer: KerasLayer, shapes: Sequence[Shape]) -> Shape:
    """Work out (L, C) or (C,) of a layer's output; L is None where any length will do."""
    settings = layer.settings
    kind = layer.kind
    many, count = kind in ("Add", "Concatenate"), len(shapes)
    if count < 2 if many else count != (kind != "InputLayer"):
        raise _Misfit(f"it reads {count} layers")
    if kind == "InputLayer":
        batch, *shape = settings["batch_input_shape"]
        _require(batch is None and len(shape) == 2 and type(shape[1]) is int, "input", shape)
        return tuple(shape)
    first = shapes[0]
    if kind == "Conv1D":
        return _conv_shape(layer, first)
    if kind == "Dense":
        _require_activation(settings)
        _require_size(layer, "kernel", (first[-1], settings["units"]))
        return (*first[:-1], settings["units"])
    if kind == "BatchNormalization":
        _require(settings.get("axis", -1) in (-1, len(first)), "axis", settings.get("axis"))
        epsilon = settings.get("epsilon", BATCH_NORM_EPSILON)
        _require(isinstance(epsilon, float) and epsilon > 0, "epsilon", epsilon)
        for key in layer.weights:
            _require_size(layer, key, (first[-1],))
        least = float(layer.weights["moving_variance"].min())
        _require(least >= 0, "moving_variance", least)
    elif kind == "SplineWeight1D":
        _check_spline(layer, first)
    elif kind == "Activation":
        _require_activation(settings)
    elif kind == "ReLU":
        odd = {key: settings.get(key) for key in ("max_value", "negative_slope", "threshold")}
        _require(not any(odd.values()), "settings", odd)
    elif kind == "Add":
        _require(all(shape == first for shape in shapes), "inputs", shapes)
    elif kind == "Concatenate":
        return _joined_shape(settings, shapes)
    elif kind == "Cropping1D":
        left, right = _crop(settings)
        length = first[0]
        _require(length is None or length > left + right, "cropping", (left, right))
        return (None if length is None else length - left - right, *first[1:])
    elif kind == "GlobalAveragePooling1D":
        _require(len(first) == 2, "input", first)
        return first[1:]
    elif kind == "Flatten" and len(first) == 2:
        _require(first[0] is not None, "input", first)
        return (int(first[0] or 0) * int(first[1] or 0),)
    return first


def _conv_shape(layer: KerasLayer, shape: Shape) -> Shape:
    settings = layer.settings
    width, dilation, stride = (
        int(np.atleast_1d(settings.get(key, 1))[0])
        for key in ("kernel_size", "dilation_rate", "strides")
    )
    _require(stride == 1, "strides", stride)
    for key, only in (("groups", 1), ("data_format", "channels_last")):
        _require(settings.get(key, only) == only, key, settings.get(key))
    _require(settings.get("padding") in ("same", "valid"), "padding", settings.get("padding"))
    _require(len(shape) == 2 and 0 < dilation * width <= MAX_REACH, "reach", (width, dilation))
    _require_activation(settings)
    _require_size(layer, "kernel", (width, shape[-1], settings["filters"]))
    if "bias" in layer.weights:
        _require_size(layer, "bias", (settings["filters"],))
    lost = 0 if settings["padding"] == "same" else dilation * (width - 1)
    length = shape[0]
    _require(length is None or length > lost, "length", length)
    return (None if length is None else length - lost, settings["filters"])


def _check_spline(layer: KerasLayer, shape: Shape) -> None:
    settings = layer.settings
    bases = settings.get("n_bases", 10)
    _require(len(shape) == 2 and shape[0] is not None, "input", shape)
    _require(type(settings.get("spline_degree", 3)) is int, "degree", settings.get("spline_degree"))
    channels = 1 if settings.get("share_splines") else shape[1]
    _require_size(layer, "kernel", (bases, channels))
    if "bias" in layer.weights:
        _require_size(layer, "bias", (shape[1],))


def _joined_shape(settings: Any, shapes: Sequence[Shape]) -> Shape:
    axis = _place(settings.get("axis", -1), len(shapes[0]))
    others = {(*shape[:axis], *shape[axis + 1 :]) for shape in shapes}
    sizes = [shape[axis] for shape in shapes]
    _require(len(others) == 1, "inputs", list(shapes))
    total = None if None in sizes else sum(size or 0 for size in sizes)
    return (*shapes[0][:axis], total, *shapes[0][axis + 1 :])


def _run(layer: KerasLayer, values: Sequence[Tensor]) -> Tensor:
    x = values[0]
    w = {key: torch.from_numpy(array).to(x) for key, array in layer.weights.items()}
    settings, kind = layer.settings, layer.kind
    if kind == "Conv1D":
        return _convolved(x, w, settings)
    if kind == "BatchNormalization":
        spread = torch.sqrt(w["moving_variance"] + settings.get("epsilon", BATCH_NORM_EPSILON))
        y = (x - w["moving_mean"]) / spread
        y = y * w["gamma"] if "gamma" in w else y
        return y + w["beta"] if "beta" in w else y
    if kind == "Dense":
        y = x @ w["kernel"]
        return _activated(y + w["bias"] if "bias" in w else y, settings)
    if kind == "SplineWeight1D":
        degree = settings.get("spline_degree", 3)
        basis = torch.from_numpy(spline_basis(x.shape[1], len(w["kernel"]), degree)).to(x)
        y = x * (1 + basis @ w["kernel"])
        return y + w["bias"] if "bias" in w else y
    if kind == "Activation":
        return _activated(x, settings)
    if kind == "ReLU":
        return torch.relu(x)
    if kind == "Add":
        return torch.stack(tuple(values)).sum(0)
    if kind == "Concatenate":
        return torch.cat(tuple(values), dim=1 + _place(settings.get("axis", -1), x.ndim - 1))
    if kind == "Cropping1D":
        left, right = _crop(settings)
        return x[:, left : x.shape[1] - right]
    if kind == "GlobalAveragePooling1D":
        return x.mean(1)
    return x.flatten(1) if kind == "Flatten" else x  # dropout does nothing outside training


def _convolved(x: Tensor, w: dict[str, Tensor], settings: Any) -> Tensor:
    kernel = w["kernel"].permute(2, 1, 0)
    dilation = int(np.atleast_1d(settings.get("dilation_rate", 1))[0])
    y = x.transpose(1, 2)
    if settings["padding"] == "same":
        reach = dilation * (kernel.shape[2] - 1)
        y = F.pad(y, (reach // 2, reach - reach // 2))
    y = F.conv1d(y, kernel, w.get("bias"), dilation=dilation).transpose(1, 2)
    return _activated(y, settings)


def _activated(x: Tensor, settings: Any) -> Tensor:
    return ACTIVATIONS[settings.get("activation", "linear")](x)


def _crop(settings: Any) -> tuple[int, int]:
    left, right = settings["cropping"]
    _require(all(type(n) is int and n >= 0 for n in (left, right)), "cropping", (left, right))
    return left, right


def _place(axis: object, rank: int) -> int:
    """Turn an axis of Keras, which counts the batch, into a place in a shape without it."""
    place = axis % (rank + 1) - 1 if isinstance(axis, int) else -1
    _require(place >= 0, "axis", axis)
    return place


def _require(holds: object, what: str, found: object) -> None:
    if not holds:
        raise _Misfit(f"its {what} {found!r} is not understood")


def _require_activation(settings: Any) -> None:
    name = settings.get("activation", "linear")
    _require(isinstance(name, str) and name in ACTIVATIONS, "activation", name)


def _require_size(layer: KerasLayer, key: str, expected: Sequence[int | None]) -> None:
    found = layer.weights[key].shape
    if found != tuple(expected):
        raise _Misfit(f"its {key} has shape {found}, expected {tuple(expected)}")
