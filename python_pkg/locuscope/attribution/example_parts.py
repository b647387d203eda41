"""Work over examples as a job: part after part on disk, then one file."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.errors import OptionError
from locuscope.inference.batches import batch_size_for
from locuscope.inference.progress import Progress
from locuscope.inference.threads import one_thread
from locuscope.store import Job, code_digest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from locuscope.attribution.examples import Sequences
    from locuscope.inference.run import Run

Arrays = dict[str, "NDArray[Any]"]
_SUFFIX = ".npz"
_PART_BYTES = 1 << 26


def run_parts(
    verb: str,
    facts: Mapping[str, Any],
    run: Run,
    *,
    count: int,
    row_bytes: int,
    width_bp: int,
    compute: Callable[[int, int, Run], Arrays],
    write: Callable[[Path, Sequence[Path]], object],
    adopt: Mapping[str, int] | None = None,
    begin: Callable[[Mapping[str, Any]], object] | None = None,
) -> Path:
    """Compute examples in parts, each kept on disk, and write one file of them.

    A killed call that is made again goes on after the last part, and ends with the same bytes.

    Args:
        verb: who works.
        facts: everything that changes a number.
        run: with one file as `out`.
        count: examples.
        row_bytes: of one example, roughly.
        width_bp: bases that go through the network for one example.
        compute: (first, stop, run) -> the arrays of some examples.
        write: fills the file from the parts.
        adopt: more choices, beside the batch size, that change no more than a rounding; those of
            the first run hold for the whole job.
        begin: called with the choices that hold, before the first part.

    Returns:
        The file.

    Raises:
        InputChangedError, LockedStoreError, StoreTargetError: as `Job.open`.
    """
    target = one_file(run, verb)
    rows = max(1, min(count, _PART_BYTES // max(1, row_bytes)))
    job = Job.open(
        target,
        verb=verb,
        facts=facts,
        part_rows=rows,
        is_folder=False,
        suffix=_SUFFIX,
        adopt={
            "batch_size": batch_size_for(run, width_bp, run.torch_device()),
            **(adopt or {}),
        },
        rows_total=count,
        needed_bytes=2 * count * row_bytes,
        restart=run.restart,
    )
    with job:
        if job.state == "finished":
            return target
        adopted: Any = job.adopted["batch_size"]
        how = replace(run, batch_size=adopted)
        if begin is not None:
            begin(job.adopted)
        with Progress(run.progress, what="examples", total=count) as progress, one_thread():
            progress.begin(job.rows_done)
            for note in job.notes:
                progress.note(note)
            for i, first in enumerate(range(0, count, rows)):
                stop = min(first + rows, count)
                if not job.has(i):
                    arrays = compute(first, stop, how)
                    job.write(i, (first, stop), partial(_write_part, arrays=arrays))
                    progress.update(job.rows_done, {"ok": job.rows_done})
        job.finish(count, publish_files=lambda _: write(target, job.parts))
    return target


def one_file(run: Run, verb: str) -> Path:
    """The file that `out` names.

    Raises:
        OptionError: several.
    """
    targets = run.targets()
    if len(targets) != 1:
        raise OptionError(
            f"{verb} writes one file; out names {len(targets)}.",
            option="out",
            value=[str(target) for target in targets],
        )
    return targets[0]


def read_part(path: Path) -> Arrays:
    """The arrays of a part."""
    with np.load(path, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def example_facts(examples: Sequences, target: object) -> dict[str, Any]:
    """What is explained, as plain values: digests of the bases, the places, the target."""
    places = "\n".join(map(repr, examples.windows or ()))
    facts = getattr(target, "facts", None)
    told = facts() if callable(facts) else repr(target)
    name = getattr(target, "__name__", None)
    held: Any = getattr(target, "state_dict", dict)()
    return {
        "bases": array_digest(examples.bases),
        "places": hashlib.sha256(places.encode()).hexdigest(),
        "target": name if callable(target) and name else told,
        "target_code": code_digest(target) if callable(target) else None,
        # A module of torch shows its layers and not its weights.
        "target_weights": {
            name: array_digest(tensor.detach().cpu().double().numpy())
            for name, tensor in held.items()
        },
    }


def array_digest(array: NDArray[Any]) -> str:
    """A digest of the numbers and the shape of an array."""
    plain = np.ascontiguousarray(array)
    head = f"{plain.dtype.str}{plain.shape}".encode()
    return hashlib.sha256(head + plain.tobytes()).hexdigest()


def _write_part(path: Path, arrays: Arrays) -> None:
    with path.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)
