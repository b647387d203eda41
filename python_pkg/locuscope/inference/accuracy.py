"""The verb `accuracy`: how well an array of predictions fits an array of targets."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.errors import EmptySelectionError, TrackMismatchError, WrongTypeError
from locuscope.inference.accuracy_options import DEFAULT_METRICS, MAX_VALUES, AccuracyOptions
from locuscope.inference.accuracy_stream import AccuracyStream
from locuscope.inference.evaluation import Evaluation
from locuscope.inference.kept_points import KEEP_POINTS, PointKeeper
from locuscope.inference.measured_batches import numbers
from locuscope.tracks.track_table import TrackTable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray


def accuracy(
    targets: ArrayLike,
    preds: ArrayLike,
    na: ArrayLike | None = None,
    *,
    metrics: Sequence[str] = DEFAULT_METRICS,
    log: bool = False,
    pseudocount: float = 1.0,
    clip: float | None = None,
    tracks: Sequence[str] | TrackTable | None = None,
    sample: float | None = None,
    loss: Callable[[Any, Any], Any] | None = None,
    by: str | None = None,
    seed: int = 0,
    positive_above: float | None = None,
    max_values: int = MAX_VALUES,
    keep_points: int = KEEP_POINTS,
) -> Evaluation:
    """Compare arrays of targets and predictions.

    Args:
        targets: (N, P, T), or (N, T) for one value per sequence; NaN is masked.
        preds: the same shape.
        na: (N, P), True = masked.
        metrics: as `evaluate`, like all that follow.
        log: compare log2(x + pseudocount).
        pseudocount: added before the logarithm.
        clip: both sides are clipped to [0, clip] first.
        tracks: names of the T tracks, or their metadata; None = their numbers.
        sample: share of the positions of each sequence.
        loss: called with predictions and targets (n, T).
        by: "sequence" or "track".
        seed: of everything that is drawn.
        positive_above: from where on a target is of the class.
        max_values: how many values the metrics of order keep.
        keep_points: positions times tracks that stay with the result for `Evaluation.plot`.

    Raises:
        ShapeError: two shapes, or another number of tracks.
        EmptySelectionError: no sequence.

    >>> found = accuracy([[0.0], [1.0], [2.0]], [[0.0], [2.0], [4.0]])
    >>> {name: round(float(values[0]), 6) for name, values in found.metrics.items()}
    {'pearsonr': 1.0, 'r2': -1.5, 'mse': 1.666667}
    """
    options = AccuracyOptions(
        metrics=tuple(metrics) if not isinstance(metrics, str) else (metrics,),
        log=log,
        pseudocount=pseudocount,
        clip=clip,
        sample=sample,
        by=by,
        seed=seed,
        positive_above=positive_above,
        max_values=max_values,
    )
    x, y = (numbers(values, name) for values, name in ((targets, "targets"), (preds, "preds")))
    flags = None if na is None else np.asarray(na, np.bool_)
    if x.ndim == 2:
        x, y = x[:, None], y[:, None] if y.ndim == 2 else y
        flags = flags[:, None] if flags is not None and flags.ndim == 1 else flags
    stream, losses = AccuracyStream(options), Losses(loss)
    points = PointKeeper(0 if by is not None else keep_points, options.seed)
    keep = stream.add(x, y, flags)
    losses.add(x, y, keep)
    points.add(x, y, keep)
    table = _table(tracks, x.shape[2])
    return evaluation(stream, table, losses, asdict(options), points=points)


class Losses:
    """Mean of a caller's loss over positions.

    Args:
        loss: (predictions, targets) -> number or array; None = none.

    Raises:
        WrongTypeError: no function.
    """

    def __init__(self, loss: Callable[[Any, Any], Any] | None) -> None:
        if loss is not None and not callable(loss):
            raise WrongTypeError(
                f"loss is {loss!r}; expected a function (predictions, targets) -> number.",
                argument="loss",
                found=type(loss).__name__,
                expected="function",
            )
        self._loss = loss
        self._total = 0.0
        self._n_rows = 0

    def add(self, targets: NDArray[Any], preds: NDArray[Any], keep: NDArray[np.bool_]) -> None:
        """Count the positions that count in every track."""
        rows = keep.all(2)
        if self._loss is None or not rows.any():
            return
        import torch

        y, x = (torch.from_numpy(a[rows].astype(np.float32)) for a in (preds, targets))
        value = np.asarray(self._loss(y, x), np.float64)
        self._total += float(value.mean()) * len(x)
        self._n_rows += len(x)

    @property
    def mean(self) -> float | None:
        """The mean; None without a loss, NaN without a position."""
        if self._loss is None:
            return None
        return self._total / self._n_rows if self._n_rows else float("nan")


def evaluation(
    stream: AccuracyStream,
    tracks: TrackTable,
    losses: Losses,
    options: Mapping[str, object],
    *,
    points: PointKeeper | None = None,
) -> Evaluation:
    """Give what a stream found, with its tracks.

    Raises:
        EmptySelectionError: no sequence was added.
    """
    if not stream.n_sequences:
        raise EmptySelectionError("the test set holds no sequence.", available=0)
    found = stream.result()
    return Evaluation(
        metrics=found.metrics,
        counts=found.counts,
        is_constant=found.is_constant,
        tracks=tracks,
        n_sequences=found.n_sequences,
        by=stream.options.by,
        log_pearsonr=found.log_pearsonr,
        loss=losses.mean,
        options=options,
        notes=found.notes,
        points=None if points is None else points.result(),
    )


def _table(tracks: Sequence[str] | TrackTable | None, n_tracks: int) -> TrackTable:
    if isinstance(tracks, TrackTable):
        table = tracks
    else:
        names = [str(k) for k in range(n_tracks)] if tracks is None else list(tracks)
        plain = TrackTable.placeholders("targets", 0, len(names))
        table = plain.with_column("track_name", names)
    if len(table) != n_tracks:
        raise TrackMismatchError(
            f"{len(table)} tracks are named; the targets have {n_tracks}.",
            left=len(table),
            right=n_tracks,
        )
    return table
