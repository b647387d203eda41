"""The chromatin network word for word, and slow twins of its metrics: loops, one item at a time."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor


def plain_logits(state: Mapping[str, Tensor], x: Tensor) -> Tensor:
    """(4, 512) one-hot -> logits (T,), the mean over the window and its reverse complement."""
    turned = torch.stack([x[3 - base].flip(0) for base in range(4)])
    return (_one_strand(state, x) + _one_strand(state, turned)) / 2


def _one_strand(state: Mapping[str, Tensor], x: Tensor) -> Tensor:
    y = F.conv1d(x[None], state["stem.weight"], state["stem.bias"], padding=9)
    y = F.max_pool1d(F.relu(y), 4)
    for i, dilation in enumerate((1, 2, 4)):
        mean, variance = state[f"steps.{i}.norm.running_mean"], state[f"steps.{i}.norm.running_var"]
        scaled = (y - mean[None, :, None]) / torch.sqrt(variance[None, :, None] + 1e-5)
        scaled = scaled * state[f"steps.{i}.norm.weight"][None, :, None]
        scaled = scaled + state[f"steps.{i}.norm.bias"][None, :, None]
        y = y + F.conv1d(
            F.relu(scaled),
            state[f"steps.{i}.conv.weight"],
            state[f"steps.{i}.conv.bias"],
            padding=2 * dilation,
            dilation=dilation,
        )
    pooled = torch.cat([y.mean(2), y.amax(2)], dim=1)
    return (pooled @ state["head.weight"].T + state["head.bias"])[0]


def plain_auroc(scores: list[float], labels: list[bool]) -> float:
    """Pairs won by the positive, ties half."""
    won = pairs = 0.0
    for score, label in zip(scores, labels, strict=True):
        for other, second in zip(scores, labels, strict=True):
            if label and not second:
                pairs += 1
                won += 1.0 if score > other else 0.5 if score == other else 0.0
    return won / pairs if pairs else math.nan


def plain_precision(scores: list[float], labels: list[bool]) -> float:
    """Mean over the positives of the precision among all that score at least as high."""
    values = []
    for score, label in zip(scores, labels, strict=True):
        if label:
            above = [second for other, second in zip(scores, labels, strict=True) if other >= score]
            values.append(sum(above) / len(above))
    return sum(values) / len(values) if values else math.nan


def plain_best_match(sequence: str, odds: list[list[float]]) -> float:
    """Best sum of log-odds (4, W) at any place of a sequence, on either strand."""
    width = len(odds[0])
    turned = sequence[::-1].translate(str.maketrans("ACGT", "TGCA"))
    best = -math.inf
    for text in (sequence, turned):
        for start in range(len(text) - width + 1):
            total = 0.0
            for i, letter in enumerate(text[start : start + width]):
                total += odds["ACGT".index(letter)][i] if letter in "ACGT" else 0.0
            best = max(best, total)
    return best
