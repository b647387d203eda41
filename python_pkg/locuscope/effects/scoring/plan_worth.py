"""Whether a call is worth the plans that carry its mutants through the networks."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import torch

from locuscope.effects.scoring.mutant_passes import planned
from locuscope.errors import OptionError
from locuscope.inference.batches import held
from locuscope.models.borrow import number_type

if TYPE_CHECKING:
    from locuscope.effects.scoring.window_scores import WindowScoring
    from locuscope.inference.mutants import MutantPlan
    from locuscope.models.protocol import SequenceModel

METHODS = ("auto", "incremental", "naive")
# What reading a network and proving the plan takes; a call that full passes finish sooner has none.
PLAN_S = 4.0
MIN_PASSES = 512
_TRIAL_SEQUENCES = 4


def is_worth_plans(scoring: WindowScoring, n_mutants: int, width_bp: int) -> bool:
    """Tell whether full passes would take longer than the making of plans.

    Args:
        scoring: networks, heads and views.
        n_mutants: changed sequences of the call, in one view.
        width_bp: bases of a window, of all inputs together.
    """
    ensemble, models = scoring.ensemble, scoring.passes.models
    each = n_mutants * len(ensemble.shifts) * (2 if ensemble.rc else 1)
    if each * len(models) < MIN_PASSES:
        return False
    return any(each * _seconds(scoring, model, width_bp) > PLAN_S for model in models)


def plan_of(scoring: WindowScoring, model: SequenceModel, width_bp: int) -> MutantPlan:
    """Give the measured plan of one network of a call.

    Raises:
        ModelError, OptionError, ShapeError: what `plan_mutants` refuses.
    """
    return planned(
        model,
        scoring.choices,
        width_bp=width_bp,
        organism=scoring.organism,
        run=scoring.run,
        is_cut=not scoring.ensemble.rc,
        measure=True,
    )


def impossible(model: SequenceModel, reason: str) -> OptionError:
    """Give the error of method="incremental" for a network that it cannot serve."""
    return OptionError(
        f"method='incremental' is not possible for {model.name}: {reason}. method='naive' runs "
        "a full pass for each change.",
        option="method",
        value="incremental",
        allowed=("auto", "naive"),
    )


def _seconds(scoring: WindowScoring, model: SequenceModel, width_bp: int) -> float:
    """Seconds of a full pass, from a small batch."""
    device = scoring.run.torch_device()
    parts = [value for value in vars(model).values() if isinstance(value, torch.nn.Module)]
    dtype = number_type(parts[0]) if parts else torch.float32
    batch = torch.zeros(_TRIAL_SEQUENCES, 4, width_bp, dtype=dtype, device=device)
    batch[:, 0] = 1
    heads = [choice.spec.name for choice in scoring.choices]
    took = 0.0
    with torch.inference_mode(), held(model, device):
        for _ in range(2):  # the first pass also pays for what is made once
            start = time.perf_counter()
            model.run(batch, organism=scoring.organism, heads=heads)
            took = time.perf_counter() - start
    return took / _TRIAL_SEQUENCES
