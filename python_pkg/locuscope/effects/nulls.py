"""`marginalize_variants`: what an allele does in shuffled surroundings, and how unusual it is.

A change of 0.3 may be what any change at that strength of signal does, or the loss of a motif. The
same allele in many shuffled copies of its window tells the two apart: there its own bases are all
that is left.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from locuscope.effects.background.shuffled_windows import shuffled_windows
from locuscope.effects.jobs.score_call import ScoreCall
from locuscope.effects.jobs.score_plan import plan_scores
from locuscope.effects.jobs.score_run import score_part, window_alleles
from locuscope.effects.jobs.score_workers import place_of, portable
from locuscope.errors import OptionError, WrongTypeError
from locuscope.genome.choices import check_class
from locuscope.genome.draws import check_seed
from locuscope.genome.indel_rule import IndelRule
from locuscope.genome.interval import whole_number
from locuscope.genome.placement import Placement
from locuscope.genome.reference import Genome
from locuscope.genome.variant_parts import VariantSource
from locuscope.inference.ensemble import ensemble_of
from locuscope.inference.executors import executor_of
from locuscope.inference.run import refuse_unused, run_of
from locuscope.tracks.organism import organism_index

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from numpy.typing import NDArray

    from locuscope.effects.jobs.score_plan import ScorePlan
    from locuscope.effects.scores import Score
    from locuscope.effects.variant_scores import VariantScores
    from locuscope.effects.windows.allele_windows import AlleleWindow
    from locuscope.genome.variant_table import VariantTable
    from locuscope.inference.ensemble import Ensemble
    from locuscope.inference.executors import Executor
    from locuscope.inference.run import Run
    from locuscope.inference.selection import TrackChoice
    from locuscope.models.protocol import SequenceModel

    Values = NDArray[np.floating[Any]]

NULL_SCORES = ("null_mean", "null_sd", "z", "p_normal", "p_empirical")
"""What stands beside the score, one value per track each."""


def marginalize_variants(
    model: SequenceModel,
    variants: object,
    genome: Genome,
    *,
    score: Score = "log_fold_change",
    score_kwargs: Mapping[str, object] | None = None,
    n_backgrounds: int = 100,
    keep_bp: int = 0,
    seed: int = 0,
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
    run: Run | None = None,
    rc: bool | None = None,
    device: str | None = None,
    batch_size: int | Literal["auto"] | None = None,
) -> VariantScores:
    """Score every allele in its window and in shuffled copies of it.

    Each window is shuffled `n_backgrounds` times (every dinucleotide keeps its count), the bases of
    REF with `keep_bp` bases on both sides are put back, and REF and ALT are scored there. With
    `keep_bp=0` the null says what the bare allele does; with a motif's width it says what the motif
    does without its neighbours.

    Args:
        model: any `SequenceModel` whose scores share a window.
        variants: as `score_variants` takes them.
        genome: the reference.
        score: one name of `list_scores(model)`, or a callable.
        score_kwargs: its options.
        n_backgrounds: shuffled copies per allele, at least 2. They cost as many passes each.
        keep_bp: bases of the genome kept on each side of the allele.
        seed: copy k of a window depends on the seed, k and the bases of the window only, so company
            and batch size change nothing, and the ALTs of a site are compared in the same copies.
        organism: as all that follow as in `score_variants`.
        heads: names of heads.
        tracks: criteria, names, or places of tracks.
        reduce: how positions become one number.
        mask_bp: only positions that near the allele are reduced.
        eps: how close a probability may come to 0 and 1.
        normalize: place windows by the leftmost, shortest spelling.
        ref_policy: "check" or "force".
        on_bad: "flag", "raise" or "skip".
        check_assembly: stop early when most alleles do not fit the genome.
        placement: where windows lie.
        indels: how an allele of another length meets the reference.
        ensemble: views to average, in every copy too.
        run: device, batch size, workers and progress.
        rc: shortcut of `ensemble`.
        device: shortcut of `run`.
        batch_size: shortcut of `run`.

    Returns:
        The scores of `score_variants`, and beside them, per track: `null_mean` and `null_sd` (ddof
        1) of the score over the copies; `z` = (s - null_mean) / null_sd and the two-sided
        `p_normal` of it, both NaN where the null does not vary; `p_empirical` = (1 + #{|null -
        null_mean| >= |s - null_mean|}) / (n + 1), never below 1 / (n + 1). All are NaN where a copy
        has no finite score.

    Raises:
        OptionError: a score that makes its own sequences, fewer than 2 backgrounds, an option that
            cannot work. And what `score_variants` raises.

    >>> from locuscope.models.planted import PlantedMotifNet
    >>> from locuscope.genome.variant import Variant
    >>> net = PlantedMotifNet({"GATA": np.eye(4)[:, [2, 0, 3, 0]]}, 1.0, 0.0, window_bp=60)
    >>> genome = Genome.from_sequences({"1": "CCTTG" * 9 + "GATA" + "CTTGC" * 9})
    >>> breaks = Variant("1", 47, "A", "C")
    >>> scores = marginalize_variants(net, [breaks], genome, score="diff", n_backgrounds=19)
    >>> [f"{scores.scores[name][0, 0]:.2f}" for name in ("diff", "p_empirical")]
    ['-7.96', '0.05']
    """
    nulls = Nulls.checked(n_backgrounds, keep_bp, seed)
    where = run_of(run, device=device, batch_size=batch_size)
    refuse_unused(where, "marginalize_variants", ("out", "restart"))
    check_class("genome", genome, Genome, hint="Genome(path) opens a FASTA file.")
    check_class("check_assembly", check_assembly, bool)
    check_class("normalize", normalize, bool)
    for name, option, kind in (("placement", placement, Placement), ("indels", indels, IndelRule)):
        if option is not None:
            check_class(name, option, kind)
    plan = plan_scores(
        model,
        [_one(score)],
        None if score_kwargs is None else [score_kwargs],
        heads=heads,
        tracks=tracks,
        reduce=reduce,
        mask_bp=mask_bp,
        eps=eps,
        placement=placement,
        indels=indels,
        ensemble=ensemble_of(ensemble, rc=rc),
        organism=organism_index(organism, default=genome.organism or 0, known=None),
        run=where,
        normalize=normalize,
        ref_policy=ref_policy,
        on_bad=on_bad,
    )
    _check_plan(plan)
    source = VariantSource(variants)
    call = ScoreCall(plan, source, genome, (), where, check_assembly=check_assembly)
    return call.result(partial(_parts, nulls=nulls, executor=executor_of(where)))


@dataclass(frozen=True)
class Nulls:
    """How backgrounds are made.

    Args:
        n_backgrounds: shuffled copies per allele.
        keep_bp: bases kept on each side of it.
        seed: of the shuffles.
    """

    n_backgrounds: int
    keep_bp: int
    seed: int

    @classmethod
    def checked(cls, n_backgrounds: object, keep_bp: object, seed: int) -> Nulls:
        """Refuse values outside their range; whole numbers may come as floats."""
        numbers = {}
        for option, value, least in (("n_backgrounds", n_backgrounds, 2), ("keep_bp", keep_bp, 0)):
            numbers[option] = whole_number(value, option)
            if numbers[option] < least:
                raise OptionError(
                    f"{option} is {numbers[option]}; at least {least} is needed.",
                    option=option,
                    value=numbers[option],
                )
        return cls(numbers["n_backgrounds"], numbers["keep_bp"], check_seed(seed))


def _one(score: object) -> Any:
    if isinstance(score, (list, tuple)) or score == "all":
        raise WrongTypeError(
            f"score takes one score, since each has nulls of its own; got {score!r}.",
            argument="score",
            found=type(score).__name__,
            expected="name or callable",
        )
    return score


def _check_plan(plan: ScorePlan) -> None:
    name = plan.order[0]
    if plan.scoring is None:
        raise OptionError(
            f"the score {name!r} makes its own sequences, which cannot be shuffled around the "
            "allele; use one that shares a window, such as 'diff'.",
            option="score",
            value=name,
        )
    if name in NULL_SCORES:
        raise OptionError(
            f"a score called {name!r} would stand in the place of its own null; rename it.",
            option="score",
            value=name,
        )
    if plan.is_one_shot:
        raise OptionError(
            "windows of a data loader come once, and backgrounds need each of them again; give "
            "placement=Placement(mode='overlap', regions=[...]) with a list of intervals.",
            option="placement",
            value=type(plan.placement.regions).__name__,
        )


def _parts(
    plan: ScorePlan,
    genome: Genome | None,
    tables: Iterator[VariantTable],
    *,
    nulls: Nulls,
    executor: Executor,
) -> Iterator[VariantScores]:
    """Score part by part; what is added to a row depends on that row alone."""
    work = partial(_with_nulls, portable(plan), genome, nulls)
    return executor.map(work, tables, describe=place_of)


def _with_nulls(
    plan: ScorePlan, genome: Genome | None, nulls: Nulls, table: VariantTable
) -> VariantScores:
    part = score_part(plan, genome, table)
    name = plan.order[0]
    found = part.scores[name]
    added = {entry: np.full(found.shape, np.nan, np.float32) for entry in NULL_SCORES}
    for row, values in _null_scores(plan, genome, table, _output_rows(part), nulls):
        for entry, numbers in _statistics(found[row].astype(np.float64), values).items():
            added[entry][row] = numbers
    facts = {
        "score": name,
        "n_backgrounds": nulls.n_backgrounds,
        "keep_bp": nulls.keep_bp,
        "seed": nulls.seed,
    }
    return replace(
        part,
        scores={**part.scores, **added},
        provenance={**part.provenance, "nulls": facts},
    )


def _output_rows(part: VariantScores) -> dict[tuple[int, int], int]:
    """Find the output row of each (allele, window)."""
    indices = part.windows["window_index"].to_list()
    rows = np.cumsum([index == 0 for index in indices]) - 1
    return {(int(row), index): k for k, (row, index) in enumerate(zip(rows, indices, strict=True))}


def _null_scores(
    plan: ScorePlan,
    genome: Genome | None,
    table: VariantTable,
    rows: Mapping[tuple[int, int], int],
    nulls: Nulls,
) -> Iterator[tuple[int, Values]]:
    """Score the backgrounds: (output row, (n, T)), one after the other."""
    scoring = plan.scoring
    if scoring is None or plan.width_bp is None:
        return
    _, alleles = window_alleles(plan, genome, table)

    def windows() -> Iterator[tuple[int, AlleleWindow]]:
        for opened in plan.opener(genome).open(alleles):
            if opened.window is None:
                continue
            for copy in shuffled_windows(
                opened.window,
                plan.model.inputs,
                plan.indels,
                n=nulls.n_backgrounds,
                keep_bp=nulls.keep_bp,
                seed=nulls.seed,
            ):
                yield rows[opened.row, opened.window_index], copy

    waiting: dict[int, list[Values]] = {}
    stream = windows()
    size = scoring.rows_per_chunk(plan.width_bp)
    while chunk := list(islice(stream, size)):
        values = scoring.score([window for _, window in chunk]).scores[plan.order[0]]
        for (row, _), numbers in zip(chunk, values, strict=True):
            waiting.setdefault(row, []).append(numbers)
            if len(waiting[row]) == nulls.n_backgrounds:
                # As the score itself is kept, so that an equal one is equal.
                yield row, np.stack(waiting.pop(row)).astype(np.float32).astype(np.float64)


def _statistics(score: NDArray[np.float64], null: Values) -> dict[str, Values]:
    """Compare a score (T,) with its nulls (n, T)."""
    from scipy.special import erfc

    with np.errstate(invalid="ignore", divide="ignore"):
        mean, sd = null.mean(0), null.std(0, ddof=1)
        # Rounding alone gives equal numbers a spread and a mean beside them.
        is_constant = (null == null[0]).all(0)
        mean[is_constant], sd[is_constant] = null[0, is_constant], 0.0
        mean[~np.isfinite(null).all(0)] = np.nan
        z = np.where(sd > 0, (score - mean) / sd, np.nan)
        n_beyond = (np.abs(null - mean) >= np.abs(score - mean)).sum(0)
    p_empirical = np.where(
        np.isfinite(mean) & np.isfinite(score), (1 + n_beyond) / (len(null) + 1), np.nan
    )
    return {
        "null_mean": mean,
        "null_sd": sd,
        "z": z,
        "p_normal": erfc(np.abs(z) / np.sqrt(2)),
        "p_empirical": p_empirical,
    }
