"""Places for models with several inputs: each input is cut at its own anchor, then all are joined.

A model whose `inputs` are several pieces of sequence reads them end to end, in that order. A place
is given in the direction of its strand: "start" is its first base in that direction, and a place on
the minus strand is read as the reverse complement.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from locuscope.errors import OptionError
from locuscope.genome.interval import Interval
from locuscope.genome.sequence import reverse_complement
from locuscope.inference.windows import check_available, fetch_windows
from locuscope.models.protocol import InputSpec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from locuscope.genome.reference import Genome
    from locuscope.models.protocol import SequenceModel


def is_joined(model: SequenceModel) -> bool:
    """Whether a model reads several pieces of sequence, each of a length of its own."""
    return len(model.inputs) > 1 and all(
        isinstance(spec, InputSpec) and spec.kind == "dna" and spec.length_bp is not None
        for spec in model.inputs
    )


def reads_windows(model: SequenceModel) -> bool:
    """Whether a window around a base means something to a model.

    It does not where several pieces of sequence are counted from the ends of a place whose width is
    nobody's choice, as the ends of an exon are.
    """
    dna = [spec for spec in model.inputs if spec.kind == "dna"]
    return len(dna) == 1 or model.default_width_bp is not None


def piece_windows(model: SequenceModel, place: Interval) -> list[Interval]:
    """The window of each input on the genome, with the strand it is read on.

    Raises:
        OptionError: the place has no strand.
    """
    if place.strand not in ("+", "-"):
        raise OptionError(
            f"{model.name} reads {place.text()} in transcript direction, but the interval has no "
            "strand; give Interval(..., strand='+') or strand='-'.",
            option="where",
            value=place,
        )
    return pieces(model.inputs, place)


def pieces(inputs: Sequence[InputSpec], place: Interval) -> list[Interval]:
    """The window of each DNA input on the genome, with the strand it is read on.

    A place without a strand is read forward. An input without a length of its own is as wide as the
    place.

    >>> ends = (InputSpec("left", length_bp=4), InputSpec("right", length_bp=4, anchor="end"))
    >>> [piece.start for piece in pieces(ends, Interval("1", 10, 30))]
    [10, 30]
    """
    return [_window(spec, place) for spec in inputs if spec.kind == "dna"]


def fetch_joined(
    model: SequenceModel, places: Sequence[Interval], genome: Genome
) -> tuple[list[Interval], NDArray[np.uint8]]:
    """The bases that a model reads of each place.

    Returns:
        For each place the stretch from the first to the last base that is read, and one-hot
        (N, A, L) with the inputs end to end; N outside the contig.

    Raises:
        OutOfBoundsError: bases that exist on the contig are missing from an embedded slice.
    """
    by_place = [piece_windows(model, place) for place in places]
    for place, windows in zip(places, by_place, strict=True):
        for window in windows:
            check_available(model, place, window, genome)
    pieces = []
    for part in range(len(model.inputs)):
        read = [windows[part] for windows in by_place]
        bases = fetch_windows([window.with_strand(".") for window in read], genome)
        for i, window in enumerate(read):
            if window.strand == "-":
                bases[i] = reverse_complement(bases[i])
        pieces.append(bases)
    return [_hull(windows) for windows in by_place], np.concatenate(pieces, axis=2)


def _window(spec: InputSpec, place: Interval) -> Interval:
    length, offset = spec.length_bp or place.width, spec.offset_bp
    is_forward = place.strand != "-"
    anchor = place.start if (spec.anchor == "start") == is_forward else place.end
    start = anchor + offset if is_forward else anchor - offset - length
    strand = "+" if (spec.strand == "+") == is_forward else "-"
    return Interval(place.chrom, start, start + length, strand)


def _hull(windows: Sequence[Interval]) -> Interval:
    first, last = min(w.start for w in windows), max(w.end for w in windows)
    return Interval(windows[0].chrom, first, last)
