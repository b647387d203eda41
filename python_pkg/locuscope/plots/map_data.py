"""What a figure of a mutation map shows, before anything is drawn: numbers, letters and boxes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.effects.maps.map_places import read_alleles
from locuscope.errors import OptionError, OutOfBoundsError, WrongTypeError
from locuscope.genome.interval import match_contig, whole_number
from locuscope.genome.sequence import BASES
from locuscope.genome.variant import Variant

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    from numpy.typing import NDArray

    from locuscope.effects.maps.mutation_maps import MutationMap

DRAWABLE = ("ok", "ref_mismatch", "contig_missing", "off_edge", "ref_equals_alt", "too_long")
"""Statuses of rows whose alleles are bases; whether they fit a genome does not matter here."""
COLUMNS = ("chr", "pos", "id", "ref", "alt")


@dataclass(frozen=True)
class Box:
    """A frame around the cells of a variant.

    Args:
        first: first column.
        stop: one past the last.
        rows: rows A C G T that are framed: one for an exchanged base, all for a change of length.
        label: what is written beside it; "" = nothing, where another box of the variant has it.
    """

    first: int
    stop: int
    rows: tuple[int, ...]
    label: str


@dataclass(frozen=True, eq=False)
class MapData:
    """The content of a figure.

    Args:
        matrix: (4, L), rows A C G T; NaN where the reference is unknown.
        heights: (L,) height of each reference letter; NaN where it is unknown.
        reference: L letters.
        positions: (L,) 0-based position of each column on the genome.
        boxes: variants.
    """

    matrix: NDArray[np.float64]
    heights: NDArray[np.float64]
    reference: str
    positions: NDArray[np.int64]
    boxes: tuple[Box, ...]


def map_data(
    mutation_map: MutationMap,
    *,
    score: str | None = None,
    track: object = None,
    limit_region: Sequence[object] | None = None,
    limit_region_genomic: Sequence[object] | None = None,
    annotation_variants: object = None,
    annotation_vcf: str | PathLike[str] | None = None,
    ignore_stored_annotations: bool = False,
    rc_plot: bool = False,
    letter_heights: str = "mean_abs",
    minimum_letter_height: float | None = None,
) -> MapData:
    """Gather what a figure shows; the arguments are those of `plots.mutation_map.plot`.

    Reading the reverse complement twice gives the same numbers, letters and boxes again.

    Raises:
        OutOfBoundsError: a limit outside the map.
        OptionError: both limits, several tracks without a choice.
    """
    shown = mutation_map if score is None else mutation_map.with_score(score)
    first, stop = _limits(shown, limit_region, limit_region_genomic)
    shown = shown.one_track(track)[first:stop]
    if rc_plot:
        shown = shown.reverse_complement()
    variants = () if ignore_stored_annotations else shown.annotations
    variants += _given(annotation_variants, shown.interval.chrom)
    if annotation_vcf is not None:
        variants += _given(annotation_vcf, shown.interval.chrom)
    heights = shown.letter_heights(letter_heights, minimum=minimum_letter_height)
    return MapData(
        matrix=np.asarray(shown.scores[:, :, 0].T, np.float64),
        heights=np.where([letter == "N" for letter in shown.reference], np.nan, heights[:, 0]),
        reference=shown.reference,
        positions=shown.positions,
        boxes=tuple(box for variant in dict.fromkeys(variants) for box in _boxes(variant, shown)),
    )


def _limits(
    shown: MutationMap, columns: Sequence[object] | None, genomic: Sequence[object] | None
) -> tuple[int, int]:
    """Columns to show, as the map counts them."""
    length = shown.interval.width
    if columns is None and genomic is None:
        return 0, length
    if columns is not None and genomic is not None:
        raise OptionError(
            f"limit_region={columns!r} and limit_region_genomic={genomic!r} both choose columns; "
            "give one of them.",
            option="limit_region",
            value=columns,
        )
    if columns is not None:
        name, low, high, text = "limit_region", 0, length, f"columns 0 to {length}"
        first, stop = _pair(name, columns)
    else:
        name, low, high = "limit_region_genomic", shown.interval.start, shown.interval.end
        text = f"bases {low:,} to {high:,} (0-based)"
        first, stop = _pair(name, genomic or ())
    if not low <= first < stop <= high:
        raise OutOfBoundsError(
            f"{name}=({first}, {stop}) is no part of this map, which has {text}.",
            interval=(first, stop),
        )
    if columns is not None:
        return first, stop
    if shown.is_reverse:
        return high - stop, high - first
    return first - low, stop - low


def _pair(name: str, given: Sequence[object]) -> tuple[int, int]:
    listed = list(given) if not isinstance(given, str) and hasattr(given, "__len__") else []
    if len(listed) != 2:
        raise WrongTypeError(
            f"{name} takes a pair (start, end); got {given!r}.",
            argument=name,
            found=type(given).__name__,
            expected="(int, int)",
        )
    return whole_number(listed[0], name), whole_number(listed[1], name)


def _given(variants: object, chrom: str) -> tuple[Variant, ...]:
    """Read variants in any form, those of one contig, under the contig name of the map."""
    if variants is None:
        return ()
    if isinstance(variants, Mapping):
        listed = _of_lists(variants)
    else:
        table = read_alleles(variants, None)
        listed = [table[i] for i, s in enumerate(table.table["status"].to_list()) if s in DRAWABLE]
    return tuple(
        Variant(chrom, each.pos, each.ref, each.alt, each.id)
        for each in listed
        if match_contig(each.chrom, (chrom,)) is not None
    )


def _of_lists(columns: Mapping[Any, Any]) -> list[Variant]:
    """Read a dict of lists: chr, pos (1-based), id, ref, alt."""
    missing = [name for name in COLUMNS if name not in columns]
    lengths = {name: len(columns[name]) for name in COLUMNS if name in columns}
    if missing or len(set(lengths.values())) > 1:
        found = f"without {missing}" if missing else f"of lengths {lengths}"
        raise OptionError(
            f"annotation_variants as a dict has the lists {', '.join(COLUMNS)}, all of one "
            f"length; got one {found}.",
            option="annotation_variants",
            value=sorted(map(str, columns)),
            allowed=COLUMNS,
        )
    rows = zip(*(list(columns[name]) for name in COLUMNS), strict=True)
    return [
        Variant(
            str(chrom),
            whole_number(pos, "pos"),
            str(ref),
            str(alt),
            None if name is None else str(name),
        )
        for chrom, pos, name, ref, alt in rows
    ]


def _boxes(variant: Variant, shown: MutationMap) -> list[Box]:
    """Frames of a variant: the ALT cell of each exchanged base, whole columns for an indel."""
    start, end, alt = variant.trimmed()
    label = variant.id or variant.key
    if len(alt) != end - start or not alt:
        # an insertion stands between two bases: its anchor, as VCF names it, is framed
        first, stop = (start, end) if end > start else (start - 1, start)
        return _frames(shown, first, stop, range(4), label)
    found: list[Box] = []
    for offset, base in enumerate(alt):
        row = BASES.index(base)
        rows = (3 - row if shown.is_reverse else row,)
        found += _frames(shown, start + offset, start + offset + 1, rows, "" if found else label)
    return found


def _frames(
    shown: MutationMap, first: int, stop: int, rows: Sequence[int], label: str
) -> list[Box]:
    """The part of a frame on the map, in columns; nothing where none of it is there."""
    low, high = max(first, shown.interval.start), min(stop, shown.interval.end)
    if low >= high:
        return []
    if shown.is_reverse:
        return [Box(shown.interval.end - high, shown.interval.end - low, tuple(rows), label)]
    return [Box(low - shown.interval.start, high - shown.interval.start, tuple(rows), label)]
