"""A place on the genome: `Interval`, its text form, and contig names that are spelt two ways."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from html import escape
from operator import index as as_index
from typing import TYPE_CHECKING, Protocol

from locuscope.errors import (
    InputError,
    MissingContigError,
    OptionError,
    OutOfBoundsError,
    WrongTypeError,
    closest,
    did_you_mean,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_MAX_POSITION = 2**31 - 1
_MAX_NAME = 255
_BLANK_OR_CONTROL = re.compile(r"[\s\x00-\x1f\x7f-\x9f]")
_NUMBER = r"([0-9]{1,12}|[0-9]{1,3}(?:,[0-9]{3}){1,3})"
_RANGE = re.compile(rf"\s*{_NUMBER}\s*(?:(?:-|\.\.|\u2013)\s*{_NUMBER}\s*)?$")
_STRAND_SUFFIX = re.compile(r"\s*(?:\(([-+.])\)|:([-+.]))$")
_EXAMPLE = "write it like 'chr1:1,001-2,000'"


class _Contigs(Protocol):
    """What `Interval.parse` needs of a genome."""

    @property
    def lengths(self) -> Mapping[str, int]: ...


class _Place(Protocol):
    """An Interval, or anything with an `interval` (a Variant)."""

    @property
    def interval(self) -> Interval: ...


@dataclass(frozen=True, slots=True, repr=False)
class Interval:
    """Bases `[start, end)` of a contig, counted from 0; the strand is a label.

    A negative start or an end beyond the contig is legal: a window may overhang. The strand never
    reorders coordinates or values; a verb that reads the other strand says so.

    Raises:
        OutOfBoundsError: `start` is not left of `end`, or a bound leaves +-2^31-1.
        InputError: an empty contig name, or one with blanks or control characters.
        OptionError: a strand other than "+", "-", ".".

    >>> Interval("20", 2_569_999, 2_590_000).text()
    '20:2,570,000-2,590,000'
    """

    chrom: str
    start: int
    end: int
    strand: str = "."
    name: str | None = None

    def __post_init__(self) -> None:
        chrom, start, end = self.chrom, self.start, self.end
        if type(chrom) is not str or not chrom or len(chrom) > _MAX_NAME or not chrom.isalnum():
            check_contig_name(chrom)
        if type(start) is not int:
            object.__setattr__(self, "start", start := whole_number(start, "start"))
        if type(end) is not int:
            object.__setattr__(self, "end", end := whole_number(end, "end"))
        if not -_MAX_POSITION <= start < end <= _MAX_POSITION:
            _refuse_bounds(chrom, start, end)
        if self.strand not in ("+", "-", "."):
            raise OptionError(
                f"strand of {chrom}:{start}-{end} is {self.strand!r}; use '+', '-' or '.'.",
                option="strand",
                value=self.strand,
                allowed=("+", "-", "."),
            )
        if self.name is not None and not isinstance(self.name, str):
            raise WrongTypeError(
                f"name of an interval is text or None, not {self.name!r}.",
                argument="name",
                found=self.name,
                expected="str",
            )

    @property
    def interval(self) -> Interval:
        """The interval itself, so that places and variants answer alike."""
        return self

    @property
    def width(self) -> int:
        """Number of bases."""
        return self.end - self.start

    @property
    def midpoint(self) -> int:
        """`(start + end) // 2`."""
        return (self.start + self.end) // 2

    def center(self, width_bp: int) -> Interval:
        """The `width_bp` bases around the midpoint; strand and name are kept.

        >>> Interval("1", 10, 20).center(5)
        Interval('1', 13, 18)
        """
        width = whole_number(width_bp, "width_bp")
        start = self.midpoint - width // 2
        return replace(self, start=start, end=start + width)

    def pad(self, left_bp: int, right_bp: int | None = None) -> Interval:
        """Grown on both sides (shrunk where negative), left and right in forward direction."""
        left = whole_number(left_bp, "left_bp")
        right = left if right_bp is None else whole_number(right_bp, "right_bp")
        return replace(self, start=self.start - left, end=self.end + right)

    def shift(self, bp: int) -> Interval:
        """Moved by `bp` bases to the right (left where negative)."""
        step = whole_number(bp, "bp")
        return replace(self, start=self.start + step, end=self.end + step)

    def clip(self, length_bp: int) -> Interval:
        """The part inside `[0, length_bp)`.

        Raises:
            OutOfBoundsError: nothing of it lies there.
        """
        start, end = max(self.start, 0), min(self.end, whole_number(length_bp, "length_bp"))
        if start >= end:
            raise OutOfBoundsError(
                f"nothing of {self} lies inside a contig of {length_bp:,} bases.",
                interval=self,
                contig_length=length_bp,
            )
        return replace(self, start=start, end=end)

    def overlaps(self, other: _Place) -> bool:
        """Whether the two share a base; names are compared exactly, strands ignored."""
        place = other.interval
        return self.chrom == place.chrom and self.start < place.end and place.start < self.end

    def contains(self, other: _Place) -> bool:
        """Whether every base of `other` lies inside."""
        place = other.interval
        return self.chrom == place.chrom and self.start <= place.start and place.end <= self.end

    def intersect(self, other: _Place) -> Interval | None:
        """The shared bases with this interval's strand and name, or None."""
        if not self.overlaps(other):
            return None
        place = other.interval
        return replace(self, start=max(self.start, place.start), end=min(self.end, place.end))

    def distance(self, other: _Place) -> int | None:
        """Bases between the two: 0 when touching or overlapping, None on other contigs."""
        place = other.interval
        if self.chrom != place.chrom:
            return None
        return max(place.start - self.end, self.start - place.end, 0)

    def with_strand(self, strand: str) -> Interval:
        """A copy with another strand."""
        return replace(self, strand=strand)

    def with_name(self, name: str | None) -> Interval:
        """A copy with another name."""
        return replace(self, name=name)

    def text(self, *, commas: bool = True) -> str:
        """The place as people write it: 1-based, both ends included, without the strand."""
        first, last = self.start + 1, self.end
        return f"{self.chrom}:{first:,}-{last:,}" if commas else f"{self.chrom}:{first}-{last}"

    def __str__(self) -> str:
        return self.text() if self.strand == "." else f"{self.text()} ({self.strand})"

    def __repr__(self) -> str:
        words = [repr(self.chrom), f"{self.start:_}", f"{self.end:_}"]
        if self.strand != "." or self.name is not None:
            words.append(repr(self.strand))
        if self.name is not None:
            words.append(repr(self.name))
        return f"Interval({', '.join(words)})"

    def _repr_html_(self) -> str:
        name = "" if self.name is None else f" <b>{escape(self.name)}</b>"
        return f"<code>{escape(str(self))}</code>{name} <small>{self.width:,} bp</small>"

    def to_dict(self) -> dict[str, object]:
        """The five fields by name, 0-based."""
        return {
            "chrom": self.chrom,
            "start": self.start,
            "end": self.end,
            "strand": self.strand,
            "name": self.name,
        }

    @classmethod
    def parse(cls, text: str, *, genome: _Contigs | None = None) -> Interval:
        """Read a place as people write it: 1-based, both ends included.

        Commas (groups of three), blanks around it, `-`, `..` or an en dash, one position alone and
        a strand suffix `(+)` or `:+` are understood; with `genome` a bare contig name is the whole
        contig, and an exact contig name wins over a range (HLA names hold colons).

        Raises:
            OutOfBoundsError: position 0, or a reversed range.
            InputError: anything else that is not a place.

        >>> Interval.parse("chr1:1,001-2,000")
        Interval('chr1', 1_000, 2_000)
        """
        if not isinstance(text, str):
            raise WrongTypeError(
                f"a place is text, not {text!r}; {_EXAMPLE}.",
                argument="text",
                found=text,
                expected="str",
            )
        stripped = text.strip()
        if genome is not None and stripped in genome.lengths:
            return cls(stripped, 0, genome.lengths[stripped])
        body, strand = _split_strand(stripped)
        if genome is not None:
            contig = match_contig(body, genome.lengths)
            if contig is not None:
                return cls(body, 0, genome.lengths[contig], strand)
        chrom, colon, span = body.rpartition(":")
        found = _RANGE.match(span) if colon else None
        if found is None or not chrom or _BLANK_OR_CONTROL.search(chrom):
            raise InputError(f"{text!r} is not a place; {_EXAMPLE}.")
        first = int(found[1].replace(",", ""))
        last = first if found[2] is None else int(found[2].replace(",", ""))
        if first < 1 or last < first:
            why = "positions in text start at 1" if first < 1 else f"{first:,} is after {last:,}"
            raise OutOfBoundsError(f"{text!r} is no range: {why}; {_EXAMPLE}.", interval=text)
        return cls(chrom, first - 1, last, strand)


def _split_strand(text: str) -> tuple[str, str]:
    found = _STRAND_SUFFIX.search(text)
    if found is None:
        return text, "."
    return text[: found.start()], found[1] or found[2]


def _refuse_bounds(chrom: str, start: int, end: int) -> None:
    if start >= end:
        raise OutOfBoundsError(
            f"{chrom}: start {start:,} is not left of end {end:,}.", interval=(chrom, start, end)
        )
    raise OutOfBoundsError(
        f"{chrom}: [{start:,}, {end:,}) leaves the range of positions, +-{_MAX_POSITION:,}.",
        interval=(chrom, start, end),
    )


def check_contig_name(chrom: object) -> None:
    """Refuse what cannot be a contig name: empty, over 255 characters, blanks, control characters.

    Raises:
        WrongTypeError: not text.
        InputError: the other faults.
    """
    if not isinstance(chrom, str):
        raise WrongTypeError(
            f"a contig name is text, not {chrom!r}.", argument="chrom", found=chrom, expected="str"
        )
    if not chrom:
        raise InputError("the contig name is empty ('').")
    if len(chrom) > _MAX_NAME:
        raise InputError(
            f"contig name {chrom[:40]!r}... has {len(chrom)} characters; at most {_MAX_NAME}."
        )
    if _BLANK_OR_CONTROL.search(chrom):
        raise InputError(f"contig name {chrom!r} holds a blank or a control character.")


def whole_number(value: object, argument: str) -> int:
    """The int that `value` stands for: Python and numpy integers, integer-valued floats.

    Raises:
        WrongTypeError: a bool, NaN, 1.5 or no number at all.
    """
    if not isinstance(value, bool) and type(value).__name__ not in ("bool", "bool_"):
        if isinstance(value, float) or hasattr(value, "is_integer"):
            if value.is_integer():
                return int(value)  # type: ignore[call-overload, no-any-return]
        else:
            try:
                return as_index(value)  # type: ignore[arg-type]
            except TypeError:
                pass
    raise WrongTypeError(
        f"{argument} is {value!r}; a whole number is needed.",
        argument=argument,
        found=value,
        expected="int",
    )


def _spellings(name: str) -> tuple[str, ...]:
    """The ways one contig is written: with and without `chr`, `chrM` for `MT`."""
    if name in ("MT", "chrM"):
        return "MT", "chrM"
    return name, name[3:] if name.startswith("chr") and len(name) > 3 else f"chr{name}"


def match_contig(name: str, known: Collection[str]) -> str | None:
    """The spelling of `name` that `known` has: exact, else the only alias, else None.

    Aliases are `chr` added or removed, and `chrM` for `MT`. No case is folded and no version
    stripped; two known spellings are no alias.

    >>> match_contig("chr20", ["20", "X"]), match_contig("Chr20", ["20"])
    ('20', None)
    """
    if name in known:
        return name
    here = [spelling for spelling in _spellings(name) if spelling in known]
    return here[0] if len(here) == 1 else None


def find_contig(name: str, known: Collection[str], where: str) -> str:
    """As `match_contig`, but a name without match is an error that lists the closest names.

    Raises:
        MissingContigError: `where` (a file or genome, in words) has no such contig.
    """
    found = match_contig(name, known)
    if found is None:
        raise MissingContigError(
            f"no contig {name!r} in {where}; {did_you_mean(name, known)}",
            name=name,
            known=tuple(known),
            closest=closest(name, known),
        )
    return found
