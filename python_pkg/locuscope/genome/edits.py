"""Edits: a sorted list of replacements of reference intervals.

SNVs, MNVs, insertions and deletions, one or many on a haplotype, all travel in this one form.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from locuscope.errors import ShapeError, VariantError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from locuscope.genome.variant import Variant

COPY, SUBSTITUTED, INSERTED = 0, 1, 2


def trim_edit(pos0: int, ref: str, alt: str) -> tuple[int, int, str]:
    """Cut what two alleles share: first the common suffix, then the common prefix.

    Args:
        pos0: 0-based position of the first base of `ref`.
        ref: reference allele.
        alt: alternative allele.

    Returns:
        (b, e, bases): the reference interval [b, e) becomes `bases` (upper case). An insertion
        has b = e, a deletion has no bases.

    >>> trim_edit(99, "CTT", "CT")
    (100, 101, '')
    >>> trim_edit(99, "c", "cag")
    (100, 100, 'AG')
    """
    ref, alt = ref.upper(), alt.upper()
    shared = min(len(ref), len(alt))
    tail = 0
    while tail < shared and ref[-1 - tail] == alt[-1 - tail]:
        tail += 1
    ref, alt = ref[: len(ref) - tail], alt[: len(alt) - tail]
    head = 0
    while head < min(len(ref), len(alt)) and ref[head] == alt[head]:
        head += 1
    return pos0 + head, pos0 + len(ref), alt[head:]


@dataclass(frozen=True, eq=False, repr=False)
class Edits:
    """Replacements of half-open reference intervals, sorted by start, ties in the order given.

    SNV, MNV, insertion (start = end), deletion (no bases) and delins are one case: edit k replaces
    [start[k], end[k]) by `alt[alt_offsets[k]:alt_offsets[k + 1]]`.

    Args:
        start: int32 (n,), 0-based.
        end: int32 (n,).
        alt_offsets: int64 (n + 1,).
        alt: uint8, the bases of all edits as ASCII, upper case.
        row: int32 (n,), where each edit came from (row of an allele table), -1 when unknown.

    Raises:
        ShapeError: the arrays do not belong together.
    """

    start: NDArray[np.int32]
    end: NDArray[np.int32]
    alt_offsets: NDArray[np.int64]
    alt: NDArray[np.uint8]
    row: NDArray[np.int32]

    def __post_init__(self) -> None:
        sizes = (len(self.start), len(self.end), len(self.alt_offsets) - 1, len(self.row))
        if len(set(sizes)) != 1:
            raise ShapeError(
                f"start, end, alt_offsets and row describe {sizes} edits; expected equal counts.",
                found=sizes,
                expected=(len(self.start),) * 4,
            )

    @classmethod
    def from_list(
        cls, edits: Iterable[tuple[int, int, str]], rows: Sequence[int] | None = None
    ) -> Edits:
        """Make Edits from (start, end, bases) triples in any order.

        >>> Edits.from_list([(7, 8, "G"), (3, 3, "TT")])
        Edits([3,3)>TT, [7,8)>G)
        """
        triples = list(edits)
        origin = list(rows) if rows is not None else [-1] * len(triples)
        if len(origin) != len(triples):
            raise ShapeError(
                f"{len(origin)} rows for {len(triples)} edits.",
                found=len(origin),
                expected=len(triples),
            )
        order = sorted(range(len(triples)), key=lambda k: triples[k][0])
        bases = [triples[k][2].upper() for k in order]
        offsets = np.zeros(len(order) + 1, np.int64)
        np.cumsum([len(text) for text in bases], out=offsets[1:])
        return cls(
            start=np.array([triples[k][0] for k in order], np.int32),
            end=np.array([triples[k][1] for k in order], np.int32),
            alt_offsets=offsets,
            alt=np.frombuffer("".join(bases).encode("ascii"), np.uint8),
            row=np.array([origin[k] for k in order], np.int32),
        )

    @classmethod
    def from_variants(cls, variants: Sequence[Variant], *, trim: bool = True) -> Edits:
        """Make Edits from variants of one contig; `row` is the index of the variant.

        Args:
            variants: in any order.
            trim: cut what REF and ALT share; False keeps the alleles as they are spelt.
        """
        contigs = sorted({variant.chrom for variant in variants})
        if len(contigs) > 1:
            raise VariantError(
                f"the variants lie on {len(contigs)} contigs ({', '.join(contigs[:5])}); "
                "edits belong to one contig."
            )
        triples = []
        for variant in variants:
            start = variant.pos - 1
            if trim:
                triples.append(trim_edit(start, variant.ref, variant.alt))
            else:
                triples.append((start, start + len(variant.ref), variant.alt))
        return cls.from_list(triples, rows=range(len(triples)))

    def __len__(self) -> int:
        return len(self.start)

    def __iter__(self) -> Iterator[tuple[int, int, str]]:
        for k in range(len(self)):
            yield int(self.start[k]), int(self.end[k]), self.bases(k)

    def __repr__(self) -> str:
        shown = [f"[{b},{e})>{text or '-'}" for b, e, text in list(self)[:5]]
        more = f", and {len(self) - 5:,} more" if len(self) > 5 else ""
        return f"Edits({', '.join(shown)}{more})"

    def bases(self, k: int) -> str:
        """The bases that edit k puts in."""
        return self.alt[self.alt_offsets[k] : self.alt_offsets[k + 1]].tobytes().decode("ascii")

    def length_changes(self) -> NDArray[np.int64]:
        """Bases gained (positive) or lost by each edit, int64 (n,)."""
        lost = self.end.astype(np.int64) - self.start
        return np.asarray(np.diff(self.alt_offsets) - lost, np.int64)

    def pieces(self, start: int, *, hap_len: int | None, end: int | None) -> NDArray[np.int64]:
        """Walk the haplotype that begins at reference position `start`, left to right.

        Args:
            start: 0-based reference position of the first haplotype base.
            hap_len: stop after so many haplotype bases, reading on past `end`.
            end: stop at this reference position; one of the two limits must be given.

        Returns:
            (k, 5): hap_start, hap_end, ref_start, kind (COPY, SUBSTITUTED, INSERTED) and the
            offset of the bases in `alt` (-1 for copies). `ref_start` of an inserted run is the
            base before it.
        """
        found: list[tuple[int, int, int, int, int]] = []
        hap, ref = 0, start

        def add(n: int, at: int, kind: int, offset: int = -1) -> None:
            nonlocal hap
            n = n if hap_len is None else min(n, hap_len - hap)
            if n > 0:
                found.append((hap, hap + n, at, kind, offset))
                hap += n

        for k in range(len(self)):
            b, e = int(self.start[k]), int(self.end[k])
            if e < start:
                continue
            if (end is not None and b >= end) or (hap_len is not None and hap + b - ref >= hap_len):
                break
            add(b - ref, ref, COPY)
            offset, stop = int(self.alt_offsets[k]), int(self.alt_offsets[k + 1])
            matched = min(e - b, stop - offset)
            first = min(max(start - b, 0), matched)
            last = matched if end is None else min(matched, end - b)
            add(last - first, b + first, SUBSTITUTED, offset + first)
            if end is None or e < end:
                add(stop - offset - matched, e - 1, INSERTED, offset + matched)
            ref = max(e, start)
        if hap_len is not None:
            add(hap_len - hap, ref, COPY)
        elif end is not None:
            add(end - ref, ref, COPY)
        return np.array(found, np.int64).reshape(-1, 5)

    def check_disjoint(self) -> None:
        """Refuse edits that touch one base twice, or two pure insertions at one point.

        Raises:
            VariantError: naming the first two edits in conflict.
        """
        cursor, insertion = -1, -1
        for k, (start, end, bases) in enumerate(self):
            is_insertion = start == end
            if start < cursor or (is_insertion and start == insertion):
                raise VariantError(
                    f"two edits change the same bases: {self._spell(k - 1)} and "
                    f"[{start}, {end}) > {bases or '-'!r}; apply one of them.",
                    status="malformed",
                )
            cursor = end
            insertion = start if is_insertion else -1

    def _spell(self, k: int) -> str:
        return f"[{self.start[k]}, {self.end[k]}) > {self.bases(k) or '-'!r}"
