"""Text files in blocks of bytes: plain, gzip or bgzip by their first bytes, never by their name.

Refuses what is no text or ends early, and notices a file that changes while it is read.
"""

from __future__ import annotations

import os
import stat
import sys
import zlib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol, cast

from locuscope.errors import (
    FormatError,
    InputChangedError,
    InputError,
    MissingFileError,
    closest,
    shown_path,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK_BYTES = 1 << 20
_READ_BYTES = 1 << 18
_GZIP = b"\x1f\x8b"
_BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
_OTHER = {
    b"PK\x03\x04": "a zip archive",
    b"BZh": "compressed with bzip2",
    b"\xfd7zXZ": "compressed with xz",
    b"\x28\xb5\x2f\xfd": "compressed with zstd",
    b"BCF\x02": "BCF from a pipe (save it as a file, or convert it with `bcftools view`)",
    b"BAM\x01": "a BAM file",
    b"\x89HDF": "an HDF5 file",
    b"PAR1": "a parquet file",
}


class Hasher(Protocol):
    """What `hashlib.sha256()` makes."""

    def update(self, data: bytes, /) -> None:
        """Take more bytes."""


def read_blocks(path: str | os.PathLike[str], *, hasher: Hasher | None = None) -> Iterator[bytes]:
    """Yield the bytes of a text file in blocks, decompressed and without a byte-order mark.

    Args:
        path: a file, a pipe, or `-` for standard input.
        hasher: is fed every byte of the file as it stands on disk; complete with the last block.

    Raises:
        MissingFileError, InputError: no such file; a folder or an unreadable file.
        FormatError: no text, a truncated or damaged archive, data behind its end.
        InputChangedError: the file changed while it was read.
    """
    with _opened(path) as raw:
        first = raw.peek(4)[:4] if hasattr(raw, "peek") else b""
        if first[:2] == _GZIP:
            _check_end(raw, path)
        source = raw if hasher is None else cast("BinaryIO", _Hashed(raw, hasher))
        if first[:2] == _GZIP:
            blocks = _inflate(source, path)
        else:
            blocks = iter(lambda: source.read(BLOCK_BYTES), b"")
        for k, block in enumerate(blocks):
            if k == 0:
                _check_text(block, path)
            yield block.removeprefix(b"\xef\xbb\xbf") if k == 0 else block
        while hasher is not None and source.read(_READ_BYTES):
            pass  # zeros that pad an archive belong to the file too


class _Hashed:
    """A reader whose bytes are digested as they pass."""

    def __init__(self, raw: BinaryIO, hasher: Hasher) -> None:
        self._raw = raw
        self._hasher = hasher

    def read(self, size: int) -> bytes:
        data = self._raw.read(size)
        self._hasher.update(data)
        return data


def read_text(path: str | os.PathLike[str]) -> str:
    r"""Read a whole text file as UTF-8; bytes that are none become `\xNN`, `\r\n` becomes `\n`.

    Raises:
        As `read_blocks`.
    """
    content = b"".join(read_blocks(path))
    return content.decode("utf-8", errors="backslashreplace").replace("\r\n", "\n")


@contextmanager
def _opened(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    if str(path) == "-":
        yield sys.stdin.buffer
        return
    try:
        handle = open(path, "rb")  # noqa: SIM115, PTH123
    except FileNotFoundError as error:
        raise MissingFileError(
            f"no such file: {shown_path(path)}.", hint=_similar(Path(path)), path=path
        ) from error
    except IsADirectoryError as error:
        raise InputError(f"{shown_path(path)} is a folder; a file is needed.") from error
    except OSError as error:
        raise InputError(f"cannot read {shown_path(path)}: {error.strerror}.") from error
    with handle:
        before = os.fstat(handle.fileno())
        yield handle
        if stat.S_ISREG(before.st_mode):
            _check_unchanged(path, before)


def _similar(path: Path) -> str | None:
    try:
        names = sorted(entry.name for entry in path.parent.iterdir())
    except OSError:
        return f"The folder {path.parent} does not exist either."
    near = closest(path.name, names)
    return f"Did you mean {' or '.join(map(repr, near))}?" if near else None


def _check_unchanged(path: str | os.PathLike[str], before: os.stat_result) -> None:
    try:
        after = Path(path).stat()
    except OSError:
        raise InputChangedError(
            f"{shown_path(path)} disappeared while it was read.", path=path, field="path"
        ) from None
    for field in ("st_size", "st_mtime_ns", "st_ino"):
        old, new = getattr(before, field), getattr(after, field)
        if old != new:
            raise InputChangedError(
                f"{shown_path(path)} changed while it was read ({field[3:]} {old} became "
                f"{new}); read it again when it is complete.",
                path=path,
                field=field[3:],
                before=old,
                after=new,
            )


def _check_text(block: bytes, path: str | os.PathLike[str]) -> None:
    head = block[:256]
    kind = next((what for magic, what in _OTHER.items() if head.startswith(magic)), None)
    if kind is None and head.startswith((b"\xff\xfe", b"\xfe\xff")):
        kind = "UTF-16 text (save it as UTF-8)"
    if kind is None and b"\x00" in head:
        kind = f"binary (a zero byte at offset {head.index(0)})"
    if kind is not None:
        raise FormatError(
            f"{shown_path(path)}: plain text is needed, but this is {kind}.", path=path
        )


def refuse_cut(path: str | os.PathLike[str]) -> None:
    """Refuse a bgzip file that lost its end, for readers that jump into the middle.

    Raises:
        FormatError: the end block is missing.
    """
    with _opened(path) as raw:
        _check_end(raw, path)


def _check_end(raw: BinaryIO, path: str | os.PathLike[str]) -> None:
    """Refuse a bgzip file without its end block before anything is computed from it."""
    head = raw.peek(18)[:18] if hasattr(raw, "peek") else b""
    if head[12:14] != b"BC" or not raw.seekable():
        return
    raw.seek(-min(len(_BGZF_END), raw.seek(0, os.SEEK_END)), os.SEEK_END)
    ending = raw.read()
    raw.seek(0)
    if ending != _BGZF_END:
        n_lines = sum(block.count(b"\n") for block in _inflate(raw, path))
        raise FormatError(
            f"{shown_path(path)} ends early after line {n_lines:,}: the end block of bgzip "
            "is missing, so the file was cut while it was written or copied; get it again.",
            path=path,
            line=n_lines,
        )


def _inflate(raw: BinaryIO, path: str | os.PathLike[str]) -> Iterator[bytes]:
    """Decompress a gzip or bgzip file, member after member; what is wrong gets its line."""
    n_lines = 0
    blocks = _members(raw)
    while True:
        try:
            block = next(blocks, b"")
        except EOFError as error:
            raise FormatError(
                f"{shown_path(path)} ends early after line {n_lines:,}: the compressed data "
                "stop in the middle; get the file again.",
                path=path,
                line=n_lines,
            ) from error
        except zlib.error as error:
            raise FormatError(
                f"{shown_path(path)}: the compressed data are damaged after line "
                f"{n_lines:,} ({error}).",
                path=path,
                line=n_lines,
            ) from error
        if not block:
            return
        n_lines += block.count(b"\n")
        yield block


def _members(raw: BinaryIO) -> Iterator[bytes]:
    """The content of all members; at most a few MB are held whatever the ratio of compression."""
    data = raw.read(_READ_BYTES)
    engine = zlib.decompressobj(wbits=31)
    parts: list[bytes] = []
    while data:
        parts.append(engine.decompress(data, BLOCK_BYTES))
        data = engine.unconsumed_tail
        if engine.eof:
            data = engine.unused_data
            if len(data) < 2:
                data += raw.read(_READ_BYTES)
            data = data if data.strip(b"\0") else b""
            if data and not data.startswith(_GZIP):
                raise zlib.error(f"trailing garbage {data[:8]!r} behind the end")
            if data:
                engine = zlib.decompressobj(wbits=31)
        if not data or sum(map(len, parts)) >= BLOCK_BYTES:
            yield from filter(None, [b"".join(parts)])
            parts = []
        if not data and not engine.eof:
            data = raw.read(_READ_BYTES)
            if not data:
                raise EOFError


def read_text_lines(path: str | os.PathLike[str]) -> Iterator[str]:
    """Yield the lines of a text file one by one, without their ends; decoded as in `read_text`.

    Raises:
        As `read_blocks`.
    """
    rest = b""
    for block in read_blocks(path):
        whole, newline, rest = (rest + block).rpartition(b"\n")
        if newline:
            text = whole.decode("utf-8", errors="backslashreplace")
            yield from text.replace("\r\n", "\n").removesuffix("\r").split("\n")
    if rest:
        yield rest.decode("utf-8", errors="backslashreplace").removesuffix("\r")
