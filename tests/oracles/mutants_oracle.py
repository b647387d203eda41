"""Every mutant of a sequence, one whole pass each, minus one pass of the sequence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from locuscope.models.protocol import SequenceModel


def slow_edit(
    model: SequenceModel, letters: str, edit: Sequence[tuple[int, str]]
) -> dict[str, dict[int, NDArray[Any]]]:
    """Head -> resolution -> (L', T): the sequence with some letters replaced, minus itself."""
    changed = list(letters)
    for at, base in edit:
        changed[at] = base
    both = torch.stack([_one_hot(letters), _one_hot("".join(changed))])
    with torch.no_grad():
        found = [model.run(row[None]) for row in both]
    return {
        head: {key: (found[1][head][key] - value)[0].numpy() for key, value in by_key.items()}
        for head, by_key in found[0].items()
    }


def slow_mutants(
    model: SequenceModel, letters: str, positions: Sequence[int]
) -> dict[str, dict[int, NDArray[Any]]]:
    """Head -> resolution -> (P, 4, L', T): 0 at the letter itself, NaN at N."""
    found: dict[str, dict[int, NDArray[Any]]] = {}
    for place, at in enumerate(positions):
        for row, base in enumerate("ACGT"):
            change = slow_edit(model, letters, [(at, base)])
            for head, by_key in change.items():
                for key, value in by_key.items():
                    shape = (len(positions), 4, *value.shape)
                    table = found.setdefault(head, {}).setdefault(key, np.zeros(shape))
                    table[place, row] = np.nan if letters[at] == "N" else value
    return found


def _one_hot(letters: str) -> torch.Tensor:
    table = torch.zeros(4, len(letters))
    for at, letter in enumerate(letters):
        if letter in "ACGT":
            table["ACGT".index(letter), at] = 1
    return table
