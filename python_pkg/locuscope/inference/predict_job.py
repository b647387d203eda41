"""Predictions of many examples as a job: parts on disk that a later call takes up, then one HDF5.

The file holds `/mean/<head>/<resolution>` (N, L', T), where asked for `/var/...` of that shape and
`/members/...` (views, N, L', T), all float32 and in one piece, so that they are read as they are
used; `/tracks/<head>` and `/places` say what they are of.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from locuscope.errors import OptionError
from locuscope.inference.batches import Examples, batch_size_for
from locuscope.inference.progress import Progress
from locuscope.inference.threads import one_thread
from locuscope.inference.view_sums import ViewValues
from locuscope.store import Hdf5Output, Job, publish

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from locuscope.genome.interval import Interval
    from locuscope.inference.run import Run
    from locuscope.inference.selection import HeadChoice
    from locuscope.inference.view_sums import Tensors

FILES = (".h5", ".hdf5")
_PART_BYTES = 1 << 26
_SUFFIX = ".npz"


def check_file(run: Run) -> None:
    """Refuse paths that predictions are not written to.

    Raises:
        OptionError: several, or another suffix.
    """
    targets = run.targets()
    if len(targets) > 1 or any(path.suffix.lower() not in FILES for path in targets):
        raise OptionError(
            f"out={[str(path) for path in targets]}: predictions are written as one .h5; "
            "predict_region and predict_chromosomes write .bw, .npy and .zarr, and the command "
            "line tables.",
            option="out",
            value=[str(path) for path in targets],
            allowed=FILES,
        )


def predict_by_job(
    examples: Examples,
    choices: Sequence[HeadChoice],
    compute: Callable[[Examples, Run], ViewValues],
    *,
    facts: Mapping[str, object],
    run: Run,
    recheck: Callable[[Tensors, int], None],
    n_kept: int = 1,
    places: Sequence[Interval] | None = None,
) -> ViewValues:
    """Compute part after part, each kept on disk, write the file, and open it.

    Args:
        examples: what goes in; its bases count among the facts.
        choices: heads, resolutions and tracks.
        compute: some of the examples, run -> their values.
        facts: everything else that changes a number.
        run: with one file as `out`.
        recheck: is given means that an earlier call left, and the number of their first example.
        n_kept: arrays of the size of the mean that are kept.
        places: of the examples.

    Returns:
        Values that are read from the file as they are used.

    Raises:
        InputChangedError, LockedStoreError, StoreTargetError: as `Job.open`.
    """
    target = run.targets()[0]
    count = examples.count
    row_bytes = n_kept * sum(
        4 * len(choice.rows) * choice.spec.length_out(examples.width_bp, key)
        for choice in choices
        for key in choice.keys
    )
    rows = max(1, min(count, _PART_BYTES // row_bytes))
    job = Job.open(
        target,
        verb="predict",
        facts={**facts, "examples": _digest(examples)},
        part_rows=rows,
        is_folder=False,
        suffix=_SUFFIX,
        adopt={"batch_size": batch_size_for(run, examples.width_bp, run.torch_device())},
        rows_total=count,
        needed_bytes=2 * count * row_bytes,
        restart=run.restart,
    )
    with job:
        if job.state == "finished":
            _recheck_file(target, rows, count, recheck)
        else:
            for i, first in _computed(job, examples, compute, run, rows):
                recheck(_read_part(job.parts[i]), first)
            job.finish(
                count,
                publish_files=lambda _: publish(
                    target, lambda place: _write(place, job.parts, count, choices, places)
                ),
            )
    return _read(target)


def _computed(
    job: Job,
    examples: Examples,
    compute: Callable[[Examples, Run], ViewValues],
    run: Run,
    rows: int,
) -> list[tuple[int, int]]:
    """Compute the parts that are not there; number and first row of those that were."""
    known = []
    adopted: Any = job.adopted["batch_size"]
    how = replace(run, batch_size=adopted, progress=False)
    with (
        Progress(run.progress, what="examples", total=examples.count) as progress,
        one_thread(),
    ):
        progress.begin(job.rows_done)
        for note in job.notes:
            progress.note(note)
        for i, first in enumerate(range(0, examples.count, rows)):
            stop = min(first + rows, examples.count)
            if job.has(i):
                known.append((i, first))
                continue
            values = compute(_some(examples, first, stop), how)
            job.write(i, (first, stop), partial(_write_part, values=values))
            progress.update(job.rows_done, {"ok": job.rows_done})
    return known


def _some(examples: Examples, first: int, stop: int) -> Examples:
    """Some of the examples; they keep their numbers."""
    arrays = examples.arrays
    return replace(
        examples,
        count=stop - first,
        fetch=lambda i, j: examples.fetch(first + i, first + j),
        label=lambda i: examples.label(first + i),
        arrays=None if arrays is None else lambda i, j: arrays(first + i, first + j),
        number=examples.number + first,
    )


def _digest(examples: Examples) -> str:
    """A digest of everything that goes in."""
    told = hashlib.sha256()
    for first in range(examples.count):
        told.update(np.ascontiguousarray(examples.fetch(first, first + 1)).tobytes())
        given = {} if examples.arrays is None else examples.arrays(first, first + 1)
        for name in sorted(given):
            told.update(f"{name} {given[name].dtype.str} {given[name].shape}".encode())
            told.update(np.ascontiguousarray(given[name]).tobytes())
    return f"{examples.count} x {examples.width_bp} {told.hexdigest()}"


def _flat(kind: str, tensors: Tensors) -> dict[str, NDArray[Any]]:
    return {
        f"{kind}/{name}/{key}": tensor.numpy()
        for name, by_key in tensors.items()
        for key, tensor in by_key.items()
    }


def _write_part(path: Path, values: ViewValues) -> None:
    arrays = _flat("mean", values.mean)
    if values.var is not None:
        arrays |= _flat("var", values.var)
    if values.members is not None:
        views = [_flat("members", view) for view in values.members]
        arrays |= {name: np.stack([view[name] for view in views]) for name in views[0]}
    with path.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def _read_part(path: Path) -> Tensors:
    """The means of a part."""
    found: Tensors = {}
    with np.load(path, allow_pickle=False) as arrays:
        for name in arrays.files:
            if name.startswith("mean/"):
                head, key = name.removeprefix("mean/").rsplit("/", 1)
                found.setdefault(head, {})[int(key)] = torch.from_numpy(arrays[name])
    return found


def _recheck_file(
    target: Path, rows: int, count: int, recheck: Callable[[Tensors, int], None]
) -> None:
    stored = _read(target).mean
    for first in range(0, count, rows):
        recheck(_rows(stored, first, first + rows), first)


def _rows(tensors: Tensors, first: int, stop: int) -> Tensors:
    return {
        name: {key: tensor[first:stop] for key, tensor in by_key.items()}
        for name, by_key in tensors.items()
    }


def _write(
    place: Path,
    parts: Sequence[Path],
    count: int,
    choices: Sequence[HeadChoice],
    places: Sequence[Interval] | None,
) -> None:
    """One contiguous array each, filled part by part."""
    with Hdf5Output(place) as output:
        first = stop = 0
        for part in parts:
            with np.load(part, allow_pickle=False) as arrays:
                for name in arrays.files:
                    some = arrays[name]
                    axis = int(name.startswith("members/"))
                    shape = (*some.shape[:axis], count, *some.shape[axis + 1 :])
                    if name not in output.file:
                        output.file.create_dataset(name, shape, np.float32)
                    stop = first + some.shape[axis]
                    output.file[name][(slice(None),) * axis + (slice(first, stop),)] = some
            first = stop
        for choice in choices:
            output.file[f"tracks/{choice.spec.name}"] = json.dumps(choice.table.rows())
        for field in ("chrom", "start", "end", "strand") if places else ():
            column: list[Any] = [getattr(place, field) for place in places or ()]
            output.file[f"places/{field}"] = column


def _read(path: Path) -> ViewValues:
    """Arrays that are read as they are used; what is changed in them stays in memory."""
    import h5py

    found: dict[str, Any] = {"mean": {}, "var": {}}
    views: list[Tensors] = []
    with h5py.File(path, "r") as file:
        for kind in ("mean", "var", "members"):
            for name, by_key in file.get(kind, {}).items():
                for key, dataset in by_key.items():
                    array = np.memmap(
                        path, dataset.dtype, "c", dataset.id.get_offset(), dataset.shape
                    )
                    if kind != "members":
                        found[kind].setdefault(name, {})[int(key)] = torch.from_numpy(array)
                        continue
                    views = views or [{} for _ in array]
                    for view, one in zip(views, array, strict=True):
                        view.setdefault(name, {})[int(key)] = torch.from_numpy(one)
    return ViewValues(found["mean"], found["var"] or None, views or None)
