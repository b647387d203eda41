"""`score_variants`: every allele of a file, scored; one row out for each row in."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from locuscope.effects.annotated_vcf import refuse_source, require_narrow
from locuscope.effects.score_plan import plan_scores
from locuscope.effects.score_run import ScoreRun
from locuscope.effects.scores import resolve_scores
from locuscope.effects.variant_scores import VariantScores
from locuscope.errors import OptionError, StoreTargetError, VariantError, WrongTypeError
from locuscope.genome.choices import check_class
from locuscope.genome.indel_rule import IndelRule
from locuscope.genome.placement import Placement
from locuscope.genome.reference import Genome
from locuscope.genome.variant import Variant
from locuscope.genome.variant_table import VariantTable
from locuscope.inference.ensemble import ensemble_of
from locuscope.inference.run import run_of
from locuscope.store import check_target
from locuscope.tracks.organism import organism_index
from locuscope.tracks.track_table import TrackTable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from os import PathLike

    from locuscope.effects.score_plan import ScorePlan
    from locuscope.effects.scores import Scorer
    from locuscope.inference.ensemble import Ensemble
    from locuscope.inference.run import Run
    from locuscope.inference.selection import TrackChoice
    from locuscope.models.protocol import SequenceModel

ON_BAD = ("flag", "raise", "skip")
SUFFIXES = (".vcf", ".vcf.gz", ".parquet", ".tsv", ".tsv.gz")


def score_variants(
    model: SequenceModel,
    variants: object,
    genome: Genome,
    *,
    scores: str | Scorer | Sequence[str | Scorer] = ("diff",),
    score_kwargs: Sequence[Mapping[str, object]] | None = None,
    organism: int | str | None = None,
    heads: Collection[str] | None = None,
    tracks: TrackChoice | None = None,
    reduce: str | Callable[[Any], Any] = "mean",
    on_bad: Literal["flag", "raise", "skip"] = "flag",
    check_assembly: bool = True,
    placement: Placement | None = None,
    indels: IndelRule | None = None,
    ensemble: Ensemble | None = None,
    run: Run | None = None,
    rc: bool | None = None,
    out: str | PathLike[str] | Sequence[str | PathLike[str]] | None = None,
    device: str | None = None,
    batch_size: int | Literal["auto"] | None = None,
) -> VariantScores:
    """Score every allele.

    Args:
        model: any `SequenceModel`.
        variants: path of a VCF, a VariantTable, a list of Variant, one Variant, or a frame with
            chrom, pos, ref, alt [, id].
        genome: the reference; REF must be what it has.
        scores: names of `list_scores(model)`, "all", or callables (`effects/scores.py`).
        score_kwargs: options per score, in the same order.
        organism: index or name; None = the genome's organism.
        heads: names of heads; None = all that have tracks. Others are not computed.
        tracks: criteria, names, or places of tracks; None = all. Chosen before anything is scored.
        reduce: how the positions of a window become one number: "mean", "sum", "max", "center" (the
            position that holds the allele), or a function (k, T) -> (T,). Positional scores (`SAX`)
            see all of them. The mean of thousands of positions hides what happens at one: where an
            allele takes a splice acceptor away in 5,000 bp, `diff` is -1.5e-4 and `SAX` -1.0. The
            splice effect of an allele is what `SAX` or `splice_delta` shows.
        on_bad: "flag" keeps bad rows with their status, "raise" stops at the first, "skip" leaves
            them out and counts them.
        check_assembly: stop before any prediction when most alleles do not fit the genome.
        placement: where the window lies; its width is the model's own unless stated. Scores that
            make their own sequences (`splice_delta`) have their own width.
        indels: how a prediction of another length comes back to reference coordinates.
        ensemble: views to average; scores are computed per view, then averaged.
        run: device and batch size.
        rc: shortcut of `ensemble`.
        out: one or several files to write as well: `.vcf[.gz]` (annotated), `.parquet`,
            `.tsv[.gz]`.
        device: shortcut of `run`.
        batch_size: shortcut of `run`.

    Returns:
        One row per input allele, in input order; `scores[name]` (V, T) float32, NaN for rows
        without a score. A row is `ok` when at least one of the scores could be computed. Two
        spellings of one change get equal scores in the shared window, the later one the note
        `duplicate`.

    Raises:
        AssemblyMismatchError: REF differs in more than 20 % of the first 1,000 alleles, or more
            than 90 % are on unknown contigs.
        VariantError: the first bad row under `on_bad="raise"`.
        OptionError, UnknownNameError, EmptySelectionError: an option that cannot work.
        StoreTargetError: a file of `out` cannot be written there; said before the model runs.

    >>> from locuscope import demo
    >>> from locuscope.models.zoo import load_model
    >>> allele = Variant("20", 2_577_796, "G", "A", "rs572140578")
    >>> model = load_model("cispliceai")
    >>> scores = score_variants(model, [allele], demo.genome(), scores="splice_delta")
    >>> scores.summary(), round(float(scores.scores["splice_delta"][0, 1]), 2)
    ('1 alleles: 1 scored', 1.0)
    """
    targets = _targets(out, variants)
    _check_classes(genome, placement, indels, check_assembly=check_assembly)
    _require(on_bad, ON_BAD, "on_bad")
    plan = plan_scores(
        model,
        resolve_scores(model, scores, score_kwargs),
        heads=heads,
        tracks=tracks,
        reduce=reduce,
        placement=placement,
        indels=indels,
        is_averaged=ensemble_of(ensemble, rc=rc).rc,
        organism=organism_index(organism, default=genome.organism or 0, known=None),
        run=run_of(run, device=device, batch_size=batch_size),
    )
    _refuse_wide(plan, targets)
    table, source = _read(variants, genome)
    if check_assembly:
        table.check_assembly(genome)
    result = _score(plan, table, genome, on_bad, source)
    for target in targets:
        _write(result, target)
    return result


def _score(
    plan: ScorePlan, table: VariantTable, genome: Genome, on_bad: str, source: str | None
) -> VariantScores:
    """Score the rows of a checked table; bad ones are treated before and after the model runs."""
    skipped: dict[str, int] = {}
    table = _apply_on_bad(table, on_bad, skipped, source)
    rows = ScoreRun(table, genome)
    if plan.scoring is not None and plan.width_bp is not None:
        rows.score_windows(plan.scoring, plan.placement, plan.width_bp)
    for name, scorer in plan.own.items():
        rows.score_own(name, plan.model, scorer, organism=plan.organism, run=plan.run)
    result = VariantScores(
        variants=rows.verdicts(),
        scores={name: rows.scores[name] for name in plan.order},
        tracks=TrackTable.from_tracks([]) if plan.scoring is None else plan.scoring.tracks,
        parts=rows.parts,
        windows=rows.windows(),
        own_columns={name: scorer.columns for name, scorer in plan.own.items()},
        provenance={**plan.provenance(genome), "on_bad": on_bad},
        source=source,
    )
    kept = _apply_on_bad(result.variants, on_bad, skipped, source)
    if len(kept) < len(result):
        result = result[result.variants.is_ok]
    if not skipped:
        return result
    return replace(result, provenance={**result.provenance, "skipped": skipped})


def _check_classes(
    genome: object, placement: object, indels: object, *, check_assembly: object
) -> None:
    """Refuse arguments of another class than the signature says."""
    check_class("genome", genome, Genome, hint="Genome(path) opens a FASTA file.")
    if placement is not None:
        check_class("placement", placement, Placement, hint="Placement(width_bp=...) makes one.")
    if indels is not None:
        check_class("indels", indels, IndelRule)
    check_class("check_assembly", check_assembly, bool)


def _require(value: object, allowed: Sequence[str], option: str) -> None:
    if value not in allowed:
        raise OptionError(
            f"{option} must be one of {', '.join(allowed)}; got {value!r}.",
            option=option,
            value=value,
            allowed=tuple(allowed),
        )


def _targets(
    out: str | PathLike[str] | Sequence[str | PathLike[str]] | None, variants: object
) -> list[Path]:
    given: list[Any] = [] if out is None else [out]
    if isinstance(out, Sequence) and not isinstance(out, str):
        given = list(out)
    odd = [item for item in given if not isinstance(item, (str, os.PathLike))]
    if odd:
        raise WrongTypeError(
            f"out takes a path or a list of paths; got {odd[0]!r}.",
            argument="out",
            found=type(odd[0]).__name__,
            expected="path",
        )
    targets = [Path(item) for item in given]
    for target in targets:
        if not target.name.endswith(SUFFIXES):
            raise OptionError(
                f"out={str(target)!r}: the name must end with one of {', '.join(SUFFIXES)}.",
                option="out",
                value=str(target),
                allowed=SUFFIXES,
            )
        try:
            check_target(target)
        except StoreTargetError as error:
            message = f"{error.message.rstrip('.')}; nothing was scored."
            raise StoreTargetError(message, path=str(target), errno=error.errno) from error
        if isinstance(variants, (str, os.PathLike)):
            refuse_source(target, Path(variants))
    return targets


def _read(variants: object, genome: Genome) -> tuple[VariantTable, str | None]:
    """Read variants in any form; give the checked table and the path it came from."""
    if isinstance(variants, (str, os.PathLike)):
        return VariantTable.read(variants, genome=genome), str(Path(variants).absolute())
    if isinstance(variants, VariantTable):
        return variants.check(genome), None
    if isinstance(variants, Variant):
        return VariantTable.from_variants([variants]).check(genome), None
    if hasattr(variants, "columns"):
        return VariantTable.from_frame(variants).check(genome), None
    if isinstance(variants, Sequence):
        return VariantTable.from_variants(variants).check(genome), None
    raise WrongTypeError(
        "variants must be a VCF path, a VariantTable, a list of Variant, or a frame with "
        "chrom, pos, ref, alt; "
        f"got {type(variants).__name__}.",
        argument="variants",
        found=type(variants).__name__,
        expected="path, VariantTable, list of Variant, frame",
    )


def _apply_on_bad(
    table: VariantTable, on_bad: str, skipped: dict[str, int], source: str | None
) -> VariantTable:
    """Raise at the first bad row, or leave bad rows out and count them, as `on_bad` says."""
    bad = np.flatnonzero(~table.is_ok)
    if on_bad == "flag" or not len(bad):
        return table
    if on_bad == "raise":
        row = table.table.row(int(bad[0]), named=True)
        where = f"{source}:{row['line']}" if source and row["line"] else f"row {int(bad[0])}"
        raise VariantError(
            f"{where}: {row['chrom']}:{row['pos']} {row['ref']}>{row['alt']} is {row['status']}: "
            f"{row['reason']}. on_bad='flag' keeps going and marks such rows.",
            status=row["status"],
            path=source,
            line=row["line"],
        )
    for status, count in table[bad].counts().items():
        skipped[status] = skipped.get(status, 0) + count
    return table[table.is_ok]


def _refuse_wide(plan: ScorePlan, targets: Sequence[Path]) -> None:
    """Refuse a VCF of too many columns before anything is predicted."""
    if plan.scoring is not None and any(".vcf" in target.suffixes for target in targets):
        require_narrow(len(plan.scoring.tracks), next(iter(plan.scoring.scorers)))


def _write(scores: VariantScores, target: Path) -> None:
    if target.name.endswith(".parquet"):
        scores.to_parquet(target)
    elif target.name.endswith((".tsv", ".tsv.gz")):
        scores.to_tsv(target)
    else:
        scores.to_vcf(target)
