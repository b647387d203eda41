"""Examples in shards that other processes work on, and their answers put together again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from locuscope.inference.batches import Examples
from locuscope.inference.view_sums import ViewValues

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from locuscope.inference.view_sums import Tensors

_PER_WORKER = 4
_FEWEST_WORKERS = 4


@dataclass(frozen=True)
class Shard:
    """Some examples with everything that they need on the way.

    Args:
        number: of the first among those of the call.
        width_bp: bases of each, without a margin.
        bases: one-hot (n, A, L), with the margin of the ensemble.
        labels: what messages call them.
        is_joined: as in `Examples`.
        arrays: inputs that are no bases, by name.
    """

    number: int
    width_bp: int
    bases: NDArray[Any]
    labels: tuple[str, ...]
    is_joined: bool
    arrays: Mapping[str, NDArray[Any]] | None

    def examples(self) -> Examples:
        """The examples, as a pass takes them."""
        arrays = self.arrays
        return Examples(
            len(self.bases),
            self.width_bp,
            lambda first, stop: self.bases[first:stop],
            self.labels.__getitem__,
            self.is_joined,
            arrays=None
            if arrays is None
            else lambda first, stop: {name: array[first:stop] for name, array in arrays.items()},
            number=self.number,
        )

    def __str__(self) -> str:
        return f"{self.labels[0]} and {len(self.labels) - 1} more"


def shards_of(examples: Examples, workers: int) -> Iterator[Shard]:
    """Cut examples into shards, a few for each worker.

    Args:
        examples: what goes in.
        workers: how many work; 1 where that is not known.
    """
    size = -(-examples.count // (_PER_WORKER * max(workers, _FEWEST_WORKERS)))
    for first in range(0, examples.count, size):
        stop = min(first + size, examples.count)
        arrays = None if examples.arrays is None else dict(examples.arrays(first, stop))
        yield Shard(
            examples.number + first,
            examples.width_bp,
            np.ascontiguousarray(examples.fetch(first, stop)),
            tuple(examples.label(index) for index in range(first, stop)),
            examples.is_joined,
            arrays,
        )


def joined_shards(parts: Sequence[ViewValues]) -> ViewValues:
    """Put the answers of shards end to end, in order."""
    var = [part.var for part in parts if part.var is not None]
    members = [part.members for part in parts if part.members is not None]
    return ViewValues(
        _end_to_end([part.mean for part in parts]),
        _end_to_end(var) if var else None,
        [_end_to_end(view) for view in zip(*members, strict=True)] if members else None,
    )


def _end_to_end(parts: Sequence[Tensors]) -> Tensors:
    return {
        name: {key: torch.cat([part[name][key] for part in parts]) for key in by_key}
        for name, by_key in parts[0].items()
    }
