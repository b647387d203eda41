"""The two published splice networks by name: where their weights come from, under which licence."""

from __future__ import annotations

import sys
from functools import cache
from typing import TYPE_CHECKING

from locuscope.errors import OptionError, WeightsMismatchError
from locuscope.models.embedded import embedded_file
from locuscope.models.members import installed_place, member_files
from locuscope.models.splice_keras import from_keras_h5
from locuscope.models.splice_model import SpliceModel
from locuscope.models.spliceai import from_graphdef, from_weights
from locuscope.models.weights import read_card, read_weights

if TYPE_CHECKING:
    from pathlib import Path

CISPLICEAI_FILE = "cispliceai_member0.safetensors"
CISPLICEAI = ("cispliceai", "1.2.2")
SPLICEAI = ("spliceai", "1.3.1")
SPLICEAI_FILES = tuple(f"spliceai{k}.h5" for k in range(1, 6))
SPLICEAI_LICENCE = (
    "The weights of spliceai 1.3.1 are CC BY-NC 4.0 (its code is GPL-3): not for commercial use. "
    "They are read from your own installation."
)


def load_cispliceai(weights: Path | None, members: tuple[int, ...] | None) -> SpliceModel:
    """Load CI-SpliceAI: the embedded member, or others from the user's own file or package."""
    if weights is None and members in (None, (0,)):
        return from_file(*embedded_file(CISPLICEAI_FILE))
    place = weights if weights is not None else _installed_graph(members)
    if place.suffix == ".pb":
        return SpliceModel(from_graphdef(place, members=members or (0,)))
    if members is not None:
        raise OptionError(
            f"members={members} chooses from CI-SpliceAI.pb; {place.name} is read whole.",
            option="members",
            value=members,
        )
    return from_file(place)


def load_spliceai(weights: Path | None, members: tuple[int, ...] | None) -> SpliceModel:
    """Load the published SpliceAI networks from the user's own files; all five unless told."""
    place = weights
    if place is None:
        place = installed_place(
            *SPLICEAI,
            "spliceai/models",
            reason="the weights of spliceai (CC BY-NC 4.0) do not come with locuscope; they come "
            "with",
            hint="name the folder of its files: weights='.../spliceai/models'.",
        )
    if place.suffix == ".safetensors":
        if members is not None:
            raise OptionError(
                f"members={members} chooses from {SPLICEAI_FILES[0]} and so on; {place.name} is "
                "read whole.",
                option="members",
                value=members,
            )
        read = from_file(place, name="spliceai")
        return SpliceModel(read.network, "spliceai", "SpliceAI", read.card)
    net = from_keras_h5(member_files(place, SPLICEAI_FILES, members, "models"))
    _say_licence()
    card = {"name": "spliceai", "licence": "CC BY-NC 4.0", "intended_use": "not for diagnosis"}
    return SpliceModel(net, "spliceai", "SpliceAI", card)


def from_file(place: Path, sha256: str | None = None, *, name: str = "cispliceai") -> SpliceModel:
    """Read a safetensors file with its card.

    Raises:
        WeightsMismatchError: the card names the other network, which has the same layout.
    """
    weights = read_weights(place, sha256=sha256)
    card = read_card(weights)
    made_for = card.get("name", name)
    if made_for != name:
        raise WeightsMismatchError(
            f"{weights.path}: these are weights of {made_for!r}, not of {name!r}.",
            path=weights.path,
        )
    return SpliceModel(from_weights(weights), card=card)


@cache
def _say_licence() -> None:
    """Say it once per process; who asks for these weights accepts it."""
    print(SPLICEAI_LICENCE, file=sys.stderr)  # noqa: T201 (a licence must reach the person)


def _installed_graph(members: tuple[int, ...] | None) -> Path:
    return installed_place(
        *CISPLICEAI,
        "cispliceai/data/CI-SpliceAI.pb",
        reason=f"members {members} of cispliceai are not embedded (member 0 is). They come with",
        hint="name its file: weights='CI-SpliceAI.pb'.",
    )
