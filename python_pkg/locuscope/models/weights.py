"""Weights in and out of files: safetensors and `.pt`, checked before use, never a pickle.

`read_weights` opens a file once, looks at its first bytes, checks what it declares against what it
holds and gives plain tensors; `load_state` puts them into a network whose names and shapes must
fit; `save_safetensors` writes the same bytes for the same numbers on every machine.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import nn

from locuscope.errors import (
    FormatError,
    MissingFileError,
    OptionError,
    WeightsError,
    WeightsMismatchError,
    examples,
)
from locuscope.models.archive import read_archive
from locuscope.models.tensor_file import pack, tensor_bytes, unpack
from locuscope.store import publish

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike

    from torch import Tensor


@dataclass(frozen=True)
class Weights:
    """What a weight file holds.

    Args:
        tensors: name -> tensor on the CPU, in the type of the file.
        metadata: text entries of the file; empty for `.pt`.
        sha256: digest of the bytes that were read.
        path: where they came from.
    """

    tensors: Mapping[str, Tensor]
    metadata: Mapping[str, str]
    sha256: str
    path: str

    def __repr__(self) -> str:
        return f"Weights({Path(self.path).name!r}, {len(self.tensors)} tensors, {self.sha256[:12]})"


def read_weights(
    path: str | PathLike[str], *, sha256: str | None = None, allow_nonfinite: bool = False
) -> Weights:
    """Read a safetensors or `.pt`/`.pth` file.

    Args:
        path: the file. It is opened once; digest and tensors come from the same bytes.
        sha256: the digest that the bytes must have.
        allow_nonfinite: keep NaN and Inf instead of refusing them.

    Raises:
        MissingFileError: no such file.
        UnsafeWeightsError: the file would need code execution.
        WeightsError: empty, truncated, no weight file, non-finite, or another digest.
    """
    source = Path(path)
    data = read_bytes(source)
    found = hashlib.sha256(data).hexdigest()
    if sha256 is not None and found != sha256:
        message = (
            f"{source}: sha256 is {found[:12]}..., expected {sha256[:12]}...: the file was "
            "damaged or "
            "replaced. Install the package again, or fetch the file again."
        )
        raise WeightsError(message, path=str(source))
    # A safetensors header may be 0x80 bytes long plus any multiple of 256; its JSON begins at 8.
    is_pickle = data[:1] == b"\x80" and data[8:9] != b"{"
    if data[:2] == b"PK" or is_pickle:
        tensors, metadata = read_archive(data, source), dict[str, str]()
    else:
        try:
            tensors, metadata = unpack(data)
        except FormatError as error:
            raise WeightsError(
                f"{source}: not a complete safetensors file: {error}.", path=str(source)
            ) from None
    if not allow_nonfinite:
        _require_finite(tensors, source)
    return Weights(tensors, metadata, found, str(source))


def load_state(module: nn.Module, weights: Weights) -> None:
    """Copy weights into a network; float16 and bfloat16 are widened to the network's own type.

    Raises:
        WeightsMismatchError: names, shapes or kinds of number differ; nothing is changed then.
    """
    state = module.state_dict()
    missing = sorted(state.keys() - weights.tensors.keys())
    unexpected = sorted(weights.tensors.keys() - state.keys())
    shapes = {
        name: (tuple(weights.tensors[name].shape), tuple(state[name].shape))
        for name in sorted(state.keys() & weights.tensors.keys())
        if weights.tensors[name].shape != state[name].shape
        or weights.tensors[name].is_floating_point() != state[name].is_floating_point()
    }
    if missing or unexpected or shapes:
        raise _mismatch(weights.path, type(module).__name__, missing, unexpected, shapes)
    module.load_state_dict({name: weights.tensors[name].to(state[name].dtype) for name in state})


def save_safetensors(
    module_or_tensors: nn.Module | Mapping[str, Tensor],
    path: str | PathLike[str],
    *,
    metadata: Mapping[str, str] | None = None,
    half: str | None = None,
) -> Path:
    """Write a safetensors file whose bytes depend on names, numbers and metadata only.

    Args:
        module_or_tensors: a network (its `state_dict`) or tensors by name.
        path: the file; it appears whole or not at all.
        metadata: text by text, for example a model card as JSON.
        half: "kernels" stores real tensors of two or more axes (convolution and dense kernels) as
            float16 and leaves biases and batch-norm statistics as they are; None stores all as is.

    Raises:
        OptionError: another value of `half`.
        WrongTypeError: a tensor type that the format lacks, or metadata that is not text.
    """
    if half not in (None, "kernels"):
        raise OptionError(
            f"half must be None or 'kernels'; got {half!r}.",
            option="half",
            value=half,
            allowed=(None, "kernels"),
        )
    given = (
        module_or_tensors.state_dict()
        if isinstance(module_or_tensors, nn.Module)
        else module_or_tensors
    )
    tensors = {
        name: tensor.half() if half and tensor.is_floating_point() and tensor.ndim > 1 else tensor
        for name, tensor in given.items()
    }
    content = pack(tensors, metadata or {})
    return publish(Path(path), lambda place: place.write_bytes(content))


def read_card(weights: Weights) -> dict[str, object]:
    """Give the model card in a file's metadata; empty when there is none, or it is no JSON."""
    try:
        card = json.loads(weights.metadata.get("card", "{}"))
    except ValueError:
        return {}
    return card if isinstance(card, dict) else {}


def digest_module(module: nn.Module, configuration: str) -> str:
    """Give the sha256 over the names, types, shapes and bytes of all parameters and buffers.

    Args:
        module: the network.
        configuration: text of everything else that decides what the numbers mean.
    """
    total = hashlib.sha256(configuration.encode())
    for name, tensor in sorted(module.state_dict().items()):
        total.update(f"\n{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        total.update(tensor_bytes(tensor))
    return total.hexdigest()


def read_bytes(source: Path) -> bytes:
    """Read a weight file whole.

    Raises:
        MissingFileError: no such file.
        WeightsError: a folder, unreadable, empty, or a web page that was saved under its name.
    """
    if source.is_dir():
        raise WeightsError(f"{source} is a folder; name the weight file in it.", path=str(source))
    try:
        data = source.read_bytes()
    except FileNotFoundError as error:
        raise MissingFileError(f"{source}: no such file.", path=str(source)) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise WeightsError(f"{source}: cannot be read ({reason}).", path=str(source)) from error
    if not data:
        raise WeightsError(f"{source}: the file is empty.", path=str(source))
    head = data[:512].lstrip().lower()
    if head.startswith((b"<!doctype", b"<html", b"<?xml")):
        raise WeightsError(
            f"{source}: this is a web page, not a weight file; the download was answered by a "
            "sign-in or error page.",
            path=str(source),
        )
    return data


def _require_finite(tensors: Mapping[str, Tensor], source: Path) -> None:
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            count = int((~torch.isfinite(tensor)).sum())
            raise WeightsError(
                f"{source}: tensor {name!r} holds {count:,} NaN or Inf of {tensor.numel():,} "
                "values; "
                "allow_nonfinite=True loads it all the same.",
                path=str(source),
            )


def _mismatch(
    path: str,
    network: str,
    missing: list[str],
    unexpected: list[str],
    shapes: dict[str, tuple[tuple[int, ...], tuple[int, ...]]],
) -> WeightsMismatchError:
    said = []
    if missing:
        said.append(f"{len(missing)} missing: {examples(missing)}")
    if unexpected:
        said.append(f"{len(unexpected)} unexpected: {examples(unexpected)}")
    if shapes:
        lines = [f"{name} {found}, expected {want}" for name, (found, want) in shapes.items()]
        said.append(f"{len(shapes)} of another shape or kind: {examples(lines)}")
    return WeightsMismatchError(
        f"{path} does not fit {network}: {'; '.join(said)}.",
        path=path,
        missing=missing,
        unexpected=unexpected,
        shapes=shapes,
    )
