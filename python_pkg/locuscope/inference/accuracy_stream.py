"""Targets and predictions in, chunk by chunk; metrics out. No prediction is kept without need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from locuscope.errors import ShapeError
from locuscope.genome.draws import hashed
from locuscope.inference.accuracy_sums import SUM_METRICS, PairSums
from locuscope.inference.rank_values import RANK_METRICS, RankValues

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from locuscope.inference.accuracy_options import AccuracyOptions


@dataclass(frozen=True)
class StreamResult:
    """Metrics of a stream; arrays are (T,), (S, T) by sequence, (S, P) by track."""

    metrics: dict[str, NDArray[np.float64]]
    counts: NDArray[np.int64]
    is_constant: NDArray[np.bool_]
    log_pearsonr: NDArray[np.float64] | None
    n_sequences: int
    notes: tuple[str, ...]


class AccuracyStream:
    """Metrics of targets and predictions that come in chunks; the chunks do not matter.

    Args:
        options: what is compared.
    """

    def __init__(self, options: AccuracyOptions) -> None:
        self.options = options
        self.n_sequences = 0
        self._sums: PairSums | None = None
        self._log_sums: PairSums | None = None
        self._groups: list[PairSums] = []
        self._group_ranks: list[dict[str, NDArray[np.float64]]] = []
        self._ranks: RankValues | None = None
        self._shape: tuple[int, int] | None = None
        self._notes: dict[str, None] = {}

    def add(
        self,
        targets: NDArray[np.floating],
        preds: NDArray[np.floating],
        na: NDArray[np.bool_] | None = None,
    ) -> NDArray[np.bool_]:
        """Count the next sequences.

        Args:
            targets: (N, P, T); NaN is masked.
            preds: the same shape.
            na: (N, P), True = masked.

        Returns:
            Bool (N, P, T): what counts.

        Raises:
            ShapeError: other shapes than each other or than before.
        """
        self._check(targets, preds, na)
        keep: NDArray[np.bool_] = ~np.isnan(targets)
        if na is not None:
            keep &= ~na[:, :, None]
        places = np.arange(self.n_sequences, self.n_sequences + len(targets))[:, None]
        if self.options.sample is not None:
            keep &= self._sampled(places, targets.shape[1])[:, :, None]
        if len(targets):
            self._count(targets, preds, keep, places)
        self.n_sequences += len(targets)
        return keep

    def result(self) -> StreamResult:
        """Give the metrics of what was added.

        Raises:
            ShapeError: nothing was added.
        """
        sums = self._sums if self.options.by is None else _stacked(self._groups)
        if sums is None:
            raise ShapeError("no sequence was given.", found=0, expected=">= 1")
        metrics = {}
        for name in self.options.metrics:
            if name in SUM_METRICS:
                metrics[name] = sums.metric(name)
            elif self.options.by is not None:
                metrics[name] = np.concatenate([part[name] for part in self._group_ranks])
            elif self._ranks is not None:
                metrics[name] = self._ranks.metric(name)[0]
        notes = [*self._notes, *(self._ranks.notes() if self._ranks is not None else ())]
        log = None if self._log_sums is None else self._log_sums.metric("pearsonr")
        counts = sums.count.astype(np.int64)
        return StreamResult(metrics, counts, sums.is_constant, log, self.n_sequences, tuple(notes))

    def _count(
        self,
        targets: NDArray[np.floating],
        preds: NDArray[np.floating],
        keep: NDArray[np.bool_],
        places: NDArray[np.int64],
    ) -> None:
        options = self.options
        x, y = (options.prepared(values, log=options.log) for values in (targets, preds))
        if options.by is not None:
            axis = 1 if options.by == "sequence" else 2
            self._groups.append(PairSums.of(x, y, keep, axis))
            self._rank_groups(targets, preds, keep, axis)
            return
        rows = (-1, targets.shape[2])
        flat = keep.reshape(rows)
        self._sums = _joined(self._sums, PairSums.of(x.reshape(rows), y.reshape(rows), flat, 0))
        if not options.log:
            x, y = (options.prepared(values, log=True) for values in (targets, preds))
            sums = PairSums.of(x.reshape(rows), y.reshape(rows), flat, 0)
            self._log_sums = _joined(self._log_sums, sums)
        self._rank(targets.reshape(rows), preds.reshape(rows), flat, places, targets.shape[1])

    def _rank(
        self,
        targets: NDArray[np.floating],
        preds: NDArray[np.floating],
        keep: NDArray[np.bool_],
        places: NDArray[np.int64],
        n_positions: int,
    ) -> None:
        if self._ranks is None:
            self._ranks = self._rank_values(targets.shape[1])
        if self._ranks is not None:
            where = np.broadcast_arrays(places, np.arange(n_positions)[None])
            x, y = (self._ordered(values) for values in (targets, preds))
            self._ranks.add(x, y, keep, (where[0].ravel(), where[1].ravel()))

    def _rank_groups(
        self,
        targets: NDArray[np.floating],
        preds: NDArray[np.floating],
        keep: NDArray[np.bool_],
        axis: int,
    ) -> None:
        """Metrics of order of every group, each from its own few values."""
        n_groups = targets.shape[3 - axis]
        wanted = [name for name in self.options.metrics if name in RANK_METRICS]
        found = {name: np.empty((len(targets), n_groups)) for name in wanted}
        if not wanted:
            return
        x, y = (self._ordered(values) for values in (targets, preds))
        if axis == 2:
            x, y = x.transpose(0, 2, 1), y.transpose(0, 2, 1)
            keep = keep.transpose(0, 2, 1)
        for row in range(len(x)):
            ranks = self._rank_values(n_groups, max_values=x[row].size)
            if ranks is None:
                return
            place = np.zeros(x.shape[1], np.int64)
            ranks.add(x[row], y[row], keep[row], (place, place))
            for name in wanted:
                found[name][row] = ranks.metric(name)[0]
        self._group_ranks.append(found)

    def _rank_values(self, n_tracks: int, max_values: int | None = None) -> RankValues | None:
        names = tuple(name for name in self.options.metrics if name in RANK_METRICS)
        if not names:
            return None
        return RankValues(
            names,
            n_tracks,
            max_values=max_values or self.options.max_values,
            positive_above=self.options.positive_above,
            seed=self.options.seed,
        )

    def _ordered(self, values: NDArray[np.floating]) -> NDArray[np.floating]:
        """Clipped; a logarithm would not change the order, and could lose it in narrow numbers."""
        return values if self.options.clip is None else np.clip(values, 0.0, self.options.clip)

    def _sampled(self, places: NDArray[np.int64], n_positions: int) -> NDArray[np.bool_]:
        """Bool (N, P): the positions of each sequence with the smallest draws."""
        n_kept = max(1, int((self.options.sample or 1.0) * n_positions))
        draws = hashed(self.options.seed, places, np.arange(n_positions)[None])
        kept = np.argsort(draws, axis=1, kind="stable")[:, :n_kept]
        found = np.zeros(draws.shape, np.bool_)
        np.put_along_axis(found, kept, values=True, axis=1)
        return found

    def _check(
        self,
        targets: NDArray[np.floating],
        preds: NDArray[np.floating],
        na: NDArray[np.bool_] | None,
    ) -> None:
        if targets.ndim != 3 or targets.shape != preds.shape:
            raise ShapeError(
                f"targets have shape {targets.shape} and predictions {preds.shape}; both must be "
                "(N, P, T): sequences, positions, tracks.",
                found=preds.shape,
                expected=targets.shape,
            )
        if na is not None and na.shape != targets.shape[:2]:
            raise ShapeError(
                f"na has shape {na.shape}; expected {targets.shape[:2]}, one flag per position.",
                found=na.shape,
                expected=targets.shape[:2],
            )
        shape = (targets.shape[1], targets.shape[2])
        is_other = self._shape is not None and (
            shape[1] != self._shape[1] or (self.options.by == "track" and shape != self._shape)
        )
        if is_other:
            raise ShapeError(
                f"sequence {self.n_sequences} and those with it have (positions, tracks) {shape}; "
                f"those before have {self._shape}.",
                found=shape,
                expected=self._shape,
            )
        self._shape = shape


def _joined(before: PairSums | None, chunk: PairSums) -> PairSums:
    return chunk if before is None else before.joined(chunk)


def _stacked(groups: list[PairSums]) -> PairSums | None:
    if not groups:
        return None
    names = PairSums.__dataclass_fields__
    return PairSums(**{n: np.concatenate([getattr(g, n) for g in groups]) for n in names})
