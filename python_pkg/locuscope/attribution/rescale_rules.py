"""How differences pass through the functions of a network: the rules behind `deeplift`.

Rows of a batch are examples, then the references of each. A rule keeps the value of a function and
replaces its derivative, in the rows of the references, by the multiplier between example and
reference (Shrikumar et al. 2017). Everything else is composed of these rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

TINY = 1e-6
"""Differences below it have no quotient of their own."""


@dataclass(frozen=True)
class Pairs:
    """The layout of a batch: `n` examples, then `n_references` rows for each.

    Args:
        n: examples.
        n_references: references of each.
        blocks: such batches that stand one after the other, as after `cat([x, other])`.
    """

    n: int
    n_references: int
    blocks: int = 1

    @property
    def rows(self) -> int:
        """Rows of one batch."""
        return self.n * (1 + self.n_references)

    def fits(self, tensor: Tensor) -> bool:
        """Whether the first axis is the batch, or the batch times something."""
        size = self.rows * self.blocks
        return tensor.ndim > 0 and tensor.shape[0] > 0 and tensor.shape[0] % size == 0

    def split(self, tensor: Tensor) -> tuple[Tensor, Tensor]:
        """Examples (blocks, n, 1, F) and references (blocks, n, R, F)."""
        return self._parted(tensor.reshape(self.blocks, self.rows, -1))

    def grouped(self, tensor: Tensor) -> tuple[Tensor, Tensor]:
        """As `split` for groups of cells, (..., K, P)."""
        return self._parted(tensor.reshape(self.blocks, self.rows, -1, tensor.shape[-1]))

    def _parted(self, tensor: Tensor) -> tuple[Tensor, Tensor]:
        there = tensor[:, self.n :]
        shape = (self.blocks, self.n, self.n_references, *tensor.shape[2:])
        return tensor[:, : self.n, None], there.reshape(shape)

    def joined(self, references: Tensor, like: Tensor) -> Tensor:
        """Values for the rows of the references, 0 for those of the examples."""
        rows = references.flatten(1, 2)
        none = rows.new_zeros(self.blocks, self.n, *rows.shape[2:])
        return torch.cat([none, rows], dim=1).reshape(like.shape)

    def shared_max(self, tensor: Tensor, dim: int) -> Tensor:
        """The largest value along an axis in an example and all its references."""
        largest = tensor.detach().amax(dim, keepdim=True)
        here, there = self.split(largest)
        group = torch.maximum(here, there.amax(2, keepdim=True))
        rows = torch.cat([group[:, :, 0], group.expand_as(there).flatten(1, 2)], dim=1)
        return rows.reshape(largest.shape)


class _Valued(torch.autograd.Function):
    """The value of one tensor with the derivative of another."""

    @staticmethod
    def forward(ctx: Any, stand_in: Tensor, value: Tensor) -> Tensor:
        """Give the value."""
        del ctx
        return value.clone() if value.shape == stand_in.shape else value.expand_as(stand_in).clone()

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> tuple[Any, None]:
        """Pass the gradient to the stand-in."""
        del ctx
        return grads[0], None


def valued(stand_in: Tensor, value: Tensor) -> Tensor:
    """Give a tensor with the value of one and the derivative of another."""
    found: Tensor = _Valued.apply(stand_in, value.detach())  # type: ignore[no-untyped-call]
    return found


def element_wise(pairs: Pairs, function: Callable[[Tensor], Tensor], a: Tensor) -> Tensor:
    """(f(a) - f(b)) / (a - b), and the derivative at a where the two are equal."""
    plain = a.detach()
    with torch.no_grad():
        value = function(plain)
        here, there = pairs.split(plain)
        f_here, f_there = pairs.split(value)
        difference = here - there
        is_equal = difference.abs() < TINY
    leaf = here.reshape(-1, *plain.shape[1:]).clone().requires_grad_()
    slope = torch.autograd.grad(function(leaf).sum(), leaf)[0].reshape(here.shape)
    quotient = (f_here - f_there) / difference.masked_fill(is_equal, 1)
    multiplier = torch.where(is_equal, slope, quotient)
    return valued(a * pairs.joined(multiplier, plain), value)


def bilinear(
    pairs: Pairs, function: Callable[[Tensor, Tensor], Tensor], a: Tensor, b: Tensor
) -> Tensor:
    """The mean of the two orders: (a1 + b1) / 2 to the second, (a2 + b2) / 2 to the first."""
    with torch.no_grad():
        value = function(a, b)
        middles = [_middle(pairs, tensor.detach()) for tensor in (a, b)]
    return valued(function(a, middles[1]) + function(middles[0], b), value)


def _middle(pairs: Pairs, tensor: Tensor) -> Tensor:
    here, there = pairs.split(tensor)
    return pairs.joined((here + there) / 2, tensor)


def extreme(pairs: Pairs, a: Tensor, value: Tensor, cells: Tensor) -> Tensor:
    """The rule of a maximum over cells.

    Args:
        pairs: the layout.
        a: (rows, K, P), K groups of P cells; differentiable.
        value: (rows, K, Q), the maxima of Q windows.
        cells: same, which of the P cells holds each.

    Returns:
        The maxima. With o_x, o_b the two maxima and c the larger: c - o_b goes to the cell of the
        example, o_x - c to that of the reference, each divided by the difference of its cell.
    """
    with torch.no_grad():
        plain = a.detach()
        here, there = pairs.grouped(plain)
        o_x, o_b = pairs.grouped(value.detach())
        cell_x, cell_b = pairs.grouped(cells)
        larger = torch.maximum(o_x, o_b)
        cell_x = cell_x.expand_as(cell_b)
        difference = here - there
        weights = []
        for cell, share in ((cell_x, larger - o_b), (cell_b, o_x - larger)):
            gap = difference.gather(-1, cell)
            is_equal = gap.abs() < TINY
            quotient = share / gap.masked_fill(is_equal, 1)
            weights.append(quotient.masked_fill(is_equal, 0))
    rows = pairs.grouped(a)[1]
    parts = zip(weights, (cell_x, cell_b), strict=True)
    stand_in = torch.stack([rows.gather(-1, cell) * weight for weight, cell in parts]).sum(0)
    return valued(pairs.joined(stand_in, value), value)


def max_pool(pairs: Pairs, name: str, a: Tensor, *args: Any, **options: Any) -> Tensor:
    """Max pooling, adaptive or not, in one to three dimensions."""
    options["return_indices"] = True
    with torch.no_grad():
        value, cells = getattr(functional, name)(a.detach(), *args, **options)
    dims = int(name[-2])
    flat = [tensor.flatten(-dims).flatten(1, -2) for tensor in (a, value, cells)]
    return extreme(pairs, *flat).reshape(value.shape)


def largest(pairs: Pairs, a: Tensor, dims: tuple[int, ...], *, keepdim: bool) -> Tensor:
    """The maximum along axes that are not the batch."""
    last = tuple(range(-len(dims), 0))
    moved = a.movedim(dims, last).flatten(-len(dims))
    cells = moved.detach().argmax(-1, keepdim=True)
    value = moved.detach().gather(-1, cells)
    flat = [tensor.reshape(len(a), -1, tensor.shape[-1]) for tensor in (moved, value, cells)]
    found = extreme(pairs, *flat).reshape(value.shape[:-1])
    if not keepdim:
        return found
    shape = [1 if axis in {dim % a.ndim for dim in dims} else n for axis, n in enumerate(a.shape)]
    return found.reshape(shape)


def softmax(pairs: Pairs, z: Tensor, dim: int, *, is_log: bool = False) -> Tensor:
    """Composed of exp, sum, reciprocal and product."""
    # One shift for an example and its references: their differences stay as they are.
    shifted = z - pairs.shared_max(z, dim)
    # Masked cells hold -Inf, whose differences are no numbers; far below zero is the same to exp.
    finite = shifted.clamp(min=torch.finfo(z.dtype).min / 4)
    powers = element_wise(pairs, torch.exp, finite)
    total = powers.sum(dim, keepdim=True)
    if is_log:
        return shifted - element_wise(pairs, torch.log, total)
    return bilinear(pairs, torch.mul, powers, element_wise(pairs, torch.reciprocal, total))


def divided(pairs: Pairs, a: Tensor, b: Tensor) -> Tensor:
    """A quotient of two tensors that both depend on the bases."""
    return bilinear(pairs, torch.mul, a, element_wise(pairs, torch.reciprocal, b))


def normed(
    pairs: Pairs,
    a: Tensor,
    dims: tuple[int, ...],
    weight: Tensor | None,
    bias: Tensor | None,
    *,
    eps: float,
    is_centred: bool,
) -> Tensor:
    """Layer norm, or RMS norm without centring."""
    centred = a - a.mean(dims, keepdim=True) if is_centred else a
    power = element_wise(pairs, torch.square, centred).mean(dims, keepdim=True)
    scale = element_wise(pairs, torch.rsqrt, power + eps)
    found = bilinear(pairs, torch.mul, centred, scale.expand_as(centred))
    found = found if weight is None else found * weight
    return found if bias is None else found + bias


def attention(pairs: Pairs, q: Tensor, k: Tensor, v: Tensor, *, scale: float | None) -> Tensor:
    """Scaled dot-product attention, composed."""
    factor = q.shape[-1] ** -0.5 if scale is None else scale
    logits = bilinear(pairs, torch.matmul, q * factor, k.transpose(-1, -2))
    return bilinear(pairs, torch.matmul, softmax(pairs, logits, -1), v)
