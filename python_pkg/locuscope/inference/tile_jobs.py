"""Long regions as a job: parts on disk that a later call takes up, then the files."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.inference.batches import batch_size_for
from locuscope.inference.executors import executor_of
from locuscope.inference.progress import Progress
from locuscope.inference.run import Run
from locuscope.inference.threads import one_thread
from locuscope.inference.tile_files import (
    ARRAY,
    check_targets,
    target_files,
    write_array,
    write_track,
)
from locuscope.inference.zarr_regions import write_zarr
from locuscope.store import Job

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from locuscope.inference.tile_work import TileWork


@dataclass(frozen=True)
class Part:
    """Some bins of one region.

    Args:
        region: its number.
        first: the first bin.
        stop: the bin after the last.
    """

    region: int
    first: int
    stop: int


def parts_of(works: Sequence[TileWork]) -> list[Part]:
    """Give the parts of all regions, in order."""
    return [
        Part(region, first, stop)
        for region, work in enumerate(works)
        for _, first, stop in work.parts()
    ]


def computed(
    works: Sequence[TileWork], parts: Sequence[Part], run: Run
) -> Generator[tuple[Part, NDArray[np.float32]]]:
    """Give the values of parts, in order, computed where `run.workers` or a cluster says."""
    plain = Run(device=run.device, batch_size=run.batch_size)
    portable = tuple(work.running(plain) for work in works)
    return executor_of(run).map(partial(_compute, portable), parts, describe=_name)


def _compute(works: tuple[TileWork, ...], part: Part) -> tuple[Part, NDArray[np.float32]]:
    return part, works[part.region].bins(part.first)


def _name(part: Part) -> str:
    return f"bins {part.first:,} to {part.stop:,} of region {part.region}"


def region_values(
    works: Sequence[TileWork], run: Run, progress: Progress, *, done: int = 0
) -> list[NDArray[np.float32]]:
    """Compute regions in memory.

    Args:
        works: the regions.
        run: device, batch size and workers.
        progress: is told after each part.
        done: bins of the call that were done before.

    Returns:
        (bins, T) of each.
    """
    values = [np.empty((work.plan.n_bins, work.n_tracks), np.float32) for work in works]
    with closing(computed(works, parts_of(works), run)) as found:
        for part, some in found:
            values[part.region][part.first : part.stop] = some
            done += part.stop - part.first
            progress.update(done, {"ok": done})
    return values


def write_regions(verb: str, works: Sequence[TileWork], run: Run) -> Path:
    """Compute part after part, each kept on disk, then write the files.

    Args:
        verb: who works.
        works: the regions, of one head, one resolution and the same tracks.
        run: with `out`.

    Returns:
        The first path of `out`.

    Raises:
        OptionError: a file that regions cannot be written to.
        InputChangedError, LockedStoreError, StoreTargetError: as `Job.open`.
    """
    targets = run.targets()
    check_targets(targets, works[0].n_tracks, n_regions=len(works))
    files = target_files(targets, works[0].choice.table)
    for work in works:
        work.check()
    parts = parts_of(works)
    n_bins = sum(work.plan.n_bins for work in works)
    job = Job.open(
        files[0][0],
        verb=verb,
        facts={**_facts(works), "files": [path.name for path, _ in files]},
        part_rows=1,
        also=[path for path, _ in files[1:]],
        is_folder=False,
        suffix=ARRAY,
        adopt={"batch_size": batch_size_for(run, works[0].plan.width_bp, run.torch_device())},
        rows_total=len(parts),
        needed_bytes=8 * n_bins * works[0].n_tracks,
        restart=run.restart,
    )
    with job:
        if job.state != "finished":
            adopted: Any = job.adopted["batch_size"]
            _fill(job, works, parts, replace(run, batch_size=adopted))
            job.finish(len(parts), publish_files=lambda _: _publish(works, parts, job, files))
    return targets[0]


def _facts(works: Sequence[TileWork]) -> dict[str, Any]:
    """What decides the bytes of the files; of several regions a list of their places."""
    facts = works[0].facts()
    if len(works) > 1:
        facts["covered"] = [repr(work.plan.covered) for work in works]
        facts["n_bins"] = [work.plan.n_bins for work in works]
    return facts


def _fill(job: Job, works: Sequence[TileWork], parts: Sequence[Part], run: Run) -> None:
    todo = [number for number in range(len(parts)) if not job.has(number)]
    total = sum(part.stop - part.first for part in parts)
    done = total - sum(parts[number].stop - parts[number].first for number in todo)
    with Progress(run.progress, what="bins", total=total) as progress, one_thread():
        progress.begin(done)
        for note in job.notes:
            progress.note(note)
        with closing(computed(works, [parts[number] for number in todo], run)) as found:
            for number, (part, values) in zip(todo, found, strict=True):
                job.write(number, (number, number + 1), partial(_write_part, values=values))
                done += part.stop - part.first
                progress.update(done, {"ok": done})


def _write_part(path: Path, values: NDArray[np.float32]) -> None:
    with path.open("wb") as file:
        np.save(file, values, allow_pickle=False)


def _publish(
    works: Sequence[TileWork],
    parts: Sequence[Part],
    job: Job,
    files: Sequence[tuple[Path, int | None]],
) -> None:
    paths: list[list[Path]] = [[] for _ in works]
    for part, path in zip(parts, job.parts, strict=True):
        paths[part.region].append(path)
    regions = [(work.plan, mine) for work, mine in zip(works, paths, strict=True)]
    genome = works[0].passes.genome
    chroms = [plan.covered.chrom for plan, _ in regions]
    lengths = {chrom: genome.lengths[genome.resolve(chrom)] for chrom in chroms}
    for path, track in files:
        if track is not None:
            write_track(path, regions, track, lengths)
        elif path.suffix == ARRAY:
            write_array(path, paths[0], (works[0].plan.n_bins, works[0].n_tracks))
        else:
            write_zarr(path, regions, works[0].choice.table)
