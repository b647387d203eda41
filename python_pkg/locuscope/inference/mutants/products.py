"""Products with one matrix that stays: laid out once for the processor, used for every tile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

PROBE = 8
CLOSE = 1e-4


def product(matrix: Tensor, narrow: torch.dtype | None = None) -> Callable[[Tensor], Tensor]:
    """A function (rows, K) -> (rows, N) that multiplies by `matrix` (K, N).

    float32 on a processor with oneDNN takes its packed form, measured at twice the speed of the
    plain product on an AMD core. It is asked for, tried on a few rows, and left where it fails.

    >>> product(torch.eye(2))(torch.tensor([[1.0, 2.0]]))
    tensor([[1., 2.]])
    """
    if narrow is not None:
        return _narrowed(matrix, narrow)
    plain = matrix.contiguous()

    def multiply(rows: Tensor) -> Tensor:
        return rows @ plain

    if matrix.device.type != "cpu" or matrix.dtype != torch.float32:
        return multiply
    found = _packed(plain)
    return multiply if found is None else found


def _narrowed(matrix: Tensor, dtype: torch.dtype) -> Callable[[Tensor], Tensor]:
    """The product in another type of number; its result has the type of the matrix again."""
    plain, own = matrix.to(dtype).contiguous(), matrix.dtype

    def multiply(rows: Tensor) -> Tensor:
        return (rows.to(dtype) @ plain).to(own)

    return multiply


def _packed(matrix: Tensor) -> Callable[[Tensor], Tensor] | None:
    """The packed form; None where this torch or this processor has none."""
    rows = torch.linspace(-1, 1, PROBE * matrix.shape[0]).view(PROBE, -1)
    want = rows @ matrix
    try:
        ops = torch.ops.mkldnn
        laid = ops._reorder_linear_weight(matrix.t().contiguous())  # noqa: SLF001 (no public name)
        apply = ops._linear_pointwise  # noqa: SLF001 (no public name)
        tried = apply(rows, laid, None, "none", [], "")
    except (AttributeError, RuntimeError, TypeError, NotImplementedError):
        return None
    # A layout that gives other numbers is not used, whatever the reason.
    peak = max(1.0, float(want.abs().nan_to_num(0).max()))
    if tried.shape != want.shape or not float((tried - want).abs().max()) <= CLOSE * peak:
        return None

    def multiply(given: Tensor) -> Tensor:
        found: Tensor = apply(given, laid, None, "none", [], "")
        return found

    return multiply
