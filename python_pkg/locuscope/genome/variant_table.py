"""VariantTable: alleles in input order, one row each, good or bad, with their verdicts."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, overload

import numpy as np
import polars as pl

from locuscope._closest import counted
from locuscope.errors import InputError, ShapeError, VariantError, WrongTypeError
from locuscope.genome.allele_check import find_faults, stop_on_mass_failure
from locuscope.genome.alleles import NOTES, STATUSES
from locuscope.genome.caller import warn_caller
from locuscope.genome.variant import Variant
from locuscope.genome.vcf_lines import Lines
from locuscope.genome.vcf_regions import RegionFilter
from locuscope.genome.vcf_rows import (
    SCHEMA,
    judge_records,
    read_frames,
    status_series,
    without_lines,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from os import PathLike

    from numpy.typing import ArrayLike, NDArray

    from locuscope.genome.reference import Genome


@dataclass(frozen=True, eq=False, repr=False)
class VariantTable:
    """One row per allele, in input order; a bad row keeps its place with a status and a reason.

    Args:
        table: polars columns `line` (1-based in the file, null without one), `record` (0-based
            number of the record), `alt_index` (1-based), `n_alts`, `chrom`, `pos` (1-based, null
            when unreadable), `id` (verbatim), `ref`, `alt`, `status` (Enum of
            `alleles.STATUSES`), `reason` (a sentence, null for good rows). Further columns, such as
            genotypes, may follow and are cut together with the rows.
        note_bits: uint16 (V,); bit k stands for `alleles.NOTES[k]`.

    >>> table = VariantTable.from_variants([Variant("20", 5, "G", "A"), Variant("20", 9, "C", "C")])
    >>> table.counts()
    {'ok': 1, 'ref_equals_alt': 1}
    """

    table: pl.DataFrame
    note_bits: NDArray[np.uint16]

    def __post_init__(self) -> None:
        first = self.table.columns[: len(SCHEMA)]
        if first != list(SCHEMA) or len(self.note_bits) != len(self.table):
            raise ShapeError(
                f"a variant table starts with {list(SCHEMA)} and has one note per row; found "
                f"{self.table.columns} with {len(self.note_bits)} notes.",
                found=self.table.columns,
                expected=list(SCHEMA),
            )

    @classmethod
    def read(
        cls,
        path: str | PathLike[str],
        *,
        genome: Genome | None = None,
        regions: Any = None,
        chunk_rows: int = 65_536,
    ) -> VariantTable:
        """Read a whole VCF; arguments and errors are those of `read_vcf`."""
        chunks = cls.read_chunks(path, genome=genome, regions=regions, chunk_rows=chunk_rows)
        return cls.concat(list(chunks))

    @classmethod
    def read_chunks(
        cls,
        path: str | PathLike[str],
        *,
        genome: Genome | None = None,
        regions: Any = None,
        chunk_rows: int = 65_536,
    ) -> Iterator[VariantTable]:
        """Read a VCF piece by piece: what `read_vcf` does."""
        said: set[str] = set()
        kept = None if regions is None else RegionFilter(regions)
        for frame in read_frames(path, genome, chunk_rows, regions=kept):
            table = cls.of(frame)
            yield table if genome is None else table.check(genome, said=said)

    @classmethod
    def of(cls, frame: pl.DataFrame) -> VariantTable:
        """Wrap a table that has the right columns, without notes."""
        return cls(frame, np.zeros(len(frame), np.uint16))

    @classmethod
    def from_variants(cls, variants: Iterable[Variant]) -> VariantTable:
        """Make a table of variants; only `ref_equals_alt` can be wrong with one."""
        listed = list(variants)
        for variant in listed:
            if not isinstance(variant, Variant):
                raise WrongTypeError(
                    f"a list of Variant is needed, but it holds {variant!r}.",
                    argument="variants",
                    found=type(variant).__name__,
                    expected="Variant",
                )
        texts = (
            [v.chrom for v in listed],
            [str(v.pos) for v in listed],
            ["." if v.id is None else v.id for v in listed],
            [v.ref for v in listed],
            [v.alt for v in listed],
        )
        return cls._from_texts(texts)

    @classmethod
    def from_frame(cls, frame: Any) -> VariantTable:
        """Make a table of a polars or pandas frame with chrom, pos (1-based), ref, alt [, id].

        Rows are judged as those of a file; an ALT with commas becomes several alleles.

        Raises:
            InputError: a column is missing.
        """
        columns = list(frame.columns)
        missing = [name for name in ("chrom", "pos", "ref", "alt") if name not in columns]
        if missing:
            raise InputError(f"the frame has no column {missing}; found {columns[:20]}.")
        n = len(frame)
        ids = _texts(frame["id"]) if "id" in columns else ["."] * n
        chrom, pos, ref, alt = (_texts(frame[name]) for name in ("chrom", "pos", "ref", "alt"))
        return cls._from_texts((chrom, pos, ids, ref, alt))

    @classmethod
    def _from_texts(
        cls, columns: tuple[list[str], list[str], list[str], list[str], list[str]]
    ) -> VariantTable:
        chrom, pos, name, ref, alt = (pl.Series(column, dtype=pl.String) for column in columns)
        lines = Lines(np.arange(1, len(chrom) + 1), (chrom, pos, name, ref, alt), {})
        return cls.of(without_lines(judge_records(lines, contigs=frozenset(columns[0]))))

    @classmethod
    def concat(cls, tables: Sequence[VariantTable]) -> VariantTable:
        """Put tables one below the other."""
        if not tables:
            return cls.of(pl.DataFrame(schema=SCHEMA))
        return cls(
            pl.concat([table.table for table in tables]),
            np.concatenate([table.note_bits for table in tables]),
        )

    def check(self, genome: Genome, *, said: set[str] | None = None) -> VariantTable:
        """Give the verdicts that need a genome: `contig_missing`, `off_edge`, `ref_mismatch`.

        Rows with another status keep it. Contigs known under another spelling get the note
        `contig_alias` (and one DataWarning), mismatches whose ALT is what the genome has the note
        `alt_matches_genome`; alleles are never swapped.

        Args:
            genome: the reference.
            said: contigs whose other spelling has been announced already; grows. Whoever checks
                the pieces of one file passes the same set, so that each alias is said once.
        """
        said = set() if said is None else said
        found = find_faults(self.table, genome)
        for chrom, contig in found.aliases.items():
            if chrom not in said:
                said.add(chrom)
                warn_caller(f"contig {chrom!r} is read as {contig!r} of {genome.name}.")
        bits = self.note_bits.copy()
        bits[found.aliased] |= _bit("contig_alias")
        bits[found.swapped] |= _bit("alt_matches_genome")
        if not found.status:
            return VariantTable(self.table, bits)
        codes = self.table["status"].to_physical().to_numpy().copy()
        codes[list(found.status)] = [STATUSES.index(status) for status in found.status.values()]
        reason = self.table["reason"].to_list()
        for row, why in found.reason.items():
            reason[row] = why
        return VariantTable(self._judged(codes, reason), bits)

    def _judged(self, codes: NDArray[Any], reason: Sequence[str | None]) -> pl.DataFrame:
        return self.table.with_columns(
            status_series(codes), pl.Series("reason", reason, dtype=pl.String)
        )

    def check_assembly(self, genome: Genome, *, n_first: int = 1_000) -> None:
        """Stop early when the first alleles do not fit the genome.

        Raises:
            AssemblyMismatchError: of the first `n_first` checked alleles (at least 50 comparable)
                more than 20 % have another REF, or more than 90 % no contig.
        """
        stop_on_mass_failure(self.table.head(n_first), genome)

    def __len__(self) -> int:
        return len(self.table)

    def __iter__(self) -> Iterator[Variant]:
        for row in range(len(self)):
            yield self[row]

    @overload
    def __getitem__(self, key: int) -> Variant: ...
    @overload
    def __getitem__(self, key: slice | ArrayLike) -> VariantTable: ...
    def __getitem__(self, key: Any) -> Variant | VariantTable:
        """One row as a Variant, or the rows of a slice, mask or index array as a table.

        Raises:
            VariantError: the row asked for has no alleles made of ACGT at a position.
        """
        if isinstance(key, (int, np.integer)) and not isinstance(key, bool):
            return self._variant(int(key))
        if isinstance(key, slice):
            return VariantTable(self.table[key], self.note_bits[key])
        rows = np.arange(len(self))[np.asarray(key, None if len(key) else np.int64)]
        return VariantTable(self.table[rows], self.note_bits[rows])

    def _variant(self, row: int) -> Variant:
        if not -len(self) <= row < len(self):
            raise IndexError(f"row {row} of a table with {len(self):,} alleles")
        found = self.table.row(row, named=True)
        if found["status"] in ("malformed", *STATUSES[4:9]):
            raise VariantError(
                f"row {row} is no variant: {found['reason']}.",
                status=found["status"],
                line=found["line"],
            )
        name = None if found["id"] == "." else found["id"]
        return Variant(found["chrom"], found["pos"], found["ref"], found["alt"], name)

    @property
    def is_ok(self) -> NDArray[np.bool_]:
        """Which rows are ok, bool (V,)."""
        return (self.table["status"] == "ok").to_numpy()

    @property
    def notes(self) -> list[tuple[str, ...]]:
        """The notes of each row as words."""
        known = {
            int(bits): tuple(note for k, note in enumerate(NOTES) if int(bits) >> k & 1)
            for bits in np.unique(self.note_bits)
        }
        return [known[bits] for bits in self.note_bits.tolist()]

    def counts(self) -> dict[str, int]:
        """Alleles per status, in the order of `STATUSES`, those that occur."""
        tally = dict(self.table["status"].value_counts().iter_rows())
        return {status: tally[status] for status in STATUSES if status in tally}

    def with_status(
        self,
        mask: ArrayLike,
        status: str,
        reasons: str | Sequence[str | None] | None = None,
    ) -> VariantTable:
        """Give the rows of `mask` that are still ok another status.

        Args:
            mask: bool (V,).
            status: one of `STATUSES`.
            reasons: one sentence for all, or one per row of the table.
        """
        changed = np.asarray(mask, np.bool_) & self.is_ok
        codes = np.where(
            changed, STATUSES.index(status), self.table["status"].to_physical().to_numpy()
        )
        why = [reasons] * len(self) if reasons is None or isinstance(reasons, str) else reasons
        old = self.table["reason"].to_list()
        reason = [new if now else kept for new, kept, now in zip(why, old, changed, strict=True)]
        return VariantTable(self._judged(codes, reason), self.note_bits)

    def with_note(self, mask: ArrayLike, note: str) -> VariantTable:
        """Add a note to the rows of `mask`."""
        bits = np.where(mask, _bit(note), np.uint16(0))
        return VariantTable(self.table, self.note_bits | bits)

    def __repr__(self) -> str:
        parts = [f"{n:,} {status}" for status, n in self.counts().items()]
        return (
            f"VariantTable({counted(len(self), 'allele')}{': ' if parts else ''}{', '.join(parts)})"
        )

    def _repr_html_(self) -> str:
        shown = ("chrom", "pos", "id", "ref", "alt", "status", "reason")
        head = "".join(f"<th>{name}</th>" for name in shown)
        rows = "".join(
            "<tr>" + "".join(f"<td>{_cell(value)}</td>" for value in row) + "</tr>"
            for row in self.table.select(shown).head(10).iter_rows()
        )
        caption = f"<caption>{escape(repr(self))}</caption>"
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _bit(note: str) -> np.uint16:
    return np.uint16(1 << NOTES.index(note))


def _texts(column: Any) -> list[str]:
    """The cells of a polars or pandas column as text; whole floats lose their `.0`."""
    texts = []
    for value in column.to_list():
        if isinstance(value, float) and value.is_integer():
            texts.append(str(int(value)))
        else:
            texts.append("" if value is None or value != value else str(value))  # noqa: PLR0124
    return texts


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return escape(text if len(text) <= 40 else f"{text[:40]}...", quote=True)
