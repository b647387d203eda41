"""What `predict_mutants` and `predict_edits` give: differences, and the reference they refer to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from locuscope.inference.mutants.plan import MutantPlan

Arrays: TypeAlias = "dict[str, dict[int, NDArray[Any]]]"
"""Head -> resolution -> values; with a target the one head is `target`, its resolution 0."""


@dataclass(frozen=True, eq=False, repr=False)
class Mutants:
    """Every single-base mutant of some positions of a sequence.

    Args:
        reference: head -> resolution -> (L', T), the sequence itself.
        delta: head -> resolution -> (P, A, L', T): mutant minus reference. 0 at the base that the
            sequence has, NaN at positions without a base and for bases that were not asked for.
        positions: 0-based positions of the sequence, (P,).
        plan: how it was computed.
        method: "incremental" or "naive".
    """

    reference: Arrays
    delta: Arrays
    positions: NDArray[np.int64]
    plan: MutantPlan
    method: str

    def alternative(self) -> Arrays:
        """Outputs of the mutants: reference plus difference, sizes as `delta`."""
        return {
            head: {key: self.reference[head][key] + values for key, values in by_key.items()}
            for head, by_key in self.delta.items()
        }

    def __repr__(self) -> str:
        """Number of positions and method."""
        return f"Mutants({len(self.positions):,} positions, {self.method}, {self.plan.model.name})"


@dataclass(frozen=True, eq=False, repr=False)
class Edits:
    """What given edits of a sequence do.

    Args:
        reference: head -> resolution -> (L', T).
        delta: head -> resolution -> (E, L', T): edited minus reference.
        epistasis: head -> resolution -> (E, L', T): of an edit of several positions, its
            difference minus those of its parts alone; 0 for an edit of one.
        plan: how it was computed.
        method: "incremental" or "naive".
    """

    reference: Arrays
    delta: Arrays
    epistasis: Arrays
    plan: MutantPlan
    method: str

    def __repr__(self) -> str:
        """Method and model."""
        return f"Edits({self.method}, {self.plan.model.name})"
