"""A folder as a user of published tools has it: genome, variants, regions, a model in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import locuscope as lsc

if TYPE_CHECKING:
    from pathlib import Path

START = 2_577_000
NET = """
import torch
from torch import nn
import locuscope as lsc

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(5)
        self.conv = nn.Conv1d(4, 2, 9, padding=4)

    def forward(self, x):
        return torch.sigmoid(self.conv(x).mean(2))

def make(weights=None):
    net = Net()
    if weights is not None:
        net.load_state_dict(torch.load(weights, weights_only=True))
    head = lsc.HeadSpec("open", (), 2, kind="scalar", value_range="probability")
    return lsc.wrap(net, heads=head, window_bp=101, output_axes="NT", name="mine")

model = make()
"""


def make_place(folder: Path) -> Path:
    """Write a FASTA file, a VCF of 12 embedded alleles, regions, and a model."""
    genome = lsc.demo.genome()
    region = lsc.Interval("20", START, START + 4_000)
    bases = genome.fetch(region)
    (folder / "genome.fa").write_text(f">chr22\n{bases}\n")
    rows = []
    for pos in range(300, 3_600, 300):
        ref = bases[pos - 1]
        rows.append(f"chr22\t{pos}\trs{pos}\t{ref}\t{'ACGT'.replace(ref, '')[0]}\t.\t.\t.\n")
    rows.append(f"chr22\t3700\t.\t{bases[3_699:3_702]}\t{bases[3_699]}\t.\t.\t.\n")
    head = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    (folder / "v.vcf").write_text(head + "".join(rows))
    (folder / "r.bed").write_text("chr22\t250\t380\tone\nchr22\t550\t651\ttwo\n")
    (folder / "model.py").write_text(NET)
    return folder
