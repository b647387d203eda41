"""MTSplice weights: the published Keras files, and the safetensors file of this package."""

from __future__ import annotations

from typing import TYPE_CHECKING

from locuscope.errors import OptionError, WeightsMismatchError
from locuscope.models.embedded import embedded_file
from locuscope.models.keras_graph import KerasGraph
from locuscope.models.keras_match import Step, convolution, match_layers, state_of
from locuscope.models.members import installed_place, member_files
from locuscope.models.mtsplice import (
    CHANNELS,
    DILATIONS,
    END_BP,
    HIDDEN,
    N_BASES,
    STEM_WIDTH,
    STEP_WIDTH,
    MTSplice,
)
from locuscope.models.mtsplice_model import MTSpliceModel
from locuscope.models.mtsplice_tissues import TISSUES
from locuscope.models.spliceai import EPSILON
from locuscope.models.weights import Weights, load_state, read_card, read_weights

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike
    from pathlib import Path

    from torch import Tensor

NETWORK = "the published MTSplice network (deep variant)"
FILE = "mtsplice_deep0.safetensors"
FILES = tuple(f"mtsplice_deep{k}.h5" for k in range(4))
PACKAGE = ("mmsplice", "2.4.0")


def from_keras_h5(paths: Sequence[str | PathLike[str]]) -> MTSplice:
    """Read one member from each file (`mtsplice_deep0.h5` ... `mtsplice_deep3.h5`).

    Raises:
        WeightsError: a file is damaged.
        WeightsMismatchError: a graph other than the published layout; the message names the first
            differing layer.
    """
    net = MTSplice(len(paths))
    state: dict[str, Tensor] = {}
    for place, path in enumerate(paths):
        graph = KerasGraph.read(path)
        matched = match_layers(graph.file, mtsplice_layout(), NETWORK)
        for name in graph.file.inputs:
            # The spline of another length has other values, in weights of the same shape.
            if graph.shapes[name] != (END_BP, 4):
                raise WeightsMismatchError(
                    f"{path} is not {NETWORK}: its input {name!r} has the shape "
                    f"{graph.shapes[name]}, expected {(END_BP, 4)}.",
                    path=str(path),
                )
        for key, layer in matched.items():
            tensors = state_of(key, layer)
            state |= {f"members.{place}.{name}": tensor for name, tensor in tensors.items()}
    net.load_state_dict(state)
    return net.eval().requires_grad_(False)


def load_mtsplice(weights: Path | None, members: tuple[int, ...] | None) -> MTSpliceModel:
    """Load MTSplice: the embedded member, or others from the user's own folder or package."""
    if weights is None and members in (None, (0,)):
        return _from_file(*embedded_file(FILE))
    place = weights
    if place is None:
        place = installed_place(
            *PACKAGE,
            "mmsplice/models",
            reason=f"members {members} of mtsplice are not embedded (member 0 is). They come with",
            hint="name the folder of its files: weights='.../mmsplice/models'.",
        )
    if place.suffix == ".safetensors":
        if members is not None:
            raise OptionError(
                f"members={members} chooses from {FILES[0]} and so on; {place.name} is read whole.",
                option="members",
                value=members,
            )
        return _from_file(place)
    wanted = members if members is not None or place.is_file() else (0,)
    card = {"name": "mtsplice", "licence": "MIT", "intended_use": "not for diagnosis"}
    return MTSpliceModel(from_keras_h5(member_files(place, FILES, wanted, "models")), card)


def _from_file(place: Path, sha256: str | None = None) -> MTSpliceModel:
    weights = read_weights(place, sha256=sha256)
    return MTSpliceModel(from_weights(weights), read_card(weights))


def from_weights(weights: Weights) -> MTSplice:
    """Make the network that the tensors of a safetensors file describe.

    Raises:
        WeightsMismatchError: names or shapes differ.
    """
    places = {name.split(".")[1] for name in weights.tensors if name.startswith("members.")}
    net = MTSplice(max(1, len(places)))
    load_state(net, weights)
    return net.eval().requires_grad_(False)


def mtsplice_layout() -> list[Step]:
    """Give the published layout; the keys of its steps are the names of `MTSpliceMember`."""
    steps = [Step("in_acceptor", "InputLayer"), Step("in_donor", "InputLayer")]
    for tower in ("acceptor", "donor"):
        x = f"{tower}.stem"
        steps.append(
            convolution(x, f"in_{tower}", filters=CHANNELS, width=STEM_WIDTH, activation="relu")
        )
        for i, dilation in enumerate(DILATIONS):
            norm, conv, total = f"{tower}.norms.{i}", f"{tower}.convs.{i}", f"{tower}.sums.{i}"
            steps += [
                Step(norm, "BatchNormalization", (x,), {"epsilon": EPSILON}),
                convolution(
                    conv,
                    norm,
                    filters=CHANNELS,
                    width=STEP_WIDTH,
                    dilation=dilation,
                    activation="relu",
                ),
                Step(total, "Add", (x, conv)),
            ]
            x = total
        settings = {"n_bases": N_BASES, "degree": 3}
        steps.append(Step(f"{tower}.spline", "SplineWeight1D", (x,), settings))
    return [
        *steps,
        Step("joined", "Concatenate", ("acceptor.spline", "donor.spline"), {"axis": 1}),
        Step("mean", "GlobalAveragePooling1D", ("joined",)),
        Step("norm1", "BatchNormalization", ("mean",), {"epsilon": EPSILON}),
        Step("dense1", "Dense", ("norm1",), {"units": HIDDEN, "activation": "relu"}),
        Step("norm2", "BatchNormalization", ("dense1",), {"epsilon": EPSILON}),
        Step("dense2", "Dense", ("norm2",), {"units": len(TISSUES), "activation": "linear"}),
    ]
