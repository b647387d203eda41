"""Networks through which no gradient comes back, and the functions that cut it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch.overrides import TorchFunctionMode

from locuscope.attribution.function_names import function_name
from locuscope.attribution.tape import tensors_of
from locuscope.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from torch import Tensor

    from locuscope.attribution.gradient_methods import Function

_N_SHOWN = 3


class CutFinder(TorchFunctionMode):
    """Note the functions whose inputs carry gradients and whose results carry none.

    Attributes:
        names: of them, in order, each once.
    """

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Collection[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Run a function and look at what it gave."""
        del types
        options = dict(kwargs or {})
        comes_in = any(tensor.requires_grad for tensor in tensors_of((args, options)))
        output = func(*args, **options)
        found = tensors_of(output)
        if comes_in and found and not any(tensor.requires_grad for tensor in found):
            name = function_name(func)
            self.names += [] if name in self.names else [name]
        return output


def reached(function: Function, method: str) -> Function:
    """A function that raises where a gradient is wanted and none comes back.

    A number that does not depend on the bases has the gradient 0 and is no fault.

    Args:
        function: what is explained.
        method: name, for the message.

    Raises:
        ModelError: when it is called; names the functions that cut the gradient.

    >>> import torch
    >>> rounded = reached(lambda x: x.sum((1, 2)).argmax(0, keepdim=True).float(), "gradient")
    >>> rounded(torch.ones(1, 4, 3)).tolist()
    [0.0]
    """

    def checked(rows: Tensor) -> Tensor:
        value = function(rows)
        if rows.requires_grad and not value.requires_grad:
            finder = CutFinder()
            with finder:
                function(rows)
            if finder.names:
                shown = ", ".join(finder.names[:_N_SHOWN])
                raise ModelError(
                    f"{method}: no gradient comes back to the bases; the network cuts it at "
                    f"{shown}. method='ism' changes the bases and needs no gradient."
                )
        return value

    return checked
