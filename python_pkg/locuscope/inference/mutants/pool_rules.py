"""Rules of pools: windows are laid on the cells that meet them, whatever their phase."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from locuscope.inference.mutants.conv_rules import reached
from locuscope.inference.mutants.lines import Line, line_of
from locuscope.inference.mutants.rules import UNFIT, Tile, arguments, rule
from locuscope.inference.mutants.windows import placed, split_places

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor, fx

    from locuscope.inference.mutants.graph import Step


@rule("max_pool1d", "max_pool2d")
def max_pool(tile: Tile, step: Step) -> Any:
    """Largest of each cell of the mutants, minus that of the reference."""
    names = ("input", "kernel_size", "stride", "padding", "dilation")
    x, kernel, stride, padding, dilation = arguments(step, names, (None, None, [], 0, 1))
    line = line_of(tile.delta(x), step)
    if line is None or line.beside(kernel) != 1:
        return UNFIT
    found = line.found
    k, left, gap = line.of(kernel), line.of(padding), line.of(dilation)
    hop = line.of(stride, k)
    starts, width = reached(found, k, hop, gap, left)
    if width <= 0:
        return None
    # max(r + d) - m = max((r - m) + d) with m the largest of the cell: exact where it stays so.
    values = line.rows(tile.reference.values[x])
    best = line.rows(tile.reference.values[step.node]).t()
    reach = (len(best) - 1) * hop + 1
    first = [start * hop - left for start in starts]
    cells = placed(found, first, (width - 1) * hop + (k - 1) * gap + 1, tile.n_places)
    made: Tensor | None = None
    for tap in range(k):

        def below(tap: int = tap) -> Tensor:
            # Cells may reach over both ends, the last one also without padding.
            edge = (left, max(0, reach + (k - 1) * gap - left - values.shape[1]))
            rows = torch.nn.functional.pad(values, edge, value=-torch.inf).t()
            return rows[tap * gap : tap * gap + reach : hop] - best

        low = tile.reference.window((step.node, tap), starts, width, below)
        some = cells[:, tap * gap : tap * gap + (width - 1) * hop + 1 : hop]
        sums = split_places(some, tile.n_places) + low[:, None]
        made = sums if made is None else torch.maximum(made, sums, out=made)
    return UNFIT if made is None else line.out(tile, made.flatten(0, 1), starts, step)


def base_window(tile: Tile, node: fx.Node, axis: int, starts: Sequence[int], width: int) -> Tensor:
    """(P, w, *rest): the reference of a node on the windows of a tile, 0 beyond its ends."""
    values = tile.reference.values[node]
    return tile.reference.window(
        (node, axis), starts, width, lambda: values[0].movedim(axis - 1, 0)
    )


@rule("avg_pool1d", "avg_pool2d")
def average_pool(tile: Tile, step: Step) -> Any:
    """Mean of the differences of each cell."""
    names = ("input", "kernel_size", "stride", "padding", "ceil_mode", "count_include_pad")
    x, kernel, stride, padding, _, counts_pad = arguments(
        step, names, (None, None, [], 0, False, True)
    )
    line = line_of(tile.delta(x), step)
    if line is None or line.beside(kernel) != 1 or len(step.args) > 6:
        return UNFIT
    cell = line.of(kernel), line.of(stride, line.of(kernel)), line.of(padding)
    return _averaged(tile, step, line, cell, counts_pad=bool(counts_pad))


@rule("adaptive_avg_pool1d", "adaptive_avg_pool2d")
def adaptive_average(tile: Tile, step: Step) -> Any:
    """Means of equal cells; cells of different sizes are left to the operation itself."""
    line = line_of(tile.delta(step.args[0]), step)
    size = 0 if line is None else line.of(step.args[1])
    if line is None or not size or line.found.length % size:
        return UNFIT
    k = line.found.length // size
    return _averaged(tile, step, line, (k, k, 0), counts_pad=True)


def _averaged(
    tile: Tile, step: Step, line: Line, cell: tuple[int, int, int], *, counts_pad: bool
) -> Any:
    (k, hop, left), found = cell, line.found
    starts, width = reached(found, k, hop, 1, left)
    if width <= 0:
        return None
    first = [start * hop - left for start in starts]
    reach = (width - 1) * hop + 1
    x = placed(found, first, reach + k - 1, tile.n_places)
    sums = x[:, 0:reach:hop].clone()
    for tap in range(1, k):
        sums.add_(x[:, tap : tap + reach : hop])
    n_out, length = step.sizes[line.axis - 1], found.length

    def shares() -> Tensor:
        begin = torch.arange(n_out) * hop - left
        stop = torch.clamp(begin + k, max=length + left)
        size = stop - begin
        if not counts_pad:
            size = torch.clamp(stop, max=length) - torch.clamp(begin, min=0)
        return (1 / size.double()).to(x.dtype).to(x.device)

    share = tile.reference.window((step.node, "shares"), starts, width, shares)
    parts = split_places(sums, tile.n_places).mul_(share[:, None, :, None])
    return line.out(tile, parts.flatten(0, 1), starts, step)
