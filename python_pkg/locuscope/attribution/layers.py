"""Names of the layers of a network: `list_layers`, and the outputs that a name means in a pass.

A layer is a module, by its path (`body.0.conv`), or a function that runs outside torch's own
modules, by its place in the pass (`relu`, `relu_1`, `add`). A module that runs several times has
calls `path#0`, `path#1`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from locuscope.attribution.inputs import ModelInputs
from locuscope.attribution.network import Network, network_of
from locuscope.attribution.tape import Tape
from locuscope.errors import (
    InputError,
    ModelError,
    OptionError,
    UnknownNameError,
    WrongTypeError,
    closest,
    did_you_mean,
)

if TYPE_CHECKING:
    import polars as pl

TRIAL_BP = 1_024
_SEED = 0


def list_layers(model: object, x: Any = None) -> pl.DataFrame:
    """List every layer that one pass of a model meets.

    Args:
        model: any `SequenceModel`, or a module of torch.
        x: the input of the pass; None = a random window, which a bare module cannot do without.

    Returns:
        One row per layer, in the order of the pass: `layer` (the name for `layer=`), `kind`
        ("module" or "function"), `type`, `output_shape` (of one example, as text; of the first
        call), `calls` and `parameters` (those of a module, its parts included).

    Raises:
        InputError: a bare module, or a model of several inputs, without `x`.

    >>> net = nn.Sequential(nn.Conv1d(4, 2, 3), nn.ReLU())
    >>> list_layers(net, torch.zeros(1, 4, 9))["layer"].to_list()
    ['0', '1']
    """
    import polars as pl

    network = network_of(model)
    inputs = _trial(network) if x is None else _as_tensors(x)
    tape = Tape(network.modules)
    with network.held(torch.device("cpu")), torch.no_grad(), tape:
        network.run(inputs)
    rows = []
    for name, seen in tape.seen.items():
        module = network.modules.get(name) if seen.kind == "module" else None
        rows.append(
            {
                "layer": name,
                "kind": seen.kind,
                "type": seen.type,
                "output_shape": None if seen.shape is None else str(seen.shape[1:]),
                "calls": seen.calls,
                "parameters": 0
                if module is None
                else sum(tensor.numel() for tensor in module.parameters()),
            }
        )
    texts = dict.fromkeys(("layer", "kind", "type", "output_shape"), pl.String)
    schema = {**texts, "calls": pl.Int64, "parameters": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def split_call(layer: object) -> tuple[str, int | None]:
    """Take `path#1` apart.

    >>> split_call("conv#1"), split_call("conv")
    (('conv', 1), ('conv', None))
    """
    if not isinstance(layer, str):
        raise WrongTypeError(
            f"layer takes a name from list_layers(model); got {layer!r}.",
            argument="layer",
            found=type(layer).__name__,
            expected="str",
        )
    name, mark, call = layer.rpartition("#")
    if mark and call.isdecimal():
        return name, int(call)
    return layer, None


def calls_of(tape: Tape, network: Network, name: str, call_index: int | None = None) -> list[Any]:
    """What a layer gave in a pass, call by call; one call where an index is given.

    Raises:
        UnknownNameError: the network has no such layer; with the closest names.
        ModelError: the module was not seen in the pass.
        OptionError: it has fewer calls.
    """
    outputs = tape.outputs(name)
    if not outputs:
        raise _unseen(tape, network, name)
    if call_index is None:
        return outputs
    if not -len(outputs) <= call_index < len(outputs):
        raise OptionError(
            f"layer {name!r} of {network.name} runs {len(outputs)} times; call_index is "
            f"{call_index}.",
            option="call_index",
            value=call_index,
            allowed=range(len(outputs)),
        )
    return [outputs[call_index]]


def one_call(tape: Tape, network: Network, name: str) -> Tensor:
    """The tensor of a layer that runs once, or of the call that its name says.

    Raises:
        UnknownNameError, ModelError: as `calls_of`.
        OptionError: it runs several times and none is named, or gives no single tensor.
    """
    plain, call = split_call(name)
    calls = calls_of(tape, network, plain, call)
    if len(calls) > 1:
        raise OptionError(
            f"{name!r} runs {len(calls)} times; name one call, '{plain}#0' to "
            f"'{plain}#{len(calls) - 1}'.",
            option="layer",
            value=name,
        )
    return only_tensor(calls[0], plain)


def only_tensor(output: Any, name: str) -> Tensor:
    """The output of a layer as one tensor.

    Raises:
        OptionError: the layer gives several, or none.
    """
    if isinstance(output, tuple | list) and len(output) == 1:
        output = output[0]
    if not isinstance(output, Tensor):
        raise OptionError(
            f"layer {name!r} gives a {type(output).__name__}, not one tensor; choose a layer "
            "inside it, list_layers(model) lists them.",
            option="layer",
            value=name,
        )
    return output


def _unseen(tape: Tape, network: Network, name: str) -> Exception:
    if name in network.modules:
        return ModelError(
            f"module {name!r} of {network.name} gave nothing in this pass: it is not called, or "
            "its class replaces the call of a module, which hides its output. list_layers(model) "
            "lists what can be seen."
        )
    known = [name for name in dict.fromkeys([*tape.seen, *network.modules]) if name]
    return UnknownNameError(
        f"{network.name} has no layer {name!r}; {did_you_mean(name, known)}",
        name=name,
        known=known,
        closest=closest(name, known),
    )


def _trial(network: Network) -> Tensor:
    """A random window of one example."""
    model = network.model
    one_input = not isinstance(model, nn.Module) and len(model.inputs) == 1
    if not one_input:
        raise InputError(
            f"what {network.name} reads is not known; give list_layers(model, x) an input."
        )
    widest = max(head.crop_bp for head in model.heads.values())
    length = model.window_bp or model.default_width_bp or TRIAL_BP + 2 * widest
    generator = torch.Generator().manual_seed(_SEED)
    letters = torch.randint(0, 4, (1, length), generator=generator)
    return nn.functional.one_hot(letters, 4).transpose(1, 2).float()


def _as_tensors(x: Any) -> Any:
    given = ModelInputs.read(x)
    return given.tensors(slice(0, 1), torch.device("cpu"), torch.float32)
