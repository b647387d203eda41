"""Slow, obvious twins of the dinucleotide shuffle."""

from __future__ import annotations

import random
from collections import Counter
from itertools import pairwise


def dinucleotides(text: str) -> Counter[str]:
    """How often each pair of neighbours occurs."""
    return Counter(text[i : i + 2] for i in range(len(text) - 1))


def arrangements(text: str) -> set[str]:
    """Every text with the dinucleotides and the first base of `text`, by trying all walks."""
    found: set[str] = set()

    def walk(path: str, left: Counter[str]) -> None:
        if not +left:
            found.add(path)
        for pair in sorted(+left):
            if pair[0] == path[-1]:
                walk(path + pair[1], left - Counter([pair]))

    walk(text[:1], dinucleotides(text))
    return found


def shuffle(text: str, draw: random.Random) -> str:
    """The published procedure: choose last edges until they lead to the end, shuffle the rest."""
    if len(text) < 3:
        return text
    edges: dict[str, list[str]] = {}
    for here, there in pairwise(text):
        edges.setdefault(here, []).append(there)
    while True:
        last = {base: draw.choice(there) for base, there in edges.items() if base != text[-1]}
        if all(_leads(base, last, text[-1]) for base in last):
            break
    for base, follows in edges.items():
        if base in last:
            follows.remove(last[base])
        draw.shuffle(follows)
        if base in last:
            follows.append(last[base])
    path = text[0]
    for _ in range(len(text) - 1):
        path += edges[path[-1]].pop(0)
    return path


def _leads(base: str, last: dict[str, str], end: str) -> bool:
    for _ in range(len(last) + 1):
        if base == end:
            return True
        base = last[base]
    return False
