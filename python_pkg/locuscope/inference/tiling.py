"""The verb `predict_region`: tracks of a place of any length, window by window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from locuscope.genome.choices import check_class
from locuscope.genome.interval import Interval
from locuscope.genome.reference import Genome
from locuscope.inference.ensemble import ensemble_of
from locuscope.inference.progress import Progress
from locuscope.inference.run import refuse_unused, run_of
from locuscope.inference.tile_files import ARRAY
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

VERB = "predict_region"


def predict_region(
    model: SequenceModel,
    interval: Interval,
    genome: Genome,
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
) -> NamedTrackTensor | Path:
    """Predict a place of any length in windows that stand side by side.

    The bins begin at multiples of the resolution. Where the crop covers what a base can see of its
    surroundings, the result equals one pass over the whole place to rounding; where it does not,
    the bins near the ends of a window know less than those in its middle.

    Args:
        model: any `SequenceModel` that reads one window.
        interval: the place. Bins that overlap it are given, bins outside the contig dropped.
        genome: where the bases come from; N outside the contig.
        organism: index or name; None = the genome's.
        heads: the one output; None = the only one.
        tracks: criteria, names, places or a mask; None = all.
        resolution_bp: bases per bin; None = the finest.
        width_bp: bases of a window; None = the model's own.
        crop_bp: bases at each end of a window that are only context; None = those without output,
            and an eighth of the window where there are none.
        blend: "crop" = each bin comes from one window; "blend" = near the seams from two, weighted
            linearly.
        ensemble: views of a window that are averaged.
        run: device, batch size, workers, progress, out and restart.
        rc: short for `Ensemble(rc=...)`.
        out: short for `Run(out=...)`: a .npy (bins, tracks), a .zarr with such an array, a .bw of
            one track, or a folder with one .bw per track. The work is then a job in parts that a
            later call takes up.
        device: short for `Run(device=...)`.
        batch_size: short for `Run(batch_size=...)`.

    Returns:
        NamedTrackTensor (1, L', T), float32, whose interval is what the bins cover; from a .npy it
        is read as it is used. The path of a .bw, .zarr or folder.

    Raises:
        OptionError: several heads, an output without bins, no width, a crop that does not fit.
        OutOfBoundsError: a place outside its contig, or bases that an embedded slice lacks.
        InputChangedError, LockedStoreError, StoreTargetError: as `Job.open`.

    >>> from locuscope import Genome, Interval, demo, load_model
    >>> place = Interval("20", 2_577_000, 2_577_500)
    >>> net = load_model("cispliceai")
    >>> predict_region(net, place, demo.genome(), width_bp=10_400)
    NamedTrackTensor('splice_sites', 1bp, shape (1, 500, 4), 4 tracks, 20:2,577,001-2,577,500)
    """
    check_class("interval", interval, Interval, hint="Interval.parse(text) reads one.")
    check_class("genome", genome, Genome, hint="Genome(path) opens a FASTA file.")
    views = ensemble_of(ensemble, rc=rc)
    views.require_mean(VERB)
    how = run_of(run, device=device, batch_size=batch_size, out=out)
    if how.out is None:
        refuse_unused(how, VERB, ("restart",))
    index = organism_index(organism, default=genome.organism or 0, known=None)
    choice = region_choice(model, heads, tracks, resolution_bp, index)
    plan = plan_tiles(
        model, choice, interval, genome, width_bp=width_bp, crop_bp=crop_bp, blend=blend
    )
    passes = WindowPasses(model, genome, (choice,), index, views, how)
    work = TileWork(plan, passes)
    if how.targets():
        target = write_regions(VERB, [work], how)
        if target.suffix.lower() != ARRAY:
            return target
        return work.named(np.load(target, mmap_mode="c", allow_pickle=False))
    work.check()
    with Progress(how.progress, what="bins", total=plan.n_bins) as progress:
        (values,) = region_values([work], how, progress)
    return work.named(values)
