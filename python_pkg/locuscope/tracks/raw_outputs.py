"""The answer of a network before it is named: which entries are heads, which rows describe them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import torch

from locuscope.errors import InputError
from locuscope.tracks.named import NamedTrackTensor
from locuscope.tracks.named_head import NamedOutputHead
from locuscope.tracks.organism import organism_index
from locuscope.tracks.places import covered_places
from locuscope.tracks.track_table import TrackTable

if TYPE_CHECKING:
    from collections.abc import Collection

    from torch import Tensor

    from locuscope.genome.interval import Interval
    from locuscope.tracks.metadata import TrackMetadataCatalog

# Outputs of AlphaGenome that are not a mapping from resolution to tensor: key of the tensor,
# resolution.
_ODD_HEADS: Mapping[str, tuple[str | None, int]] = {
    "contact_maps": (None, 2048),
    "splice_sites": ("probs", 1),
    "splice_site_usage": ("predictions", 1),
    "splice_junctions": ("pred_counts", 1),
}


def named_head(
    name: str,
    entry: object,
    *,
    organism: int,
    catalog: TrackMetadataCatalog | None,
    strict: bool,
    channels_last: bool,
    intervals: tuple[Interval, ...] | None,
) -> NamedOutputHead | None:
    """One raw entry with the tracks of its channels, padding included; None when it is no head.

    Raises:
        TrackMismatchError: `strict` and another number of rows than channels.
        ShapeError: bins that do not span the intervals.
    """
    tensors = tensors_of(name, entry)
    if not tensors:
        return None
    axis = -1 if channels_last else 1
    first = next(iter(tensors.values()))
    width = first.shape[axis if first.dim() > 1 else -1] if first.dim() else 0
    table = head_table(catalog, name, organism, int(width), strict=strict)
    named = {
        resolution: NamedTrackTensor(
            tensor,
            table,
            name,
            resolution,
            axis,
            intervals=covered_places(intervals, tensor, name, resolution, axis),
        )
        for resolution, tensor in tensors.items()
    }
    return NamedOutputHead(name, named, raw=entry, intervals=intervals)


def head_table(
    catalog: TrackMetadataCatalog | None, name: str, organism: int, width: int, *, strict: bool
) -> TrackTable:
    """The tracks of a head of `width` channels.

    The junction table lists each sample once; a tensor of twice that width has the plus strand of
    all, then the minus strand of all.

    Raises:
        TrackMismatchError: `strict` and another number of rows.
    """
    if catalog is None:
        return TrackTable.placeholders(name, organism, width)
    if name == "splice_junctions" and catalog.has_tracks(name, organism=organism):
        rows = catalog.table(name, organism=organism)
        if len(rows) and width == 2 * len(rows):
            both = TrackTable.concat([rows, rows]).renamed(name, organism)
            return both.with_column("strand", ["+"] * len(rows) + ["-"] * len(rows))
    return catalog.head_table(name, organism=organism, num_tracks=width, strict=strict)


def tensors_of(name: str, entry: object) -> dict[int, Tensor]:
    """Resolution -> tensor of one raw entry; empty when it is no head."""
    if isinstance(entry, Mapping):
        tensors = {
            key: value
            for key, value in entry.items()
            if isinstance(key, int) and isinstance(value, torch.Tensor)
        }
        if tensors and len(tensors) == len(entry):
            return tensors
    if name in _ODD_HEADS:
        key, resolution = _ODD_HEADS[name]
        value = entry.get(key) if isinstance(entry, Mapping) else entry if key is None else None
        if isinstance(value, torch.Tensor):
            return {resolution: value}
    return {}


def one_organism(organism: object, *, known: Collection[int] | None = None) -> int:
    """The organism of a batch, which may hold one only.

    Args:
        organism: index, name, or one per example.
        known: the indices that are accepted; None = any.

    Raises:
        InputError: two organisms, or none that has a number.
    """
    flat = organism.reshape(-1).tolist() if isinstance(organism, torch.Tensor | np.ndarray) else []
    if len(set(flat)) > 1:
        message = f"One named output holds one organism; the batch has {sorted(set(flat))}."
        raise InputError(message)
    return organism_index(organism, known=known)
