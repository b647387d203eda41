"""What a channel means: track metadata, catalogues, queries, and tensors that carry their tracks.

Names are resolved lazily: metadata and queries load numpy only, the named tensors load torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from locuscope._lazy import attach

if TYPE_CHECKING:
    from locuscope.tracks.metadata import TrackMetadata, TrackMetadataCatalog
    from locuscope.tracks.named import NamedTrackTensor
    from locuscope.tracks.named_head import NamedOutputHead
    from locuscope.tracks.named_outputs import NamedOutputs, SelectedTracks
    from locuscope.tracks.query import FacetField, FacetValue, Query, facet_counts, match
    from locuscope.tracks.track_table import TrackTable

__all__ = [
    "FacetField",
    "FacetValue",
    "NamedOutputHead",
    "NamedOutputs",
    "NamedTrackTensor",
    "Query",
    "SelectedTracks",
    "TrackMetadata",
    "TrackMetadataCatalog",
    "TrackTable",
    "facet_counts",
    "match",
]

__getattr__, __dir__ = attach(
    __name__,
    {
        "FacetField": ".query",
        "FacetValue": ".query",
        "NamedOutputHead": ".named_head",
        "NamedOutputs": ".named_outputs",
        "NamedTrackTensor": ".named",
        "Query": ".query",
        "SelectedTracks": ".named_outputs",
        "TrackMetadata": ".metadata",
        "TrackMetadataCatalog": ".metadata",
        "TrackTable": ".track_table",
        "facet_counts": ".query",
        "match": ".query",
    },
)
