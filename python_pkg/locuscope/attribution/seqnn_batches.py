"""What the published calls name a batcher: sequences batch by batch, in any of its forms."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from locuscope.attribution.examples import read_sequences
from locuscope.errors import EmptySelectionError, OptionError, ShapeError, WrongTypeError
from locuscope.genome.interval import whole_number
from locuscope.inference.measured_batches import numbers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from locuscope.models.protocol import SequenceModel

_PUBLISHED = ("next", "empty", "reset")


class SequenceBatch(NamedTuple):
    """x one-hot uint8 (N, 4, L), and where they are known y (N, P, T) and na (N, P)."""

    x: NDArray[np.uint8]
    y: NDArray[Any] | None = None
    na: NDArray[np.bool_] | None = None


def read_batches(
    model: SequenceModel, batcher: object, test_batches: object = None
) -> Iterator[SequenceBatch]:
    """Read a batcher once, from its start.

    Args:
        model: what will read the sequences.
        batcher: an iterable of x, (x, y) or (x, y, na), with x one-hot (N, 4, L) or texts; one such
            array; or an object with the published `next`, `empty` and `reset`, whose tuples hold
            (N, L, 4), and at their end the number of rows that count.
        test_batches: only so many batches; None = all.

    Raises:
        WrongTypeError: something else.
        OptionError: `test_batches` below 1.
        ShapeError, InputError: sequences of other axes, or not one-hot.
    """
    limit = None if test_batches is None else whole_number(test_batches, "test_batches")
    if limit is not None and limit < 1:
        raise OptionError(
            f"test_batches is {limit}; expected at least 1, or None.",
            option="test_batches",
            value=test_batches,
        )
    is_published = all(callable(getattr(batcher, name, None)) for name in _PUBLISHED)
    source = _published(batcher) if is_published else _plain(batcher)
    for number, item in enumerate(islice(source, limit)):
        x, y, na = _parts(item, number)
        if is_published:
            x = _turned(x, number)
        bases = read_sequences(model, x).bases
        yield SequenceBatch(
            bases,
            None if y is None else numbers(y, f"y of batch {number}"),
            None if na is None else numbers(na, f"na of batch {number}").astype(np.bool_),
        )


def read_whole(model: SequenceModel, batcher: object, test_batches: object = None) -> SequenceBatch:
    """Read a batcher into one batch.

    Raises:
        EmptySelectionError: no sequence.
        ShapeError: batches of different lengths.
        WrongTypeError, OptionError: as `read_batches`.
    """
    return joined_batches(list(read_batches(model, batcher, test_batches)))


def joined_batches(batches: list[SequenceBatch]) -> SequenceBatch:
    """Batches end to end.

    Raises:
        EmptySelectionError: none.
        ShapeError: batches of different lengths, or some of them without targets.
    """
    if not batches:
        raise EmptySelectionError("the batcher holds no sequence.", available=0)
    x, y, na = zip(*batches, strict=True)
    for part, name in ((x, "x"), (y, "y")):
        shapes = {None if item is None else item.shape[1:] for item in part}
        if len(shapes) > 1:
            raise ShapeError(
                f"the batches differ in {name}: {', '.join(map(str, shapes))} after the first "
                "axis.",
                found=shapes,
                expected="one shape",
            )
    masks = None
    if any(item is not None for item in na):
        parts = zip(na, y, strict=True)
        masks = [np.zeros(t.shape[:2], np.bool_) if m is None else m for m, t in parts]
    return SequenceBatch(
        np.concatenate(x),
        None if y[0] is None else np.concatenate(y),
        None if masks is None else np.concatenate(masks),
    )


def one_batch(model: SequenceModel, batch: Any) -> NDArray[np.uint8]:
    """Sequences of one batch of the published inner calls, (N, L, 4), or (N, 4, L).

    Raises:
        ShapeError, InputError: sequences of other axes, or not one-hot.
    """
    shape = tuple(getattr(batch, "shape", ()))
    x = _turned(batch, 0) if len(shape) == 3 and shape[2] == 4 and shape[1] != 4 else batch
    return read_sequences(model, x).bases


def _published(batcher: Any) -> Iterator[tuple[Any, ...]]:
    """Items of an object with `next`, as many rows of each as count."""
    batcher.reset()
    while not batcher.empty():
        item = batcher.next()
        if item is None:
            return
        parts = item if isinstance(item, tuple | list) else (item,)
        if parts[0] is None:
            return
        last = parts[-1]
        has_count = isinstance(last, int | np.integer) or getattr(last, "shape", None) == ()
        if not has_count:
            yield tuple(parts)
            continue
        count = whole_number(last, "the number of rows of a batch")
        if count:
            yield tuple(None if part is None else part[:count] for part in parts[:-1])


def _plain(batcher: object) -> Iterable[object]:
    if hasattr(batcher, "shape") and len(batcher.shape) == 3:
        return [batcher]
    is_batch = isinstance(batcher, tuple) and hasattr(batcher, "_fields")
    if is_batch or isinstance(batcher, str | bytes) or not isinstance(batcher, Iterable):
        raise WrongTypeError(
            f"batcher is a {type(batcher).__name__}; expected an iterable of x, (x, y) or "
            "(x, y, na), such as a test set or [x], or an object with next(), empty() and reset().",
            argument="batcher",
            found=type(batcher).__name__,
            expected="iterable of batches",
        )
    return batcher


def _parts(item: Any, number: int) -> tuple[Any, Any, Any]:
    """x, y and na of what a batcher gave."""
    is_texts = isinstance(item, list) and bool(item) and isinstance(item[0], str)
    if hasattr(item, "shape") or is_texts:
        return item, None, None
    if isinstance(item, tuple | list) and 1 <= len(item) <= 3:
        x, y, na = (*item, None, None)[:3]
        return x, y, na
    raise WrongTypeError(
        f"batch {number} of the batcher is a {type(item).__name__}; expected x, (x, y) or "
        "(x, y, na).",
        argument="batcher",
        found=type(item).__name__,
        expected="array or tuple",
    )


def _turned(x: Any, number: int) -> NDArray[Any]:
    """(N, L, 4) as (N, 4, L)."""
    array = numbers(x, f"x of batch {number}")
    if array.ndim != 3 or array.shape[2] != 4:
        raise ShapeError(
            f"x of batch {number} has shape {array.shape}; next() gives (N, L, 4).",
            found=array.shape,
            expected=("N", "L", 4),
        )
    return array.transpose(0, 2, 1)
