"""Models by name: `load_model("cispliceai")` runs at once, from files inside the package.

Embedded files are found as data of the installed package and checked against the manifest on first
load.
"""

from __future__ import annotations

import json
import os
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from locuscope.errors import (
    CorruptStoreError,
    MissingExtraError,
    OptionError,
    UnknownNameError,
    WrongTypeError,
    closest,
    did_you_mean,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    from locuscope.models.protocol import SequenceModel
    from locuscope.models.splice_model import SpliceModel

MODELS = ("cispliceai",)
CISPLICEAI_FILE = "cispliceai_member0.safetensors"
CISPLICEAI_MEMBERS = 5
CISPLICEAI_PACKAGE = "cispliceai"
CISPLICEAI_VERSION = "1.2.2"


def load_model(
    name: str,
    *,
    weights: str | PathLike[str] | None = None,
    members: int | str | Sequence[int] | None = None,
    device: str | None = None,
) -> SequenceModel:
    """Load a model by name.

    Args:
        name: "cispliceai", donor and acceptor probabilities of every base from 10 kb of sequence.
        weights: a file to read instead of the embedded one: `CI-SpliceAI.pb`, or safetensors.
        members: which of the five published networks to average: a list of numbers 0 to 4, "all",
            or how many. None = the embedded member 0, or all networks of a safetensors file.
        device: where the weights live between calls; None = the CPU. A verb computes on its own
            device.

    Returns:
        The model. The same object again for the same name without options.

    Raises:
        UnknownNameError: no model of that name.
        MissingExtraError: members that are not embedded, and no file with them.
        WeightsError: the file is damaged.

    >>> load_model("cispliceai").default_width_bp
    15000
    """
    if name not in MODELS:
        raise UnknownNameError(
            f"no model is called {name!r}; {did_you_mean(str(name), MODELS)} A network of your own "
            "comes in through wrap().",
            name=name,
            known=MODELS,
            closest=closest(str(name), MODELS),
        )
    chosen = _members(members)
    if weights is None and chosen in (None, (0,)):
        model = _embedded_cispliceai() if device is None else _embedded_cispliceai.__wrapped__()
    else:
        model = _cispliceai_from(weights, chosen)
    if device is not None:
        _move(model, device)
    return model


def _move(model: SpliceModel, device: str) -> None:
    try:
        model.network.to(device)
    except (RuntimeError, AssertionError, TypeError) as error:  # torch: unknown, or not here
        raise OptionError(
            f"device {device!r} cannot hold the weights: {str(error).splitlines()[0]}",
            option="device",
            value=device,
        ) from error


@cache
def _embedded_cispliceai() -> SpliceModel:
    place, sha256 = _embedded(CISPLICEAI_FILE)
    return _from_file(place, sha256)


def _from_file(place: Path, sha256: str | None = None) -> SpliceModel:
    from locuscope.models.splice_model import SpliceModel
    from locuscope.models.spliceai import from_weights
    from locuscope.models.weights import read_weights

    weights = read_weights(place, sha256=sha256)
    try:
        card = json.loads(weights.metadata.get("card", "{}"))
    except ValueError:
        card = {}
    return SpliceModel(from_weights(weights), card=card if isinstance(card, dict) else {})


def _embedded(file: str) -> tuple[Path, str]:
    """Find an embedded file and the digest that the manifest gives it."""
    folder = Path(str(files("locuscope"))) / "demo" / "data"
    try:
        entry = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["files"][file]
        return folder / file, str(entry["sha256"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CorruptStoreError(
            f"the manifest of the embedded data does not list {file}; install locuscope again.",
            path=str(folder / "manifest.json"),
            part=file,
        ) from error


def _cispliceai_from(
    weights: str | PathLike[str] | None, members: tuple[int, ...] | None
) -> SpliceModel:
    from locuscope.models.splice_model import SpliceModel
    from locuscope.models.spliceai import from_graphdef

    if weights is not None and not isinstance(weights, (str, os.PathLike)):
        raise WrongTypeError(
            f"weights takes the path of a file; got {weights!r}.",
            argument="weights",
            found=type(weights).__name__,
            expected="path",
        )
    place = Path(weights) if weights is not None else _installed_graph(members)
    if place.suffix != ".pb":
        if members is not None:
            raise OptionError(
                f"members={members} chooses from CI-SpliceAI.pb; {place.name} is read whole.",
                option="members",
                value=members,
            )
        return _from_file(place)
    return SpliceModel(from_graphdef(place, members=members or (0,)))


def _installed_graph(members: tuple[int, ...] | None) -> Path:
    try:
        package = distribution(CISPLICEAI_PACKAGE)
    except PackageNotFoundError as error:
        raise MissingExtraError(
            f"members {members} of cispliceai are not embedded (member 0 is). They come with the "
            f"package {CISPLICEAI_PACKAGE} {CISPLICEAI_VERSION}:",
            hint=f"pip install --no-deps {CISPLICEAI_PACKAGE}=={CISPLICEAI_VERSION}, or name "
            "its file: "
            "weights='CI-SpliceAI.pb'.",
            extra=CISPLICEAI_PACKAGE,
        ) from error
    return Path(str(package.locate_file("cispliceai/data/CI-SpliceAI.pb")))


def _members(members: int | str | Sequence[int] | None) -> tuple[int, ...] | None:
    everyone = tuple(range(CISPLICEAI_MEMBERS))
    if members is None:
        return None
    chosen: tuple[int, ...] = ()
    if members == "all":
        chosen = everyone
    elif isinstance(members, int) and not isinstance(members, bool):
        chosen = everyone[: max(0, members)] if members <= CISPLICEAI_MEMBERS else ()
    elif not isinstance(members, (str, bool)):
        chosen = tuple(members)
    if not chosen or len(set(chosen)) != len(chosen) or any(m not in everyone for m in chosen):
        raise OptionError(
            f"members must be 'all', a count from 1 to {CISPLICEAI_MEMBERS}, or different "
            "numbers from "
            f"0 to {CISPLICEAI_MEMBERS - 1}; got {members!r}.",
            option="members",
            value=members,
        )
    return chosen
