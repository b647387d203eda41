"""The verb `activations`: what hidden layers hold, many layers in one pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import torch
from torch import Tensor, nn

from locuscope.attribution.example_parts import array_digest
from locuscope.attribution.examples import read_sequences
from locuscope.attribution.inputs import ModelInputs
from locuscope.attribution.layer_files import LayerShape, layer_file, layers_as_job
from locuscope.attribution.layers import calls_of, split_call
from locuscope.attribution.network import Network, network_of
from locuscope.attribution.tape import Tape, before_activation, map_tensors
from locuscope.errors import EmptySelectionError, ModelError, OptionError, ShapeError
from locuscope.genome.choices import check_class
from locuscope.inference.batches import batch_size_for
from locuscope.inference.run import Run, refuse_unused, run_of
from locuscope.store import code_digest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from locuscope.genome.reference import Genome
    from locuscope.inference.run import Out

Reduce: TypeAlias = str | Callable[[Any], Any] | None
REDUCTIONS = ("mean", "max")
VERB = "activations"


def activations(
    model: object,
    where: Any,
    layers: str | Sequence[str],
    genome: Genome | None = None,
    *,
    pre_nonlinearity: bool = False,
    reduce: Reduce = None,
    run: Run | None = None,
    out: Out | None = None,
    batch_size: int | Literal["auto"] | None = None,
    device: str | None = None,
) -> dict[str, Any]:
    """Give the outputs of hidden layers.

    Args:
        model: any `SequenceModel`, or a module of torch.
        where: for a `SequenceModel` an Interval or several (with a genome), texts of one length, or
            one-hot (N, A, L). For a module, and for a model of several inputs, arrays with the
            examples first, or a list, tuple or mapping of them; a data loader's batch counts as
            its inputs.
        layers: names from `list_layers(model)`; `name#1` is the second call of a module.
        genome: where the bases of intervals come from.
        pre_nonlinearity: what enters the activation that a layer is, or ends with.
        reduce: "mean" or "max" over the positions, the last axis of layers with channels and
            positions; or a function of each tensor, which keeps the examples first.
        run: device, batch size, progress, out and restart.
        out: short for `Run(out=...)`: an .h5 file with one array per layer. The work is then a job
            in parts that a later call takes up, and the arrays are read as they are used.
        batch_size: examples per pass.
        device: where to compute.

    Returns:
        name -> array (N, ...), in the network's number type. A module that runs several times
        stands under `name#0`, `name#1`. Layers that give tuples or mappings keep them.

    Raises:
        UnknownNameError: no such layer; with the closest names.
        ModelError: a layer that the pass does not show.
        ShapeError: positions asked for where a layer has none.
        OptionError: a file for layers of several arrays, or of a module without a digest.

    >>> net = nn.Sequential(nn.Linear(3, 2), nn.ReLU())
    >>> {name: found.shape for name, found in activations(net, np.ones((5, 3)), ["0", "1"]).items()}
    {'0': (5, 2), '1': (5, 2)}
    """
    names = [layers] if isinstance(layers, str) else list(layers)
    if not names:
        raise EmptySelectionError(
            "layers is empty; list_layers(model) lists their names.", available=None
        )
    asked = {name: split_call(name) for name in names}
    check_class("pre_nonlinearity", pre_nonlinearity, bool)
    if isinstance(reduce, str) and reduce not in REDUCTIONS:
        raise OptionError(
            f"reduce is {reduce!r}; expected 'mean', 'max', a function or None.",
            option="reduce",
            value=reduce,
            allowed=REDUCTIONS,
        )
    how = run_of(run, device=device, batch_size=batch_size, out=out)
    refuse_unused(how, VERB, ("workers",) if how.targets() else ("workers", "progress", "restart"))
    passes = _Passes(network_of(model), _inputs(model, where, genome), asked, reduce)
    passes.keeps_steps = pre_nonlinearity
    if how.targets():
        return _by_job(passes, how)
    return passes.values(0, len(passes.given), how)


@dataclass
class _Passes:
    """What is asked of a call."""

    network: Network
    given: ModelInputs
    asked: Mapping[str, tuple[str, int | None]]
    reduce: Reduce
    keeps_steps: bool = False

    def values(self, first: int, stop: int, run: Run) -> dict[str, Any]:
        """The layers of some examples."""
        place = run.torch_device()
        size = batch_size_for(run, self.given.width, place)
        parts = [
            self._batch(slice(begin, min(begin + size, stop)), place)
            for begin in range(first, stop, size)
        ]
        return {name: _joined([part[name] for part in parts]) for name in parts[0]}

    def _batch(self, rows: slice, place: torch.device) -> dict[str, Any]:
        with self.network.held(place), torch.no_grad():
            inputs = self.given.tensors(rows, place, self.network.dtype)
            kept = {name for name, _ in self.asked.values()}
            tape = Tape(self.network.modules, kept=kept, keeps_steps=self.keeps_steps)
            with tape:
                self.network.run(inputs)
            found = _found(tape, self.network, self.asked)
            finish = partial(_array, tape=tape if self.keeps_steps else None, reduce=self.reduce)
            return {
                name: map_tensors(partial(finish, name=name), value)
                for name, value in found.items()
            }

    def facts(self) -> dict[str, Any]:
        """Everything that changes a number."""
        model, reduce = self.network.model, self.reduce
        return {
            "model": self.network.name,
            "model_digest": model.digest,
            "inputs": {name: array_digest(array) for name, array in self.given.arrays.items()},
            "layers": list(self.asked),
            "pre_nonlinearity": self.keeps_steps,
            "reduce": getattr(reduce, "__name__", repr(reduce)) if callable(reduce) else reduce,
            "reduce_code": code_digest(reduce) if callable(reduce) else None,
        }


def _by_job(passes: _Passes, run: Run) -> dict[str, Any]:
    layer_file(run, VERB)
    if not isinstance(getattr(passes.network.model, "digest", None), str):
        raise OptionError(
            f"out: {passes.network.name} has no digest, by which a later call knows it again; "
            "wrap(module, heads=...) gives it one.",
            option="out",
            value=passes.network.name,
        )
    one = passes.values(0, 1, run)
    odd = [name for name, array in one.items() if not isinstance(array, np.ndarray)]
    if odd:
        raise OptionError(
            f"layer {odd[0]!r} gives a {type(one[odd[0]]).__name__} of arrays; a file holds one "
            "array per layer. Choose layers inside it.",
            option="layers",
            value=odd[0],
        )
    count = len(passes.given)
    return layers_as_job(
        VERB,
        passes.facts(),
        run,
        group=VERB,
        shapes={name: LayerShape.of(array, count) for name, array in one.items()},
        count=count,
        width_bp=passes.given.width,
        compute=passes.values,
    )


def predict_activation_on_batch(
    model: object, x: Any, layer: str, *, pre_nonlinearity: bool = False
) -> Any:
    """The published call: the output of one layer for one batch.

    Args:
        model: as in `activations`.
        x: arrays, or a data loader's batch.
        layer: name of the layer.
        pre_nonlinearity: as in `activations`.

    Returns:
        The array, or a list with one per call of a module that runs several times.
    """
    given = ModelInputs.read(x)
    found = activations(
        model,
        given.rebuild(list(given.arrays.values())),
        layer,
        pre_nonlinearity=pre_nonlinearity,
        batch_size=len(given),
    )
    return found[layer] if layer in found else list(found.values())


def _inputs(model: object, where: Any, genome: Genome | None) -> ModelInputs:
    inner = where["inputs"] if isinstance(where, Mapping) and "inputs" in where else where
    is_array = hasattr(inner, "shape")
    if (
        isinstance(model, nn.Module)
        or isinstance(inner, Mapping)
        or (
            isinstance(inner, tuple | list)
            and all(hasattr(item, "shape") for item in inner)
            and inner
        )
    ):
        return ModelInputs.read(where)
    if is_array and len(inner.shape) == 3 and inner.shape[1] == 4:
        return ModelInputs.read(inner)
    sequences: Any = read_sequences(model, inner, genome)  # type: ignore[arg-type]
    return ModelInputs.read(sequences.bases)


def _found(
    tape: Tape, network: Network, asked: Mapping[str, tuple[str, int | None]]
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, (plain, call) in asked.items():
        calls = calls_of(tape, network, plain, call)
        if len(calls) == 1:
            found[name] = calls[0]
        else:
            found |= {f"{plain}#{k}": output for k, output in enumerate(calls)}
    return found


def _before(tape: Tape, tensor: Tensor, name: str) -> Tensor:
    if tape.origin(tensor) is None:
        raise ModelError(
            f"what gives {name!r} cannot be seen (compiled code, or no function of torch), so "
            "pre_nonlinearity=True finds no activation; name the layer before it."
        )
    return before_activation(tape, tensor).tensor


def _array(tensor: Tensor, *, tape: Tape | None, reduce: Reduce, name: str) -> NDArray[Any]:
    found: Any = tensor if tape is None else _before(tape, tensor, name)
    if callable(reduce):
        found = reduce(found)
    elif reduce is not None:
        if found.ndim < 3:
            raise ShapeError(
                f"layer {name!r} has shape {tuple(found.shape)}, without positions to reduce; "
                "(N, channels, positions) is needed.",
                found=tuple(found.shape),
                expected=("N", "channels", "positions"),
            )
        found = found.mean(-1) if reduce == "mean" else found.amax(-1)
    array: NDArray[Any] = torch.as_tensor(found).detach().cpu().numpy().copy()
    return array


def _joined(parts: list[Any]) -> Any:
    """Batches end to end, in the container of a layer's output."""
    first = parts[0]
    if isinstance(first, np.ndarray):
        if first.ndim == 0:
            raise ShapeError(
                "a layer gives one number for the whole batch, not one per example.",
                found=(),
                expected=("N", "..."),
            )
        return np.concatenate(parts)
    if isinstance(first, Mapping):
        return {key: _joined([part[key] for part in parts]) for key in first}
    if isinstance(first, tuple | list):
        values = [_joined(list(items)) for items in zip(*parts, strict=True)]
        return type(first)(*values) if hasattr(first, "_fields") else type(first)(values)
    return first
