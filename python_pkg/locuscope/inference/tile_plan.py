"""A long region as windows: where each lies, which bins it gives, how neighbours are blended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from locuscope.errors import OptionError, OutOfBoundsError
from locuscope.genome.caller import warn_caller
from locuscope.genome.choices import check_choice
from locuscope.genome.interval import Interval, whole_number

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from locuscope.genome.reference import Genome
    from locuscope.inference.selection import HeadChoice
    from locuscope.models.protocol import SequenceModel

BLENDS = ("crop", "blend")
_PART_BYTES = 64 << 20
_MOST_WINDOWS = 64


@dataclass(frozen=True)
class TilePlan:
    """Windows of one width along a region, each next to the other after cropping.

    Args:
        covered: what the bins cover; the last may be cut by the end of the contig.
        n_bins: bins of the region.
        resolution_bp: bases per bin; the bins begin at multiples of it.
        width_bp: bases of a window.
        crop_bp: bases at each end of a window whose bins are not used, or only blended.
        margin_bins: bins of the output within that crop, on each side.
        blend: "crop" or "blend".
    """

    covered: Interval
    n_bins: int
    resolution_bp: int
    width_bp: int
    crop_bp: int
    margin_bins: int
    blend: str

    @property
    def bins_per_window(self) -> int:
        """Bins from one window to the next."""
        return (self.width_bp - 2 * self.crop_bp) // self.resolution_bp

    @property
    def n_windows(self) -> int:
        """Number of windows."""
        return -(-self.n_bins // self.bins_per_window)

    def window(self, k: int) -> Interval:
        """Give window k; it may leave the contig."""
        step = self.bins_per_window * self.resolution_bp
        start = self.covered.start + k * step - self.crop_bp
        return Interval(self.covered.chrom, start, start + self.width_bp)

    def kept(self) -> slice:
        """Give the bins of a window that are computed."""
        if self.blend == "blend":
            return slice(0, self.bins_per_window + 2 * self.margin_bins)
        return slice(self.margin_bins, self.margin_bins + self.bins_per_window)

    def windows_per_part(self, n_tracks: int) -> int:
        """Give the windows whose bins are kept in memory together."""
        n_bytes = self.bins_per_window * n_tracks * 4
        return max(1, min(_MOST_WINDOWS, _PART_BYTES // n_bytes))

    def needed(self, first: int, stop: int) -> tuple[int, int]:
        """Give the windows that the bins of windows [first, stop) need."""
        if self.blend == "crop":
            return first, stop
        return max(0, first - 1), min(self.n_windows, stop + 1)

    def joined(self, values: NDArray[np.float32], first: int, stop: int) -> NDArray[np.float32]:
        """Give the bins of windows [first, stop).

        Args:
            values: (W, P, T), the kept bins of the windows that `needed` names.
            first: the first window.
            stop: the window after the last.

        Returns:
            (bins, T); a bin that two windows share is their mean, weighted linearly from one to the
            other.
        """
        step = self.bins_per_window
        n_rows = min(stop * step, self.n_bins) - first * step
        if self.blend == "crop":
            return values.reshape(-1, values.shape[2])[:n_rows]
        joined = np.zeros((n_rows, values.shape[2]), np.float32)
        for offset, window in enumerate(values):
            k = self.needed(first, stop)[0] + offset
            place = (k - first) * step - self.margin_bins
            low, high = max(0, place), min(n_rows, place + len(window))
            if low < high:
                part = slice(low - place, high - place)
                joined[low:high] += self._weights(k)[part, None] * window[part]
        return joined

    def _weights(self, k: int) -> NDArray[np.float32]:
        """The share of window k in each of its bins."""
        step, n_shared = self.bins_per_window, 2 * self.margin_bins
        ramp = ((np.arange(n_shared) + 0.5) / max(n_shared, 1)).astype(np.float32)
        weights = np.ones(step + n_shared, np.float32)
        if k > 0:
            weights[:n_shared] = ramp
        if k < self.n_windows - 1:
            weights[step:] = 1 - ramp
        return weights


def plan_tiles(
    model: SequenceModel,
    choice: HeadChoice,
    interval: Interval,
    genome: Genome,
    *,
    width_bp: int | None = None,
    crop_bp: int | None = None,
    blend: str = "crop",
) -> TilePlan:
    """Lay windows over a region.

    Args:
        model: any `SequenceModel`.
        choice: head, and the one resolution.
        interval: the region; bins wholly outside its contig are dropped, and a DataWarning says so.
        genome: knows the contig.
        width_bp: bases of a window; None = the model's own.
        crop_bp: bases at each end; None = those of the head, where it has none (or for blending)
            an eighth of the window more, in whole bins.
        blend: "crop" = each bin from one window, "blend" = linear between two.

    Raises:
        OptionError: no width, a crop that is no whole number of bins or leaves none.
        OutOfBoundsError: nothing of the region is on its contig.
    """
    check_choice("blend", blend, BLENDS)
    bin_bp, own_crop = choice.keys[0], choice.spec.crop_bp
    width = _width(model, width_bp)
    crop = own_crop
    if crop_bp is not None:
        crop = whole_number(crop_bp, "crop_bp")
    elif not own_crop or blend == "blend":
        crop = own_crop + width // 8 // bin_bp * bin_bp
    margin = (crop - own_crop) // bin_bp
    step = (width - 2 * crop) // bin_bp
    if crop < own_crop or (crop - own_crop) % bin_bp or step < 1:
        raise OptionError(
            f"crop_bp is {crop:,} in windows of {width:,}; {choice.spec.name!r} needs its own "
            f"{own_crop:,} plus whole bins of {bin_bp:,}, and one bin between both crops.",
            option="crop_bp",
            value=crop,
        )
    if blend == "blend" and not 0 < 2 * margin <= step:
        raise OptionError(
            f"blend='blend' with crop_bp={crop:,} in windows of {width:,}: {2 * margin} bins are "
            f"shared by neighbours; it must be 1 to {step}, the bins from one window to the next.",
            option="crop_bp",
            value=crop,
        )
    covered, n_bins = _covered(interval, genome, bin_bp)
    return TilePlan(covered, n_bins, bin_bp, width, crop, margin, blend)


def _covered(interval: Interval, genome: Genome, bin_bp: int) -> tuple[Interval, int]:
    """The bins that overlap a region, on its contig, and their number."""
    length = genome.lengths[genome.resolve(interval.chrom)]
    if interval.start >= length or interval.end <= 0:
        raise OutOfBoundsError(
            f"{interval.text()} is outside its contig of {length:,} bases in {genome.name}.",
            interval=interval,
            contig_length=length,
        )
    start = max(0, interval.start) // bin_bp * bin_bp
    n_bins = -(-(min(interval.end, length) - start) // bin_bp)
    if interval.start < 0 or interval.end > length:
        warn_caller(
            f"{interval!r} leaves its contig of {length:,} bases; the bins outside are dropped."
        )
    end = min(start + n_bins * bin_bp, length)
    return Interval(interval.chrom, start, end, interval.strand, interval.name), n_bins


def _width(model: SequenceModel, width_bp: int | None) -> int:
    width = model.window_bp or model.default_width_bp
    if width_bp is not None:
        width = whole_number(width_bp, "width_bp")
    if width is None:
        raise OptionError(
            f"{model.name} reads windows of any length and has no default width; give width_bp=.",
            option="width_bp",
            value=None,
        )
    model.check_length(width)
    return width
