"""Let numpy functions serve torch tensors without loading torch.

A tensor goes in as numpy and comes back on its device and in its dtype.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

Values = TypeVar("Values")


def through_numpy(
    values: Values,
    function: Callable[[NDArray[np.floating[Any]]], NDArray[np.floating[Any]]],
) -> Values:
    """Apply `function` to an array or to a torch tensor.

    Args:
        values: anything numpy reads, or a torch tensor. Integers become float32.
        function: numpy array in, numpy array out.

    Returns:
        An array for an array; for a tensor a detached tensor on its device. A floating tensor
        keeps its dtype.
    """
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(values, torch.Tensor):
        plain = values.detach().cpu()
        if plain.dtype == torch.bfloat16:
            plain = plain.float()
        done = torch.from_numpy(np.ascontiguousarray(function(_floating(plain.numpy()))))
        dtype = values.dtype if values.dtype.is_floating_point else done.dtype
        return cast("Values", done.to(device=values.device, dtype=dtype))
    return cast("Values", function(_floating(np.asarray(values))))


def _floating(array: NDArray[Any]) -> NDArray[np.floating[Any]]:
    return array if np.issubdtype(array.dtype, np.floating) else array.astype(np.float32)
