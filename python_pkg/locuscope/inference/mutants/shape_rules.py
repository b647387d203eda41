"""Rules of operations that move, cut and join values, and of sums over an axis."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from locuscope.inference.mutants.conv_rules import reached
from locuscope.inference.mutants.rules import UNFIT, Tile, arguments, rule
from locuscope.inference.mutants.windows import Delta, add_into, placed, union

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import fx

    from locuscope.inference.mutants.graph import Step


@rule("alias", "clone", "contiguous", "detach", "dropout", "feature_dropout", "lift_fresh_copy")
def same(tile: Tile, step: Step) -> Any:
    """Nothing changes."""
    return _shared(tile.delta(step.args[0]))


def _shared(found: Delta) -> Delta:
    return replace(found, is_owned=False)


@rule("to", "_to_copy", "type_as")
def cast(tile: Tile, step: Step) -> Any:
    """Another type of number."""
    found, dtype = tile.delta(step.args[0]), step.node.meta["val"].dtype
    if found.values.dtype == dtype:
        return _shared(found)
    return replace(found, values=found.values.to(dtype), is_owned=True)


@rule("view", "reshape", "_unsafe_view", "unsqueeze", "squeeze", "flatten", "unflatten", "view_as")
def relabel(tile: Tile, step: Step) -> Any:
    """The same numbers in the same order under other sizes."""
    found = tile.delta(step.args[0])
    new = step.sizes
    if found.axis is None:
        return Delta(found.values.reshape(-1, *new), is_owned=False)
    if found.flat:
        return Delta(found.whole(tile.n_places).reshape(-1, *new))
    old = [*found.values.shape[2:]]
    old.insert(found.axis - 1, found.length)
    before = prod(old[: found.axis - 1])
    at = next((i for i, n in enumerate(new) if n == found.length and prod(new[:i]) == before), None)
    if at is not None:
        sizes = [*new]
        sizes[at] = found.width
        values = found.logical().reshape(-1, *sizes).movedim(at + 1, 1)
        return replace(found, values=values, axis=at + 1, is_owned=False)
    if len(new) == 1:
        return replace(found, flat=True, is_owned=False)
    return UNFIT


@rule("transpose", "permute", "movedim", "swapaxes", "t", "numpy_T")
def reorder(tile: Tile, step: Step) -> Any:
    """Axes in another order; the batch stays first."""
    found = tile.delta(step.args[0])
    if found.flat:
        return UNFIT
    moved = _on(step, found.logical())
    if found.axis is None:
        return Delta(moved, is_owned=False)
    probe = torch.empty(tuple(range(2, 2 + moved.ndim)), device="meta")
    axis = list(_on(step, probe).shape).index(found.axis + 2)
    return replace(found, values=moved.movedim(axis, 1), axis=axis, is_owned=False)


def _on(step: Step, values: Tensor) -> Tensor:
    """The operation of a step, with its own options, on other values."""
    target = step.call
    found: Tensor = target(values, *step.args[1:], **step.options)
    return found


def _dims(value: Any, rank: int) -> list[int]:
    given = range(rank) if value is None or value == [] else value
    return [int(d) % rank for d in ([given] if isinstance(given, int) else given)]


@rule("slice")
def cut(tile: Tile, step: Step) -> Any:
    """A part of an axis; of the positions: another origin, at a step another scale."""
    names = ("input", "dim", "start", "end", "step")
    x, dim, start, _, hop = arguments(step, names, (None, 0, None, None, 1))
    found = tile.delta(x)
    if found.flat:
        return UNFIT
    rank = found.values.ndim
    if found.axis is None or dim % rank != found.axis:
        values = _on(step, found.logical())
        if found.axis is not None:
            values = values.movedim(found.axis, 1)
        return replace(found, values=values, is_owned=False)
    first = int(start or 0)
    first = max(0, first + found.length if first < 0 else first)
    if hop == 1:
        starts = [s - first for s in found.starts]
        return tile.out(found.values, found.axis, starts, step, is_owned=False)
    starts, width = reached(found, 1, int(hop), 1, -first)
    if width <= 0:
        return None
    at = [s * int(hop) + first for s in starts]
    values = placed(found, at, (width - 1) * int(hop) + 1, tile.n_places)[:, :: int(hop)]
    return tile.out(values, found.axis, starts, step)


@rule("select")
def choose(tile: Tile, step: Step) -> Any:
    """One place of an axis."""
    x, dim, index = step.args
    found = tile.delta(x)
    if found.flat:
        return UNFIT
    rank = found.values.ndim
    dim = int(dim) % rank
    if found.axis is None or dim != found.axis:
        values, axis = _on(step, found.logical()), found.axis
        if axis is None:
            return Delta(values, is_owned=False)
        axis -= dim < axis
        return replace(found, values=values.movedim(axis, 1), axis=axis, is_owned=False)
    at = int(index) % found.length
    return Delta(placed(found, (at,) * tile.n_places, 1, tile.n_places)[:, 0])


@rule("index_select")
def pick(tile: Tile, step: Step) -> Any:
    """Some channels, or neighbouring positions."""
    x, dim, index = step.args
    found, rows = tile.delta(x), tile.static(index)
    if found is None or found.flat or rows is UNFIT:
        return UNFIT
    dim = int(dim) % found.values.ndim
    if dim == found.axis:
        first = int(rows[0]) if len(rows) else 0
        if not torch.equal(rows.cpu(), torch.arange(first, first + len(rows))):
            return UNFIT
        starts = [start - first for start in found.starts]
        return tile.out(found.values, found.axis, starts, step, is_owned=False)
    at = dim if found.axis is None or dim > found.axis else dim + 1
    return replace(found, values=found.values.index_select(at, rows), is_owned=True)


@rule("flip")
def reverse(tile: Tile, step: Step) -> Any:
    """Axes read backwards."""
    found = tile.delta(step.args[0])
    if found.flat:
        return UNFIT
    values = _on(step, found.logical())
    if found.axis is None:
        return Delta(values)
    starts = found.starts
    if found.axis in _dims(step.args[1], values.ndim):
        starts = tuple(found.length - s - found.width for s in starts)
    return tile.out(values.movedim(found.axis, 1), found.axis, starts, step)


@rule("pad", "constant_pad_nd")
def pad(tile: Tile, step: Step) -> Any:
    """Constant margins; a negative margin cuts."""
    x, margins = step.args[:2]
    found = tile.delta(x)
    mode = step.args[2] if len(step.args) > 2 else step.options.get("mode")
    if found.flat or (step.op == "aten.pad" and mode not in (None, "constant")):
        return UNFIT
    rank = found.values.ndim
    pairs = dict.fromkeys(range(rank), (0, 0))
    for place in range(len(margins) // 2):
        pairs[rank - 1 - place] = (int(margins[2 * place]), int(margins[2 * place + 1]))
    shift = 0
    if found.axis is not None:
        shift = pairs[found.axis][0]
        pairs[found.axis] = (0, 0)
    values = found.logical()
    others = [side for dim in reversed(range(rank)) for side in pairs[dim]]
    if any(others):
        values = torch.nn.functional.pad(values, others)
    if found.axis is None:
        return Delta(values, is_owned=False)
    starts = [s + shift for s in found.starts]
    moved = values.movedim(found.axis, 1)
    return tile.out(moved, found.axis, starts, step, is_owned=False)


@rule("cat", "concat", "concatenate")
def join(tile: Tile, step: Step) -> Any:
    """Values side by side; not along the positions."""
    parts, dim = arguments(step, ("tensors", "dim"), ((), 0))
    deltas = [tile.delta(part) for part in parts]
    dim = int(dim) % (len(step.sizes) + 1)
    if dim == 0 or any(d is not None and dim == d.axis for d in deltas):
        return UNFIT
    return _beside(tile, step, deltas, [_size(part, dim) for part in parts], dim)


@rule("stack")
def pile(tile: Tile, step: Step) -> Any:
    """Values side by side along an axis of their own."""
    parts, dim = arguments(step, ("tensors", "dim"), ((), 0))
    dim = int(dim) % (len(step.sizes) + 1)
    if dim == 0:
        return UNFIT
    deltas = [None if tile.delta(p) is None else _lifted(tile.delta(p), dim) for p in parts]
    return _beside(tile, step, deltas, [1] * len(parts), dim)


def _lifted(found: Delta, dim: int) -> Delta:
    """A difference with an axis of length 1 more."""
    if found.axis is None:
        return replace(found, values=found.values.unsqueeze(dim), is_owned=False)
    axis = found.axis + (dim <= found.axis)
    at = dim if dim > axis else dim + 1
    return replace(found, values=found.values.unsqueeze(at), axis=axis, is_owned=False)


def _beside(
    tile: Tile, step: Step, deltas: Sequence[Delta | None], sizes: Sequence[int], dim: int
) -> Any:
    """Differences one behind the other along an axis that is not the positions."""
    known = [d for d in deltas if d is not None]
    axes = {d.axis for d in known}
    if len(axes) != 1 or any(d.flat for d in known):
        return UNFIT
    (axis,) = axes
    rest = list(known[0].values.shape)
    at = dim if axis is None or dim > axis else dim + 1
    starts, rest[1] = ((), rest[1]) if axis is None else union(known)
    rest[at] = sum(sizes)
    out = known[0].values.new_zeros(rest)
    low = 0
    for size, found in zip(sizes, deltas, strict=True):
        if found is not None and axis is None:
            out.narrow(at, low, size).copy_(found.values)
        elif found is not None:
            add_into(out.narrow(at, low, size), starts, found, tile.n_places)
        low += size
    return tile.out(out, axis, starts, step)


def _size(part: fx.Node, dim: int) -> int:
    return int(part.meta["val"].shape[dim])


@rule("split", "chunk", "split_with_sizes", "unsafe_split", "unsafe_chunk")
def divide(tile: Tile, step: Step) -> Any:
    """Values cut into several; not along the positions."""
    found = tile.delta(step.args[0])
    dim = step.args[2] if len(step.args) > 2 else step.options.get("dim", 0)
    rank = found.values.ndim
    if found.flat or int(dim) % rank in (0, found.axis):
        return UNFIT
    target = step.call
    parts = target(found.logical(), *step.args[1:], **step.options)
    if found.axis is None:
        return [Delta(part, is_owned=False) for part in parts]
    return [replace(found, values=part.movedim(found.axis, 1), is_owned=False) for part in parts]


@rule("mean", "sum")
def total(tile: Tile, step: Step) -> Any:
    """Sums and means: over the positions, the window is all that counts."""
    x, dim, keepdim = arguments(step, ("input", "dim", "keepdim"), (None, None, False))
    found = tile.delta(x)
    if found.flat:
        return UNFIT
    rank = found.values.ndim
    dims = _dims(dim, rank)
    if 0 in dims:
        return UNFIT
    values = found.logical().sum(dims, keepdim=bool(keepdim))
    if step.op == "aten.mean":
        sizes = list(found.logical().shape)
        if found.axis is not None:
            sizes[found.axis] = found.length
        values = values / prod(sizes[d] for d in dims)
    if found.axis is None or found.axis in dims:
        return Delta(values)
    axis = found.axis if keepdim else found.axis - sum(d < found.axis for d in dims)
    return tile.out(values.movedim(axis, 1), axis, found.starts, step)


@rule("upsample_nearest1d")
def repeat(tile: Tile, step: Step) -> Any:
    """Each position becomes several."""
    found = tile.delta(step.args[0])
    if found.flat or found.axis != 2 or step.sizes is None:
        return UNFIT
    times, left = divmod(step.sizes[1], found.length)
    if left or not times:
        return UNFIT
    values = found.values.repeat_interleave(times, 1)
    return tile.out(values, 2, [s * times for s in found.starts], step)


@rule("expand", "expand_as")
def spread(tile: Tile, step: Step) -> Any:
    """Axes of one made long."""
    found = tile.delta(step.args[0])
    rank = len(step.sizes) + 1
    if found.flat or found.values.ndim != rank:
        return UNFIT
    if found.axis is None:
        return Delta(found.values.expand(-1, *step.sizes), is_owned=False)
    if step.sizes[found.axis - 1] != found.length:
        return UNFIT
    sizes = [*step.sizes]
    sizes[found.axis - 1] = found.width
    values = found.logical().expand(-1, *sizes).movedim(found.axis, 1)
    return replace(found, values=values, is_owned=False)
