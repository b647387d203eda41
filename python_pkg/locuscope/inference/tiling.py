"""The verb `predict_region`: tracks of a place of any length, window by window."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from locuscope.errors import OptionError
from locuscope.genome.choices import check_class
from locuscope.genome.interval import Interval, whole_number
from locuscope.genome.reference import Genome
from locuscope.inference.batches import batch_size_for
from locuscope.inference.ensemble import ensemble_of
from locuscope.inference.progress import Progress
from locuscope.inference.run import refuse_unused, run_of
from locuscope.inference.selection import choose
from locuscope.inference.threads import one_thread
from locuscope.inference.tile_files import (
    ARRAY,
    check_targets,
    target_files,
    write_array,
    write_track,
)
from locuscope.inference.tile_plan import TilePlan, plan_tiles
from locuscope.inference.window_passes import WindowPasses
from locuscope.store import Job
from locuscope.tracks.named import NamedTrackTensor
from locuscope.tracks.organism import organism_index

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from locuscope.inference.ensemble import Ensemble
    from locuscope.inference.run import Out, Run
    from locuscope.inference.selection import HeadChoice, TrackChoice
    from locuscope.models.protocol import SequenceModel

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
        run: device, batch size, progress, out and restart.
        rc: short for `Ensemble(rc=...)`.
        out: short for `Run(out=...)`: a .npy (bins, tracks), a .bw of one track, or a folder with
            one .bw per track. The work is then a job in parts that a later call takes up.
        device: short for `Run(device=...)`.
        batch_size: short for `Run(batch_size=...)`.

    Returns:
        NamedTrackTensor (1, L', T), float32, whose interval is what the bins cover; from a .npy it
        is read as it is used. The path of a .bw or folder.

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
    refuse_unused(how, VERB, ("workers",))
    stated = 0 if genome.organism is None else genome.organism
    index = organism_index(organism, default=stated, known=None)
    choice = _choice(model, heads, tracks, resolution_bp, index)
    plan = plan_tiles(
        model, choice, interval, genome, width_bp=width_bp, crop_bp=crop_bp, blend=blend
    )
    passes = WindowPasses(model, genome, (choice,), index, views, how)
    work = _Work(plan, passes)
    if how.targets():
        return _by_job(work)
    work.check()
    values = np.empty((plan.n_bins, len(choice.rows)), np.float32)
    with Progress(how.progress, what="bins", total=plan.n_bins) as progress:
        for _, first, stop in work.parts():
            values[first:stop] = work.bins(first)
            progress.update(stop, {"ok": stop})
    return work.named(values)


class _Work:
    """A region in parts: what each part holds, and what the parts become."""

    def __init__(self, plan: TilePlan, passes: WindowPasses) -> None:
        self.plan = plan
        self.passes = passes
        self.choice = passes.choices[0]
        self.n_tracks = len(self.choice.rows)
        self.part_windows = plan.windows_per_part(self.n_tracks)
        self.part_rows = self.part_windows * plan.bins_per_window

    def check(self) -> None:
        """Raise before anything runs where bases are missing."""
        self.passes.check([self.plan.window(k) for k in range(self.plan.n_windows)])

    def parts(self) -> Iterator[tuple[int, int, int]]:
        """Number, first bin, and the bin after the last, of each part."""
        for i, first in enumerate(range(0, self.plan.n_bins, self.part_rows)):
            yield i, first, min(first + self.part_rows, self.plan.n_bins)

    def bins(self, first_bin: int) -> NDArray[np.float32]:
        """The values of the part that begins with a bin, (bins, T)."""
        first = first_bin // self.plan.bins_per_window
        stop = min(first + self.part_windows, self.plan.n_windows)
        low, high = self.plan.needed(first, stop)
        windows = [self.plan.window(k) for k in range(low, high)]
        found = self.passes.values(windows, cut=lambda *_: self.plan.kept())
        values = found[self.choice.spec.name][self.plan.resolution_bp].numpy()
        return self.plan.joined(values, first, stop)

    def named(self, values: NDArray[np.float32]) -> NamedTrackTensor:
        """The values with their tracks and their place."""
        import torch

        return NamedTrackTensor(
            torch.from_numpy(values)[None],
            self.choice.table,
            self.choice.spec.name,
            self.plan.resolution_bp,
            intervals=[self.plan.covered],
        )

    def facts(self) -> dict[str, Any]:
        """Everything that decides the bytes of the files."""
        passes, plan = self.passes, asdict(self.plan)
        rows = "\n".join(repr(row) for row in self.choice.table.rows())
        return {
            **plan,
            "covered": repr(self.plan.covered),
            "model": passes.model.name,
            "model_digest": passes.model.digest,
            "genome": passes.genome.digest,
            "head": self.choice.spec.name,
            "channels": self.choice.rows.tolist(),
            "tracks": hashlib.sha256(rows.encode()).hexdigest(),
            "organism": passes.organism,
            "ensemble": passes.ensemble.facts(),
        }


def _by_job(work: _Work) -> NamedTrackTensor | Path:
    """Compute part after part, each kept on disk, then write the files."""
    run = work.passes.run
    targets = run.targets()
    check_targets(targets, work.n_tracks)
    files = target_files(targets, work.choice.table)
    work.check()
    size = batch_size_for(run, work.plan.width_bp, run.torch_device())
    job = Job.open(
        files[0][0],
        verb=VERB,
        facts={**work.facts(), "files": [path.name for path, _ in files]},
        part_rows=work.part_rows,
        also=[path for path, _ in files[1:]],
        is_folder=False,
        suffix=ARRAY,
        adopt={"batch_size": size},
        rows_total=work.plan.n_bins,
        needed_bytes=8 * work.plan.n_bins * work.n_tracks,
        restart=run.restart,
    )
    with job:
        if job.state != "finished":
            adopted: Any = job.adopted["batch_size"]
            passes = replace(work.passes, run=replace(run, batch_size=adopted))
            _run(job, _Work(work.plan, passes))
            job.finish(work.plan.n_bins, publish_files=lambda _: _publish(work, job, files))
    if targets[0].suffix.lower() != ARRAY:
        return targets[0]
    return work.named(np.load(targets[0], mmap_mode="c", allow_pickle=False))


def _run(job: Job, work: _Work) -> None:
    with Progress(work.passes.run.progress, what="bins", total=work.plan.n_bins) as progress:
        progress.begin(job.rows_done)
        for note in job.notes:
            progress.note(note)
        with one_thread():
            for i, first, stop in work.parts():
                if not job.has(i):
                    values = work.bins(first)
                    job.write(i, (first, stop), partial(_write_part, values=values))
                    progress.update(job.rows_done, {"ok": job.rows_done})


def _write_part(path: Path, values: NDArray[np.float32]) -> None:
    with path.open("wb") as file:
        np.save(file, values, allow_pickle=False)


def _publish(work: _Work, job: Job, files: Sequence[tuple[Path, int | None]]) -> None:
    plan, genome = work.plan, work.passes.genome
    contig_bp = genome.lengths[genome.resolve(plan.covered.chrom)]
    for path, track in files:
        if track is None:
            write_array(path, job.parts, (plan.n_bins, work.n_tracks))
        else:
            write_track(path, job.parts, track, plan, contig_bp)


def _choice(
    model: SequenceModel,
    heads: Collection[str] | None,
    tracks: TrackChoice | None,
    resolution_bp: int | None,
    organism: int,
) -> HeadChoice:
    """The one output, at one resolution.

    Raises:
        OptionError: several outputs, or one without bins.
    """
    keys = None if resolution_bp is None else (whole_number(resolution_bp, "resolution_bp"),)
    choices = choose(model, heads=heads, tracks=tracks, resolutions_bp=keys, organism=organism)
    names = [choice.spec.name for choice in choices]
    if len(choices) > 1:
        raise OptionError(
            f"{model.name} has the heads {', '.join(names)}; a region is of one: heads=[...].",
            option="heads",
            value=names,
            allowed=names,
        )
    choice = choices[0]
    if choice.spec.kind != "track" or not choice.spec.resolutions_bp:
        raise OptionError(
            f"head {names[0]!r} of {model.name} has no bins along the sequence, so its windows "
            "cannot stand side by side.",
            option="heads",
            value=names[0],
        )
    return replace(choice, keys=(min(choice.keys),))
