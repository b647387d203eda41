"""The two ends of an exon that MTSplice reads, on the reference and with edits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from locuscope.genome.alignment import Alignment
from locuscope.genome.interval import Interval
from locuscope.genome.sequence import one_hot, reverse_complement
from locuscope.models.mtsplice import END_BP, FLANK_BP

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from locuscope.genome.edits import Edits
    from locuscope.genome.reference import Genome

EXON_BP = END_BP - FLANK_BP


@dataclass(frozen=True, eq=False)
class ChangedExon:
    """An exon before and after.

    Args:
        reference: (4, 800) uint8, acceptor end then donor end, in transcript direction.
        alternative: the same with the edits.
        is_cut: whether the first or the last base of the exon is gone.
        window: the bases that were read.
    """

    reference: NDArray[np.uint8]
    alternative: NDArray[np.uint8]
    is_cut: bool
    window: Interval


def change_exon(genome: Genome, exon: Interval, edits: Edits) -> ChangedExon:
    """Read both ends of an exon on the reference and with edits.

    The ends of the exon stay where the edit list carries them. Of an exon that loses an end, or
    all of it, the remaining bases count: its end is then where they end.

    Args:
        genome: N stands beyond the ends of a contig.
        exon: on the genome's own contig, with its strand.
        edits: of that contig.

    Raises:
        OutOfBoundsError: bases that are read exist but are not in this genome.
    """
    # A deletion draws bases in from further out.
    margin = FLANK_BP + int(np.clip(-edits.length_changes(), 0, None).sum())
    touched = [(b, e) for b, e, _ in edits]
    start = min([exon.start - margin, *(b for b, _ in touched)])
    end = max([exon.end + margin, *(e for _, e in touched)])
    window = Interval(exon.chrom, start, end)
    reference: NDArray[np.uint8] = genome.one_hot(window, dtype="uint8", pad=True)
    alignment = Alignment.from_edits(edits, start, end)
    alternative = np.asarray(one_hot(alignment.haplotype(genome, exon.chrom)), np.uint8)
    places = alignment.project_positions(np.arange(exon.start, end), to="hap")
    inside = places[: exon.width]
    kept = inside[inside >= 0]
    if len(kept):
        first, last = int(kept[0]), int(kept[-1]) + 1
    else:
        behind = places[exon.width :]
        first = last = int(behind[behind >= 0][0])
    return ChangedExon(
        _ends(reference, exon.start - start, exon.end - start, exon.strand),
        _ends(alternative, first, last, exon.strand),
        bool(inside[0] < 0 or inside[-1] < 0),
        window,
    )


def _ends(bases: NDArray[np.uint8], start: int, end: int, strand: str) -> NDArray[np.uint8]:
    """Cut (4, 800) around an exon at [start, end) of the bases, in its own direction."""
    left = bases[:, start - FLANK_BP : start + EXON_BP]
    right = bases[:, end - EXON_BP : end + FLANK_BP]
    if strand == "-":
        left, right = reverse_complement(right), reverse_complement(left)
    return np.concatenate([left, right], axis=1)
