"""`SpliceModel`: a SpliceAI-10k network as every verb wants it, both strands in one pass.

The network reads a transcript from left to right, so the minus strand is the reverse complement of
the input and the mirror image of the output. Four tracks: acceptor and donor probability on each
strand.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

import torch

from locuscope.errors import OptionError, ShapeError
from locuscope.models.borrow import borrowed, number_type
from locuscope.models.protocol import HeadSpec, InputSpec, refuse_extras, wanted_keys
from locuscope.models.splice_scorer import SpliceDeltaScorer
from locuscope.models.spliceai import CROP_BP, SpliceNet
from locuscope.models.weights import digest_module
from locuscope.tracks.metadata import TrackMetadataCatalog

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from torch import Tensor

HEAD = HeadSpec(
    "splice_sites",
    (1,),
    4,
    value_range="probability",
    crop_bp=CROP_BP,
    strand_pair=(2, 3, 0, 1),
)
STRANDS = ("+", "-", "both")
DEFAULT_WIDTH_BP = 15_000


@dataclass(frozen=True, eq=False, repr=False)
class SpliceModel:
    """Donor and acceptor probability of every base, on both strands; a `SequenceModel`.

    Args:
        network: the weights.
        name: what files and tables call it.
        data_source: what the catalog calls it.
        card: the model card (`small facts about training and limits`), JSON values only.
    """

    network: SpliceNet
    name: str = "cispliceai"
    data_source: str = "CI-SpliceAI"
    card: Mapping[str, object] = field(default_factory=dict)

    window_bp: None = field(default=None, init=False)
    default_width_bp: int = field(default=DEFAULT_WIDTH_BP, init=False)
    inputs: tuple[InputSpec, ...] = field(default=(InputSpec("sequence"),), init=False)

    @property
    def heads(self) -> Mapping[str, HeadSpec]:
        """The one head, `splice_sites`: (N, L - 10,000, 4) at 1 bp."""
        return MappingProxyType({HEAD.name: HEAD})

    @cached_property
    def catalog(self) -> TrackMetadataCatalog:
        """Four rows: acceptor +, donor +, acceptor -, donor -."""
        return TrackMetadataCatalog.from_rows(
            {
                "output_name": HEAD.name,
                "track_index": index,
                "track_name": f"{site}:{strand}",
                "strand": strand,
                "assay_title": "splice site probability",
                "data_source": self.data_source,
            }
            for index, (site, strand) in enumerate(
                (site, strand) for strand in "+-" for site in ("acceptor", "donor")
            )
        )

    @cached_property
    def digest(self) -> str:
        """sha256 over the weights and the layout; the weights of this class do not change."""
        layout = json.dumps({"heads": [HEAD.name], "crop_bp": CROP_BP, "tracks": 4})
        return digest_module(self.network, layout)

    @cached_property
    def scores(self) -> Mapping[str, SpliceDeltaScorer]:
        """The network's own score, `splice_delta`."""
        return MappingProxyType({"splice_delta": SpliceDeltaScorer(self)})

    def check_length(self, length_bp: int) -> None:
        """Raise `ShapeError` below 10,001 bases; every longer window will do."""
        if length_bp <= 2 * CROP_BP:
            raise ShapeError(
                f"{self.name} needs at least {2 * CROP_BP + 1:,} bases: {CROP_BP:,} context on "
                "each "
                f"side; got {length_bp:,}.",
                found=length_bp,
                expected=2 * CROP_BP + 1,
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
        """Give `{"splice_sites": {1: (N, L - 10,000, 4)}}`; see `SequenceModel.run`."""
        refuse_extras(self.name, organism, regions)
        wanted_keys(self.heads, heads, resolutions_bp)
        return {HEAD.name: {1: self.probabilities(one_hot)}}

    def probabilities(self, one_hot: Tensor, *, strands: str = "both") -> Tensor:
        """Give site probabilities in genomic order.

        Args:
            one_hot: (N, 4, L) in genomic order.
            strands: "+" or "-" does half the work of "both".

        Returns:
            (N, L - 10,000, 2) acceptor and donor of one strand, or (N, L - 10,000, 4) of both.
        """
        if strands not in STRANDS:
            raise OptionError(
                f"strands must be one of {', '.join(STRANDS)}; got {strands!r}.",
                option="strands",
                value=strands,
                allowed=STRANDS,
            )
        if one_hot.ndim == 3:
            self.check_length(one_hot.shape[-1] if one_hot.shape[1] == 4 else one_hot.shape[1])
        with borrowed(self.network, one_hot.device):
            x = one_hot.to(number_type(self.network))
            sides = {"+": [x], "-": [x.flip(-1, -2)], "both": [x, x.flip(-1, -2)]}[strands]
            sites: Tensor = self.network(torch.cat(sides))[:, 1:].transpose(1, 2)
        if strands == "+":
            return sites
        if strands == "-":
            return sites.flip(1)
        forward, reverse = sites.chunk(2)
        return torch.cat([forward, reverse.flip(1)], dim=2)

    def __repr__(self) -> str:
        count = len(self.network.members)
        licence = self.card.get("licence")
        said = f", {licence}" if licence else ""
        return f"SpliceModel({self.name!r}, {count} member{'s' * (count > 1)}{said})"
