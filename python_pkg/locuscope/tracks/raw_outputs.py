"""The answer of a network before it is named: which entries are heads, which rows describe them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import torch

from locuscope.errors import InputError
from locuscope.tracks.organism import organism_index
from locuscope.tracks.track_table import TrackTable

if TYPE_CHECKING:
    from torch import Tensor

    from locuscope.tracks.metadata import TrackMetadataCatalog

# Outputs of AlphaGenome that are not a mapping from resolution to tensor: key of the tensor,
# resolution.
_ODD_HEADS: Mapping[str, tuple[str | None, int]] = {
    "contact_maps": (None, 2048),
    "splice_sites": ("probs", 1),
    "splice_site_usage": ("predictions", 1),
    "splice_junctions": ("pred_counts", 1),
}


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


def one_organism(organism: object) -> int:
    """The organism of a batch, which may hold one only."""
    flat = organism.reshape(-1).tolist() if isinstance(organism, torch.Tensor | np.ndarray) else []
    if len(set(flat)) > 1:
        message = f"One named output holds one organism; the batch has {sorted(set(flat))}."
        raise InputError(message)
    return organism_index(organism, known=None)
