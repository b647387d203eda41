"""An allele and its window: the reference bases, the changed bases, and how the two align."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from locuscope.errors import OutOfBoundsError
from locuscope.genome.alignment import Alignment
from locuscope.genome.interval import Interval
from locuscope.genome.sequence import count_unknown, one_hot

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from locuscope.genome.placement import Placement
    from locuscope.genome.reference import Genome
    from locuscope.genome.variant import Variant


@dataclass(frozen=True, eq=False)
class AlleleWindow:
    """One allele in its window.

    Args:
        variant: the allele, normalised.
        window: on reference coordinates, with the genome's own contig name.
        reference: (A, L) uint8.
        alternative: (A, L) uint8: from the same start, with fresh reference on the right after a
            deletion.
        alignment: of the two.
        n_padded: bases of the window beyond the contig.
        n_unknown: further bases of the window that are not ACGT.
    """

    variant: Variant
    window: Interval
    reference: NDArray[np.uint8]
    alternative: NDArray[np.uint8]
    alignment: Alignment
    n_padded: int
    n_unknown: int


def open_window(
    genome: Genome, variant: Variant, placement: Placement, width_bp: int
) -> AlleleWindow:
    """Read the window of an allele whose REF the genome has.

    Raises:
        OutOfBoundsError: bases that exist on the contig are missing from an embedded slice.
    """
    contig = genome.resolve(variant.chrom)
    placed = placement.window(variant, width_bp)
    window = Interval(contig, placed.start, placed.end)
    reference: NDArray[np.uint8] = genome.one_hot(window, dtype="uint8", pad=True)
    alignment = Alignment.from_variant(variant, window)
    if variant.length_change == 0:
        alternative = reference.copy()
        at = variant.pos - 1 - window.start
        alternative[:, at : at + len(variant.alt)] = one_hot(variant.alt)
    else:
        alternative = one_hot(alignment.haplotype(genome, contig))
    n_padded = max(0, -window.start) + max(0, window.end - genome.lengths[contig])
    return AlleleWindow(
        variant,
        window,
        reference,
        alternative,
        alignment,
        n_padded,
        int(count_unknown(reference)) - n_padded,
    )


def normalized(genome: Genome, variant: Variant) -> Variant:
    """Give the leftmost, shortest spelling; as it stands where bases for that are missing."""
    if len(variant.ref) == len(variant.alt) == 1:
        return variant
    try:
        return variant.normalize(genome)
    except OutOfBoundsError:
        return variant
