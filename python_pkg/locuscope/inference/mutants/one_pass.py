"""While a network is captured, a batch of any size goes through it in one pass.

A network that divides its batch, by strands or into passes that fit the caches, would be captured
for one size of batch only. Passes are left out, since examples do not depend on each other, and
parts of equal size are cut where they begin, whatever that size is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.overrides import TorchFunctionMode

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

_SPLITS = (torch.split, torch.Tensor.split)
_CHUNKS = (torch.chunk, torch.Tensor.chunk)


class OnePass(TorchFunctionMode):
    """Divide the first axis without asking for the size of the batch.

    Args:
        size: of the batch; a number that is not known yet.
    """

    def __init__(self, size: Any) -> None:
        super().__init__()
        self._size = size

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """Do a call of torch, or what stands for it."""
        options = kwargs or {}
        if func in _SPLITS or func in _CHUNKS:
            given = [*args, *options.values()]
            dim = args[2] if len(args) > 2 else options.get("dim", 0)
            times = multiple(given[0].shape[0], self._size) if dim == 0 else None
            found = None
            if times is not None and func in _CHUNKS:
                found = self._parts(given[0], times, given[1])
            elif times is not None:
                found = self._passes(given[0], times, given[1])
            if found is not None:
                return found
        return func(*args, **options)

    def _parts(self, whole: Tensor, times: int, count: int) -> tuple[Tensor, ...] | None:
        if times % count:
            return None
        size = self._size * (times // count)
        return tuple(whole.narrow(0, place * size, size) for place in range(count))

    def _passes(self, whole: Tensor, times: int, size: Any) -> tuple[Tensor, ...] | None:
        if isinstance(size, int):
            return (whole,)
        if isinstance(size, (list, tuple)):
            ends = [sum(size[:place]) for place in range(len(size))]
            return tuple(whole.narrow(0, end, n) for end, n in zip(ends, size, strict=True))
        each = multiple(size, self._size)
        return None if not each or times % each else self._parts(whole, times, times // each)


def multiple(size: Any, batch: Any) -> int | None:
    """How many whole batches a size is; None where it is none, or a number that is known."""
    if not isinstance(size, torch.SymInt) or not isinstance(batch, torch.SymInt):
        return None
    share = size.node.expr / batch.node.expr
    return int(share) if share.is_Integer else None
