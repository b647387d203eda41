"""The verb `contributions`: why a model gives the number that it gives, base by base."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from locuscope.attribution.averages import average_over_views, warn_incomplete
from locuscope.attribution.contribution_plans import (
    GRADIENTS,
    METHODS,
    method_options_of,
    plan_method,
    refuse_unused_options,
)
from locuscope.attribution.contribution_values import Contributions
from locuscope.attribution.deeplift import TOLERANCE
from locuscope.attribution.examples import Sequences, read_sequences
from locuscope.attribution.gauge import gauge_of
from locuscope.attribution.target_views import TargetViews, target_views
from locuscope.errors import OptionError
from locuscope.genome.choices import check_choice, check_class
from locuscope.genome.draws import check_seed
from locuscope.inference.batches import batch_size_for
from locuscope.inference.ensemble import Ensemble, ensemble_of
from locuscope.inference.run import Run, run_here
from locuscope.models.protocol import require_model
from locuscope.tracks.organism import organism_index

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from locuscope.genome.reference import Genome
    from locuscope.inference.target import TargetLike
    from locuscope.models.protocol import SequenceModel


def contributions(
    model: SequenceModel,
    where: Any,
    genome: Genome | None = None,
    *,
    method: str = "gradient_x_input",
    target: TargetLike = None,
    organism: int | str | None = None,
    hypothetical: bool = True,
    gauge: str = "auto",
    references: Any = None,
    n_references: int | None = None,
    steps: int | None = None,
    method_options: Mapping[str, Any] | None = None,
    return_var: bool = False,
    return_all: bool = False,
    seed: int | None = None,
    ensemble: Ensemble | None = None,
    run: Run | None = None,
    rc: bool | None = None,
    device: str | None = None,
    batch_size: int | Literal["auto"] | None = None,
) -> Contributions:
    """Say how much each base adds to a number of a model's output.

    Args:
        model: any `SequenceModel`.
        where: an Interval or several (with a genome), texts of one length, or one-hot (N, A, L).
            The whole window that the model reads of a place is explained.
        genome: where the bases of intervals come from.
        method: "gradient", "gradient_x_input" (the same values; its projection is the product),
            "smooth_gradient", "integrated_gradients", "expected_gradients" or "deeplift".
        target: a `Target`; an int, a channel of the only head; "each", every track on its own
            (gradients only); a function (outputs -> (N,)); None, everything summed.
        organism: index or name; None = the genome's where it states one, else 0.
        hypothetical: True keeps a value for each of the four bases, False for the one there.
        gauge: "simplex" subtracts the mean over the bases at each position, "none" leaves the
            values, "auto" is "simplex" for methods without references.
        references: of the last three methods: None or "shuffle" (dinucleotides kept),
            "mononucleotide", "zero", "uniform", or one-hot (R, A, L) or (N, R, A, L).
        n_references: shuffles of each example; None = 20.
        steps: points on each line of "integrated_gradients"; None = 32.
        method_options: of "smooth_gradient" `n_samples` and `p`, the probability of a change per
            base; of "integrated_gradients" `rule`; of "expected_gradients" `n_samples` per
            reference; of "deeplift" `on_unsupported`.
        return_var: also the variance over the views of the ensemble.
        return_all: also the values of each view.
        seed: of shuffles and random changes; None = 0.
        ensemble: views that are averaged, each brought back to the sequence as it was given.
        run: device and batch size.
        rc: short for `Ensemble(rc=...)`.
        device: short for `Run(device=...)`.
        batch_size: short for `Run(batch_size=...)`.

    Returns:
        Contributions; `.project()` and `.per_base()` are 0 where the base is not known. The batch
        size changes no value beyond rounding. For targets that are not linear in the outputs the
        mean over the views is that of the views' own contributions.

    Raises:
        OptionError: an unknown method or option, or one that the method does not use.
        ModelError: "deeplift" meets a function without a rule; names it.

    >>> from locuscope import load_model
    >>> found = contributions(load_model("dnase"), ["ACGT" * 128], target=0)
    >>> found.values.shape, found.kind
    ((1, 4, 512), 'hypothetical')
    """
    require_model(model)
    check_choice("method", method, METHODS)
    check_class("hypothetical", hypothetical, bool)
    options = method_options_of(method, method_options)
    given = {"references": references, "n_references": n_references, "steps": steps, "seed": seed}
    refuse_unused_options(method, **given)
    views = ensemble_of(ensemble, rc=rc)
    views.require_mean("contributions")
    how = run_here("contributions", run, device=device, batch_size=batch_size)
    examples = read_sequences(model, where, genome, margin_bp=views.margin_bp)
    bound = _bound(model, target, views, examples, _organism(organism, genome))
    if method not in GRADIENTS:
        _require_one_number(bound)
    plan = plan_method(
        method,
        options,
        references=references,
        count=20 if n_references is None else n_references,
        steps=32 if steps is None else steps,
        seed=check_seed(0 if seed is None else seed),
        bases=examples.inner,
        fitting=batch_size_for(how, bound.width_bp, how.torch_device()),
    )
    rule = gauge_of(gauge, method, GRADIENTS)
    found = average_over_views(
        bound,
        examples.bases,
        plan.method,
        run=how,
        company=plan.company,
        cost=plan.cost,
        is_centred=rule == "simplex",
        return_var=return_var,
        return_all=return_all,
    )
    if method == "deeplift":
        warn_incomplete(found, TOLERANCE, method, stacklevel=3)
    facts = {"model": model.name, "model_digest": model.digest, "method": method, "gauge": rule}
    result = Contributions(
        found.mean,
        examples.inner,
        intervals=examples.windows,
        method=method,
        target=_target_text(target),
        delta=found.delta,
        change=found.change,
        var=found.var,
        members=found.members,
        tracks=_track_names(bound, found.mean.ndim),
        provenance={**facts, **plan.facts, "ensemble": views.facts()},
        notes=(*found.notes, *plan.told(), *_notes(bound, examples.inner)),
    )
    return result if hypothetical else result.project()


def _organism(organism: int | str | None, genome: Genome | None) -> int:
    stated = None if genome is None else genome.organism
    return organism_index(organism, default=0 if stated is None else stated, known=None)


def _bound(
    model: SequenceModel, target: TargetLike, views: Ensemble, examples: Sequences, organism: int
) -> TargetViews:
    return target_views(
        model,
        target,
        ensemble=views,
        width_bp=examples.inner.shape[-1],
        organism=organism,
        windows=examples.windows,
    )


def _require_one_number(bound: TargetViews) -> None:
    if getattr(bound.bound, "track_reduce", None) == "each":
        raise OptionError(
            'target="each" works with gradients; explain one track at a time, or choose a method '
            f"among {', '.join(GRADIENTS)}.",
            option="target",
            value="each",
        )


def _target_text(target: Any) -> str:
    if target is None:
        return "sum of all outputs"
    name = getattr(target, "__name__", None)
    return str(name) if callable(target) and name else repr(target)


def _track_names(bound: TargetViews, ndim: int) -> tuple[str, ...] | None:
    if ndim != 4:
        return None
    return tuple(str(name) for name in bound.choices[0].table.cells("track_name"))


def _notes(bound: TargetViews, bases: NDArray[Any]) -> list[str]:
    notes = []
    if any(choice.spec.value_range == "probability" for choice in bound.choices):
        notes.append(
            "The output is a probability, whose gradient vanishes near 0 and 1; "
            "input_gradient(..., pre_nonlinearity=True) goes before the last function."
        )
    n_unknown = int((~bases.any(axis=1)).sum())
    if n_unknown:
        notes.append(f"{n_unknown:,} bases are not known; their projected contributions are 0.")
    return notes
