"""Words for messages: names that were probably meant, counts, short lists, paths without the home.

Public as `locuscope.errors.closest`, `did_you_mean`, `examples` and `shown_path`.
"""

from __future__ import annotations

import os
from collections import Counter
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from os import PathLike

_MAX_EDITS = 2
_MIN_RATIO = 0.75
_MIN_PART = 3
"""Letters that say which name is meant when they are only a part of it."""


def closest(name: str, known: Iterable[str], n: int = 3) -> tuple[str, ...]:
    """The known names that resemble `name`, best first.

    Case is ignored. A name that differs only by a `chr` prefix comes first, then names within two
    edits, then names whose matching blocks cover three quarters of both, then longer names that
    begin with it or have it among the words that `_` joins.

    >>> closest("1", ["chr1", "chr2", "chr11"])
    ('chr1',)
    >>> closest("atak", ["atac", "dnase", "cage"])
    ('atac',)
    >>> closest("stage", ["strand", "biosample_life_stage"])
    ('biosample_life_stage',)
    """
    folded = name.casefold()
    ranked: list[tuple[float, int, str]] = []
    for order, candidate in enumerate(dict.fromkeys(known)):
        rank = _unlikeness(folded, candidate.casefold())
        if rank is not None:
            ranked.append((rank, order, candidate))
    return tuple(candidate for _, _, candidate in sorted(ranked)[:n])


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Words for a message: the closest names as a question, else some of those that exist.

    >>> did_you_mean("chr20", ["20", "21"])
    "did you mean '20'?"
    >>> did_you_mean("zebrafish", ["human", "mouse"])
    "known: 'human', 'mouse'."
    """
    names = tuple(dict.fromkeys(known))
    near = closest(name, names)
    if near:
        return f"did you mean {' or '.join(repr(item) for item in near)}?"
    return f"known: {examples(names)}." if names else "none is known."


def counted(number: int, noun: str) -> str:
    """A count with its noun, which ends with `s` unless there is one.

    >>> counted(1, "allele"), counted(12_000, "allele")
    ('1 allele', '12,000 alleles')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def examples(items: Iterable[object], limit: int = 5) -> str:
    """At most `limit` items as text, then a count of the rest.

    >>> examples(range(1209))
    '0, 1, 2, 3, 4 and 1,204 more'
    """
    shown = [repr(item) for item in items]
    rest = len(shown) - limit
    text = ", ".join(shown[:limit])
    return f"{text} and {rest:,} more" if rest > 0 else text


def shown_path(path: str | PathLike[str]) -> str:
    """A path as text for a message, with `~` for the home folder.

    Messages are copied into notebooks and reports; whose machine it was is nobody's business there.

    >>> shown_path(os.path.expanduser("~/genomes/hg38.fa")) == os.path.join("~", "genomes/hg38.fa")
    True
    >>> shown_path("genomes/hg38.fa")
    'genomes/hg38.fa'
    """
    text, home = str(path), os.path.expanduser("~").rstrip(os.sep)  # noqa: PTH111 (never raises)
    if home and (text == home or text.startswith(home + os.sep)):
        return "~" + text[len(home) :]
    return text


def _unlikeness(left: str, right: str) -> float | None:
    """A rank of similarity, smaller is closer; None where the two have nothing to do."""
    if left == right:
        return 0.0
    if left.removeprefix("chr") == right.removeprefix("chr"):
        return 0.5
    shorter = min(len(left), len(right))
    if abs(len(left) - len(right)) <= _MAX_EDITS and _bag_distance(left, right) <= _MAX_EDITS:
        edits = _edit_distance(left, right)
        # A one-letter name is one edit away from every other: that is no likeness.
        if edits <= _MAX_EDITS and edits < shorter:
            return float(edits)
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    if matcher.real_quick_ratio() >= _MIN_RATIO and matcher.quick_ratio() >= _MIN_RATIO:
        ratio = matcher.ratio()
        if ratio >= _MIN_RATIO:
            return _MAX_EDITS + 1 + (1 - ratio)
    is_part = right.startswith(left) or f"_{left}_" in f"_{right}_"
    return _MAX_EDITS + 2.0 if is_part and len(left) >= _MIN_PART else None


def _bag_distance(left: str, right: str) -> int:
    """A cheap lower bound of the edit distance: letters one side has and the other lacks."""
    a, b = Counter(left), Counter(right)
    return max((a - b).total(), (b - a).total())


def _edit_distance(left: str, right: str) -> int:
    """Levenshtein distance, one row at a time."""
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, start=1):
        diagonal, row[0] = row[0], i
        for j, b in enumerate(right, start=1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (a != b))
    return row[-1]
