"""The difference that mutants make to one operation, kept on the window that can differ.

Layout: a `Delta` over a position axis holds (M, w, *rest): mutants, positions of the window, then
the other axes in their order. M = P x B: P places (each with its own window), B mutants of each.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

MARGIN = 64


@dataclass(frozen=True, eq=False)
class Delta:
    """Mutant minus reference.

    Args:
        values: (M, w, *rest) with `axis`, else (M, *sizes).
        axis: which axis of the operation's output the positions are (batch = 0); None = the
            values are whole.
        starts: first position of the window of each place; may lie outside [0, length), where the
            values are 0.
        length: positions of the whole axis.
        is_owned: whether nothing else reads the same memory.
        flat: sizes after the batch that the operation has where it has merged the axes of the
            values into one.
    """

    values: Tensor
    axis: int | None = None
    starts: tuple[int, ...] = ()
    length: int = 0
    is_owned: bool = True
    flat: bool = False

    @property
    def width(self) -> int:
        """Positions of the window."""
        return self.values.shape[1]

    def by_place(self, n_places: int) -> Tensor:
        """Values as (P, B, ...)."""
        return split_places(self.values, n_places)

    def logical(self) -> Tensor:
        """Values in the axis order of the operation, the window where the positions are."""
        return self.values if self.axis is None else self.values.movedim(1, self.axis)

    def whole(self, n_places: int) -> Tensor:
        """All positions, in the axis order of the operation: 0 where nothing can differ."""
        if self.axis is None:
            return self.values
        full = placed(self, (0,) * n_places, self.length, n_places).movedim(1, self.axis)
        return full.flatten(1) if self.flat else full


@dataclass(frozen=True, eq=False)
class Mutated:
    """Values of the mutants themselves, where a difference has no meaning or no first axis."""

    values: Any


def split_places(values: Tensor, n_places: int) -> Tensor:
    """(M, ...) as (P, B, ...)."""
    return values.view(n_places, values.shape[0] // n_places, *values.shape[1:])


def placed(delta: Delta, starts: Sequence[int], width: int, n_places: int) -> Tensor:
    """The values on other windows, 0 outside their own; what does not fit is dropped."""
    shape = (delta.values.shape[0], width, *delta.values.shape[2:])
    target = delta.values.new_zeros(shape)
    add_into(target, starts, delta, n_places)
    return target


def add_into(target: Tensor, starts: Sequence[int], delta: Delta, n_places: int) -> None:
    """Add a delta to windows (M, w', *rest) that begin at `starts`."""
    width, room = delta.width, target.shape[1]
    offsets = {mine - theirs for mine, theirs in zip(delta.starts, starts, strict=True)}
    if len(offsets) == 1:
        (offset,) = offsets
        low, high = max(0, -offset), min(width, room - offset)
        if high > low:
            target[:, offset + low : offset + high].add_(delta.values[:, low:high])
        return
    to, new = split_places(target, n_places), delta.by_place(n_places)
    for place, (mine, theirs) in enumerate(zip(delta.starts, starts, strict=True)):
        offset = mine - theirs
        low, high = max(0, -offset), min(width, room - offset)
        if high > low:
            to[place, :, offset + low : offset + high].add_(new[place, :, low:high])


def settled(delta: Delta, n_places: int) -> Delta | None:
    """Cut a window to the axis and set what hangs over its ends to 0; None when nothing is left."""
    if delta.axis is None:
        return delta
    first, last, length = min(delta.starts), max(delta.starts), delta.length
    width = delta.width
    if first >= 0 and last + width <= length:
        return delta
    low, high = max(0, -last), min(width, length - first)
    if high <= low:
        return None
    values = delta.values[:, low:high]
    starts = tuple(start + low for start in delta.starts)
    width = high - low
    is_owned = delta.is_owned
    if min(starts) < 0 or max(starts) + width > length:
        if not is_owned:
            values, is_owned = values.clone(), True
        parts = split_places(values, n_places)
        for place, start in enumerate(starts):
            if start < 0:
                parts[place, :, : min(-start, width)] = 0
            if start + width > length:
                parts[place, :, max(0, length - start) :] = 0
    return replace(delta, values=values, starts=starts, is_owned=is_owned)


def union(deltas: Sequence[Delta]) -> tuple[tuple[int, ...], int]:
    """The windows that hold the windows of all deltas, place by place."""
    starts = tuple(min(some) for some in zip(*(d.starts for d in deltas), strict=True))
    ends = [
        max(some) for some in zip(*([s + d.width for s in d.starts] for d in deltas), strict=True)
    ]
    return starts, max(end - start for start, end in zip(starts, ends, strict=True))


class Reference:
    """Values of one sequence, cut into windows without copies.

    Args:
        values: (1, ...) or a tuple, by node.
    """

    def __init__(self, values: dict[Any, Any]) -> None:
        self.values = values
        self._padded: dict[Hashable, Tensor] = {}

    def window(
        self,
        key: Hashable,
        starts: Sequence[int],
        width: int,
        rows: Callable[[], Tensor],
        fill: float = 0.0,
    ) -> Tensor:
        """(P, w, *rest): windows of `rows()` (L, *rest), `fill` beyond its ends.

        Args:
            key: under which the padded rows are kept.
            starts: first position of each window.
            width: positions of each.
            rows: makes (L, *rest) at the first call.
            fill: beyond the ends.
        """
        padded = self._padded.get(key)
        if padded is None:
            padded = self._padded[key] = _padded(rows(), fill)
        length = padded.shape[0] - 2 * MARGIN
        step = starts[1] - starts[0] if len(starts) > 1 else 0
        is_even = step >= 0 and all(b - a == step for a, b in pairwise(starts))
        inside = min(starts) >= -MARGIN and max(starts) + width <= length + MARGIN
        row = padded.stride(0)
        if inside and not is_even:
            every = padded.as_strided(
                (padded.shape[0] - width + 1, width, *padded.shape[1:]),
                (row, row, *padded.stride()[1:]),
                padded.storage_offset(),
            )
            return every[torch.tensor(starts, device=padded.device) + MARGIN]
        if inside:
            return padded.as_strided(
                (len(starts), width, *padded.shape[1:]),
                (step * row, row, *padded.stride()[1:]),
                padded.storage_offset() + (MARGIN + starts[0]) * row,
            )
        return torch.stack([_cut(padded, start, width, fill) for start in starts])


def _padded(rows: Tensor, fill: float) -> Tensor:
    padded = rows.new_full((rows.shape[0] + 2 * MARGIN, *rows.shape[1:]), fill)
    padded[MARGIN:-MARGIN] = rows
    return padded


def _cut(padded: Tensor, start: int, width: int, fill: float) -> Tensor:
    """One window of padded rows, also one that reaches beyond the padding."""
    first, stop = start + MARGIN, start + MARGIN + width
    if first >= 0 and stop <= len(padded):
        return padded[first:stop]
    found = padded.new_full((width, *padded.shape[1:]), fill)
    low, high = max(first, 0), min(stop, len(padded))
    if high > low:
        found[low - first : high - first] = padded[low:high]
    return found
