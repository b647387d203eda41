"""`score_variants`: every allele of a file, scored; one row out for each row in."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from locuscope.effects.jobs.score_call import ScoreCall, checked_targets
from locuscope.effects.jobs.score_plan import plan_scores
from locuscope.effects.results.target_options import TARGET_LAYOUTS
from locuscope.effects.scores import list_scores
from locuscope.effects.scoring.plan_worth import METHODS
from locuscope.errors import OptionError, WrongTypeError
from locuscope.genome.choices import check_choice, check_class
from locuscope.genome.indel_rule import IndelRule
from locuscope.genome.placement import Placement
from locuscope.genome.reference import Genome
from locuscope.genome.variant_parts import VariantSource
from locuscope.inference.ensemble import ensemble_of
from locuscope.inference.run import run_of
from locuscope.store import check_target
from locuscope.tracks.organism import organism_index

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from os import PathLike

    from locuscope.effects.jobs.score_plan import ScorePlan
    from locuscope.effects.results.target_options import TargetLayout
    from locuscope.effects.scores import Score
    from locuscope.effects.variant_scores import VariantScores
    from locuscope.inference.ensemble import Ensemble
    from locuscope.inference.run import Run
    from locuscope.inference.selection import TrackChoice
    from locuscope.models.protocol import SequenceModel


def score_variants(
    model: SequenceModel,
    variants: object,
    genome: Genome | None = None,
    *,
    scores: Score | Sequence[Score] = ("diff",),
    score_kwargs: Sequence[Mapping[str, object] | None] | Mapping[str, object] | None = None,
    organism: int | str | None = None,
    heads: Collection[str] | None = None,
    tracks: TrackChoice | None = None,
    reduce: str | Callable[[Any], Any] = "mean",
    mask_bp: int | None = None,
    eps: float | None = None,
    normalize: bool = True,
    ref_policy: Literal["check", "force"] = "check",
    on_bad: Literal["flag", "raise", "skip"] = "flag",
    check_assembly: bool = True,
    placement: Placement | None = None,
    indels: IndelRule | None = None,
    ensemble: Ensemble | None = None,
    save_sequences: str | PathLike[str] | None = None,
    layout: TargetLayout = "wide",
    method: Literal["auto", "incremental", "naive"] = "auto",
    run: Run | None = None,
    rc: bool | None = None,
    out: str | PathLike[str] | Sequence[str | PathLike[str]] | None = None,
    device: str | None = None,
    batch_size: int | Literal["auto"] | None = None,
) -> VariantScores:
    """Score every allele.

    Args:
        model: any `SequenceModel`.
        variants: path of a VCF or BCF, `-` (standard input), a VariantTable, a list of Variant, one
            Variant, or a frame with chrom, pos, ref, alt [, id].
        genome: the reference; REF must be what it has. None only where a data loader brings the
            bases (`Placement(mode="overlap", regions=loader)`).
        scores: names of `list_scores(model)`, "all", or callables (`effects/scores.py`). An empty
            list with `save_sequences` writes the sequences and runs no model.
        score_kwargs: options per score, in the same order; for one score also its dictionary alone.
        organism: index or name; None = the genome's organism.
        heads: names of heads; None = all that have tracks. Others are not computed.
        tracks: criteria, names, or places of tracks; None = all. Chosen before anything is scored.
        reduce: how the positions of a window become one number: "mean", "sum", "max", "center" (the
            position that holds the allele), or a function (k, T) -> (T,). Positional scores (`SAX`)
            see all of them. The mean of thousands of positions hides what happens at one: where an
            allele takes a splice acceptor away in 5,000 bp, `diff` is -1.5e-4 and `SAX` -1.0. The
            splice effect of an allele is what `SAX` or `splice_delta` shows.
        mask_bp: only positions within this width round the allele; None = all.
        eps: probabilities are held within [eps, 1 - eps] before a logit; None = as they are.
        normalize: trim and left-align alleles before the window is placed, so that two spellings of
            one change get one score.
        ref_policy: "check" gives rows whose REF is not in the genome the status `ref_mismatch`;
            "force" writes their REF into the window, note `ref_forced`.
        on_bad: "flag" keeps bad rows with their status, "raise" stops at the first, "skip" leaves
            them out and counts them.
        check_assembly: stop before any prediction when most alleles do not fit the genome.
        placement: where the window lies; its width is the model's own unless stated. Scores that
            make their own sequences (`splice_delta`) have their own width.
        indels: how a prediction of another length comes back to reference coordinates.
        ensemble: views to average; scores are computed per view, then averaged.
        save_sequences: HDF5 file for the sequences that the model sees
            (`effects/windows/saved_sequences.py`).
        layout: of the tables among `out`: "wide", a row per allele, or "long", a row per allele,
            score and track; "alleles" writes one VCF key per score and track.
        method: "naive" runs the network on every sequence; "incremental" carries what a
            substitution changes through the network, from its reference on, with the same numbers
            within 2e-6 of the peak of the output (alleles of another length are run); "auto" does
            that for many alleles, where it is faster.
        run: device, batch size, processes, progress, files and restart.
        rc: shortcut of `ensemble`.
        out: one or several files to write: `.vcf[.gz]` (annotated), `.parquet`, `.tsv[.gz]`, `.h5`,
            or a folder. The work is kept in parts meanwhile: after a kill the same call goes on
            where it stopped, and ends with the same bytes. Shortcut of `run`.
        device: shortcut of `run`.
        batch_size: shortcut of `run`.

    Returns:
        One row per input allele, in input order (`multi="all"`: per allele and window);
        `scores[name]` (V, T) float32, NaN for rows without a score. A row is `ok` when at least one
        of the scores could be computed. Two spellings of one change get equal scores in the shared
        window, the later one the note `duplicate`. With `out`, the first file, opened lazily.

    Raises:
        AssemblyMismatchError: REF differs in more than 20 % of the first 1,000 alleles, or more
            than 90 % are on unknown contigs.
        VariantError: the first bad row under `on_bad="raise"`.
        OptionError, UnknownNameError, EmptySelectionError: an option that cannot work.
        StoreTargetError: a file of `out` cannot be written there; said before the model runs.
        InputChangedError: an unfinished `out` of other variants or options; `Run(restart=True)`
            starts anew.

    >>> from locuscope import demo
    >>> from locuscope.genome.variant import Variant
    >>> from locuscope.models.zoo import load_model
    >>> allele = Variant("20", 2_577_796, "G", "A", "rs572140578")
    >>> model = load_model("cispliceai")
    >>> scores = score_variants(model, [allele], demo.genome(), scores="splice_delta")
    >>> scores.summary(), round(float(scores.scores["splice_delta"][0, 1]), 2)
    ('1 allele: 1 scored', 1.0)
    """
    where = run_of(run, out=out, device=device, batch_size=batch_size)
    views = ensemble_of(ensemble, rc=rc)
    _check_classes(genome, placement, indels, check_assembly=check_assembly, normalize=normalize)
    check_choice("layout", layout, TARGET_LAYOUTS)
    check_choice("method", method, METHODS)
    is_empty = isinstance(scores, (list, tuple)) and not scores
    _check_empty(model, save_sequences, where.out, is_empty=is_empty)
    default = 0 if genome is None else genome.organism or 0
    plan = plan_scores(
        model,
        scores,
        score_kwargs,
        heads=heads,
        tracks=tracks,
        reduce=reduce,
        mask_bp=mask_bp,
        eps=eps,
        placement=placement,
        indels=indels,
        ensemble=views,
        organism=organism_index(organism, default=default, known=None),
        run=where,
        normalize=normalize,
        ref_policy=ref_policy,
        on_bad=on_bad,
    )
    source = VariantSource(variants)
    if source.path is not None:
        plan = replace(plan, source=str(source.path))
    if genome is None and not plan.is_one_shot:
        raise WrongTypeError(
            "genome is None; only windows of a data loader bring their own bases. Genome(path) "
            "opens a FASTA file.",
            argument="genome",
            found="NoneType",
            expected="Genome",
        )
    call = ScoreCall(
        plan,
        source,
        genome,
        checked_targets(where.out, plan, source, layout),
        where,
        layout,
        _sequences_target(save_sequences, plan),
        check_assembly,
        method,
    )
    return call.result()


def _check_classes(genome: object, placement: object, indels: object, **flags: object) -> None:
    """Refuse arguments of another class than the signature says."""
    if genome is not None:
        check_class("genome", genome, Genome, hint="Genome(path) opens a FASTA file.")
    if placement is not None:
        check_class("placement", placement, Placement, hint="Placement(width_bp=...) makes one.")
    if indels is not None:
        check_class("indels", indels, IndelRule)
    for name, flag in flags.items():
        check_class(name, flag, bool)


def _check_empty(
    model: SequenceModel, save_sequences: object, out: object, *, is_empty: bool
) -> None:
    """Allow an empty list of scores only where sequences are saved and nothing else is asked."""
    if not is_empty:
        return
    if save_sequences is None:
        raise OptionError(
            f"no score was asked for; this model has {', '.join(list_scores(model))}. "
            "scores=() goes with save_sequences=, which writes what the model would see.",
            option="scores",
            value=(),
        )
    if out is not None:
        raise OptionError(
            f"scores=() gives no scores to write to out={out!r}; leave one of them out.",
            option="out",
            value=out,
        )


def _sequences_target(path: str | PathLike[str] | None, plan: ScorePlan) -> Path | None:
    if path is None:
        return None
    if not isinstance(path, (str, os.PathLike)):
        raise WrongTypeError(
            f"save_sequences takes the path of an HDF5 file; got {path!r}.",
            argument="save_sequences",
            found=type(path).__name__,
            expected="path",
        )
    if plan.width_bp is None:
        raise OptionError(
            f"save_sequences={str(path)!r} has no effect on {', '.join(plan.order)}, which makes "
            "its own sequences.",
            option="save_sequences",
            value=str(path),
        )
    check_target(path)
    return Path(path)
