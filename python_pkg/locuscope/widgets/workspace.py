"""The place and the choice that several widgets share.

`Region` and `Selection` are live objects without a page of their own: give one to two widgets and
they move together; observe one and Python hears what the user does. 0-based half-open inside,
1-based inclusive where people read.
"""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Any, ClassVar

import traitlets as t

from locuscope._closest import counted
from locuscope.errors import (
    InputError,
    OutOfBoundsError,
    UnknownNameError,
    WrongTypeError,
    closest,
    did_you_mean,
)
from locuscope.genome.interval import Interval, match_contig

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from locuscope.genome.genes import Genes
    from locuscope.genome.variant import Variant

MIN_WIDTH_BP = 8


class Region(t.HasTraits):
    """A place on the genome that moves.

    Args:
        chrom: contig name, as the data spell it.
        start: first base, 0-based.
        end: base behind the last one.
        assembly: name of the genome version, shown to people; None: unknown.

    Raises:
        InputError: `start` is not below `end`, or negative.

    >>> region = Region("20", 2_570_000, 2_590_000)
    >>> region.goto("20:2,577,001-2,578,000")
    >>> region.interval
    Interval('20', 2_577_000, 2_578_000)
    """

    chrom = t.Unicode()
    start = t.Int()
    end = t.Int()
    assembly = t.Unicode(None, allow_none=True)

    def __init__(self, chrom: str, start: int, end: int, *, assembly: str | None = None) -> None:
        _check_range(start, end)
        self.scope = uuid.uuid4().hex
        self._seq = 0
        self._is_moving = False
        self._bounds: list[Interval] = []
        self._genes: Genes | None = None
        super().__init__(chrom=chrom, start=start, end=end, assembly=assembly)
        self.observe(self._count, ["chrom", "start", "end"])

    @property
    def interval(self) -> Interval:
        """The place as a noun."""
        return Interval(self.chrom, self.start, self.end)

    @property
    def seq(self) -> int:
        """Number of the last change; the page uses it to tell news from echoes."""
        return self._seq

    def goto(self, place: Interval | Variant | str) -> None:
        """Move to an Interval, a Variant, a locus text or a gene of the attached genes.

        Raises:
            UnknownNameError: no such gene; names the closest ones.
            OutOfBoundsError: the place is outside the data of the widgets that share this region.
        """
        self.move(self.resolve(place))

    def move(self, where: Interval, *, seq: int | None = None) -> None:
        """Set all three coordinates at once, clamped to what is loaded.

        Args:
            where: the new place.
            seq: the page's own number of the change; None: the change starts here.
        """
        where = self.clamp(where)
        self._seq = self._seq + 1 if seq is None else max(self._seq, seq)
        self._is_moving = True
        try:
            with self.hold_trait_notifications():
                self.chrom, self.start, self.end = where.chrom, where.start, where.end
        finally:
            self._is_moving = False

    def clamp(self, where: Interval) -> Interval:
        """Fit a place into the loaded bounds; at least 8 bp wide, wider than all means all."""
        if not self._bounds:
            return where
        start = min(bound.start for bound in self._bounds)
        end = max(bound.end for bound in self._bounds)
        chrom = self._bounds[0].chrom
        if match_contig(where.chrom, [chrom]) is not None:
            where = Interval(chrom, where.start, where.end)
        return fit(where, Interval(chrom, start, end))

    def resolve(self, place: Interval | Variant | str) -> Interval:
        """What `goto` would move to; nothing changes."""
        genes = self._genes
        names = genes.span if genes is not None else None
        known = genes.search("", limit=10**9) if genes is not None else ()
        return resolve_place(place, width_bp=self.end - self.start, span=names, known=known)

    def attach(self, bounds: Interval, genes: Genes | None) -> None:
        """Let a widget add what it has loaded: the clamp covers it, its gene names are known."""
        if self._bounds and self._bounds[0].chrom != bounds.chrom:
            raise InputError(
                f"This region is on {self._bounds[0].chrom}; a widget with data on "
                f"{bounds.chrom} needs a Region of its own."
            )
        self._bounds.append(bounds)
        self._genes = genes if genes is not None else self._genes

    def detach(self, bounds: Interval) -> None:
        """Undo `attach` when a widget is closed."""
        if bounds in self._bounds:
            self._bounds.remove(bounds)

    def _count(self, _: object) -> None:
        """A coordinate set by hand is a change of its own."""
        if not self._is_moving:
            self._seq += 1

    def __repr__(self) -> str:
        return f"Region({self.interval})"


class Selection(t.HasTraits):
    """What the user has chosen: a range, tracks, positions. Every part may be empty.

    Args:
        start, end: selected range, 0-based half-open; None: no range.
        tracks: track numbers of the widget the selection belongs to.
        positions: 0-based bases, such as those of clicked variants.

    >>> Selection(start=10, end=20).width_bp
    10
    """

    start = t.Int(None, allow_none=True)
    end = t.Int(None, allow_none=True)
    tracks = t.Tuple()
    positions = t.Tuple()
    parts: ClassVar = ("start", "end", "tracks", "positions")

    def __init__(
        self,
        *,
        start: int | None = None,
        end: int | None = None,
        tracks: Sequence[int] = (),
        positions: Sequence[int] = (),
    ) -> None:
        if (start is None) != (end is None):
            raise InputError(f"A selected range needs both ends, found {start=} and {end=}.")
        if start is not None and end is not None:
            _check_range(start, end)
        super().__init__(start=start, end=end, tracks=tuple(tracks), positions=tuple(positions))

    @property
    def width_bp(self) -> int:
        """Width of the selected range; 0 without one."""
        return 0 if self.start is None or self.end is None else self.end - self.start

    def choose(self, **parts: Any) -> None:
        """Set several parts at once; parts not given become empty."""
        unknown = sorted(set(parts) - set(self.parts))
        if unknown:
            raise UnknownNameError(
                f"A selection has no part {unknown[0]!r}; it has {', '.join(self.parts)}.",
                name=unknown[0],
                known=self.parts,
            )
        with self.hold_trait_notifications():
            self.start, self.end = parts.get("start"), parts.get("end")
            self.tracks = tuple(parts.get("tracks", ()))
            self.positions = tuple(parts.get("positions", ()))

    def __repr__(self) -> str:
        place = "no range" if self.start is None else f"{self.start + 1:,}-{self.end:,}"
        tracks, positions = len(self.tracks), len(self.positions)
        return f"Selection({place}, {counted(tracks, 'track')}, {counted(positions, 'position')})"


def fit(where: Interval, bounds: Interval) -> Interval:
    """Clamp a place into bounds, keeping its width where possible.

    Raises:
        OutOfBoundsError: another contig, or no base in common.

    >>> fit(Interval("20", 90, 130), Interval("20", 0, 100))
    Interval('20', 60, 100)
    """
    if where.chrom != bounds.chrom or where.end <= bounds.start or where.start >= bounds.end:
        raise OutOfBoundsError(
            f"{where} is outside the loaded region {bounds}.",
            hint="Load that place, or go to one inside.",
            interval=where,
        )
    total = bounds.end - bounds.start
    width = min(max(where.end - where.start, MIN_WIDTH_BP), total)
    middle = where.start - max(0, (width - (where.end - where.start)) // 2)
    start = min(max(middle, bounds.start), bounds.end - width)
    return Interval(bounds.chrom, start, start + width)


def resolve_place(
    place: Interval | Variant | str,
    *,
    width_bp: int,
    span: Callable[[str], Interval] | None,
    known: Sequence[str],
) -> Interval:
    """Turn what a person typed, or a noun, into an Interval.

    A variant or a single position is centred in a window of `width_bp`; a gene gets a margin of
    5 % on each side.
    """
    if isinstance(place, Interval):
        return place
    if not isinstance(place, str):
        where = getattr(place, "interval", None)
        if not isinstance(where, Interval):
            raise WrongTypeError(
                f"goto takes an Interval, a Variant, a locus or a name, not {place!r}.",
                argument="place",
                found=type(place).__name__,
                expected="Interval, Variant or str",
            )
        return around(where, width_bp)
    text = place.strip()
    if re.fullmatch(r"\S+:[\d,]+-[\d,]+", text):
        return Interval.parse(text)
    single = re.fullmatch(r"(\S+):([\d,]+)", text)
    if single:
        position = int(single[2].replace(",", ""))
        return around(Interval(single[1], position - 1, position), width_bp)
    if span is not None and text in known:
        gene = span(text)
        margin = (gene.end - gene.start) // 20
        return Interval(gene.chrom, max(0, gene.start - margin), gene.end + margin)
    raise UnknownNameError(
        f"No place called {text!r}: neither a locus like '20:2,570,001-2,590,000' "
        f"nor one of {len(known):,} known names; {did_you_mean(text, known)}",
        name=text,
        known=tuple(known),
        closest=closest(text, known, n=5),
    )


def around(where: Interval, width_bp: int) -> Interval:
    """A window of `width_bp` with the place in its middle; never narrower than the place.

    >>> around(Interval("1", 100, 101), 20)
    Interval('1', 90, 110)
    """
    middle = (where.start + where.end) // 2
    start = max(0, middle - width_bp // 2)
    return Interval(where.chrom, start, start + max(width_bp, where.end - where.start))


def _check_range(start: int, end: int) -> None:
    if not 0 <= start < end:
        raise InputError(f"A range needs 0 <= start < end, found {start=} and {end=}.")
