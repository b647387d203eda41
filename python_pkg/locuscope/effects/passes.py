"""Sequences through a model, each distinct one once: the ALTs of a site share their reference."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from locuscope.errors import DataWarning
from locuscope.genome.sequence import reverse_complement
from locuscope.inference.batches import Examples, run_batches
from locuscope.inference.ensemble import Ensemble, undo_reverse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from locuscope.inference.run import Run
    from locuscope.inference.selection import HeadChoice
    from locuscope.models.protocol import SequenceModel

Prediction = dict[tuple[str, int], "NDArray[np.floating[Any]]"]
"""(head, resolution) -> (L', T) of one sequence, chosen tracks only."""


def predict_unique(
    model: SequenceModel,
    sequences: Sequence[NDArray[np.uint8]],
    choices: Sequence[HeadChoice],
    *,
    organism: int,
    run: Run,
    is_reverse: bool = False,
) -> list[Prediction]:
    """Predict sequences of any lengths; equal ones are run once.

    Args:
        model: the model.
        sequences: one-hot (A, L) each.
        choices: heads, resolutions and tracks.
        organism: index of the organism.
        run: device and batch size.
        is_reverse: run the reverse complements and bring the predictions back to the forward
            strand.

    Returns:
        One prediction per sequence, in order. Equal sequences share one object.
    """
    places: dict[tuple[int, bytes], list[int]] = {}
    for index, sequence in enumerate(sequences):
        places.setdefault((sequence.shape[-1], sequence.tobytes()), []).append(index)
    by_length: dict[int, list[list[int]]] = {}
    for (length, _), indices in places.items():
        by_length.setdefault(length, []).append(indices)
    found: list[Prediction] = [{} for _ in sequences]
    for groups in by_length.values():
        some = [sequences[indices[0]] for indices in groups]
        values = _run(model, some, choices, organism=organism, run=run, is_reverse=is_reverse)
        for k, indices in enumerate(groups):
            prediction = {place: array[k] for place, array in values.items()}
            for index in indices:
                found[index] = prediction
    return found


def _run(
    model: SequenceModel,
    sequences: Sequence[NDArray[np.uint8]],
    choices: Sequence[HeadChoice],
    *,
    organism: int,
    run: Run,
    is_reverse: bool,
) -> dict[tuple[str, int], NDArray[np.floating[Any]]]:
    def fetch(first: int, stop: int) -> NDArray[np.uint8]:
        batch = np.stack(sequences[first:stop])
        return np.ascontiguousarray(reverse_complement(batch)) if is_reverse else batch

    asked = [_whole(choice) for choice in choices] if is_reverse else list(choices)
    with warnings.catch_warnings():
        # NaN and Inf become a status of their row, which is said once at the end of the call.
        warnings.simplefilter("ignore", DataWarning)
        outputs = run_batches(
            model,
            Examples(len(sequences), sequences[0].shape[-1], fetch),
            asked,
            organism=organism,
            ensemble=Ensemble(),
            run=run,
        )
    return {
        (choice.spec.name, key): _forward(
            outputs[choice.spec.name][key], choice, key, is_reverse=is_reverse
        ).numpy()
        for choice in choices
        for key in choice.keys
    }


def _whole(choice: HeadChoice) -> HeadChoice:
    """Ask for all channels: a track's partner on the other strand may not be a chosen one."""
    return replace(choice, rows=np.arange(choice.spec.num_tracks))


def _forward(values: Tensor, choice: HeadChoice, key: int, *, is_reverse: bool) -> Tensor:
    if not is_reverse:
        return values
    forward = undo_reverse(values, choice.spec, key)
    return forward.index_select(-1, torch.from_numpy(choice.rows))
