"""Slow twin of `genome/alignment.py`: a haplotype as a list of letters with their positions."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass
class Letter:
    """One haplotype base: its letter, its position (None when inserted), the position reached."""

    base: str
    position: int | None
    after: int


def spell(
    reference: str, edits: list[tuple[int, int, str]], start: int, n: int | None, end: int | None
) -> list[Letter]:
    """Apply edits to a reference text base by base, from position `start`.

    Args:
        reference: bases from position 0 on; N behind its end.
        edits: (b, e, bases), sorted and without conflicts.
        start: first reference position.
        n: stop after n haplotype bases, or None.
        end: stop before this reference position, or None.
    """
    by_start = {b: (e, bases) for b, e, bases in edits if e > b}
    inserted = {b: bases for b, e, bases in edits if e == b}
    for b, e, bases in edits:
        if e > b and len(bases) > e - b:
            inserted[e] = bases[e - b :] + inserted.get(e, "")
    letters: list[Letter] = []
    deleted: set[int] = set()
    swapped: dict[int, str] = {}
    for b, (e, bases) in by_start.items():
        for t in range(e - b):
            if t < len(bases):
                swapped[b + t] = bases[t]
            else:
                deleted.add(b + t)
    position = start
    while (n is None or len(letters) < n) and (end is None or position < end):
        for base in inserted.get(position, ""):
            letters.append(Letter(base, None, position - 1))
        if position not in deleted:
            known = reference[position] if 0 <= position < len(reference) else "N"
            letters.append(Letter(swapped.get(position, known), position, position))
        position += 1
    return letters if n is None else letters[:n]


def hap_to_ref(
    values: list[float],
    letters: list[Letter],
    window: range,
    *,
    rule: str,
    deletion: float,
    spans_end: bool,
) -> tuple[list[float | None], list[bool]]:
    """Value of each reference position of a window; None where nothing was predicted.

    With `spans_end` the letters hold the end of the window: what is missing there is deleted.
    """
    reached = max([letter.after for letter in letters], default=window.start - 1)
    reached = window.stop - 1 if spans_end else reached
    out: list[float | None] = []
    valid: list[bool] = []
    for position in window:
        own = [v for v, x in zip(values, letters, strict=True) if x.position == position]
        added = [
            v
            for v, x in zip(values, letters, strict=True)
            if x.position is None and x.after == position
        ]
        if own:
            pool = own if rule == "anchor" else own + added
            total = max(pool) if rule == "max" else sum(pool)
            out.append(total / len(pool) if rule == "mean" else total)
            valid.append(True)
        elif position <= reached:
            out.append(deletion)
            valid.append(not math.isnan(deletion))
        else:
            out.append(None)
            valid.append(False)
    return out, valid
