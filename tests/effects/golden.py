"""The two small networks of the reference numbers, their alleles, and how to score those."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from torch import nn

from locuscope.effects.scores import resolve_scores
from locuscope.effects.scoring.window_scores import WindowScoring, require_scorable
from locuscope.effects.windows.allele_windows import AlleleView, AlleleWindow
from locuscope.genome.alignment import Alignment
from locuscope.genome.indel_rule import IndelRule
from locuscope.genome.interval import Interval
from locuscope.genome.sequence import one_hot
from locuscope.genome.variant import Variant
from locuscope.inference.ensemble import Ensemble
from locuscope.inference.run import Run
from locuscope.inference.selection import choose
from locuscope.models.adapter import WrappedModel, wrap
from locuscope.models.protocol import HeadSpec
from locuscope.models.weights import load_state, read_weights

DATA = Path(__file__).parent / "data"
META = json.loads((DATA / "small.json").read_text(encoding="utf-8"))
SCORES = np.load(DATA / "scores.npz", allow_pickle=False)
PAIR = tuple(META["strand_pair"])
RANGES = {"sigmoid": "probability", "softplus": "nonnegative"}


class Small(nn.Module):
    """8 bins of 8 bp, 4 tasks."""

    def __init__(self, final=torch.sigmoid):
        super().__init__()
        self.stem = nn.Conv1d(4, 8, 7, padding=3)
        self.body = nn.Conv1d(8, 8, 3, dilation=2, padding=2)
        self.head = nn.Conv1d(8, 4, 1)
        self.final = final

    def forward(self, x):
        h0 = torch.relu(self.stem(x))
        h1 = h0 + torch.relu(self.body(h0))
        return self.final(self.head(nn.functional.avg_pool1d(h1, 8))).transpose(1, 2)


def small_model(strand_pair=None, *, name="sigmoid", value_range=None) -> WrappedModel:
    module = Small(torch.sigmoid if name == "sigmoid" else nn.functional.softplus)
    load_state(module, read_weights(DATA / f"model_{name}.safetensors"))
    values = value_range or RANGES[name]
    head = HeadSpec("atac", (8,), 4, value_range=values, strand_pair=strand_pair)
    return wrap(module, heads=head, window_bp=64, name=name)


def snv_window(text: str, at: int, alt: str, chrom: str = "s0") -> AlleleWindow:
    """The window that begins at the first letter of `text`."""
    variant = Variant(chrom, at + 1, text[at], alt)
    interval = Interval(chrom, 0, len(text))
    mutant = text[:at] + alt + text[at + 1 :]
    view = AlleleView(one_hot(mutant), Alignment.from_variant(variant, interval))
    return AlleleWindow(variant, interval, one_hot(text), (view,))


def golden_windows(name="sigmoid") -> list[AlleleWindow]:
    texts = META["sequences"][name]
    return [
        snv_window(texts[case["seq"]], case["index"], case["alt"], f"s{case['seq']}")
        for case in META["variants"][name]
    ]


def scoring(
    model,
    scores,
    *,
    score_kwargs=None,
    ensemble=None,
    reduce="mean",
    indels=None,
    mask_bp=None,
    eps=None,
    batch_size=3,
    **chosen,
) -> WindowScoring:
    views = ensemble or Ensemble()
    return WindowScoring(
        model,
        resolve_scores(model, scores, score_kwargs, ensemble=views, eps=eps),
        require_scorable(choose(model, **chosen), is_asked="heads" in chosen),
        0,
        indels or IndelRule(),
        reduce,
        views,
        Run(device="cpu", batch_size=batch_size),
        mask_bp,
    )
