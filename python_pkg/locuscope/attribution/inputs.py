"""Inputs in their container: one array, or a list, tuple or mapping of them, examples first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from locuscope.errors import EmptySelectionError, ShapeError, WrongTypeError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

_BATCH_KEYS = {"inputs", "targets", "metadata"}


@dataclass(frozen=True, eq=False)
class ModelInputs:
    """What goes into a network, and the container it came in; made by `read`.

    Args:
        arrays: label -> array (N, ...), in order.
        rebuild: puts values, in the same order, back into the container.
    """

    arrays: Mapping[str, NDArray[Any]]
    rebuild: Callable[[Sequence[Any]], Any]

    @classmethod
    def read(cls, x: Any) -> ModelInputs:
        """Take an array, tensor, list or tuple of them, mapping, or a data loader's batch.

        Raises:
            WrongTypeError: something that is no array of numbers.
            ShapeError: inputs with different numbers of examples.
            EmptySelectionError: no example.
        """
        inner = getattr(x, "inputs", None)
        if inner is not None and hasattr(x, "intervals"):
            x = inner
        if isinstance(x, Mapping) and "inputs" in x and set(x) <= _BATCH_KEYS:
            x = x["inputs"]
        found: dict[str, NDArray[Any]]
        rebuild: Callable[[Sequence[Any]], Any]
        if isinstance(x, Mapping):
            keys = list(x)
            found = {str(key): _array(value, str(key)) for key, value in x.items()}
            rebuild = lambda values: dict(zip(keys, values, strict=True))  # noqa: E731
        elif isinstance(x, tuple | list) and all(hasattr(item, "shape") for item in x):
            found = {f"input {i}": _array(item, f"input {i}") for i, item in enumerate(x)}
            rebuild = type(x)
        else:
            found = {"input": _array(x, "input")}
            rebuild = lambda values: values[0]  # noqa: E731
        counts = {label: len(array) for label, array in found.items()}
        if len(set(counts.values())) > 1:
            raise ShapeError(
                f"the inputs have different numbers of examples: {counts}.",
                found=counts,
                expected="one number",
            )
        if not counts or not next(iter(counts.values())):
            raise EmptySelectionError("x holds no example.", available=0)
        return cls(found, rebuild)

    def __len__(self) -> int:
        return len(next(iter(self.arrays.values())))

    @property
    def width(self) -> int:
        """Numbers in the last axis of the widest input, for the size of a batch."""
        return max(int(array.shape[-1]) if array.ndim > 1 else 1 for array in self.arrays.values())

    def leaves(self, rows: slice, device: torch.device, dtype: torch.dtype) -> list[Tensor]:
        """Some examples as tensors; whole numbers of 8 bits and truth values become real."""
        leaves = []
        for array in self.arrays.values():
            # A copy in order: torch takes no array that runs backwards.
            tensor = torch.from_numpy(np.array(array[rows], order="C")).to(device)
            if tensor.is_floating_point() or tensor.dtype in (torch.uint8, torch.int8, torch.bool):
                tensor = tensor.to(dtype)
            leaves.append(tensor)
        return leaves

    def tensors(self, rows: slice, device: torch.device, dtype: torch.dtype) -> Any:
        """Some examples as tensors, in the container."""
        return self.rebuild(self.leaves(rows, device, dtype))


def _array(value: Any, label: str) -> NDArray[Any]:
    if isinstance(value, Tensor):
        plain = value.detach().cpu()
        return np.asarray((plain.float() if plain.dtype == torch.bfloat16 else plain).numpy())
    array = np.asarray(value)
    if array.dtype.kind not in "fiub" or array.ndim < 1:
        raise WrongTypeError(
            f"{label} is a {type(value).__name__} of {array.dtype}; expected an array of numbers "
            "with the examples along the first axis.",
            argument=label,
            found=type(value).__name__,
            expected="array",
        )
    return array
