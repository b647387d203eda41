"""How predictions on an allele of another length meet those on the reference, per base and bin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

import numpy as np

from locuscope.errors import OptionError, ShapeError
from locuscope.genome.array_bridge import through_numpy
from locuscope.genome.choices import check_choice

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from locuscope.genome.alignment import Alignment

    Array = NDArray[np.floating[Any]]

Values = TypeVar("Values")


def align_alt_to_ref(
    alt: Values,
    alignment: Alignment,
    *,
    insertion: Literal["max", "mean", "sum", "anchor"] = "max",
    deletion: float = 0.0,
    tail: Literal["nan", "zero"] = "nan",
    resolution_bp: int = 1,
    bins: Literal["mean", "sum"] = "mean",
    preset: Literal["alphagenome"] | None = None,
    axis: int = -2,
    crop_bp: int = 0,
) -> tuple[Values, NDArray[np.bool_]]:
    """Bring a track predicted on ALT to reference positions, where it compares with REF.

    At 1 bp this is `Alignment.hap_to_ref`. Wider bins are spread to bases, aligned and put
    together again; a bin with less than half of its bases valid becomes NaN.

    Args:
        alt: predictions on the ALT window, positions (or bins) along `axis`.
        alignment: of the ALT window with the reference window.
        insertion: reducer over the base before an insertion and the inserted bases.
        deletion: value on deleted positions.
        tail: value where ALT has no prediction.
        resolution_bp: bases per bin.
        bins: what a bin means, the mean or the sum of its bases.
        preset: "alphagenome" fixes max, 0 and a zero tail at 1 bp; the alignment must then be made
            with `trim=False`.
        axis: the axis of positions.
        crop_bp: bases without output at each end of the window.

    Returns:
        Values on reference positions, and `valid` (positions or bins,).

    Raises:
        ShapeError: another number of positions or bins.
        OptionError: an unknown rule, or a preset beside rules that differ from it.
    """
    if preset is not None:
        check_choice("preset", preset, ("alphagenome",))
        if (insertion, deletion, resolution_bp) != ("max", 0.0, 1):
            raise OptionError(
                f"preset='alphagenome' means insertion='max', deletion=0, resolution_bp=1; found "
                f"{insertion!r}, {deletion}, {resolution_bp}.",
                option="preset",
                value=preset,
            )
        tail = "zero"
    if resolution_bp == 1:
        return alignment.hap_to_ref(
            alt, insertion=insertion, deletion=deletion, tail=tail, axis=axis, crop_bp=crop_bp
        )
    check_choice("bins", bins, ("mean", "sum"))
    check_choice("tail", tail, ("nan", "zero"))
    valid: list[NDArray[np.bool_]] = []

    def carry(array: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
        bins_first = np.moveaxis(array, axis, 0)
        bases = np.repeat(bins_first, resolution_bp, axis=0)
        bases, is_valid = alignment.hap_to_ref(
            bases / resolution_bp if bins == "sum" else bases,
            insertion=insertion,
            deletion=deletion,
            axis=0,
            crop_bp=crop_bp,
        )
        binned, enough = _bin(bases, is_valid, resolution_bp, bins)
        valid.append(enough)
        binned[~enough] = np.nan if tail == "nan" else 0.0
        return np.moveaxis(binned, 0, axis).astype(array.dtype)

    return through_numpy(alt, carry), valid[0]


def _bin(
    bases: NDArray[np.floating[Any]], is_valid: NDArray[np.bool_], width_bp: int, bins: str
) -> tuple[NDArray[np.floating[Any]], NDArray[np.bool_]]:
    """Mean or sum of the valid bases of each bin (first axis); which bins have half of theirs."""
    if len(bases) % width_bp:
        raise ShapeError(
            f"the reference window has {len(bases)} positions, no whole number of bins of "
            f"{width_bp} bp.",
            found=len(bases),
            expected=width_bp,
        )
    known = np.where(is_valid.reshape((-1,) + (1,) * (bases.ndim - 1)), bases, 0.0)
    summed = known.reshape(-1, width_bp, *bases.shape[1:]).sum(axis=1)
    n_valid = is_valid.reshape(-1, width_bp).sum(axis=1)
    if bins == "mean":
        summed /= np.maximum(n_valid, 1).reshape((-1,) + (1,) * (bases.ndim - 1))
    return summed, 2 * n_valid >= width_bp


@dataclass(frozen=True, kw_only=True)
class IndelRule:
    """How predictions on an allele of another length meet those on the reference.

    Args:
        anchor: where both windows meet. "left": they start at the same base and ALT is read with
            fresh reference on its right; "right": they end at the same base; "center": the change
            of length is split, the smaller half on the left.
        align: "auto" aligns 1 bp heads, and binned heads once the length changes by half a bin
            or more; "resample" aligns every head; "alphagenome" aligns 1 bp heads only, on the
            alleles as they are spelt, with zeros where ALT has no prediction; "none" compares
            position by position; "stitch" is `compensate="stitch"`.
        compensate: both anchors, in two passes over ALT. "average": scores with the left and with
            the right anchor are averaged; "stitch": ALT is the left-anchored prediction before the
            variant's bin and the right-anchored one from it on; nothing is moved then.

    Raises:
        OptionError: another value, or two that exclude each other.

    >>> IndelRule(compensate="average").anchors
    ('left', 'right')
    """

    anchor: str = "left"
    align: str = "auto"
    compensate: str | None = None

    def __post_init__(self) -> None:
        check_choice("anchor", self.anchor, ("left", "right", "center"))
        check_choice("align", self.align, ("auto", "none", "resample", "stitch", "alphagenome"))
        if self.compensate is not None:
            check_choice("compensate", self.compensate, ("average", "stitch"))
        excluding = {
            "anchor": len(self.anchors) == 2 and self.anchor != "left",
            "compensate": self.align == "stitch" and self.compensate == "average",
            "align": self.compensate == "stitch" and self.align not in ("auto", "stitch"),
        }
        for option in (name for name, is_odd in excluding.items() if is_odd):
            raise OptionError(
                f"{option}={getattr(self, option)!r} has no effect beside {self._two_passes()}, "
                "which reads ALT from both ends of the window.",
                option=option,
                value=getattr(self, option),
            )

    @property
    def is_stitched(self) -> bool:
        """Whether ALT is joined from two predictions at the variant's bin."""
        return "stitch" in (self.align, self.compensate)

    @property
    def anchors(self) -> tuple[str, ...]:
        """The ends at which an ALT of another length is read: one, or left and right."""
        two = self.compensate is not None or self.is_stitched
        return ("left", "right") if two else (self.anchor,)

    def require_one_pass(self, verb: str) -> None:
        """Refuse two passes over ALT in a verb that shows one.

        Raises:
            OptionError: naming the verb and the option.
        """
        if len(self.anchors) == 2:
            option = "align" if self.align == "stitch" else "compensate"
            raise OptionError(
                f"{verb} shows one prediction of ALT; {option}={getattr(self, option)!r} needs "
                "two. score_variants takes it.",
                option=option,
                value=getattr(self, option),
            )

    @staticmethod
    def stitch(left: Array, right: Array, variant_bin: int) -> Array:
        """Join two predictions on ALT: the left-anchored before a bin, the right-anchored after.

        Args:
            left: (L', T) of the left-anchored ALT.
            right: (L', T) of the right-anchored one.
            variant_bin: first bin of the right one: (POS - 1 - window start - crop) // bin width.
        """
        joined = right.copy()
        first = min(max(variant_bin, 0), len(joined))
        joined[:first] = left[:first]
        return joined

    def to_reference(
        self,
        alt: Values,
        alignment: Alignment,
        *,
        resolution_bp: int = 1,
        bins: Literal["mean", "sum"] = "mean",
        axis: int = -2,
        crop_bp: int = 0,
    ) -> tuple[Values, NDArray[np.bool_], tuple[str, ...]]:
        """Bring one head's ALT values to reference positions as this rule says.

        Args:
            alt: values with positions (or bins) along `axis`.
            alignment: of the ALT window with the reference window.
            resolution_bp: bases per bin of the head.
            bins: what a bin of the head means.
            axis: the axis of positions.
            crop_bp: bases without output at each end of the window.

        Returns:
            The values, `valid` (positions,), and notes: `("unaligned_bins",)` when the allele
            changes the length but the values were left where they are.
        """
        shift = _shift(alignment)
        if not self._aligns(shift, resolution_bp):
            n = np.shape(cast("Any", alt))[axis]
            return alt, np.ones(n, np.bool_), ("unaligned_bins",) if shift else ()
        aligned, valid = align_alt_to_ref(
            alt,
            alignment,
            tail="zero" if self.align == "alphagenome" else "nan",
            resolution_bp=resolution_bp,
            bins=bins,
            axis=axis,
            crop_bp=crop_bp,
        )
        return aligned, valid, ()

    def map_to_reference(
        self,
        alt: Values,
        alignment: Alignment,
        *,
        resolution_bp: int,
        bins: Literal["mean", "sum"] = "mean",
        crop_bp: int = 0,
    ) -> tuple[Values, NDArray[np.bool_], tuple[str, ...]]:
        """Bring a contact map to reference positions: the rule of a binned head on both axes.

        Args:
            alt: (N, P, P, T).
            alignment: of the ALT window with the reference window.
            resolution_bp: bases per bin.
            bins: what a bin means.
            crop_bp: bases without output at each end of the window.

        Returns:
            The values, `valid` (P,) of both axes, and notes, as `to_reference`.

        Raises:
            OptionError: the change of length spans a bin or more.
        """
        shift = _shift(alignment)
        if shift >= resolution_bp:
            raise OptionError(
                f"a change of {shift:,} bases spans a bin of {resolution_bp:,} of a contact map, "
                "which cannot be brought to reference positions; leave its head out with heads=.",
                option="heads",
                value=shift,
            )
        notes: tuple[str, ...] = ()
        for axis in (1, 2):
            alt, valid, notes = self.to_reference(
                alt, alignment, resolution_bp=resolution_bp, bins=bins, axis=axis, crop_bp=crop_bp
            )
        return alt, valid, notes

    def _aligns(self, shift: int, resolution_bp: int) -> bool:
        if shift == 0 or self.align == "none":
            return False
        if resolution_bp == 1 or self.align == "resample":
            return True
        return self.align == "auto" and 2 * shift >= resolution_bp

    def _two_passes(self) -> str:
        if self.compensate is not None:
            return f"compensate={self.compensate!r}"
        return f"align={self.align!r}"


def _shift(alignment: Alignment) -> int:
    """The largest change of length on the way along a haplotype."""
    return int(np.abs(np.cumsum(alignment.edits.length_changes())).max(initial=0))
