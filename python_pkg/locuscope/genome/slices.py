"""Pieces of chromosomes that stand for the whole: which bases are here, and where they lie."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

from locuscope.errors import (
    FormatError,
    InputError,
    OutOfBoundsError,
    UnknownNameError,
    closest,
    did_you_mean,
)
from locuscope.genome.assemblies import file_of
from locuscope.genome.interval import Interval, check_contig_name, whole_number

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


class Piece(NamedTuple):
    """Bases `[start, end)` of a chromosome, held by a record from its first base on."""

    start: int
    end: int
    record: str


class SliceMap:
    """Chromosome -> the pieces of it that are here, sorted by start.

    Args:
        slices: chromosome -> (record, 0-based start on the chromosome) pairs.
        lengths: bases of each chromosome.
        records: bases of each record.

    Raises:
        UnknownNameError: a record that is not there, or a chromosome without a length.
        OutOfBoundsError: a piece that leaves its chromosome.
    """

    def __init__(
        self,
        slices: Mapping[str, Sequence[tuple[str, int]]],
        lengths: Mapping[str, int],
        records: Mapping[str, int],
    ) -> None:
        if set(slices) != set(lengths):
            odd = sorted(set(slices) ^ set(lengths))
            raise InputError(f"slices and lengths name other chromosomes; only one has {odd[:5]}.")
        self.lengths: dict[str, int] = {}
        self.pieces: dict[str, tuple[Piece, ...]] = {}
        for chrom, entries in slices.items():
            check_contig_name(chrom)
            length = whole_number(lengths[chrom], f"length of {chrom}")
            self.lengths[chrom] = length
            pieces = [_piece(chrom, length, *entry, records) for entry in entries]
            self.pieces[chrom] = tuple(sorted(pieces))
        self._spans = {chrom: _merge(pieces) for chrom, pieces in self.pieces.items()}

    def missing(self, chrom: str, start: int, end: int) -> tuple[tuple[int, int], ...]:
        """The parts of `[start, end)` that no piece holds."""
        gaps = []
        spans = self._spans[chrom]
        at = start
        for first, last in spans[max(bisect_right(spans, (start, start)) - 1, 0) :]:
            if first >= end:
                break
            if first > at:
                gaps.append((at, first))
            at = max(at, last)
        if at < end:
            gaps.append((at, end))
        return tuple(gaps)

    def cover(self, chrom: str, start: int, end: int) -> list[tuple[str, int, int]]:
        """(record, start, end) in record coordinates whose bases in order are `[start, end)`."""
        found = []
        at = start
        for piece in self.pieces[chrom]:
            if piece.end > at >= piece.start and at < end:
                stop = min(piece.end, end)
                found.append((piece.record, at - piece.start, stop - piece.start))
                at = stop
        return found

    def compare_overlaps(self, read: Callable[[str, int, int], bytes]) -> None:
        """Refuse pieces that hold different bases where they overlap.

        Raises:
            FormatError: names the two records and the place.
        """
        for chrom, pieces in self.pieces.items():
            widest: Piece | None = None
            for piece in pieces:
                if widest is not None and piece.start < widest.end:
                    start, end = piece.start, min(piece.end, widest.end)
                    one, two = (
                        read(side.record, start - side.start, end - side.start).upper()
                        for side in (widest, piece)
                    )
                    if one != two:
                        raise FormatError(
                            f"slices {widest.record!r} and {piece.record!r} disagree in "
                            f"{Interval(chrom, start, end).text()}."
                        )
                if widest is None or piece.end > widest.end:
                    widest = piece

    def refusal(self, where: Interval, contig: str, assembly: str | None) -> OutOfBoundsError:
        """The error for a place that exists but is not here."""
        named = assembly or "unknown assembly"
        pieces = self.pieces[contig]
        if len(pieces) == 1:
            held = f"slice {Interval(where.chrom, pieces[0].start, pieces[0].end).text()} ({named})"
        else:
            held = f"{len(pieces):,} slices of {where.chrom} ({named})"
        return OutOfBoundsError(
            f"{where.text()} reaches outside the embedded {held}.",
            hint=f'Use a full FASTA, e.g. Genome("{file_of(assembly)}"), or stay inside.',
            interval=where,
            contig_length=self.lengths[contig],
        )

    def text(self) -> str:
        """The slices in few words, for a repr."""
        n_pieces = sum(len(pieces) for pieces in self.pieces.values())
        chrom, pieces = next(iter(self.pieces.items()))
        if n_pieces == 1:
            return f"slice {Interval(chrom, pieces[0].start, pieces[0].end).text()}"
        return f"{n_pieces:,} slices of {', '.join(self.pieces)}"


def _piece(chrom: str, length: int, record: str, start: int, records: Mapping[str, int]) -> Piece:
    if record not in records:
        raise UnknownNameError(
            f"slice of {chrom}: no record {record!r}; {did_you_mean(record, records)}",
            name=record,
            known=tuple(records),
            closest=closest(record, records),
        )
    first = whole_number(start, f"start of slice {record!r}")
    last = first + records[record]
    if first < 0 or last > length or first == last:
        raise OutOfBoundsError(
            f"slice {record!r} covers [{first:,}, {last:,}) of {chrom}, but that has {length:,}.",
            interval=(chrom, first, last),
            contig_length=length,
        )
    return Piece(first, last, record)


def _merge(pieces: Sequence[Piece]) -> list[tuple[int, int]]:
    """Sorted spans without overlap; touching pieces become one."""
    spans: list[tuple[int, int]] = []
    for start, end, _ in pieces:
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], end))
        else:
            spans.append((start, end))
    return spans
