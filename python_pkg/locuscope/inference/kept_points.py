"""Pairs of targets and predictions that pictures are drawn from: a bounded, seeded sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from locuscope.errors import OptionError
from locuscope.genome.draws import hashed
from locuscope.genome.interval import whole_number

if TYPE_CHECKING:
    from numpy.typing import NDArray

KEEP_POINTS: Final = 2_000_000
"""Positions times tracks that are kept unless said otherwise; 16 MB."""
_SAMPLE_WORD: Final = 2


@dataclass(frozen=True, eq=False)
class KeptPoints:
    """Positions of a test set, all of them or a sample.

    Args:
        targets: (K, T) float32, as they were given; NaN where masked.
        preds: the same shape.
        n_seen: positions that count in at least one track.
        seed: of the sample.
    """

    targets: NDArray[np.float32]
    preds: NDArray[np.float32]
    n_seen: int
    seed: int

    @property
    def is_sample(self) -> bool:
        """Whether some positions are not here."""
        return len(self.targets) < self.n_seen

    def track(self, row: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Targets and predictions of one track, without those that are masked or not finite."""
        x, y = self.targets[:, row], self.preds[:, row]
        is_there = np.isfinite(x) & np.isfinite(y)
        return x[is_there], y[is_there]


class PointKeeper:
    """Keeps pairs of a stream; which ones depends on the seed and their places only.

    Args:
        keep_points: positions times tracks at most; 0 = none.
        seed: of the sample.

    Raises:
        OptionError: a negative number.
    """

    def __init__(self, keep_points: object, seed: int) -> None:
        self._most = whole_number(keep_points, "keep_points")
        if self._most < 0:
            raise OptionError(
                f"keep_points is {keep_points!r}; expected a whole number of at least 0.",
                option="keep_points",
                value=keep_points,
            )
        self._seed = seed
        self._n_seen = 0
        self._n_sequences = 0
        self._bound = np.uint64(2**64 - 1)
        self._keys: list[NDArray[np.uint64]] = []
        self._chunks: list[tuple[NDArray[np.float32], NDArray[np.float32]]] = []

    def add(
        self,
        targets: NDArray[np.floating],
        preds: NDArray[np.floating],
        keep: NDArray[np.bool_],
    ) -> None:
        """Add the next sequences, all (N, P, T); `keep` False = masked."""
        n, n_positions, n_tracks = targets.shape
        sequence = np.arange(self._n_sequences, self._n_sequences + n)[:, None]
        self._n_sequences += n
        if not self._most or not n:
            return
        keys = hashed(self._seed, _SAMPLE_WORD, sequence, np.arange(n_positions)[None])
        counts = keep.any(axis=2)
        self._n_seen += int(counts.sum())
        chosen = counts & (keys <= self._bound)
        x = np.where(keep[chosen], targets[chosen], np.nan).astype(np.float32)
        self._keys.append(keys[chosen])
        self._chunks.append((x, preds[chosen].astype(np.float32)))
        self._thin(max(1, self._most // max(1, n_tracks)))

    def _thin(self, most_rows: int) -> None:
        """Keep the rows of the smallest keys; later ones must be as small."""
        if sum(map(len, self._keys)) <= most_rows:
            return
        keys = np.concatenate(self._keys)
        x, y = (np.concatenate([chunk[side] for chunk in self._chunks]) for side in (0, 1))
        # ties of 64-bit keys would need billions of rows
        self._bound = np.partition(keys, most_rows - 1)[most_rows - 1]
        chosen = keys <= self._bound
        self._keys, self._chunks = [keys[chosen]], [(x[chosen], y[chosen])]

    def result(self) -> KeptPoints | None:
        """What was kept; None where nothing was to be."""
        if not self._chunks:
            return None
        x, y = (np.concatenate([chunk[side] for chunk in self._chunks]) for side in (0, 1))
        return KeptPoints(x, y, self._n_seen, self._seed)
