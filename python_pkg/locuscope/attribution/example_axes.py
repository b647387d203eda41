"""Where the examples stand in a tensor, and where a function that only moves numbers puts them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from locuscope.attribution.function_names import moves_examples
from locuscope.attribution.tape import map_tensors, tensors_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor


@dataclass(frozen=True)
class Axis:
    """Where the examples of a tensor stand.

    Args:
        number: the axis.
        blocks: batches that stand one after the other along it, as after `cat([x, other])`.
    """

    number: int = 0
    blocks: int = 1


def takes_first_axis(name: str, args: tuple[Any, ...], options: Mapping[str, Any]) -> bool:
    """Whether a function that moves numbers does something to the first axis.

    >>> takes_first_axis("mean", (torch.ones(2, 3), 1), {})
    False
    """
    if name not in ("mean", "sum"):
        return moves_examples(name, args, options)
    dims = args[1] if len(args) > 1 else options.get("dim")
    if dims is None:
        return True
    every = dims if isinstance(dims, tuple | list) else (dims,)
    return any(dim % args[0].ndim == 0 for dim in every)


def moved_axis(
    func: Callable[..., Any],
    name: str,
    args: tuple[Any, ...],
    options: dict[str, Any],
    *,
    axis_of: Callable[[Tensor], Axis | None],
    n_rows: int,
) -> Axis | None:
    """Where a function puts the examples, seen by what it does to their numbers.

    Args:
        func: what is called; one of `function_names.MOVES`.
        name: its plain name.
        args: positional arguments.
        options: keyword arguments.
        axis_of: tells of a tensor where its examples stand; None for a constant.
        n_rows: rows of one batch.

    Returns:
        The axis, or None where the examples do not stay apart and in order.
    """
    if name == "getitem" and tensors_of(args[1]):
        return None
    # The sum of numbers that are alike is no such number; their mean is.
    probe = torch.mean if name == "sum" else func
    blocks = {axis.blocks for tensor in tensors_of((args, options)) if (axis := axis_of(tensor))}
    if len(blocks) != 1:
        return None
    count = n_rows * (n_blocks := blocks.pop())

    def numbered(tensor: Tensor) -> Tensor:
        axis = axis_of(tensor)
        if axis is None:
            return torch.full(tensor.shape, -1.0, device=tensor.device)
        return _numbers(tensor, axis.number, count)

    found = [
        _axis_of_numbers(output, count)
        for output in tensors_of(probe(*map_tensors(numbered, args), **options))
    ]
    if not found or None in found or len(set(found)) > 1:
        return None
    return Axis(found[0] or 0, n_blocks)


def _numbers(tensor: Tensor, axis: int, count: int) -> Tensor:
    """The number of its example in every cell of a tensor."""
    size = tensor.shape[axis]
    shape = [1] * tensor.ndim
    shape[axis] = size
    numbers = torch.arange(size, device=tensor.device) // (size // count)
    return numbers.float().reshape(shape).expand(tensor.shape).contiguous()


def _axis_of_numbers(numbers: Tensor, count: int) -> int | None:
    """The axis along which the numbers 0 to count - 1 run, each perhaps several times in a row."""
    for axis, size in enumerate(numbers.shape):
        if size % count == 0 and torch.equal(
            numbers, _numbers(numbers, axis, count).to(numbers.dtype)
        ):
            return axis
    return None
