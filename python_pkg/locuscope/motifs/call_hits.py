"""The verb `call_hits`: which motifs explain contribution scores, and where."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Literal

from locuscope._closest import examples
from locuscope.errors import OptionError, RunWarning
from locuscope.genome.choices import check_choice
from locuscope.inference.run import refuse_unused, run_of
from locuscope.motifs.hit_call import HitCall
from locuscope.motifs.hit_files import check_writable, fill_folder
from locuscope.motifs.hit_job import solve_all, solve_as_job
from locuscope.motifs.hit_solver import MAX_SWEEPS, TOL, positive, read_flag, solver_of
from locuscope.motifs.hits import Hits
from locuscope.motifs.motif_inputs import motifs_of
from locuscope.motifs.region_inputs import regions_of

if TYPE_CHECKING:
    from pathlib import Path

    from locuscope.inference.run import Out, Run
    from locuscope.motifs.hit_solver import Backend, HitSolver
    from locuscope.motifs.solvers.problem import Problem
    from locuscope.motifs.solvers.solved import Solved

VERB = "call_hits"


def call_hits(
    contributions: Any,
    motifs: Any,
    *,
    sequences: Any = None,
    use_hypothetical: bool = False,
    lambdas: Any = None,
    sqrt_transform: bool = False,
    post_filter: bool = True,
    edge: Literal["drop", "core"] = "drop",
    cwm_norm: Literal["window", "core"] = "window",
    eps: float = 1.0,
    tol: float = TOL,
    finish: Literal["exact", "none"] = "exact",
    max_sweeps: int = MAX_SWEEPS,
    on_nonfinite: Literal["flag", "raise", "zero"] = "flag",
    merge_twins: bool = False,
    backend: Backend = "auto",
    run: Run | None = None,
    out: Out | None = None,
    device: str | None = None,
    batch_size: int | Literal["auto"] | None = None,
) -> Hits:
    """Find the motifs that explain contribution scores, with a proof for every region.

    Each region is divided by its root mean square g and written as a sum of motifs with
    coefficients >= 0, at the least squared error plus a penalty lambda per unit of coefficient.
    That problem is solved exactly; `dual_gap` says how far any region is from the optimum. A
    motif alone in its window becomes a hit when its cosine times its norm under the core times
    sqrt(E / (E + eps)) is above lambda, so lambda acts as a threshold on similarity: 0.7 suits
    accessibility, 0.6 ChIP.

    Args:
        contributions: `Contributions`, or an array, tensor or memory map (N, A, L) or (N, L).
        motifs: a `MotifSet` (both strands: `with_reverse_complements()`), a mapping name ->
            (A, W), or (M, A, W), of which each strand that is to be found is an entry.
        sequences: one-hot (N, A, L) of an array; `Contributions` bring theirs.
        use_hypothetical: fit the scores of all four bases, not only of those that are there.
        lambdas: None = each motif's own, else 0.7; one number for all, name -> number, or (M,).
        sqrt_transform: fit sign(x) sqrt|x| of scores and motifs, which tames large scores.
        post_filter: drop hits whose similarity is below their lambda.
        edge: "drop" looks at windows inside the region, "core" at all whose core is inside;
            `hit_start` may then be negative.
        cwm_norm: "window" takes motifs at unit norm over the whole window, so a little below 1
            over the core (the published rule); "core" at unit norm over the core, where lambda is
            an exact cosine.
        eps: added to the energy E of a window (the sum of X^2 over the core).
        tol: largest true gap per base that is called solved.
        finish: "exact" ends with a linear solve, "none" with coordinate descent.
        max_sweeps: of coordinate descent, per region.
        on_nonfinite: regions with NaN or Inf are marked "invalid_input" ("flag"), an error
            ("raise"), or get 0 there, counted in the column `replaced` of `qc` ("zero").
        merge_twins: of near copies at one place keep the most similar, with their coefficients
            added; otherwise they are numbered in `twin_group`.
        backend: "auto" (numba where it compiles and no CUDA device is asked for, else torch),
            "numba", "torch", "fista" (the published steps, slow: a check) or a `Fista(...)`.
        run: device, batch size (regions at a time), workers (threads of numba), progress, out and
            restart.
        out: short for `Run(out=...)`: a folder. The work is then a job in parts that a later
            call takes up, and the result is opened from the folder.
        device: short for `Run(device=...)`.
        batch_size: short for `Run(batch_size=...)`.

    Returns:
        Hits; `qc` has one row per region in input order. Hits and metrics are the same bits for
        every batch size, number of threads and order of regions. With motifs of norm above 1 a
        similarity can exceed 1; at all zero energy it is 0.

    Raises:
        ShapeError: axes that do not fit; says when they look transposed.
        InputError: sequences that are not one-hot, windows longer than the regions.
        OptionError: an option outside its range, a lambda of 1 or more.
        EmptySelectionError: no motif.
        NonFiniteError: NaN or Inf in a motif, or with `on_nonfinite="raise"`.
        InputChangedError, LockedStoreError: the job of `out` was begun with something else, or is
            at work in another process.

    Warns:
        RunWarning: regions that were given up after `max_sweeps`; they keep their true gap.

    >>> import numpy as np
    >>> motif = np.array([[0, 2.0, 0], [0, 0, 1.0], [1.0, 0, 0], [0, 0, 0]])
    >>> sequence = np.eye(4, dtype=np.int8)[[2, 0, 1, 3, 3, 3, 3, 3]].T[None]
    >>> scores = np.array([[1.0, 2.0, 1.0, 0, 0, 0, 0, 0.1]])
    >>> hits = call_hits(scores, {"GAC": motif}, sequences=sequence)
    >>> hits.table.select("motif_name", "hit_start").rows()
    [('GAC', 0)]
    """
    check_choice("edge", edge, ("drop", "core"))
    check_choice("cwm_norm", cwm_norm, ("window", "core"))
    check_choice("on_nonfinite", on_nonfinite, ("flag", "raise", "zero"))
    use_hypothetical = read_flag("use_hypothetical", use_hypothetical)
    how = run_of(run, device=device, batch_size=batch_size, out=out)
    if not how.targets():
        refuse_unused(how, VERB, ("restart",))
    solver = solver_of(backend, how, tol=tol, finish=finish, max_sweeps=max_sweeps)
    call = HitCall(
        motifs=motifs_of(motifs, lambdas),
        regions=regions_of(contributions, sequences, use_hypothetical=use_hypothetical),
        use_hypothetical=use_hypothetical,
        sqrt_transform=read_flag("sqrt_transform", sqrt_transform),
        post_filter=read_flag("post_filter", post_filter),
        edge=edge,
        cwm_norm=cwm_norm,
        eps=positive(eps, "eps"),
        on_nonfinite=on_nonfinite,
        merge_twins=read_flag("merge_twins", merge_twins),
    )
    problem = call.problem()
    digests = call.regions.check(refuse_nonfinite=on_nonfinite == "raise")
    parameters = call.parameters(solver, digests)
    if not how.targets():
        solved = solve_all(problem, solver, how)
        hits = call.hits(solved, problem, parameters)
    else:
        hits = Hits.open(_as_job(call, problem, solver, how, parameters))
    _warn(hits)
    return hits


def _as_job(
    call: HitCall, problem: Problem, solver: HitSolver, run: Run, parameters: dict[str, Any]
) -> Path:
    targets = run.targets()
    if len(targets) != 1:
        raise OptionError(
            f"{VERB} writes one folder; out names {len(targets)}.",
            option="out",
            value=[str(target) for target in targets],
        )
    check_writable(call.motifs, call.regions.table)

    def fill(solved: Solved, folder: Path) -> None:
        fill_folder(call.hits(solved, problem, parameters), folder)

    return solve_as_job(targets[0], problem, solver, run, facts=call.facts(parameters), fill=fill)


def _warn(hits: Hits) -> None:
    late = hits.qc["peak_id"].filter(hits.qc["status"] == "max_sweeps").to_list()
    if late:
        steps = hits.parameters.get("max_steps")
        warnings.warn(
            f"{len(late):,} of {len(hits.qc):,} regions were given up after {steps:,} sweeps "
            f"(peak_id {examples(late)}); dual_gap says how far they are from the optimum.",
            RunWarning,
            stacklevel=3,
        )
