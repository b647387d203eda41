"""A stand-in for the AlphaGenome network: random tensors of its raw shapes, then the named path.

Only the numbers are made up. Shapes, keys and entries are those of the published network, and
naming goes through `NamedOutputs.from_raw` as it does for every model.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
import torch

from locuscope.tracks import NamedOutputs, TrackMetadataCatalog
from locuscope.tracks.catalogs import RAW_CHANNELS

SHARED = Path(__file__).resolve().parents[3] / "shared" / "golden" / "named_outputs"
needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason="the reference folder beside the checkout is not here"
)

ONE_BASE_HEADS = ("atac", "dnase", "procap", "cage", "rna_seq")
BIN_HEADS = ("chip_tf", "chip_histone")
N_SITES = 3

# Real tracks per output of the published mouse table.
MOUSE_TRACKS = {
    "atac": 18,
    "dnase": 67,
    "procap": 0,
    "cage": 188,
    "rna_seq": 173,
    "chip_tf": 127,
    "chip_histone": 183,
    "contact_maps": 8,
    "splice_sites": 4,
    "splice_site_usage": 180,
    "splice_junctions": 90,
}


def raw_outputs(n_examples, n_bases, generator):
    """Random tensors under the keys and in the shapes of the network's answer."""

    def random(*shape):
        return torch.rand(n_examples, *shape, generator=generator)

    raw = {
        name: {1: random(n_bases, width), 128: random(n_bases // 128, width)}
        for name, width in ((name, RAW_CHANNELS[name]) for name in ONE_BASE_HEADS)
    }
    raw |= {name: {128: random(n_bases // 128, RAW_CHANNELS[name])} for name in BIN_HEADS}
    n_maps = n_bases // 2048
    raw["contact_maps"] = random(n_maps, n_maps, 28)
    raw["splice_sites"] = {"logits": random(n_bases, 5), "probs": random(n_bases, 5)}
    raw["splice_site_usage"] = {"logits": random(n_bases, 734), "predictions": random(n_bases, 734)}
    raw["splice_junctions"] = {
        "pred_counts": random(N_SITES, N_SITES, 734),
        "splice_site_positions": torch.zeros(n_examples, 4, N_SITES, dtype=torch.int64),
    }
    raw["embeddings_128bp"] = random(n_bases // 128, 6)
    return raw


class AlphaGenome:
    """The calls of the published model that hand out named outputs."""

    def __init__(self):
        self.catalog = None

    @classmethod
    def from_pretrained(cls, path, device="cpu"):
        return cls()

    def set_track_metadata_catalog(self, catalog):
        self.catalog = catalog

    def load_track_metadata(self, path, *, default_organism=0, default_output_name=None):
        self.catalog = TrackMetadataCatalog.from_file(
            path, default_organism=default_organism, default_output_name=default_output_name
        )

    def named_outputs(self, outputs, *, organism=None, metadata_catalog=None, **options):
        catalog = self.catalog if metadata_catalog is None else metadata_catalog
        return NamedOutputs.from_raw(outputs, organism=organism, catalog=catalog, **options)

    def predict(self, dna_onehot, organism_index=0, *, named_outputs=False, **options):
        n_examples, n_bases, _ = dna_onehot.shape
        # Another sequence gives other numbers, the same one the same.
        places = torch.arange(1, dna_onehot.numel() + 1).reshape(dna_onehot.shape)
        seed = int((dna_onehot.long() * places).sum())
        raw = raw_outputs(n_examples, n_bases, torch.Generator().manual_seed(seed))
        if not named_outputs:
            return raw
        return self.named_outputs(raw, organism=organism_index, **options)


def random_dna(n_bases=2048, seed=0):
    """One-hot sequence (1, S, 4)."""
    generator = torch.Generator().manual_seed(seed)
    bases = torch.randint(0, 4, (n_bases,), generator=generator)
    return torch.nn.functional.one_hot(bases, 4).float()[None]


def write_mouse_like(path):
    """A table with the real counts of the mouse, its tracks named by hand."""
    rows = [
        {
            "output_type": name,
            "track_name": f"{name} {i}",
            "strand": "." if name not in {"cage", "rna_seq", "splice_site_usage"} else "+-"[i % 2],
            "biosample_type": ("tissue", "cell_line")[i % 2],
            "ontology_curie": f"UBERON:{i:07d}",
        }
        for name, n_tracks in MOUSE_TRACKS.items()
        for i in range(n_tracks)
    ]
    pl.DataFrame(rows).write_csv(path)
    return path
