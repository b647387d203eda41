"""The published update rules of the hit problem, dense, one step at a time.

A step of proximal gradient ascent on the correlations, the momentum of Nesterov, and two duality
gaps: the true one, and the expression that the published program stops by.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

import torch
from torch.nn.functional import conv1d, conv_transpose1d

from locuscope.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

Gap = Literal["true", "published"]
_GAPS = ("true", "published")


def prox_grad_step(  # noqa: PLR0917 - the published call
    coefficients: Tensor,
    importance_scale: Tensor,
    cwms: Tensor,
    contribs: Tensor,
    sequences: Tensor | int,
    lambdas: Tensor,
    step_sizes: Tensor,
    *,
    gap: Gap = "true",
) -> tuple[Tensor, Tensor, Tensor]:
    """One proximal gradient step of the non-negative lasso.

    c_next = relu(c + step (I corr(X - pred(c), D) - lambda)).

    Args:
        coefficients: (B, M, P), where the step starts.
        importance_scale: I, (B, M, P).
        cwms: D, (M, A, W), masked.
        contribs: X, (B, A, L).
        sequences: what the prediction is masked by, (B, A, L), or the number 1.
        lambdas: (1, M, 1).
        step_sizes: (B, 1, 1).
        gap: "true" measures at c_next; "published" gives
            |1/2 ||r||^2 (1 + min(1/d, 1)^2) - <r, X> + l1| at `coefficients`, which is no
            bound: the scale is missing before <r, X>.

    Returns:
        (c_next (B, M, P), duality gap (B,), squared norm of the residual (B,)); the last two at
        the same coefficients. A region with no residual has the gap of its l1 norm.

    Raises:
        OptionError: another `gap`.
    """
    if gap not in _GAPS:
        raise OptionError(
            f"gap is {gap!r}; expected 'true' or 'published'.",
            option="gap",
            value=gap,
            allowed=_GAPS,
        )
    residual, ascent = _residual(
        coefficients, importance_scale, cwms, contribs, sequences=sequences
    )
    c_next = torch.relu(coefficients + step_sizes * (ascent - lambdas))
    if gap == "published":
        return c_next, *_published_gap(coefficients, residual, ascent, contribs, lambdas)
    residual, ascent = _residual(c_next, importance_scale, cwms, contribs, sequences=sequences)
    return c_next, *true_gap(c_next, residual, ascent, contribs, lambdas)


def optimizer_step(  # noqa: PLR0917 - the published call
    cwms: Tensor,
    contribs: Tensor,
    importance_scale: Tensor,
    sequences: Tensor | int,
    coef_inter: Tensor,
    coef: Tensor,
    i: Tensor,
    step_sizes: Tensor,
    L: int,
    lambdas: Tensor,
    *,
    gap: Gap = "true",
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """A proximal step from `coef_inter`, then momentum: y' = (1 + mu) c_next - mu c, mu = i/(i+3).

    Args:
        cwms: D, (M, A, W), masked.
        contribs: X, (B, A, L).
        importance_scale: I, (B, M, P).
        sequences: what the prediction is masked by, (B, A, L), or the number 1.
        coef_inter: y, the extrapolated coefficients (B, M, P).
        coef: c, those of the step before (B, M, P).
        i: steps since the start or the last restart, (B, 1, 1).
        step_sizes: (B, 1, 1).
        L: positions of a region; gap and nll are per base.
        lambdas: (1, M, 1).
        gap: as in `prox_grad_step`.

    Returns:
        (y', c_next, gap / L, ||r||^2 / 2L).
    """
    c_next, bound, squares = prox_grad_step(
        coef_inter, importance_scale, cwms, contribs, sequences, lambdas, step_sizes, gap=gap
    )
    momentum = i / (i + 3.0)
    ahead = (1 + momentum) * c_next - momentum * coef
    return ahead, c_next, bound / L, squares / (2 * L)


def true_gap(
    coefficients: Tensor, residual: Tensor, ascent: Tensor, contribs: Tensor, lambdas: Tensor
) -> tuple[Tensor, Tensor]:
    """Duality gap and ||r||^2 of each region, (B,) both, at the coefficients of the residual.

    gap = 1/2 ||r||^2 (1 + s^2) - s <r, X> + l1, s = 1/max(1, d), d = max I corr(r, D)/lambda.
    """
    squares = (residual**2).sum(dim=(1, 2))
    scale = 1 / (ascent / lambdas).amax(dim=(1, 2)).clamp(min=1.0)
    along = (residual * contribs).sum(dim=(1, 2))
    paid = (coefficients * lambdas).sum(dim=(1, 2))
    return squares * (1 + scale**2) / 2 - scale * along + paid, squares


def _published_gap(
    coefficients: Tensor, residual: Tensor, ascent: Tensor, contribs: Tensor, lambdas: Tensor
) -> tuple[Tensor, Tensor]:
    squares = (residual**2).sum(dim=(1, 2))
    # 1/d turns negative with d, as published; only the square of it is used.
    scale = torch.clamp(1 / (ascent / lambdas).amax(dim=(1, 2)), max=1.0)
    along = (residual * contribs).sum(dim=(1, 2))
    paid = (coefficients.abs().sum(dim=2, keepdim=True) * lambdas).sum(dim=(1, 2))
    return (squares * ((scale**2 + 1) / 2) - along + paid).abs(), squares


def _residual(
    coefficients: Tensor,
    importance_scale: Tensor,
    cwms: Tensor,
    contribs: Tensor,
    *,
    sequences: Tensor | int,
) -> tuple[Tensor, Tensor]:
    """Residual (B, A, L) and I times its correlations with the motifs (B, M, P)."""
    residual = contribs - conv_transpose1d(coefficients * importance_scale, cwms) * sequences
    return residual, conv1d(residual, cwms) * importance_scale


@contextmanager
def full_float32() -> Iterator[None]:
    """Convolutions and products of float32 in float32; afterwards TF32 is as it was.

    TF32 keeps ten bits of a number, far too few to tell which atoms enter.
    """
    convolutions = torch.backends.cudnn.allow_tf32
    products = torch.backends.cuda.matmul.allow_tf32
    try:
        torch.backends.cudnn.allow_tf32 = False
        torch.backends.cuda.matmul.allow_tf32 = False
        yield
    finally:
        torch.backends.cudnn.allow_tf32 = convolutions
        torch.backends.cuda.matmul.allow_tf32 = products
