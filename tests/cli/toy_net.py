"""Files of a small study for the command line: networks, a genome, regions, sequences, alleles."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np

from locuscope.genome.reference import Genome

MODEL = """
import torch
from torch import nn

from locuscope import HeadSpec, TrackMetadataCatalog, wrap

NAMES = (("a", "+"), ("<b>", "-"))
ROWS = [{"output_type": "signal", "track_name": n, "strand": s} for n, s in NAMES]


class Net(nn.Module):
    def __init__(self, seed, rate=0.0):
        super().__init__()
        torch.manual_seed(seed)
        self.stem = nn.Conv1d(4, 6, 5, padding=2)
        self.relu = nn.ReLU()
        self.drop = nn.Dropout(rate)
        self.last = nn.Conv1d(6, 2, 1)

    def forward(self, x):
        return self.last(self.drop(self.relu(self.stem(x))))[..., 4:-4]


def make(seed=0, rate=0.0):
    catalog = TrackMetadataCatalog.from_rows(ROWS)
    head = HeadSpec("signal", (1,), 2, strand_pair=(1, 0), crop_bp=4)
    options = dict(heads=head, window_bp=32, output_axes="NTL", catalog=catalog, name="net")
    return wrap(Net(seed, rate).eval(), **options)


def net():
    return make()


def other():
    return make(1)


def drops():
    return make(0, 0.5)
"""
LENGTH = 400


def letters(n: int = LENGTH, seed: int = 1) -> str:
    """Bases, the same at every call."""
    return "".join(np.random.default_rng(seed).choice(list("ACGT"), n))


def write_files(folder: Path) -> Path:
    """Write every file of the study; gives the folder."""
    text = letters()
    (folder / "nets.py").write_text(MODEL)
    (folder / "toy.fa").write_text(f">1\n{text}\n>2\n{text[::-1]}\n")
    (folder / "two.bed").write_text("1\t200\t224\tpeak\t0\t-\n1\t50\t74\tother\t0\t+\n")
    (folder / "same.fa").write_text(f">one some words\n{letters(32, 2)}\n>two\n{letters(32, 3)}\n")
    (folder / "odd.fa").write_text(f">one\n{letters(32, 2)}\n>two\n{letters(31, 3)}\n")
    rows = "".join(
        f"1\t{pos}\t.\t{text[pos - 1]}\t{'A' if text[pos - 1] != 'A' else 'C'}\t.\tPASS\t.\n"
        for pos in (100, 200)
    )
    head = "##fileformat=VCFv4.3\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    (folder / "two.vcf").write_text(head + rows)
    return folder


def model_of(folder: Path, name: str = "net") -> Any:
    """The network that `nets.py::name` gives."""
    spec = spec_from_file_location("nets", folder / "nets.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, name)()


def genome_of(folder: Path) -> Genome:
    """The genome of the study."""
    return Genome(folder / "toy.fa")
