"""The frame of a TFRecord file: records one after the other, each with two checksums.

A record is its length (u64, little-endian), the masked CRC-32C of those eight bytes, the payload,
and the masked CRC-32C of the payload. The file is one zlib or gzip stream, or plain.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Protocol

from locuscope.datasets.crc32c import masked_crc32c
from locuscope.errors import FormatError, shown_path
from locuscope.genome.choices import check_choice
from locuscope.store import missing_file, publish

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from typing import BinaryIO

COMPRESSIONS = ("zlib", "gzip", "none")
_LENGTH = struct.Struct("<Q")
_CRC = struct.Struct("<I")
_HEAD_BYTES = _LENGTH.size + _CRC.size
_CHUNK_BYTES = 1 << 18
_EITHER = 47  # zlib or gzip, whichever the stream's first bytes say
_WINDOWS = {"zlib": 15, "gzip": 31}
_AGAIN = "the file is damaged or cut short; copy it again."


def read_records(
    path: Path, *, max_bytes: int, verify_crc: bool = True, skip: int = 0
) -> Iterator[bytes]:
    """Give the payloads of a file in order.

    Args:
        path: the file.
        max_bytes: longest payload that can be meant.
        verify_crc: compare the checksums; without it only lengths and the compression are checked.
        skip: records in front that are passed over unchecked.

    Raises:
        MissingFileError: no such file.
        FormatError: a wrong checksum, a short record, a broken stream; with file and record, from 1
            on.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
            if not head:
                found = f"{shown_path(path)} is empty; {_AGAIN}"
                raise FormatError(found, path=path, line=1)
            file.seek(0)
            stream = file if _is_plain(head) else _Inflated(file)
            yield from _records(stream, path, max_bytes, verify_crc=verify_crc, skip=skip)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise missing_file(path) from error


def count_records(path: Path, *, max_bytes: int) -> int:
    """Count the records of a file by their lengths alone.

    Raises:
        MissingFileError, FormatError: as `read_records`.
    """
    return sum(1 for _ in read_records(path, max_bytes=max_bytes, verify_crc=False))


def write_records(path: Path, payloads: Iterable[bytes], *, compression: str = "zlib") -> int:
    """Write a file of records; it appears whole or not at all.

    Args:
        path: the file.
        payloads: what the records hold.
        compression: "zlib", "gzip" or "none".

    Returns:
        How many records it holds.

    Raises:
        OptionError: another compression.
        StoreError: the file cannot be written.
    """
    check_choice("compression", compression, COMPRESSIONS)
    n_records = 0

    def write(place: Path) -> None:
        nonlocal n_records
        window = _WINDOWS.get(compression)
        deflated = None if window is None else zlib.compressobj(wbits=window)
        with place.open("wb") as file:
            for payload in payloads:
                for piece in _framed(payload):
                    file.write(piece if deflated is None else deflated.compress(piece))
                n_records += 1
            if deflated is not None:
                file.write(deflated.flush())

    publish(path, write)
    return n_records


class _Source(Protocol):
    def read(self, n_bytes: int, /) -> bytes: ...


def _records(
    stream: _Source, path: Path, max_bytes: int, *, verify_crc: bool, skip: int
) -> Iterator[bytes]:
    number = 1
    while True:
        is_checked = verify_crc and number > skip
        try:
            payload = _next(stream, max_bytes, verify_crc=is_checked)
        except (_BrokenRecordError, zlib.error) as error:
            found = f"{shown_path(path)}, record {number:,}: {error}; {_AGAIN}"
            raise FormatError(found, path=path, line=number) from error
        if payload is None:
            return
        if number > skip:
            yield payload
        number += 1


def _next(stream: _Source, max_bytes: int, *, verify_crc: bool) -> bytes | None:
    """The next payload; None at the end of the file."""
    head = stream.read(_HEAD_BYTES)
    if not head:
        return None
    _require(head, _HEAD_BYTES, "length")
    length = _LENGTH.unpack_from(head)[0]
    if verify_crc:
        _check(head[: _LENGTH.size], _CRC.unpack_from(head, _LENGTH.size)[0], "length")
    if length > max_bytes:
        message = f"it says {length:,} bytes, statistics.json allows for at most {max_bytes:,}"
        raise _BrokenRecordError(message)
    payload = stream.read(length)
    _require(payload, length, "content")
    crc = stream.read(_CRC.size)
    _require(crc, _CRC.size, "checksum")
    if verify_crc:
        _check(payload, _CRC.unpack(crc)[0], "content")
    return payload


class _BrokenRecordError(Exception):
    """What is wrong with a record; the reader adds file and number."""


def _require(found: bytes, n_bytes: int, what: str) -> None:
    if len(found) < n_bytes:
        message = f"the file ends after {len(found):,} of {n_bytes:,} bytes of its {what}"
        raise _BrokenRecordError(message)


def _check(content: bytes, expected: int, what: str) -> None:
    found = masked_crc32c(content)
    if found != expected:
        message = f"the checksum of its {what} is {found:#010x}, {expected:#010x} was written"
        raise _BrokenRecordError(message)


def _is_plain(head: bytes) -> bool:
    """Whether a file starts with a record rather than with a compressed stream."""
    length, crc = head[: _LENGTH.size], head[_LENGTH.size :]
    if len(crc) == _CRC.size and masked_crc32c(length) == _CRC.unpack(crc)[0]:
        return True
    is_zlib = len(head) > 1 and head[0] & 15 == 8 and int.from_bytes(head[:2]) % 31 == 0
    return not is_zlib and head[:2] != b"\x1f\x8b"


def _framed(payload: bytes) -> tuple[bytes, ...]:
    length = _LENGTH.pack(len(payload))
    crc = _CRC.pack(masked_crc32c(payload))
    return length, _CRC.pack(masked_crc32c(length)), payload, crc


class _Inflated:
    """A zlib or gzip stream, read piece by piece; several gzip members count as one stream."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._inflate = zlib.decompressobj(_EITHER)
        self._rest = b""

    def read(self, n_bytes: int, /) -> bytes:
        """So many bytes, fewer at the end; raises where the stream is broken or cut."""
        pieces = []
        while n_bytes:
            piece = self._piece(n_bytes)
            if not piece:
                break
            pieces.append(piece)
            n_bytes -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _piece(self, n_bytes: int) -> bytes:
        """At least one byte, or nothing at the end of the stream."""
        while True:
            if self._inflate.eof:
                self._rest = self._inflate.unused_data or self._file.read(_CHUNK_BYTES)
                if not self._rest:
                    return b""
                if self._rest[0] != 0x1F:
                    message = "bytes follow the end of the compressed stream"
                    raise _BrokenRecordError(message)
                self._inflate = zlib.decompressobj(_EITHER)
            rest = self._rest or self._file.read(_CHUNK_BYTES)
            piece = self._inflate.decompress(rest, n_bytes)
            self._rest = self._inflate.unconsumed_tail
            if piece:
                return piece
            if not rest:
                message = "the compressed stream ends too early"
                raise _BrokenRecordError(message)
