"""Images of height 1 are lines: one rule for an operation in one and in two dimensions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from locuscope.inference.mutants.graph import Step
    from locuscope.inference.mutants.rules import Tile
    from locuscope.inference.mutants.windows import Delta


@dataclass(frozen=True, eq=False)
class Line:
    """A difference along (N, C, L), also where the network keeps it as (N, C, 1, L).

    Args:
        found: values (M, w, C).
        axis: of the positions in the operation.
        is_image: whether there is an axis of length 1 beside them.
    """

    found: Delta
    axis: int
    is_image: bool

    def of(self, value: Any, default: int = 1) -> int:
        """A number that may be written once per axis, along the positions."""
        if not isinstance(value, (list, tuple)):
            return int(value)
        if not value:
            return default
        return int(value[self.axis - 2] if len(value) > 1 else value[0])

    def beside(self, value: Any) -> int:
        """The same along the other axis; 1 where there is none."""
        if not self.is_image:
            return 1
        if not isinstance(value, (list, tuple)):
            return int(value)
        return int(value[3 - self.axis] if len(value) > 1 else value[0])

    def kernel(self, weight: Tensor) -> Tensor:
        """(O, C, k) of the weights of a convolution."""
        return weight.select(5 - self.axis, 0) if self.is_image else weight

    def rows(self, value: Tensor) -> Tensor:
        """(C, L) of a value (1, C, L) or (1, C, 1, L) of the reference."""
        return value[0].squeeze(4 - self.axis) if self.is_image else value[0]

    def out(self, tile: Tile, values: Tensor, starts: Sequence[int], step: Step) -> Delta | None:
        """The difference (M, w, C) as that of a step."""
        return tile.out(values[..., None] if self.is_image else values, self.axis, starts, step)


def line_of(found: Delta | None, step: Step) -> Line | None:
    """A difference as a line; None where it is none, or where an operation leaves the line."""
    if found is None or found.flat or found.axis is None:
        return None
    n_axes = found.values.ndim
    if n_axes == 3 and found.axis == 2:
        return Line(found, 2, is_image=False)
    if n_axes != 4 or found.axis not in (2, 3) or found.values.shape[3] != 1:
        return None
    if len(step.sizes) != 3 or step.sizes[4 - found.axis] != 1:
        return None
    return Line(replace(found, values=found.values[..., 0], axis=2), found.axis, is_image=True)
