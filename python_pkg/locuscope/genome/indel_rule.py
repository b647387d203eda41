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
        anchor: "left": both windows start at the same base and ALT is read with fresh reference on
            its right.
        align: "auto" aligns 1 bp heads, and binned heads once the length changes by half a bin
            or more; "resample" aligns every head; "alphagenome" aligns 1 bp heads only, with zeros
            where ALT has no prediction; "none" compares position by position.

    Raises:
        OptionError: another value.
    """

    anchor: str = "left"
    align: str = "auto"

    def __post_init__(self) -> None:
        check_choice("anchor", self.anchor, ("left",))
        check_choice("align", self.align, ("auto", "none", "resample", "alphagenome"))

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
        shift = int(np.abs(np.cumsum(alignment.edits.length_changes())).max(initial=0))
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

    def _aligns(self, shift: int, resolution_bp: int) -> bool:
        if shift == 0 or self.align == "none":
            return False
        if resolution_bp == 1 or self.align == "resample":
            return True
        return self.align == "auto" and 2 * shift >= resolution_bp
