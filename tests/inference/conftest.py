"""Small real networks and a small genome in memory, shared by the tests of this room."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from locuscope.genome.genes import Genes
from locuscope.genome.reference import Genome
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec, InputSpec
from locuscope.tracks.metadata import TrackMetadataCatalog

DATA = Path(__file__).parent / "data"


class Published(nn.Module):
    """The network of the reference numbers: (N, 4, 64) to (N, 8, 4)."""

    def __init__(self, final):
        super().__init__()
        self.stem = nn.Conv1d(4, 8, 7, padding=3)
        self.body = nn.Conv1d(8, 8, 3, dilation=2, padding=2)
        self.head = nn.Conv1d(8, 4, 1)
        self.final = final

    def forward(self, x):
        h0 = torch.relu(self.stem(x))
        h1 = h0 + torch.relu(self.body(h0))
        return self.final(self.head(nn.functional.avg_pool1d(h1, 8))).transpose(1, 2)


class Bases(nn.Module):
    """One value per base and track, five bases of context on each side; any length above ten."""

    def __init__(self, n_tracks=3):
        super().__init__()
        self.conv = nn.Conv1d(4, n_tracks, 11)
        self.dropout = nn.Dropout(0.5)
        self.largest_batch = None
        self.calls = []

    def forward(self, x):
        self.calls.append(len(x))
        if self.largest_batch is not None and len(x) > self.largest_batch:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 1.00 GiB.")
        return self.dropout(torch.sigmoid(self.conv(x))).transpose(1, 2)


class Bins(nn.Module):
    """A head at 1 and 4 bases, without context, and one value per window."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(4, 2, 3, padding=1)

    def forward(self, x):
        fine = self.conv(x)
        coarse = nn.functional.avg_pool1d(fine, 4)
        return {
            "cov": {1: fine.transpose(1, 2), 4: coarse.transpose(1, 2)},
            "total": fine.mean(2)[:, None],
        }


def seeded(make, *args):
    torch.manual_seed(0)
    return make(*args)


@pytest.fixture
def published():
    """name -> (model, arrays) of the two reference networks."""
    arrays = np.load(DATA / "small_nets.npz")
    made = {}
    for name, final in (("sigmoid", torch.sigmoid), ("softplus", nn.functional.softplus)):
        network = Published(final)
        prefix = f"{name}/weights/"
        weights = {
            key.removeprefix(prefix): torch.from_numpy(arrays[key])
            for key in arrays.files
            if key.startswith(prefix)
        }
        network.load_state_dict(weights)
        head = HeadSpec("signal", (8,), 4, strand_pair=(1, 0, 2, 3))
        model = wrap(network, heads=head, window_bp=64, name=name)
        own = {key.split("/")[1]: arrays[key] for key in arrays.files if key.count("/") == 1}
        own |= {k: arrays[f"{name}/{k}"] for k in ("x", "y", "forward", "reverse")}
        made[name] = (model, own)
    return made


def toy_bases():
    """A model of any length with a crop of five bases and metadata for its tracks."""
    rows = [
        {"output_type": "signal", "track_name": name, "strand": strand, "biosample_name": cell}
        for name, strand, cell in (
            ("one", "+", "liver"),
            ("two", "-", "liver"),
            ("three", ".", "lung"),
        )
    ]
    head = HeadSpec("signal", (1,), 3, crop_bp=5, strand_pair=(1, 0, 2), value_range="probability")
    catalog = TrackMetadataCatalog.from_rows(rows)
    return wrap(seeded(Bases), heads=head, window_bp=None, catalog=catalog, name="bases")


@pytest.fixture
def bases():
    """The model of `toy_bases`."""
    return toy_bases()


@pytest.fixture
def bins():
    """A model of 32-base windows with two heads and three resolutions."""
    heads = {"cov": HeadSpec("cov", (1, 4), 2), "total": HeadSpec("total", (), 2, kind="scalar")}
    return wrap(seeded(Bins), heads=heads, window_bp=32, name="bins")


@pytest.fixture
def contig():
    letters = np.random.default_rng(3).choice(list("ACGT"), 600)
    return "".join(letters)


@pytest.fixture
def genome(contig):
    return Genome.from_sequences({"1": contig, "2": "N" * 300 + contig[:300]}, name="toy")


@pytest.fixture
def annotation():
    """Three transcripts of two genes on contig 1; they start at 110, 130 and 399."""
    names = ("gene_id", "transcript_id", "chrom", "start", "end", "strand")
    rows = (
        ("g1", "t1", "1", 110, 200, "+"),
        ("g1", "t2", "1", 130, 180, "+"),
        ("g2", "t3", "1", 300, 400, "-"),
    )
    return Genes.from_tables(pd.DataFrame(rows, columns=names))


class PairsModel:
    """A contact map of 4-base bins: the share of equal bases, weighted so that no axis is alike."""

    name, digest, window_bp, default_width_bp = "pairs", "0" * 64, None, None
    inputs = (InputSpec("sequence"),)
    heads = MappingProxyType({"map": HeadSpec("map", (4,), 2, kind="contact")})
    catalog, scores = None, MappingProxyType({})

    def check_length(self, length_bp):
        """Any length is fine."""

    def run(self, one_hot, **_):
        bins = nn.functional.avg_pool1d(one_hot.float(), 4)
        near = torch.einsum("nai,naj->nij", bins, bins)
        return {"map": {4: torch.stack([near, near**2], -1)}}


@pytest.fixture
def pairs():
    """The model of `PairsModel`."""
    return PairsModel()
