"""The safetensors format: tensors to bytes, the same ones on every machine, and bytes to tensors.

A file is the length of its header (8 bytes, little endian), the header (JSON: name -> type, shape,
offsets), and the bytes of the tensors. Everything a header declares is checked against the bytes
that are there before a tensor is made.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, TypeGuard

import torch

from locuscope.errors import FormatError, WrongTypeError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

MAX_HEADER_BYTES = 100_000_000
DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}
CODES = {dtype: code for code, dtype in DTYPES.items()}


def pack(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> bytes:
    """Give the bytes of a file; they depend on names, numbers and metadata only.

    Raises:
        WrongTypeError: a tensor type that the format lacks, or metadata that is not text.

    >>> unpack(pack({"a": torch.ones(2)}, {"card": "x"}))
    ({'a': tensor([1., 1.])}, {'card': 'x'})
    """
    entries: dict[str, dict[str, Any]] = {}
    for key, value in sorted(metadata.items()):
        if not isinstance(key, str) or not isinstance(value, str):
            raise WrongTypeError(
                f"metadata is text by text; got {key!r}: {value!r}.",
                argument="metadata",
                found=type(value).__name__,
                expected="str",
            )
        entries.setdefault("__metadata__", {})[key] = value
    chunks: list[bytes] = []
    offset = 0
    for name, tensor in sorted(tensors.items()):
        if tensor.dtype not in CODES:
            raise WrongTypeError(
                f"tensor {name!r} is {tensor.dtype}; a safetensors file holds {', '.join(DTYPES)}.",
                argument=name,
                found=str(tensor.dtype),
            )
        chunk = tensor_bytes(tensor)
        entries[name] = {
            "dtype": CODES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [offset, offset + len(chunk)],
        }
        chunks.append(chunk)
        offset += len(chunk)
    header = json.dumps(entries, separators=(",", ":"), ensure_ascii=False).encode()
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + b"".join(chunks)


def unpack(data: bytes) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Give the tensors and the metadata of a file.

    Raises:
        FormatError: what is wrong, without the name of the file, which only the caller knows.
    """
    entries, start = _header(data)
    metadata = entries.pop("__metadata__", {})
    if not isinstance(metadata, dict):
        raise FormatError(f"its metadata is a {type(metadata).__name__}, not a table")
    spans: list[tuple[int, int, str]] = []
    tensors: dict[str, Tensor] = {}
    for name, entry in entries.items():
        dtype, shape, low, high = _entry(name, entry, len(data) - start)
        spans.append((low, high, name))
        tensors[name] = _tensor(data[start + low : start + high], dtype, shape)
    reached = 0
    for low, high, name in sorted(spans):
        if low < reached and high > low:
            raise FormatError(f"tensor {name!r} at {low:,} overlaps the one before it")
        reached = max(reached, high)
    return tensors, {str(key): str(value) for key, value in metadata.items()}


def tensor_bytes(tensor: Tensor) -> bytes:
    """Give the little-endian bytes of a tensor, whatever its type and device."""
    flat = tensor.detach().cpu().contiguous().reshape(-1)
    return flat.view(torch.uint8).numpy().tobytes() if flat.numel() else b""


def _header(data: bytes) -> tuple[dict[str, object], int]:
    size = int.from_bytes(data[:8], "little")
    if len(data) < 8 or size > MAX_HEADER_BYTES or size > len(data) - 8:
        raise FormatError(f"its header should have {size:,} bytes, the file has {len(data):,}")
    try:
        entries = json.loads(data[8 : 8 + size])
    except (ValueError, RecursionError):
        raise FormatError(f"its header of {size:,} bytes is no JSON") from None
    if not isinstance(entries, dict):
        raise FormatError(f"its header is a {type(entries).__name__}, not a table")
    return entries, 8 + size


def _entry(name: str, entry: object, room: int) -> tuple[torch.dtype, list[int], int, int]:
    """Check one tensor's declaration against itself and against the bytes that are there."""
    fields = entry if isinstance(entry, dict) else {}
    code, shape, offsets = (fields.get(key) for key in ("dtype", "shape", "data_offsets"))
    dtype = DTYPES.get(code) if isinstance(code, str) else None
    if dtype is None:
        raise FormatError(f"tensor {name!r} has the unknown type {code!r}")
    if not _is_sizes(shape) or not _is_sizes(offsets) or len(offsets) != 2:
        raise FormatError(f"tensor {name!r} has shape {shape!r} and offsets {offsets!r}")
    low, high = offsets
    need = math.prod(shape) * dtype.itemsize
    if not low <= high <= room:
        raise FormatError(
            f"tensor {name!r} lies at {low:,}-{high:,} of {room:,} bytes (cut short?)"
        )
    if high - low != need:
        raise FormatError(
            f"tensor {name!r} of shape {shape} needs {need:,} bytes, has {high - low:,}"
        )
    return dtype, shape, low, high


def _is_sizes(value: object) -> TypeGuard[list[int]]:
    return isinstance(value, list) and all(
        type(item) is int and 0 <= item < 1 << 62 for item in value
    )


def _tensor(chunk: bytes, dtype: torch.dtype, shape: Sequence[int]) -> Tensor:
    if not chunk:
        return torch.empty(tuple(shape), dtype=dtype)
    return torch.frombuffer(bytearray(chunk), dtype=dtype).reshape(tuple(shape))
