"""The fields of a target: copies that nobody else holds, and plain values for files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from locuscope.errors import OptionError
from locuscope.genome.interval import Interval

RATIOS = ("ratio", "log_ratio")


def track_choice(given: Any, track_reduce: str) -> Any:
    """Copy a choice of tracks, so that nobody else holds it; a ratio needs two.

    Raises:
        OptionError: no pair for a ratio.

    >>> track_choice(["a", "b"], "sum")
    ('a', 'b')
    """
    if track_reduce not in RATIOS:
        return _one_choice(given)
    is_pair = not isinstance(given, str | Mapping) and hasattr(given, "__len__") and len(given) == 2
    if not is_pair or any(part is None for part in given):
        raise OptionError(
            f"track_reduce={track_reduce!r} needs a pair of choices of tracks, (above the line, "
            f"below it); got {given!r}.",
            option="tracks",
            value=given,
        )
    return tuple(_one_choice(part) for part in given)


def _one_choice(given: Any) -> Any:
    if given is None or isinstance(given, str):
        return given
    if isinstance(given, Mapping):
        return dict(given)
    listed = given.tolist() if hasattr(given, "tolist") else given
    return tuple(listed) if hasattr(listed, "__iter__") else (listed,)


def check_pseudocount(given: Any) -> float:
    """Give the pseudocount as a number.

    Raises:
        OptionError: negative, infinite, or no number.
    """
    is_number = isinstance(given, int | float) and not isinstance(given, bool)
    if not is_number or not 0 <= given < float("inf"):
        raise OptionError(
            f"pseudocount is {given!r}; expected a number of at least 0.",
            option="pseudocount",
            value=given,
        )
    return float(given)


def plain_value(value: Any) -> Any:
    """Give the JSON value that stands for a field."""
    if isinstance(value, slice):
        return {"slice": [value.start, value.stop, value.step]}
    if isinstance(value, tuple) and value and isinstance(value[0], Interval):
        return {"places": [[place.chrom, place.start, place.end] for place in value]}
    if isinstance(value, Mapping):
        return {str(name): plain_value(item) for name, item in value.items()}
    if isinstance(value, tuple | list | set | frozenset):
        listed = [plain_value(item) for item in value]
        return sorted(listed, key=repr) if isinstance(value, set | frozenset) else listed
    return value.item() if hasattr(value, "item") else value
