"""What enters the last linear layer before a head, as a head of its own: `PenultimateModel`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from locuscope.attribution.network import network_of
from locuscope.attribution.tape import Tape
from locuscope.errors import ModelError
from locuscope.models.protocol import HeadSpec

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from torch import Tensor

    from locuscope.effects.scores import Scorer
    from locuscope.models.protocol import InputSpec, SequenceModel

HEAD = "penultimate"
_CHANNELS_LAST = ("linear", "matmul", "addmm", "einsum")
_CHANNELS_FIRST = ("conv1d", "conv2d")


class PenultimateModel:
    """A `SequenceModel` whose one head is the embedding before the head of another model.

    Its positions are those of the head where both have as many. The reverse complement turns
    positions; units stay in their order, since nothing says which reads the other strand.

    Args:
        model: the other model.
        head: one of its heads with positions, or one value per window.
        resolution_bp: bases per position of the head; 0 for one value per window.
        width_bp: bases of the windows that will be read.
        organism: index of the organism.

    Raises:
        ModelError: the head does not come from a linear layer or convolution, or the embedding has
            other positions than bins of one width.
    """

    catalog = None

    def __init__(
        self,
        model: SequenceModel,
        head: HeadSpec,
        *,
        resolution_bp: int,
        width_bp: int,
        organism: int = 0,
    ) -> None:
        self._model, self._head, self._key = model, head, resolution_bp
        for name, part in network_of(model).parts.items():
            setattr(self, name.replace(".", "_") or "module", part)  # dropout and layers are here
        self.name = f"{model.name}.{HEAD}"
        network = network_of(model)
        with network.held(torch.device("cpu")), torch.no_grad():
            found = self._embedding(torch.zeros(1, 4, width_bp), organism)
        own = self._spec(found.shape[1], found.shape[2], width_bp)
        self.heads: Mapping[str, HeadSpec] = {HEAD: own}

    @property
    def digest(self) -> str:
        """That of the model."""
        return self._model.digest

    @property
    def window_bp(self) -> int | None:
        """That of the model."""
        return self._model.window_bp

    @property
    def default_width_bp(self) -> int | None:
        """That of the model."""
        return self._model.default_width_bp

    @property
    def inputs(self) -> tuple[InputSpec, ...]:
        """Those of the model."""
        return self._model.inputs

    @property
    def scores(self) -> Mapping[str, Scorer]:
        """None of its own."""
        return {}

    def check_length(self, length_bp: int) -> None:
        """Raise `ShapeError` for a length the model cannot read."""
        self._model.check_length(length_bp)

    def run(
        self,
        one_hot: Tensor,
        *,
        organism: int = 0,
        heads: Collection[str] | None = None,
        resolutions_bp: Collection[int] | None = None,
        regions: Sequence[tuple[int, int]] | None = None,
    ) -> dict[str, dict[int, Tensor]]:
        """Give the embedding; see `SequenceModel.run`."""
        del heads, resolutions_bp, regions
        return {HEAD: {self.heads[HEAD].keys[0]: self._embedding(one_hot, organism)}}

    def _spec(self, n_positions: int, n_units: int, width_bp: int) -> HeadSpec:
        """What the positions of the embedding are."""
        head, key = self._head, self._key
        if n_positions == head.length_out(width_bp, key):
            sizes = (key,) if key else ()
            crop = head.crop_bp if key else 0
            return HeadSpec(HEAD, sizes, n_units, "track" if key else "scalar", crop_bp=crop)
        covered = width_bp - 2 * head.crop_bp
        if covered % n_positions:
            raise ModelError(
                f"the embedding of {self._model.name} before {head.name!r} has {n_positions:,} "
                f"positions over {covered:,} bases; they are no bins of one width.",
                region=width_bp,
            )
        return HeadSpec(HEAD, (covered // n_positions,), n_units, crop_bp=head.crop_bp)

    def _embedding(self, one_hot: Tensor, organism: int) -> Tensor:
        """(N, P, U)."""
        network = network_of(self._model)
        with Tape(network.modules, keeps_steps=True) as tape:
            answer = self._model.run(
                one_hot, organism=organism, heads=[self._head.name], resolutions_bp=[self._key]
            )
        tensor: Any = answer[self._head.name][self._key]
        while True:
            step = tape.origin(tensor)
            if step is None or step.before is None:
                raise ModelError(
                    f"head {self._head.name!r} of {self._model.name} does not come from a linear "
                    "layer or a convolution in one line of functions; name a layer with "
                    "activations(model, x, layer) instead."
                )
            if step.type in _CHANNELS_FIRST:
                found = step.before
                flat = found.squeeze(2) if found.ndim == 4 else found
                return _three(flat.transpose(1, 2))
            if step.type in _CHANNELS_LAST:
                return _three(step.before)
            tensor = step.before


def _three(found: Tensor) -> Tensor:
    """(N, U) as (N, 1, U)."""
    return found[:, None] if found.ndim == 2 else found
