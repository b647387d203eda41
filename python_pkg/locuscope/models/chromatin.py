"""Two small networks of our own: open chromatin on human, insulator proteins on Drosophila.

Both read 512 bases and give one logit per track for the whole window, the same on both strands. The
networks saw one chromosome each and know nothing of distal elements.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache, cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import torch

from locuscope.errors import (
    ShapeError,
    UnknownNameError,
    WeightsMismatchError,
    closest,
    did_you_mean,
)
from locuscope.models.borrow import borrowed, number_type
from locuscope.models.chromatin_net import WINDOW_BP, ChromatinNet
from locuscope.models.embedded import embedded_file
from locuscope.models.protocol import (
    HeadSpec,
    InputSpec,
    check_window,
    refuse_extras,
    wanted_keys,
)
from locuscope.models.weights import digest_module, load_state, read_card, read_weights
from locuscope.tracks.metadata import TrackMetadataCatalog

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from os import PathLike

    from torch import Tensor


@dataclass(frozen=True)
class Design:
    """What one of the two networks predicts.

    Attributes:
        file: its embedded weights.
        head: its one output.
        rows: the catalog row of each track, without the fields that all tracks share.
        shared: those fields.
    """

    file: str
    head: HeadSpec
    rows: tuple[Mapping[str, str], ...]
    shared: Mapping[str, str]


_INSULATORS = (("su(Hw)", "suHw"), ("BEAF-32", "BEAF"), ("CTCF", "CTCF"), ("CP190", "CP190"))
_CELLS = {"Kc": "Kc167 cell line", "Mbn2": "mbn2 cell line"}

DESIGNS: Mapping[str, Design] = MappingProxyType(
    {
        "dnase": Design(
            "chromatin_dnase.safetensors",
            HeadSpec("accessibility", (), 3, kind="scalar"),
            (
                {"track_name": "any_site", "biosample_name": "any of 85 cell types"},
                {"track_name": "broad_site", "biosample_name": "20 or more of 85 cell types"},
                {"track_name": "fetal_brain", "biosample_name": "fetal brain"},
            ),
            {"assay_title": "DNase-seq", "data_source": "ENCODE and Roadmap sites, chromosome 20"},
        ),
        "insulators": Design(
            "chromatin_insulator.safetensors",
            HeadSpec("insulators", (), 8, kind="scalar"),
            tuple(
                {
                    "track_name": f"{short}:{cell}",
                    "transcription_factor": protein,
                    "biosample_name": biosample,
                }
                for protein, short in _INSULATORS
                for cell, biosample in _CELLS.items()
            ),
            {"assay_title": "ChIP-chip", "data_source": "Bushey 2009, dm3 chromosome 2R"},
        ),
    }
)


@dataclass(frozen=True, eq=False, repr=False)
class ChromatinModel:
    """A chromatin network as every verb wants it; a `SequenceModel`.

    Args:
        network: the weights.
        name: "dnase" or "insulators"; decides head and catalog.
        card: the model card (training data, metrics with baselines, gates), JSON values only.
    """

    network: ChromatinNet
    name: str
    card: Mapping[str, Any] = field(default_factory=dict)

    window_bp: int = field(default=WINDOW_BP, init=False)
    default_width_bp: int = field(default=WINDOW_BP, init=False)
    inputs: tuple[InputSpec, ...] = field(
        default=(InputSpec("sequence", length_bp=WINDOW_BP),), init=False
    )
    scores: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}), init=False)

    def __post_init__(self) -> None:
        """Refuse a name without a design and a network that does not fit it."""
        head = _design(self.name).head
        found = self.network.head.out_features
        if found != head.num_tracks or self.network.length != WINDOW_BP:
            raise ShapeError(
                f"{self.name} has {head.num_tracks} tracks on {WINDOW_BP} bases; the network has "
                f"{found} on {self.network.length}.",
                found=found,
                expected=head.num_tracks,
            )

    @property
    def heads(self) -> Mapping[str, HeadSpec]:
        """The one head, one logit per window and track: (N, 1, T), key 0."""
        head = _design(self.name).head
        return MappingProxyType({head.name: head})

    @cached_property
    def catalog(self) -> TrackMetadataCatalog:
        """One row per track, all unstranded."""
        design = _design(self.name)
        return TrackMetadataCatalog.from_rows(
            {
                "output_name": design.head.name,
                "track_index": index,
                "strand": ".",
                **row,
                **design.shared,
            }
            for index, row in enumerate(design.rows)
        )

    @property
    def track_names(self) -> tuple[str, ...]:
        """Names of the tracks in the order of the channels."""
        return tuple(row["track_name"] for row in _design(self.name).rows)

    @cached_property
    def digest(self) -> str:
        """sha256 over the weights and the layout; the weights of this class do not change."""
        layout = json.dumps({"name": self.name, "tracks": self.track_names, "window": WINDOW_BP})
        return digest_module(self.network, layout)

    def check_length(self, length_bp: int) -> None:
        """Raise `ShapeError` for any length other than 512."""
        check_window(length_bp, window_bp=WINDOW_BP, minimum_bp=1, name=self.name)

    def run(
        self,
        one_hot: Tensor,
        *,
        organism: int = 0,
        heads: Collection[str] | None = None,
        resolutions_bp: Collection[int] | None = None,
        regions: Sequence[tuple[int, int]] | None = None,
    ) -> dict[str, dict[int, Tensor]]:
        """Give `{head: {0: (N, 1, T)}}`, logits; see `SequenceModel.run`."""
        refuse_extras(self.name, organism, regions)
        (name,) = wanted_keys(self.heads, heads, resolutions_bp)
        return {name: {0: self.logits(one_hot).unsqueeze(1)}}

    def logits(self, one_hot: Tensor) -> Tensor:
        """Give logits (N, T) of windows (N, 4, 512)."""
        if one_hot.ndim == 3 and one_hot.shape[1] == 4:
            self.check_length(one_hot.shape[-1])
        with borrowed(self.network, one_hot.device):
            answer: Tensor = self.network(one_hot.to(number_type(self.network)))
        return answer

    def probabilities(self, one_hot: Tensor) -> Tensor:
        """Give the logits as numbers between 0 and 1, (N, T).

        They rank windows. Training saw as many background windows as the card says, far fewer than
        a genome has, so they are no frequencies.
        """
        return torch.sigmoid(self.logits(one_hot))

    def __repr__(self) -> str:
        tracks = len(self.track_names)
        lines = [f"ChromatinModel({self.name!r}, {WINDOW_BP} bp, {tracks} tracks)"]
        return "\n".join([*lines, *card_lines(self.card, self.track_names)])


def card_lines(card: Mapping[str, Any], tracks: Sequence[str]) -> list[str]:
    """Lay out a model card for people: one line per track and per fact, none without a value."""
    lines = []
    measured = (card.get("metrics") or {}).get("tracks", {})
    for track in tracks:
        if track not in measured:
            continue
        row = measured[track]
        low, high = row["auroc_interval"]
        lines.append(
            f"  {track:12} AUROC {row['auroc']:.3f} [{low:.3f}, {high:.3f}]  "
            f"AUPRC {row['auprc']:.3f}  best baseline {row['best_baseline']:.3f}"
        )
    for key in ("motif_gate", "split", "licence", "known_failures", "intended_use"):
        value = card.get(key)
        if value:
            said = "; ".join(value) if isinstance(value, list) else str(value)
            lines.append(f"  {key.replace('_', ' ')}: {said}")
    return lines


def load_chromatin(
    name: str, weights: str | PathLike[str] | None = None, *, sha256: str | None = None
) -> ChromatinModel:
    """Load one of the two networks.

    Args:
        name: "dnase" or "insulators".
        weights: a safetensors file of that network; None = the embedded one.
        sha256: the digest that the file must have.

    Raises:
        UnknownNameError: another name.
        WeightsError: the file is damaged.
        WeightsMismatchError: weights of another network.
    """
    design = _design(name)
    if weights is None:
        return _embedded(name)
    read = read_weights(weights, sha256=sha256)
    network = ChromatinNet(design.head.num_tracks)
    card = read_card(read)
    made_for = card.get("name", name)
    if made_for != name:
        raise WeightsMismatchError(
            f"{read.path}: these are weights of {made_for!r}, not of {name!r}.", path=read.path
        )
    load_state(network, read)
    return ChromatinModel(network.eval().requires_grad_(False), name, card)


@cache
def _embedded(name: str) -> ChromatinModel:
    place, sha256 = embedded_file(DESIGNS[name].file)
    return load_chromatin(name, place, sha256=sha256)


def _design(name: str) -> Design:
    if name not in DESIGNS:
        raise UnknownNameError(
            f"no chromatin network is called {name!r}; {did_you_mean(str(name), DESIGNS)}",
            name=name,
            known=tuple(DESIGNS),
            closest=closest(str(name), DESIGNS),
        )
    return DESIGNS[name]
