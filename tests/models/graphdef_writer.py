"""A frozen graph in the wire format, field by field: the counterpart of `models/graphdef.py`."""

from __future__ import annotations

import struct

import numpy as np


def varint(value: int) -> bytes:
    out = bytearray()
    while True:
        value, low = value >> 7, value & 0x7F
        out.append(low | (0x80 if value else 0))
        if not value:
            return bytes(out)


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def block(field: int, content: bytes) -> bytes:
    return varint(field << 3 | 2) + varint(len(content)) + content


def shape(sizes: tuple[int, ...]) -> bytes:
    return block(2, b"".join(block(2, number(1, size)) for size in sizes))


def constant(name: str, array: np.ndarray, *, packed: bool = False) -> bytes:
    """One Const node; `packed` writes the values as a list instead of raw bytes."""
    code, field = {"<f4": (1, 5), "<f8": (2, 6)}[array.dtype.str]
    raw = array.tobytes()
    tensor = number(1, code) + shape(array.shape) + block(field if packed else 4, raw)
    value = block(1, b"value") + block(2, block(8, tensor))
    dtype = block(1, b"dtype") + block(2, number(6, code))
    return node(name, "Const", block(5, dtype) + block(5, value))


def integers(name: str) -> bytes:
    tensor = number(1, 3) + shape((2,)) + block(7, varint(5) + varint(6))
    return node(name, "Const", block(5, block(1, b"value") + block(2, block(8, tensor))))


def node(name: str, op: str, rest: bytes = b"") -> bytes:
    """A node with an input and fixed-width fields nobody needs, as real files have them."""
    extra = varint(90 << 3 | 5) + struct.pack("<f", 1.0) + varint(91 << 3 | 1) + bytes(8)
    return block(
        1, block(1, name.encode()) + block(2, op.encode()) + block(3, b"in") + rest + extra
    )


def graph(constants: dict[str, np.ndarray]) -> bytes:
    """A graph of constants between other nodes, closed by the version field."""
    parts = [node("x", "Placeholder")]
    parts += [constant(name, array) for name, array in constants.items()]
    return b"".join(
        [*parts, integers("axis"), node("Identity", "Identity"), block(4, number(1, 22))]
    )
