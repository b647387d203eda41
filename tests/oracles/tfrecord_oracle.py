"""TFRecord files and their records by loops over bytes, from the written description alone."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_POLYNOMIAL = 0x82F63B78


def crc32c(data: bytes) -> int:
    """Bit by bit."""
    state = 0xFFFFFFFF
    for byte in data:
        state ^= byte
        for _ in range(8):
            state = state >> 1 ^ (_POLYNOMIAL if state & 1 else 0)
    return state ^ 0xFFFFFFFF


def masked(data: bytes) -> int:
    """Rotated right by 15, plus a constant, in 32 bits."""
    crc = crc32c(data)
    rotated = (crc >> 15 | crc << 17) & 0xFFFFFFFF
    return (rotated + 0xA282EAD8) % 2**32


def varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first."""
    if value < 128:
        return bytes([value])
    return bytes([value % 128 + 128]) + varint(value // 128)


def field(number: int, content: bytes) -> bytes:
    """A field of bytes."""
    return varint(number * 8 + 2) + varint(len(content)) + content


def example(values: Mapping[str, bytes | int]) -> bytes:
    """features(1) of entries(1) of key(1) and value(2); bytes_list(1) or int64_list(3)."""
    entries = b""
    for name, value in values.items():
        if isinstance(value, bytes):
            held = field(1, field(1, value))
        else:
            held = field(3, field(1, varint(value)))
        entries += field(1, field(1, name.encode()) + field(2, held))
    return field(1, entries)


def frame(payload: bytes) -> bytes:
    """Length, its checksum, the payload, its checksum."""
    length = struct.pack("<Q", len(payload))
    crcs = struct.pack("<I", masked(length)), struct.pack("<I", masked(payload))
    return length + crcs[0] + payload + crcs[1]


def pack(payloads: list[bytes], compression: str) -> bytes:
    """A whole file."""
    plain = b"".join(frame(payload) for payload in payloads)
    if compression == "none":
        return plain
    made = zlib.compressobj(wbits=15 if compression == "zlib" else 31)
    return made.compress(plain) + made.flush()
