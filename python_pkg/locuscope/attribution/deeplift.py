"""DeepLIFT contributions against references, by an engine of our own: `deeplift`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from locuscope.attribution.gradient_methods import Explained, Function, numbers
from locuscope.attribution.rescale_rules import Pairs
from locuscope.attribution.rescaling import ON_UNSUPPORTED, Rescaling
from locuscope.genome.choices import check_choice

if TYPE_CHECKING:
    from torch import Tensor

TOLERANCE = 1e-3
"""Largest abs(delta) / max(1, abs(change)) of float32 networks made of supported functions."""


def deeplift(
    function: Function,
    x: Tensor,
    references: Tensor,
    *,
    on_unsupported: str = "error",
    references_per_pass: int | None = None,
    plain: set[str] | None = None,
) -> Explained:
    """Explain the difference between each example and its references, layer by layer.

    Args:
        function: what is explained: rows (n * (1 + R), A, L), the examples and then the references
            of each, to one number per row, or (rows, T) for one per track.
        x: (n, A, L).
        references: (n, R, A, L).
        on_unsupported: "error", or "gradient" for the plain derivative of functions without a rule.
        references_per_pass: how many go through the network at once; None = all.
        plain: gains the names of functions whose derivative was taken.

    Returns:
        Values of every base, averaged over the references, and the delta of each reference.

    Raises:
        ModelError: a function without a rule; names it.

    >>> linear = torch.nn.Linear(8, 1, bias=False)
    >>> found = deeplift(
    ...     lambda rows: linear(rows.flatten(1))[:, 0], torch.eye(4)[None, :, :2],
    ...     torch.zeros(1, 1, 4, 2)
    ... )
    >>> bool(torch.allclose(found.hypothetical, linear.weight.reshape(1, 4, 2)))
    True
    """
    check_choice("on_unsupported", on_unsupported, ON_UNSUPPORTED)
    step = references_per_pass or references.shape[1]
    hypothetical = torch.zeros_like(x)
    deltas, changes = [], []
    for begin in range(0, references.shape[1], step):
        some = references[:, begin : begin + step]
        pairs = Pairs(len(x), some.shape[1])
        rows = torch.cat([x, some.flatten(0, 1)]).detach().requires_grad_()
        rescaling = Rescaling(pairs, rows, on_unsupported=on_unsupported)
        with rescaling:
            value = function(rows)
        value = numbers(value)
        here, there = value[..., : len(x), None], value[..., len(x) :]
        change = (here - there.reshape(*there.shape[:-1], *some.shape[:2])).detach()
        multipliers = _multipliers(there, rows, len(x)).reshape(*change.shape, *some.shape[2:])
        offset = (multipliers * some).sum(dim=-2, keepdim=True)
        hypothetical = hypothetical + (multipliers - offset).sum(dim=-3)
        contributions = (multipliers * (x[:, None] - some)).sum(dim=(-2, -1))
        deltas.append(contributions - change)
        changes.append(change)
        if plain is not None:
            plain |= set(rescaling.plain)
    return Explained(
        hypothetical / references.shape[1], torch.cat(deltas, dim=-1), torch.cat(changes, dim=-1)
    )


def _multipliers(there: Tensor, rows: Tensor, n_examples: int) -> Tensor:
    """What reaches the rows of the references: (n * R, A, L), or (T, n * R, A, L)."""
    found = []
    for column in there.reshape(-1, there.shape[-1]):
        gradient = None
        if column.requires_grad:
            gradient = torch.autograd.grad(
                column.sum(), rows, retain_graph=there.ndim > 1, allow_unused=True
            )[0]
        found.append(torch.zeros_like(rows) if gradient is None else gradient)
    return torch.stack(found)[:, n_examples:]
