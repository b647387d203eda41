"""A reference inside a network, from which its mutants are carried on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING, Any

import torch

from locuscope.inference.mutants.tiles import found_tiles, grouped
from locuscope.inference.mutants.windows import Reference

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from locuscope.effects.scoring.passes import Prediction, View
    from locuscope.inference.mutants import MutantPlan
    from locuscope.inference.mutants.engine import Edit, Engine
    from locuscope.inference.selection import HeadChoice

_REFERENCE_BYTES = 96 << 20
_MOST_REFERENCES = 16


def open_references(
    plan: MutantPlan,
    choices: Sequence[HeadChoice],
    view: View,
    many: Sequence[NDArray[np.uint8]],
    *,
    is_cut: bool,
    is_precise: bool,
) -> Iterator[OpenReference]:
    """Compute references inside a network, those of one call side by side.

    Args:
        plan: of the network.
        choices: heads and tracks, each at one resolution.
        view: strand and shift.
        many: one-hot (A, L) each, on the forward strand.
        is_cut: leave the tracks that were not chosen out of the network, where there is one head.
        is_precise: in double precision, one after another.
    """
    if not many:
        return
    engine = plan.engine if is_precise else replace(plan.engine, is_precise=False)
    is_cut = is_cut and len(choices) == 1
    sequences = [torch.from_numpy(view.of_bases(bases[None])[0]).float() for bases in many]
    with plan.running():
        references = references_of(engine, sequences)
        outputs = [[v.cpu() for v in engine.outputs(one)] for one in references]
    for sequence, reference, own in zip(sequences, references, outputs, strict=True):
        opened = OpenReference(plan, engine, choices, view, is_cut, sequence, reference, own, {})
        opened.fill()
        yield opened


@dataclass(frozen=True, eq=False)
class OpenReference:
    """One view of a reference inside a network.

    Args:
        plan: of the network.
        engine: as the reference was computed with it.
        choices: heads and tracks, each at one resolution.
        view: strand and shift.
        is_cut: the network gives the chosen tracks only.
        sequence: (A, L) in this view.
        reference: values inside the network.
        outputs: of the reference, as the network gives them.
        prediction: of the reference, on the forward strand.
    """

    plan: MutantPlan
    engine: Engine
    choices: Sequence[HeadChoice]
    view: View
    is_cut: bool
    sequence: Tensor
    reference: Reference
    outputs: list[Tensor]
    prediction: Prediction

    def fill(self) -> None:
        """Read the prediction of the reference itself."""
        nothing = [torch.zeros_like(value)[None] for value in self.outputs]
        (own,) = self._predictions(nothing)
        self.prediction.update(own)

    def mutants(self, edits: Sequence[Edit], tile_places: int) -> dict[Edit, Prediction]:
        """Predictions of different edits; one that changes nothing is the reference."""
        places: dict[tuple[int, ...], dict[Edit, None]] = {}
        for edit in sorted(set(edits)):
            if edit:
                places.setdefault(tuple(at for at, _ in edit), {})[edit] = None
        table = {row: list(some) for row, some in enumerate(places.values())}
        values: dict[Edit, Prediction] = {(): self.prediction}
        with self.plan.running():
            for rows, deltas in found_tiles(
                self.engine,
                self.sequence,
                grouped(table, tile_places),
                table,
                reference=self.reference,
                batch=self.plan.batch,
                workers=1,
            ):
                done = [edit for row in rows for edit in table[row]]
                values.update(zip(done, self._predictions(deltas), strict=True))
        return values

    def _predictions(self, deltas: Sequence[Tensor]) -> Iterator[Prediction]:
        """Each of M mutants: reference plus difference (M, L', T), on the forward strand."""
        place_of = {key: place for place, key in enumerate(self.plan.keys)}
        found: Mapping[tuple[str, int], NDArray[Any]] = {
            (choice.spec.name, choice.keys[0]): self._values(
                choice, place_of[choice.spec.name, choice.keys[0]], deltas
            )
            for choice in self.choices
        }
        for i in range(len(deltas[0])):
            yield {key: values[i] for key, values in found.items()}

    def _values(
        self, choice: HeadChoice, place: int, deltas: Sequence[Tensor]
    ) -> NDArray[np.float64]:
        base, delta = self.outputs[place], deltas[place].cpu()
        if not (self.is_cut or self.view.is_reverse or choice.is_whole):
            rows = torch.from_numpy(choice.rows)
            base, delta = base.index_select(-1, rows), delta.index_select(-1, rows)
        values = base.double() + delta.double()
        back: NDArray[np.float64] = self.view.brought_back(values, choice, choice.keys[0]).numpy()
        return back


def references_at_a_time(plan: MutantPlan) -> int:
    """How many references go through a network side by side."""
    steps = plan.engine.net.graph.steps
    held = 4 * sum(prod(step.shape) for step in steps if step.shape is not None)
    return max(1, min(_MOST_REFERENCES, _REFERENCE_BYTES // max(1, held)))


def references_of(engine: Engine, sequences: Sequence[Tensor]) -> list[Reference]:
    """Values of every operation for some sequences (A, L), as one batch where it can be cut."""
    n = len(sequences)
    if n > 1 and not engine.is_precise:
        graph = engine.net.graph
        values = graph.reference(torch.cat([engine.one_hot(each) for each in sequences]))
        if all(_is_cuttable(value, n) for value in values.values()):
            return [
                Reference({node: _cut(value, i) for node, value in values.items()})
                for i in range(n)
            ]
    return [engine.reference(each) for each in sequences]


def _is_cuttable(value: Any, n: int) -> bool:
    """Whether each example of a batch has its own part of a value, or nothing."""
    if isinstance(value, (tuple, list)):
        return all(_is_cuttable(part, n) for part in value)
    return isinstance(value, torch.Tensor) and (value.shape[:1] == (n,) or not value.numel())


def _cut(value: Any, i: int) -> Any:
    if isinstance(value, (tuple, list)):
        return type(value)(_cut(part, i) for part in value)
    return value[i : i + 1] if value.numel() else value
