"""The windows a mutation map reads, which positions each one changes, and the changed sequences."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from locuscope.effects.windows.allele_windows import AlleleView, AlleleWindow
from locuscope.errors import OptionError, WrongTypeError
from locuscope.genome.alignment import Alignment, Edits
from locuscope.genome.interval import Interval
from locuscope.genome.sequence import BASES, count_unknown, reverse_complement
from locuscope.genome.variant import Variant
from locuscope.inference.joined_inputs import pieces

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from locuscope.genome.reference import Genome
    from locuscope.models.protocol import SequenceModel

UNKNOWN = 4


@dataclass(frozen=True, eq=False)
class Piece:
    """One input of a model inside the bases it reads.

    Args:
        name: of the input.
        place: the bases on the genome; strand "-" where they are read as the reverse complement.
        first: column of its first base in the joined one-hot.
    """

    name: str
    place: Interval
    first: int

    def column(self, position: int) -> int | None:
        """Column of a 0-based position of the genome; None outside."""
        if not self.place.start <= position < self.place.end:
            return None
        if self.place.strand == "-":
            return self.first + self.place.end - 1 - position
        return self.first + position - self.place.start


@dataclass(frozen=True, eq=False)
class MapWindow:
    """What a model reads, and the positions that are changed in it.

    Args:
        window: on the genome, from the first to the last base that is read.
        pieces: the inputs; one for most models.
        positions: 0-based positions to change, ascending.
        held: bases and arrays that a data loader gave; None = they are read from the genome.
    """

    window: Interval
    pieces: tuple[Piece, ...]
    positions: NDArray[np.int64]
    held: AlleleWindow | None = None


@dataclass(frozen=True, eq=False)
class MapEntry:
    """One entry of the result.

    Args:
        row: place in the input.
        targets: input name -> the bases of its map.
        windows: what is read for it; every position of a target is in one of them.
        annotations: variants of the call that lie there.
    """

    row: int
    targets: Mapping[str, Interval]
    windows: tuple[MapWindow, ...]
    annotations: tuple[Variant, ...] = ()


def interval_entry(
    model: SequenceModel, place: Interval, row: int, width_bp: int, core_bp: int | None
) -> MapEntry:
    """The entry of an interval: one window centred on it, or one centred on each chunk.

    Args:
        model: gives its inputs.
        place: the bases to change.
        row: place in the input.
        width_bp: width of a window.
        core_bp: bases of a chunk; None = half the window, and no chunks where the place fits into
            one window.

    Raises:
        OptionError: chunks, or a place that no input reads, for a model with several inputs.
    """
    limit, step = (width_bp, max(1, width_bp // 2)) if core_bp is None else (core_bp, core_bp)
    if place.width <= limit:
        return window_entry(model, place.center(width_bp), row, place)
    if len(model.inputs) > 1:
        raise OptionError(
            f"{place.text()} is longer than the window of {width_bp:,} bases; {model.name} has "
            "several inputs, whose maps are made window by window: use tiling='kipoi'.",
            option="tiling",
            value="core",
        )
    chunks = (
        Interval(place.chrom, at, min(at + step, place.end))
        for at in range(place.start, place.end, step)
    )
    windows = tuple(_window(model, chunk.center(width_bp), chunk) for chunk in chunks)
    return MapEntry(row, {model.inputs[0].name: place}, windows)


def window_entry(
    model: SequenceModel,
    window: Interval,
    row: int,
    place: Interval,
    held: AlleleWindow | None = None,
) -> MapEntry:
    """The entry of one given window, in which the bases of a place are changed.

    A model with several inputs has a map of each of them, of the bases that it shares with the
    place.

    Raises:
        OptionError: no input reads a base of the place.
    """
    each = _window(model, window, place, held)
    targets = {
        piece.name: replace(place, start=shared.start, end=shared.end)
        for piece in each.pieces
        if (shared := piece.place.intersect(place)) is not None
    }
    if not targets:
        raise OptionError(
            f"no input of {model.name} reads a base of {place.text()} in the window "
            f"{window.text()}.",
            option="where",
            value=place,
        )
    return MapEntry(row, targets, (each,))


def _window(
    model: SequenceModel, window: Interval, place: Interval, held: AlleleWindow | None = None
) -> MapWindow:
    listed, first = [], 0
    names = [spec.name for spec in model.inputs if spec.kind == "dna"]
    bare = Interval(window.chrom, window.start, window.end, window.strand if held else ".")
    for name, read in zip(names, pieces(model.inputs, bare), strict=True):
        listed.append(Piece(name, read, first))
        first += read.width
    spans = [
        np.arange(max(p.place.start, place.start), min(p.place.end, place.end), dtype=np.int64)
        for p in listed
    ]
    return MapWindow(bare, tuple(listed), np.unique(np.concatenate(spans)), held)


def read_window(genome: Genome | None, each: MapWindow) -> AlleleWindow:
    """Read the bases of a window; its allele stands for none and is put in by `changed`.

    Raises:
        OutOfBoundsError: bases that exist on the contig are missing from an embedded slice.
        WrongTypeError: there is no genome to read them from.
    """
    if each.held is not None:
        return each.held
    if genome is None:
        raise WrongTypeError(
            f"genome is needed to read {each.window.text()}; Genome(path) opens a FASTA file.",
            argument="genome",
            found="None",
            expected="Genome",
        )
    contig = genome.resolve(each.window.chrom)
    length = genome.lengths[contig]
    parts: list[NDArray[np.uint8]] = []
    n_padded = 0
    for piece in each.pieces:
        place = Interval(contig, piece.place.start, piece.place.end)
        bases: NDArray[np.uint8] = genome.one_hot(place, dtype="uint8", pad=True)
        parts.append(reverse_complement(bases) if piece.place.strand == "-" else bases)
        n_padded += max(0, -place.start) + max(0, place.end - length)
    reference = np.ascontiguousarray(np.concatenate(parts, axis=1))
    window = Interval(contig, each.window.start, each.window.end)
    alignment = Alignment(window.start, window.end, window.width, Edits.from_list([]))
    return AlleleWindow(
        Variant(contig, max(1, window.start + 1), "A", "A"),
        window,
        reference,
        (AlleleView(reference, alignment),),
        n_padded,
        int(count_unknown(reference)) - n_padded,
    )


def base_at(each: MapWindow, opened: AlleleWindow, position: int) -> int:
    """Row of the forward-strand base at a position, 0-3; 4 where it is unknown."""
    for piece in each.pieces:
        column = piece.column(position)
        if column is not None:
            bases = opened.reference[:, column]
            if not bases.any():
                return UNKNOWN
            row = int(bases.argmax())
            return 3 - row if piece.place.strand == "-" else row
    return UNKNOWN


def changed(
    each: MapWindow, opened: AlleleWindow, position: int, ref: int, alt: int
) -> AlleleWindow:
    """Give the window with one base of the forward strand exchanged in every input that has it.

    Args:
        each: the window.
        opened: its bases.
        position: 0-based, on the genome.
        ref: row of the reference base, 4 where it is unknown.
        alt: row of the base to put there; `ref` leaves the sequence as it is.
    """
    letter = BASES[alt]
    # an unknown base has no letter that an allele may have; REF = ALT says "no change of length"
    variant = Variant(opened.window.chrom, position + 1, letter if ref > 3 else BASES[ref], letter)
    alternative = opened.reference
    if ref != alt:
        alternative = opened.reference.copy()
        for piece in each.pieces:
            column = piece.column(position)
            if column is not None:
                alternative[:, column] = 0
                alternative[3 - alt if piece.place.strand == "-" else alt, column] = 1
    view = AlleleView(alternative, opened.alternatives[0].alignment)
    return replace(opened, variant=variant, alternatives=(view,))
