"""The network behind a model: where its layers are, how it is called, and what it gives."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from locuscope.attribution.tape import tensors_of
from locuscope.errors import ModelError, OptionError
from locuscope.models.borrow import borrowed, number_type
from locuscope.models.protocol import require_model

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHOWN_OUTPUTS = 5


@dataclass(frozen=True, eq=False)
class Network:
    """A model as attribution sees it; made by `network_of`.

    Args:
        model: a `SequenceModel`, or a module of torch.
        parts: attribute name -> network; one network has the name "".
    """

    model: Any
    parts: Mapping[str, nn.Module] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What messages call it."""
        return str(getattr(self.model, "name", type(self.model).__name__))

    @cached_property
    def modules(self) -> dict[str, nn.Module]:
        """Path -> module, in order; a module with two paths stands under both."""
        found: dict[str, nn.Module] = {}
        for prefix, part in self.parts.items():
            for path, module in part.named_modules(remove_duplicate=False):
                name = ".".join(word for word in (prefix, path) if word)
                found[name] = module
        return found

    @property
    def dtype(self) -> torch.dtype:
        """The type it computes in."""
        for part in self.parts.values():
            return number_type(part)
        return torch.float32

    def run(self, inputs: Any) -> Any:
        """Call it once.

        Args:
            inputs: for a `SequenceModel` one-hot (N, A, L); a mapping or list goes to its network
                as it is, by name or by place. A module gets a single tensor as it is, too.

        Returns:
            head -> resolution -> tensor, or what the module gives.
        """
        if not isinstance(self.model, nn.Module) and isinstance(inputs, Tensor):
            return self.model.run(inputs)
        if len(self.parts) != 1:
            raise ModelError(
                f"{self.name} has {len(self.parts)} networks; several inputs need a model of one."
            )
        module = next(iter(self.parts.values()))
        if isinstance(inputs, Mapping):
            return module(**inputs)
        return module(*inputs) if isinstance(inputs, tuple | list) else module(inputs)

    @contextmanager
    def held(self, device: torch.device) -> Iterator[None]:
        """Keep it on a device in evaluation mode, gradients possible; afterwards all is as before.

        Works inside `torch.inference_mode` of the caller, too.
        """
        with ExitStack() as stack:
            for part in self.parts.values():
                stack.enter_context(borrowed(part, device))
            stack.enter_context(torch.inference_mode(mode=False))
            stack.enter_context(torch.enable_grad())
            yield


def network_of(model: object) -> Network:
    """Find the network of a model.

    Raises:
        WrongTypeError: neither a `SequenceModel` nor a module of torch.
    """
    if isinstance(model, nn.Module):
        return Network(model, {"": model})
    require_model(model)
    own = {name: part for name, part in vars(model).items() if isinstance(part, nn.Module)}
    return Network(model, {"": next(iter(own.values()))} if len(own) == 1 else own)


def only_output(network: Network, answer: Any) -> Tensor:
    """The one tensor that a network gives.

    Raises:
        OptionError: it gives several.
    """
    found = tensors_of(answer)
    if len(found) != 1:
        shapes = [tuple(tensor.shape) for tensor in found[:_SHOWN_OUTPUTS]]
        raise OptionError(
            f"{network.name} gives {len(found)} outputs {shapes}; name one layer with layer=, "
            "list_layers(model) lists them.",
            option="final_layer",
            value=True,
        )
    return found[0]
