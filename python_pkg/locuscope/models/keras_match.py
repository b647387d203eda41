"""Is a Keras file the network that it should be? Layers are matched by what they compute.

Names and order of a file say nothing. Two layers are the same when their kind, the settings that
change a number, and the layers they read are the same; so a whole layout is compared by walking
both graphs once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from locuscope.errors import WeightsMismatchError
from locuscope.models.keras_graph import BATCH_NORM_EPSILON

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

    from locuscope.models.keras_file import KerasFile, KerasLayer

Settings = tuple[tuple[str, object], ...]
NORM_KEYS = {
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}


@dataclass(frozen=True)
class Step:
    """One layer of an expected layout.

    Args:
        key: what the layout calls it, unique in it.
        kind: Keras class; "InputLayer" takes the next input of the network.
        inputs: keys of the steps it reads.
        settings: what it must be set to, in the words of `settings_of`.
    """

    key: str
    kind: str
    inputs: tuple[str, ...] = ()
    settings: Mapping[str, object] = field(default_factory=dict)


def convolution(
    key: str,
    source: str,
    *,
    filters: int,
    width: int,
    dilation: int = 1,
    activation: str = "linear",
) -> Step:
    """Make the step of a convolution that keeps the length."""
    return Step(
        key,
        "Conv1D",
        (source,),
        {"filters": filters, "width": width, "dilation": dilation, "activation": activation},
    )


def match_layers(file: KerasFile, layout: Sequence[Step], network: str) -> dict[str, KerasLayer]:
    """Find the layer of each step.

    Args:
        file: what was read.
        layout: the expected steps, each behind those it reads; the last one is the output.
        network: what a message calls the layout.

    Returns:
        Key of the step -> its layer; steps without a counterpart of their own (dropout) are left
        out.

    Raises:
        WeightsMismatchError: the graphs differ; the message names the first differing layer.
    """
    known: dict[tuple[object, ...], int] = {}
    wanted: dict[str, int] = {}
    n_inputs = 0
    for step in layout:
        place = n_inputs if step.kind == "InputLayer" else None
        n_inputs += place is not None
        mark = (step.kind, place, tuple(sorted(step.settings.items())))
        wanted[step.key] = _number(known, mark, [wanted[key] for key in step.inputs])
    found: dict[str, int] = {}
    by_number: dict[int, KerasLayer] = {}
    limit = len(known)
    for layer in file.layers.values():
        inputs = [found[name] for name in layer.inputs]
        if layer.kind == "Dropout":
            found[layer.name] = inputs[0]
            continue
        place = file.inputs.index(layer.name) if layer.name in file.inputs else None
        mark = (layer.kind, place, settings_of(layer))
        found[layer.name] = number = _number(known, mark, inputs)
        if number >= limit:
            raise _mismatch(file, network, _difference(layer, inputs, layout, wanted))
        if number in by_number:
            said = f"{layer} does what {by_number[number]} does"
            raise _mismatch(file, network, said)
        by_number[number] = layer
    missing = [step.key for step in layout if wanted[step.key] not in by_number]
    if missing:
        raise _mismatch(file, network, f"{len(missing)} layers are missing, first {missing[0]!r}")
    if found[file.outputs[0]] != wanted[layout[-1].key] or len(file.outputs) != 1:
        raise _mismatch(file, network, f"its output is {', '.join(file.outputs)}")
    return {key: by_number[number] for key, number in wanted.items()}


def settings_of(layer: KerasLayer) -> Settings:
    """Give the settings of a layer that change a number, in one spelling, sorted."""
    settings = layer.settings
    found: dict[str, object] = {}
    if layer.kind == "Conv1D":
        found = {
            "filters": settings.get("filters"),
            "width": _first(settings.get("kernel_size")),
            "dilation": _first(settings.get("dilation_rate", 1)),
            "activation": settings.get("activation", "linear"),
        }
        # One base wide, "valid" and "same" are the same thing.
        if found["width"] != 1 and settings.get("padding") != "same":
            found["padding"] = settings.get("padding")
    elif layer.kind == "Dense":
        found = {
            "units": settings.get("units"),
            "activation": settings.get("activation", "linear"),
        }
    elif layer.kind == "BatchNormalization":
        found = {"epsilon": settings.get("epsilon", BATCH_NORM_EPSILON)}
    elif layer.kind == "Activation":
        found = {"activation": settings.get("activation")}
    elif layer.kind == "Cropping1D":
        found = {"cropping": tuple(settings.get("cropping", ()))}
    elif layer.kind == "Concatenate":
        found = {"axis": {-2: 1, -1: 2}.get(settings.get("axis", -1), settings.get("axis", -1))}
    elif layer.kind == "SplineWeight1D":
        found = {
            "n_bases": settings.get("n_bases", 10),
            "degree": settings.get("spline_degree", 3),
        }
        found |= {key: True for key in ("use_bias", "share_splines") if settings.get(key)}
    if layer.kind in ("Conv1D", "Dense") and "bias" not in layer.weights:
        found["bias"] = False
    return tuple(sorted(found.items()))


def state_of(key: str, layer: KerasLayer) -> dict[str, Tensor]:
    """Give the weights of a layer as entries of a `state_dict`, in the layout of torch."""
    found = {}
    for name, array in layer.weights.items():
        if layer.kind == "BatchNormalization":
            found[f"{key}.{NORM_KEYS[name]}"] = array
        elif layer.kind == "SplineWeight1D":
            found[f"{key}.{name}"] = array
        else:  # (k, in, out) and (in, out) become (out, in, k) and (out, in)
            found[f"{key}.{'weight' if name == 'kernel' else name}"] = array.T
    return {name: torch.from_numpy(np.array(array, order="C")) for name, array in found.items()}


def _number(
    known: dict[tuple[object, ...], int],
    mark: tuple[object, ...],
    inputs: Sequence[int],
) -> int:
    """Number of everything that a layer computes; equal computations get equal numbers."""
    order = sorted(inputs) if mark[0] == "Add" else inputs
    return known.setdefault((mark, *order), len(known))


def _difference(
    layer: KerasLayer, inputs: Sequence[int], layout: Sequence[Step], wanted: Mapping[str, int]
) -> str:
    """Say what the layout has in the place of a layer: the step of that kind on those inputs."""
    given = dict(settings_of(layer))
    for step in layout:
        if step.kind == layer.kind and [wanted[key] for key in step.inputs] == list(inputs):
            odd = [
                key
                for key in {**given, **step.settings}
                if given.get(key) != step.settings.get(key)
            ]
            said = ", ".join(
                f"{key} {given.get(key)!r}, expected {step.settings.get(key)!r}" for key in odd
            )
            return f"first {layer}: {said}" if said else f"first {layer}, which stands elsewhere"
    reads = ", ".join(layer.inputs) or "nothing"
    return f"first {layer}, which reads {reads}"


def _first(value: object) -> object:
    listed: Any = np.atleast_1d(np.asarray(value, dtype=object)).tolist()
    return listed[0] if listed else None


def _mismatch(file: KerasFile, network: str, said: str) -> WeightsMismatchError:
    return WeightsMismatchError(
        f"{file.path} is not {network}: {said} ({len(file.layers)} layers read).", path=file.path
    )
