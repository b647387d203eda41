"""Every single-base mutant of a sequence, exactly, for a small part of the cost of whole passes.

`plan_mutants` reads the network once and says what can be shared; `predict_mutants` and
`predict_edits` carry only what a change of bases changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from locuscope._lazy import attach

if TYPE_CHECKING:
    from locuscope.inference.mutants.plan import MutantPlan, plan_mutants
    from locuscope.inference.mutants.run import Edits, Mutants, predict_edits, predict_mutants

__all__ = [
    "Edits",
    "MutantPlan",
    "Mutants",
    "plan_mutants",
    "predict_edits",
    "predict_mutants",
]

__getattr__, __dir__ = attach(
    __name__,
    {
        "Edits": ".run",
        "MutantPlan": ".plan",
        "Mutants": ".run",
        "plan_mutants": ".plan",
        "predict_edits": ".run",
        "predict_mutants": ".run",
    },
)
