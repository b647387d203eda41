"""Where the windows of variants lie, under the published names.

`SnvCenteredRg` centres a window on each variant, `SnvPosRestrictedRg` keeps it inside given
regions. Both are `Placement` of our verbs; called with a record they give the published mapping,
1-based and inclusive.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.effects.kipoi.dataloader import default_dataloader, get_model
from locuscope.effects.kipoi.records import variant_of
from locuscope.errors import OptionError
from locuscope.genome.interval import Interval, whole_number
from locuscope.genome.placement import Placement
from locuscope.genome.regions import read_bed
from locuscope.genome.window_candidates import RegionIndex, restricted_windows
from locuscope.inference.joined_inputs import reads_windows
from locuscope.inference.selection import choose

if TYPE_CHECKING:
    from collections.abc import Iterable
    from os import PathLike

    from locuscope.models.protocol import SequenceModel

Region = dict[str, list[Any]]


class ModelInfoExtractor:
    """What variant scoring needs to know about a model.

    Args:
        model: a `SequenceModel`, or a name that `get_model` knows.
        dataloader: what makes its inputs; None = `default_dataloader(model)`.

    Attributes:
        seq_fields: names of the inputs that hold bases.
        seq_length: bases of a window; None where the caller must say.
        requires_region_definition: whether windows may lie anywhere on a genome. A model that also
            reads numbers, or features of the genome, takes the windows of its data loader instead.
    """

    def __init__(self, model: SequenceModel | str, dataloader: object = None) -> None:
        self.model = get_model(model)
        self.dataloader = default_dataloader(self.model) if dataloader is None else dataloader
        dna = [spec for spec in self.model.inputs if spec.kind == "dna"]
        self.seq_fields = [spec.name for spec in dna]
        self.seq_length = self.model.window_bp or self.model.default_width_bp
        has_only_dna = len(self.model.inputs) == len(dna)
        self.requires_region_definition = has_only_dna and reads_windows(self.model)
        self.use_seq_only_rc = all(head.kind != "junction" for head in self.model.heads.values())

    def get_seq_len(self) -> int | None:
        """Give the bases of a window; None where the caller must say."""
        return self.seq_length

    def get_model_out_annotation(self) -> list[str]:
        """Give the names of the outputs, in the order of the columns."""
        return [str(name) for one in choose(self.model) for name in one.table.cells("track_name")]


class SnvCenteredRg:
    """Windows centred on variants.

    Args:
        model_info: says how wide.
        seq_length: the width instead, for a model that reads any.

    Raises:
        OptionError: neither says how wide.
    """

    def __init__(self, model_info: ModelInfoExtractor, seq_length: int | None = None) -> None:
        self.seq_length = _length(model_info, seq_length)
        self.placement = Placement(width_bp=self.seq_length)

    def __call__(self, variant_record: object) -> Region:
        """Give the window of a record: chrom, start (1-based) and end (inclusive), in lists.

        >>> from locuscope.models.zoo import load_model
        >>> window = SnvCenteredRg(ModelInfoExtractor(load_model("cispliceai")), 4)
        >>> from locuscope.genome.variant import Variant
        >>> window(Variant("20", 100, "G", "A"))
        {'chrom': ['20'], 'start': [99], 'end': [102]}
        """
        return _region([self.placement.window(variant_of(variant_record))])


class SnvPosRestrictedRg:
    """Windows centred on variants as far as given regions allow.

    Args:
        model_info: says how wide.
        pybed_def: the regions: path of a BED file, intervals, or a BedTool.
        seq_length: the width instead, for a model that reads any.

    Raises:
        OptionError: neither says how wide.
    """

    def __init__(
        self,
        model_info: ModelInfoExtractor,
        pybed_def: str | PathLike[str] | Iterable[Any],
        seq_length: int | None = None,
    ) -> None:
        self.seq_length = _length(model_info, seq_length)
        self.placement = Placement(
            mode="restricted", regions=_intervals(pybed_def), width_bp=self.seq_length
        )

    def __call__(self, variant_record: object) -> Region:
        """Give the windows of a record, one for each region that holds it."""
        variant = variant_of(variant_record)
        found = restricted_windows(
            RegionIndex(self.placement.regions),
            [variant.chrom],
            np.array([variant.pos - 1]),
            np.atleast_1d(self.placement.starts(variant.pos)),
            self.seq_length,
        )
        starts: list[int] = found.start.tolist()
        return _region([Interval(variant.chrom, at, at + self.seq_length) for at in starts])


def _length(model_info: ModelInfoExtractor, seq_length: int | None) -> int:
    found = model_info.get_seq_len() if seq_length is None else seq_length
    if found is None:
        raise OptionError(
            f"{model_info.model.name} reads windows of any length; give seq_length.",
            option="seq_length",
            value=None,
        )
    return whole_number(found, "seq_length")


def _region(windows: list[Interval]) -> Region:
    return {
        "chrom": [window.chrom for window in windows],
        "start": [window.start + 1 for window in windows],
        "end": [window.end for window in windows],
    }


def _intervals(given: Any) -> list[Interval]:
    """Take a BED file, intervals, or what has chrom, start and end (rows of a BedTool)."""
    if isinstance(given, str) or hasattr(given, "__fspath__"):
        return list(read_bed(given))
    return [
        place
        if isinstance(place, Interval)
        else Interval(str(place.chrom), int(place.start), int(place.end))
        for place in given
    ]
