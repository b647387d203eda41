"""Places that are longer than one window predicts: every head in windows side by side."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from locuscope.errors import OptionError, ShapeError
from locuscope.genome.caller import warn_caller
from locuscope.inference.progress import Progress
from locuscope.inference.tile_jobs import region_values
from locuscope.inference.tile_plan import plan_tiles
from locuscope.inference.tile_work import TileWork, with_bins
from locuscope.inference.window_passes import WindowPasses
from locuscope.inference.windows import widest_crop

if TYPE_CHECKING:
    from collections.abc import Sequence

    from locuscope.genome.interval import Interval
    from locuscope.genome.reference import Genome
    from locuscope.inference.ensemble import Ensemble
    from locuscope.inference.run import Run
    from locuscope.inference.selection import HeadChoice
    from locuscope.inference.view_sums import Tensors
    from locuscope.models.protocol import SequenceModel


@dataclass(frozen=True)
class LongPlaces:
    """What windows side by side give of places.

    Args:
        values: head -> resolution -> (N, L', T).
        covered: (head, resolution) -> what the bins of each place cover.
    """

    values: Tensors
    covered: dict[tuple[str, int], list[Interval]]


def is_long(model: SequenceModel, place: Interval, choices: Sequence[HeadChoice]) -> bool:
    """Whether a place is longer than what a fixed window predicts."""
    return model.window_bp is not None and place.width > model.window_bp - 2 * widest_crop(choices)


def predict_long(
    model: SequenceModel,
    places: Sequence[Interval],
    genome: Genome,
    choices: Sequence[HeadChoice],
    *,
    organism: int,
    ensemble: Ensemble,
    run: Run,
    seed: int = 0,
    on_nonfinite: str = "warn",
) -> LongPlaces:
    """Predict places of one width in windows that stand side by side.

    A DataWarning says so where a head has no crop of its own, since the bins near the ends of a
    window then know less of their surroundings than those in its middle.

    Args:
        model: any `SequenceModel` that reads one window.
        places: of one width.
        genome: where the bases come from.
        choices: heads, resolutions and tracks.
        organism: index of the organism.
        ensemble: views of each window that are averaged.
        run: device, batch size and progress.
        seed: of the samples of dropout.
        on_nonfinite: "warn" or "raise".

    Raises:
        OptionError: a head without bins along the sequence; a model without a width of its own.
        ShapeError: places whose bins differ in number.
        OutOfBoundsError: as `predict_region`.
    """
    works: dict[tuple[str, int], list[TileWork]] = {}
    for choice in choices:
        for key in _keys(model, choice, places[0]):
            one = replace(choice, keys=(key,))
            passes = WindowPasses(
                model, genome, (one,), organism, ensemble, run, seed, on_nonfinite
            )
            plans = [plan_tiles(model, one, place, genome) for place in places]
            works[choice.spec.name, key] = [TileWork(plan, passes) for plan in plans]
    for (name, key), some in works.items():
        counts = [work.plan.n_bins for work in some]
        if len(set(counts)) > 1:
            raise ShapeError(
                f"the places give {min(counts):,} to {max(counts):,} bins of {key:,} bases of "
                f"{name!r}, because they begin at different offsets in a bin or leave their "
                "contig. Predict each in its own call.",
                found=min(counts),
                expected=max(counts),
            )
        for work in some:
            work.check()
    _say_seams(model, works)
    total = sum(work.plan.n_bins for some in works.values() for work in some)
    values: Tensors = {choice.spec.name: {} for choice in choices}
    with Progress(run.progress, what="bins", total=total) as progress:
        done = 0
        for (name, key), some in works.items():
            parts = region_values(some, run, progress, done=done)
            done += sum(map(len, parts))
            values[name][key] = torch.from_numpy(np.stack(parts))
    covered = {place: [work.plan.covered for work in some] for place, some in works.items()}
    return LongPlaces(values, covered)


def _keys(model: SequenceModel, choice: HeadChoice, place: Interval) -> tuple[int, ...]:
    try:
        with_bins(model, choice)
    except OptionError as error:
        raise OptionError(
            f"{place.text()} has {place.width:,} bases, more than one window of {model.name} "
            f"predicts, and {error} Choose others with heads=.",
            option="heads",
            value=choice.spec.name,
        ) from error
    return choice.keys


def _say_seams(model: SequenceModel, works: dict[tuple[str, int], list[TileWork]]) -> None:
    plain = {
        name: some[0].plan
        for (name, _), some in works.items()
        if not some[0].choice.spec.crop_bp and some[0].plan.n_windows > 1
    }
    if plain:
        plan = next(iter(plain.values()))
        warn_caller(
            f"{plan.covered.text()} was predicted by {model.name} in {plan.n_windows:,} windows of "
            f"{plan.width_bp:,} bases, {plan.crop_bp:,} at each end as context; "
            f"{', '.join(map(repr, plain))} states no crop, so bins near the seams may know less "
            "of their surroundings. predict_region(width_bp=, crop_bp=) sets both."
        )
