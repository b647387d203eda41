"""Models by name: `load_model("cispliceai")` runs at once, from files inside the package.

Embedded files are found as data of the installed package and checked against the manifest on first
load. A network whose weights the manifest does not list is an unknown name.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from locuscope.errors import (
    OptionError,
    UnknownNameError,
    WrongTypeError,
    closest,
    did_you_mean,
)
from locuscope.models import embedded
from locuscope.models.members import chosen_members

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    from locuscope.models.protocol import SequenceModel

# the embedded file of each network; None: the weights are the user's own
EMBEDDED: dict[str, str | None] = {
    "cispliceai": "cispliceai_member0.safetensors",
    "spliceai": None,
    "mtsplice": "mtsplice_deep0.safetensors",
    "dnase": "chromatin_dnase.safetensors",
    "insulators": "chromatin_insulator.safetensors",
}
MEMBERS = {"cispliceai": 5, "spliceai": 5, "mtsplice": 4}


def known_models() -> tuple[str, ...]:
    """Give the names that `load_model` knows.

    >>> known_models()[:2]
    ('cispliceai', 'spliceai')
    """
    shipped = embedded.listed_files()
    return tuple(name for name, file in EMBEDDED.items() if file is None or file in shipped)


def load_model(
    name: str,
    *,
    weights: str | PathLike[str] | None = None,
    members: int | str | Sequence[int] | None = None,
    device: str | None = None,
) -> SequenceModel:
    """Load a model by name.

    Args:
        name: "cispliceai": donor and acceptor probability of every base from 10 kb of sequence.
            "spliceai": the same layout with the published weights (CC BY-NC 4.0), from your own
            installation of the package spliceai 1.3.1; nothing is downloaded. "mtsplice": how the
            inclusion of an exon differs between 56 tissues. "dnase", "insulators": open chromatin
            and insulator proteins of 512 bases.
        weights: what to read instead: `CI-SpliceAI.pb`; the folder of `spliceai1.h5` ... or of
            `mtsplice_deep0.h5` ..., or one of those files; or safetensors.
        members: which published networks to average (5 of cispliceai and spliceai, 4 of mtsplice):
            a list of numbers from 0, "all", or how many. None = member 0; all of "spliceai", and
            all that a safetensors file holds.
        device: where the weights live between calls; None = the CPU. A verb computes on its own
            device.

    Returns:
        The model. The same object again for the same name without options.

    Raises:
        UnknownNameError: no model of that name.
        MissingExtraError: weights that are not embedded, and no file with them.
        WeightsError: the file is damaged.
        WeightsMismatchError: the file holds another network.

    >>> load_model("cispliceai").default_width_bp
    15000
    """
    known = known_models()
    if name not in known:
        raise UnknownNameError(
            f"no model is called {name!r}; {did_you_mean(str(name), known)} A network of your own "
            "comes in through wrap().",
            name=name,
            known=known,
            closest=closest(str(name), known),
        )
    if weights is not None and not isinstance(weights, (str, os.PathLike)):
        raise WrongTypeError(
            f"weights takes the path of a file; got {weights!r}.",
            argument="weights",
            found=type(weights).__name__,
            expected="path",
        )
    chosen = _members(name, members)
    place = None if weights is None else Path(weights)
    is_plain = place is None and chosen in (None, (0,)) and EMBEDDED[name] is not None
    if device is None:
        return _plain(name) if is_plain else _load(name, place, chosen)
    model = _load(name, place, chosen)
    _move(model, device)
    return model


def _members(name: str, members: int | str | Sequence[int] | None) -> tuple[int, ...] | None:
    if name in MEMBERS:
        return chosen_members(members, MEMBERS[name])
    if members is not None:
        raise OptionError(
            f"{name} is one network; members must be None, got {members!r}.",
            option="members",
            value=members,
        )
    return None


@cache
def _plain(name: str) -> SequenceModel:
    return _load(name, None, None)


def _load(name: str, place: Path | None, members: tuple[int, ...] | None) -> SequenceModel:
    if name == "cispliceai":
        from locuscope.models.splice_files import load_cispliceai

        return load_cispliceai(place, members)
    if name == "spliceai":
        from locuscope.models.splice_files import load_spliceai

        return load_spliceai(place, members)
    if name == "mtsplice":
        from locuscope.models.mtsplice_weights import load_mtsplice

        return load_mtsplice(place, members)
    from locuscope.models.chromatin import load_chromatin

    if place is None:
        own, sha256 = embedded.embedded_file(cast("str", EMBEDDED[name]))
        return load_chromatin(name, own, sha256=sha256)
    return load_chromatin(name, place)


def _move(model: Any, device: str) -> None:
    try:
        model.network.to(device)
    except (RuntimeError, AssertionError, TypeError) as error:  # torch: unknown, or not here
        raise OptionError(
            f"device {device!r} cannot hold the weights: {str(error).splitlines()[0]}",
            option="device",
            value=device,
        ) from error
