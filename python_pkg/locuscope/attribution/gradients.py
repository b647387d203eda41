"""Gradients of any layer with respect to the inputs, or to any other layer: `input_gradient`."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import torch

from locuscope.attribution.inputs import ModelInputs
from locuscope.attribution.layers import calls_of, one_call, only_tensor, split_call
from locuscope.attribution.network import Network, network_of, only_output
from locuscope.attribution.tape import Tape, before_activation
from locuscope.attribution.units import first_axis, one_unit
from locuscope.errors import DataWarning, ModelError, OptionError
from locuscope.genome.choices import check_class
from locuscope.genome.interval import whole_number
from locuscope.inference.batches import batch_size_for
from locuscope.inference.run import run_here

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from torch import Tensor

INPUT = "input"
FINAL = "final layer"


def input_gradient(
    model: object,
    x: Any,
    *,
    layer: str | None = None,
    final_layer: bool | None = None,
    filter_idx: object = None,
    avg_func: str | None = None,
    wrt: str | Sequence[str] = INPUT,
    call_index: int | None = None,
    pre_nonlinearity: bool = False,
    batch_size: int | Literal["auto"] | None = None,
    device: str | None = None,
) -> Any:
    """Differentiate one number of a layer with respect to what goes into the network.

    The raw gradient: nothing is projected or centred. A result of one example does not depend on
    the others of its batch. Mode, device, hooks and gradients of the network are as before.

    Args:
        model: any `SequenceModel`, or a module of torch.
        x: one-hot (N, A, L) for a `SequenceModel`; arrays in a list, tuple or mapping go to its
            network as they are. A data loader's batch (`{"inputs": ...}`) counts as its inputs.
        layer: name from `list_layers(model)`, `name#1` for the second call of a module; None = the
            model's output.
        final_layer: True says the output in words; beside a layer it is an error, and so is False
            without one.
        filter_idx: whole number, slice or tuple of them: which numbers of the layer. See
            `units.one_unit`.
        avg_func: "sum", "mean", "max", "min" or "absmax" of what the index leaves, for each
            example on its own.
        wrt: "input" (every input), or the name of a layer, or several.
        call_index: which call of a module that runs several times; None = each, along a new
            first axis.
        pre_nonlinearity: go back through activations and softmax to what enters them.
        batch_size: examples per pass.
        device: where to compute; None = the first that is there.

    Returns:
        Arrays in the container of `x`, with its shapes, in the network's number type. An input that
        does not reach the layer, or holds whole numbers, gives NaN and a DataWarning. With `wrt` a
        layer: an array of its shape; several: a dict.

    Raises:
        OptionError, ShapeError: options that contradict each other or do not fit the layer.
        UnknownNameError: no such layer; with the closest names.
        ModelError: a layer that the pass does not show.

    >>> net = torch.nn.Linear(3, 2, bias=False)
    >>> gradient = input_gradient(net, torch.ones(1, 3), filter_idx=1)
    >>> bool((gradient[0] == net.weight[1].detach().numpy()).all())
    True
    """
    source = _source(layer, final_layer, call_index, pre_nonlinearity=pre_nonlinearity)
    network = network_of(model)
    given = ModelInputs.read(x)
    names = [wrt] if isinstance(wrt, str) else list(wrt)
    for name in names:
        check_class("wrt", name, str)
    run = run_here("input_gradient", device=device, batch_size=batch_size)
    where = run.torch_device()
    size = batch_size_for(run, given.width, where)
    parts: list[list[list[Tensor]]] = []
    notes: set[str] = set()
    for first in range(0, len(given), size):
        rows = slice(first, first + size)
        with network.held(where):
            leaves = given.leaves(rows, where, network.dtype)
            targets, sources, said = _pass(network, given, leaves, source, names)
            notes |= said
            units = [one_unit(s, filter_idx, avg_func, source.label) for s in sources]
            parts.append([_gradients(unit, targets) for unit in units])
    notes |= _unreached(given, names, parts)
    for note in sorted(notes):
        warnings.warn(note, DataWarning, stacklevel=2)
    found = _gathered(given, names, parts)
    return found[names[0]] if isinstance(wrt, str) else found


def input_grad(  # noqa: PLR0917 (the published order)
    model: object,
    x: Any,
    filter_idx: object = None,
    avg_func: str | None = None,
    layer: str | None = None,
    final_layer: bool | None = None,  # noqa: FBT001
    selected_fwd_node: int | None = None,
    pre_nonlinearity: bool = False,  # noqa: FBT001, FBT002
) -> Any:
    """The published order of arguments of `input_gradient`.

    Args:
        model: as there.
        x: as there.
        filter_idx: as there.
        avg_func: as there.
        layer: as there.
        final_layer: as there.
        selected_fwd_node: there `call_index`.
        pre_nonlinearity: as there.
    """
    return input_gradient(
        model,
        x,
        layer=layer,
        final_layer=final_layer,
        filter_idx=filter_idx,
        avg_func=avg_func,
        call_index=selected_fwd_node,
        pre_nonlinearity=pre_nonlinearity,
    )


grad_input = input_grad


@dataclass(frozen=True)
class _Source:
    """Which output is differentiated."""

    layer: str | None
    call: int | None
    pre_nonlinearity: bool

    @property
    def label(self) -> str:
        return FINAL if self.layer is None else self.layer

    def tape(self, network: Network, names: Sequence[str]) -> Tape:
        kept = {split_call(name)[0] for name in names if name != INPUT}
        kept |= set() if self.layer is None else {self.layer}
        return Tape(network.modules, kept=kept, keeps_steps=self.pre_nonlinearity)

    def tensors(self, network: Network, tape: Tape, answer: Any, notes: set[str]) -> list[Tensor]:
        if self.layer is None:
            found = [only_output(network, answer)]
        else:
            calls = calls_of(tape, network, self.layer, self.call)
            found = [only_tensor(output, self.layer) for output in calls]
        return [self._before(tape, tensor, notes) for tensor in found]

    def _before(self, tape: Tape, tensor: Tensor, notes: set[str]) -> Tensor:
        if not self.pre_nonlinearity:
            return tensor
        if tape.origin(tensor) is None:
            raise ModelError(
                f"what gives {self.label!r} cannot be seen (compiled code, or no function of "
                "torch), so pre_nonlinearity=True finds no activation; name the layer before it."
            )
        origin = before_activation(tape, tensor)
        if not origin.passed:
            notes.add(f"pre_nonlinearity=True changes nothing: {self.label!r} is no activation.")
        return origin.tensor


def _source(
    layer: str | None, final_layer: object, call_index: object, *, pre_nonlinearity: object
) -> _Source:
    for option, value in (("final_layer", final_layer), ("pre_nonlinearity", pre_nonlinearity)):
        if value is not None:
            check_class(option, value, bool)
    wrong = final_layer is (layer is not None)
    if wrong:
        raise OptionError(
            f"layer={layer!r} and final_layer={final_layer!r}: name a layer, or take the output "
            "with final_layer=True; one of the two.",
            option="final_layer",
            value=final_layer,
        )
    name, call = (None, None) if layer is None else split_call(layer)
    if call_index is not None:
        if layer is None or call is not None:
            raise OptionError(
                f"call_index={call_index!r} has no effect on layer={layer!r}; it picks one call "
                "of a module that is named without '#'.",
                option="call_index",
                value=call_index,
            )
        call = whole_number(call_index, "call_index")
    return _Source(name, call, bool(pre_nonlinearity))


def _pass(
    network: Network,
    given: ModelInputs,
    leaves: list[Tensor],
    source: _Source,
    names: Sequence[str],
) -> tuple[list[Tensor], list[Tensor], set[str]]:
    """One forward pass: with respect to what, gradients of what, and what is to be said."""
    notes: set[str] = set()
    tape = source.tape(network, names)
    for leaf in leaves:
        leaf.requires_grad_(leaf.is_floating_point())
    with tape:
        answer = network.run(given.rebuild(leaves))
    count = len(leaves[0])
    sources = source.tensors(network, tape, answer, notes)
    targets: list[Tensor] = []
    for name in names:
        if name == INPUT:
            targets += leaves
        else:
            targets.append(one_call(tape, network, name))
    return targets, [first_axis(tensor, count, source.label) for tensor in sources], notes


def _gradients(unit: Tensor, targets: Sequence[Tensor]) -> list[Tensor]:
    """Gradients of the numbers with respect to each tensor, NaN without a path."""
    real = {id(tensor): tensor for tensor in targets if tensor.requires_grad}
    found: dict[int, Tensor | None] = {}
    if real and unit.requires_grad:
        grads = torch.autograd.grad(
            unit.sum(), list(real.values()), retain_graph=True, allow_unused=True
        )
        found = dict(zip(real, grads, strict=True))
    answers = []
    for tensor in targets:
        grad = found.get(id(tensor))
        like = tensor if tensor.is_floating_point() else tensor.float()
        answers.append((torch.full_like(like, torch.nan) if grad is None else grad).detach().cpu())
    return answers


def _unreached(
    given: ModelInputs, names: Sequence[str], parts: Sequence[Sequence[Sequence[Tensor]]]
) -> set[str]:
    """Say which inputs do not reach the layer."""
    labels = [label for name in names for label in (given.arrays if name == INPUT else [name])]
    return {
        f"{label!r} has no gradient here (no path to the layer, or whole numbers); it is NaN."
        for place, label in enumerate(labels)
        if all(bool(torch.isnan(call[place]).all()) for part in parts for call in part)
    }


def _gathered(
    given: ModelInputs, names: Sequence[str], parts: Sequence[Sequence[Sequence[Tensor]]]
) -> dict[str, Any]:
    """Batches end to end, calls along a first axis where there are several, in the container."""
    calls = [
        [torch.cat([part[call][place] for part in parts]) for call in range(len(parts[0]))]
        for place in range(len(parts[0][0]))
    ]
    arrays: list[NDArray[Any]] = [
        (torch.stack(one) if len(one) > 1 else one[0]).numpy() for one in calls
    ]
    answers: list[Any] = []
    for name in names:
        count = len(given.arrays) if name == INPUT else 1
        mine, arrays = arrays[:count], arrays[count:]
        answers.append(given.rebuild(mine) if name == INPUT else mine[0])
    return dict(zip(names, answers, strict=True))
