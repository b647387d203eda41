"""How a call of `mutation_map` runs: in memory, or as a job that a killed process resumes."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from locuscope.effects.maps.map_method import adoptable, adopted, with_method
from locuscope.effects.maps.map_parts import (
    PART_POSITIONS,
    MapWork,
    joined,
    read_rows,
    write_part,
)
from locuscope.effects.maps.map_workers import scored_parts
from locuscope.effects.maps.mutation_map_file import write_maps
from locuscope.effects.maps.mutation_map_set import MutationMapSet
from locuscope.errors import OptionError
from locuscope.genome.caller import warn_caller
from locuscope.inference.progress import Progress
from locuscope.inference.threads import one_thread
from locuscope.store import Job, code_digests

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from locuscope.effects.maps.map_plan import MapPlan
    from locuscope.effects.maps.map_scoring import Values
    from locuscope.effects.maps.map_windows import MapEntry
    from locuscope.effects.maps.mutation_maps import MutationMap
    from locuscope.effects.maps.stored_maps import Refusal
    from locuscope.genome.reference import Genome

HDF5 = (".h5", ".hdf5")
DERIVED = (".parquet", ".vcf", ".vcf.gz")


def map_in_memory(
    plan: MapPlan,
    entries: Sequence[MapEntry],
    refused: Sequence[Refusal],
    genome: Genome | None,
    *,
    is_one: bool,
) -> MutationMap | MutationMapSet:
    """Compute all maps and hold them."""
    plan = with_method(plan, entries)
    work = MapWork(plan, entries, genome)
    work.check()
    parts: list[Values] = []
    with (
        Progress(plan.run.progress, what="positions", total=work.n_rows) as progress,
        scored_parts(work, work.parts()) as scored,
    ):
        for _, _, stop, values in scored:
            parts.append(values)
            progress.update(stop, {"ok": stop})
    rows = joined(parts)
    maps = work.maps(lambda first, stop: {k: v[first:stop] for k, v in rows.items()})
    found = MutationMapSet(
        list(maps), [entry.row for entry in entries], tuple(refused), work.provenance
    )
    return _answer(found, is_one=is_one)


def map_job(
    plan: MapPlan,
    entries: Sequence[MapEntry],
    refused: Sequence[Refusal],
    genome: Genome | None,
    *,
    is_one: bool,
) -> MutationMap | MutationMapSet:
    """Compute part after part, each kept on disk, then write the files and open the first.

    Raises:
        OptionError: a file of a kind that is not written.
        InputChangedError: an unfinished job of the same name computes something else.
        LockedStoreError: another process is at it.
    """
    target, also = targets(plan)
    work = MapWork(plan, entries, genome)
    work.check()
    if plan.run.restart or not target.exists():  # else it is finished, or another call's
        plan = with_method(plan, entries)
        work = MapWork(plan, entries, genome)
    job = Job.open(
        target,
        verb="mutation_map",
        facts=_facts(plan, entries, refused, genome),
        part_rows=PART_POSITIONS,
        also=also,
        is_folder=False,
        suffix=".npz",
        adopt={"batch_size": plan.run.batch_size, **adoptable(plan)},
        rows_total=work.n_rows,
        needed_bytes=_size(plan, work),
        restart=plan.run.restart,
    )
    with job:
        if job.state != "finished":
            begun = _adopted(work, job)
            _run(job, begun)
            job.finish(
                work.n_rows, publish_files=lambda _: _publish(begun, job, target, also, refused)
            )
    return _answer(MutationMapSet.open(target), is_one=is_one)


def targets(plan: MapPlan) -> tuple[Path, list[Path]]:
    """Give the HDF5 file of a call and the files that are made from it.

    Raises:
        OptionError: no HDF5 file, two of them, or a name of another kind.
    """
    paths = plan.run.targets()
    stores = [path for path in paths if path.name.endswith(HDF5)]
    odd = [path for path in paths if not path.name.endswith((*HDF5, *DERIVED))]
    if odd or len(stores) != 1 or paths[0] != stores[0]:
        raise OptionError(
            f"out={[str(path) for path in paths]!r}: first the one file ({' or '.join(HDF5)}) that "
            f"a run is resumed from, then any of {', '.join(DERIVED)} beside it.",
            option="out",
            value=[str(path) for path in paths],
            allowed=(*HDF5, *DERIVED),
        )
    return stores[0], [path for path in paths if path != stores[0]]


def _run(job: Job, work: MapWork) -> None:
    progress = Progress(work.plan.run.progress, what="positions", total=work.n_rows)
    with progress:
        progress.begin(job.rows_done)
        for note in job.notes:
            progress.note(note)
        missing = (part for part in work.parts() if not job.has(part[0]))
        with one_thread(), scored_parts(work, missing) as scored:
            for i, first, stop, values in scored:
                job.write(i, (first, stop), partial(write_part, values=values))
                progress.update(job.rows_done, {"ok": job.rows_done})


def _publish(
    work: MapWork, job: Job, target: Path, also: Sequence[Path], refused: Sequence[Refusal]
) -> None:
    paths, names = job.parts, list(work.plan.cells.scoring.scorers)
    write_maps(
        target,
        work.maps(lambda first, stop: read_rows(paths, names, first, stop)),
        provenance=work.provenance,
        rows=[entry.row for entry in work.entries],
        refused=refused,
    )
    found = MutationMapSet.open(target) if also else None
    for path in also:
        if found is not None and path.name.endswith(".parquet"):
            found.to_parquet(path)
        elif found is not None:
            found.to_vcf(path)


def _adopted(work: MapWork, job: Job) -> MapWork:
    """Take batch size and method of the first run, so that a resumed job ends byte-equal."""
    size: Any = job.adopted.get("batch_size")
    plan = adopted(work.plan, job.adopted)
    run = plan.run
    if size != run.batch_size:
        job.notes.append(f"the batch size of the first run holds: {size} (now {run.batch_size})")
        run = replace(run, batch_size=size)
        cells = replace(plan.cells, scoring=replace(plan.cells.scoring, run=run))
        plan = replace(plan, cells=cells, run=run)
    return work if plan is work.plan else MapWork(plan, work.entries, work.genome)


def _facts(
    plan: MapPlan, entries: Sequence[MapEntry], refused: Sequence[Refusal], genome: Genome | None
) -> dict[str, Any]:
    """Everything that decides the bytes of the files."""
    digest = hashlib.sha256()
    for entry in entries:
        said = [
            entry.row,
            {name: repr(place) for name, place in entry.targets.items()},
            [(repr(w.window), [repr(p.place) for p in w.pieces]) for w in entry.windows],
            [(v.key, v.id) for v in entry.annotations],
        ]
        digest.update(repr(said).encode())
        for window in entry.windows:
            digest.update(window.positions.tobytes())
            if window.held is not None:
                digest.update(window.held.reference.tobytes())
    digest.update(repr(list(refused)).encode())
    tracks = plan.cells.scoring.tracks
    names = "\n".join(repr(row) for row in tracks.rows())
    scoring = plan.cells.scoring
    given = {f"score {name}": scorer for name, scorer in scoring.scorers.items()}
    code = code_digests(
        {**given, "reduce": scoring.reduce, "rc_merging": scoring.ensemble.rc_merging}
    )
    # The method changes no more than a rounding: the first run's is adopted.
    said_by_all = {k: v for k, v in plan.provenance(genome).items() if k != "method"}
    return {
        **({"code": code} if code else {}),
        **said_by_all,
        "places": digest.hexdigest(),
        "tracks": hashlib.sha256(names.encode()).hexdigest(),
        "files": sorted(path.name for path in plan.run.targets()),
    }


def _size(plan: MapPlan, work: MapWork) -> int:
    scoring = plan.cells.scoring
    return 2 * work.n_rows * 16 * len(scoring.tracks) * len(scoring.scorers)


def _answer(found: MutationMapSet, *, is_one: bool) -> MutationMap | MutationMapSet:
    """Give one map or the set, and say once how many places have none."""
    if found.refused:
        first = found.refused[0]
        warn_caller(
            f"{found.summary()}; the first place without a map is {first.place}: {first.reason}"
        )
    if is_one and len(found.input_names) == 1:
        return found.entry(0)
    return found
