"""Hit calling as a job: parts of regions on disk, then the folder of files."""

from __future__ import annotations

from dataclasses import fields
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.inference.progress import Progress
from locuscope.motifs.hit_files import FILES
from locuscope.motifs.solvers.solved import Solved
from locuscope.store import Job

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from locuscope.inference.run import Run
    from locuscope.motifs.hit_solver import HitSolver
    from locuscope.motifs.solvers.problem import Problem

PART_ROWS = 1024
"""Regions of a part."""

_SUFFIX = ".npz"


def solve_all(problem: Problem, solver: HitSolver, run: Run) -> Solved:
    """Solve all regions in memory, telling how far it is."""
    total = problem.n_regions
    parts: list[Solved] = []
    counts: dict[str, int] = {}
    with Progress(run.progress, what="regions", total=total) as progress:
        for regions in solver.runs(0, total):
            parts.append(solver.solve(problem, regions))
            _count(counts, parts[-1])
            progress.update(regions.stop, counts)
    return Solved.concatenate(parts)


def solve_as_job(
    target: Path,
    problem: Problem,
    solver: HitSolver,
    run: Run,
    *,
    facts: Mapping[str, Any],
    fill: Callable[[Solved, Path], object],
) -> Path:
    """Solve part after part, each kept on disk, and fill the folder at the end.

    A killed call that is made again goes on after the last part, and ends with the same bytes.

    Args:
        target: the folder.
        problem: what is solved.
        solver: by what.
        run: progress and restart.
        facts: everything that changes a number.
        fill: called with all solutions and the folder; writes the files of hits.

    Raises:
        InputChangedError, LockedStoreError, StoreTargetError: as `Job.open`.
    """
    total = problem.n_regions
    job = Job.open(
        target,
        verb="call_hits",
        facts=facts,
        part_rows=PART_ROWS,
        is_folder=True,
        suffix=_SUFFIX,
        tables=FILES,
        rows_total=total,
        needed_bytes=512 * total,
        restart=run.restart,
    )
    with job:
        if job.state == "finished":
            return target
        with Progress(run.progress, what="regions", total=total) as progress:
            progress.begin(job.rows_done)
            for note in job.notes:
                progress.note(note)
            for number, first in enumerate(range(0, max(total, 1), PART_ROWS)):
                if job.has(number):
                    continue
                stop = min(first + PART_ROWS, total)
                runs = [solver.solve(problem, regions) for regions in solver.runs(first, stop)]
                part = Solved.concatenate(runs)
                counts = _count({}, part)
                job.write(number, (first, stop), partial(_write_part, part=part), counts=counts)
                progress.update(job.rows_done, job.counts)
        job.finish(total, publish_files=lambda folder: fill(_read_parts(job), folder))
    return target


def _count(counts: dict[str, int], part: Solved) -> dict[str, int]:
    """Add the regions of each status."""
    for status, number in zip(*np.unique(part.status, return_counts=True), strict=True):
        counts[str(status)] = counts.get(str(status), 0) + int(number)
    return counts


def _write_part(path: Path, part: Solved) -> None:
    arrays = {field.name: getattr(part, field.name) for field in fields(Solved)}
    with path.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def _read_parts(job: Job) -> Solved:
    return Solved.concatenate([_read_part(path) for path in job.parts])


def _read_part(path: Path) -> Solved:
    with np.load(path, allow_pickle=False) as arrays:
        return Solved(**{field.name: arrays[field.name] for field in fields(Solved)})
