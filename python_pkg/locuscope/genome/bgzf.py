"""Block-compressed text (bgzip): telling it from gzip, its block offsets (`.gzi`), single reads."""

from __future__ import annotations

import struct
import sys
import zlib
from bisect import bisect_right
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from locuscope.errors import FormatError, shown_path

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike

GZIP_MAGIC = b"\x1f\x8b"
_HEADER = struct.Struct("<4BI2BH")  # magic, method, flags, time, extra flags, system, extra length
_HEADER_SIZE = 12
_TRAILER_SIZE = 8
_HAS_EXTRA = 4


def compression(path: str | PathLike[str]) -> str:
    """What the first bytes of a file say: "bgzip", "gzip" or "plain"."""
    with Path(path).open("rb") as file:
        head = file.read(_HEADER_SIZE + 6)
    if not head.startswith(GZIP_MAGIC):
        return "plain"
    return "bgzip" if _block_size(head) is not None else "gzip"


class BgzfText:
    """The text inside a bgzip file, read a few bytes at a time.

    Raises:
        FormatError: the file ends inside a block, or something else lies between the blocks.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self.path = Path(path)
        self.size = 0
        self._starts: list[tuple[int, int, int]] = []  # text offset, file offset, bytes in the file
        for offset, block_bytes, text_bytes in _blocks(self.path):
            if text_bytes:
                self._starts.append((self.size, offset, block_bytes))
            self.size += text_bytes

    def offsets(self) -> list[tuple[int, int]]:
        """(compressed, uncompressed) offset of each block but the first, as a `.gzi` lists them."""
        return [(offset, text) for text, offset, _ in self._starts[1:]]

    def pack_gzi(self) -> bytes:
        """The bytes of a `.gzi` file."""
        flat = [number for pair in self.offsets() for number in pair]
        return struct.pack(f"<{1 + len(flat)}Q", len(flat) // 2, *flat)

    def has_gzi(self, content: bytes) -> bool:
        """Whether `content` is a `.gzi` of this file; rows for empty blocks are harmless."""
        if len(content) < 8 or len(content) != 8 + 16 * int.from_bytes(content[:8], "little"):
            return False
        rows = set(struct.iter_unpack("<QQ", content[8:]))
        return set(self.offsets()) <= rows and all(text <= self.size for _, text in rows)

    def read(self, offset: int, size: int) -> bytes:
        """`size` bytes of the text from `offset`, fewer at its end.

        Raises:
            FormatError: a damaged block.
        """
        if not self._starts:
            return b""
        found = b""
        block = bisect_right(self._starts, (offset, sys.maxsize, 0)) - 1
        with self.path.open("rb") as file:
            while len(found) < size and block < len(self._starts):
                text, place, block_bytes = self._starts[block]
                file.seek(place)
                try:
                    data = zlib.decompress(file.read(block_bytes), wbits=31)
                except zlib.error as error:
                    raise FormatError(
                        f"{shown_path(self.path)}: the block at byte {place:,} is damaged "
                        f"({error}).",
                        path=self.path,
                    ) from error
                found += data[offset + len(found) - text :][: size - len(found)]
                block += 1
        return found


def _blocks(path: Path) -> Iterator[tuple[int, int, int]]:
    """Offset, bytes and uncompressed bytes of each block."""
    with path.open("rb") as file:
        end = file.seek(0, 2)
        offset = 0
        while offset < end:
            size = _size_at(file, path, offset)
            if offset + size > end:
                raise FormatError(
                    f"{shown_path(path)} ends early: the block at byte {offset:,} needs "
                    f"{size:,} bytes, {end - offset:,} are left.",
                    path=path,
                )
            file.seek(offset + size - 4)
            yield offset, size, struct.unpack("<I", file.read(4))[0]
            offset += size


def _size_at(file: BinaryIO, path: Path, offset: int) -> int:
    file.seek(offset)
    head = file.read(_HEADER_SIZE)
    extra = file.read(int.from_bytes(head[10:12], "little")) if len(head) == _HEADER_SIZE else b""
    size = _block_size(head + extra)
    if size is None:
        raise FormatError(
            f"{shown_path(path)}: no bgzip block at byte {offset:,}; the file is cut or not bgzip.",
            path=path,
        )
    return size


def _block_size(head: bytes) -> int | None:
    """Bytes of the block that starts with `head`; None where it is no bgzip block."""
    if len(head) < _HEADER_SIZE:
        return None
    magic0, magic1, _, flags, _, _, _, extra_size = _HEADER.unpack(head[:_HEADER_SIZE])
    if bytes((magic0, magic1)) != GZIP_MAGIC or not flags & _HAS_EXTRA:
        return None
    extra = head[_HEADER_SIZE : _HEADER_SIZE + extra_size]
    while len(extra) >= 4:
        kind, size = extra[:2], int.from_bytes(extra[2:4], "little")
        if kind == b"BC" and size == 2 and len(extra) >= 6:
            block = int.from_bytes(extra[4:6], "little") + 1
            return block if block > _HEADER_SIZE + extra_size + _TRAILER_SIZE else None
        extra = extra[4 + size :]
    return None
