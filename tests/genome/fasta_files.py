"""Toy FASTA files for the tests of the index, the genome and the faults."""

from __future__ import annotations

import gzip
import struct
import zlib

import numpy as np

END_OF_BGZF = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")


def random_bases(n: int, seed: int, letters: str = "ACGTacgtN") -> str:
    rng = np.random.default_rng(seed)
    return "".join(np.array(list(letters))[rng.integers(0, len(letters), n)])


def fasta(records: dict[str, str], *, width: int = 60, line_break: str = "\n") -> bytes:
    """The records as text; width 0 puts each sequence on one line."""
    lines = []
    for name, text in records.items():
        step = width or max(len(text), 1)
        lines += [f">{name}", *(text[i : i + step] for i in range(0, len(text), step))]
    return (line_break.join(lines) + line_break).encode()


def bgzip(text: bytes, *, block: int = 1000) -> bytes:
    """Blocks of `block` bytes of text, then the end mark."""
    packed = b""
    for start in range(0, len(text), block):
        part = text[start : start + block]
        squeezer = zlib.compressobj(6, zlib.DEFLATED, -15)
        data = squeezer.compress(part) + squeezer.flush()
        head = struct.pack("<4BI2BH2BHH", 31, 139, 8, 4, 0, 0, 255, 6, 66, 67, 2, len(data) + 25)
        packed += head + data + struct.pack("<II", zlib.crc32(part), len(part))
    return packed + END_OF_BGZF


def plain_gzip(text: bytes) -> bytes:
    return gzip.compress(text, mtime=0)


TOY = {"chr1": random_bases(503, 1), "chr2": random_bases(120, 2), "scaffold_3": "ACGT"}
"""Three contigs; the second ends on a full line."""
