"""Write block-gzipped text and its tabix index with fixed bytes, so that builds can be compared.

Formats: BGZF and tabix as laid down in the SAM/BAM and tabix specifications. The general tools
give bytes that depend on the compression library they were linked with and, for plain gzip, on the
clock.
"""

from __future__ import annotations

import gzip
import io
import struct
import zlib
from dataclasses import dataclass

BLOCK_BYTES = 0xFF00
LEVEL = 9
MIN_SHIFT = 14
END_OF_FILE = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
VCF_PRESET = 2


@dataclass(frozen=True)
class Row:
    """One line of a position-sorted file: contig, 0-based half-open span and place in the text."""

    chrom: str
    start: int
    end: int
    text_start: int
    text_end: int


def gzip_bytes(text: bytes) -> bytes:
    """Compress with no file name and no date in the header."""
    target = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=target, compresslevel=LEVEL, mtime=0) as out:
        out.write(text)
    return target.getvalue()


def bgzip_bytes(text: bytes) -> tuple[bytes, list[int]]:
    """Compress into BGZF blocks; gives the bytes and the file offset of every block.

    >>> packed, offsets = bgzip_bytes(b"ACGT")
    >>> import gzip
    >>> gzip.decompress(packed), offsets
    (b'ACGT', [0])
    """
    parts: list[bytes] = []
    offsets: list[int] = []
    at = 0
    for first in range(0, len(text), BLOCK_BYTES):
        block = _block(text[first : first + BLOCK_BYTES])
        parts.append(block)
        offsets.append(at)
        at += len(block)
    parts.append(END_OF_FILE)
    return b"".join(parts), offsets


def tabix_bytes(rows: list[Row], offsets: list[int]) -> bytes:
    """Make the tabix index (VCF preset) of BGZF text.

    Args:
        rows: data lines in file order, sorted by contig and start.
        offsets: block offsets from `bgzip_bytes`.
    """
    names = list(dict.fromkeys(row.chrom for row in rows))
    dictionary = b"".join(name.encode() + b"\0" for name in names)
    parts = [
        b"TBI\1",
        struct.pack("<8i", len(names), VCF_PRESET, 1, 2, 0, ord("#"), 0, len(dictionary)),
        dictionary,
    ]
    parts += [_contig([row for row in rows if row.chrom == name], offsets) for name in names]
    packed, _ = bgzip_bytes(b"".join(parts))
    return packed


def region_bin(start: int, end: int) -> int:
    """Smallest of the six-level bins that holds a region (tabix specification).

    >>> region_bin(0, 1), region_bin(0, 1 << 29)
    (4681, 0)
    """
    end -= 1
    for shift, first in ((14, 4681), (17, 585), (20, 73), (23, 9), (26, 1)):
        if start >> shift == end >> shift:
            return first + (start >> shift)
    return 0


def _block(text: bytes) -> bytes:
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, -15)
    body = packer.compress(text) + packer.flush()
    # 18 header and 8 trailer bytes; the size field holds the block size minus one.
    head = b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\x06\0BC\x02\0" + struct.pack("<H", len(body) + 25)
    return head + body + struct.pack("<2I", zlib.crc32(text), len(text))


def _contig(rows: list[Row], offsets: list[int]) -> bytes:
    chunks: dict[int, list[list[int]]] = {}
    linear: list[int] = []
    for row in rows:
        first, last = _virtual(row.text_start, offsets), _virtual(row.text_end, offsets)
        spans = chunks.setdefault(region_bin(row.start, row.end), [])
        if spans and spans[-1][1] >= first:
            spans[-1][1] = last
        else:
            spans.append([first, last])
        window = (row.end - 1) >> MIN_SHIFT
        # A window without a row of its own points at the next row that starts behind it.
        linear += [first] * (window + 1 - len(linear))
    parts = [struct.pack("<i", len(chunks))]
    for number, spans in sorted(chunks.items()):
        parts.append(struct.pack("<Ii", number, len(spans)))
        parts += [struct.pack("<2Q", *span) for span in spans]
    parts.append(struct.pack(f"<i{len(linear)}Q", len(linear), *linear))
    return b"".join(parts)


def _virtual(text_offset: int, offsets: list[int]) -> int:
    block = min(text_offset // BLOCK_BYTES, len(offsets) - 1)
    return offsets[block] << 16 | (text_offset - block * BLOCK_BYTES)
