"""Slow twin of a target: one example, one track and one bin at a time, in Python floats."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any


def undo(value: float, scale: float, soft_clip: float | None, *, square_root: bool) -> float:
    """The inverse of the training transform of one value."""
    value /= scale
    if soft_clip is not None and value > soft_clip:
        value = soft_clip - 1 + (value - soft_clip + 1) ** 2
    return (value + 1) ** 2 - 1 if square_root else value


def over_positions(
    values: Any, tracks: Sequence[int], bins: Sequence[int], reduce: str, pseudocount: float
) -> list[float]:
    """One number per track of one example, values[bin][track]."""
    numbers = []
    for track in tracks:
        column = [float(values[k][track]) for k in bins]
        if reduce == "max":
            numbers.append(max(column))
            continue
        total = math.fsum(column)
        mean = total / len(column)
        by_name = {"sum": total, "mean": mean}
        if reduce == "log_mean":
            by_name["log_mean"] = math.log(mean + pseudocount + 1e-6)
        numbers.append(by_name[reduce])
    return numbers


def number(
    values: Any,
    bins: Sequence[int],
    above: Sequence[int],
    below: Sequence[int] = (),
    *,
    reduce: str = "sum",
    track_reduce: str = "sum",
    is_log: bool = False,
    pseudocount: float = 0.0,
) -> float:
    """The one number of one example."""
    top = over_positions(values, above, bins, reduce, pseudocount)
    if track_reduce in ("ratio", "log_ratio"):
        bottom = over_positions(values, below, bins, reduce, pseudocount)
        ratio = (math.fsum(top) + pseudocount) / (math.fsum(bottom) + pseudocount)
        return math.log(ratio) if track_reduce == "log_ratio" else ratio
    found = math.fsum(top) / (len(top) if track_reduce == "mean" else 1)
    return math.log(found + pseudocount) if is_log else found
