"""Constants of a frozen TensorFlow graph (`.pb`), read without TensorFlow and protobuf.

Only what such a file needs is understood: the wire format of protocol buffers (varints and
length-delimited fields), `GraphDef.node`, `NodeDef.{name, op, attr}` and the tensor inside an
attribute. Every length is bounded by the bytes that are left and every step moves forward, so a
hostile file ends in a sentence.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.errors import MissingFileError, WeightsError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike

    from numpy.typing import NDArray

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
MAX_VARINT_BYTES = 10
MAX_AXES = 8
NODE = 1  # GraphDef.node
NODE_NAME, NODE_OP, NODE_ATTR = 1, 2, 5
ATTR_VALUE, ATTR_TENSOR = 2, 8  # map entry -> AttrValue -> TensorProto
TENSOR_DTYPE, TENSOR_SHAPE, TENSOR_CONTENT = 1, 2, 4
# numbers of DataType, and of the packed list that holds the values when there are no raw bytes
REALS: dict[int, tuple[np.dtype[np.floating[Any]], int]] = {
    1: (np.dtype("<f4"), 5),
    2: (np.dtype("<f8"), 6),
}


def read_graphdef(path: str | PathLike[str]) -> dict[str, NDArray[np.floating[Any]]]:
    """Read every real-valued constant of a frozen graph.

    Args:
        path: a binary GraphDef. Nodes that are no constants are checked for form and passed over.

    Returns:
        Name of the node -> array in the shape and type of the file. Constants of other types
        (integers, text) are left out. A single value that stands for a whole tensor stays a single
        value.

    Raises:
        MissingFileError: no such file.
        WeightsError: the file ends early or breaks the grammar; the message names the byte.
    """
    source = Path(path)
    try:
        data = memoryview(source.read_bytes())
    except FileNotFoundError as error:
        message = f"{source}: no such file."
        raise MissingFileError(message, path=str(source)) from error
    except OSError as error:
        message = f"{source}: cannot be read ({error.strerror})."
        raise WeightsError(message, path=str(source)) from error
    try:
        constants = dict(_constants(data))
    except _GrammarError as error:
        message = f"{source}: not a complete GraphDef: {error}."
        raise WeightsError(message, path=str(source)) from None
    if not constants:
        message = f"{source}: no constant in {len(data):,} bytes; this is not a frozen graph."
        raise WeightsError(message, path=str(source))
    return constants


class _GrammarError(Exception):
    """What broke and at which byte; `read_graphdef` makes it a sentence with the path."""


def _constants(data: memoryview) -> Iterator[tuple[str, NDArray[np.floating[Any]]]]:
    for number, kind, start, stop in _fields(data, 0, len(data)):
        if (number, kind) != (NODE, BYTES):
            continue
        name, op, tensor = "", "", None
        for inner, inner_kind, a, b in _fields(data, start, stop):
            if inner_kind != BYTES:
                continue
            if inner == NODE_NAME:
                name = _text(data, a, b)
            elif inner == NODE_OP:
                op = _text(data, a, b)
            elif inner == NODE_ATTR:
                tensor = _tensor_place(data, a, b) or tensor
        if op == "Const" and tensor is not None:
            array = _array(data, *tensor, name)
            if array is not None:
                yield name, array


def _fields(data: memoryview, start: int, stop: int) -> Iterator[tuple[int, int, int, int]]:
    """Give (field number, wire type, start, stop) of fields; a varint's value is in `start`."""
    place = start
    while place < stop:
        at = place
        key, place = _varint(data, place, stop)
        number, kind = key >> 3, key & 7
        if number == 0 or kind not in (VARINT, FIXED64, BYTES, FIXED32):
            raise _GrammarError(f"field {number} of wire type {kind} at byte {at:,}")
        if kind == VARINT:
            value, place = _varint(data, place, stop)
            yield number, kind, value, place
            continue
        size = 8 if kind == FIXED64 else 4
        if kind == BYTES:
            size, place = _varint(data, place, stop)
        if size > stop - place:
            raise _GrammarError(
                f"{size:,} bytes announced at byte {at:,}, {stop - place:,} are left"
            )
        yield number, kind, place, place + size
        place += size


def _varint(data: memoryview, place: int, stop: int) -> tuple[int, int]:
    value = 0
    for k, byte in enumerate(data[place : min(stop, place + MAX_VARINT_BYTES)]):
        value |= (byte & 0x7F) << (7 * k)
        if not byte & 0x80:
            return value, place + k + 1
    raise _GrammarError(f"the number at byte {place:,} has no end")


def _text(data: memoryview, start: int, stop: int) -> str:
    try:
        return bytes(data[start:stop]).decode()
    except UnicodeDecodeError:
        raise _GrammarError(f"a name at byte {start:,} is no UTF-8 text") from None


def _tensor_place(data: memoryview, start: int, stop: int) -> tuple[int, int] | None:
    """Find the tensor of an attribute entry; None for other attributes."""
    for number, kind, a, b in _fields(data, start, stop):
        if (number, kind) == (ATTR_VALUE, BYTES):
            for inner, inner_kind, x, y in _fields(data, a, b):
                if (inner, inner_kind) == (ATTR_TENSOR, BYTES):
                    return x, y
    return None


def _array(data: memoryview, start: int, stop: int, name: str) -> NDArray[np.floating[Any]] | None:
    fields = list(_fields(data, start, stop))
    code = next((a for number, kind, a, _ in fields if (number, kind) == (TENSOR_DTYPE, VARINT)), 0)
    if code not in REALS:
        return None
    dtype, packed = REALS[code]
    shape: tuple[int, ...] = ()
    values = np.empty(0, dtype)
    for number, kind, a, b in fields:
        if (number, kind) == (TENSOR_SHAPE, BYTES):
            shape = _shape(data, a, b)
        elif number in (TENSOR_CONTENT, packed) and kind == BYTES:
            if (b - a) % dtype.itemsize:
                raise _GrammarError(
                    f"{b - a:,} bytes of {name!r} at byte {a:,} are no whole values"
                )
            values = np.frombuffer(data[a:b], dtype)
    if values.size == 1:
        return values.reshape(())
    if values.size != math.prod(shape):
        raise _GrammarError(
            f"{name!r} has shape {shape} but {values.size:,} values (byte {start:,})"
        )
    return values.reshape(shape)


def _shape(data: memoryview, start: int, stop: int) -> tuple[int, ...]:
    sizes: list[int] = []
    for number, kind, a, b in _fields(data, start, stop):
        if (number, kind) == (2, BYTES):  # TensorShapeProto.dim, whose field 1 is the size
            sizes += [x for inner, k, x, _ in _fields(data, a, b) if (inner, k) == (1, VARINT)][
                :1
            ] or [0]
    if len(sizes) > MAX_AXES:
        raise _GrammarError(f"a tensor of {len(sizes)} axes at byte {start:,}")
    return tuple(sizes)
