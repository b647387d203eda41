"""`solve_certified`: screen, solve the few candidates exactly, prove that no other atom enters."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Literal

import numpy as np

from locuscope.errors import OptionError
from locuscope.genome.choices import check_choice
from locuscope.genome.interval import whole_number

from .solved import Solved

if TYPE_CHECKING:
    from .problem import Problem
    from .region_kernel import Settings

Finish = Literal["exact", "none"]

_CHUNK = 32
# Close enough for the linear solve that follows.
_BEFORE_FINISH = 5e-4


def solve_certified(
    problem: Problem,
    regions: slice | None = None,
    *,
    tol: float = 1e-7,
    finish: Finish = "exact",
    max_sweeps: int = 10_000,
    threads: int = 1,
) -> Solved:
    """Solve a run of regions; the same numbers for every slicing and number of threads.

    Regions are read in chunks of at most 32, so memory does not grow with their number.

    Args:
        problem: what to solve.
        regions: rows of the input, step 1; None = all.
        tol: largest duality gap per base that counts as solved.
        finish: "exact" = the minimiser by a linear solve, "none" = coordinate descent alone,
            down to a gap of tol / 10 (1e-8 at least).
        max_sweeps: sweeps of coordinate descent per region; a region that needs more keeps its
            coefficients and true gap under the status "max_sweeps".
        threads: chunks solved at the same time.

    Returns:
        Active atoms and metrics; `status` is "ok" where the gap is at most `tol`.

    Raises:
        OptionError: `tol` is not positive, an unknown `finish`, or a step in `regions`.
        NonFiniteError: NaN or Inf in a region of a problem with `on_nonfinite="raise"`.
    """
    check_choice("finish", finish, ("exact", "none"))
    if not tol > 0:
        raise OptionError(f"tol is {tol!r}; expected a positive number.", option="tol", value=tol)
    first, stop, step = (regions or slice(None)).indices(problem.n_regions)
    if step != 1:
        raise OptionError(
            f"regions is {regions!r}; expected a run of rows, step 1.", option="regions"
        )
    from .region_kernel import Settings

    settings = Settings(
        target=_BEFORE_FINISH if finish == "exact" else max(tol / 10, 1e-8),
        tol=float(tol),
        is_exact=finish == "exact",
        max_sweeps=_at_least_one(max_sweeps, "max_sweeps"),
    )
    workers = min(_at_least_one(threads, "threads"), max(1, stop - first))
    size = max(1, min(_CHUNK, -(-(stop - first) // workers)))
    chunks = [slice(low, min(low + size, stop)) for low in range(first, stop, size)]
    if workers == 1:
        return Solved.concatenate([_solve(problem, chunk, settings) for chunk in chunks])
    with ThreadPoolExecutor(workers) as pool:
        return Solved.concatenate(
            list(pool.map(lambda chunk: _solve(problem, chunk, settings), chunks))
        )


def _at_least_one(value: object, option: str) -> int:
    number = whole_number(value, option)
    if number < 1:
        raise OptionError(f"{option} is {number}; expected 1 or more.", option=option, value=value)
    return number


def _solve(problem: Problem, regions: slice, settings: Settings) -> Solved:
    """Solve one chunk on this thread."""
    from .jit import announce
    from .region_kernel import Chunk, solve_chunk

    chunk = problem.load(regions)
    count, is_ok = len(chunk), chunk.status == "ok"
    reals, counts = np.zeros((count, 3)), np.zeros((count, 5), np.int64)
    announce(solve_chunk)
    arrays = Chunk(chunk.values.reshape(count, -1), chunk.bases, is_ok, reals, counts)
    places, numbers = solve_chunk(arrays, problem.tables, settings)
    reals[chunk.status == "invalid_input"] = np.nan
    whole = counts.astype(np.int32)
    return Solved(
        nll=reals[:, 0],
        gap=reals[:, 1],
        sweeps=whole[:, 0],
        step_size=np.full(count, np.nan, np.float32),
        scale=chunk.scale,
        dual_norm=reals[:, 2],
        n_candidates=whole[:, 1],
        n_rounds=whole[:, 2],
        n_support=whole[:, 3],
        status=np.where(is_ok & (whole[:, 4] == 0), "max_sweeps", chunk.status).astype("<U13"),
        replaced=chunk.replaced,
        region=places[:, 0] + chunk.first,
        motif_id=places[:, 1],
        hit_start=places[:, 2],
        coefficient=numbers[:, 0],
        similarity=numbers[:, 1],
        importance=numbers[:, 2],
        importance_sq=numbers[:, 3],
    )
