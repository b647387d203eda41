"""Rules of operations in which every position counts: largest values and norms over positions.

What a mutant leaves unchanged enters through sums or largest values of the reference, so that only
the window is looked at again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from locuscope.inference.mutants.pointwise_rules import over_channels
from locuscope.inference.mutants.rules import UNFIT, Tile, arguments, rule
from locuscope.inference.mutants.windows import Delta, add_into, split_places

if TYPE_CHECKING:
    from collections.abc import Sequence

    from locuscope.inference.mutants.graph import Step


@rule("amax", "amin")
def extreme(tile: Tile, step: Step) -> Any:
    """Largest or smallest value over axes, the positions among them or not."""
    x, dim, _ = arguments(step, ("input", "dim", "keepdim"), (None, [], False))
    found = tile.delta(x)
    rank = found.values.ndim
    dims = [int(d) % rank for d in ([dim] if isinstance(dim, int) else dim or range(rank))]
    if found.axis not in dims:
        return over_channels(tile, step)
    return _extreme(tile, step, dims, -1 if step.op == "aten.amin" else 1)


@rule("max", "min")
def extreme_of_one_axis(tile: Tile, step: Step) -> Any:
    """The same where the network also gets the place of the extreme, and does not read it."""
    is_told = len(step.args) > 1 and isinstance(step.args[1], int)
    found = tile.delta(step.args[0])
    if not is_told or _reads_places(step) or int(step.args[1]) % found.values.ndim != found.axis:
        return UNFIT
    sign = -1 if step.op == "aten.min" else 1
    made = _extreme(tile, step, [found.axis], sign)
    return made if made is UNFIT else [made]


@rule("adaptive_max_pool1d", "adaptive_max_pool2d")
def largest(tile: Tile, step: Step) -> Any:
    """Pools that leave one cell."""
    value = step.node.meta["val"][0]
    dims = list(range(2, value.ndim))
    found = tile.delta(step.args[0])
    is_one = all(int(size) == 1 for size in value.shape[2:])
    if not is_one or _reads_places(step) or found.axis not in dims:
        return UNFIT
    made = _extreme(tile, step, dims, 1)
    return made if made is UNFIT else [made]


def _reads_places(step: Step) -> bool:
    return any(user.args[1] != 0 and user.users for user in step.node.users)


def _extreme(tile: Tile, step: Step, dims: Sequence[int], sign: int) -> Any:
    """max(r + d) - m = the largest of: (r - m) + d in the window, r - m before it and behind it."""
    x = step.args[0]
    found = tile.delta(x)
    if found.flat or 0 in dims:
        return UNFIT
    axis, width, length = found.axis, found.width, found.length
    # On a window the positions come first; axes before theirs stand one further back.
    others = [d if d > axis else d + 1 for d in dims if d != axis]

    def below() -> Tensor:
        values: Tensor = tile.reference.values[x] * sign
        return (values - values.amax(tuple(dims), keepdim=True))[0].movedim(axis - 1, 0)

    def before() -> Tensor:
        rows = below()
        rows = rows.amax([d - 1 for d in others]) if others else rows
        nothing = rows.new_full((1, *rows.shape[1:]), -torch.inf)
        return torch.cat([nothing, rows.cummax(0).values])

    def behind() -> Tensor:
        rows = below()
        rows = rows.amax([d - 1 for d in others]) if others else rows
        nothing = rows.new_full((1, *rows.shape[1:]), -torch.inf)
        return torch.cat([rows.flip(0).cummax(0).values.flip(0), nothing])

    reference = tile.reference
    low = reference.window((step.node, "below"), found.starts, width, below, -torch.inf)
    parts = split_places(found.values * sign, tile.n_places) + low[:, None]
    made = parts.amax([2, *(d + 1 for d in others)])
    first = [min(max(start, 0), length) for start in found.starts]
    last = [min(max(start + width, 0), length) for start in found.starts]
    for key, at, rows in (("before", first, before), ("behind", last, behind)):
        edge = reference.window((step.node, key), at, 1, rows)
        made = torch.maximum(made, edge)
    value = step.node.meta["val"]
    sizes = (value[0] if isinstance(value, (list, tuple)) else value).shape[1:]
    return Delta(made.mul_(sign).reshape(tile.n_mutants, *(int(size) for size in sizes)))


@rule("group_norm", "instance_norm")
def norm_over_positions(tile: Tile, step: Step) -> Any:
    """Norms whose mean and variance run over the positions: both change by what the window adds.

    The output differs everywhere, by a factor and a shift per group; on the window also by the
    difference itself.
    """
    found = tile.delta(step.args[0])
    if found.flat or found.axis != 2 or found.values.ndim != 3:
        return UNFIT
    n_groups, w, eps = _norm_options(step, found.values.shape[2])
    scale = tile.static(w)
    if scale is UNFIT or n_groups is None:
        return UNFIT
    rows = tile.reference.values[step.args[0]][0].unflatten(0, (n_groups, -1)).flatten(1).double()
    size, mean = rows.shape[1], rows.mean(1)
    variance = rows.var(1, correction=0) + eps
    length, m = found.length, tile.n_mutants

    def centred() -> Tensor:
        values: Tensor = tile.reference.values[step.args[0]][0].unflatten(0, (n_groups, -1))
        found: Tensor = (values - mean.to(values)[:, None, None]).flatten(0, 1).t()
        return found

    low = tile.reference.window((step.node, "centred"), found.starts, found.width, centred)
    parts = split_places(found.values, tile.n_places)
    squares = (2 * low[:, None] * parts + parts * parts).reshape(m, found.width, n_groups, -1)
    moved = found.values.unflatten(2, (n_groups, -1)).sum((1, 3)).double() / size
    # The sum of (r - mean + d)^2 grows by that of 2 (r - mean) d + d^2; no large numbers cancel.
    wider = squares.sum((1, 3)).double() / size - moved**2
    root, new_root = variance.sqrt(), (variance + wider).sqrt()
    factor = -wider / (root * new_root * (root + new_root))
    factors = [
        part.to(found.values).repeat_interleave(found.values.shape[2] // n_groups, 1)[:, None]
        for part in (factor, -moved / new_root, 1 / new_root)
    ]
    if scale is not None:
        factors = [part * scale for part in factors]
    whole = tile.reference.window((step.node, "centred"), (0,), length, centred)
    out = whole * factors[0] + factors[1]
    changed = Delta(found.values * factors[2], 2, found.starts, length)
    add_into(out, (0,) * tile.n_places, changed, tile.n_places)
    return tile.out(out, 2, (0,) * tile.n_places, step)


def _norm_options(step: Step, channels: int) -> tuple[int | None, Any, float]:
    """Groups, weight and epsilon; no groups where stored numbers are used instead."""
    if step.op == "aten.group_norm":
        names = ("input", "num_groups", "weight", "bias", "eps")
        _, groups, weight, _, eps = arguments(step, names, (None, None, None, None, 1e-5))
        return int(groups), weight, float(eps)
    _, weight, _, _, _, is_measured, _, eps = step.args[:8]
    return channels if is_measured else None, weight, float(eps)
