"""The verb `contributions`: why a model gives the number that it gives, base by base."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from locuscope.attribution.averages import Averaged, warn_incomplete
from locuscope.attribution.contribution_plans import (
    GRADIENTS,
    ISM,
    METHODS,
    method_options_of,
    plan_method,
    refuse_unused_options,
)
from locuscope.attribution.contribution_work import VERB, Work, check_file, work_as_job
from locuscope.attribution.deeplift import TOLERANCE
from locuscope.attribution.examples import Sequences, read_sequences
from locuscope.attribution.gauge import gauge_of
from locuscope.attribution.ism import asked_positions
from locuscope.attribution.layer_targets import layer_target_views
from locuscope.attribution.target_views import TargetViews, target_views
from locuscope.errors import OptionError, UnknownNameError, closest, did_you_mean
from locuscope.genome.choices import check_class
from locuscope.genome.draws import check_seed
from locuscope.inference.batches import batch_size_for
from locuscope.inference.ensemble import Ensemble, ensemble_of
from locuscope.inference.run import Run, refuse_unused, run_of
from locuscope.models.protocol import require_model
from locuscope.tracks.organism import organism_index

if TYPE_CHECKING:
    from collections.abc import Mapping

    from locuscope.attribution.contribution_values import Contributions
    from locuscope.genome.reference import Genome
    from locuscope.inference.run import Out
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
    layer: str | None = None,
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
    out: Out | None = None,
    device: str | None = None,
    batch_size: int | Literal["auto"] | None = None,
) -> Contributions:
    """Say how much each base adds to a number of a model's output.

    Args:
        model: any `SequenceModel`.
        where: an Interval or several, or the name of a BED file (with a genome); variants, one or
            several, or the name of a VCF file (an example is the alternative sequence of one
            allele); texts of one length, or one-hot (N, A, L). The whole window that the model
            reads of a place is explained.
        genome: where the bases of intervals come from.
        method: "gradient", "gradient_x_input" (the same values; its projection is the product),
            "smooth_gradient", "integrated_gradients", "expected_gradients", "deeplift", or "ism",
            the effects of all single changes.
        target: a `Target`; an int, a channel of the only head; "each", every track on its own; a
            function (outputs -> (N,)); None, everything summed.
        organism: index or name; None = the genome's where it states one, else 0.
        layer: explain a number of this layer, a name from `list_layers(model)`, and not of the
            output; `target` is then a unit (summed over its positions), "each", an index as in
            `input_gradient(filter_idx=)`, a function (tensor of the layer -> (N,)), or None.
        hypothetical: True keeps a value for each of the four bases, False for the one there.
        gauge: "simplex" subtracts the mean over the bases at each position, "none" leaves the
            values, "auto" is "simplex" for methods without references.
        references: of the three methods before "ism": None or "shuffle" (dinucleotides kept),
            "mononucleotide", "zero", "uniform", or one-hot (R, A, L) or (N, R, A, L).
        n_references: shuffles of each example; None = 20.
        steps: points on each line of "integrated_gradients"; None = 32.
        method_options: of "smooth_gradient" `n_samples` and `p`, the probability of a change per
            base; of "integrated_gradients" `rule`, and `tolerance`, with which lines get more
            points where the network bends until abs(delta) <= tolerance * max(1, abs(change)); of
            "expected_gradients" `n_samples` per reference; of "deeplift" `on_unsupported`, and
            `diagnose`, which names the function that loses a part of a difference where the sum of
            the contributions misses it; of "ism" `center`, `positions` and `method`, as `ism` takes
            them.
        return_var: also the variance over the views of the ensemble.
        return_all: also the values of each view.
        seed: of shuffles, random changes and samples of dropout; None = 0.
        ensemble: views that are averaged, each brought back to the sequence as it was given.
        run: device, batch size, progress, out and restart.
        rc: short for `Ensemble(rc=...)`.
        out: short for `Run(out=...)`: an .npz or .h5 file. The work is then a job in parts that a
            later call takes up, and the result is opened from the file.
        device: short for `Run(device=...)`.
        batch_size: short for `Run(batch_size=...)`.

    Returns:
        Contributions; `.project()` and `.per_base()` are 0 where the base is not known. The batch
        size changes no value beyond rounding. For targets that are not linear in the outputs the
        mean over the views is that of the views' own contributions.

    Raises:
        UnknownNameError: an unknown method or layer; with the closest names.
        OptionError: an unknown option, or one that the method does not use.
        ModelError: "deeplift" meets a function without a rule, or a function of the network lets
            no gradient through; names it.
        ShapeError: a place that is longer than what the model predicts in one window.
        VariantError: alleles that do not fit the genome.
        InputChangedError, LockedStoreError: the job of `out` was begun with something else, or is
            at work in another process.

    >>> from locuscope import load_model
    >>> found = contributions(load_model("dnase"), ["ACGT" * 128], target=0)
    >>> found.values.shape, found.kind
    ((1, 4, 512), 'hypothetical')
    """
    require_model(model)
    _check_method(method)
    check_class("hypothetical", hypothetical, bool)
    options = method_options_of(method, method_options)
    views = ensemble_of(ensemble, rc=rc)
    views.require_mean("contributions")
    given = {"references": references, "n_references": n_references, "steps": steps}
    if not views.mc_samples:  # samples of dropout are drawn, whatever the method is
        given["seed"] = seed
    refuse_unused_options(method, **given)
    how = run_of(run, device=device, batch_size=batch_size, out=out)
    refuse_unused(how, VERB, ("workers",) if how.targets() else ("workers", "progress", "restart"))
    examples = read_sequences(model, where, genome, margin_bp=views.margin_bp)
    index = _organism(organism, genome)
    drawn = check_seed(0 if seed is None else seed)
    bound = replace(
        _bound(model, target, layer, views=views, examples=examples, organism=index), seed=drawn
    )
    plan = plan_method(
        method,
        options,
        references=references,
        count=20 if n_references is None else n_references,
        steps=32 if steps is None else steps,
        seed=drawn,
        bases=examples.inner,
        fitting=batch_size_for(how, bound.width_bp, how.torch_device()),
    )
    work = Work(
        bound,
        examples,
        plan,
        method=method,
        gauge=_gauge(gauge, method, layer, target),
        target=target,
        references=references,
        hypothetical=hypothetical,
        return_var=return_var,
        return_all=return_all,
        options=options,
        asked=asked_positions(options["positions"], examples) if method == ISM else None,
    )
    if how.targets():
        check_file(work, how)
        return work_as_job(work, how, lambda found: _warn(work, found, 8))
    found = work.averaged(how)
    _warn(work, found, 4)
    return work.result(found)


def _warn(work: Work, found: Averaged, stacklevel: int) -> None:
    tolerance = TOLERANCE if work.method == "deeplift" else work.options.get("tolerance")
    if tolerance is not None:
        warn_incomplete(
            found,
            tolerance,
            work.method,
            suspected=work.plan.suspected,
            stacklevel=stacklevel,
        )


def _organism(organism: int | str | None, genome: Genome | None) -> int:
    stated = None if genome is None else genome.organism
    return organism_index(organism, default=0 if stated is None else stated, known=None)


def _bound(
    model: SequenceModel,
    target: TargetLike,
    layer: str | None,
    *,
    views: Ensemble,
    examples: Sequences,
    organism: int,
) -> TargetViews:
    width = examples.inner.shape[-1]
    if layer is not None:
        return layer_target_views(
            model, layer, target, ensemble=views, width_bp=width, organism=organism
        )
    return target_views(
        model,
        target,
        ensemble=views,
        width_bp=width,
        organism=organism,
        windows=examples.windows,
    )


def _gauge(gauge: str, method: str, layer: str | None, target: object) -> str:
    rule = gauge_of(gauge, method, GRADIENTS)
    if method == ISM and layer is not None and isinstance(target, str):
        raise OptionError(
            f"target={target!r} of layer={layer!r} with method='ism': choose one unit, or a method "
            "that works by gradients.",
            option="target",
            value=target,
        )
    if method == ISM and gauge != "auto":
        raise OptionError(
            f"gauge={gauge!r} has no effect on method='ism', whose effects are centred by "
            "method_options={'center': 'alts'}, 'simplex' or 'none'.",
            option="gauge",
            value=gauge,
            allowed=("auto",),
        )
    return rule


def _check_method(method: object) -> None:
    check_class("method", method, str)
    if method not in METHODS:
        raise UnknownNameError(
            f"contributions has no method {method!r}; {did_you_mean(str(method), METHODS)}",
            name=method,
            known=METHODS,
            closest=closest(str(method), METHODS),
        )
