"""The verb `predict_chromosomes`: tracks of whole chromosomes, as one job and one set of files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from locuscope.errors import EmptySelectionError, OptionError
from locuscope.genome.choices import check_class
from locuscope.genome.reference import Genome
from locuscope.inference.ensemble import ensemble_of
from locuscope.inference.progress import Progress
from locuscope.inference.run import refuse_unused, run_of
from locuscope.inference.tile_jobs import region_values, write_regions
from locuscope.inference.tile_plan import plan_tiles
from locuscope.inference.tile_work import TileWork, region_choice
from locuscope.inference.window_passes import WindowPasses
from locuscope.tracks.organism import organism_index

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from locuscope.inference.ensemble import Ensemble
    from locuscope.inference.run import Out, Run
    from locuscope.inference.selection import TrackChoice
    from locuscope.models.protocol import SequenceModel
    from locuscope.tracks.named import NamedTrackTensor

VERB = "predict_chromosomes"


def predict_chromosomes(
    model: SequenceModel,
    genome: Genome,
    chroms: str | Collection[str] | None = None,
    *,
    organism: int | str | None = None,
    heads: Collection[str] | None = None,
    tracks: TrackChoice | None = None,
    resolution_bp: int | None = None,
    width_bp: int | None = None,
    crop_bp: int | None = None,
    blend: str = "crop",
    ensemble: Ensemble | None = None,
    run: Run | None = None,
    rc: bool | None = None,
    out: Out | None = None,
    device: str | None = None,
    batch_size: int | Literal["auto"] | None = None,
) -> dict[str, NamedTrackTensor] | Path:
    """Predict whole chromosomes in windows that stand side by side; see `predict_region`.

    Args:
        model: any `SequenceModel` that reads one window.
        genome: where the bases come from.
        chroms: names of contigs, one or several; None = all of the genome.
        organism: as there.
        heads: as there.
        tracks: as there.
        resolution_bp: as there.
        width_bp: as there.
        crop_bp: as there.
        blend: as there.
        ensemble: as there.
        run: device, batch size, workers, progress, out and restart.
        rc: short for `Ensemble(rc=...)`.
        out: short for `Run(out=...)`: a folder with one .bw per track, a .bw of one track, or a
            .zarr with an array (bins, tracks) per chromosome. Each file holds all chromosomes; the
            work is one job in parts that a later call takes up.
        device: short for `Run(device=...)`.
        batch_size: short for `Run(batch_size=...)`.

    Returns:
        Name as it was given -> NamedTrackTensor (1, L', T), L' = bases / resolution, rounded up;
        with `out` its first path.

    Raises:
        EmptySelectionError: no chromosome.
        MissingContigError: one that the genome lacks.
        OptionError, OutOfBoundsError, InputChangedError, LockedStoreError, StoreTargetError: as
            `predict_region`.
    """
    check_class("genome", genome, Genome, hint="Genome(path) opens a FASTA file.")
    views = ensemble_of(ensemble, rc=rc)
    views.require_mean(VERB)
    how = run_of(run, device=device, batch_size=batch_size, out=out)
    if how.out is None:
        refuse_unused(how, VERB, ("restart",))
    index = organism_index(organism, default=genome.organism or 0, known=None)
    choice = region_choice(model, heads, tracks, resolution_bp, index)
    names = _names(chroms, genome)
    works = []
    for name in names:
        plan = plan_tiles(
            model,
            choice,
            genome.whole(name),
            genome,
            width_bp=width_bp,
            crop_bp=crop_bp,
            blend=blend,
        )
        works.append(TileWork(plan, WindowPasses(model, genome, (choice,), index, views, how)))
    if how.targets():
        return write_regions(VERB, works, how)
    for work in works:
        work.check()
    total = sum(work.plan.n_bins for work in works)
    with Progress(how.progress, what="bins", total=total) as progress:
        values = region_values(works, how, progress)
    named = (work.named(some) for work, some in zip(works, values, strict=True))
    return dict(zip(names, named, strict=True))


def _names(chroms: str | Collection[str] | None, genome: Genome) -> list[str]:
    """The chromosomes, each once.

    Raises:
        EmptySelectionError: none.
        OptionError: one twice.
    """
    listed = [chroms] if isinstance(chroms, str) else list(chroms or ())
    names = list(genome.lengths) if chroms is None else listed
    if not names:
        raise EmptySelectionError(
            f"chroms is empty; {genome.name} has {len(genome.lengths):,} contigs.",
            available=list(genome.lengths)[:5],
        )
    resolved = [genome.resolve(name) for name in names]
    twice = [name for k, name in enumerate(names) if resolved[k] in resolved[:k]]
    if twice:
        raise OptionError(f"chroms names {twice[0]!r} twice.", option="chroms", value=list(names))
    return names
