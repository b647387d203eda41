"""Organisms as the track tables number them: 0 is human, 1 is mouse, and their written names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from locuscope.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Collection

ORGANISM_NAMES = {
    "human": 0,
    "homo_sapiens": 0,
    "mouse": 1,
    "mus_musculus": 1,
}


def organism_index(
    value: object, *, default: int = 0, known: Collection[int] | None = (0, 1)
) -> int:
    """The index of an organism.

    Args:
        value: an integer, a name or digits (case and outer blanks ignored), an array or tensor (its
            first element speaks for all), or None for `default`.
        default: what None means.
        known: the integers that are accepted; None = any that is not negative.

    Raises:
        InputError: an unknown name or index, also a ValueError.

    >>> organism_index(" Homo_sapiens "), organism_index("1"), organism_index(None)
    (0, 1, 0)
    """
    if value is None:
        return default
    first = _first_element(value)
    if isinstance(first, str):
        text = first.strip().lower()
        index = ORGANISM_NAMES.get(text)
        if index is None and text.lstrip("-").isdigit():
            index = int(text)
    elif isinstance(first, int | float | np.number) and not isinstance(first, bool):
        index = int(first) if float(first).is_integer() else None
    else:
        index = None
    if index is None or (index < 0 if known is None else index not in known):
        listed = ", ".join(_named(i) for i in sorted(known or (0, 1)))
        message = f"Unknown organism {first!r}. Known: {listed}."
        raise InputError(message)
    return index


def _named(index: int) -> str:
    return {0: "human (0)", 1: "mouse (1)"}.get(index, str(index))


def _first_element(value: object) -> object:
    """The first element of an array or tensor, Python scalars as they are."""
    flat = getattr(value, "reshape", None)
    if flat is None:
        return value
    cells = flat(-1)
    if len(cells) == 0:
        message = "Unknown organism: the array that should name it is empty."
        raise InputError(message)
    item: object = cells[0].item()
    return item
