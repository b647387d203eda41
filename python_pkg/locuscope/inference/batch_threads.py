"""Batches of a small network side by side, on one thread each.

A small network has too little work in one operation to share it between threads; whole batches side
by side use the cores better. A network that keeps something of a pass in itself is left alone: two
passes at once would mix it up.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Item = TypeVar("Item")
Result = TypeVar("Result")

SMALL_MACS = 1 << 31
"""Products and sums in a batch below which a network is small."""


class SmallNetwork:
    """Watches one pass of a model and says whether passes may run side by side.

    >>> network = nn.Conv1d(4, 2, 3)
    >>> watch = SmallNetwork(network)
    >>> with watch.watched():
    ...     _ = network(torch.zeros(1, 4, 100))
    >>> watch.is_small, watch.macs
    (True, 2352)
    """

    def __init__(self, model: object) -> None:
        held = [model] if isinstance(model, nn.Module) else list(vars(model).values())
        self._modules = [m for part in held if isinstance(part, nn.Module) for m in part.modules()]
        self.macs = 0
        self.keeps_state = False

    @property
    def is_small(self) -> bool:
        """Whether the watched pass was small and left nothing in the modules."""
        return bool(self._modules) and self.macs < SMALL_MACS and not self.keeps_state

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Count the work of a pass."""
        before = self._state()
        with FlopCounterMode(display=False) as counter:
            yield
        self.macs = counter.get_total_flops() // 2
        self.keeps_state = self._state() != before

    def _state(self) -> list[tuple[str, int, int]]:
        """What the modules hold: names, identities, and how often tensors were written to."""
        return [
            (name, id(value), _written(value))
            for module in self._modules
            for name, value in (*vars(module).items(), *module.named_buffers(recurse=False))
        ]


def _written(value: Any) -> int:
    """How often a tensor was written to, how much a container holds; 0 for anything else."""
    if isinstance(value, torch.Tensor):
        return 0 if value.is_inference() else value._version  # noqa: SLF001 (torch has no other)
    return len(value) if isinstance(value, list | dict | set | deque) else 0


def side_by_side(
    work: Callable[[Item], Result], items: Iterable[Item], n_threads: int
) -> Iterator[Result]:
    """Give `work(item)` of every item, in order, each on one thread of torch.

    Leaving early waits for what runs and drops the rest. The number of threads that torch uses is
    as before afterwards.

    Args:
        work: called in other threads.
        items: read a few ahead.
        n_threads: how many work at once.
    """
    before = torch.get_num_threads()
    waiting: deque[Future[Result]] = deque()
    pool = ThreadPoolExecutor(
        n_threads, thread_name_prefix="batch", initializer=torch.set_num_threads, initargs=(1,)
    )
    try:
        for item in items:
            waiting.append(pool.submit(_quiet, work, item))
            if len(waiting) > n_threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        torch.set_num_threads(before)


def _quiet(work: Callable[[Item], Result], item: Item) -> Result:
    """Without gradients: the mode of the caller does not reach other threads."""
    with torch.inference_mode():
        return work(item)
