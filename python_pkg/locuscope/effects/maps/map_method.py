"""Whether the mutants of a map are carried through the network or each is a full pass."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING

from locuscope.effects.scoring.mutant_passes import MutantPasses
from locuscope.effects.scoring.plan_worth import impossible, is_worth_plans, plan_of
from locuscope.errors import LocuscopeError, RunWarning

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from locuscope.effects.maps.map_plan import MapPlan
    from locuscope.effects.maps.map_windows import MapEntry
    from locuscope.inference.mutants import MutantPlan
    from locuscope.models.protocol import SequenceModel


def with_method(plan: MapPlan, entries: Sequence[MapEntry]) -> MapPlan:
    """Decide how the mutants of a call are computed.

    Args:
        plan: the options that were read; its `method` says what was asked for.
        entries: what is made.

    Returns:
        The plan, with `cells.scoring.mutants` where differences are carried.

    Raises:
        OptionError: method="incremental", and a network that it cannot serve; the reason is the
            plan's.
    """
    if plan.method == "naive":
        return plan
    if plan.method == "incremental":
        return _carried(plan, [_proved(plan, each, entries) for each in _models(plan)])
    if not _is_worth(plan, entries):
        return plan
    made: list[MutantPlan] = []
    with warnings.catch_warnings():
        # Nobody asked for a plan: where it serves less, full passes are as good an answer.
        warnings.simplefilter("ignore", RunWarning)
        for each in _models(plan):
            try:
                made.append(_plan(plan, each, entries))
            except LocuscopeError:
                return plan
            if not made[-1].is_faster:
                return plan
    return _carried(plan, made)


def adoptable(plan: MapPlan) -> dict[str, object]:
    """What a resumed job takes over, so that it ends byte-equal."""
    mutants = plan.cells.scoring.mutants
    return {} if mutants is None else {"tile_places": list(mutants.tile_places)}


def adopted(plan: MapPlan, choices: Mapping[str, object]) -> MapPlan:
    """The plan as the first run of a job had it."""
    tiles = choices.get("tile_places")
    return _with(plan, None if tiles is None else [int(str(n)) for n in _listed(tiles)])


def _listed(tiles: object) -> Sequence[object]:
    return tiles if isinstance(tiles, (list, tuple)) else [tiles]


def _carried(plan: MapPlan, made: Sequence[MutantPlan]) -> MapPlan:
    return _with(plan, [each.tile_places for each in made], made)


def _with(plan: MapPlan, tiles: Sequence[int] | None, made: Sequence[MutantPlan] = ()) -> MapPlan:
    scoring = plan.cells.scoring
    mutants = None
    if tiles is not None:
        is_cut = not scoring.ensemble.rc
        mutants = MutantPasses(tuple(tiles), is_cut, plans=dict(enumerate(made)))
    if mutants == scoring.mutants:
        return plan
    return replace(plan, cells=replace(plan.cells, scoring=replace(scoring, mutants=mutants)))


def _models(plan: MapPlan) -> tuple[SequenceModel, ...]:
    return plan.cells.scoring.passes.models


def _plan(plan: MapPlan, model: SequenceModel, entries: Sequence[MapEntry]) -> MutantPlan:
    return plan_of(plan.cells.scoring, model, _width(entries))


def _proved(plan: MapPlan, model: SequenceModel, entries: Sequence[MapEntry]) -> MutantPlan:
    """The plan of a network, or the reason why there is none."""
    if _has_arrays(entries):
        raise impossible(model, "its data loader gives arrays beside the bases")
    made = _plan(plan, model, entries)
    if not made.is_incremental:
        raise impossible(model, made.reason)
    return made


def _is_worth(plan: MapPlan, entries: Sequence[MapEntry]) -> bool:
    """Whether full passes would take longer than the making of a plan."""
    if _has_arrays(entries):
        return False
    positions = sum(len(window.positions) for entry in entries for window in entry.windows)
    return is_worth_plans(plan.cells.scoring, 3 * positions, _width(entries))


def _width(entries: Sequence[MapEntry]) -> int:
    """Bases that the network reads of a window, all its inputs together."""
    return sum(piece.place.width for piece in entries[0].windows[0].pieces)


def _has_arrays(entries: Sequence[MapEntry]) -> bool:
    windows = (window for entry in entries for window in entry.windows)
    return any(window.held is not None and window.held.arrays is not None for window in windows)
