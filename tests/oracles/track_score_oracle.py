"""Scores of whole tracks in plain loops: one allele, one track, one position at a time."""

from __future__ import annotations

import math
from collections.abc import Callable

Track = list[float]


def _sums(f: Callable[[float], float]) -> Callable[[Track, Track], float]:
    return lambda r, a: sum(f(y) - f(x) for x, y in zip(r, a, strict=True))


def _distance(f: Callable[[float], float]) -> Callable[[Track, Track], float]:
    return lambda r, a: sum(abs(f(y) - f(x)) for x, y in zip(r, a, strict=True))


def _norm(f: Callable[[float], float]) -> Callable[[Track, Track], float]:
    return lambda r, a: math.sqrt(sum((f(y) - f(x)) ** 2 for x, y in zip(r, a, strict=True)))


def _lg(x: float) -> float:
    return math.log2(x + 1)


def _id(x: float) -> float:
    return x


def _percentile25(values: Track) -> float:
    ordered = sorted(values)
    place = (len(ordered) - 1) * 0.25
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def _js(r: Track, a: Track) -> float:
    c = _percentile25(r)
    p = [(x + c) / sum(y + c for y in r) for x in r]
    q = [(x + c) / sum(y + c for y in a) for x in a]
    terms = ((x - y) * (math.log(x) - math.log(y)) / 2 for x, y in zip(p, q, strict=True))
    return sum(terms)


def _sax(r: Track, a: Track) -> float:
    best = 0
    for i in range(len(r)):
        if abs(a[i] - r[i]) > abs(a[best] - r[best]):
            best = i
    return a[best] - r[best]


SCORES: dict[str, Callable[[Track, Track], float]] = {
    "SAX": _sax,
    "SUM": _sums(_id),
    "logSUM": _sums(_lg),
    "logSED": lambda r, a: _lg(sum(a)) - _lg(sum(r)),
    "sqrtSUM": _sums(math.sqrt),
    "D1": _distance(_id),
    "logD1": _distance(_lg),
    "sqrtD1": _distance(math.sqrt),
    "D2": _norm(_id),
    "logD2": _norm(_lg),
    "sqrtD2": _norm(math.sqrt),
    "JS": _js,
    "logJS": lambda r, a: _js([_lg(x) for x in r], [_lg(x) for x in a]),
}


def score(name: str, ref: list[Track], alt: list[Track]) -> list[float]:
    """One allele: (L', T) and (L', T) as lists of positions, to one number per track."""
    tracks = range(len(ref[0]))
    return [SCORES[name]([row[t] for row in ref], [row[t] for row in alt]) for t in tracks]
