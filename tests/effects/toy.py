"""A small genome and a small network for the tests of this room."""

from __future__ import annotations

import random

import torch
from torch import nn

from locuscope.effects.windows.allele_windows import AlleleWindow, WindowOpener
from locuscope.genome.placement import Placement
from locuscope.genome.reference import Genome
from locuscope.genome.sequence import one_hot
from locuscope.genome.variant import Variant
from locuscope.models.adapter import WrappedModel, wrap
from locuscope.models.protocol import HeadSpec

LENGTH = 600
WIDTH = 40
PAIR = (1, 0, 2)


def sequence() -> str:
    """600 bases with a run of N at 300-304 and a repeat at 400-409."""
    bases = random.Random(5).choices("ACGT", k=LENGTH)
    bases[300:304] = "NNNN"
    bases[398:412] = "GCTTTTTTTTTTAG"
    return "".join(bases)


def genome() -> Genome:
    return Genome.from_sequences({"1": sequence(), "2": sequence()[::-1]}, name="toy")


class Net(nn.Module):
    def __init__(self, scale: int = 1) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.conv = nn.Conv1d(4, 3, 9, padding=4)
        self.scale = scale
        self.calls = 0
        self.sequences = 0

    def forward(self, x):
        self.calls += 1
        self.sequences += len(x)
        y = torch.sigmoid(self.conv(x))
        if self.scale > 1:
            y = nn.functional.avg_pool1d(y, self.scale)
        return y.transpose(1, 2)


def model(scale: int = 1, window_bp: int | None = WIDTH, **options) -> WrappedModel:
    head = HeadSpec("atac", (scale,), 3, value_range="probability", strand_pair=PAIR)
    return wrap(Net(scale), heads=head, window_bp=window_bp, name="toy", **options)


def predict(text: str):
    """The network on letters, for the oracle: (S, 3) float64."""
    with torch.inference_mode():
        return Net()(torch.from_numpy(one_hot(text)[None]).float())[0].double().numpy()


def window(variant: Variant, *, of: Genome | None = None, **options) -> AlleleWindow:
    """The window of one allele that can be opened."""
    opener = WindowOpener(of or genome(), Placement(), WIDTH, **options)
    (opened,) = opener.open([(0, variant)])
    assert opened.window is not None, opened.refusal
    return opened.window
