"""One change of the genome: `Variant`, how it is written, trimmed, left-aligned and applied."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING

from locuscope.errors import (
    InputError,
    OutOfBoundsError,
    RefMismatchError,
    VariantError,
    WrongTypeError,
)
from locuscope.genome.interval import Interval, check_contig_name, whole_number

if TYPE_CHECKING:
    from locuscope.genome.reference import Genome

_MAX_POSITION = 2**31 - 1
_BASES = frozenset("ACGT")
_LETTERS = re.compile(r"[A-Za-z]+")
_POSITION = r"([0-9]{1,10}|[0-9]{1,3}(?:,[0-9]{3}){1,3})"
_SPACED = re.compile(rf"(\S+):{_POSITION}\s+([A-Za-z]+)\s*>\s*([A-Za-z]+)")
_KEYED = re.compile(rf"(\S+)([:_-]){_POSITION}\2([A-Za-z]+)\2([A-Za-z]+)")
_EXAMPLE = "write it like '20:2577796:G:A' or 'chr20:2,577,796 G>A'"
_STEP = 256  # bases read at once while an indel moves to the left


@dataclass(frozen=True, slots=True, repr=False)
class Variant:
    """REF at `pos` becomes ALT: one allele of a VCF row.

    `pos` counts from 1, as in VCF; `interval` is 0-based. Alleles are one or more of A, C, G, T and
    are upper-cased. Broken rows live in tables with a status, never as a Variant.

    Raises:
        VariantError: an allele or position that no row may have; its `status` is the verdict that
            `read_vcf` gives such a row.

    >>> Variant("20", 2_577_796, "G", "a")
    Variant('20', 2_577_796, 'G', 'A')
    """

    chrom: str
    pos: int
    ref: str
    alt: str
    id: str | None = None

    def __post_init__(self) -> None:
        check_contig_name(self.chrom)
        if type(self.pos) is not int:
            object.__setattr__(self, "pos", whole_number(self.pos, "pos"))
        if not 1 <= self.pos <= _MAX_POSITION:
            raise VariantError(
                f"POS of a variant on {self.chrom} is {self.pos}; positions start at 1 and end at "
                f"{_MAX_POSITION:,}.",
                status="malformed",
            )
        for field, allele in (("ref", self.ref), ("alt", self.alt)):
            if not isinstance(allele, str):
                raise WrongTypeError(
                    f"{field} of a variant is text, not {allele!r}.",
                    argument=field,
                    found=allele,
                    expected="str",
                )
            if not _BASES.issuperset(allele.upper()) or not allele:
                status, why = allele_fault(allele, is_ref=field == "ref")
                raise VariantError(
                    f"{field.upper()} of {self.chrom}:{self.pos} is {allele[:40]!r}: {why}.",
                    status=status,
                )
            object.__setattr__(self, field, allele.upper())
        if self.id is not None and not isinstance(self.id, str):
            raise WrongTypeError(
                f"id of a variant is text or None, not {self.id!r}.",
                argument="id",
                found=self.id,
                expected="str",
            )

    @classmethod
    def parse(cls, text: str) -> Variant:
        """Read `20:2577796:G:A`, `chr20:2,577,796 G>A`, `20-2577796-G-A` or `20_2577796_G_A`.

        Raises:
            InputError: anything else, several alleles and `g.` notation included.

        >>> Variant.parse("chr20:2,577,796 G>A").key
        'chr20:2577796:G:A'
        """
        if not isinstance(text, str):
            raise WrongTypeError(
                f"a variant is text, not {text!r}; {_EXAMPLE}.",
                argument="text",
                found=text,
                expected="str",
            )
        stripped = text.strip()
        spaced = _SPACED.fullmatch(stripped)
        keyed = _KEYED.fullmatch(stripped)
        if spaced is not None:
            chrom, pos, ref, alt = spaced.groups()
        elif keyed is not None:
            chrom, _, pos, ref, alt = keyed.groups()
        else:
            raise InputError(f"{text[:80]!r} is not one variant; {_EXAMPLE}.")
        return cls(chrom, int(pos.replace(",", "")), ref, alt)

    @property
    def key(self) -> str:
        """`chrom:pos:ref:alt`, also `str(variant)`."""
        return f"{self.chrom}:{self.pos}:{self.ref}:{self.alt}"

    @property
    def interval(self) -> Interval:
        """The bases of REF, 0-based: `[pos - 1, pos - 1 + len(ref))`."""
        return Interval(self.chrom, self.pos - 1, self.pos - 1 + len(self.ref))

    @property
    def kind(self) -> str:
        """`snv`, `mnv`, `insertion`, `deletion`, `delins` or `none`, judged after trimming."""
        start, end, alt = self.trimmed()
        removed, added = end - start, len(alt)
        if removed == added:
            return ("none", "snv")[removed] if removed < 2 else "mnv"
        if removed == 0:
            return "insertion"
        return "deletion" if added == 0 else "delins"

    @property
    def length_change(self) -> int:
        """Bases gained, negative when lost: `len(alt) - len(ref)`."""
        return len(self.alt) - len(self.ref)

    @property
    def is_snv(self) -> bool:
        """Whether exactly one base is exchanged."""
        return self.kind == "snv"

    def text(self) -> str:
        """As people write it: `chr20:2,577,796 G>A`."""
        return f"{self.chrom}:{self.pos:,} {self.ref}>{self.alt}"

    def trimmed(self) -> tuple[int, int, str]:
        """The edit without shared bases: common suffix cut off first, then common prefix.

        Returns:
            (b, e, alt): the 0-based bases `[b, e)` become `alt`.

        >>> Variant("1", 10, "TAT", "TGT").trimmed()
        (10, 11, 'G')
        """
        ref, alt = self.ref, self.alt
        shorter = min(len(ref), len(alt))
        suffix = 0
        while suffix < shorter and ref[-1 - suffix] == alt[-1 - suffix]:
            suffix += 1
        ref, alt = ref[: len(ref) - suffix], alt[: len(alt) - suffix]
        prefix = 0
        while prefix < min(len(ref), len(alt)) and ref[prefix] == alt[prefix]:
            prefix += 1
        start = self.pos - 1 + prefix
        return start, start + len(ref) - prefix, alt[prefix:]

    def normalize(self, genome: Genome) -> Variant:
        """The same change, trimmed and moved as far to the left as the genome allows.

        An allele that would be empty gets one anchor base: the base before, at position 1 the base
        after. REF is taken as it stands; use `check` first.

        Raises:
            OutOfBoundsError: the bases it needs leave the contig or an embedded slice.
        """
        start, end, alt = self.trimmed()
        ref = self.ref[start - self.pos + 1 : end - self.pos + 1]
        if ref and alt:
            return replace(self, pos=start + 1, ref=ref, alt=alt)
        if not ref and not alt:
            return self
        rolled, start = _move_left(genome, self.chrom, start, ref or alt)
        contig = genome.resolve(self.chrom)
        if start > 0:
            anchor = genome.fetch(contig, start - 1, start)
            pos, long = start, anchor + rolled
        else:
            right = len(rolled) if ref else 0
            anchor = genome.fetch(contig, right, right + 1)
            pos, long = 1, rolled + anchor
        if anchor not in _BASES:
            return self  # beside N: the spelling given is the only one with a base as anchor
        before, after = (long, anchor) if ref else (anchor, long)
        return replace(self, pos=pos, ref=before, alt=after)

    def check(self, genome: Genome) -> RefMismatchError | None:
        """None when REF is what the genome has, else the error that says what it has.

        Raises:
            MissingContigError, OutOfBoundsError: REF is no place of this genome.
        """
        where = self.interval
        found = genome.fetch(genome.resolve(self.chrom), where.start, where.end)
        if found == self.ref:
            return None
        named = f"{genome.name} ({genome.assembly or 'unknown assembly'})"
        note = ""
        if len(self.alt) == len(self.ref) and found == self.alt:
            note = " ALT is what the genome has: the alleles may be swapped."
        return RefMismatchError(
            f"{self.text()}: REF is {_short(self.ref)} but {named} has {_short(found)} there.{note}"
            " The variant may come from another assembly.",
            expected=self.ref,
            found=found,
            status="ref_mismatch",
        )

    def apply(self, sequence: str, start: int) -> str:
        """`sequence`, whose first base is at 0-based `start`, with REF replaced by ALT.

        Raises:
            OutOfBoundsError: REF does not lie inside the sequence.
            RefMismatchError: the sequence has other bases there.

        >>> Variant("1", 3, "G", "GT").apply("ACGT", 0)
        'ACGTT'
        """
        first = self.pos - 1 - whole_number(start, "start")
        last = first + len(self.ref)
        if first < 0 or last > len(sequence):
            raise OutOfBoundsError(
                f"{self.text()} does not lie inside the {len(sequence):,} bases that start at "
                f"{self.chrom}:{start + 1:,}.",
                interval=self.interval,
            )
        found = sequence[first:last]
        if found.upper() != self.ref:
            raise RefMismatchError(
                f"{self.text()}: REF is {_short(self.ref)} but the sequence has {_short(found)}.",
                expected=self.ref,
                found=found,
                status="ref_mismatch",
            )
        return sequence[:first] + self.alt + sequence[last:]

    def to_dict(self) -> dict[str, object]:
        """The five fields by name."""
        return {
            "chrom": self.chrom,
            "pos": self.pos,
            "ref": self.ref,
            "alt": self.alt,
            "id": self.id,
        }

    def __str__(self) -> str:
        return self.key

    def __repr__(self) -> str:
        words = f"{self.chrom!r}, {self.pos:_}, {self.ref!r}, {self.alt!r}"
        return f"Variant({words})" if self.id is None else f"Variant({words}, {self.id!r})"

    def _repr_html_(self) -> str:
        name = "" if self.id is None else f" <small>{escape(self.id)}</small>"
        alleles = f"{escape(_short(self.ref))}&gt;{escape(_short(self.alt))}"
        return f"<code>{escape(self.chrom)}:{self.pos:,} {alleles}</code>{name}"


def allele_fault(allele: str, *, is_ref: bool = False) -> tuple[str, str]:
    """The row status of an allele that is not made of ACGT, and the reason in words.

    Args:
        allele: the text of REF or of one ALT.
        is_ref: REF has no symbols of its own; what is none of its letters is malformed.

    >>> allele_fault("<DEL>")
    ('symbolic', 'a symbolic allele, not bases')
    """
    if not allele:
        return "malformed", "the allele is empty"
    if not is_ref:
        if allele == ".":
            return "missing_alt", "there is no alternative allele"
        if allele == "*":
            return "star", "the base is deleted by another row"
        if re.fullmatch(r"<[^<>\s,]+>", allele):
            return "symbolic", "a symbolic allele, not bases"
        if _is_breakend(allele):
            return "breakend", "a breakend, not a replacement of bases"
    if _LETTERS.fullmatch(allele):
        odd = next(letter for letter in allele.upper() if letter not in _BASES)
        return "non_acgtn", f"the letter {odd!r} is not one of A, C, G, T"
    odd = next(letter for letter in allele if not _LETTERS.match(letter))
    return "malformed", f"{odd!r} has no place in an allele"


def _is_breakend(allele: str) -> bool:
    """Whether ALT is a mate in brackets (`A[1:100[`, `]1:100]A`) or a single breakend."""
    mate = r"(?:\[\S+:[0-9]+\[|\]\S+:[0-9]+\])"
    bases = r"[A-Za-z]+"
    forms = (rf"{bases}{mate}", rf"{mate}{bases}", rf"\.{bases}", rf"{bases}\.")
    return any(re.fullmatch(form, allele) for form in forms)


def _move_left(genome: Genome, chrom: str, start: int, bases: str) -> tuple[str, int]:
    """Rotate the inserted or deleted bases to the left while the genome repeats them."""
    contig = genome.resolve(chrom)
    here = (place.start for place in genome.available(contig) if place.start <= start <= place.end)
    edge = min(here, default=0)
    moved, size = 0, len(bases)
    while start - moved > edge:
        reach = max(start - moved - _STEP, edge)
        before = genome.fetch(contig, reach, start - moved)
        stop = next(
            (
                i
                for i, base in enumerate(reversed(before))
                if base != bases[-1 - (moved + i) % size]
            ),
            None,
        )
        moved += len(before) if stop is None else stop
        if stop is not None:
            # An anchor must be a base: beside N the change stays one base to the right.
            moved -= 1 if moved and before[-1 - stop] not in _BASES else 0
            break
    turn = moved % size
    return bases[size - turn :] + bases[: size - turn], start - moved


def _short(allele: str) -> str:
    return allele if len(allele) <= 20 else f"{allele[:20]}... ({len(allele):,} bases)"
