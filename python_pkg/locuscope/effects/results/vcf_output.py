"""VCF text on its way to disk: plain or block-compressed, and the index of the finished file."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

from locuscope.store import publish

if TYPE_CHECKING:
    from pathlib import Path

PACKED = (".gz", ".bgz")
INDEXES = (".tbi", ".csi")
_BLOCK_BYTES = 65_280
_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
_TBI_BASES = 1 << 29


class VcfOutput:
    """A file that takes text; with the ending `.gz` it is BGZF (SAM specification 4.1).

    While text passes it watches whether the records are sorted, since only then the file can have
    an index; `refusal` says why it cannot.

    Args:
        place: where the text goes.
    """

    def __init__(self, place: Path) -> None:
        self.is_packed = place.name.endswith(PACKED)
        self.refusal: str | None = None if self.is_packed else "plain text has no index"
        self.needs_csi = False
        self._file = place.open("wb")
        self._pending = bytearray()
        self._contig, self._pos = b"", 0
        self._contigs: set[bytes] = set()

    def header(self, line: bytes) -> None:
        """Write a line above the records."""
        self._write(line)

    def record(self, line: bytes) -> None:
        """Write a record."""
        if self.refusal is None:
            self._watch(line)
        self._write(line)

    def close(self) -> None:
        """Write what is left, and the closing block."""
        if self.is_packed:
            if self._pending:
                self._file.write(_block(bytes(self._pending)))
            self._file.write(_END)
        self._file.close()

    def drop(self) -> None:
        """Let go of a file that will not be finished."""
        self._file.close()

    def _write(self, text: bytes) -> None:
        if not self.is_packed:
            self._file.write(text)
            return
        self._pending += text
        while len(self._pending) >= _BLOCK_BYTES:
            self._file.write(_block(bytes(self._pending[:_BLOCK_BYTES])))
            del self._pending[:_BLOCK_BYTES]

    def _watch(self, line: bytes) -> None:
        fields = line.split(b"\t", 5)
        if len(fields) < 5 or not fields[1].isdigit() or not fields[0]:
            self.refusal = f"a record has no contig and position ({line[:40]!r})"
            return
        contig, pos = fields[0], int(fields[1])
        if contig != self._contig:
            if contig in self._contigs:
                self.refusal = f"the records of {contig.decode('utf-8', 'replace')} are scattered"
            self._contigs.add(contig)
            self._contig, self._pos = contig, 0
        if pos < self._pos:
            self.refusal = "the records are not sorted by position"
        self._pos = pos
        self.needs_csi |= pos + len(fields[3]) >= _TBI_BASES


def write_index(path: Path, output: VcfOutput) -> str | None:
    """Write `<path>.tbi` (`.csi` for positions beyond 2^29); older ones go.

    Returns:
        Why there is none, or None.
    """
    for ending in INDEXES:
        path.with_name(path.name + ending).unlink(missing_ok=True)
    if output.refusal is not None:
        return output.refusal
    try:
        import pysam
    except ImportError:
        return "pysam is not installed (pip install 'locuscope[io]')"
    ending = ".csi" if output.needs_csi else ".tbi"

    def write(place: Path) -> None:
        pysam.tabix_index(
            str(path),
            preset="vcf",
            force=True,
            keep_original=True,
            index=str(place),
            csi=output.needs_csi,
        )

    before = pysam.set_verbosity(0)
    try:
        publish(path.with_name(path.name + ending), write)
    except (OSError, ValueError) as error:
        return f"pysam refused it ({error})"
    finally:
        pysam.set_verbosity(before)
    return None


def _block(text: bytes) -> bytes:
    """One block: gzip with the block's size in an extra field."""
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    packed = packer.compress(text) + packer.flush()
    size = len(packed) + 25
    head = struct.pack("<4BI2BH2BHH", 31, 139, 8, 4, 0, 0, 255, 6, 66, 67, 2, size)
    return head + packed + struct.pack("<II", zlib.crc32(text), len(text))
