"""The reference sequence: `Genome`, over a FASTA file, slices of one, or bases in memory.

A request is answered in full or refused: nothing is shortened, and bases that exist but are not
here are never replaced by N.
"""

from __future__ import annotations

import warnings
from hashlib import sha256
from html import escape
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from locuscope.errors import (
    DataWarning,
    FormatError,
    LocuscopeError,
    OptionError,
    OutOfBoundsError,
    ShapeError,
    WrongTypeError,
)
from locuscope.genome import sequence as bases
from locuscope.genome.assemblies import organism_of, recognise
from locuscope.genome.fasta_file import INDEX_MODES, FastaFile
from locuscope.genome.interval import Interval, find_contig, match_contig, whole_number
from locuscope.genome.memory import MemoryRecords
from locuscope.genome.slices import SliceMap

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from os import PathLike
    from pathlib import Path
    from typing import Self

    from numpy.typing import NDArray

    from locuscope.genome.memory import Records

    Slices = Mapping[str, Sequence[tuple[str, int]]]

_MAX_ROWS = 10


class Genome:
    """A reference sequence.

    Args:
        path: FASTA file, plain or bgzip.
        assembly: recognised from chromosome lengths when not given.
        name: for messages; the file name when not given.
        organism: index of the organism (human 0, mouse 1); follows the assembly when not given.
        index: what happens when the `.fai` is missing or wrong: "auto" builds one (never over a
            user's file), "check" refuses a wrong one, "cache" leaves the folder alone.

    Contigs answer to both spellings of an unambiguous alias (`chr20`, `20`): `fetch` and `one_hot`
    then say so in one `DataWarning` per call; `resolve` gives the file's own spelling silently.

    >>> genome = Genome.from_sequences({"1": "ACGTNacgt"})
    >>> genome.fetch("1", 2, 7)
    'GTNAC'
    """

    def __init__(
        self,
        path: str | PathLike[str],
        *,
        assembly: str | None = None,
        name: str | None = None,
        organism: int | None = None,
        index: str = "auto",
    ) -> None:
        if index not in INDEX_MODES:
            raise OptionError(
                f"index is {index!r}; use one of {', '.join(INDEX_MODES)}.",
                option="index",
                value=index,
                allowed=INDEX_MODES,
            )
        records = FastaFile(path, index=index)
        self._setup(records, None, assembly, name or records.path.name, organism)

    @classmethod
    def from_sequences(
        cls,
        sequences: Mapping[str, str],
        *,
        lengths: Mapping[str, int] | None = None,
        slices: Slices | None = None,
        assembly: str | None = None,
        name: str = "memory",
        organism: int | None = None,
    ) -> Self:
        """A genome in memory: record -> bases.

        Without `slices` each record is a whole contig; with them, chromosome -> (record, 0-based
        start on the chromosome) pairs, and `lengths` has the bases of each chromosome. The other
        options are those of a file.
        """
        records = MemoryRecords(sequences)
        genome = cls.__new__(cls)
        cls._setup(genome, records, _slice_map(slices, lengths, records), assembly, name, organism)
        return genome

    @classmethod
    def from_slices(
        cls,
        path: str | PathLike[str],
        slices: Slices,
        lengths: Mapping[str, int],
        *,
        assembly: str | None = None,
        name: str | None = None,
        organism: int | None = None,
        index: str = "auto",
    ) -> Self:
        """Chromosomes of which only slices are here, as records of a FASTA file.

        Coordinates are those of the chromosomes. What lies outside the slices raises, even with
        padding: the bases exist and are merely not here.
        """
        genome = cls(path, assembly=assembly, name=name, organism=organism, index=index)
        held = genome._records
        places = _slice_map(slices, lengths, held)
        cls._setup(genome, held, places, assembly, genome.name, organism)
        return genome

    def _setup(
        self,
        records: Records,
        slices: SliceMap | None,
        assembly: str | None,
        name: str,
        organism: int | None,
    ) -> None:
        self._records = records
        self._slices = slices
        self._lengths = records.lengths() if slices is None else slices.lengths
        self.assembly = assembly or recognise(self._lengths)
        self.organism = organism_of(self.assembly) if organism is None else organism
        self.name = name
        self._iupac_told = False
        self._digest: str | None = None
        if slices is not None:
            slices.compare_overlaps(records.read)

    @property
    def path(self) -> Path | None:
        """The FASTA file, None for a genome in memory."""
        return self._records.path

    @property
    def lengths(self) -> Mapping[str, int]:
        """Contig -> bases, in file order; read-only."""
        return MappingProxyType(self._lengths)

    @property
    def contigs(self) -> tuple[str, ...]:
        """Contig names in file order."""
        return tuple(self._lengths)

    @property
    def digest(self) -> str:
        """sha256 over the index rows, the file size and the slices (in memory: the bases)."""
        if self._digest is None:
            pieces = None if self._slices is None else sorted(self._slices.pieces.items())
            text = f"{self._records.fingerprint()}\n{pieces}\n{sorted(self._lengths.items())}"
            self._digest = sha256(text.encode("utf-8")).hexdigest()
        return self._digest

    def resolve(self, chrom: str) -> str:
        """The genome's own spelling of a contig, aliases included; no warning.

        Raises:
            MissingContigError: no such contig; lists the closest names.
        """
        if chrom in self._lengths:
            return chrom
        return find_contig(chrom, self._lengths, f"{self.name} ({self._assembly_text()})")

    def __contains__(self, chrom: object) -> bool:
        return isinstance(chrom, str) and match_contig(chrom, self._lengths) is not None

    def fetch(
        self,
        where: Interval | str,
        start: int | None = None,
        end: int | None = None,
        *,
        pad: bool = False,
        strand_aware: bool = False,
        keep_case: bool = False,
    ) -> str:
        """The bases of an Interval, or of `chrom, start, end`; always as many as asked for.

        Args:
            where: an Interval, or a contig name with `start` and `end` (0-based, half-open).
            start: first base when `where` is a name.
            end: base after the last when `where` is a name.
            pad: N for positions outside the contig, instead of an error.
            strand_aware: reverse complement for an Interval on "-".
            keep_case: keep lower case (soft-masking) as in the file.

        Raises:
            MissingContigError: no such contig.
            OutOfBoundsError: outside the contig without `pad`; outside the slices in any case.
            FormatError: a character that is no base letter.
        """
        chrom, first, last, strand = _place(where, start, end)
        self._tell_alias({chrom})
        text = self._read(chrom, first, last, pad=pad, keep_case=keep_case)
        return bases.reverse_complement(text) if strand_aware and strand == "-" else text

    def one_hot(
        self,
        where: Interval | Sequence[Interval],
        *,
        dtype: str = "uint8",
        pad: bool = False,
        strand_aware: bool = False,
    ) -> NDArray[Any]:
        """One-hot bases: (A, L) of one interval, (N, A, L) of several of equal width.

        N and other unknown letters are zero columns.

        Raises:
            ShapeError: intervals of unequal width.
            OutOfBoundsError, MissingContigError, FormatError: as `fetch`.
        """
        if isinstance(where, Interval):
            return bases.one_hot(self.fetch(where, pad=pad, strand_aware=strand_aware), dtype=dtype)
        places = [_place(item, None, None) for item in where]
        widths = [last - first for _, first, last, _ in places]
        for index, width in enumerate(widths):
            if width != widths[0]:
                raise ShapeError(
                    f"interval {index} is {width:,} bases wide, interval 0 {widths[0]:,}; "
                    "one array holds equal widths only.",
                    found=width,
                    expected=widths[0],
                )
        self._tell_alias({chrom for chrom, *_ in places})
        texts = []
        for chrom, first, last, strand in places:
            text = self._read(chrom, first, last, pad=pad, keep_case=False)
            flips = strand_aware and strand == "-"
            texts.append(bases.reverse_complement(text) if flips else text)
        return bases.one_hot(texts, dtype=dtype)

    def whole(self, chrom: str) -> Interval:
        """The whole contig, in the caller's spelling."""
        return Interval(chrom, 0, self._lengths[self.resolve(chrom)])

    def available(self, chrom: str) -> tuple[Interval, ...]:
        """The parts of a contig that are here: the whole, or the slices; caller's spelling."""
        if self._slices is None:
            return (self.whole(chrom),)
        pieces = self._slices.pieces[self.resolve(chrom)]
        return tuple(Interval(chrom, piece.start, piece.end) for piece in pieces)

    def missing(self, where: Interval) -> tuple[Interval, ...]:
        """The parts of `where` that exist on the contig but are not here."""
        contig = self.resolve(where.chrom)
        if self._slices is None:
            return ()
        start, end = max(where.start, 0), min(where.end, self._lengths[contig])
        gaps = self._slices.missing(contig, start, end) if start < end else ()
        return tuple(Interval(where.chrom, first, last) for first, last in gaps)

    def check(self, where: Interval, *, pad: bool = False) -> LocuscopeError | None:
        """None, or the error that `fetch` would raise for the place (letters are not looked at)."""
        try:
            self._locate(where.chrom, where.start, where.end, pad=pad)
        except LocuscopeError as error:
            return error
        return None

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        self._records.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __repr__(self) -> str:
        if self._slices is not None:
            return f"Genome({self.name!r}, {self._assembly_text()}, {self._slices.text()})"
        n_contigs = len(self._lengths)
        contigs = f"{n_contigs:,} contig{'' if n_contigs == 1 else 's'}"
        size = _size_text(sum(self._lengths.values()))
        return f"Genome({self.name!r}, {self._assembly_text()}, {contigs}, {size})"

    def _repr_html_(self) -> str:
        shown = list(self._lengths.items())[:_MAX_ROWS]
        rest = len(self._lengths) - len(shown)
        rows = "".join(f"<tr><td>{escape(n)}</td><td>{size:,}</td></tr>" for n, size in shown)
        more = f"<caption>and {rest:,} more contigs</caption>" if rest else ""
        head = "<tr><th>contig</th><th>bases</th></tr>"
        return f"<p>{escape(repr(self))}</p><table>{more}{head}{rows}</table>"

    def _assembly_text(self) -> str:
        return self.assembly or "unknown assembly"

    def _tell_alias(self, chroms: set[str]) -> None:
        used = sorted(f"{chrom} -> {self.resolve(chrom)}" for chrom in chroms - set(self._lengths))
        if used:
            warnings.warn(
                f"{self.name} spells contigs differently ({', '.join(used[:5])}); "
                "answers carry your spelling.",
                DataWarning,
                stacklevel=3,
            )

    def _locate(self, chrom: str, start: int, end: int, *, pad: bool) -> tuple[str, int, int]:
        """The contig and the part of `[start, end)` to read; refuses what cannot be answered."""
        contig = self.resolve(chrom)
        length = self._lengths[contig]
        if start >= end or (not pad and (start < 0 or end > length)):
            why = "is empty or reversed" if start >= end else "leaves the contig"
            raise OutOfBoundsError(
                f"{chrom}:[{start:,}, {end:,}) {why}; {chrom} has {length:,} bases in {self.name}.",
                interval=(chrom, start, end),
                contig_length=length,
            )
        first, last = max(start, 0), min(end, length)
        if first < last and self._slices is not None and self._slices.missing(contig, first, last):
            raise self._slices.refusal(Interval(chrom, start, end), contig, self.assembly)
        return contig, first, last

    def _read(self, chrom: str, start: int, end: int, *, pad: bool, keep_case: bool) -> str:
        contig, first, last = self._locate(chrom, start, end, pad=pad)
        if first >= last:
            return "N" * (end - start)
        if self._slices is None:
            raw = self._records.read(contig, first, last)
        else:
            parts = self._slices.cover(contig, first, last)
            raw = b"".join(self._records.read(*part) for part in parts)
        text = self._checked(raw, chrom, first, keep_case=keep_case)
        return "N" * (first - start) + text + "N" * (end - last)

    def _checked(self, raw: bytes, chrom: str, start: int, *, keep_case: bool) -> str:
        """Upper-case text of base letters; illegal ones refused, the first ambiguous one told."""
        upper = bases.plain_upper(raw)
        if upper is not None:
            return (raw if keep_case else upper).decode("ascii")
        place, is_legal = bases.first_odd_letter(raw)
        text = f"{chr(raw[place])!r} at {chrom}:{start + place + 1:,}"
        if not is_legal:
            raise FormatError(
                f"{self.name}: {text} is no base letter; legal are {bases.IUPAC} in either case.",
                path=self.path,
                text=chr(raw[place]),
            )
        if not self._iupac_told:
            self._iupac_told = True
            warnings.warn(
                f"{self.name} has the letter {text}; letters other than A, C, G, T count as "
                "unknown (said once).",
                DataWarning,
                stacklevel=5,
            )
        return (raw if keep_case else raw.upper()).decode("ascii")


def _slice_map(
    slices: Slices | None, lengths: Mapping[str, int] | None, records: Records
) -> SliceMap | None:
    if slices is None and lengths is None:
        return None
    return SliceMap(slices or {}, lengths or {}, records.lengths())


def _place(where: Interval | str, start: int | None, end: int | None) -> tuple[str, int, int, str]:
    if isinstance(where, Interval) and start is None and end is None:
        return where.chrom, where.start, where.end, where.strand
    if isinstance(where, str) and start is not None and end is not None:
        return where, whole_number(start, "start"), whole_number(end, "end"), "."
    raise WrongTypeError(
        f"a place is an Interval, or a contig name with start and end; not {where!r}, {start!r}, "
        f"{end!r}.",
        argument="where",
        found=where,
        expected="Interval",
    )


def _size_text(n_bases: int) -> str:
    for unit, size in (("Gb", 10**9), ("Mb", 10**6), ("kb", 10**3)):
        if n_bases >= size:
            return f"{n_bases / size:.1f} {unit}"
    return f"{n_bases} b"
