"""Sequences with measured tracks one by one, checked, on their way into a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from locuscope.datasets.testset_sizes import SPLITS, Sizes
from locuscope.errors import NonFiniteError, OptionError, ShapeError, WrongTypeError
from locuscope.genome.choices import check_choice
from locuscope.genome.interval import whole_number
from locuscope.genome.sequence import check_one_hot, one_hot
from locuscope.inference.measured_batches import TestBatch, batches_of, numbers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_FLOAT16_MAX = float(np.finfo(np.float16).max)


class Row(NamedTuple):
    """x (4, L) uint8, y (P, T) float16, na (P,) bool."""

    x: NDArray[np.uint8]
    y: NDArray[np.float16]
    na: NDArray[np.bool_]


def splits_of(test_set: object, split: str) -> dict[str, Iterable[object]]:
    """Give split -> batches.

    Args:
        test_set: batches, one batch, or a mapping of splits to them.
        split: the split that batches without a mapping belong to.

    Raises:
        OptionError: another split than train, valid and test.
        WrongTypeError: no batches.
    """
    named: Mapping[Any, Any] = test_set if isinstance(test_set, Mapping) else {split: test_set}
    found: dict[str, Iterable[object]] = {}
    for name, given in named.items():
        check_choice("split", name, SPLITS)
        is_one = isinstance(given, tuple) and len(given) in (2, 3) and not _is_batch(given[0])
        found[name] = [TestBatch(*given)] if is_one else given
    if not found:
        raise OptionError("no split is given.", option="test_set", value=test_set, allowed=SPLITS)
    return found


def rows_of(batches: Iterable[object]) -> Iterator[Row]:
    """Check batches and give their sequences; all have the shapes of the first.

    Raises:
        ShapeError: other axes than (N, 4, L), (N, P, T) and (N, P), or two shapes.
        InputError: bases that are not one-hot.
        NonFiniteError: values beyond float16, which such a file holds.
        WrongTypeError: no batches, no numbers.
    """
    first: tuple[tuple[int, ...], ...] | None = None
    for number, batch in enumerate(batches_of(batches)):
        x = _bases(batch.x, number)
        y = _tracks(batch.y, number)
        na = np.zeros(y.shape[:2], np.bool_) if batch.na is None else np.asarray(batch.na, np.bool_)
        if len(x) != len(y) or na.shape != y.shape[:2]:
            raise ShapeError(
                f"batch {number}: x has shape {x.shape}, y {y.shape}, na {na.shape}; expected "
                "(N, 4, L), (N, P, T) and (N, P).",
                found=(x.shape, y.shape, na.shape),
                expected=("(N, 4, L)", "(N, P, T)", "(N, P)"),
            )
        shapes = (x.shape[1:], y.shape[1:])
        first = first or shapes
        if shapes != first:
            raise ShapeError(
                f"batch {number} has sequences of {shapes[0]} and tracks of {shapes[1]}; the first "
                f"batch has {first[0]} and {first[1]}.",
                found=shapes,
                expected=first,
            )
        yield from map(Row, x, y, na)


def sizes_of(row: Row, *, pool_width: int | None, crop_bp: int, is_one_hot: bool) -> Sizes:
    """Sizes of the set that begins with a row.

    Args:
        row: the first one.
        pool_width: bases per bin; None = what the crops leave, divided by the bins.
        crop_bp: bases at each end without a bin.
        is_one_hot: how bases will be written.

    Raises:
        OptionError: sizes that do not add up.
    """
    length, (n_bins, n_tracks) = row.x.shape[1], row.y.shape
    crop = whole_number(crop_bp, "crop_bp")
    width = (length - 2 * crop) // n_bins if pool_width is None else pool_width
    return Sizes(length, n_bins, n_tracks, width, crop, is_one_hot)


def _is_batch(value: object) -> bool:
    return isinstance(value, tuple | list) and bool(value) and not isinstance(value[0], str)


def _bases(given: Any, number: int) -> NDArray[np.uint8]:
    if isinstance(given, list | tuple) and given and all(isinstance(s, str) for s in given):
        return np.asarray(one_hot(given), np.uint8)
    array = numbers(given, f"x of batch {number}")
    if array.ndim != 3:
        raise ShapeError(
            f"x of batch {number} has shape {array.shape}; expected (N, 4, L).",
            found=array.shape,
            expected=("N", 4, "L"),
        )
    check_one_hot(array, where=f"x of batch {number}")
    return array.astype(np.uint8)


def _tracks(given: Any, number: int) -> NDArray[np.float16]:
    array = numbers(given, f"y of batch {number}")
    if array.ndim != 3 or 0 in array.shape[1:]:
        raise ShapeError(
            f"y of batch {number} has shape {array.shape}; expected (N, P, T), tracks last.",
            found=array.shape,
            expected=("N", "P", "T"),
        )
    beyond = (np.abs(array) > _FLOAT16_MAX) & np.isfinite(array)
    if beyond.any():
        place = tuple(int(k) for k in np.argwhere(beyond)[0])
        raise NonFiniteError(
            f"y of batch {number} holds {int(beyond.sum()):,} values beyond float16 "
            f"({_FLOAT16_MAX:,.0f}), the first at {place}: {array[place]:g}. The file holds "
            "float16; scale or clip them.",
            where=f"y of batch {number}",
            count=int(beyond.sum()),
            first=place,
        )
    return array.astype(np.float16)


def require_rows(count: int, split: str) -> None:
    """Refuse a split without a sequence.

    Raises:
        OptionError: no sequence.
    """
    if not count:
        raise OptionError(
            f"the split {split!r} has no sequence to write.", option="test_set", value=split
        )


def require_text(option: str, values: object, n_tracks: int) -> tuple[str, ...]:
    """Give texts of all tracks; nothing for None.

    Raises:
        WrongTypeError: no list of texts.
        ShapeError: another number than tracks.
    """
    if values is None:
        return ()
    listed: list[Any] = list(values) if isinstance(values, Iterable) else [values]
    if isinstance(values, str) or not all(isinstance(item, str) for item in listed):
        raise WrongTypeError(
            f"{option} is {repr(values)[:60]}; expected one text per track.",
            argument=option,
            found=type(values).__name__,
            expected="list of str",
        )
    if len(listed) != n_tracks:
        raise ShapeError(
            f"{option} has {len(listed)} texts; the test set has {n_tracks} tracks.",
            found=len(listed),
            expected=n_tracks,
        )
    return tuple(listed)
