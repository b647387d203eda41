"""A number of a hidden layer as the target: what `contributions(layer=...)` explains."""

from __future__ import annotations

from dataclasses import dataclass, fields
from numbers import Real
from typing import TYPE_CHECKING, Any

from locuscope.attribution.layers import one_call
from locuscope.attribution.network import network_of
from locuscope.attribution.tape import Tape
from locuscope.attribution.target_views import TargetViews, target_views
from locuscope.attribution.units import first_axis, one_unit
from locuscope.errors import ModelError, OptionError
from locuscope.genome.choices import check_class
from locuscope.inference.target import Target

if TYPE_CHECKING:
    from torch import Tensor

    from locuscope.attribution.target_views import View
    from locuscope.inference.ensemble import Ensemble
    from locuscope.models.protocol import SequenceModel


@dataclass(frozen=True, eq=False)
class LayerTargetViews(TargetViews):
    """A model, a number of one of its layers, and the views; made by `layer_target_views`.

    Args:
        layer: its name.
        unit: None, an index, "each" or a function, as `target` is given.
    """

    layer: str = ""
    unit: Any = None

    def value(self, x: Tensor, view: View, rows: Tensor) -> Tensor:
        """The number of each example in a view, differentiable with respect to `x`.

        Args:
            x: (N, A, L) as `moved` gives it.
            view: the view.
            rows: which example of the call each of them belongs to.

        Returns:
            (N,), or (N, U) for one number per unit.
        """
        model = self.models[view.member]
        network = network_of(model)
        kept = {self.layer.partition("#")[0]}
        with Tape(network.modules, kept=kept) as tape, self.drawn(view, rows):
            model.run(x, organism=self.organism)
        values = first_axis(one_call(tape, network, self.layer), len(x), self.layer)
        if isinstance(self.unit, str):
            return values.flatten(2).sum(2) if values.ndim > 2 else values
        if not callable(self.unit):
            return one_unit(values, self.unit, "sum", self.layer)
        number: Tensor = self.unit(values)
        if tuple(getattr(number, "shape", ())) != (len(x),):
            raise ModelError(
                f"the target gave {getattr(number, 'shape', type(number).__name__)} for layer "
                f"{self.layer!r} of {len(x)} examples; it must give a tensor of shape "
                f"({len(x)},).",
                batch=len(x),
            )
        return number


def layer_target_views(
    model: SequenceModel,
    layer: str,
    target: Any,
    *,
    ensemble: Ensemble,
    width_bp: int,
    organism: int = 0,
) -> LayerTargetViews:
    """Bind a number of a layer to a model.

    Args:
        model: the model of the call.
        layer: name from `list_layers(model)`.
        target: None = everything summed; a whole number, a unit, summed over its positions; a slice
            or tuple of them, as `filter_idx` of `input_gradient`; "each" = every unit; a function
            (tensor of the layer -> (N,)).
        ensemble: the views.
        width_bp: bases of each example.
        organism: index of the organism.

    Raises:
        OptionError: a `Target`, which reads tracks; turned or shifted views of single positions.
    """
    check_class("layer", layer, str)
    if isinstance(target, Target) or (isinstance(target, str) and target != "each"):
        raise OptionError(
            f"target={target!r} reads tracks of an output; with layer={layer!r} give a unit (a "
            "whole number), 'each', an index as in input_gradient(filter_idx=), a function of the "
            "layer, or nothing.",
            option="target",
            value=repr(target),
        )
    is_whole = target is None or isinstance(target, Real | str)
    if not is_whole and (ensemble.rc or any(ensemble.shifts)):
        raise OptionError(
            "turned and shifted views have the positions of a layer elsewhere; with them, target "
            "is a unit, 'each' or None, which sum over all positions.",
            option="target",
            value=repr(target),
        )
    base = target_views(model, _unread, ensemble=ensemble, width_bp=width_bp, organism=organism)
    kept = {field.name: getattr(base, field.name) for field in fields(base)}
    return LayerTargetViews(**kept, layer=layer, unit=target)


def _unread(outputs: Any) -> Tensor:
    """Stand where a target of outputs would; the layer's number is taken instead."""
    raise ModelError(f"{type(outputs).__name__}: the outputs are not read.")
