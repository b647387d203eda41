"""The verb `evaluate`: how well a model predicts measured tracks."""

from __future__ import annotations

from dataclasses import asdict
from itertools import islice
from typing import TYPE_CHECKING, Any

from locuscope.errors import OptionError
from locuscope.genome.interval import whole_number
from locuscope.inference.accuracy import Losses, evaluation
from locuscope.inference.accuracy_options import DEFAULT_METRICS, MAX_VALUES, AccuracyOptions
from locuscope.inference.accuracy_stream import AccuracyStream
from locuscope.inference.batches import run_batches
from locuscope.inference.ensemble import ensemble_of
from locuscope.inference.kept_points import KEEP_POINTS, PointKeeper
from locuscope.inference.measured_batches import TestBatch as TestBatch  # noqa: PLC0414
from locuscope.inference.measured_batches import batches_of, measured
from locuscope.inference.predict_call import sequence_examples
from locuscope.inference.run import run_here
from locuscope.inference.selection import choose
from locuscope.inference.where import read_where, refuse_margin
from locuscope.tracks.organism import organism_index

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from locuscope.inference.ensemble import Ensemble
    from locuscope.inference.evaluation import Evaluation
    from locuscope.inference.run import Run
    from locuscope.inference.selection import HeadChoice, TrackChoice
    from locuscope.models.protocol import SequenceModel


def evaluate(
    model: SequenceModel,
    test_set: Iterable[TestBatch],
    *,
    metrics: Sequence[str] = DEFAULT_METRICS,
    log: bool = False,
    pseudocount: float = 1.0,
    clip: float | None = None,
    tracks: TrackChoice | None = None,
    sample: float | None = None,
    max_batches: int | None = None,
    loss: Callable[[Any, Any], Any] | None = None,
    by: str | None = None,
    seed: int = 0,
    positive_above: float | None = None,
    max_values: int = MAX_VALUES,
    keep_points: int = KEEP_POINTS,
    head: str | None = None,
    resolution_bp: int | None = None,
    organism: int | str | None = None,
    ensemble: Ensemble | None = None,
    run: Run | None = None,
) -> Evaluation:
    """Predict a test set and compare with what was measured.

    Predictions are compared as they come and not kept, except for the metrics of order
    (`max_values`) and for pictures (`keep_points`). Sequences and positions count together.

    Args:
        model: any `SequenceModel`.
        test_set: batches (x, y) or (x, y, na); read once, from its start.
        metrics: of "pearsonr", "r2" (1 - squared error / variance of the targets; may be negative),
            "mse", "mae", "spearmanr", "auroc", "auprc" (average precision).
        log: compare log2(x + pseudocount).
        pseudocount: added before the logarithm.
        clip: both sides are clipped to [0, clip] first.
        tracks: criteria, names, places or a mask; None = all. `y` has all tracks of the head in
            order, or the chosen ones.
        sample: share of the positions of each sequence, drawn with `seed`; None = all.
        max_batches: only so many batches.
        loss: called with two float32 tensors (n, T), predictions and targets of the positions that
            count in every track; its mean over positions is reported.
        by: "sequence" = metrics of every sequence and track; "track" = across tracks, at every
            position.
        seed: of everything that is drawn.
        positive_above: targets above it are of the class of auroc and auprc; None = they are 0 and
            1.
        max_values: how many values of each side the metrics of order keep. Beyond it `spearmanr` is
            of a seeded sample, the areas of 65,536 bins; the notes say so.
        keep_points: positions times tracks, a seeded sample beyond it, that stay with the result
            for `Evaluation.plot`; 0 = none, and none with `by`.
        head: the output that was measured; None = the only one.
        resolution_bp: bases per position; None = the finest.
        organism: index or name; None = 0.
        ensemble: views of each sequence that are averaged.
        run: device and batch size.

    Returns:
        Evaluation, one row per track. A metric that is not defined is NaN.

    Raises:
        ShapeError: `y` or `na` of other shapes than the predictions.
        TrackMismatchError: `y` has neither all tracks nor the chosen ones.
        EmptySelectionError: no sequence.
    """
    options = AccuracyOptions(
        metrics=tuple(metrics) if not isinstance(metrics, str) else (metrics,),
        log=log,
        pseudocount=pseudocount,
        clip=clip,
        sample=sample,
        by=by,
        seed=seed,
        positive_above=positive_above,
        max_values=max_values,
    )
    views = ensemble_of(ensemble)
    views.require_mean("evaluate")
    refuse_margin(views.shift_fill, views.margin_bp)
    run = run_here("evaluate", run)
    choice = _choice(model, head, resolution_bp, tracks, organism)
    spec, key = choice.spec, choice.keys[0]
    stream, losses = AccuracyStream(options), Losses(loss)
    points = PointKeeper(0 if by is not None else keep_points, options.seed)
    n_seen = 0
    for number, batch in enumerate(islice(batches_of(test_set), _limit(max_batches))):
        given = read_where(batch.x, model, None)
        found = run_batches(
            model,
            sequence_examples(model, given.bases, given.arrays, number=n_seen),
            (choice,),
            organism=organism_index(organism, default=0, known=None),
            ensemble=views,
            run=run,
            seed=options.seed,
        )
        n_seen += len(given.bases)
        preds = found[spec.name][key].numpy()
        targets, na = measured(batch, preds, choice, number)
        keep = stream.add(targets, preds, na)
        losses.add(targets, preds, keep)
        points.add(targets, preds, keep)
    facts = {**asdict(options), "model": model.name}
    return evaluation(stream, choice.table, losses, facts, points=points)


def _choice(
    model: SequenceModel,
    head: str | None,
    resolution_bp: int | None,
    tracks: TrackChoice | None,
    organism: int | str | None,
) -> HeadChoice:
    """The one head, resolution and its tracks that were measured."""
    heads = None if head is None else (head,)
    keys = None if resolution_bp is None else (whole_number(resolution_bp, "resolution_bp"),)
    index = organism_index(organism, default=0, known=None)
    choices = choose(model, heads=heads, tracks=tracks, resolutions_bp=keys, organism=index)
    if len(choices) > 1:
        names = [choice.spec.name for choice in choices]
        raise OptionError(
            f"{model.name} has the heads {', '.join(names)}; name the one that was measured: "
            "head=...",
            option="head",
            value=head,
            allowed=names,
        )
    return choices[0]


def _limit(max_batches: int | None) -> int | None:
    if max_batches is None:
        return None
    limit = whole_number(max_batches, "max_batches")
    if limit < 1:
        raise OptionError(
            f"max_batches is {max_batches!r}; expected a whole number of at least 1, or None.",
            option="max_batches",
            value=max_batches,
        )
    return limit
