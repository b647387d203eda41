"""The published call `fit_contribs`: the same names, order, defaults and tables, solved exactly."""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from locuscope.errors import OptionError, RunWarning, ShapeError
from locuscope.genome.interval import whole_number
from locuscope.inference.run import Run, present_devices
from locuscope.motifs.hit_call import passing
from locuscope.motifs.hit_job import solve_all
from locuscope.motifs.hit_solver import positive, read_flag, solver_of
from locuscope.motifs.hit_tables import PUBLISHED_HITS, PUBLISHED_QC
from locuscope.motifs.region_inputs import LateRows, Regions
from locuscope.motifs.solvers.problem import Problem

if TYPE_CHECKING:
    import torch
    from numpy.typing import ArrayLike, NDArray

    from locuscope.motifs.solvers.solved import Solved


def fit_contribs(  # noqa: PLR0917 - the published signature
    cwms: ArrayLike,
    contribs: ArrayLike,
    sequences: ArrayLike,
    cwm_trim_mask: ArrayLike,
    use_hypothetical: bool,  # noqa: FBT001
    lambdas: ArrayLike,
    step_size_max: float = 3.0,
    step_size_min: float = 0.08,
    sqrt_transform: bool = False,  # noqa: FBT001, FBT002
    convergence_tol: float = 0.0005,
    max_steps: int = 10000,
    batch_size: int = 2000,
    step_adjust: float = 0.7,
    post_filter: bool = True,  # noqa: FBT001, FBT002
    device: torch.device | str | None = None,
    compile_optimizer: bool = False,  # noqa: FBT001, FBT002
    eps: float = 1.0,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Call hits with the arguments of Fi-NeMo; `call_hits` is the same on nouns.

    The certified solver answers, so `dual_gap` is the true gap and the hits are those of the
    optimum; the published solver stops earlier and lists more.

    Args:
        cwms: (M, A, W), taken as given.
        contribs: (N, A, L) or (N, L).
        sequences: one-hot (N, A, L).
        cwm_trim_mask: (M, W) of 0 and 1, also with gaps.
        use_hypothetical: fit the scores of all four bases.
        lambdas: (M,), or one number.
        step_size_max: checked, and otherwise unused: there is no step.
        step_size_min: same.
        sqrt_transform: fit sign(x) sqrt|x|.
        convergence_tol: largest gap per base that is called solved.
        max_steps: most sweeps per region.
        batch_size: most regions at the same time; changes no number.
        step_adjust: checked, and otherwise unused.
        post_filter: drop hits whose similarity is below lambda.
        device: None = a CUDA device where there is one, else the CPU, with a warning.
        compile_optimizer: checked, and otherwise unused.
        eps: added to the energy of a window.

    Returns:
        Hits (peak_id, motif_id, hit_start, hit_coefficient, hit_similarity, hit_importance,
        hit_importance_sq), sorted by (peak_id, hit_start, motif_id), and one row per region (nll,
        dual_gap, num_steps, step_size, global_scale, peak_id): `num_steps` counts sweeps and
        finish steps, `step_size` is NaN; metrics are null where a region holds NaN or Inf.

    Raises:
        ShapeError: contributions of incorrect shape.
        InputError: hypothetical mode without hypothetical scores, a lambda that is not positive.
        OptionError: an option outside its range.

    Warns:
        RunWarning: no GPU, a region that has not converged, a motif that is all zero or that its
            lambda shuts out.

    >>> cwms = np.array([[[0.0, 0.9], [0, 0], [0.44, 0], [0, 0]]])
    >>> sequences = np.eye(4, dtype=np.int8)[[2, 0, 1, 3, 3, 3]].T[None]
    >>> hits, qc = fit_contribs(cwms, np.array([[1.0, 2, 0, 0, 0, 0]]), sequences, [[1, 1]],
    ...                         False, [0.7], device="cpu")
    >>> hits["hit_start"].to_list(), qc["num_steps"][0] >= 1
    ([0], True)
    """
    is_hypothetical = read_flag("use_hypothetical", use_hypothetical)
    _check_steps(step_size_max, step_size_min, step_adjust, compile_optimizer)
    size = whole_number(batch_size, "batch_size")
    steps = whole_number(max_steps, "max_steps")
    regions = _regions(contribs, sequences)
    problem = Problem.prepare(
        regions.scores,  # type: ignore[arg-type]  # read in runs, by the same slices
        regions.sequences,  # type: ignore[arg-type]
        LateRows(cwms)[:],
        LateRows(cwm_trim_mask)[:],
        LateRows(lambdas)[:] if np.ndim(lambdas) else lambdas,
        use_hypothetical=is_hypothetical,
        sqrt_transform=read_flag("sqrt_transform", sqrt_transform),
        eps=positive(eps, "eps"),
    )
    is_filtered = read_flag("post_filter", post_filter)
    run = Run(
        device=_device(device), batch_size=size, progress=None if sys.stderr.isatty() else False
    )
    solver = solver_of(
        "auto", run, tol=positive(convergence_tol, "convergence_tol"), max_sweeps=steps
    )
    regions.check()
    _warn_of_motifs(problem)
    solved = solve_all(problem, solver, run)
    _warn_of_regions(solved, steps)
    keep = passing(solved, problem.lambdas) if is_filtered else np.ones(len(solved.region), bool)
    return _hits(solved, keep), _qc(solved)


def _regions(contribs: Any, sequences: Any) -> Regions:
    scores, letters = LateRows(contribs), LateRows(sequences)
    if len(scores.shape) not in (2, 3):
        raise ShapeError(
            f"contribs are of incorrect shape {scores.shape}; (N, 4, L) or (N, L) is needed.",
            found=scores.shape,
            expected=("N", 4, "L"),
        )
    return Regions(scores, letters, pl.DataFrame())


def _check_steps(largest: Any, smallest: Any, adjust: Any, compiled: Any) -> None:
    most, least = positive(largest, "step_size_max"), positive(smallest, "step_size_min")
    if least >= most:
        raise OptionError(
            f"step_size_min is {least:g}; it must be below step_size_max, which is {most:g}.",
            option="step_size_min",
            value=smallest,
        )
    if positive(adjust, "step_adjust") >= 1:
        raise OptionError(
            f"step_adjust is {adjust!r}; a factor above 0 and below 1 is needed.",
            option="step_adjust",
            value=adjust,
        )
    read_flag("compile_optimizer", compiled)


def _device(device: Any) -> str:
    """The device; without a wish CUDA where there is one."""
    if device is not None:
        return str(device)
    if "cuda" in present_devices():
        return "cuda"
    warnings.warn("No GPU available. Running on CPU.", RunWarning, stacklevel=3)
    return "cpu"


def _warn_of_motifs(problem: Problem) -> None:
    zero = np.flatnonzero(problem.norms == 0)
    if zero.size:
        warnings.warn(
            f"{zero.size} of {len(problem.norms)} motifs are all zero under their mask and give no "
            f"hit, motif {int(zero[0])} first.",
            RunWarning,
            stacklevel=3,
        )
    out = np.flatnonzero((problem.norms > 0) & (problem.lambdas >= problem.norms))
    if out.size:
        first = int(out[0])
        warnings.warn(
            f"{out.size} of {len(problem.norms)} motifs have a lambda not below their norm under "
            f"the mask, motif {first} first ({problem.lambdas[first]:g} and "
            f"{problem.norms[first]:.3g}); alone in its window such a motif never gives a hit.",
            RunWarning,
            stacklevel=3,
        )


def _warn_of_regions(solved: Solved, steps: int) -> None:
    late = np.flatnonzero(solved.status == "max_sweeps").tolist()
    if late:
        who = f"Region {late[0]} has" if len(late) == 1 else f"Regions {str(late)[1:-1]} have"
        warnings.warn(
            f"{who} not converged within max_steps={steps} iterations.", RunWarning, stacklevel=3
        )


def _hits(solved: Solved, keep: NDArray[np.bool_]) -> pl.DataFrame:
    columns = {
        "peak_id": solved.region,
        "motif_id": solved.motif_id,
        "hit_start": solved.hit_start,
        "hit_coefficient": solved.coefficient,
        "hit_similarity": solved.similarity,
        "hit_importance": solved.importance,
        "hit_importance_sq": solved.importance_sq,
    }
    return pl.DataFrame(
        [pl.Series(name, columns[name][keep]).cast(kind) for name, kind in PUBLISHED_HITS.items()]
    )


def _qc(solved: Solved) -> pl.DataFrame:
    columns: dict[str, Any] = {
        "nll": solved.nll,
        "dual_gap": solved.gap,
        "num_steps": np.maximum(solved.sweeps, 1),
        "step_size": solved.step_size,
        "global_scale": solved.scale,
        "peak_id": np.arange(len(solved.nll)),
    }
    table = pl.DataFrame(
        [pl.Series(name, columns[name]).cast(kind) for name, kind in PUBLISHED_QC.items()]
    )
    return table.with_columns(pl.col("nll", "dual_gap", "global_scale").fill_nan(None))
