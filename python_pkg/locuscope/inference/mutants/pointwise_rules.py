"""Rules of operations that treat every position by itself.

Values are brought to (P, B, w, *rest), so that the reference, (P, 1, w, *rest), is a view.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, fx

from locuscope.inference.mutants.pool_rules import base_window
from locuscope.inference.mutants.rules import UNFIT, Tile, rule
from locuscope.inference.mutants.windows import Delta, add_into, placed, split_places, union

if TYPE_CHECKING:
    from collections.abc import Callable

    from locuscope.inference.mutants.graph import Step


@dataclass(eq=False)
class Frame:
    """The common windows of the arguments of one operation.

    Args:
        axis: of the positions in the output, None = the arguments are whole.
        starts: of the windows.
        width: of the windows.
        rank: axes of the output, batch included.
    """

    axis: int | None
    starts: tuple[int, ...]
    width: int
    rank: int


@dataclass(eq=False)
class Operand:
    """One argument: what it is in the reference and what differs."""

    base: Any
    change: Tensor | None

    @property
    def mutant(self) -> Any:
        """Value of the mutants."""
        return self.base if self.change is None else self.base + self.change


def framed(tile: Tile, step: Step) -> Frame | None:
    """Windows that hold all changes; None where the arguments do not lie side by side."""
    rank = len(step.sizes) + 1
    changed = [(a, tile.delta(a)) for a in step.node.all_input_nodes]
    known = [(a, d) for a, d in changed if d is not None]
    if any(d.flat or a.meta["val"].ndim != rank for a, d in known):
        return None
    axes = {d.axis for _, d in known if d.axis is not None}
    if not axes:
        return Frame(None, (), 0, rank)
    if len(axes) > 1:
        return None
    (axis,) = axes
    length = step.sizes[axis - 1]
    if any(d.axis is not None and d.length != length for _, d in known):
        return None
    if any(d.axis is None for _, d in known):
        return Frame(axis, (0,) * tile.n_places, length, rank)
    starts, width = union([d for _, d in known])
    return Frame(axis, starts, width, rank)


def operand(tile: Tile, frame: Frame, argument: Any) -> Operand:
    """An argument in the common layout."""
    if not isinstance(argument, fx.Node):
        return Operand(argument, None)
    return Operand(_base(tile, frame, argument), _change(tile, frame, tile.delta(argument)))


def _base(tile: Tile, frame: Frame, node: fx.Node) -> Any:
    value = tile.base(node)
    if not isinstance(value, Tensor) or value.ndim == 0:
        return value
    aligned = value[(None,) * (frame.rank - value.ndim)]
    if frame.axis is None:
        return aligned[None]
    if aligned.shape[frame.axis] == 1:
        return aligned.movedim(frame.axis, 1)[:, None]
    if value.ndim == frame.rank and value.shape[0] == 1:
        return base_window_of(tile, node, value, frame)[:, None]
    rows = aligned.movedim(frame.axis, 1)[0]
    return tile.reference.window(
        (node, frame.axis, frame.rank), frame.starts, frame.width, lambda: rows
    )[:, None]


def base_window_of(tile: Tile, node: fx.Node, value: Tensor, frame: Frame) -> Tensor:
    """Windows of a value (1, ...) that is no step, or of a step."""
    axis = frame.axis or 1
    return tile.reference.window(
        (node, axis), frame.starts, frame.width, lambda: value[0].movedim(axis - 1, 0)
    )


def _change(tile: Tile, frame: Frame, found: Delta | None) -> Tensor | None:
    if found is None:
        return None
    if frame.axis is None:
        return split_places(found.values, tile.n_places)
    if found.axis is None:
        return split_places(found.values.movedim(frame.axis, 1), tile.n_places)
    return split_places(_fitted(tile, frame, found), tile.n_places)


def _fitted(tile: Tile, frame: Frame, found: Delta) -> Tensor:
    if found.starts == frame.starts and found.width == frame.width:
        return found.values
    return placed(found, frame.starts, frame.width, tile.n_places)


def _out(tile: Tile, frame: Frame, step: Step, parts: Tensor) -> Any:
    """(P, B, ...) as the difference at the step; sizes that broadcasting left at 1 are filled."""
    sizes = [*step.sizes]
    if frame.axis is not None:
        sizes.insert(0, sizes.pop(frame.axis - 1))
        sizes[0] = frame.width
    n_each = tile.n_mutants // tile.n_places
    full = (tile.n_places, n_each, *sizes)
    if tuple(parts.shape) != full:
        parts = parts.expand(full)
    return tile.out(parts.reshape(-1, *sizes), frame.axis, frame.starts, step)


@rule("relu", "relu_")
def relu(tile: Tile, step: Step) -> Any:
    """max(r + d, 0) - max(r, 0) = max(d, -r) - max(0, -r): exact where r stays positive."""
    (x,) = step.args[:1]
    found = tile.delta(x)
    if found.flat:
        return UNFIT
    values, n_places = tile.reference.values[x], tile.n_places
    if found.axis is None:
        low = -values
        return Delta(torch.maximum(found.values, low) - low.clamp(min=0))
    rows = values[0].movedim(found.axis - 1, 0)
    where = (found.starts, found.width)
    low = tile.reference.window((x, "low"), *where, lambda: -rows)
    below = tile.reference.window((x, "below"), *where, lambda: (-rows).clamp(min=0))
    parts = split_places(found.values, n_places)
    is_free = _is_alone(tile, found, x)
    new = torch.maximum(parts, low[:, None], out=parts if is_free else None)
    new.sub_(below[:, None])
    made = found.values if is_free else new.view(found.values.shape)
    return tile.out(made, found.axis, found.starts, step)


@rule("add", "sub")
def add(tile: Tile, step: Step) -> Any:
    """Sums of differences; the wider one is used again where nobody else needs it."""
    frame = framed(tile, step)
    if frame is None:
        return UNFIT
    sign = (-1 if step.op == "aten.sub" else 1) * step.options.get("alpha", 1)
    left, right = (tile.delta(a) for a in step.args[:2])
    if right is None and left.values.shape[1:] == _sizes(step, left):
        return Delta(left.values, left.axis, left.starts, left.length, is_owned=False)
    if frame.axis is not None and sign == 1 and left is not None and right is not None:
        a, b = step.args[:2]
        for wide, narrow, node in ((right, left, b), (left, right, a)):
            fills = wide.starts == frame.starts and wide.width == frame.width
            if fills and narrow.axis is not None and _is_alone(tile, wide, node):
                add_into(wide.values, wide.starts, narrow, tile.n_places)
                return wide
    one, other = (_change(tile, frame, d) for d in (left, right))
    if other is not None and sign != 1:
        other = other * sign
    parts = other if one is None else one if other is None else one + other
    return UNFIT if parts is None else _out(tile, frame, step, parts)


def _sizes(step: Step, found: Delta) -> tuple[int, ...]:
    """Sizes that a difference must have to be that of the step as it is."""
    sizes = [*step.sizes]
    if found.axis is not None:
        if found.axis > len(sizes):
            return ()
        sizes.pop(found.axis - 1)
        sizes.insert(0, found.width)
    return tuple(sizes)


def _is_alone(tile: Tile, found: Delta, node: Any) -> bool:
    """Whether nobody else reads a difference, so that its memory may be written."""
    step = tile.tables.graph.by_node.get(node)
    is_read_once = step is not None and step.n_users == 1
    return found.is_owned and is_read_once and not tile.keeps_all


@rule("mul", "div")
def scale(tile: Tile, step: Step) -> Any:
    """A b: (a + da) db + da b; a / b with b that no base changes: da / b."""
    frame = framed(tile, step)
    if frame is None or "rounding_mode" in step.options:
        return UNFIT
    a, b = (operand(tile, frame, argument) for argument in step.args[:2])
    if step.op == "aten.div":
        if b.change is not None:
            return pointwise(tile, step)
        return _out(tile, frame, step, a.change / b.base)
    parts = None if a.change is None else a.change * b.base
    if b.change is not None:
        other = a.mutant * b.change
        parts = other if parts is None else parts + other
    return UNFIT if parts is None else _out(tile, frame, step, parts)


@rule("neg")
def negative(tile: Tile, step: Step) -> Any:
    """Minus the difference."""
    found = tile.delta(step.args[0])
    if found.flat:
        return UNFIT
    return tile.out(-found.values, found.axis, found.starts, step)


POINTWISE = """
    abs celu clamp clamp_max clamp_min cos elu erf erfc exp exp2 expm1 gelu hardsigmoid hardswish
    hardtanh leaky_relu log log10 log1p log2 log_sigmoid logit maximum minimum mish pow reciprocal
    relu6 rsqrt rsub selu sigmoid silu sin softplus softsign sqrt square tan tanh threshold
"""


@rule(*POINTWISE.split())
def pointwise(tile: Tile, step: Step) -> Any:
    """f(r + d) - f(r) on the window."""
    frame = framed(tile, step)
    if frame is None:
        return UNFIT
    target = step.call
    # Floating point is not exact: both sides are computed alike, so that no change gives 0.
    pairs = [operand(tile, frame, a) for a in step.args]
    options = {key: tile.base(value) for key, value in step.options.items()}
    after = target(*(p.mutant for p in pairs), **options)
    before = target(*(p.base for p in pairs), **options)
    return _out(tile, frame, step, after - before)


def _kept(step: Step, axis: int, rank: int) -> int | None:
    """Softmax and the like: one axis that is not the positions."""
    dim = step.args[1] if len(step.args) > 1 else step.options.get("dim", -1)
    return None if int(dim) % rank == axis else axis


def _normed(step: Step, axis: int, rank: int) -> int | None:
    """Norms over the last axes."""
    return axis if axis < rank - len(step.args[1]) else None


def _reduced(step: Step, axis: int, rank: int) -> int | None:
    """Extremes and variances over some axes."""
    given = step.args[1] if len(step.args) > 1 else step.options.get("dim")
    if given is None or given == []:
        return None
    dims = {int(d) % rank for d in ([given] if isinstance(given, int) else given)}
    if axis in dims or 0 in dims:
        return None
    is_kept = len(step.sizes) + 1 == rank
    return axis if is_kept else axis - sum(d < axis for d in dims)


EXTREMES = ("amax", "amin")
LOCAL: dict[str, Callable[[Step, int, int], int | None]] = {
    **dict.fromkeys(("softmax", "_softmax", "log_softmax", "_log_softmax", "glu"), _kept),
    **dict.fromkeys(("layer_norm", "rms_norm"), _normed),
    **dict.fromkeys(("amax", "amin", "logsumexp"), _reduced),
}


@rule(*(op for op in LOCAL if op not in EXTREMES))
def over_channels(tile: Tile, step: Step) -> Any:
    """An operation over channels, done on the window of the mutants."""
    x = step.args[0]
    found = tile.delta(x)
    if found.flat or found.axis is None:
        return UNFIT
    if any(tile.delta(a) is not None for a in step.node.all_input_nodes if a is not x):
        return UNFIT
    rank = found.values.ndim
    axis = LOCAL[step.op.removeprefix("aten.")](step, found.axis, rank)
    if axis is None:
        return UNFIT
    base = base_window(tile, x, found.axis, found.starts, found.width)
    mutants = split_places(found.values, tile.n_places) + base[:, None]
    target = step.call
    others = [tile.base(a) for a in step.args[1:]]
    options = {key: tile.base(value) for key, value in step.options.items()}
    after, before = (
        target(rows.flatten(0, 1).movedim(1, found.axis), *others, **options).movedim(axis, 1)
        for rows in (mutants, base[:, None])
    )
    parts = split_places(after, tile.n_places) - split_places(before, tile.n_places)
    return tile.out(parts.flatten(0, 1), axis, found.starts, step)
