"""Whether the substitutions of a call of `score_variants` are carried through the network."""

from __future__ import annotations

import time
import warnings
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from locuscope.effects.scoring.mutant_passes import MutantPasses
from locuscope.effects.scoring.open_references import references_at_a_time, references_of
from locuscope.effects.scoring.plan_worth import impossible, is_worth_plans, plan_of
from locuscope.errors import LocuscopeError, OptionError, RunWarning

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from locuscope.effects.jobs.score_plan import ScorePlan
    from locuscope.effects.scoring.window_scores import WindowScoring
    from locuscope.genome.reference import Genome
    from locuscope.genome.variant_parts import VariantSource
    from locuscope.inference.mutants import MutantPlan

_LOOKED_AT = 1_000
_MARGIN = 0.9
_MOST_ALTERNATIVES = 3
_ROUNDS = 3


def with_method(
    plan: ScorePlan, method: str, source: VariantSource, genome: Genome | None
) -> ScorePlan:
    """Decide how the substitutions of a call are computed; other alleles are full passes.

    Args:
        plan: the options that were read.
        method: "auto", "incremental" or "naive".
        source: the alleles; up to 1,000 of them are counted where their number is not known.
        genome: the reference.

    Returns:
        The plan, with `scoring.mutants` where differences are carried.

    Raises:
        OptionError: method="incremental" without a score on the shared window, for windows of a
            data loader, or for a network that it cannot serve.
    """
    scoring = plan.scoring
    if method == "incremental":
        return _with(plan, _asked(plan), 1)
    if method == "naive" or scoring is None or plan.is_one_shot or plan.width_bp is None:
        return plan
    if not is_worth_plans(scoring, 2 * _count(source, genome), plan.width_bp):
        return plan
    made: list[MutantPlan] = []
    least = 1
    with warnings.catch_warnings():
        # Nobody asked for a plan: where it serves less, full passes are as good an answer.
        warnings.simplefilter("ignore", RunWarning)
        for model in scoring.passes.models:
            try:
                made.append(plan_of(scoring, model, plan.width_bp))
            except LocuscopeError:
                return plan
            needed = least_alternatives(made[-1]) if made[-1].is_faster else None
            if needed is None:
                return plan
            least = max(least, needed)
    return _with(plan, made, least)


def least_alternatives(plan: MutantPlan) -> int | None:
    """Give the alternatives that a reference needs before carrying them takes less time.

    The reference inside the network costs more than a full pass in a batch, so that a network may
    gain where a site has three ALTs and lose where it has one. None = it never gains.
    """
    from locuscope.inference.mutants.plan import random_sequence

    if plan.seconds is None:
        return 1
    engine = replace(plan.engine, is_precise=False)
    sequences = [random_sequence(plan.window_bp, k) for k in range(references_at_a_time(plan))]
    edits = [[((plan.window_bp // 2, base),) for base in range(3)]]
    times: list[tuple[float, float]] = []
    with plan.running():
        for _ in range(_ROUNDS):
            start = time.perf_counter()
            reference = references_of(engine, sequences)[0]
            then = time.perf_counter()
            engine.found(engine.tile(reference, edits))
            once, each = (then - start) / len(sequences), time.perf_counter() - then
            times.append((once, each / len(edits[0])))
    once, each = (min(column) for column in zip(*times, strict=True))
    naive = plan.seconds[1]
    for n in range(1, _MOST_ALTERNATIVES + 1):
        if once + n * each < _MARGIN * (1 + n) * naive:
            return n
    return None


def adoptable(plan: ScorePlan) -> dict[str, object]:
    """What a resumed job takes over, so that it ends byte-equal."""
    mutants = None if plan.scoring is None else plan.scoring.mutants
    return {} if mutants is None else {"least_carried": mutants.least}


def adopted(plan: ScorePlan, choices: Mapping[str, object]) -> ScorePlan:
    """The plan as the first run of a job had it."""
    least = cast("int | None", choices.get("least_carried"))
    if adoptable(plan).get("least_carried") == least or plan.scoring is None:
        return plan
    if least is None:
        return replace(plan, scoring=replace(plan.scoring, mutants=None))
    return _with(plan, [], least)


def _asked(plan: ScorePlan) -> list[MutantPlan]:
    """Plans of all networks, or the reason why there are none."""
    if plan.scoring is None or plan.width_bp is None:
        raise OptionError(
            f"method='incremental' has no effect on {', '.join(plan.order)}, which makes its own "
            "sequences.",
            option="method",
            value="incremental",
        )
    if plan.is_one_shot:
        raise impossible(plan.model, "its windows are the batches of a data loader")
    made = []
    for model in plan.scoring.passes.models:
        made.append(plan_of(plan.scoring, model, plan.width_bp))
        if not made[-1].is_incremental:
            raise impossible(model, made[-1].reason)
    return made


def _with(plan: ScorePlan, made: Sequence[MutantPlan], least: int) -> ScorePlan:
    scoring = cast("WindowScoring", plan.scoring)
    mutants = MutantPasses(
        # A site is one position, and sites lie apart: nothing to put into one tile.
        (1,) * len(scoring.passes.models),
        not scoring.ensemble.rc,
        least,
        False,
        dict(enumerate(made)),
    )
    return replace(plan, scoring=replace(scoring, mutants=mutants))


def _count(source: VariantSource, genome: Genome | None) -> int:
    """Alleles of a source, at least; 0 where looking at them would use them up."""
    if source.n_alleles is not None:
        return source.n_alleles
    if source.path is None or source.path.is_fifo():
        return 0
    with closing(cast("Generator[Any]", source.parts(genome, _LOOKED_AT))) as parts:
        return len(next(parts, ()))
