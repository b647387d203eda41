"""Alleles in parts of a fixed number of rows, from a file or from memory, with their digest.

A part depends on nothing but the variants and its number, so that whoever works part by part can
leave out the parts that are done.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locuscope.errors import InputChangedError, InputError, OptionError, WrongTypeError, shown_path
from locuscope.genome.interval import whole_number
from locuscope.genome.variant import Variant
from locuscope.genome.variant_table import VariantTable
from locuscope.genome.vcf_rows import read_frames
from locuscope.store import digest_file, missing_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from locuscope.genome.reference import Genome

PART_ROWS = 2_048
"""Alleles of a part."""

_CHUNK_ROWS = 65_536


class VariantSource:
    """Variants that are read in parts, as often as needed.

    Args:
        variants: path of a VCF or BCF, `-` for standard input (read once), a VariantTable, a list
            of Variant, one Variant, or a frame with chrom, pos, ref, alt [, id].

    `n_alleles` is None until a file was read to its end once, like the digest.

    Raises:
        WrongTypeError: nothing of the kind.

    >>> source = VariantSource([Variant("20", 5, "G", "A"), Variant("20", 9, "C", "T")])
    >>> [len(part) for part in source.parts(None, 1)], source.n_alleles, len(source.digest)
    ([1, 1], 2, 64)
    """

    def __init__(self, variants: object) -> None:
        self._text: str | None = None
        self._table: VariantTable | None = None
        self._stamp: tuple[int, int, int] | None = None
        self._is_spent = False
        self._said: set[str] = set()  # contigs whose other spelling was announced
        self._found: str | None = None
        self.n_alleles: int | None = None
        if isinstance(variants, (str, os.PathLike)):
            self._text = os.fspath(variants)
        else:
            self._table = table_of(variants)
            self.n_alleles = len(self._table)

    @property
    def digest(self) -> str | None:
        """sha256 of the file, or of the columns and notes; None before a file's first pass."""
        if self._found is None and self._table is not None:
            self._found = _digest(self._table)
        return self._found

    @property
    def path(self) -> Path | None:
        """The file, absolute; None for standard input and for variants in memory."""
        return None if self._text in (None, "-") else Path(str(self._text)).absolute()

    @property
    def name(self) -> str:
        """What messages call it."""
        if self._text is None:
            return "variants in memory"
        return "standard input" if self._text == "-" else shown_path(self._text)

    def read_digest(self) -> str:
        """The digest, by reading the file's bytes when they were not read yet.

        Raises:
            MissingFileError: no such file.
            InputError: standard input or a pipe, whose bytes can be read only once.
        """
        if self.digest is None:
            if self.path is None or not self.path.is_file():
                if self.path is not None and not self.path.exists():
                    raise missing_file(self.path)
                raise InputError(
                    f"{self.name} can be read only once; save it as a file to compare it with an "
                    "earlier run."
                )
            self._stamp = _stamp(self.path)
            self._found = digest_file(self.path)
            self._check_stamp()
        return str(self.digest)

    def parts(
        self, genome: Genome | None, part_rows: int = PART_ROWS, *, start: int = 0
    ) -> Iterator[VariantTable]:
        """Yield tables of exactly `part_rows` alleles in input order, the last one smaller.

        The alleles of one record may lie in two parts. Variants without rows give one empty table.

        Args:
            genome: gives the verdicts that need one; None leaves them out.
            part_rows: alleles per part.
            start: number of the first part to yield; those before are read, not checked.

        Raises:
            InputChangedError: at the end, when the file changed while it was read or since an
                earlier pass.
            InputError: standard input asked for a second time.
            FormatError, MissingFileError: as `read_vcf`.
        """
        size = _at_least(1, part_rows, "part_rows")
        first = _at_least(0, start, "start") * size
        if self._table is not None:
            table = self._table if genome is None else self._table.check(genome, said=self._said)
            yield from _cut(iter([table]), size, first)
            return
        yield from _cut(self._chunks(genome, first), size, first)

    def _chunks(self, genome: Genome | None, first: int) -> Iterator[VariantTable]:
        """The file in big pieces, checked where a row from `first` on is in them."""
        self._check_stamp()
        if self._is_spent:
            raise InputError(f"{self.name} was read already; it can be read only once.")
        path = str(self._text)
        self._is_spent = self.path is None or self.path.is_fifo()
        hasher = sha256()
        n_rows = 0
        if not self._is_spent and self._stamp is None and Path(path).is_file():
            self._stamp = _stamp(Path(path))
        for frame in read_frames(path, genome, _CHUNK_ROWS, hasher=hasher):
            table = VariantTable.of(frame)
            n_rows += len(table)
            yield (
                table.check(genome, said=self._said)
                if genome is not None and n_rows > first
                else table
            )
        found = hasher.hexdigest()
        if self._found not in (None, found):
            raise self._changed("sha256", self._found, found)
        self._check_stamp()
        self._found, self.n_alleles = found, n_rows

    def check_unchanged(self) -> None:
        """Refuse to go on when the file is no longer the one that was read.

        Raises:
            InputChangedError: its size, time of change or place on the disk differs.
            MissingFileError: it is gone.
        """
        self._check_stamp()

    def _check_stamp(self) -> None:
        if self._stamp is None or self.path is None:
            return
        now = _stamp(self.path)
        for field, was, found in zip(("size", "mtime_ns", "inode"), self._stamp, now, strict=True):
            if was != found:
                raise self._changed(field, was, found)

    def _changed(self, field: str, was: object, found: object) -> InputChangedError:
        return InputChangedError(
            f"{self.name} changed since it was first read ({field} was {was}, is {found}); "
            "start again when it is complete.",
            path=self.path,
            field=field,
            before=was,
            after=found,
        )


def stream_parts(
    variants: object, genome: Genome | None, part_rows: int = PART_ROWS
) -> Iterator[VariantTable]:
    """The parts of `VariantSource(variants)`, when nothing else of it is needed."""
    source = variants if isinstance(variants, VariantSource) else VariantSource(variants)
    return source.parts(genome, part_rows)


def table_of(variants: object) -> VariantTable:
    """Variants in memory, in any of their forms, as one table; not checked against a genome.

    Raises:
        WrongTypeError: nothing of the kind.
    """
    if isinstance(variants, VariantTable):
        return variants
    if isinstance(variants, Variant):
        return VariantTable.from_variants([variants])
    if hasattr(variants, "columns"):
        return VariantTable.from_frame(variants)
    if isinstance(variants, Sequence):
        return VariantTable.from_variants(variants)
    raise WrongTypeError(
        "variants must be a VCF path, a VariantTable, a list of Variant, or a frame with "
        f"chrom, pos, ref, alt; got {type(variants).__name__}.",
        argument="variants",
        found=type(variants).__name__,
        expected="path, VariantTable, list of Variant, frame",
    )


def _cut(tables: Iterator[VariantTable], size: int, first: int) -> Iterator[VariantTable]:
    """The same rows in tables of `size`, from row `first` on."""
    held: list[VariantTable] = []
    n_held = n_seen = n_given = 0
    for table in tables:
        skipped = min(max(first - n_seen, 0), len(table))
        n_seen += len(table)
        held.append(table[skipped:] if skipped else table)
        n_held += len(held[-1])
        if n_held < size:
            continue
        whole = held[0] if len(held) == 1 else VariantTable.concat(held)
        stop = n_held - n_held % size
        for begin in range(0, stop, size):
            yield whole[begin : begin + size]
        n_given += stop
        held, n_held = [whole[stop:]], n_held - stop
    if n_held or not (n_given or first):
        yield VariantTable.concat(held)


def _digest(table: VariantTable) -> str:
    """sha256 over the columns and notes of a table, the same for however it is laid out."""
    hasher = sha256(table.note_bits.astype("<u2").tobytes())
    for piece in table.table.iter_slices(_CHUNK_ROWS):
        hasher.update(piece.write_csv(separator="\t", quote_style="always").encode())
    return hasher.hexdigest()


def _at_least(lowest: int, value: object, option: str) -> int:
    number = whole_number(value, option)
    if number < lowest:
        raise OptionError(
            f"{option} is {value!r}; a whole number of at least {lowest} is needed.",
            option=option,
            value=value,
        )
    return number


def _stamp(path: Path) -> tuple[int, int, int]:
    try:
        facts: Any = path.stat()
    except FileNotFoundError as error:
        raise missing_file(path) from error
    return facts.st_size, facts.st_mtime_ns, facts.st_ino
