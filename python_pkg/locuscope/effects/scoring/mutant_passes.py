"""Mutants of a window without a full pass each: what `AllelePasses` uses where a plan was made.

A mutant's prediction is the reference's plus a difference that the engine of
`locuscope.inference.mutants` computes. Both are added in double precision, so that a score that
takes the reference away again finds the difference itself, not that of two rounded outputs.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.effects.scoring.open_references import open_references, references_at_a_time
from locuscope.effects.scoring.passes import sequence_key
from locuscope.inference.mutants import plan_mutants

if TYPE_CHECKING:
    from collections.abc import MutableMapping, Sequence

    from numpy.typing import NDArray

    from locuscope.effects.scoring.open_references import OpenReference
    from locuscope.effects.scoring.passes import Prediction, View
    from locuscope.effects.windows.allele_windows import AlleleWindow
    from locuscope.inference.mutants import MutantPlan
    from locuscope.inference.mutants.engine import Edit
    from locuscope.inference.run import Run
    from locuscope.inference.selection import HeadChoice
    from locuscope.models.protocol import SequenceModel

__all__ = ["MutantPasses", "planned"]

Found = tuple["Prediction", "list[Prediction]"]
"""Of one window: the reference, and each of its changed sequences."""


@dataclass(frozen=True)
class MutantPasses:
    """How the mutants of a window go through the networks of an ensemble.

    Only plain numbers travel to other processes, each of which makes the plans anew.

    Args:
        tile_places: for each network the positions that go through together. They are fixed
            beforehand: another number changes the last bits.
        is_cut: leave the tracks that were not chosen out of the network; not where strands are
            turned, since a track's partner may be one of them.
        least: carry the alternatives of a reference only where there are that many of them; the
            reference inside the network costs more than a full pass.
        is_precise: compute that reference in double precision, which takes several full passes and
            leaves differences with all their digits. For few alternatives it does not pay.
        plans: of each network, by its place; made where they are missing.
    """

    tile_places: tuple[int, ...]
    is_cut: bool
    least: int = 0
    is_precise: bool = True
    plans: dict[int, MutantPlan] = field(default_factory=dict, compare=False, repr=False)

    def __reduce__(self) -> tuple[type[MutantPasses], tuple[tuple[int, ...], bool, int, bool]]:
        """Leave the plans where they are: they hold networks."""
        return MutantPasses, (self.tile_places, self.is_cut, self.least, self.is_precise)

    def rows_per_chunk(self, rows: int, rows_per_position: int) -> int:
        """Give the number of alleles at a time, near `rows`, that cuts no tile."""
        tile = max(self.tile_places) * rows_per_position
        return tile * max(1, rows // tile)

    def carried(self, windows: Sequence[AlleleWindow]) -> list[bool]:
        """Tell which windows are carried: substitutions, where enough share a reference."""
        fits = [
            window.arrays is None
            and all(view.one_hot.shape == window.reference.shape for view in window.alternatives)
            and window.variant.length_change == 0
            for window in windows
        ]
        if not self.least:
            return fits
        keys = [_key(w) if fit else None for w, fit in zip(windows, fits, strict=True)]
        counts = Counter(keys)
        return [key is not None and counts[key] >= self.least for key in keys]

    def predict(
        self,
        model: SequenceModel,
        member: int,
        windows: Sequence[AlleleWindow],
        choices: Sequence[HeadChoice],
        *,
        organism: int,
        run: Run,
        view: View,
        remembered: MutableMapping[Any, Any] | None = None,
    ) -> list[Found]:
        """Predict windows and their changed sequences, of the same length each, in one view.

        Args:
            model: the network.
            member: its place in the ensemble.
            windows: alleles; those of one reference are run together.
            choices: heads and tracks, each at one resolution.
            organism: index of the organism.
            run: the device.
            view: strand and shift.
            remembered: kept by the caller between calls; holds the reference inside the network.
                None = it is forgotten once its alleles are done.

        Returns:
            For each window its reference and its alternatives, float64, on the forward strand.
        """
        groups: dict[Any, list[int]] = {}
        for i, window in enumerate(windows):
            groups.setdefault((member, view, *_key(window)), []).append(i)
        plan = self.plans.get(member)
        if plan is None or plan.window_bp != windows[0].reference.shape[-1]:
            plan = self.plans[member] = planned(
                model,
                choices,
                width_bp=windows[0].reference.shape[-1],
                organism=organism,
                run=run,
                is_cut=self.is_cut,
            )
        known: MutableMapping[Any, Any] = {} if remembered is None else remembered
        found: dict[int, Found] = {}
        keys = list(groups)
        step = 1 if self.is_precise else references_at_a_time(plan)
        for first in range(0, len(keys), step):
            some = keys[first : first + step]
            new = [key for key in some if key not in known]
            bases = [windows[groups[key][0]].reference for key in new]
            opened = open_references(
                plan, choices, view, bases, is_cut=self.is_cut, is_precise=self.is_precise
            )
            known.update(zip(new, opened, strict=True))
            for key in some:
                one = known[key] if remembered is not None else known.pop(key)
                self._predict_group(one, member, windows, groups[key], found)
        return [found[i] for i in range(len(windows))]

    def _predict_group(
        self,
        opened: OpenReference,
        member: int,
        windows: Sequence[AlleleWindow],
        rows: Sequence[int],
        found: dict[int, Found],
    ) -> None:
        """Predict the windows of one reference."""
        edits = [
            [
                _edit(windows[i].reference, each.one_hot, opened.view)
                for each in windows[i].alternatives
            ]
            for i in rows
        ]
        wanted = [edit for some in edits for edit in some]
        values = opened.mutants(wanted, self.tile_places[member])
        for i, some in zip(rows, edits, strict=True):
            found[i] = (opened.prediction, [values[edit] for edit in some])


def planned(
    model: SequenceModel,
    choices: Sequence[HeadChoice],
    *,
    width_bp: int,
    organism: int,
    run: Run,
    is_cut: bool,
    measure: bool = False,
) -> MutantPlan:
    """Give the plan for the heads that are scored; a process makes each once.

    Args:
        model: the network.
        choices: heads and tracks.
        width_bp: bases of a window, of all inputs together.
        organism: index of the organism.
        run: the device.
        is_cut: compute chosen tracks only, where there is one head.
        measure: time it against whole passes.

    Raises:
        ModelError, OptionError, ShapeError: what `plan_mutants` refuses.
    """
    alone = choices[0] if len(choices) == 1 and is_cut else None
    return plan_mutants(
        model,
        window_bp=width_bp,
        organism=organism,
        heads=[choice.spec.name for choice in choices],
        tracks=None if alone is None or alone.is_whole else alone.rows.tolist(),
        device=None if run.device == "auto" else run.device,
        measure=measure,
    )


def _key(window: AlleleWindow) -> tuple[int, bytes]:
    return window.reference.shape[-1], sequence_key(window.reference)


def _edit(bases: NDArray[np.uint8], changed: NDArray[np.uint8], view: View) -> Edit:
    """The changed columns of a window as (position, base) of the sequence of a view.

    Bases that the shift has moved out of the window change nothing.
    """
    if changed is bases:
        return ()
    length = bases.shape[-1]
    found = []
    # a base that is there now and was not before; no allele takes a base away
    for base, column in np.argwhere(changed > bases).tolist():
        at = column + view.shift
        if 0 <= at < length:
            found.append((length - 1 - at, 3 - base) if view.is_reverse else (at, base))
    return tuple(sorted(found))
