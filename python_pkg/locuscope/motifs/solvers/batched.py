"""`solve_batched`: the certified solver on torch, many regions per step, CPU or CUDA."""

from __future__ import annotations

from typing import TYPE_CHECKING

from locuscope.errors import OptionError
from locuscope.genome.choices import check_choice
from locuscope.genome.interval import whole_number

from .solved import Solved

if TYPE_CHECKING:
    import torch

    from .certified import Finish
    from .problem import Problem


def solve_batched(
    problem: Problem,
    regions: slice | None = None,
    *,
    tol: float = 1e-7,
    finish: Finish = "exact",
    max_sweeps: int = 10_000,
    chunk_size: int = 32,
    device: torch.device | str = "cpu",
) -> Solved:
    """Solve a run of regions; the same numbers for every slicing and chunk size.

    Atoms are screened and checked by convolutions in float32 (TF32 off); whatever comes near its
    threshold, and every small problem, is computed in float64.

    Args:
        problem: what to solve.
        regions: rows of the input, step 1; None = all.
        tol: largest duality gap per base that counts as solved.
        finish: "exact" = the minimiser by a linear solve, "none" = coordinate descent alone,
            down to a gap of tol / 10 (1e-8 at least).
        max_sweeps: sweeps of coordinate descent per region; a region that needs more keeps its
            coefficients and true gap under the status "max_sweeps".
        chunk_size: regions on the device at the same time; it bounds the memory.
        device: "cpu" or "cuda"; the answer is the same.

    Returns:
        Active atoms and metrics; `status` is "ok" where the gap is at most `tol`.

    Raises:
        OptionError: a value outside its range, or a device that is not present.
        NonFiniteError: NaN or Inf in a region of a problem with `on_nonfinite="raise"`.
        DeviceMemoryError: memory ran out with a single region.

    Warns:
        MemoryBackoffWarning: memory ran out and the chunk was halved.
    """
    check_choice("finish", finish, ("exact", "none"))
    if not tol > 0:
        raise OptionError(f"tol is {tol!r}; expected a positive number.", option="tol", value=tol)
    from .batched_chunk import Rules, solve_loaded
    from .dense_tables import DenseTables
    from .memory import Backoff, device_of, rows_of

    rules = Rules(float(tol), finish == "exact", whole_number(max_sweeps, "max_sweeps"))
    target = device_of(device)
    rows = rows_of(regions, problem.n_regions)
    backoff = Backoff(chunk_size, target, "chunk_size")
    tables = DenseTables(problem, target)
    parts: list[Solved] = []
    first = rows.start
    while first < rows.stop:
        part = slice(first, min(first + backoff.size, rows.stop))
        chunk = problem.load(part)
        solved = backoff.attempt(lambda chunk=chunk: solve_loaded(chunk, tables, rules))  # type: ignore[misc]
        if solved is not None:
            parts.append(solved)
            first = part.stop
    backoff.report()
    return Solved.concatenate(parts)
