"""Sequences through a model, each distinct one once: the ALTs of a site share their reference."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from locuscope.errors import DataWarning
from locuscope.genome.sequence import reverse_complement
from locuscope.inference.batches import Examples, run_batches
from locuscope.inference.ensemble import Ensemble, undo_reverse
from locuscope.inference.shifts import shift_bases, undo_shift

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from locuscope.inference.run import Run
    from locuscope.inference.selection import HeadChoice
    from locuscope.models.protocol import SequenceModel

_KEPT_BYTES = 1 << 16
Arrays = Mapping[str, "NDArray[Any]"]
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
    shift: int = 0,
    shift_fill: str = "uniform",
    arrays: Sequence[Arrays | None] | None = None,
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
        shift: bases by which the sequences are moved before.
        shift_fill: what fills the open end, "uniform" or "zero".
        arrays: for each sequence the inputs of the model that are no bases, by name.

    Returns:
        One prediction per sequence, in order, on the forward strand. Where the bins are a divisor
        of the shift it is moved back, with 0 at the positions that `known_positions` leaves out.
        Equal sequences share one object.
    """
    others = [None] * len(sequences) if arrays is None else list(arrays)
    places: dict[tuple[int, bytes, bytes], list[int]] = {}
    for index, (sequence, other) in enumerate(zip(sequences, others, strict=True)):
        key = (sequence.shape[-1], sequence_key(sequence), array_bytes(other))
        places.setdefault(key, []).append(index)
    by_length: dict[int, list[list[int]]] = {}
    for (length, *_), indices in places.items():
        by_length.setdefault(length, []).append(indices)
    found: list[Prediction] = [{} for _ in sequences]
    for groups in by_length.values():
        some = [sequences[indices[0]] for indices in groups]
        view = View(is_reverse, shift, shift_fill)
        given = None if arrays is None else [others[indices[0]] or {} for indices in groups]
        values = _run(model, some, choices, view, organism=organism, run=run, arrays=given)
        for k, indices in enumerate(groups):
            prediction = {place: array[k] for place, array in values.items()}
            for index in indices:
                found[index] = prediction
    return found


def sequence_key(sequence: NDArray[np.uint8]) -> bytes:
    """Give what tells sequences of one length apart: their bytes, or a digest of many bytes."""
    if sequence.nbytes <= _KEPT_BYTES:
        return sequence.tobytes()
    return hashlib.blake2b(np.ascontiguousarray(sequence).data, digest_size=32).digest()


def array_bytes(arrays: Arrays | None) -> bytes:
    """Give what tells the inputs that are no bases apart; empty without any."""
    return b"".join(np.ascontiguousarray(array).tobytes() for array in (arrays or {}).values())


@dataclass(frozen=True)
class View:
    """How a sequence is turned and moved before it is run, and its prediction brought back.

    Args:
        is_reverse: run the reverse complement.
        shift: bases by which the sequence is moved before.
        fill: what fills the open end, "uniform" or "zero".
    """

    is_reverse: bool
    shift: int
    fill: str

    def of_bases(self, batch: NDArray[np.uint8]) -> NDArray[Any]:
        """(N, A, L): shifted first, then turned."""
        moved: NDArray[Any] = batch
        if self.shift:
            moved = shift_bases(torch.from_numpy(batch), self.shift, self.fill).numpy()
        return np.ascontiguousarray(reverse_complement(moved)) if self.is_reverse else moved

    def asked(self, choice: HeadChoice) -> HeadChoice:
        """Ask for all channels of a turned view: a track's partner may not be a chosen one."""
        if not self.is_reverse:
            return choice
        return replace(choice, rows=np.arange(choice.spec.num_tracks))

    def brought_back(self, values: Tensor, choice: HeadChoice, key: int) -> Tensor:
        """Turned back first, then shifted back."""
        if self.is_reverse:
            values = undo_reverse(values, choice.spec, key)
            values = values.index_select(-1, torch.from_numpy(choice.rows))
        return undo_shift(values, choice.spec, key, self.shift)


def _run(
    model: SequenceModel,
    sequences: Sequence[NDArray[np.uint8]],
    choices: Sequence[HeadChoice],
    view: View,
    *,
    organism: int,
    run: Run,
    arrays: Sequence[Arrays] | None,
) -> dict[tuple[str, int], NDArray[np.floating[Any]]]:
    def fetch(first: int, stop: int) -> NDArray[Any]:
        return view.of_bases(np.stack(sequences[first:stop]))

    def fetch_arrays(first: int, stop: int) -> Arrays:
        some = (arrays or [])[first:stop]
        return {name: np.stack([one[name] for one in some]) for name in some[0]}

    with warnings.catch_warnings():
        # NaN and Inf become a status of their row, which is said once at the end of the call.
        warnings.simplefilter("ignore", DataWarning)
        outputs = run_batches(
            model,
            Examples(
                len(sequences),
                sequences[0].shape[-1],
                fetch,
                is_joined=len(model.inputs) > 1,
                arrays=None if arrays is None else fetch_arrays,
            ),
            [view.asked(choice) for choice in choices],
            organism=organism,
            ensemble=Ensemble(),
            run=run,
        )
    return {
        (choice.spec.name, key): view.brought_back(
            outputs[choice.spec.name][key], choice, key
        ).numpy()
        for choice in choices
        for key in choice.keys
    }
