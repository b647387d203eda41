"""The first five columns of every record of a VCF text, found by array operations on its bytes.

Only CHROM, POS, ID, REF and ALT are looked at. Whatever stands behind them, however long or broken,
is skipped without being held; damage there loses no record.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from locuscope._closest import counted
from locuscope.errors import FormatError
from locuscope.genome.caller import warn_caller
from locuscope.genome.text_blocks import read_blocks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from os import PathLike

    from numpy.typing import NDArray

    from locuscope.genome.text_blocks import Hasher

    Columns = tuple[pl.Series, pl.Series, pl.Series, pl.Series, pl.Series]

MAX_COLUMNS_BYTES = 16 << 20
_LOOKAHEAD_BYTES = 1 << 20
_MAX_HEADER_BYTES = 64 << 20
_HEADER = ["#CHROM", "POS", "ID", "REF", "ALT"]
_NEWLINE, _TAB, _HASH = b"\n\t#"


@dataclass(frozen=True)
class Lines:
    """Records in file order: line numbers (1-based) and the texts of five columns.

    `columns` are those of the file, CHROM to ALT, as polars texts. `n_columns` holds, for lines
    with fewer than five columns, how many there are.
    """

    line: NDArray[np.int64]
    columns: Columns
    n_columns: dict[int, int]

    def __len__(self) -> int:
        return len(self.line)

    def __getitem__(self, rows: slice) -> Lines:
        line = self.line[rows]
        short = self.n_columns
        if short and len(line):
            short = {k: n for k, n in short.items() if line[0] <= k <= line[-1]}
        chrom, pos, name, ref, alt = self.columns
        return Lines(line, (chrom[rows], pos[rows], name[rows], ref[rows], alt[rows]), short)

    @classmethod
    def concat(cls, pieces: Sequence[Lines]) -> Lines:
        """Pieces that follow each other, as one."""
        if len(pieces) == 1:
            return pieces[0]
        short = {k: n for piece in pieces for k, n in piece.n_columns.items()}
        chrom, pos, name, ref, alt = (
            pl.concat([piece.columns[k] for piece in pieces]) for k in range(5)
        )
        return cls(
            np.concatenate([piece.line for piece in pieces]), (chrom, pos, name, ref, alt), short
        )


@dataclass(frozen=True)
class Header:
    """What the lines above the records say: line of `#CHROM`, and the names of `##contig` lines."""

    line: int
    contigs: frozenset[str]


def read_lines(
    path: str | PathLike[str], *, hasher: Hasher | None = None
) -> tuple[Header, Iterator[Lines]]:
    """Open a VCF and read its header; `hasher` is fed the bytes of the file.

    Returns:
        The header, and the records in pieces of about a megabyte of text.

    Raises:
        FormatError: empty file, no `#CHROM` line with the five columns, or more than 16 MB in the
            first five columns of a line. Reading on raises what `read_blocks` raises.
    """
    texts = _whole_lines(read_blocks(path, hasher=hasher), path)
    head = b""
    for text in texts:
        head += text
        if _header_line(head) is not None or _is_hopeless(head):
            break
    header = _parse_header(head, path)
    return header, records_of(chain([head], texts), header)


def _whole_lines(blocks: Iterable[bytes], path: str | PathLike[str]) -> Iterator[bytes]:
    """Texts of whole lines; a line that reaches into the next block is cut after column 5."""
    rest, is_cut = b"", False
    for block in blocks:
        if is_cut:
            end = block.find(b"\n")
            if end < 0:
                continue
            block, is_cut = block[end:], False  # noqa: PLW2901
        text = rest + block
        last = text.rfind(b"\n") + 1
        rest = text[last:]
        if last:
            yield text[:last].replace(b"\r\n", b"\n")
        columns = rest.split(b"\t", 5)
        if len(columns) == 6:
            rest, is_cut = b"\t".join(columns[:5]), True
        if len(rest) > MAX_COLUMNS_BYTES:
            raise FormatError(
                f"{path}: a line starting with {rest[:40]!r} holds more than 16 MB in its first "
                "five columns; no variant is that long.",
                path=path,
                text=rest[:40].decode("utf-8", errors="backslashreplace"),
            )
    if rest:
        yield rest.removesuffix(b"\r") + b"\n"


def _header_line(head: bytes) -> re.Match[bytes] | None:
    return re.search(rb"(?m)^#CHROM\tPOS\tID\tREF\tALT(?=[\t\n])", head)


def _is_hopeless(head: bytes) -> bool:
    """Whether records have begun so long ago that no header line can be expected."""
    record = re.search(rb"(?m)^[^#\n]", head)
    begun = record is not None and len(head) - record.start() > _LOOKAHEAD_BYTES
    return begun or len(head) > _MAX_HEADER_BYTES


def _parse_header(head: bytes, path: str | PathLike[str]) -> Header:
    if not head.strip():
        raise FormatError(f"{path} is an empty file; a VCF has at least a #CHROM line.", path=path)
    found = _header_line(head)
    if found is None:
        raise _no_header(head, path)
    above = head[: found.start()]
    line = above.count(b"\n") + 1
    first = above.split(b"\n", 1)[0]
    if first.startswith(b"##fileformat") and not first.startswith(b"##fileformat=VCFv4."):
        warn_caller(
            f"{path}:1: {_text(first)!r} is not a VCFv4 version; the rows are read all the same."
        )
    stray = [k for k, text in enumerate(above.split(b"\n"), 1) if text and text[:1] != b"#"]
    if stray:
        warn_caller(
            f"{path}:{stray[0]}: {len(stray)} lines above #CHROM (line {line}) do not start with "
            "'#'; those with five columns are read as rows, others are left out."
        )
    names = re.findall(rb"(?m)^##contig=<(?:[^\n>]*,)?ID=([^,>\n]+)", above)
    return Header(line, frozenset(_text(name) for name in names))


def _no_header(head: bytes, path: str | PathLike[str]) -> FormatError:
    lines = head.split(b"\n")
    line = next(
        (k for k, text in enumerate(lines, 1) if text[:1] == b"#" and text[:2] != b"##"),
        next((k for k, text in enumerate(lines, 1) if text and text[:2] != b"##"), len(lines)),
    )
    columns = [_text(column)[:40] for column in lines[line - 1].split(b"\t")[:8]]
    return FormatError(
        f"{path}:{line}: a VCF needs the line {' '.join(_HEADER)} ... with tabs between the columns"
        f" above its rows; found {counted(len(columns), 'column')} {columns}.",
        path=path,
        line=line,
        text=_text(lines[line - 1])[:200],
    )


def records_of(texts: Iterable[bytes], header: Header) -> Iterator[Lines]:
    """The records in texts of whole lines that follow each other from line 1 on."""
    first_line = 1
    for text in texts:
        data = np.frombuffer(text, np.uint8)
        ends = np.flatnonzero(data == _NEWLINE)
        starts = np.concatenate([[0], ends[:-1] + 1])
        is_record = (data[starts] != _HASH) & (ends > starts)
        tabs = np.flatnonzero(data == _TAB)
        before = np.searchsorted(tabs, starts)
        n_tabs = np.searchsorted(tabs, ends) - before
        line = np.arange(first_line, first_line + len(ends))
        is_record &= (n_tabs >= 4) | (line > header.line)
        first_line += len(ends)
        kept = np.flatnonzero(is_record)
        if not len(kept):
            continue
        if (n_tabs[kept] < 4).any():
            yield _ragged(text, starts[kept], ends[kept], line[kept])
            continue
        stops = ends[kept]
        has_more = n_tabs[kept] > 4
        stops[has_more] = tabs[before[kept][has_more] + 4]
        yield Lines(line[kept], _columns(data, starts[kept], stops), {})


def _columns(
    data: NDArray[np.uint8], starts: NDArray[np.int64], stops: NDArray[np.int64]
) -> Columns:
    """Cut out [start, stop] of each record and split all of them in one go."""
    steps = np.zeros(len(data) + 1, np.int8)
    steps[starts] += 1
    steps[stops + 1] -= 1
    raw = data[np.cumsum(steps[:-1], dtype=np.int8).view(np.bool_)].tobytes()
    text = _text(raw[:-1].replace(b"\n", b"\t"))
    flat = pl.Series([text], dtype=pl.String).str.split("\t").explode()
    chrom, pos, name, ref, alt = (flat.gather_every(5, offset) for offset in range(5))
    return chrom, pos, name, ref, alt


def _ragged(
    text: bytes, starts: NDArray[np.int64], ends: NDArray[np.int64], line: NDArray[np.int64]
) -> Lines:
    """Records of which some have fewer than five columns; the missing ones are empty."""
    rows: list[list[str]] = []
    n_columns = {}
    for number, start, end in zip(line.tolist(), starts.tolist(), ends.tolist(), strict=True):
        fields = [_text(field) for field in text[start:end].split(b"\t", 5)[:5]]
        if len(fields) < 5:
            n_columns[number] = len(fields)
        rows.append(fields + [""] * (5 - len(fields)))
    chrom, pos, name, ref, alt = (
        pl.Series([row[k] for row in rows], dtype=pl.String) for k in range(5)
    )
    return Lines(line, (chrom, pos, name, ref, alt), n_columns)


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", errors="backslashreplace")
