"""Which function of a network loses a part of a difference: local completeness, call by call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from locuscope.attribution.function_names import function_name
from locuscope.attribution.rescale_rules import Pairs
from locuscope.attribution.rescaling import Rescaling
from locuscope.attribution.tape import map_tensors, tensors_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from torch import Tensor

    from locuscope.attribution.gradient_methods import Function

_SEED = 0
_TOLERANCE = 1e-3


class Diagnosis(Rescaling):
    """A pass that also asks of every call whether its multipliers explain its difference.

    For any weights v of the outputs, the multipliers m of the inputs must satisfy
    sum(m * (input - reference input)) = sum(v * (output - reference output)).

    Attributes:
        worst: the first call that misses it, by name and number of the call; None where all hold.
    """

    def __init__(self, pairs: Pairs, x: Tensor, *, on_unsupported: str = "error") -> None:
        super().__init__(pairs, x, on_unsupported=on_unsupported)
        self.worst: str | None = None
        self._calls: dict[str, int] = {}
        self._draws = torch.Generator().manual_seed(_SEED)

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Collection[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Run a function with the rule of its name, and check it."""
        if self.worst is None and self._found((args, kwargs)):
            name = function_name(func)
            number = self._calls[name] = self._calls.get(name, 0) + 1
            if self._misses(func, types, args, kwargs):
                self.worst = f"{name} (call {number})"
        return super().__torch_function__(func, types, args, kwargs)

    def _misses(
        self,
        func: Callable[..., Any],
        types: Collection[type],
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any] | None,
    ) -> bool:
        """Run a call on its own, with inputs that have no past, and compare both sums."""
        leaves: dict[int, Tensor] = {}

        def alone(tensor: Tensor) -> Tensor:
            tensor = self._newest(tensor)
            place = self._place_of(tensor)
            if place is None or not tensor.is_floating_point():
                return tensor
            leaf = leaves.setdefault(id(tensor), tensor.detach().clone().requires_grad_())
            # The call may write into what it gets; the leaf stays what it was.
            return self._mark(self._mark(leaf, place).clone(), place)

        mine, options = map_tensors(alone, (args, dict(kwargs or {})))
        output = super().__torch_function__(func, types, mine, options)
        found = [tensor for tensor in tensors_of(output) if tensor.requires_grad]
        if not found or not leaves:
            return False
        weights = [self._weights(tensor) for tensor in found]
        asked = list(leaves.values())
        grads = torch.autograd.grad(found, asked, weights, allow_unused=True)
        explained = [
            self._summed(grad, leaf)
            for grad, leaf in zip(grads, asked, strict=True)
            if grad is not None
        ]
        pairs = list(zip(weights, found, strict=True))
        changes = torch.stack([self._summed(weight, tensor) for weight, tensor in pairs])
        size = torch.stack([self._summed(weight, tensor, size=True) for weight, tensor in pairs])
        gap = changes.sum(0) - (torch.stack(explained).sum(0) if explained else 0)
        tiny = torch.finfo(gap.dtype).eps
        return bool((gap.abs() > _TOLERANCE * size.sum(0) + tiny).any())

    def _weights(self, like: Tensor) -> Tensor:
        """Random weights for the rows of the references, 0 for those of the examples."""
        weights = torch.randn(like.shape, generator=self._draws).to(like)
        first, pairs = self._first(weights, like)
        found = pairs.joined(pairs.split(first)[1], first)
        place = self._place_of(like)
        return found.movedim(0, place.number if place else 0)

    def _summed(self, multiplier: Tensor, like: Tensor, *, size: bool = False) -> Tensor:
        """The sum of multiplier * difference over all cells of each pair, (n, R)."""
        first, pairs = self._first(like.detach(), like)
        weight = pairs.split(self._first(multiplier, like)[0])[1]
        here, reference = pairs.split(first)
        product = weight * (here - reference)
        return (product.abs() if size else product).sum(dim=(0, 3))

    def _first(self, tensor: Tensor, like: Tensor) -> tuple[Tensor, Pairs]:
        """A tensor with the examples first, and how they stand there."""
        place = self._place_of(like)
        number, blocks = (place.number, place.blocks) if place else (0, 1)
        pairs = Pairs(self.pairs.n, self.pairs.n_references, blocks)
        return tensor.movedim(number, 0), pairs


def suspected_call(
    function: Function, x: Tensor, references: Tensor, *, on_unsupported: str = "error"
) -> str | None:
    """The first call of a pass whose multipliers miss the difference that it makes.

    Args:
        function: as in `deeplift`.
        x: (n, A, L).
        references: (n, R, A, L).
        on_unsupported: as in `deeplift`.

    Returns:
        Name of the function and number of its call, or None where all hold.

    >>> suspected_call(lambda rows: rows.sum((1, 2)), torch.ones(1, 4, 3), torch.zeros(1, 2, 4, 3))
    """
    pairs = Pairs(len(x), references.shape[1])
    rows = torch.cat([x, references.flatten(0, 1)]).detach().requires_grad_()
    diagnosis = Diagnosis(pairs, rows, on_unsupported=on_unsupported)
    with diagnosis:
        function(rows)
    return diagnosis.worst
