"""Element-wise arithmetic of named tensors: values are combined only where the tracks are the same.

A mixin of NamedTrackTensor. The metadata of the left named operand is kept; two named operands must
carry the same tracks in the same order, and a bare tensor may not change the shape.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from locuscope.errors import InputError, ShapeError, TrackMismatchError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from torch import Tensor

    from locuscope.tracks.track_table import TrackTable


class TrackArithmetic:
    """Operators for a class with `tensor`, `table`, `output_name`, `resolution`, `with_tensor`."""

    __slots__ = ()
    # numpy scalars and arrays on the left leave the operation to the reflected methods below.
    __array_ufunc__ = None

    tensor: Tensor
    output_name: str
    resolution: int

    if TYPE_CHECKING:

        @property
        def table(self) -> TrackTable: ...  # noqa: D102 (defined in the class)

        @property
        def axis_from_end(self) -> int: ...  # noqa: D102

        def with_tensor(self, tensor: Tensor) -> Self: ...  # noqa: D102

    def __add__(self, other: object) -> Self:
        return self._combine(other, operator.add)

    def __radd__(self, other: object) -> Self:
        return self._combine(other, operator.add, reflected=True)

    def __sub__(self, other: object) -> Self:
        return self._combine(other, operator.sub)

    def __rsub__(self, other: object) -> Self:
        return self._combine(other, operator.sub, reflected=True)

    def __mul__(self, other: object) -> Self:
        return self._combine(other, operator.mul)

    def __rmul__(self, other: object) -> Self:
        return self._combine(other, operator.mul, reflected=True)

    def __truediv__(self, other: object) -> Self:
        return self._combine(other, operator.truediv)

    def __rtruediv__(self, other: object) -> Self:
        return self._combine(other, operator.truediv, reflected=True)

    def __pow__(self, other: object) -> Self:
        return self._combine(other, operator.pow)

    def __rpow__(self, other: object) -> Self:
        return self._combine(other, operator.pow, reflected=True)

    def __lt__(self, other: object) -> Self:
        return self._combine(other, operator.lt)

    def __le__(self, other: object) -> Self:
        return self._combine(other, operator.le)

    def __gt__(self, other: object) -> Self:
        return self._combine(other, operator.gt)

    def __ge__(self, other: object) -> Self:
        return self._combine(other, operator.ge)

    def __bool__(self) -> bool:
        """Whether there are tracks; a comparison has no truth of its own, as in numpy."""
        if self.tensor.dtype == torch.bool:
            message = (
                f"A comparison of {len(self.table)} tracks of {self.output_name!r} is neither true "
                "nor false; ask .tensor.all() or .tensor.any()."
            )
            raise InputError(message)
        return len(self.table) > 0

    def __neg__(self) -> Self:
        return self.with_tensor(-self.tensor)

    def __abs__(self) -> Self:
        return self.with_tensor(self.tensor.abs())

    def log2(self) -> Self:
        """Base-2 logarithm of every value; 0 gives -inf, negative values NaN."""
        return self.with_tensor(self.tensor.log2())

    def log1p(self) -> Self:
        """log(1 + x) of every value."""
        return self.with_tensor(self.tensor.log1p())

    def clamp(self, min: float | None = None, max: float | None = None) -> Self:  # noqa: A002 (torch's names)
        """Values limited to [min, max]."""
        return self.with_tensor(self.tensor.clamp(min, max))

    def _combine(
        self,
        other: object,
        operation: Callable[[Any, Any], Any],
        *,
        reflected: bool = False,
    ) -> Self:
        operand = self._operand(other)
        if operand is None:
            return NotImplemented  # type: ignore[no-any-return]  # Python then tries the other side
        left, right = (operand, self.tensor) if reflected else (self.tensor, operand)
        return self.with_tensor(operation(left, right))

    def _operand(self, other: object) -> Any:
        """What stands on the other side, as a tensor or number that keeps our shape, else None."""
        if isinstance(other, TrackArithmetic):
            self._require_same_tracks(other)
            return self._fitting(other.tensor)
        if isinstance(other, torch.Tensor):
            return self._fitting(other)
        if isinstance(other, np.ndarray):
            # torch takes neither read-only arrays nor such that run backwards.
            other = np.require(other, requirements=["C", "W"]) if other.ndim else other[()]
        if isinstance(other, np.ndarray | np.generic):
            return self._fitting(torch.as_tensor(other).to(self.tensor.device))
        if isinstance(other, int | float):
            return other
        return None

    def _fitting(self, operand: Tensor) -> Tensor:
        ours, theirs = tuple(self.tensor.shape), tuple(operand.shape)
        try:
            fits = np.broadcast_shapes(ours, theirs) == ours
        except ValueError:
            fits = False
        if not fits:
            message = (
                f"A tensor of shape {theirs} does not broadcast to {ours} of {self.output_name!r}."
            )
            raise ShapeError(message, found=theirs, expected=ours)
        return operand

    def _require_same_tracks(self, other: TrackArithmetic) -> None:
        """Raise unless output, resolution and every track agree."""
        ours = f"{self.output_name}@{self.resolution}bp"
        theirs = f"{other.output_name}@{other.resolution}bp"
        if ours != theirs:
            message = (
                f"Tracks of {ours} and {theirs} cannot be combined: both sides need one output at "
                "one resolution. Their plain values are in .tensor."
            )
            raise TrackMismatchError(message, left=ours, right=theirs)
        if self.axis_from_end != other.axis_from_end:
            axes = (self.axis_from_end, other.axis_from_end)
            message = (
                f"The tracks of {ours} lie on axis {axes[0]} on the left and on axis {axes[1]} on "
                "the right (counted from the last); transpose one of them."
            )
            raise TrackMismatchError(message, left=axes[0], right=axes[1])
        left, right = self.table, other.table
        if left is right:
            return
        n_both = min(len(left), len(right))
        differing = np.flatnonzero(left.fingerprint[:n_both] != right.fingerprint[:n_both])
        if not differing.size and len(left) == len(right):
            return
        first = int(differing[0]) if differing.size else n_both
        names = [_identity(table, first) for table in (left, right)]
        message = (
            f"{len(left)} against {len(right)} tracks of {ours}; track {first} is {names[0]} on "
            f"the left and {names[1]} on the right ({differing.size} of {n_both} differ). Select "
            "the same tracks on both sides, or use .align(other)."
        )
        raise TrackMismatchError(message, left=names[0], right=names[1])


def _identity(table: TrackTable, row: int) -> str:
    if row >= len(table):
        return "no track"
    track = table.track(row)
    return f"{track.track_name[:80]!r} (strand {track.get('strand')}, channel {track.source_index})"
