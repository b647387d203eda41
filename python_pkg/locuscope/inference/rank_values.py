"""Values that metrics of order need: kept while they fit, then sampled or counted in bins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from locuscope.errors import OptionError
from locuscope.genome.draws import hashed
from locuscope.inference.rank_metrics import N_BINS, auprc, auroc, bin_of, exact_counts, spearmanr

if TYPE_CHECKING:
    from numpy.typing import NDArray

RANK_METRICS = ("spearmanr", "auroc", "auprc")
CURVES = {"auroc": auroc, "auprc": auprc}
_SAMPLE_WORD = 1


class RankValues:
    """Targets and predictions of a stream, at most `max_values` of each.

    Args:
        names: the metrics of order that are wanted.
        n_tracks: columns.
        max_values: positions times tracks that are kept. Beyond it `spearmanr` works on a seeded
            sample of positions, the areas on 65,536 bins.
        positive_above: targets above it are of the class; None = targets are 0 and 1.
        seed: of the sample.
    """

    def __init__(
        self,
        names: tuple[str, ...],
        n_tracks: int,
        *,
        max_values: int,
        positive_above: float | None,
        seed: int,
    ) -> None:
        self.names = names
        self.n_seen = 0
        self.n_kept = 0
        self.histogram: NDArray[np.int64] | None = None
        self._max_rows = max(1, max_values // max(1, n_tracks))
        self._above = positive_above
        self._seed = seed
        self._halvings = 0
        self._chunks: list[tuple[NDArray[np.floating], ...]] = []
        self._keys: list[NDArray[np.uint64]] = []
        self._is_bad = np.zeros(n_tracks, np.bool_)

    @property
    def is_binary(self) -> bool:
        """Whether a metric of classes is wanted."""
        return any(name in CURVES for name in self.names)

    def add(
        self,
        x: NDArray[np.floating],
        y: NDArray[np.floating],
        keep: NDArray[np.bool_],
        where: tuple[NDArray[np.int64], NDArray[np.int64]],
    ) -> None:
        """Count rows (R, T).

        Args:
            x: targets.
            y: predictions.
            keep: False = masked.
            where: number of the sequence and of the position of each row, which decide the sample.

        Raises:
            OptionError: a target that is neither 0 nor 1, where classes are wanted.
        """
        rows = keep.any(1)
        x, y, keep = x[rows], y[rows], keep[rows]
        if self.is_binary and self._above is None:
            _require_classes(x, keep)
        self.n_seen += len(x)
        self._is_bad |= (keep & np.isnan(y)).any(0)
        if self.histogram is not None:
            self._count(x, y, keep)
        if self.histogram is not None and "spearmanr" not in self.names:
            return
        words = (part[rows] for part in where)
        self._keys.append(hashed(self._seed, _SAMPLE_WORD, *words))
        self._chunks.append((np.where(keep, x, np.nan), y))
        self._thin(len(self._chunks) - 1)
        while self.n_kept > self._max_rows:
            self._overflow()

    def metric(self, name: str) -> tuple[NDArray[np.float64], float]:
        """Give a metric of every track, and how far off it may be at most."""
        found = [self._of_track(name, track) for track in range(len(self._is_bad))]
        values = np.array([value for value, _ in found], np.float64)
        return values, max((off for _, off in found), default=0.0)

    def notes(self) -> list[str]:
        """What should be said about metrics that are not exact."""
        said = []
        if "spearmanr" in self.names and self._halvings:
            said.append(
                f"spearmanr is of a sample of {self.n_kept:,} of {self.n_seen:,} positions (seed "
                f"{self._seed})"
            )
        if self.histogram is not None:
            said += [
                f"{name} is of {N_BINS:,} bins of predictions, exact to {self.metric(name)[1]:.1g}"
                for name in self.names
                if name in CURVES
            ]
        return said

    def _of_track(self, name: str, track: int) -> tuple[float, float]:
        if self._is_bad[track]:
            return float("nan"), 0.0
        if name in CURVES and self.histogram is not None:
            positives, negatives = self.histogram[track]
            return CURVES[name](positives, negatives)
        empty = np.empty(0)
        x = np.concatenate([empty, *(chunk[0][:, track] for chunk in self._chunks)])
        y = np.concatenate([empty, *(chunk[1][:, track] for chunk in self._chunks)])
        x, y = x[~np.isnan(x)], y[~np.isnan(x)]
        if name == "spearmanr":
            return spearmanr(x, y), 0.0
        value, _ = CURVES[name](*exact_counts(self._is_positive(x), y))
        return value, 0.0

    def _is_positive(self, x: NDArray[np.floating]) -> NDArray[np.bool_]:
        found: NDArray[np.bool_] = x > (0.5 if self._above is None else self._above)
        return found

    def _overflow(self) -> None:
        """Count classes in bins from now on, and keep half of the positions."""
        if self.is_binary and self.histogram is None:
            self.histogram = np.zeros((len(self._is_bad), 2, N_BINS), np.int64)
            for x, y in self._chunks:
                self._count(x, y, ~np.isnan(x))
        if "spearmanr" not in self.names:
            self._chunks, self._keys, self.n_kept = [], [], 0
            return
        self._halvings += 1
        self.n_kept = 0
        for place in range(len(self._chunks)):
            self._thin(place)

    def _thin(self, place: int) -> None:
        """Keep the rows of a chunk that are in the sample; the rows that are there decide it."""
        if self._halvings:
            kept = self._keys[place] < np.uint64(1 << (64 - self._halvings))
            self._keys[place] = self._keys[place][kept]
            x, y = self._chunks[place]
            self._chunks[place] = (x[kept], y[kept])
        self.n_kept += len(self._keys[place])

    def _count(
        self, x: NDArray[np.floating], y: NDArray[np.floating], keep: NDArray[np.bool_]
    ) -> None:
        if self.histogram is None:
            return
        for track in range(x.shape[1]):
            rows = keep[:, track] & ~np.isnan(y[:, track])
            bins = bin_of(y[rows, track])
            is_positive = self._is_positive(x[rows, track])
            for row, chosen in ((0, is_positive), (1, ~is_positive)):
                self.histogram[track, row] += np.bincount(bins[chosen], minlength=N_BINS)


def _require_classes(x: NDArray[np.floating], keep: NDArray[np.bool_]) -> None:
    odd = keep & (x != 0) & (x != 1)
    if odd.any():
        row, track = np.argwhere(odd)[0]
        raise OptionError(
            f"auroc and auprc need targets of 0 and 1; track {track} has {x[row, track]:g}. Say "
            "from where on a target counts: positive_above=t.",
            option="positive_above",
            value=None,
        )
