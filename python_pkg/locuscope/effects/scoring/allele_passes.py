"""Predictions on the alleles of some windows in one view, both strands, on reference positions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.effects.scoring.passes import View, array_bytes, predict_unique, sequence_key
from locuscope.effects.windows.allele_alignment import Aligned, aligned
from locuscope.errors import OptionError
from locuscope.inference.shifts import is_undone, known_positions
from locuscope.inference.views import check_one_direction

if TYPE_CHECKING:
    from collections.abc import MutableMapping, Sequence

    from numpy.typing import NDArray

    from locuscope.effects.scoring.mutant_passes import MutantPasses
    from locuscope.effects.scoring.passes import Prediction
    from locuscope.effects.windows.allele_windows import AlleleWindow
    from locuscope.genome.indel_rule import IndelRule
    from locuscope.inference.ensemble import Ensemble
    from locuscope.inference.run import Run
    from locuscope.inference.selection import HeadChoice
    from locuscope.models.protocol import SequenceModel

    References = MutableMapping[Any, Any]


@dataclass(frozen=True, eq=False)
class Strand:
    """What one strand gave: a prediction per window, and one per changed sequence of a window."""

    references: list[Prediction]
    alternatives: list[list[Prediction]]

    def averaged(self, other: Strand) -> Strand:
        """Give the mean with another strand, in prediction space."""
        return Strand(
            [_mean(a, b) for a, b in zip(self.references, other.references, strict=True)],
            [
                [_mean(a, b) for a, b in zip(left, right, strict=True)]
                for left, right in zip(self.alternatives, other.alternatives, strict=True)
            ],
        )


@dataclass(frozen=True, eq=False)
class AllelePasses:
    """Runs alleles and their references through the networks of an ensemble.

    Args:
        models: the networks, in the order of `Ensemble.order`.
        choices: heads and tracks, each at one resolution.
        organism: index of the organism.
        indels: how ALT comes back to reference coordinates.
        ensemble: the views.
        run: device and batch size.
        mutants: carry substitutions through the networks instead of running them; None = each
            sequence is a full pass.

    Raises:
        OptionError: shifts that are filled from a genome; a turned or shifted view of a model that
            reads several inputs.
    """

    models: tuple[SequenceModel, ...]
    choices: tuple[HeadChoice, ...]
    organism: int
    indels: IndelRule
    ensemble: Ensemble
    run: Run
    mutants: MutantPasses | None = None

    def __post_init__(self) -> None:
        """Refuse views that a window cannot give."""
        if self.ensemble.shift_fill == "genome":
            raise OptionError(
                "shift_fill='genome' reads bases beyond the window, which a scored window does not "
                "hold; use 'uniform' or 'zero'.",
                option="shift_fill",
                value="genome",
                allowed=("uniform", "zero"),
            )
        if len(self.models[0].inputs) > 1:
            check_one_direction(self.models[0], self.ensemble)

    def strands(
        self,
        windows: Sequence[AlleleWindow],
        member: int,
        shift: int,
        references: References | None = None,
    ) -> tuple[Strand, ...]:
        """Predict one view of some windows: forward, then with `ensemble.rc` the other strand."""
        sides = (False, True) if self.ensemble.rc else (False,)
        return tuple(
            self._strand(windows, member, shift, references, is_reverse=is_reverse)
            for is_reverse in sides
        )

    def _strand(
        self,
        windows: Sequence[AlleleWindow],
        member: int,
        shift: int,
        remembered: References | None,
        *,
        is_reverse: bool,
    ) -> Strand:
        if self.mutants is None:
            return self._run(windows, member, shift, remembered, is_reverse=is_reverse)
        is_carried = self.mutants.carried(windows)
        found: dict[int, tuple[Prediction, list[Prediction]]] = {}
        carried = [i for i, is_it in enumerate(is_carried) if is_it]
        if carried:
            done = self.mutants.predict(
                self.models[member],
                member,
                [windows[i] for i in carried],
                self.choices,
                organism=self.organism,
                run=self.run,
                view=View(is_reverse, shift, self.ensemble.shift_fill),
                remembered=remembered,
            )
            found |= dict(zip(carried, done, strict=True))
        others = [i for i, is_it in enumerate(is_carried) if not is_it]
        if others:
            some = [windows[i] for i in others]
            ran = self._run(some, member, shift, remembered, is_reverse=is_reverse)
            found |= zip(others, zip(ran.references, ran.alternatives, strict=True), strict=True)
        rows = range(len(windows))
        return Strand([found[i][0] for i in rows], [found[i][1] for i in rows])

    def _run(
        self,
        windows: Sequence[AlleleWindow],
        member: int,
        shift: int,
        remembered: References | None,
        *,
        is_reverse: bool,
    ) -> Strand:
        """Full passes, each distinct sequence once."""
        keys = [
            (
                member,
                shift,
                is_reverse,
                window.reference.shape[-1],
                sequence_key(window.reference),
                array_bytes(window.arrays),
            )
            for window in windows
        ]
        known: References = {} if remembered is None else remembered
        new = {key: w for key, w in zip(keys, windows, strict=True) if key not in known}
        changed = [
            (view.one_hot, w.arrays)
            for w in windows
            for view in w.alternatives
            if view.one_hot is not w.reference
        ]
        asked = [(w.reference, w.arrays) for w in new.values()] + changed
        takes_arrays = any(arrays is not None for _, arrays in asked)
        predictions = predict_unique(
            self.models[member],
            [sequence for sequence, _ in asked],
            self.choices,
            organism=self.organism,
            run=self.run,
            is_reverse=is_reverse,
            shift=shift,
            shift_fill=self.ensemble.shift_fill,
            arrays=[arrays for _, arrays in asked] if takes_arrays else None,
        )
        known.update(zip(new, predictions, strict=False))
        rest = iter(predictions[len(new) :])
        return Strand(
            [known[key] for key in keys],
            [
                [
                    known[key] if view.one_hot is w.reference else next(rest)
                    for view in w.alternatives
                ]
                for key, w in zip(keys, windows, strict=True)
            ],
        )

    def on_reference(
        self,
        windows: Sequence[AlleleWindow],
        strand: Strand,
        choice: HeadChoice,
        shift: int,
    ) -> tuple[Aligned, ...]:
        """Bring one head to reference positions, without those that a shift left unknown."""
        key = choice.keys[0]
        if not is_undone(key, shift):
            return aligned(windows, strand.references, strand.alternatives, choice, self.indels)
        # A marker rides along as one more track: NaN where the shift leaves no value. Where it is
        # NaN after the alignment, something unknown has gone into the position.
        marked = Strand(
            [_marked(one, choice, shift) for one in strand.references],
            [[_marked(one, choice, shift) for one in some] for some in strand.alternatives],
        )
        found = aligned(windows, marked.references, marked.alternatives, choice, self.indels)
        return tuple(_unmarked(each) for each in found)


def _mean(one: Prediction, other: Prediction) -> Prediction:
    return {place: (values + other[place]) / 2 for place, values in one.items()}


def _marked(prediction: Prediction, choice: HeadChoice, shift: int) -> Prediction:
    place = (choice.spec.name, choice.keys[0])
    values = prediction[place]
    marker: NDArray[Any] = np.full((len(values), 1), np.nan, values.dtype)
    marker[known_positions(len(values), choice.keys[0], shift)] = 0
    return {place: np.concatenate([values, marker], axis=1)}


def _unmarked(found: Aligned) -> Aligned:
    is_known = ~(np.isnan(found.ref[..., -1]) | np.isnan(found.alt[..., -1]))
    valid = found.valid & is_known
    alt = np.where(valid[:, :, None], found.alt[..., :-1], np.nan)
    return Aligned(found.ref[..., :-1], alt, valid, found.unaligned)
