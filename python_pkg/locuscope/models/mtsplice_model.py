"""`MTSpliceModel`: the MTSplice network as every verb wants it; a place given to it is an exon."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

from locuscope.errors import ShapeError
from locuscope.models.borrow import borrowed, number_type
from locuscope.models.mtsplice import END_BP, FLANK_BP, WINDOW_BP, MTSplice
from locuscope.models.mtsplice_tissues import TISSUES, tissue_rows
from locuscope.models.protocol import HeadSpec, InputSpec, refuse_extras, wanted_keys
from locuscope.models.tissue_effect import TissueEffectScorer
from locuscope.models.weights import digest_module
from locuscope.tracks.metadata import TrackMetadataCatalog

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from torch import Tensor

HEAD = HeadSpec("tissue_splicing", (), len(TISSUES), kind="scalar")
INPUTS = (
    InputSpec("acceptor", length_bp=END_BP, anchor="start", offset_bp=-FLANK_BP),
    InputSpec("donor", length_bp=END_BP, anchor="end", offset_bp=FLANK_BP - END_BP),
)


@dataclass(frozen=True, eq=False, repr=False)
class MTSpliceModel:
    """How the inclusion of an exon differs between 56 tissues; a `SequenceModel`.

    It knows no creation of splice sites and says nothing of how much of the exon is included on
    average: each value is the difference from the mean over the tissues.

    Args:
        network: the weights.
        card: the model card, JSON values only.
    """

    network: MTSplice
    card: Mapping[str, object] = field(default_factory=dict)

    name: str = field(default="mtsplice", init=False)
    window_bp: int = field(default=WINDOW_BP, init=False)
    default_width_bp: None = field(default=None, init=False)
    inputs: tuple[InputSpec, ...] = field(default=INPUTS, init=False)

    @property
    def heads(self) -> Mapping[str, HeadSpec]:
        """The one head, `tissue_splicing`: one value per exon and tissue, (N, 1, 56), key 0."""
        return MappingProxyType({HEAD.name: HEAD})

    @cached_property
    def catalog(self) -> TrackMetadataCatalog:
        """56 rows, one per tissue."""
        return TrackMetadataCatalog.from_rows(tissue_rows(HEAD.name))

    @cached_property
    def digest(self) -> str:
        """sha256 over the weights and the layout; the weights of this class do not change."""
        layout = json.dumps({"heads": [HEAD.name], "tissues": TISSUES, "end_bp": END_BP})
        return digest_module(self.network, layout)

    @cached_property
    def scores(self) -> Mapping[str, TissueEffectScorer]:
        """The network's own score, `tissue_effect`."""
        return MappingProxyType({"tissue_effect": TissueEffectScorer(self)})

    def check_length(self, length_bp: int) -> None:
        """Raise `ShapeError` for anything but the 800 bases of the two ends."""
        if length_bp != WINDOW_BP:
            raise ShapeError(
                f"{self.name} reads {WINDOW_BP} bases: {END_BP} around the acceptor, then {END_BP} "
                f"around the donor, in transcript direction; got {length_bp:,}. An exon given as "
                "Interval(..., strand='+' or '-') with a genome is cut for you.",
                found=length_bp,
                expected=WINDOW_BP,
            )

    def run(
        self,
        one_hot: Tensor,
        *,
        organism: int = 0,
        heads: Collection[str] | None = None,
        resolutions_bp: Collection[int] | None = None,
        regions: Sequence[tuple[int, int]] | None = None,
    ) -> dict[str, dict[int, Tensor]]:
        """Give `{"tissue_splicing": {0: (N, 1, 56)}}` for (N, 4, 800); see `SequenceModel.run`."""
        refuse_extras(self.name, organism, regions)
        wanted_keys(self.heads, heads, resolutions_bp)
        if one_hot.ndim == 3 and one_hot.shape[1] == 4:
            self.check_length(one_hot.shape[2])
        with borrowed(self.network, one_hot.device):
            values: Tensor = self.network(one_hot.to(number_type(self.network)))
        return {HEAD.name: {0: values.unsqueeze(1)}}

    def __repr__(self) -> str:
        count = len(self.network.members)
        licence = self.card.get("licence")
        said = f", {licence}" if licence else ""
        return f"MTSpliceModel({count} member{'s' * (count > 1)}, {len(TISSUES)} tissues{said})"
