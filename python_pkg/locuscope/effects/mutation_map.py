"""`mutation_map`: every single-base change of an interval, scored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from locuscope.effects.maps.map_entries import list_entries
from locuscope.effects.maps.map_job import map_in_memory, map_job
from locuscope.effects.maps.map_places import read_alleles, read_places
from locuscope.effects.maps.map_plan import plan_map
from locuscope.effects.scoring.plan_worth import METHODS
from locuscope.errors import EmptySelectionError
from locuscope.genome.choices import check_choice, check_class
from locuscope.genome.placement import Placement
from locuscope.genome.reference import Genome
from locuscope.inference.ensemble import ensemble_of
from locuscope.inference.run import run_of
from locuscope.models.protocol import require_model
from locuscope.tracks.organism import organism_index

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from os import PathLike

    from locuscope.effects.maps.mutation_map_set import MutationMapSet
    from locuscope.effects.maps.mutation_maps import MutationMap
    from locuscope.effects.scores import Scorer
    from locuscope.inference.ensemble import Ensemble
    from locuscope.inference.run import Run
    from locuscope.inference.selection import TrackChoice
    from locuscope.models.protocol import SequenceModel

TILINGS = ("core", "kipoi")
N_POLICIES = ("nan", "fill")


def mutation_map(
    model: SequenceModel,
    where: object,
    genome: Genome | None = None,
    *,
    scores: str | Scorer | Sequence[str | Scorer] = ("diff",),
    score_kwargs: Sequence[Mapping[str, object] | None] | Mapping[str, object] | None = None,
    organism: int | str | None = None,
    heads: Collection[str] | None = None,
    tracks: TrackChoice | None = None,
    reduce: str | Callable[[Any], Any] = "mean",
    mask_bp: int | None = None,
    n_policy: Literal["nan", "fill"] = "nan",
    annotate: object = None,
    tiling: Literal["core", "kipoi"] = "core",
    core_bp: int | None = None,
    placement: Placement | None = None,
    ensemble: Ensemble | None = None,
    method: Literal["auto", "incremental", "naive"] = "auto",
    run: Run | None = None,
    rc: bool | None = None,
    out: str | PathLike[str] | Sequence[str | PathLike[str]] | None = None,
    device: str | None = None,
    batch_size: int | Literal["auto"] | None = None,
) -> MutationMap | MutationMapSet:
    """Score every single-base change inside intervals, or inside a window round each variant.

    Each cell is `score(reference, mutant)` on one window. An interval that fits into the model's
    window is the middle of one window; a longer one is cut into chunks, each the middle of its
    window. Bases outside the interval are context only.

    Args:
        model: any `SequenceModel`.
        where: an Interval (or its text, "20:2,577,757-2,577,836"), a list of them, or a BED path:
            the bases to change. A VCF path or variants: one window round each variant, all of whose
            bases are changed (`core_bp` of them, where that is given), the variant annotated.
        genome: the reference. None only where `placement` holds the batches of a data loader.
        scores: names of `list_scores(model)`, "all", or callables.
        score_kwargs: options per score, in the same order; for one score also its dictionary alone.
        organism: index or name; None = the genome's organism.
        heads: names of heads; None = all that have tracks.
        tracks: criteria, names, or places of tracks; None = all. Chosen before anything is scored.
        reduce: how the positions of a window become one number, as in `score_variants`.
        mask_bp: only positions within that many bases around the changed base; None = all.
        n_policy: "nan" leaves the columns of unknown reference bases NaN, "fill" scores the four
            bases put in place of N. Bases beyond the end of a contig are NaN in both.
        annotate: variants, in any form, to draw on the maps they overlap.
        tiling: "core" as above; "kipoi": consecutive windows from the start of each interval, every
            base of a window changed, one entry per window (the last may overhang the interval).
        core_bp: bases of a chunk of a long interval; None = half the window. Only for
            tiling="core".
        placement: width of the window, and for variants where it lies.
        ensemble: views to average; scores are computed per view, then averaged.
        method: "naive" runs one full forward pass per change; "incremental" carries the difference
            that each change makes through the network, with the same numbers within 2e-6 of the
            peak of the output; "auto" takes what is faster, for many changes the second.
        run: device, batch size, workers (processes over parts of 512 positions), progress, `out`.
        rc: shortcut of `ensemble`.
        out: `.h5` or `.hdf5` file, to which the work is a job that a killed process resumes; beside
            it `.parquet` and `.vcf[.gz]` files made from it. The result is then opened lazily.
        device: shortcut of `run`.
        batch_size: shortcut of `run`.

    Returns:
        For one interval with tiling="core" a `MutationMap`, else a `MutationMapSet` in the order of
        the input; rows without a map stand in its `refused`. `scores` (L, A, T) float32: in a
        difference score the reference cell is 0, in `ref`, `alt` and the single logits the
        reference's own value.

    Raises:
        OutOfBoundsError: an interval leaves its chromosome.
        OptionError: an option outside its list, without effect, or intervals together with
            variants; "incremental" for a network whose plan does not serve.
        AssemblyMismatchError: the variants belong to another genome.
        EmptySelectionError: no place is left.

    >>> from locuscope import demo
    >>> from locuscope.genome.interval import Interval
    >>> from locuscope.models.zoo import load_model
    >>> where = Interval("20", 2_577_794, 2_577_796)
    >>> found = mutation_map(load_model("dnase"), where, demo.genome())
    >>> found.scores.shape, found.reference
    ((2, 4, 3), 'AG')
    """
    require_model(model)
    check_choice("tiling", tiling, TILINGS)
    check_choice("n_policy", n_policy, N_POLICIES)
    check_choice("method", method, METHODS)
    if genome is not None:
        check_class("genome", genome, Genome, hint="Genome(path) opens a FASTA file.")
    if placement is not None:
        check_class("placement", placement, Placement, hint="Placement(width_bp=...) makes one.")
    how = run_of(run, device=device, batch_size=batch_size, out=out)
    plan = plan_map(
        model,
        scores,
        score_kwargs,
        heads=heads,
        tracks=tracks,
        reduce=reduce,
        mask_bp=mask_bp,
        n_policy=n_policy,
        tiling=tiling,
        core_bp=core_bp,
        placement=placement,
        ensemble=ensemble_of(ensemble, rc=rc),
        organism=organism_index(organism, default=_organism(genome), known=None),
        run=how,
        method=method,
    )
    places = read_places(where, genome, may_overhang=tiling == "kipoi")
    drawn = None if annotate is None else read_alleles(annotate, genome)
    entries, refused = list_entries(plan, places, genome, drawn)
    if not entries:
        first = f", the first ({refused[0].place}) because: {refused[0].reason}" if refused else "."
        raise EmptySelectionError(
            f"no place has a mutation map: {len(refused)} refused{first}",
            criteria=repr(where)[:80],
        )
    is_one = places.is_one and tiling == "core"
    if how.out is None:
        return map_in_memory(plan, entries, refused, genome, is_one=is_one)
    return map_job(plan, entries, refused, genome, is_one=is_one)


def _organism(genome: Genome | None) -> int:
    return 0 if genome is None else genome.organism or 0
