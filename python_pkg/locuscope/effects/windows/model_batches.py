"""`ModelBatch`: examples as a data loader gives them, with the place each was read from.

`LoadedWindows` holds a loader: it knows where every example lies and gives single ones back.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.errors import (
    EmptySelectionError,
    InputError,
    ShapeError,
    UnknownNameError,
    WrongTypeError,
    closest,
    did_you_mean,
)
from locuscope.genome.choices import check_class
from locuscope.genome.interval import Interval
from locuscope.genome.sequence import check_one_hot, reverse_complement
from locuscope.inference.joined_inputs import pieces

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from locuscope.models.protocol import InputSpec


@dataclass(frozen=True, eq=False, repr=False)
class ModelBatch:
    """Some examples of a data loader.

    Args:
        inputs: input name -> array with the examples along the first axis; one array for a model
            with one input. Bases are one-hot, in the axes that the model's input states, zero where
            unknown.
        intervals: the place of each example, from which the model's inputs are cut; strand "-" says
            that the bases were read there as the reverse complement.

    Raises:
        WrongTypeError: inputs that are no arrays, or places that are no Intervals.
        ShapeError: an array with another number of examples than there are places.

    >>> ModelBatch(np.zeros((2, 4, 10), np.uint8), [Interval("1", 0, 10), Interval("1", 5, 15)])
    ModelBatch(2 examples, inputs (2, 4, 10))
    """

    inputs: Mapping[str, NDArray[Any]] | NDArray[Any]
    intervals: Sequence[Interval]

    def __post_init__(self) -> None:
        """Read tensors and lists as arrays, and refuse parts that do not belong together."""
        places = tuple(self.intervals)
        for place in places:
            check_class("intervals", place, Interval)
        object.__setattr__(self, "intervals", places)
        if isinstance(self.inputs, Mapping):
            arrays = {name: _array(value, name) for name, value in self.inputs.items()}
            object.__setattr__(self, "inputs", arrays)
        else:
            arrays = {"inputs": _array(self.inputs, "inputs")}
            object.__setattr__(self, "inputs", arrays["inputs"])
        for name, array in arrays.items():
            if array.ndim < 1 or len(array) != len(places):
                raise ShapeError(
                    f"input {name!r} has shape {array.shape} for {len(places):,} places; the "
                    "examples stand along the first axis.",
                    found=array.shape,
                    expected=len(places),
                )

    def __len__(self) -> int:
        return len(self.intervals)

    def __repr__(self) -> str:
        named = self.inputs if isinstance(self.inputs, Mapping) else {"": self.inputs}
        shapes = ", ".join(f"{name} {array.shape}".strip() for name, array in named.items())
        return f"ModelBatch({len(self):,} examples, inputs {shapes})"


@dataclass(frozen=True, eq=False)
class Example:
    """One example of a batch.

    Args:
        place: where it lies.
        bases: one-hot (A, L) uint8 of each DNA input, in forward direction, in the order of the
            model's inputs.
        arrays: the other inputs by name, without the axis of examples.
    """

    place: Interval
    bases: tuple[NDArray[np.uint8], ...]
    arrays: Mapping[str, NDArray[Any]]


class LoadedWindows:
    """The examples of a data loader, by number.

    A list of batches, or anything else that counts and gives them by number, is read where it is
    needed. Another loader is run through once for the places, and once more for each group of
    alleles; one that can be run through only once is kept in memory.

    Args:
        loader: an iterable of `ModelBatch`.
        inputs: what the model reads.

    Raises:
        WrongTypeError: something else than batches.
        EmptySelectionError: no example.
    """

    def __init__(self, loader: Iterable[ModelBatch], inputs: tuple[InputSpec, ...]) -> None:
        self.inputs = inputs
        is_once = isinstance(loader, Iterator)
        self._loader: Iterable[ModelBatch] = list(loader) if is_once else loader
        self.places: list[Interval] = []
        self.batch_size = 0
        self._first: list[int] = []
        for batch in self._batches():
            self._first.append(len(self.places))
            self.places.extend(batch.intervals)
            self.batch_size = max(self.batch_size, len(batch))
        if not self.places:
            raise EmptySelectionError("the data loader gave no example; a window is needed.")

    def _batches(self) -> Iterator[ModelBatch]:
        for number, batch in enumerate(self._loader):
            if not isinstance(batch, ModelBatch):
                raise WrongTypeError(
                    f"item {number} of the data loader is {repr(batch)[:60]} "
                    f"({type(batch).__name__}); mode='overlap' takes batches as "
                    "ModelBatch(inputs, intervals), or a BED path or Intervals.",
                    argument="regions",
                    found=type(batch).__name__,
                    expected="ModelBatch",
                )
            yield batch

    def reader(self, wanted: Iterable[int]) -> Callable[[int], Example]:
        """Give a function that returns an example by its number.

        Args:
            wanted: the numbers that will be asked for.
        """
        numbers = sorted(set(wanted))
        if isinstance(self._loader, Sequence):
            listed, seen = self._loader, dict[int, ModelBatch]()

            def read(number: int) -> Example:
                at = bisect_right(self._first, number) - 1
                if at not in seen:
                    seen.clear()
                    seen[at] = listed[at]
                return self._example(seen[at], number - self._first[at], at)

            return read
        found: dict[int, Example] = {}
        for at, batch in enumerate(self._batches()):
            first = self._first[at] if at < len(self._first) else len(self.places)
            here = slice(bisect_left(numbers, first), bisect_left(numbers, first + len(batch)))
            for number in numbers[here]:
                found[number] = self._example(batch, number - first, at)
        self._check_pass(numbers, found)
        return found.__getitem__

    def _check_pass(self, numbers: Sequence[int], found: Mapping[int, Example]) -> None:
        for number in numbers:
            again = found[number].place if number in found else None
            if again != self.places[number]:
                raise InputError(
                    f"the data loader gave {again!r} as example {number}, and "
                    f"{self.places[number]!r} when it was run through before. Give one that keeps "
                    "its order, or a list of its batches."
                )

    def _example(self, batch: ModelBatch, k: int, number: int) -> Example:
        place = batch.intervals[k]
        arrays = self._named(batch, number)
        bases: list[NDArray[np.uint8]] = []
        dna = [spec for spec in self.inputs if spec.kind == "dna"]
        for spec, piece in zip(dna, pieces(self.inputs, place), strict=True):
            one = arrays[spec.name][k]
            one = one.T if spec.axes == "NLA" and one.ndim == 2 else one
            check_one_hot(one, where=f"example {k} of batch {number}, input {spec.name!r}")
            if one.shape[1] != piece.width:
                raise ShapeError(
                    f"input {spec.name!r} of batch {number} has {one.shape[1]:,} bases; its place "
                    f"{piece.text()} has {piece.width:,}.",
                    found=one.shape[1],
                    expected=piece.width,
                )
            one = np.asarray(one, np.uint8)
            bases.append(reverse_complement(one) if piece.strand == "-" else one)
        others = {spec.name: arrays[spec.name][k] for spec in self.inputs if spec.kind != "dna"}
        return Example(place, tuple(bases), others)

    def _named(self, batch: ModelBatch, number: int) -> Mapping[str, NDArray[Any]]:
        names = [spec.name for spec in self.inputs]
        if not isinstance(batch.inputs, Mapping):
            if len(names) == 1:
                return {names[0]: batch.inputs}
            raise ShapeError(
                f"batch {number} is one array; the model reads {len(names)} inputs, {names}. Give "
                "a mapping of input names to arrays.",
                found=1,
                expected=len(names),
            )
        if set(batch.inputs) != set(names):
            odd = next(iter([*(set(batch.inputs) - set(names)), *(set(names) - set(batch.inputs))]))
            raise UnknownNameError(
                f"batch {number} has the inputs {sorted(batch.inputs)}, the model reads {names}; "
                f"{did_you_mean(odd, names)}",
                name=odd,
                known=tuple(names),
                closest=closest(odd, names),
            )
        return batch.inputs


def _array(value: object, name: str) -> NDArray[Any]:
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise WrongTypeError(
            f"input {name!r} holds {array.dtype}; a batch holds arrays of numbers.",
            argument="inputs",
            found=str(array.dtype),
            expected="numbers",
        )
    return array
