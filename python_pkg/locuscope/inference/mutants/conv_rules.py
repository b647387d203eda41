"""Rules of operations that are linear in the difference: convolutions, dense layers, batch norm.

A convolution is done in scatter form: each input position of the window goes to the outputs that
it reaches, so the cost follows the input window, not the wider output window.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from locuscope.inference.mutants.lines import Line, line_of
from locuscope.inference.mutants.rules import UNFIT, Tile, arguments, one, rule
from locuscope.inference.mutants.windows import Delta, placed, split_places

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from locuscope.inference.mutants.graph import Step

WIDE_KERNEL = 32
BLOCK = 16
LARGEST_SCATTER = 1 << 18
"""Numbers of a product over all taps, at most: 1 MB in float32, what stays in the caches."""


@rule("conv1d", "conv2d")
def convolution(tile: Tile, step: Step) -> Any:
    """Convolution over the positions, by the form that is cheapest on this window."""
    names = ("input", "weight", "bias", "stride", "padding", "dilation", "groups")
    x, w, _, stride, padding, dilation, groups = arguments(
        step, names, (None, None, None, 1, 0, 1, 1)
    )
    weight, found = tile.static(w), tile.delta(x)
    if weight is UNFIT or found is None or found.flat:
        return UNFIT
    if found.axis is None:
        return _as_the_values(step, found, weight)
    line = line_of(found, step)
    if line is None or line.beside(weight.shape[2:]) != 1:
        return UNFIT
    found, weight = line.found, line.kernel(weight)
    k, hop, gap = weight.shape[2], line.of(stride), line.of(dilation)
    left = (
        (k - 1) * gap // 2 if padding == "same" else line.of(0 if padding == "valid" else padding)
    )
    if hop != 1 or groups != 1:
        return _by_windows(tile, step, line, weight, (k, hop, gap, left, groups))
    starts = [start + left - (k - 1) * gap for start in found.starts]
    width = found.width + (k - 1) * gap
    length = step.sizes[line.axis - 1]
    # What no window keeps is not computed.
    low, high = max(0, -max(starts)), min(width, length - min(starts))
    if high <= low:
        return None
    values = _spread(tile, step, found.values, weight, (gap, low, high))
    return line.out(tile, values, [start + low for start in starts], step)


def _as_the_values(step: Step, found: Delta, weight: Tensor) -> Delta:
    """A whole difference takes the same way as the values, without the bias."""
    options = {key: value for key, value in step.options.items() if key not in ("weight", "bias")}
    return Delta(step.call(found.values, weight, None, *step.args[3:], **options))


def _spread(tile: Tile, step: Step, x: Tensor, weight: Tensor, how: tuple[int, int, int]) -> Tensor:
    """Outputs low to high of the (M, w + (k-1) gap, O) of windows (M, w, C), every tap."""
    gap, low, high = how
    n_out, _, k = weight.shape
    m, width, _ = x.shape
    if gap == 1 and k >= WIDE_KERNEL and width >= BLOCK:
        return _blocks(tile, step, x, weight)[:, low:high]
    # The convolution itself also multiplies what lies around the window, `reach` zeros.
    if m * width * k * n_out > LARGEST_SCATTER and (k - 1) * gap <= width:
        return _direct(tile, step, x, weight, how)
    return _scattered(tile, step, x, weight, gap)[:, low:high]


def _direct(tile: Tile, step: Step, x: Tensor, weight: Tensor, how: tuple[int, int, int]) -> Tensor:
    """The convolution itself on a padded window: one number per tap would not fit the caches."""
    gap, low, high = how
    kernel = tile.tables.once(
        step,
        "image",
        lambda: (
            weight[:, :, None]
            .to(tile.tables.narrow or weight.dtype)
            .contiguous(memory_format=torch.channels_last)
        ),
    )
    # Zeros on either side; where fewer are needed than none, the window is cut.
    left, right = (weight.shape[2] - 1) * gap - low, high - x.shape[1]
    x = x[:, max(0, -left) : x.shape[1] + min(0, right)]
    left, right = max(0, left), max(0, right)
    both = min(left, right)
    if left != right:
        x = torch.nn.functional.pad(x, (0, 0, left - both, right - both))
    # Height 1 and channels last: oneDNN runs that form twice as fast as a 1-D convolution.
    image = x.to(kernel.dtype).transpose(1, 2)[:, :, None]
    found = torch.conv2d(image, kernel, None, 1, (0, both), (1, gap))
    return found[:, :, 0].transpose(1, 2).to(x.dtype)


def _scattered(tile: Tile, step: Step, x: Tensor, weight: Tensor, gap: int) -> Tensor:
    """The same in scatter form: every position times all taps, added where they belong."""
    n_out, n_in, k = weight.shape
    m, width, _ = x.shape
    table = tile.tables.once(
        step,
        "taps",
        lambda: tile.tables.product(weight.permute(1, 2, 0).flip(1).reshape(n_in, k * n_out)),
    )
    found: Tensor = table(x.reshape(m * width, n_in)).view(m, width, k, n_out)
    if width == 1 and gap == 1:
        return found[:, 0]
    if k == 1:
        return found[:, :, 0]
    reach = (k - 1) * gap
    if width < k:
        out = x.new_zeros(m, width + reach, n_out)
        for at in range(width):
            out[:, at : at + reach + 1 : gap].add_(found[:, at])
        return out
    out = x.new_empty(m, width + reach, n_out)
    out[:, :width] = found[:, :, 0]
    out[:, width:] = 0
    for tap in range(1, k):
        out[:, tap * gap : tap * gap + width].add_(found[:, :, tap])
    return out


def _blocks(tile: Tile, step: Step, x: Tensor, weight: Tensor) -> Tensor:
    """Wide kernels: blocks of positions times one banded matrix, overlaps added."""
    n_out, n_in, k = weight.shape
    m, width, _ = x.shape
    span = -(-(BLOCK + k - 1) // BLOCK)

    def banded() -> Callable[[Tensor], Tensor]:
        matrix = weight.new_zeros(BLOCK, n_in, span * BLOCK, n_out)
        taps = weight.permute(1, 2, 0).flip(1)
        for at in range(BLOCK):
            matrix[at, :, at : at + k] = taps
        return tile.tables.product(matrix.view(BLOCK * n_in, span * BLOCK * n_out))

    multiply = tile.tables.once(step, "banded", banded)
    n_blocks = -(-width // BLOCK)
    if n_blocks * BLOCK != width or not x.is_contiguous():
        x, given = x.new_zeros(m, n_blocks * BLOCK, n_in), x
        x[:, :width] = given
    found = multiply(x.view(m * n_blocks, BLOCK * n_in)).view(m, n_blocks, span, BLOCK * n_out)
    out = x.new_zeros(m, n_blocks + span - 1, BLOCK * n_out)
    for part in range(span):
        out[:, part : part + n_blocks].add_(found[:, :, part])
    return out.view(m, -1, n_out)[:, : width + k - 1]


def _by_windows(
    tile: Tile, step: Step, line: Line, weight: Tensor, how: tuple[int, int, int, int, int]
) -> Any:
    """Strides and groups: the operation itself on windows that begin at a cell."""
    k, hop, gap, left, groups = how
    found = line.found
    starts, width = reached(found, k, hop, gap, left)
    if width <= 0:
        return None
    first = [start * hop - left for start in starts]
    x = placed(found, first, (width - 1) * hop + (k - 1) * gap + 1, tile.n_places)
    values = torch.conv1d(x.transpose(1, 2), weight, None, hop, 0, gap, groups)
    return line.out(tile, values.transpose(1, 2).contiguous(), starts, step)


def reached(found: Delta, k: int, hop: int, gap: int, left: int) -> tuple[list[int], int]:
    """First output of each place and the width of outputs whose cells meet the window."""
    low = [-((-(start + left - (k - 1) * gap)) // hop) for start in found.starts]
    high = [(start + found.width - 1 + left) // hop for start in found.starts]
    return low, max(b - a + 1 for a, b in zip(low, high, strict=True))


@rule("conv_transpose1d")
def transposed(tile: Tile, step: Step) -> Any:
    """Transposed convolution: every position reaches k positions of a finer axis."""
    names = ("input", "weight", "bias", "stride", "padding", "output_padding", "groups", "dilation")
    x, w, _, stride, padding, _, groups, dilation = arguments(
        step, names, (None, None, None, 1, 0, 0, 1, 1)
    )
    weight, found = tile.static(w), tile.delta(x)
    if weight is UNFIT or found is None or found.flat:
        return UNFIT
    if found.axis is None:
        return _as_the_values(step, found, weight)
    if found.axis != 2 or found.values.ndim != 3:
        return UNFIT
    values = torch.conv_transpose1d(
        found.values.transpose(1, 2), weight, None, one(stride), 0, 0, groups, one(dilation)
    )
    starts = [start * one(stride) - one(padding, 0) for start in found.starts]
    return tile.out(values.transpose(1, 2).contiguous(), 2, starts, step)


@rule("linear")
def dense(tile: Tile, step: Step) -> Any:
    """Dense layer over the last axis; after a flatten, only the weights of the window."""
    x, w, _ = arguments(step, ("input", "weight", "bias"), (None, None, None))
    weight, found = tile.static(w), tile.delta(x)
    if weight is UNFIT or found is None:
        return UNFIT
    if found.flat:
        return _dense_of_window(tile, step, found, weight)
    if found.axis is not None and found.axis == found.values.ndim - 1:
        return _dense_over_positions(tile, step, found, weight)
    multiply = tile.tables.once(step, "dense", lambda: tile.tables.product(weight.t()))
    rows = found.values.reshape(-1, weight.shape[1])
    values = multiply(rows).view(*found.values.shape[:-1], weight.shape[0])
    return tile.out(values, found.axis, found.starts, step)


def _dense_over_positions(tile: Tile, step: Step, found: Delta, weight: Tensor) -> Delta:
    """The positions are the last axis: they are used up."""
    table = tile.tables.once(step, "over", lambda: weight.t().contiguous())
    values = found.values.movedim(1, -1)
    parts = split_places(values, tile.n_places)
    rows = [
        parts[place][..., low - start : high - start] @ table[low:high]
        for place, start, low, high in _inside(found)
    ]
    return Delta(torch.cat(rows))


def _dense_of_window(tile: Tile, step: Step, found: Delta, weight: Tensor) -> Delta:
    """The columns of a dense layer that the window of a flattened value meets."""
    # Flat values always have an axis, and it is never the first.
    axis, rest = found.axis or 1, found.values.shape[2:]
    n_out = weight.shape[0]

    def by_position() -> list[Callable[[Tensor], Tensor]]:
        sizes = [n_out, *rest]
        sizes.insert(axis, found.length)
        return [
            tile.tables.product(part.flatten(1).t()) for part in weight.view(sizes).movedim(axis, 0)
        ]

    columns = tile.tables.once(step, "columns", by_position)
    parts = found.by_place(tile.n_places).flatten(3)
    out = weight.new_zeros(found.values.shape[0], n_out)
    rows, runs = split_places(out, tile.n_places), _inside(found)
    first = 0
    for _, run in groupby(runs, key=lambda one: one[1:]):
        some = list(run)
        stop = first + len(some)
        _, start, low, high = some[0]
        for at in range(low, high):
            one = parts[first:stop, :, at - start].flatten(0, 1)
            rows[first:stop].add_(columns[at](one).view(stop - first, -1, n_out))
        first = stop
    return Delta(out)


def _inside(found: Delta) -> Sequence[tuple[int, int, int, int]]:
    """(place, start, first, stop) of the part of each window that lies on the axis."""
    return [
        (place, start, max(start, 0), max(min(start + found.width, found.length), start, 0))
        for place, start in enumerate(found.starts)
    ]


@rule("batch_norm", "_native_batch_norm_legit_no_training")
def batch_norm(tile: Tile, step: Step) -> Any:
    """Batch norm at work: one factor per channel."""
    is_native = step.op.endswith("no_training")
    if is_native:
        x, w, _, _, var, _, eps = step.args
    else:
        x, w, _, _, var, _, _, eps = step.args[:8]
    found = tile.delta(x)
    scale, variance = tile.static(w), tile.static(var)
    if scale is UNFIT or variance is UNFIT or variance is None or found.flat:
        return UNFIT

    def factors() -> Tensor:
        root = torch.rsqrt(variance.double() + float(eps))
        return (root if scale is None else root * scale.double()).to(found.values.dtype)

    factor = tile.tables.once(step, "factors", factors)
    if found.axis == 1:
        return UNFIT
    # Channels are axis 1 of the operation; on a window they stand behind the positions.
    first = 1 if found.axis is None else 2
    n_behind = found.values.ndim - first - 1
    values = found.values * factor.view(-1, *[1] * n_behind)
    one_found = Delta(values, found.axis, found.starts, found.length)
    return [one_found] if is_native else one_found
