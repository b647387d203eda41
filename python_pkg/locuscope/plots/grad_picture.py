"""What one picture of a gradient shows: which numbers, along which axis, over which positions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.errors import InputError, OptionError, OutOfBoundsError, ShapeError, WrongTypeError
from locuscope.genome.interval import Interval, whole_number

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class GradPicture:
    """Numbers of one input of one example.

    Args:
        values: (4, L) of letters in the order A C G T; (R, L) of a heatmap.
        is_logo: letters, not a heatmap.
        positions: (L,) 0-based position of each column on the genome; without a place in the input.
        place: the place of the whole example; None without one.
        is_along: whether columns are positions at all.
    """

    values: NDArray[np.float64]
    is_logo: bool
    positions: NDArray[np.int64]
    place: Interval | None
    is_along: bool

    def part(self, columns: object, genomic: object) -> GradPicture:
        """Some columns.

        Raises:
            OutOfBoundsError: columns that are not there.
            OptionError: both limits, or positions where none is known.
        """
        if columns is None and genomic is None:
            return self
        if columns is not None and genomic is not None:
            raise OptionError(
                f"limit_region={columns!r} and limit_region_genomic={genomic!r} both choose "
                "columns; give one of them.",
                option="limit_region",
                value=columns,
            )
        first, stop = self._limits(columns, genomic)
        return replace(
            self, values=self.values[:, first:stop], positions=self.positions[first:stop]
        )

    def _limits(self, columns: object, genomic: object) -> tuple[int, int]:
        length = self.values.shape[1]
        if genomic is None:
            first, stop = _pair("limit_region", columns)
            if not 0 <= first < stop <= length:
                raise OutOfBoundsError(
                    f"limit_region=({first}, {stop}) is no part of columns 0 to {length:,}.",
                    interval=(first, stop),
                )
            return first, stop
        if self.place is None or not self.is_along:
            raise OptionError(
                f"limit_region_genomic={genomic!r} needs examples with a place on a genome and an "
                "axis along it; seq_dim= says which axis.",
                option="limit_region_genomic",
                value=genomic,
            )
        first, stop = _pair("limit_region_genomic", genomic)
        low, high = self.place.start, self.place.end
        if not low <= first < stop <= high:
            raise OutOfBoundsError(
                f"limit_region_genomic=({first}, {stop}) is no part of {low:,} to {high:,} "
                f"(0-based) on {self.place.chrom}.",
                interval=(first, stop),
            )
        if self.place.strand == "-":
            return high - stop, high - first
        return first - low, stop - low

    def other_strand(self) -> GradPicture:
        """Read the other way: columns and positions reversed, letters complemented."""
        # reversed rows A C G T are T G C A, their complements
        turned = self.values[::-1, ::-1] if self.is_logo else self.values[:, ::-1]
        return replace(self, values=turned, positions=self.positions[::-1])


def grad_picture(
    bases: Any,
    gradient: Any,
    place: Interval | None,
    *,
    name: str,
    transform_fn: Callable[[Any, Any], Any] | None,
    seq_dim: int | None,
) -> GradPicture:
    """Combine an input with its gradient.

    Args:
        bases: one example of the input, 1-D or 2-D.
        gradient: the same shape.
        place: where the example lies.
        name: of the input.
        transform_fn: (input, gradient) -> what is drawn, of the same shape; None = their product.
        seq_dim: axis of the example that runs along the sequence; None = the axis of a one-hot
            sequence that is not the bases, else the only one as long as the place.

    Raises:
        InputError: more than two axes.
        ShapeError: `transform_fn` gives another shape.
        OptionError: `seq_dim` beyond the axes.
    """
    x, g = np.asarray(bases, np.float64), np.asarray(gradient, np.float64)
    if x.ndim not in (1, 2):
        raise InputError(
            f"one example of {name!r} has shape {x.shape}; a picture needs one or two axes."
        )
    values = np.asarray(x * g if transform_fn is None else transform_fn(x, g), np.float64)
    if values.shape != x.shape:
        raise ShapeError(
            f"transform_fn gives shape {values.shape} for {name!r} of {x.shape}; it must keep it.",
            found=values.shape,
            expected=x.shape,
        )
    axis = sequence_axis(x, place, seq_dim)
    along = x.ndim - 1 if axis is None else axis
    matrix = values[None] if x.ndim == 1 else np.moveaxis(values, along, 1)
    length = matrix.shape[1]
    is_placed = axis is not None and place is not None and length == place.width
    return GradPicture(
        values=matrix,
        is_logo=axis is not None and dna_axis(x, axis) == axis,
        positions=_positions(place if is_placed else None, length),
        place=place if is_placed else None,
        is_along=axis is not None,
    )


def sequence_axis(x: NDArray[Any], place: Interval | None, seq_dim: object) -> int | None:
    """The axis that runs along the sequence; None where nothing says so.

    Raises:
        OptionError: `seq_dim` beyond the axes.
    """
    if seq_dim is not None:
        axis = whole_number(seq_dim, "seq_dim")
        if not -x.ndim <= axis < x.ndim:
            raise OptionError(
                f"seq_dim={axis} is no axis of one example, which has shape {x.shape}.",
                option="seq_dim",
                value=seq_dim,
                allowed=tuple(range(x.ndim)),
            )
        return axis % x.ndim
    dna = [axis for axis in range(x.ndim) if dna_axis(x, axis) == axis]
    if len(dna) == 1:
        return dna[0]
    fitting = [k for k, size in enumerate(x.shape) if place is not None and size == place.width]
    return fitting[0] if len(fitting) == 1 else None


def dna_axis(x: NDArray[Any], axis: int) -> int | None:
    """The axis again if the other one holds one-hot bases."""
    if x.ndim != 2 or x.shape[1 - axis] != 4:
        return None
    counts = x.sum(axis=1 - axis)
    is_one_hot = bool(np.isin(x, (0, 1)).all() and (counts <= 1).all() and counts.any())
    return axis if is_one_hot else None


def _positions(place: Interval | None, length: int) -> NDArray[np.int64]:
    if place is None:
        return np.arange(length, dtype=np.int64)
    if place.strand == "-":
        return np.arange(place.end - 1, place.start - 1, -1, dtype=np.int64)
    return np.arange(place.start, place.end, dtype=np.int64)


def _pair(name: str, given: object) -> tuple[int, int]:
    listed = list(given) if isinstance(given, Sequence) and not isinstance(given, str) else []
    if len(listed) != 2:
        raise WrongTypeError(
            f"{name} takes a pair (start, end); got {given!r}.",
            argument=name,
            found=type(given).__name__,
            expected="(int, int)",
        )
    return whole_number(listed[0], name), whole_number(listed[1], name)
