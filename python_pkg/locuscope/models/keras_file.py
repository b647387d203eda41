"""Keras networks in HDF5 files, read without Keras: layers, how they are joined, their weights.

Only the layer kinds of `KINDS` are understood, each layer is called once, and everything that the
file declares is checked before it is used: kinds, names, links, shapes, types, finite numbers.
Nothing in the file is ever evaluated, and no other file is opened on its behalf.
"""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.errors import WeightsError, examples
from locuscope.models.weights import read_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike

    from numpy.typing import NDArray

MAGIC = b"\x89HDF\r\n\x1a\n"
# a collection of the global heap, where texts of any length lie, and the least it steps by
HEAP = b"GCOL\x01\x00\x00\x00"
HEAP_STEP = 16
MAX_LAYERS = 2_000
MAX_CONFIG = 4_000_000
MAX_VALUES = 50_000_000
FUNCTIONAL = ("Model", "Functional")
# weights of each kind of layer; those in brackets are there unless the settings say otherwise
KINDS: dict[str, tuple[str, ...]] = {
    "InputLayer": (),
    "Conv1D": ("kernel", "bias"),
    "BatchNormalization": ("gamma", "beta", "moving_mean", "moving_variance"),
    "Activation": (),
    "ReLU": (),
    "Add": (),
    "Concatenate": (),
    "Cropping1D": (),
    "GlobalAveragePooling1D": (),
    "Dense": ("kernel", "bias"),
    "Dropout": (),
    "Flatten": (),
    "SplineWeight1D": ("kernel",),
}
SWITCHES = {"bias": "use_bias", "gamma": "scale", "beta": "center"}


@dataclass(frozen=True, eq=False, repr=False)
class KerasLayer:
    """One layer of a Keras network.

    Args:
        name: its name in the file.
        kind: its Keras class.
        settings: its configuration, JSON values.
        inputs: names of the layers it reads, in order.
        weights: float32 arrays by short name (`kernel`, `gamma`, ...), in the layout of Keras.
    """

    name: str
    kind: str
    settings: Mapping[str, Any]
    inputs: tuple[str, ...]
    weights: Mapping[str, NDArray[np.float32]]

    def __repr__(self) -> str:
        return f"{self.kind} {self.name!r}"


@dataclass(frozen=True, eq=False, repr=False)
class KerasFile:
    """A Keras network as its file describes it.

    Args:
        layers: name -> layer; a layer stands behind those it reads, whatever the order in the file.
        inputs: names of the input layers, in the order of the call.
        outputs: names of the layers whose values the network gives.
        path: where it came from.
        sha256: digest of the bytes that were read.
    """

    layers: Mapping[str, KerasLayer]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    path: str
    sha256: str

    def __repr__(self) -> str:
        return f"KerasFile({Path(self.path).name!r}, {len(self.layers)} layers, {self.sha256[:12]})"


def read_keras(path: str | PathLike[str]) -> KerasFile:
    """Read a functional Keras network with its weights.

    Args:
        path: an HDF5 file as `model.save` of Keras 1 or 2 writes it.

    Raises:
        MissingFileError: no such file.
        WeightsError: no HDF5 file, truncated, damaged, or a network of another kind.
    """
    import h5py

    source = Path(path)
    data = read_bytes(source)
    if not data.startswith(MAGIC):
        raise WeightsError(
            f"{source}: not an HDF5 file (it begins with {data[:8]!r}).", path=str(source)
        )
    try:
        _check_heaps(data)
        with h5py.File(io.BytesIO(data), "r") as file:
            config = _config(file)
            layers = _layers(config, file)
        inputs, outputs = (_ends(config, key, layers) for key in ("input_layers", "output_layers"))
    except WeightsError as error:
        raise WeightsError(f"{source}: {error.message}", path=str(source)) from error.__cause__
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, OverflowError) as error:
        # whatever the library says of a broken file; it has a dozen classes and words for it
        raise WeightsError(
            f"{source}: a damaged or truncated HDF5 file ({_first_line(error)}).", path=str(source)
        ) from error
    return KerasFile(layers, inputs, outputs, str(source), hashlib.sha256(data).hexdigest())


def _check_heaps(data: bytes) -> None:
    """Refuse a global heap with an entry that has no length or reaches beyond the heap.

    The library walks over such entries for ever.
    """
    left = len(data) // 8  # entries of heaps that do not overlap are fewer
    at = data.find(HEAP)
    while at >= 0:
        stop = at + int.from_bytes(data[at + 8 : at + 16], "little")
        place, step, left = at + HEAP_STEP, HEAP_STEP, left - 1
        while place + HEAP_STEP <= stop <= len(data) and step >= HEAP_STEP and left >= 0:
            size = int.from_bytes(data[place + 8 : place + 16], "little")
            is_free = data[place : place + 2] == b"\x00\x00"
            step = size if is_free else HEAP_STEP + -(-size // 8) * 8
            place, left = place + step, left - 1
        if not place <= stop <= len(data) or step < HEAP_STEP or left < 0:
            raise WeightsError(f"a damaged HDF5 file (its heap at byte {at:,} does not add up).")
        at = data.find(HEAP, at + 1)


def _config(file: Any) -> dict[str, Any]:
    text = _attribute(file, "model_config")
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    if not isinstance(text, str) or len(text) > MAX_CONFIG:
        raise WeightsError(
            "no Keras network in it (the attribute 'model_config' is missing, no text, or too "
            "long); a file of weights alone does not say how they belong together."
        )
    try:
        model = json.loads(text)
    except (ValueError, RecursionError):
        raise WeightsError(f"its 'model_config' of {len(text):,} letters is no JSON.") from None
    config = model.get("config") if isinstance(model, dict) else None
    kind = model.get("class_name") if isinstance(model, dict) else None
    if kind not in FUNCTIONAL or not isinstance(config, dict):
        raise WeightsError(
            f"it holds a Keras {kind!r}; only functional networks ({', '.join(FUNCTIONAL)}) are "
            "read."
        )
    return config


def _layers(config: Mapping[str, Any], file: Any) -> dict[str, KerasLayer]:
    listed = config.get("layers")
    if not isinstance(listed, list) or not 0 < len(listed) <= MAX_LAYERS:
        count = len(listed) if isinstance(listed, list) else type(listed).__name__
        raise WeightsError(f"its list of layers is {count}; expected 1 to {MAX_LAYERS:,} layers.")
    group = _member(file, "model_weights")
    found: dict[str, KerasLayer] = {}
    n_values = 0
    for entry in listed:
        layer = _layer(entry, group)
        n_values += sum(array.size for array in layer.weights.values())
        if n_values > MAX_VALUES:
            raise WeightsError(f"it holds more than {MAX_VALUES:,} weights.")
        if layer.name in found:
            raise WeightsError(f"two layers are called {layer.name!r}.")
        found[layer.name] = layer
    for layer in found.values():
        for name in layer.inputs:
            if name not in found:
                raise WeightsError(f"{layer} reads {name!r}, which is no layer.")
    order = TopologicalSorter({layer.name: layer.inputs for layer in found.values()})
    try:
        return {name: found[name] for name in order.static_order()}
    except CycleError as error:
        raise WeightsError(
            f"its layers read each other in a circle: {error.args[1][:5]}."
        ) from None


def _layer(entry: object, group: Any) -> KerasLayer:
    fields = entry if isinstance(entry, dict) else {}
    name, kind, settings = (fields.get(key) for key in ("name", "class_name", "config"))
    if not isinstance(name, str) or not isinstance(kind, str) or not isinstance(settings, dict):
        raise WeightsError(f"a layer without name, class or settings: {str(entry)[:80]}.")
    if kind not in KINDS:
        raise WeightsError(
            f"layer {name!r} is a {kind!r}, which is not understood; known are {', '.join(KINDS)}."
        )
    wanted = [key for key in KINDS[kind] if settings.get(SWITCHES.get(key, ""), True)]
    if kind == "SplineWeight1D" and settings.get("use_bias"):
        wanted.append("bias")
    weights = _weights(name, wanted, group) if wanted else {}
    return KerasLayer(name, kind, settings, _inbound(name, fields.get("inbound_nodes")), weights)


def _inbound(name: str, nodes: object) -> tuple[str, ...]:
    """Names of the layers that a layer reads; `[[[name, node, tensor, {}], ...]]` in the file."""
    if nodes == []:
        return ()
    calls = nodes if isinstance(nodes, list) else []
    if len(calls) != 1 or not isinstance(calls[0], list):
        raise WeightsError(f"layer {name!r} is called {len(calls)} times; expected once.")
    names = []
    for link in calls[0]:
        is_plain = isinstance(link, list) and len(link) in (3, 4) and isinstance(link[0], str)
        if not is_plain or link[1:3] != [0, 0] or (len(link) == 4 and link[3]):
            raise WeightsError(
                f"layer {name!r} reads {str(link)[:60]}; expected [name, 0, 0, {{}}]."
            )
        names.append(link[0])
    return tuple(names)


def _weights(name: str, wanted: list[str], group: Any) -> dict[str, NDArray[np.float32]]:
    home = _member(group, name)
    names = _attribute(home, "weight_names")
    paths = [_text(item) for item in ([] if names is None else np.atleast_1d(names))]
    short = {path.rsplit("/", 1)[-1].partition(":")[0]: path for path in paths}
    if sorted(short) != sorted(wanted) or len(paths) != len(wanted):
        raise WeightsError(
            f"layer {name!r} holds {examples(sorted(short)) or 'no weights'}; expected "
            f"{', '.join(wanted)}."
        )
    return {key: _array(f"{name}/{key}", _member(home, short[key])) for key in wanted}


def _array(label: str, dataset: Any) -> NDArray[np.float32]:
    import h5py

    if not isinstance(dataset, h5py.Dataset) or dataset.shape is None:
        raise WeightsError(f"{label} is no array.")
    if dataset.is_virtual or dataset.external:
        raise WeightsError(f"{label} points into another file, which is not opened.")
    if dataset.dtype.kind != "f" or dataset.ndim > 3 or not 0 < dataset.size <= MAX_VALUES:
        raise WeightsError(
            f"{label} has shape {dataset.shape} and type {dataset.dtype}; expected 1 to 3 axes of "
            "real numbers."
        )
    values: NDArray[np.float32] = np.ascontiguousarray(dataset[()], dtype=np.float32)
    if not np.isfinite(values).all():
        count = int((~np.isfinite(values)).sum())
        raise WeightsError(f"{label} holds {count:,} NaN or Inf of {values.size:,} values.")
    return values


def _member(group: Any, path: str) -> Any:
    """A member reached by hard links only; soft and external ones could lead anywhere."""
    import h5py

    at = group
    for part in path.split("/"):
        if not isinstance(at, h5py.Group) or not part or part in (".", "..") or part not in at:
            raise WeightsError(f"it holds no {path!r}.")
        if not isinstance(at.get(part, getlink=True), h5py.HardLink):
            raise WeightsError(f"{path!r} is a link to another place, which is not followed.")
        at = at[part]
    return at


def _attribute(home: Any, name: str) -> Any:
    """Give a text or the texts of an attribute; None without it, or where it is anything else.

    Its type is looked at first: the library crashes when it reads sequences of damaged types.
    """
    import h5py

    if name not in home.attrs:
        return None
    attribute = home.attrs.get_id(name)
    kind, shape = attribute.get_type(), attribute.shape
    is_text = isinstance(kind, h5py.h5t.TypeStringID) and shape is not None
    if not is_text or kind.get_size() > MAX_CONFIG or prod(shape) > MAX_LAYERS:
        return None
    return home.attrs[name]


def _ends(config: Mapping[str, Any], key: str, layers: Mapping[str, KerasLayer]) -> tuple[str, ...]:
    given = config.get(key)
    listed = given if isinstance(given, list) else []
    names = [item[0] if isinstance(item, list) and item else None for item in listed]
    if not names or any(not isinstance(name, str) or name not in layers for name in names):
        raise WeightsError(f"its {key} are {str(given)[:80]}; expected names of its layers.")
    return tuple(map(str, names))


def _text(item: object) -> str:
    return item.decode("utf-8", "replace") if isinstance(item, bytes) else str(item)


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:120]
