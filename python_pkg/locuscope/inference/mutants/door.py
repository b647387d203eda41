"""The door of a model for its mutants: bases in, the chosen outputs out, in a fixed order."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from locuscope.errors import ModelError
from locuscope.inference.mutants.one_pass import OnePass

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from locuscope.inference.selection import HeadChoice
    from locuscope.models.protocol import SequenceModel

Outputs = dict[str, dict[int, Tensor]]
"""Head -> resolution -> (N, L', T)."""

_TRAINED = (nn.modules.batchnorm._BatchNorm, nn.modules.dropout._DropoutNd)  # noqa: SLF001 (the common base classes have no public name)


class Door(nn.Module):
    """A model as one module: bases in, chosen outputs out, in a fixed order.

    Args:
        model: any `SequenceModel`.
        choices: heads, resolutions and tracks that are kept.
        target: outputs -> (N, ...), computed inside, so that only what it needs is computed.
        organism: index of the organism.
        is_cut: leave out the tracks that were not chosen; a bound `Target` counts among all.
    """

    def __init__(
        self,
        model: SequenceModel,
        choices: Sequence[HeadChoice],
        target: Callable[[Outputs], Tensor] | None = None,
        organism: int = 0,
        *,
        is_cut: bool = True,
    ) -> None:
        super().__init__()
        self._model, self._choices = model, tuple(choices)
        self._target, self._organism, self._is_cut = target, organism, is_cut
        held = vars(model).items() if hasattr(model, "__dict__") else ()
        for name, part in held:
            if isinstance(part, nn.Module):
                self.add_module(f"held_{name}", part)
        for place, choice in enumerate(self._choices):
            self.register_buffer(f"rows_{place}", torch.as_tensor(choice.rows))

    @property
    def keys(self) -> list[tuple[str, int]]:
        """(head, resolution) of each output; one pair ("target", 0) with a target."""
        if self._target is not None:
            return [("target", 0)]
        return [(choice.spec.name, key) for choice in self._choices for key in choice.keys]

    def forward(self, one_hot: Tensor) -> list[Tensor]:
        """(N, A, L) to the tensors that `keys` lists."""
        n = one_hot.shape[0]
        # The size of the batch is a symbol while the network is captured.
        with OnePass(n) if isinstance(n, torch.SymInt) else nullcontext():
            return self._outputs(one_hot)

    def _outputs(self, one_hot: Tensor) -> list[Tensor]:
        found = self._model.run(
            one_hot,
            organism=self._organism,
            heads=[choice.spec.name for choice in self._choices],
        )
        kept: Outputs = {}
        for place, choice in enumerate(self._choices):
            rows = None if choice.is_whole or not self._is_cut else self.get_buffer(f"rows_{place}")
            by_key = found[choice.spec.name]
            kept[choice.spec.name] = {
                key: by_key[key] if rows is None else by_key[key].index_select(-1, rows)
                for key in choice.keys
            }
        if self._target is not None:
            return [self._target(kept)]
        return [value for by_key in kept.values() for value in by_key.values()]


def refuse_training(model: SequenceModel) -> None:
    """Refuse parts that work otherwise in training.

    Raises:
        ModelError: batch norm or dropout in training mode, with its name.
    """
    for label, part in vars(model).items() if hasattr(model, "__dict__") else ():
        for name, module in part.named_modules() if isinstance(part, nn.Module) else ():
            if module.training and isinstance(module, _TRAINED):
                raise ModelError(
                    f"{model.name}: {label}.{name} ({type(module).__name__}) is in training mode, "
                    "where it depends on the batch or on chance; call .eval() on the network.",
                    batch=None,
                )
