"""The index of a FASTA file (`.fai`): built in one pass over the bytes, read, and checked.

An index says where each contig's bases lie. A stale one gives wrong bases in silence, so
`find_fault` compares it with the file: names, line breaks, what follows each record.
"""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, cast

import numpy as np

from locuscope.errors import FormatError, shown_path
from locuscope.genome.bgzf import compression

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from os import PathLike

    from numpy.typing import NDArray

_BLOCK = 1 << 25
_MAX_HEADER = 1 << 12
_NEWLINE, _RETURN, _HEADER = b"\n\r>"


class FastaRecord(NamedTuple):
    """One row of an index: a contig, its bases and the layout of its lines."""

    name: str
    length: int
    offset: int
    line_bases: int
    line_bytes: int

    @property
    def end(self) -> int:
        """Byte after the last base."""
        if self.length == 0:
            return self.offset
        lines, rest = divmod(self.length - 1, self.line_bases)
        return self.offset + lines * self.line_bytes + rest + 1


def build_index(path: str | PathLike[str]) -> tuple[FastaRecord, ...]:
    """Index a FASTA file, plain or bgzip, in one pass.

    Windows line ends, blank lines after a record and a missing final line break are legal.

    Raises:
        FormatError: empty, no `>` line first, binary, a contig twice, a line that differs in length
            from the others of its record; with the line number. gzip that is not bgzip.
    """
    source = Path(path)
    kind = compression(source)
    if kind == "gzip":
        raise FormatError(
            f"{shown_path(source)} is gzip but not bgzip, so no place in it can be "
            "reached directly;",
            hint="recompress with bgzip (gunzip, then bgzip).",
            path=source,
        )
    builder = _Builder(source)
    with source.open("rb") if kind == "plain" else gzip.open(source, "rb") as file:
        try:
            for block in _whole_lines(cast("BinaryIO", file)):
                builder.add(block)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise FormatError(
                f"{shown_path(source)} ends early after line {builder.line:,}: {error}.",
                path=source,
                line=builder.line,
            ) from error
    return builder.finish()


def read_index(path: str | PathLike[str]) -> tuple[FastaRecord, ...]:
    """Read a `.fai` file.

    Raises:
        FormatError: a row that is not a name and four numbers, or a name twice; with its line.
    """
    source = Path(path)
    records: dict[str, FastaRecord] = {}
    for number, line in enumerate(source.read_bytes().split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            name, *numbers = line.decode("utf-8").rstrip("\r").split("\t")
            length, offset, line_bases, line_bytes = (int(text) for text in numbers)
        except ValueError as error:
            raise _broken_row(source, number, line) from error
        record = FastaRecord(name, length, offset, line_bases, line_bytes)
        sane = length >= 0 and offset > 0 and line_bytes >= line_bases >= (length > 0)
        if not sane or name in records or not name:
            raise _broken_row(source, number, line)
        records[name] = record
    return tuple(records.values())


def pack_index(records: Sequence[FastaRecord]) -> bytes:
    """The bytes of a `.fai` file."""
    rows = ("\t".join(map(str, record)) + "\n" for record in records)
    return "".join(rows).encode("utf-8")


def find_fault(
    records: Sequence[FastaRecord], read: Callable[[int, int], bytes], size: int
) -> str | None:
    """Why an index does not belong to a FASTA text, in words; None when it does.

    Looks at a few bytes per contig: its header line, the line breaks around its first and last
    line, and what follows its last base (the next record of the index, or the end).

    Args:
        records: the rows of the index.
        read: gives n bytes of the (uncompressed) text from an offset, fewer at the end.
        size: bytes of that text.
    """
    if size == 0 or not records:
        return "the index or the file is empty"
    expected = _next_line(read, 0)
    for record in sorted(records, key=lambda record: record.offset):
        fault = _record_fault(record, read, size, expected)
        if fault is not None:
            return f"contig {record.name!r}: {fault}"
        expected = _next_line(read, record.end)
    if expected is not None:
        return f"the file goes on at byte {expected:,} behind the last contig of the index"
    return None


def _record_fault(
    record: FastaRecord, read: Callable[[int, int], bytes], size: int, header: int | None
) -> str | None:
    if record.end > size:
        return f"it should end at byte {record.end:,}, the file has {size:,}"
    if header is None:
        return "the file has no header line where the index expects one"
    line, line_break, _ = read(header, _MAX_HEADER).partition(b"\n")
    words = line[1:].split(maxsplit=1)
    name = words[0].decode("utf-8", errors="replace") if words and line[:1] == b">" else None
    if name != record.name:
        return f"the file has {line[:40].decode('utf-8', errors='replace')!r} there"
    start = header + len(line) + len(line_break)
    if record.length == 0:
        return None
    if record.offset != start:
        return f"its bases start at byte {start:,}, the index says {record.offset:,}"
    if b"\n" in read(start, min(record.line_bases, record.length, _MAX_HEADER)):
        return f"its first line is shorter than the {record.line_bases:,} bases of the index"
    lines = (record.length - 1) // record.line_bases
    ends = [start + record.line_bytes, start + lines * record.line_bytes] if lines else []
    for end in ends:
        gap = record.line_bytes - record.line_bases
        if read(end - gap, gap) not in (b"\n", b"\r\n"):
            return f"no line ends at byte {end:,} as the index says"
    return None


def _next_line(read: Callable[[int, int], bytes], position: int) -> int | None:
    """Where the next byte stands that is no line break; None at the end of the text."""
    while chunk := read(position, _MAX_HEADER):
        rest = chunk.lstrip(b"\r\n")
        if rest:
            return position + len(chunk) - len(rest)
        position += len(chunk)
    return None


def _whole_lines(file: BinaryIO) -> Iterator[bytes]:
    """Blocks of whole lines; a block grows while a single line does not fit."""
    kept = b""
    size = _BLOCK
    while data := file.read(size):
        cut = data.rfind(b"\n") + 1
        if cut == 0:
            kept += data
            size *= 2
            continue
        yield kept + data[:cut] if kept else data[:cut]
        kept, size = data[cut:], _BLOCK
    if kept:
        yield kept


def _broken_row(path: Path, number: int, line: bytes) -> FormatError:
    text = line[:60].decode("utf-8", errors="replace")
    return FormatError(
        f"{shown_path(path)}:{number}: {text!r} is no row of a FASTA index (name and four "
        "numbers, tabs).",
        path=path,
        line=number,
        text=text,
    )


@dataclass(slots=True)
class _Lines:
    """The lines of one block: where they start, and how many bases and bytes they hold."""

    text: bytes
    starts: NDArray[np.int64]
    bases: NDArray[np.int64]
    sizes: NDArray[np.int64]

    @classmethod
    def split(cls, text: bytes) -> _Lines:
        codes = np.frombuffer(text, dtype=np.uint8)
        breaks = np.flatnonzero(codes == _NEWLINE)
        if not text.endswith(b"\n"):
            breaks = np.append(breaks, len(text))
        starts = np.empty_like(breaks)
        starts[0], starts[1:] = 0, breaks[:-1] + 1
        bases = breaks - starts
        if b"\r" in text:
            bases -= (bases > 0) & (codes[np.maximum(breaks - 1, 0)] == _RETURN)
        sizes = breaks - starts + 1
        return cls(text, starts, bases, sizes)


class _Builder:
    """Collects records block by block; a record may span blocks."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.line = 0
        self._offset = 0
        self._records: list[FastaRecord] = []
        self._lines_of: dict[str, int] = {}
        self._name: str | None = None
        self._start = self._length = self._line_bases = self._line_bytes = 0
        self._short_line = 0  # the line after which the record may hold no more bases

    def add(self, text: bytes) -> None:
        """Take in the next block of whole lines."""
        if b"\x00" in text:
            line = self.line + text.count(b"\n", 0, text.index(b"\x00")) + 1
            raise self._error(line, "a zero byte: this is a binary file, not FASTA")
        lines = _Lines.split(text)
        codes = np.frombuffer(text, dtype=np.uint8)
        first = codes[lines.starts]
        headers = np.flatnonzero((first == _HEADER) & (lines.bases > 0))
        borders = [*headers.tolist(), len(lines.starts)]
        self._take_bases(lines, 0, borders[0])
        for header, following in pairwise(borders):
            self._open(lines, header)
            self._take_bases(lines, header + 1, following)
        self.line += len(lines.starts)
        self._offset += len(text)

    def finish(self) -> tuple[FastaRecord, ...]:
        """The finished index."""
        self._close()
        if not self._records:
            raise FormatError(
                f"{shown_path(self.path)} is empty: no '>' line in it.", path=self.path
            )
        return tuple(self._records)

    def _open(self, lines: _Lines, row: int) -> None:
        self._close()
        number = self.line + row + 1
        start, size = int(lines.starts[row]), int(lines.sizes[row])
        words = lines.text[start + 1 : start + size].split(maxsplit=1)
        try:
            name = words[0].decode("utf-8")
        except IndexError as error:
            raise self._error(number, "a '>' line without a name") from error
        except UnicodeDecodeError as error:
            raise self._error(number, f"the name {words[0][:40]!r} is not UTF-8 text") from error
        if name in self._lines_of:
            raise self._error(
                number, f"contig {name!r} again; first on line {self._lines_of[name]}"
            )
        self._lines_of[name] = number
        self._name = name
        self._start = self._offset + start + size
        self._length = self._line_bases = self._line_bytes = self._short_line = 0

    def _close(self) -> None:
        if self._name is not None:
            self._records.append(
                FastaRecord(
                    self._name, self._length, self._start, self._line_bases, self._line_bytes
                )
            )
        self._name = None

    def _take_bases(self, lines: _Lines, begin: int, end: int) -> None:
        """Add sequence lines `[begin, end)` of a block to the open record."""
        bases, sizes = lines.bases[begin:end], lines.sizes[begin:end]
        number = self.line + begin + 1
        filled = np.flatnonzero(bases)
        if filled.size == 0:
            if begin < end and not self._short_line:
                self._short_line = number
            return
        if self._name is None:
            text = lines.text[int(lines.starts[begin + filled[0]]) :][:40]
            raise self._error(number + int(filled[0]), f"no '>' line before {text!r}")
        if self._short_line:
            raise self._ragged(self._short_line, None)
        if self._length == 0:
            if bases[0] == 0:
                raise self._error(number, f"a blank line before the bases of {self._name!r}")
            self._line_bases, self._line_bytes = int(bases[0]), int(sizes[0])
        odd = np.flatnonzero((bases != self._line_bases) | (sizes != self._line_bytes))
        if odd.size:
            first = int(odd[0])
            if bases[first] > self._line_bases or first < int(filled[-1]):
                raise self._ragged(number + first, int(bases[first]))
            self._short_line = number + first
        self._length += int(bases.sum())

    def _ragged(self, line: int, found: int | None) -> FormatError:
        if found == self._line_bases:
            why = "it has another line break than the lines before"
        else:
            has = "this one is shorter" if found is None else f"this one has {found:,} bases"
            why = f"{has}, the first of {self._name!r} has {self._line_bases:,}"
        return self._error(line, f"ragged lines: {why}; only the last of a contig may be shorter")

    def _error(self, line: int, why: str) -> FormatError:
        return FormatError(f"{shown_path(self.path)}:{line}: {why}.", path=self.path, line=line)
