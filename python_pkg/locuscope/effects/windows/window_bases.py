"""The bases that one input of a model reads of a window, for the reference and for an allele."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from locuscope.genome.edits import COPY
from locuscope.genome.sequence import count_unknown, decode, one_hot, reverse_complement

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from locuscope.genome.alignment import Alignment
    from locuscope.genome.interval import Interval
    from locuscope.genome.variant import Variant

    Bases = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Stretch:
    """Bases of a stretch of the genome, and how to read on beyond its ends.

    Args:
        place: the stretch; strand "-" when the model reads its reverse complement.
        bases: (A, L) uint8, forward.
        n_padded: bases of it beyond the contig.
        n_unknown: further bases that are not ACGT.
        beyond: (first, last) -> forward one-hot of bases outside the stretch; None where there is
            no source of them, and they are unknown.
        contig_bp: length of the contig, None when it is not known.
    """

    place: Interval
    bases: Bases
    n_padded: int = 0
    n_unknown: int = 0
    beyond: Callable[[int, int], Bases] | None = None
    contig_bp: int | None = None

    @classmethod
    def of(
        cls,
        place: Interval,
        bases: Bases,
        contig_bp: int | None,
        beyond: Callable[[int, int], Bases] | None,
    ) -> Stretch:
        """Make a stretch and count its unknown bases.

        Args:
            place: where it lies.
            bases: forward one-hot.
            contig_bp: length of the contig, None when it is not known.
            beyond: how to read on.
        """
        over = 0
        if contig_bp is not None:
            over = min(place.width, max(0, -place.start) + max(0, place.end - contig_bp))
        return cls(place, bases, over, int(count_unknown(bases)) - over, beyond, contig_bp)

    def holds(self, variant: Variant) -> bool:
        """Whether the first base of an allele lies in the stretch."""
        return self.place.start <= variant.pos - 1 < self.place.end

    def differs(self, variant: Variant) -> str | None:
        """What stands where REF should be; None when it is REF, as far as the stretch goes."""
        at = variant.pos - 1 - self.place.start
        here = self.bases[:, at : at + len(variant.ref)]
        if np.array_equal(here, one_hot(variant.ref[: here.shape[1]])):
            return None
        return str(decode(here))

    def with_allele(self, variant: Variant, letters: str) -> Stretch:
        """The stretch with other letters from the position of an allele on, as many as fit."""
        bases = self.bases.copy()
        at = variant.pos - 1 - self.place.start
        fitting = letters[: self.place.width - at]
        bases[:, at : at + len(fitting)] = one_hot(fitting)
        return replace(self, bases=bases)

    def spell(self, alignment: Alignment) -> tuple[Bases, int]:
        """The haplotype window of an alignment with this stretch.

        Returns:
            Forward one-hot (A, L), and how many of its bases outside the stretch are not there:
            beyond the contig, or without a source.
        """
        spelt = np.zeros((4, alignment.hap_len), np.uint8)
        alt = alignment.edits.alt.tobytes()
        n_missing = 0
        for hap, hap_end, ref, kind, offset in alignment.runs().tolist():
            if kind != COPY:
                spelt[:, hap:hap_end] = one_hot(alt[offset : offset + hap_end - hap])
                continue
            last = ref + hap_end - hap
            for first, stop in ((ref, self.place.start), (self.place.end, last)):
                first, stop = max(first, ref), min(stop, last)  # noqa: PLW2901 (cut to the run)
                if first >= stop:
                    continue
                n_missing += self._missing(first, stop)
                if self.beyond is not None:
                    spelt[:, hap + first - ref : hap + stop - ref] = self.beyond(first, stop)
            first, stop = max(ref, self.place.start), min(last, self.place.end)
            if first < stop:
                own = self.bases[:, first - self.place.start : stop - self.place.start]
                spelt[:, hap + first - ref : hap + stop - ref] = own
        return spelt, n_missing

    def _missing(self, first: int, stop: int) -> int:
        """How many of the bases [first, stop) outside the stretch are not there."""
        if self.beyond is None:
            return stop - first
        end = stop if self.contig_bp is None else self.contig_bp
        return max(0, min(stop, 0) - first) + max(0, stop - max(first, end))

    def read(self, bases: Bases) -> Bases:
        """Turn forward bases into what the model reads."""
        return reverse_complement(bases) if self.place.strand == "-" else bases
