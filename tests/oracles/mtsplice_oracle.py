"""The MTSplice network word for word: padded 1-D convolutions, one exon at a time."""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

DILATIONS = [2, 4, 8, 16, 32, 64, 128, 256]


def plain_spline(length: int, n_bases: int = 10, degree: int = 3) -> list[list[float]]:
    """The basis by the definition of Cox and de Boor, number by number."""
    last = length - 1
    start, end = -0.001 * last, last + 0.001 * last
    inner = n_bases - degree + 1
    step = (end - start) / (inner - 1)
    first = start - degree * step
    count = inner + 2 * degree
    span = end + degree * step - first
    knots = [
        float(torch.tensor(first + span * i / (count - 1), dtype=torch.float32))
        for i in range(count)
    ]

    def value(i: int, k: int, x: float) -> float:
        if k == 0:
            return 1.0 if knots[i] <= x < knots[i + 1] else 0.0
        left = (x - knots[i]) / (knots[i + k] - knots[i]) * value(i, k - 1, x)
        right = (knots[i + k + 1] - x) / (knots[i + k + 1] - knots[i + 1]) * value(i + 1, k - 1, x)
        return left + right

    return [[value(i, degree, float(x)) for i in range(n_bases)] for x in range(length)]


def plain_tissues(state: Mapping[str, Tensor], x: Tensor, basis: Tensor) -> Tensor:
    """(4, 800) one-hot -> (56,) of one member with the given state dict."""

    def batch_norm(name: str, y: Tensor) -> Tensor:
        scale = state[f"{name}.weight"] / torch.sqrt(state[f"{name}.running_var"] + 1e-3)
        shift = state[f"{name}.bias"] - state[f"{name}.running_mean"] * scale
        return y * scale[:, None] + shift[:, None] if y.ndim == 2 else y * scale + shift

    def tower(name: str, y: Tensor) -> Tensor:
        y = F.relu(
            F.conv1d(y[None], state[f"{name}.stem.weight"], state[f"{name}.stem.bias"], padding=5)
        )[0]
        for i, dilation in enumerate(DILATIONS):
            inner = F.conv1d(
                batch_norm(f"{name}.norms.{i}", y)[None],
                state[f"{name}.convs.{i}.weight"],
                state[f"{name}.convs.{i}.bias"],
                padding=dilation,
                dilation=dilation,
            )[0]
            y = y + F.relu(inner)
        return y * (1 + (basis.to(y) @ state[f"{name}.spline.kernel"]).T)

    both = torch.cat([tower("acceptor", x[:, :400]), tower("donor", x[:, 400:])], dim=1)
    y = batch_norm("norm1", both.mean(1))
    y = F.relu(state["dense1.weight"] @ y + state["dense1.bias"])
    return state["dense2.weight"] @ batch_norm("norm2", y) + state["dense2.bias"]


def plain_exon(text: str, start: int, end: int, strand: str) -> str:
    """800 letters of an exon [start, end) of a text: both ends, N where the text has none."""
    pad = 1_000
    letters = "N" * pad + text.upper() + "N" * pad
    window = letters[start - 300 + pad : end + 300 + pad]
    if strand == "-":
        window = window[::-1].translate(str.maketrans("ACGT", "TGCA"))
    return window[:400] + window[-400:]


def plain_changed_exon(
    text: str, exon: tuple[int, int, str], pos: int, ref: str, alt: str
) -> tuple[str, bool]:
    """800 letters of an exon after one change, and whether the change took one of its ends.

    Every letter of the text carries the position it stands on, through the change.
    """
    start, end, strand = exon
    b, e, bases = pos - 1, pos - 1 + len(ref), alt
    while b < e and bases and text[e - 1] == bases[-1]:
        e, bases = e - 1, bases[:-1]
    while b < e and bases and text[b] == bases[0]:
        b, bases = b + 1, bases[1:]
    letters = list(zip(text, range(len(text)), strict=True))
    new = [(letter, b + k if b + k < e else None) for k, letter in enumerate(bases)]
    changed = [*letters[:b], *new, *letters[e:]]
    inside = [k for k, (_, at) in enumerate(changed) if at is not None and start <= at < end]
    there = {changed[k][1] for k in inside}
    if inside:
        first, last = inside[0], inside[-1] + 1
    else:
        first = next(k for k, (_, at) in enumerate(changed) if at is not None and at >= end)
        last = first
    is_cut = start not in there or end - 1 not in there
    return plain_exon("".join(letter for letter, _ in changed), first, last, strand), is_cut
