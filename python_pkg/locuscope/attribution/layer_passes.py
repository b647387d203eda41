"""Hidden layers in every view of every example: what they hold, and gradients of a target.

A view is brought back to the sequence as it was given: the positions of a layer are turned and
moved, its units stay what they are, since nothing says which unit reads the other strand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from locuscope.attribution.layers import one_call
from locuscope.attribution.network import network_of
from locuscope.attribution.tape import Tape
from locuscope.attribution.target_views import moved_back, unaugment_gradient
from locuscope.attribution.units import first_axis
from locuscope.errors import OptionError
from locuscope.inference.shifts import is_undone, known_positions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from locuscope.attribution.target_views import TargetViews, View

INPUT = "input"


@dataclass(frozen=True, eq=False)
class LayerValues:
    """Layers of the examples of a call, averaged over the views of the ensemble.

    Args:
        gradients: layer -> (N, U, P), the shape that the layer has; (T, N, U, P) for one number per
            track. Over single views these axes follow an axis of views.
        activations: layer -> (N, U, P); over single views after an axis of views. NaN at positions
            that no view knows.
    """

    gradients: dict[str, NDArray[Any]]
    activations: dict[str, NDArray[Any]]


def layers_over_views(
    views: TargetViews,
    batch: Tensor,
    rows: Tensor,
    layers: Sequence[str],
    *,
    return_all: bool = False,
) -> LayerValues:
    """Differentiate the target of a batch with respect to layers, in every view.

    Args:
        views: model, target and views; held on a device.
        batch: one-hot (n, A, L) there, with the margin of the ensemble at both ends.
        rows: which example of the call each of them is, int64 (n,).
        layers: names of layers; "input" is the sequence.
        return_all: give every view instead of the mean.

    Raises:
        UnknownNameError, ModelError, OptionError: as `layers.calls_of`.
        OptionError: a shift of a layer whose positions are not known.
        ShapeError: a layer without an axis of examples.
    """
    sums = {name: _Sums(return_all=return_all) for name in layers}
    for view in views.views:
        tensors, gradients = _view(views, view, batch, rows, layers)
        for name in layers:
            back = _Way(name, view, views.width_bp, tensors[name].shape)
            values = back.values(tensors[name])
            sums[name].add(back.values(gradients[name]), values, back.known())
    return LayerValues(
        {name: total.gradient() for name, total in sums.items()},
        {name: total.activation() for name, total in sums.items()},
    )


class _Sums:
    """Sums of one layer over the views, in float64, or every view."""

    def __init__(self, *, return_all: bool) -> None:
        self.keeps_all = return_all
        self._gradients: list[Tensor] = []
        self._activations: list[Tensor] = []
        self._known: Tensor | None = None
        self._dtype = torch.float32
        self._count = 0

    def add(self, gradient: Tensor, values: Tensor, known: Tensor) -> None:
        """Count one more view."""
        self._dtype = gradient.dtype
        self._count += 1
        if self.keeps_all:
            self._gradients.append(gradient)
            self._activations.append(torch.where(known, values, torch.nan))
            return
        shown = torch.where(known, values.double(), 0)
        if self._known is None:
            self._gradients, self._activations = [gradient.double()], [shown]
            self._known = known.double()
        else:
            self._gradients[0] += gradient
            self._activations[0] += shown
            self._known = self._known + known

    def gradient(self) -> NDArray[Any]:
        """The mean over the views, or all of them."""
        if self.keeps_all:
            return torch.stack(self._gradients).numpy()
        return (self._gradients[0] / self._count).to(self._dtype).numpy()

    def activation(self) -> NDArray[Any]:
        """The mean over the views that know a position, or all of them."""
        if self.keeps_all or self._known is None:
            return torch.stack(self._activations).numpy()
        return (self._activations[0] / self._known).to(self._dtype).numpy()


@dataclass(frozen=True)
class _Way:
    """How a layer of one view comes back to the sequence as it was given."""

    name: str
    view: View
    width_bp: int
    shape: tuple[int, ...]

    def values(self, tensor: Tensor) -> Tensor:
        """Same shape, positions of the sequence as it was given; 0 where they had left it."""
        shift, is_reverse = self.view.shift, self.view.is_reverse
        tensor = tensor.detach().cpu()
        if self.name == INPUT:
            return unaugment_gradient(tensor, shift=shift, is_reverse=is_reverse)
        if len(self.shape) < 3:
            return tensor
        forward = tensor.flip(-1) if is_reverse else tensor
        step = self._step()
        return moved_back(forward, shift // step) if is_undone(step, shift) else forward

    def known(self) -> Tensor:
        """Which positions this view has, bool (P,), or () for a layer without positions."""
        if len(self.shape) < 3:
            return torch.tensor(True)
        step = 1 if self.name == INPUT else self._step()
        found = torch.zeros(self.shape[-1], dtype=torch.bool)
        found[known_positions(self.shape[-1], step, self.view.shift)] = True
        return found

    def _step(self) -> int:
        """Bases per position; 0 without a shift, where nobody asks."""
        n_positions = self.shape[-1]
        if not self.view.shift:
            return 0
        if 2 * n_positions > self.width_bp:
            return 1
        if self.width_bp % n_positions == 0:
            return self.width_bp // n_positions
        raise OptionError(
            f"layer {self.name!r} has {n_positions:,} positions in a window of {self.width_bp:,} "
            "bases, which does not say how many bases one covers, so a shift cannot be undone; use "
            "shifts=(0,).",
            option="shifts",
            value=self.view.shift,
        )


def _view(
    views: TargetViews, view: View, batch: Tensor, rows: Tensor, layers: Sequence[str]
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """What the layers hold in one view, and the gradients with respect to them."""
    network = network_of(views.models[view.member])
    leaf = views.moved(batch, view).detach().clone().requires_grad_()
    kept = {name.partition("#")[0] for name in layers if name != INPUT}
    with Tape(network.modules, kept=kept) as tape:
        value = views.value(leaf, view, rows)
    tensors = {}
    for name in layers:
        found = leaf if name == INPUT else one_call(tape, network, name)
        tensors[name] = first_axis(found, len(batch), name)
    return tensors, dict(zip(layers, _gradients(value, tensors), strict=True))


def _gradients(value: Tensor, tensors: dict[str, Tensor]) -> list[Tensor]:
    """With respect to each tensor, after an axis of tracks where there are several numbers."""
    columns = [value] if value.ndim == 1 else list(value.unbind(1))
    leaves = [tensor for tensor in tensors.values() if tensor.requires_grad]
    found: list[list[Tensor]] = []
    for column in columns:
        grads: list[Tensor | None] = [None] * len(leaves)
        if leaves and column.requires_grad:
            grads = list(
                torch.autograd.grad(column.sum(), leaves, retain_graph=True, allow_unused=True)
            )
        by_id = dict(zip(map(id, leaves), grads, strict=True))
        # A layer that the number does not depend on has the gradient 0.
        here = [by_id.get(id(tensor)) for tensor in tensors.values()]
        found.append(
            [
                torch.zeros_like(tensor) if grad is None else grad
                for grad, tensor in zip(here, tensors.values(), strict=True)
            ]
        )
    if value.ndim == 1:
        return found[0]
    return [torch.stack(parts) for parts in zip(*found, strict=True)]


def joined(parts: Sequence[LayerValues], *, over_views: bool) -> LayerValues:
    """Batches end to end.

    Args:
        parts: of the batches.
        over_views: the arrays begin with an axis of views.
    """
    first = parts[0].activations
    return LayerValues(
        {
            name: np.concatenate([part.gradients[name] for part in parts], axis=over_views - a.ndim)
            for name, a in first.items()
        },
        {
            name: np.concatenate([part.activations[name] for part in parts], axis=int(over_views))
            for name in first
        },
    )
