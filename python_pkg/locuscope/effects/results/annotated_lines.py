"""Writing an annotated VCF record by record: the source's lines, with INFO entries appended."""

from __future__ import annotations

import gzip
import math
import re
import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, BinaryIO

from locuscope.effects.results.vcf_keys import CARD, STATUS_KEY, InfoKeys, percent
from locuscope.effects.results.vcf_output import VcfOutput
from locuscope.errors import (
    FormatError,
    InputChangedError,
    InputError,
    OptionError,
    StoreTargetError,
)
from locuscope.genome.bcf_records import is_bcf
from locuscope.genome.handles import check_unchanged, stamp
from locuscope.store import missing_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from locuscope.effects.results.score_card import ScoreCard
    from locuscope.effects.results.score_tables import RowId
    from locuscope.effects.variant_scores import VariantScores

_BOM = b"\xef\xbb\xbf"
_COLUMNS = b"#CHROM\tPOS\tID\tREF\tALT"
_CONTIG = re.compile(r"[0-9A-Za-z!#$%&+./:;?@^_|~-][0-9A-Za-z!#$%&*+./:;=?@^_|~-]*")


@dataclass
class _Record:
    """The alleles of one record that were scored: number in the line -> verdict, name, cells."""

    number: int
    place: tuple[str | None, int | None, str | None, str | None]
    n_alts: int
    alts: dict[int, str]
    status: dict[int, str]
    names: dict[int, str]
    cells: dict[int, list[list[str]]]


class VcfWriter:
    """Writes the records of the chunks as they come.

    Args:
        place: the new file; the ending tells whether it is packed.
        card: of the whole result.
        keys: what is written.
        source: the VCF whose lines are written; None writes the alleles alone.
        contigs: contigs of the header, without a source.
        row_id: "variant" or "vcf", for the row names of the Kipoi form.
    """

    def __init__(
        self,
        place: Path,
        card: ScoreCard,
        keys: InfoKeys,
        *,
        source: Path | None,
        contigs: Sequence[str] = (),
        row_id: RowId = "variant",
    ) -> None:
        self._source, self._stamp = source, None if source is None else stamp(source)
        self.output = VcfOutput(place)
        self._keys, self._row_id = keys, row_id
        self._header = keys.header(card)
        self._earlier = tuple(line.split(b",")[0] + b"," for line in self._header[:-1])
        names = b"|".join(re.escape(name.encode()) for name in keys.names())
        # Of an earlier annotation with the same keys nothing may stay: a key stands once in a VCF.
        self._old = re.compile(rb"(?:^|;)(?:" + names + rb")(?:=[^;]*)?(?=;|$)")
        self._lines = None if source is None else source_lines(source)
        self._next = 0
        self._is_below = False
        self._last: _Record | None = None
        if self._lines is None:
            self._plain_header(contigs)

    def add(self, chunk: VariantScores) -> None:
        """Take rows in; a record is written once its last allele is here."""
        if chunk.windows["window_index"].max() not in (None, 0):
            raise OptionError(
                "a VCF holds one set of values per allele, and these rows are in several windows "
                "(multi='all'); write parquet, TSV or HDF5.",
                option="out",
                value="multi='all'",
            )
        for record in _records(chunk, self._keys, self._row_id):
            if self._last is not None and _continues(
                self._last, record, is_plain=self._lines is None
            ):
                _join(self._last, record)
                continue
            self._flush()
            self._last = record

    def close(self, card: ScoreCard) -> None:  # noqa: ARG002
        """Write the last record and what follows it."""
        self._flush()
        for line in self._lines or ():
            self._copy(line)
        if self._lines is not None and not self._is_below:
            raise changed(b"", ("#CHROM",), -1)
        if self._source is not None and self._stamp is not None:
            check_unchanged(self._source, self._stamp)
        self.output.close()

    def drop(self) -> None:
        """Let go of a file that will not be finished."""
        self.output.drop()

    def _flush(self) -> None:
        record, self._last = self._last, None
        if record is None:
            return
        if self._lines is None:
            self.output.record(_plain_line(record, self._keys))
            return
        if record.number < self._next:
            raise InputError(
                f"record {record.number + 1:,} comes after record {self._next:,}; the rows of an "
                "annotated VCF follow the order of its lines."
            )
        for line in self._lines:
            if not is_record_line(line, is_below=self._is_below):
                self._copy(line)
                continue
            number = self._next
            self._next += 1
            if number < record.number:
                self._put(line, None)
                continue
            self._check(line, record)
            self._put(line, record)
            return
        raise changed(b"", record.place, record.number)

    def _check(self, line: bytes, record: _Record) -> None:
        chrom, pos = record.place[:2]
        fields = line.rstrip(b"\r\n").split(b"\t", 2)
        if chrom and _text(fields[0].removeprefix(_BOM)) != chrom:
            raise changed(line, record.place, record.number)
        if pos is not None and (len(fields) < 2 or not _is_number(fields[1], pos)):
            raise changed(line, record.place, record.number)

    def _put(self, line: bytes, record: _Record | None) -> None:
        """Write a record line of the source, with the record's entries when it has any."""
        end = line[len(line.rstrip(b"\r\n")) :]
        fields = line[: len(line) - len(end)].split(b"\t", 8)
        if len(fields) > 7 and self._old.search(fields[7]):
            fields[7] = self._old.sub(b"", fields[7]).lstrip(b";") or b"."
        if len(fields) > 4 and record is not None:
            fields += [b"."] * (8 - len(fields))  # INFO needs its place
            entries = ";".join(_entries(record, self._keys, record.n_alts)).encode()
            is_empty = fields[7] in (b".", b"")
            fields[7] = entries if is_empty else fields[7].removesuffix(b";") + b";" + entries
        self.output.record(b"\t".join(fields) + end)

    def _copy(self, line: bytes) -> None:
        """Write a line that holds no scored record; ours stand above the names of the columns."""
        if is_record_line(line, is_below=self._is_below):
            self._next += 1
            self._put(line, None)
            return
        if line.startswith((CARD, *self._earlier)):
            return
        if not self._is_below and line.removeprefix(_BOM).startswith(_COLUMNS):
            self._is_below = True
            end = line[len(line.rstrip(b"\r\n")) :] or b"\n"
            for text in self._header:
                self.output.header(text + end)
        self.output.header(line)

    def _plain_header(self, contigs: Sequence[str]) -> None:
        lines = [b"##fileformat=VCFv4.3"]
        lines += [
            f"##contig=<ID={chrom}>".encode() for chrom in contigs if _CONTIG.fullmatch(chrom)
        ]
        columns = b"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"
        for line in (*lines, *self._header, columns):
            self.output.header(line + b"\n")


def _records(chunk: VariantScores, keys: InfoKeys, row_id: RowId) -> Iterator[_Record]:
    table = chunk.variants.table
    names = chunk.row_names(row_id) if keys.row_key else [""] * len(chunk)
    matrices = [
        (chunk.spread if key.is_spread else chunk.scores)[key.score][:, list(key.columns)].tolist()
        for key in keys.keys
    ]
    columns = ("record", "alt_index", "n_alts", "chrom", "pos", "id", "ref", "alt")
    rows = zip(*(table[name].to_list() for name in columns), strict=True)
    form = "%.8f" if keys.form == "kipoi" else "%.6g"
    for row, (number, index, n_alts, chrom, pos, name, ref, alt) in enumerate(rows):
        status = chunk.status[row]
        keeps_nan = status == "nonfinite"
        cells = [
            ["." if math.isnan(value) and not keeps_nan else form % value for value in matrix[row]]
            for matrix in matrices
        ]
        yield _Record(
            number,
            (chrom, pos, name, ref),
            n_alts,
            {index: alt or ""},
            {index: status},
            {index: names[row]},
            {index: cells},
        )


def _continues(last: _Record, record: _Record, *, is_plain: bool) -> bool:
    """Whether a row holds another allele of the record before it."""
    if last.number != record.number or set(record.alts) & set(last.alts):
        return False
    return not is_plain or last.place == record.place


def _join(last: _Record, record: _Record) -> None:
    last.alts |= record.alts
    last.status |= record.status
    last.names |= record.names
    last.cells |= record.cells


def _entries(record: _Record, keys: InfoKeys, n_alts: int) -> Iterator[str]:
    """Give `key=cells` for each key that has any."""
    alleles = range(1, n_alts + 1)
    yield f"{STATUS_KEY}={','.join(record.status.get(k, '.') for k in alleles)}"
    for place, key in enumerate(keys.keys):
        width = len(key.columns)
        cells = [record.cells[k][place] if k in record.cells else ["."] * width for k in alleles]
        if all(cell == "." for some in cells for cell in some):
            continue
        if keys.form == "kipoi":
            words = ["." if all(c == "." for c in some) else "|".join(some) for some in cells]
        else:
            words = [cell for some in cells for cell in some]
        yield f"{key.key}={','.join(words)}"
    scored = {k for k, some in record.cells.items() if any(set(cells) - {"."} for cells in some)}
    if keys.row_key is not None and scored:
        words = [percent(record.names[k]) if k in scored else "." for k in alleles]
        yield f"{keys.row_key}={','.join(words)}"


def _plain_line(record: _Record, keys: InfoKeys) -> bytes:
    """A record of its own: the alleles that are there, numbered anew."""
    chrom, pos, name, ref = record.place
    order = sorted(record.alts)
    anew = {old: new for new, old in enumerate(order, 1)}
    moved = replace(
        record,
        status={anew[k]: word for k, word in record.status.items()},
        names={anew[k]: word for k, word in record.names.items()},
        cells={anew[k]: cells for k, cells in record.cells.items()},
    )
    alts = ",".join(_cell(record.alts[k], ".") for k in order)
    info = ";".join(_entries(moved, keys, len(order)))
    # POS 0 is legal in a VCF and no place of any base: what an unreadable position becomes
    cells = (_cell(chrom, "."), str(pos or 0), _cell(name, "."), _cell(ref, "N"), alts)
    return "\t".join((*cells, ".", ".", info)).encode() + b"\n"


def _cell(text: str | None, empty: str) -> str:
    """Text of a table as a cell of a VCF, which holds no white space."""
    return re.sub(r"\s", "_", text) if text else empty


def is_record_line(line: bytes, *, is_below: bool) -> bool:
    """Whether the VCF door reads a line as a record."""
    text = line.rstrip(b"\n").removesuffix(b"\r")
    return bool(text) and not text.startswith(b"#") and (is_below or text.count(b"\t") >= 4)


def _is_number(field: bytes, pos: int) -> bool:
    return field.isdigit() and int(field) == pos


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", errors="backslashreplace")


def changed(line: bytes, place: tuple[object, ...], number: int) -> InputChangedError:
    """The error for a source whose records are not those that were scored."""
    now = b":".join(line.rstrip(b"\r\n").split(b"\t")[:2]).decode("utf-8", "replace") or "nothing"
    before = ":".join(str(cell) for cell in place[:2] if cell is not None)
    return InputChangedError(
        f"record {number + 1:,} of the variants that were scored was {before}, the file now has "
        f"{now}. Score the file as it is now.",
        field="variants",
        before=before,
        after=now,
    )


def source_lines(source: Path) -> Iterator[bytes]:
    """Give the lines of a VCF with their ends; of a BCF the text that it stands for.

    Raises:
        MissingFileError: no such file.
        FormatError: it ends early.
    """
    if not source.is_file():
        raise missing_file(source)
    if is_bcf(source):
        yield from _bcf_lines(source)
        return
    with source.open("rb") as raw:
        is_packed = raw.read(2) == b"\x1f\x8b"
    file: BinaryIO
    with gzip.open(source) if is_packed else source.open("rb") as file:  # type: ignore[assignment]
        try:
            yield from file
        except (EOFError, OSError, zlib.error) as error:
            raise FormatError(f"{source}: ends early ({error}).", path=str(source)) from error


def _bcf_lines(source: Path) -> Iterator[bytes]:
    import pysam

    try:
        with pysam.VariantFile(str(source)) as table:
            yield from str(table.header).encode().splitlines(keepends=True)
            for record in table:
                yield str(record).encode()
    except (OSError, ValueError) as error:
        raise FormatError(f"{source}: a damaged BCF ({error}).", path=str(source)) from error


def refuse_source(path: Path, source: Path) -> None:
    """Raise `StoreTargetError` when a file would be written over the variants it comes from."""
    try:
        is_same = path.samefile(source)
    except OSError:  # one of them is not there; whoever writes says why
        is_same = False
    if is_same:
        raise StoreTargetError(
            f"{path} is the file of the variants itself, which is never written over; choose "
            "another name.",
            path=str(path),
        )
