"""Small named tensors and outputs whose values tell the channel they came from."""

from __future__ import annotations

import torch

from locuscope.tracks import NamedOutputs, NamedTrackTensor, TrackMetadata, TrackMetadataCatalog


def named(values=(1.0, 2.0, 3.0), track_names="abc", output="atac", resolution=128, **more):
    tracks = [TrackMetadata(i, output, 0, name) for i, name in enumerate(track_names)]
    tensor = torch.tensor(values).reshape(1, 1, -1)
    return NamedTrackTensor(tensor, tracks, output, resolution, **more)


def names(tensor):
    return [track.track_name for track in tensor.tracks]


ROWS = [
    {"output_type": "atac", "track_name": "a", "strand": "+", "biosample_type": "tissue"},
    {"output_type": "atac", "track_name": "b", "strand": "-", "biosample_type": "cell_line"},
    {"output_type": "atac", "track_name": "c", "strand": "+"},
    {"output_type": "cage", "track_name": "d", "strand": "+", "biosample_type": "tissue"},
]


def catalog():
    return TrackMetadataCatalog.from_rows(ROWS)


def outputs(*, padded=0, **more):
    """Two heads whose values are their raw channels."""
    atac = torch.arange(3.0 + padded).expand(1, 4, -1).clone()
    cage = torch.arange(1.0 + padded).expand(1, 2, -1).clone()
    raw = {"atac": {1: atac, 2: atac[:, ::2] + 100}, "cage": {2: cage}, "other": "kept"}
    return NamedOutputs.from_raw(raw, organism=0, catalog=catalog(), **more)
