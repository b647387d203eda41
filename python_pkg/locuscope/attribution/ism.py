"""The verb `ism`: contributions from the effects of all single changes of bases."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.attribution.contribution_values import Contributions
from locuscope.attribution.examples import read_sequences
from locuscope.attribution.mutant_effects import METHODS, MutantEffects
from locuscope.attribution.target_views import target_views
from locuscope.errors import InputError, OptionError, OutOfBoundsError
from locuscope.genome.choices import check_choice
from locuscope.genome.draws import check_seed
from locuscope.genome.interval import Interval, whole_number
from locuscope.inference.ensemble import Ensemble, ensemble_of
from locuscope.inference.run import Run, run_here
from locuscope.models.protocol import require_model
from locuscope.tracks.organism import organism_index

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from locuscope.attribution.examples import Sequences
    from locuscope.attribution.mutant_effects import Finish
    from locuscope.attribution.target_views import TargetViews
    from locuscope.genome.reference import Genome
    from locuscope.inference.target import TargetLike
    from locuscope.models.protocol import SequenceModel

FORMS = ("projected", "hypothetical")
CENTERS = {"alts": 3, "simplex": 4, "none": 0}
"""Name -> the number by which the sum of the effects at a position is divided."""
_SHOWN = 5


def ism(
    model: SequenceModel,
    where: Any,
    genome: Genome | None = None,
    *,
    target: TargetLike = None,
    organism: int | str | None = None,
    form: str = "projected",
    center: str = "alts",
    positions: Any = None,
    method: str = "auto",
    return_var: bool = False,
    return_all: bool = False,
    seed: int = 0,
    ensemble: Ensemble | None = None,
    run: Run | None = None,
    rc: bool | None = None,
    device: str | None = None,
) -> Contributions:
    """Say how much each base adds, by changing every base into the other three.

    Args:
        model: any `SequenceModel`.
        where: as in `contributions`.
        genome: where the bases of intervals come from.
        target: as in `contributions`; "each" gives one result per track.
        organism: index or name; None = the genome's where it states one, else 0.
        form: "projected" keeps the value of the base that is there, "hypothetical" all four.
        center: what is subtracted at each position from the effects (mutant minus reference, 0 at
            the base that is there): "alts", a third of their sum, so that the base that is there
            has minus the mean of the three; "simplex", a quarter; "none".
        positions: what is changed: None = everything; a slice or 0-based positions of every
            example; or Intervals of the genome.
        method: "incremental" carries only what a change changes, "naive" runs every mutant whole,
            "auto" does what is faster. They agree within rounding.
        return_var: also the variance over the views of the ensemble.
        return_all: also the values of each view.
        seed: of samples of dropout.
        ensemble: views that are averaged, each brought back to the sequence as it was given.
        run: device and batch size.
        rc: short for `Ensemble(rc=...)`.
        device: short for `Run(device=...)`.

    Returns:
        Contributions; NaN in all four rows of positions without a base, which `.unknown` lists, and
        of those that were not asked for.

    Raises:
        OptionError: a word outside its list; "incremental" where the model does not allow it.
        OutOfBoundsError: positions outside the examples.
        InputError: Intervals as positions of bare sequences.
        ModelError: a network in training mode, or with chance.

    >>> from locuscope import load_model
    >>> found = ism(load_model("dnase"), ["ACGT" * 128], target=0, positions=[255, 256])
    >>> found.kind, int((found.values != 0).sum(axis=1).max()), found.n_nonfinite
    ('projected', 4, 2040)
    """
    require_model(model)
    check_choice("form", form, FORMS)
    check_choice("center", center, CENTERS)
    check_choice("method", method, METHODS)
    views = ensemble_of(ensemble, rc=rc)
    views.require_mean("ism")
    how = run_here("ism", run, device=device)
    examples = read_sequences(model, where, genome, margin_bp=views.margin_bp)
    stated = None if genome is None else genome.organism
    bound = target_views(
        model,
        target,
        ensemble=views,
        width_bp=examples.inner.shape[-1],
        organism=organism_index(organism, default=0 if stated is None else stated, known=None),
        windows=examples.windows,
        seed=check_seed(seed),
    )
    asked = asked_positions(positions, examples)
    effects = MutantEffects(bound, examples.bases, asked, target, how, method)
    found = effects.averaged(finish_of(form, center), return_var=return_var, return_all=return_all)
    names = track_names(bound) if found.mean.ndim == 4 else None
    facts = {"model": model.name, "model_digest": model.digest, "method": "ism", "center": center}
    return Contributions(
        found.mean,
        examples.inner,
        kind=form,
        intervals=examples.placed,
        method="ism",
        target=target_text(target),
        var=found.var,
        members=found.members,
        tracks=names,
        track_table=None if names is None else bound.choices[0].table,
        provenance={**facts, "ensemble": bound.view_facts()},
        notes=unknown_notes(examples.inner),
    )


def finish_of(form: str, center: str) -> Finish:
    """What is made of the effects of one view: centred, and projected where that is asked.

    Args:
        form: one of `FORMS`.
        center: one of `CENTERS`.

    >>> effects, one = np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([[1], [0], [0], [0]])
    >>> finish_of("hypothetical", "alts")(effects, one)[:, 0].tolist()
    [-2.0, -1.0, 0.0, 1.0]
    >>> finish_of("projected", "alts")(effects, one)[:, 0].tolist()
    [-2.0, 0.0, 0.0, 0.0]
    """

    def finish(effects: NDArray[Any], one: NDArray[Any]) -> NDArray[Any]:
        total = effects.sum(axis=-2, keepdims=True)
        centred = effects - total / CENTERS[center] if CENTERS[center] else effects
        if form == "hypothetical":
            return centred
        # A position without a number stays without one in all four rows.
        rest = np.where(np.isnan(total), np.nan, 0.0)
        kept: NDArray[Any] = np.where(one != 0, centred, rest)
        return kept

    return finish


def asked_positions(positions: Any, examples: Sequences) -> NDArray[np.bool_]:
    """The positions of every example that are changed, bool (N, L).

    Args:
        positions: None, a slice, whole numbers from 0 on, or one or several Intervals.
        examples: the bases, and their places.

    Raises:
        OutOfBoundsError: a position outside the examples, or a place outside all of them.
        InputError: places of bare sequences.
        OptionError: nothing.
    """
    n, _, length = examples.inner.shape
    asked = np.zeros((n, length), np.bool_)
    if positions is None or isinstance(positions, slice):
        asked[:, positions or slice(None)] = True
    else:
        is_one = isinstance(positions, Interval) or not isinstance(positions, Iterable)
        listed = [positions] if is_one else list(positions)
        if listed and all(isinstance(item, Interval) for item in listed):
            _mark_places(asked, listed, examples)
        else:
            at = [whole_number(item, "positions") for item in listed]
            outside = [place for place in at if not 0 <= place < length]
            if outside:
                raise OutOfBoundsError(
                    f"position {outside[0]} lies outside the examples of {length:,} bases (0 to "
                    f"{length - 1}).",
                    start=outside[0],
                    end=outside[0] + 1,
                    length=length,
                )
            asked[:, at] = True
    if not asked.any():
        raise OptionError(
            f"positions={positions!r} leaves nothing to change.",
            option="positions",
            value=positions,
        )
    return asked


def _mark_places(asked: NDArray[np.bool_], places: list[Interval], examples: Sequences) -> None:
    windows = examples.placed
    if windows is None:
        raise InputError(
            f"positions lists places such as {places[0].text()}, and the sequences have none on a "
            "genome; give 0-based positions."
        )
    for place in places:
        is_seen = False
        for row, window in zip(asked, windows, strict=True):
            first, stop = max(place.start, window.start), min(place.end, window.end)
            if place.chrom != window.chrom or first >= stop:
                continue
            is_seen = True
            offset = window.end - stop if window.strand == "-" else first - window.start
            row[offset : offset + stop - first] = True
        if not is_seen:
            raise OutOfBoundsError(
                f"no example holds a base of {place.text()}; the first is {windows[0].text()}.",
                interval=place,
            )


def unknown_notes(bases: NDArray[Any]) -> tuple[str, ...]:
    """A note that lists positions without a base, counted from 1."""
    where = np.argwhere(~bases.any(axis=1))
    if not len(where):
        return ()
    shown = ", ".join(f"{at + 1:,} of example {row}" for row, at in where[:_SHOWN].tolist())
    more = f" and {len(where) - _SHOWN:,} more" if len(where) > _SHOWN else ""
    return (f"Positions without a base have no effects (NaN): {shown}{more}.",)


def target_text(target: Any) -> str:
    """A target in the words of a result."""
    if target is None:
        return "sum of all outputs"
    name = getattr(target, "__name__", None)
    return str(name) if callable(target) and name else repr(target)


def track_names(bound: TargetViews) -> tuple[str, ...]:
    """Names of the tracks of a target that gives one number for each."""
    return tuple(str(name) for name in bound.choices[0].table.cells("track_name"))
