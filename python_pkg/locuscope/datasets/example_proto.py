"""The payload of a record: a protobuf `Example`, a map of names to values, without protobuf.

Example: features(1) -> entries(1) of {key(1), value(2)}; a value is bytes_list(1) -> value(1), or
int64_list(3) -> value(1). Fields that are not known are passed over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

Value: TypeAlias = "memoryview | tuple[int, ...]"
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_MAX_SHIFT = 63
_SIGN = 1 << 63


class BrokenExampleError(Exception):
    """A payload that is no `Example`; the reader adds file and record."""


def parse_example(payload: bytes) -> dict[str, Value]:
    """Give the values of an `Example` by name, bytes as views on the payload.

    Raises:
        BrokenExampleError: the bytes are no such message, or a value holds several byte strings.

    >>> found = parse_example(build_example({"target": b"ab", "genome": 1}))
    >>> bytes(found["target"]), found["genome"]
    (b'ab', (1,))
    """
    found: dict[str, Value] = {}
    for features in _all(memoryview(payload), 1):
        for entry in _all(features, 1):
            name, value = b"", memoryview(b"")
            for number, content in _fields(entry):
                if number == 1 and isinstance(content, memoryview):
                    name = bytes(content)
                elif number == 2 and isinstance(content, memoryview):
                    value = content
            try:
                key = name.decode()
            except UnicodeDecodeError as error:
                message = f"the name of a value is no text ({name[:20]!r})"
                raise BrokenExampleError(message) from error
            found[key] = _value(value, key)
    return found


def build_example(values: Mapping[str, bytes | int]) -> bytes:
    """Give the bytes of an `Example` of byte strings and whole numbers, in the order given."""
    entries = []
    for name, value in values.items():
        if isinstance(value, bytes):
            held = _framed(1, _framed(1, value))
        else:
            held = _framed(3, _framed(1, _varint(value % (1 << 64))))
        entries.append(_framed(1, _framed(1, name.encode()) + _framed(2, held)))
    return _framed(1, b"".join(entries))


def _value(feature: memoryview, name: str) -> Value:
    for number, content in _fields(feature):
        if not isinstance(content, memoryview):
            continue
        if number == 1:
            strings = _all(content, 1)
            if len(strings) != 1:
                message = f"{name!r} holds {len(strings)} byte strings, not one"
                raise BrokenExampleError(message)
            return strings[0]
        if number == 3:
            return _numbers(content)
    return ()


def _numbers(content: memoryview) -> tuple[int, ...]:
    """Whole numbers, packed or one by one."""
    found: list[int] = []
    for number, item in _fields(content):
        if number != 1:
            continue
        if isinstance(item, int):
            found.append(item)
            continue
        place = 0
        while place < len(item):
            value, place = _read_varint(item, place)
            found.append(value)
    return tuple(value - 2 * _SIGN if value >= _SIGN else value for value in found)


def _all(content: memoryview, wanted: int) -> list[memoryview]:
    return [
        item for number, item in _fields(content) if number == wanted and not isinstance(item, int)
    ]


def _fields(content: memoryview) -> list[tuple[int, memoryview | int]]:
    """Number and content of every field; a varint is a number."""
    found: list[tuple[int, memoryview | int]] = []
    place = 0
    while place < len(content):
        tag, place = _read_varint(content, place)
        number, kind = tag >> 3, tag & 7
        if not number:
            message = "a field has the number 0"
            raise BrokenExampleError(message)
        if kind == _VARINT:
            value, place = _read_varint(content, place)
            found.append((number, value))
            continue
        if kind == _BYTES:
            length, place = _read_varint(content, place)
        elif kind in (_FIXED64, _FIXED32):
            length = 8 if kind == _FIXED64 else 4
        else:
            message = f"a field has the unknown kind {kind}"
            raise BrokenExampleError(message)
        if place + length > len(content):
            message = f"a field of {length:,} bytes has {len(content) - place:,} left"
            raise BrokenExampleError(message)
        found.append((number, content[place : place + length]))
        place += length
    return found


def _read_varint(content: memoryview, place: int) -> tuple[int, int]:
    value = shift = 0
    while place < len(content) and shift <= _MAX_SHIFT:
        byte = content[place]
        value |= (byte & 127) << shift
        place += 1
        if byte < 128:
            return value & (2 * _SIGN - 1), place
        shift += 7
    message = "a number has no end"
    raise BrokenExampleError(message)


def _framed(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | _BYTES) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    found.append(value)
    return bytes(found)
