"""Curves of yes/no targets and of probabilities, as points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from locuscope.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

N_BINS: Final = 10
MOST_VERTICES: Final = 2_000


@dataclass(frozen=True, eq=False)
class Reliability:
    """Bins of predicted probability that hold something, (B,) each."""

    predicted: Array
    observed: Array
    count: NDArray[np.int64]
    middle: Array


def classes(
    targets: NDArray[np.floating], options: Mapping[str, object], name: str
) -> NDArray[np.bool_]:
    """Which targets are of the class.

    Args:
        targets: of one track.
        options: those of the evaluation; `positive_above` counts.
        name: of the track, for messages.

    Raises:
        OptionError: targets other than 0 and 1, and no bound.
    """
    above = options.get("positive_above")
    if isinstance(above, int | float):
        return np.asarray(targets > above, np.bool_)
    odd = targets[(targets != 0) & (targets != 1)]
    if odd.size:
        raise OptionError(
            f"targets of {name!r} must be 0 or 1 for this picture; {odd.size:,} are not, such as "
            f"{odd[0]:g}. Evaluate with auroc and positive_above=t to say what counts.",
            option="kind",
            value=float(odd[0]),
        )
    return np.asarray(targets == 1, np.bool_)


def roc_points(is_positive: NDArray[np.bool_], preds: NDArray[np.floating]) -> tuple[Array, Array]:
    """False and true positive rate at every threshold, from (0, 0) to (1, 1).

    >>> x, y = roc_points(np.array([True, False]), np.array([0.9, 0.1]))
    >>> x.tolist(), y.tolist()
    ([0.0, 0.0, 1.0], [0.0, 1.0, 1.0])
    """
    true, false = _counts(is_positive, preds)
    return _thinned(_share(false), _share(true))


def pr_points(is_positive: NDArray[np.bool_], preds: NDArray[np.floating]) -> tuple[Array, Array]:
    """Recall and precision at every threshold, the strictest first.

    >>> x, y = pr_points(np.array([True, False]), np.array([0.9, 0.1]))
    >>> x.tolist(), y.tolist()
    ([0.0, 1.0, 1.0], [1.0, 1.0, 0.5])
    """
    true, false = _counts(is_positive, preds)
    precision = true[1:] / (true + false)[1:]
    # the average precision counts each gain of recall at the precision there
    first = precision[:1] if precision.size else np.ones(1)
    return _thinned(_share(true), np.concatenate([first, precision]))


def reliability(
    is_positive: NDArray[np.bool_], preds: NDArray[np.floating], name: str
) -> Reliability:
    """Mean prediction and share of the class in ten bins of probability.

    Raises:
        OptionError: predictions outside 0 to 1.
    """
    odd = preds[(preds < 0) | (preds > 1)]
    if odd.size:
        raise OptionError(
            f"predictions of {name!r} are no probabilities: {odd.size:,} are outside 0 to 1, such "
            f"as {odd[0]:g}.",
            option="kind",
            value="calibration",
        )
    place = np.minimum((preds * N_BINS).astype(np.int64), N_BINS - 1)
    count = np.bincount(place, minlength=N_BINS)
    there = count > 0
    sums = (np.bincount(place, weights=w, minlength=N_BINS) for w in (preds, is_positive))
    predicted, observed = (part[there] / count[there] for part in sums)
    middle = (np.arange(N_BINS)[there] + 0.5) / N_BINS
    return Reliability(predicted, observed, count[there], middle)


def _counts(is_positive: NDArray[np.bool_], preds: NDArray[np.floating]) -> tuple[Array, Array]:
    """Of the class and not, at or above each distinct prediction from the largest, 0 first."""
    order = np.argsort(-preds, kind="stable")
    ordered, flags = preds[order], is_positive[order]
    last = np.arange(len(ordered))[-1:]
    ends = np.concatenate([np.flatnonzero(np.diff(ordered)), last])
    true, false = (np.cumsum(each)[ends].astype(np.float64) for each in (flags, ~flags))
    return np.concatenate([[0.0], true]), np.concatenate([[0.0], false])


def _share(counts: Array) -> Array:
    return counts / counts[-1] if counts[-1] else np.zeros_like(counts)


def _thinned(x: Array, y: Array) -> tuple[Array, Array]:
    """Evenly chosen vertices, both ends among them, where there are too many."""
    if len(x) <= MOST_VERTICES:
        return x, y
    chosen = np.unique(np.linspace(0, len(x) - 1, MOST_VERTICES).round().astype(np.int64))
    return x[chosen], y[chosen]
