"""Alignment: the walk between a haplotype window and the reference, in both directions.

It tells which haplotype base stands on which reference position, spells the haplotype, and brings
predictions on it back to reference positions. The rules for whole heads are in `indel_rule.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

import numpy as np

from locuscope.errors import OutOfBoundsError, ShapeError
from locuscope.genome.array_bridge import through_numpy
from locuscope.genome.choices import check_choice
from locuscope.genome.edits import COPY, INSERTED, Edits, trim_edit
from locuscope.genome.indel_rule import IndelRule, align_alt_to_ref

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from locuscope.genome.interval import Interval
    from locuscope.genome.reference import Genome
    from locuscope.genome.variant import Variant

__all__ = ["Alignment", "Edits", "IndelRule", "align_alt_to_ref", "trim_edit"]

Values = TypeVar("Values")

MATCHED, ANCHOR, DELETED, UNPREDICTED = 0, 1, 2, 3
_REDUCERS = ("max", "mean", "sum", "anchor")
ANCHORS = ("left", "right", "center")


@dataclass(frozen=True, eq=False)
class Alignment:
    """One haplotype window against one reference window.

    Both windows start at `ref_start`, unless `lead_bp` says otherwise. Substituted bases stand on
    reference positions; the bases an edit adds beyond its matched ones are inserted between
    `end - 1` and `end` of the edit; the positions it loses are deleted.

    An alignment knows no contig: positions outside it are positions like others.

    Args:
        ref_start: first reference position, 0-based.
        ref_end: one past the last reference position.
        hap_len: bases of the haplotype window. More than the edits leave inside the reference
            window means that the haplotype reads on past `ref_end`; fewer that it ends early.
        edits: what differs, without conflicts.
        lead_bp: where the haplotype window begins. Negative: so many reference bases left of
            `ref_start`; positive: so many haplotype bases behind `ref_start`.

    Raises:
        OutOfBoundsError: an empty reference window or a negative haplotype length.
        VariantError: two edits change the same bases.
    """

    ref_start: int
    ref_end: int
    hap_len: int
    edits: Edits
    lead_bp: int = 0

    def __post_init__(self) -> None:
        if self.ref_end <= self.ref_start or self.hap_len < 0:
            raise OutOfBoundsError(
                f"reference window [{self.ref_start}, {self.ref_end}) with {self.hap_len} "
                "haplotype bases; expected start < end and hap_len >= 0."
            )
        self.edits.check_disjoint()
        skipped = max(self.lead_bp, 0)
        walked = self.edits.pieces(
            self.ref_start + min(self.lead_bp, 0), hap_len=self.hap_len + skipped, end=None
        )
        object.__setattr__(self, "_pieces", _behind(walked, skipped) if skipped else walked)

    @classmethod
    def from_edits(
        cls,
        edits: Edits,
        start: int,
        end: int,
        *,
        hap_len: int | None = None,
        anchor: str = "left",
    ) -> Alignment:
        """Align the haplotype that `edits` make of the reference window [start, end).

        Args:
            edits: edits of this contig; those outside the window have no effect.
            start: first reference position, 0-based.
            end: one past the last.
            hap_len: length of the haplotype window; None gives exactly what the edits make of
                [start, end) (ragged).
            anchor: where both windows meet. "left": they start at the same base, and the haplotype
                is read with fresh reference on its right; "right": they end at the same base;
                "center": the change of length is split, the smaller half on the left.

        >>> Alignment.from_edits(Edits.from_list([(3, 3, "TT")]), 0, 10).hap_len
        12
        """
        check_choice("anchor", anchor, ANCHORS)
        if hap_len is not None and anchor == "left":
            return cls(start, end, hap_len, edits)
        edits.check_disjoint()
        ragged = int(edits.pieces(start, hap_len=None, end=end)[:, 1].max(initial=0))
        if hap_len is None:
            return cls(start, end, ragged, edits)
        rest = ragged - hap_len
        lead = rest if anchor == "right" else abs(rest) // 2 * (1 if rest > 0 else -1)
        return cls(start, end, hap_len, edits, lead)

    @classmethod
    def from_variant(
        cls,
        variant: Variant,
        interval: Interval,
        *,
        trim: bool = True,
        anchor: str = "left",
    ) -> Alignment:
        """Align the ALT window of one variant.

        Args:
            variant: on the contig of the interval.
            interval: the reference window; the haplotype window has the same width.
            trim: cut what REF and ALT share; False keeps the alleles as they are spelt, which is
                what `preset="alphagenome"` expects.
            anchor: where both windows meet, as in `from_edits`.

        >>> from locuscope import Interval, Variant
        >>> deletion = Variant("1", 10, "ACG", "A")
        >>> Alignment.from_variant(deletion, Interval("1", 5, 20), anchor="right").ref_coords()[:3]
        array([3, 4, 5], dtype=int32)
        """
        edits = Edits.from_variants([variant], trim=trim)
        width = interval.width
        return cls.from_edits(edits, interval.start, interval.end, hap_len=width, anchor=anchor)

    def segments(self) -> NDArray[np.int64]:
        """Runs of the haplotype: (k, 4) of hap_start, hap_end, ref_start, kind.

        kind is 0 copied, 1 substituted, 2 inserted; `ref_start` of an inserted run is the base
        before it, or 0 at the contig start.

        >>> Alignment.from_edits(Edits.from_list([(3, 5, "")]), 0, 10).segments().tolist()
        [[0, 3, 0, 0], [3, 8, 5, 0]]
        """
        runs = self.runs()[:, :4].copy()
        inserted = runs[:, 3] == INSERTED
        runs[inserted, 2] = np.maximum(runs[inserted, 2], 0)
        return runs

    def runs(self) -> NDArray[np.int64]:
        """Runs of the haplotype as `Edits.pieces` gives them, with the offset of their bases.

        Unlike in `segments`, `ref_start` of an insertion at the contig start is -1.
        """
        return cast("NDArray[np.int64]", self.__dict__["_pieces"])

    def ref_coords(self) -> NDArray[np.int32]:
        """Reference position of each haplotype base, int32 (hap_len,).

        An inserted base has the position before it (at least 0), a base left of the contig -1.
        """
        coords = np.empty(self.hap_len, np.int32)
        for hap, hap_end, ref, kind, _ in self.runs().tolist():
            coords[hap:hap_end] = (
                max(ref, 0) if kind == INSERTED else np.arange(ref, ref + hap_end - hap)
            )
        return np.maximum(coords, -1)

    def states(self) -> NDArray[np.uint8]:
        """What became of each reference position, uint8 (width,).

        0 matched, 1 matched and followed by an insertion, 2 deleted, 3 beyond the haplotype.
        """
        return self._map(0)[1]

    def _map(
        self, crop_bp: int
    ) -> tuple[NDArray[np.int64], NDArray[np.uint8], list[tuple[int, int, int]]]:
        """Haplotype index (-1 none) and state of each reference position, and the insertions.

        An insertion is (index of the base before it, hap_start, hap_end). Haplotype positions in
        the cropped ends count as not predicted.
        """
        width = self.ref_end - self.ref_start
        index = np.full(width, -1, np.int64)
        insertions = []
        reached = self.ref_start
        low, high = crop_bp, self.hap_len - crop_bp
        for hap, hap_end, ref, kind, _ in self.runs().tolist():
            if kind == INSERTED:
                insertions.append((ref - self.ref_start, max(hap, low), min(hap_end, high)))
                reached = max(reached, ref + 1)
                continue
            first = max(0, self.ref_start - ref)
            n = min(hap_end - hap, self.ref_end - ref)
            if first < n:
                at = ref - self.ref_start
                index[at + first : at + n] = np.arange(hap + first, hap + n)
            reached = ref + hap_end - hap
        if reached < self.ref_end and self._spans_end():
            reached = self.ref_end
        states = np.where(index >= 0, MATCHED, DELETED).astype(np.uint8)
        states[max(0, reached - self.ref_start) :] = UNPREDICTED
        states[: self._begun() - self.ref_start] = UNPREDICTED
        states[(index >= 0) & ((index < low) | (index >= high))] = UNPREDICTED
        kept = []
        for at, hap, hap_end in insertions:
            is_inside = crop_bp <= at < width - crop_bp
            if is_inside and states[at] == MATCHED and hap < hap_end:
                states[at] = ANCHOR
                kept.append((at, hap, hap_end))
        return index, states, kept

    def _spans_end(self) -> bool:
        """Whether the haplotype window holds the end of what the edits make of the reference one.

        Reference positions behind its last base are then deleted ones.
        """
        first = self.ref_start + min(self.lead_bp, 0)
        walked = self.edits.pieces(first, hap_len=None, end=self.ref_end)
        return self.hap_len + max(self.lead_bp, 0) >= int(walked[:, 1].max(initial=0))

    def _begun(self) -> int:
        """The first reference position that the haplotype window can speak of."""
        runs = self.runs()
        if self.lead_bp <= 0 or not len(runs):
            return self.ref_start
        return int(runs[0, 2]) + int(runs[0, 3] == INSERTED)

    def haplotype(self, genome: Genome, chrom: str) -> str:
        """The bases of the haplotype window, `hap_len` letters, N outside the contig.

        Raises:
            OutOfBoundsError, MissingContigError: as `Genome.fetch`.
        """
        runs = self.runs()
        copies = runs[runs[:, 3] == COPY]
        if len(copies):
            first = int(copies[0, 2])
            last = int(copies[-1, 2] + copies[-1, 1] - copies[-1, 0])
            reference = genome.fetch(chrom, first, last, pad=True)
        alt = self.edits.alt.tobytes().decode("ascii")
        parts = []
        for hap, hap_end, ref, kind, offset in runs.tolist():
            n = hap_end - hap
            parts.append(
                reference[ref - first : ref - first + n]
                if kind == COPY
                else alt[offset : offset + n]
            )
        return "".join(parts)

    def project_positions(
        self, positions: ArrayLike, *, to: Literal["hap", "ref"]
    ) -> NDArray[np.int64]:
        """Carry positions over, int64; -1 where there is none.

        Args:
            positions: genome positions for `to="hap"`, haplotype indices for `to="ref"`.
            to: "hap" gives haplotype indices, "ref" genome positions. Inserted bases have no
                reference position and deleted bases no haplotype index.

        >>> moved = Alignment.from_edits(Edits.from_list([(3, 5, "")]), 0, 10, hap_len=10)
        >>> moved.project_positions([2, 3, 5, 9], to="hap").tolist()
        [2, -1, 3, 7]
        """
        check_choice("to", to, ("hap", "ref"))
        wanted = np.asarray(positions, np.int64)
        result = np.full(wanted.shape, -1, np.int64)
        for hap, hap_end, ref, kind, _ in self.runs().tolist():
            if kind == INSERTED:
                continue
            source, target = (ref, hap) if to == "hap" else (hap, ref)
            inside = (wanted >= source) & (wanted < source + hap_end - hap)
            result[inside] = wanted[inside] - source + target
        return result

    def hap_to_ref(
        self,
        values: Values,
        *,
        insertion: Literal["max", "mean", "sum", "anchor"] = "max",
        deletion: float = 0.0,
        tail: Literal["nan", "zero"] = "nan",
        axis: int = -2,
        crop_bp: int = 0,
    ) -> tuple[Values, NDArray[np.bool_]]:
        """Bring values on haplotype positions to reference positions.

        Args:
            values: array or torch tensor with `hap_len - 2 * crop_bp` positions along `axis`, for
                instance (N, L, T). Integers become float32; gradients of a tensor are not kept.
            insertion: what the base before an insertion gets from its own value and those of the
                inserted bases; "anchor" takes its own.
            deletion: value on deleted positions.
            tail: value on positions beyond the haplotype, NaN or 0.
            axis: the axis of positions.
            crop_bp: positions without output at each end of both windows.

        Returns:
            The values on the reference positions [ref_start + crop_bp, ref_end - crop_bp), and
            `valid` (positions,): False beyond the haplotype, and on deleted positions when
            `deletion` is NaN.

        Raises:
            ShapeError: another number of positions.
            OptionError: an unknown rule.
        """
        check_choice("insertion", insertion, _REDUCERS)
        check_choice("tail", tail, ("nan", "zero"))
        expected = self.hap_len - 2 * crop_bp
        if expected < 1 or self.ref_end - self.ref_start <= 2 * crop_bp:
            raise ShapeError(
                f"crop_bp={crop_bp} leaves nothing of {self.hap_len} haplotype and "
                f"{self.ref_end - self.ref_start} reference positions.",
                found=expected,
                expected=1,
            )
        index, states, insertions = self._map(crop_bp)
        inner = slice(crop_bp, len(index) - crop_bp)
        index, states = index[inner] - crop_bp, states[inner]

        def carry(array: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
            if array.ndim < -axis or array.ndim <= axis or array.shape[axis] != expected:
                raise ShapeError(
                    f"values of shape {array.shape} do not have {expected} positions "
                    f"along axis {axis}.",
                    found=array.shape,
                    expected=expected,
                )
            source = np.moveaxis(array, axis, 0)
            out = source[np.clip(index, 0, len(source) - 1)]
            for at, hap, hap_end in insertions:
                here = at - crop_bp
                pool = np.concatenate(
                    [source[index[here]][None], source[hap - crop_bp : hap_end - crop_bp]]
                )
                out[here] = _pool(pool, insertion)
            out[states == DELETED] = deletion
            out[states == UNPREDICTED] = np.nan if tail == "nan" else 0.0
            return np.moveaxis(out, 0, axis)

        valid = states != UNPREDICTED
        if np.isnan(deletion):
            valid &= states != DELETED
        return through_numpy(values, carry), valid


def _behind(runs: NDArray[np.int64], skipped: int) -> NDArray[np.int64]:
    """The runs of a walk without its first bases, counted anew from there."""
    kept = runs[runs[:, 1] > skipped].copy()
    cut = np.maximum(skipped - kept[:, 0], 0)
    kept[:, :2] -= skipped
    kept[:, 0] = np.maximum(kept[:, 0], 0)
    kept[kept[:, 3] != INSERTED, 2] += cut[kept[:, 3] != INSERTED]
    kept[kept[:, 3] != COPY, 4] += cut[kept[:, 3] != COPY]
    return kept


def _pool(values: NDArray[np.floating[Any]], rule: str) -> NDArray[np.floating[Any]]:
    """Reduce the anchor's value and those of the inserted bases over the first axis."""
    if rule == "max":
        return np.asarray(values.max(axis=0))
    if rule == "mean":
        return np.asarray(values.mean(axis=0))
    return np.asarray(values.sum(axis=0) if rule == "sum" else values[0])
