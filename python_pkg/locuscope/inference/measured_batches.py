"""Test sets: batches of sequences with measured tracks, and how they meet the predictions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from locuscope.errors import ShapeError, TrackMismatchError, WrongTypeError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from locuscope.inference.selection import HeadChoice


class TestBatch(NamedTuple):
    """Some sequences of a test set.

    Args:
        x: one-hot (N, A, L), or a list of texts.
        y: measured tracks (N, P, T); NaN = not measured.
        na: (N, P), True = left out; None = nothing is.
    """

    x: Any
    y: Any
    na: Any = None


TestBatch.__test__ = False  # type: ignore[attr-defined]  # no test, whatever its name begins with


def batches_of(test_set: Iterable[object]) -> Iterable[TestBatch]:
    """Give the batches of a test set, whatever tuples they are.

    Raises:
        WrongTypeError: no iterable, or something else in it.
    """
    if isinstance(test_set, str | Mapping | TestBatch) or not isinstance(test_set, Iterable):
        raise WrongTypeError(
            f"test_set is a {type(test_set).__name__}; expected an iterable of batches (x, y) or "
            "(x, y, na), such as [TestBatch(x, y)].",
            argument="test_set",
            found=type(test_set).__name__,
            expected="iterable of TestBatch",
        )
    for number, batch in enumerate(test_set):
        if not isinstance(batch, tuple | list) or not 2 <= len(batch) <= 3:
            raise WrongTypeError(
                f"batch {number} of the test set is a {type(batch).__name__}; expected (x, y) or "
                "(x, y, na).",
                argument="test_set",
                found=type(batch).__name__,
                expected="TestBatch",
            )
        yield TestBatch(*batch)


def measured(
    batch: TestBatch, preds: NDArray[Any], choice: HeadChoice, number: int
) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
    """Measured values and masked positions of a batch, in the order of the predictions.

    Args:
        batch: what the test set gave.
        preds: (N, P, T) of the chosen tracks.
        choice: head and tracks.
        number: of the batch, for messages.

    Raises:
        TrackMismatchError: neither all tracks nor the chosen ones.
        ShapeError: other sequences or positions than the predictions.
    """
    y = numbers(batch.y, f"y of batch {number}")
    if y.ndim == 2 and preds.shape[1] == 1:
        y = y[:, None]
    n_tracks = y.shape[-1]
    if y.ndim != 3 or n_tracks not in (choice.spec.num_tracks, len(choice.rows)):
        raise TrackMismatchError(
            f"y of batch {number} has shape {y.shape}; expected (N, P, T) with all "
            f"{choice.spec.num_tracks} tracks of {choice.spec.name!r} or the {len(choice.rows)} "
            "chosen ones.",
            left=n_tracks,
            right=len(choice.rows),
        )
    if n_tracks == choice.spec.num_tracks:
        y = y[..., choice.rows]
    if y.shape != preds.shape:
        raise ShapeError(
            f"y of batch {number} has shape {y.shape}; the predictions have {preds.shape}.",
            found=y.shape,
            expected=preds.shape,
        )
    return y, None if batch.na is None else _host(batch.na).astype(np.bool_)


def _host(values: Any) -> NDArray[Any]:
    detach = getattr(values, "detach", None)
    return np.asarray(values if detach is None else detach().cpu())


def numbers(values: Any, name: str) -> NDArray[Any]:
    """Give an array of real numbers; whole numbers and flags become float64.

    Raises:
        WrongTypeError: no numbers.
    """
    array = _host(values)
    if array.dtype.kind not in "fiub":
        raise WrongTypeError(
            f"{name} holds {array.dtype}; numbers are needed.",
            argument=name,
            found=str(array.dtype),
            expected="float",
        )
    return array if array.dtype.kind == "f" else array.astype(np.float64)
