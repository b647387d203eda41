"""Which solver answers, on which device, and how the regions go through it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from locuscope.errors import OptionError
from locuscope.genome.choices import check_class
from locuscope.genome.interval import whole_number
from locuscope.motifs.solvers.fista import Fista

if TYPE_CHECKING:
    from collections.abc import Iterator

    from locuscope.inference.run import Run
    from locuscope.motifs.solvers.problem import Problem
    from locuscope.motifs.solvers.solved import Solved

BACKENDS = ("auto", "numba", "torch", "fista")
FINISHES = ("exact", "none")
TOL = 1e-7
MAX_SWEEPS = 10_000
_RUN = 256
_ON_DEVICE = 512

Backend: TypeAlias = "str | Fista"


@dataclass(frozen=True, kw_only=True)
class HitSolver:
    """A solver with its options.

    Args:
        name: "numba", "torch" or "fista".
        device: where tensors live.
        tol: largest true gap per base.
        finish: "exact" or "none".
        max_sweeps: per region.
        threads: of the compiled solver.
        batch_size: regions at the same time; None = what suits the device.
        rules: of "fista".
    """

    name: str
    device: str = "cpu"
    tol: float = TOL
    finish: Literal["exact", "none"] = "exact"
    max_sweeps: int = MAX_SWEEPS
    threads: int = 1
    batch_size: int | None = None
    rules: Fista | None = None

    def facts(self) -> dict[str, Any]:
        """What changes a number."""
        rules = None if self.rules is None else asdict(self.rules)
        return {
            "backend": self.name,
            "tol": self.tol if self.rules is None else self.rules.convergence_tol,
            "finish": self.finish if self.rules is None else None,
            "max_sweeps": self.max_sweeps if self.rules is None else self.rules.max_steps,
            "fista": rules,
        }

    def runs(self, first: int, stop: int) -> Iterator[slice]:
        """Slices of regions to be solved one after the other."""
        size = self.batch_size or (_ON_DEVICE if self.name != "numba" else _RUN)
        if self.batch_size is not None and self.name == "numba":
            size *= self.threads
        for low in range(first, stop, size):
            yield slice(low, min(low + size, stop))

    def solve(self, problem: Problem, regions: slice) -> Solved:
        """Solve some regions."""
        count = max(1, regions.stop - regions.start)
        if self.name == "fista":
            from locuscope.motifs.solvers.fista import solve_fista

            return solve_fista(
                problem, regions, rules=self.rules, batch_size=count, device=self.device
            )
        if self.name == "torch":
            from locuscope.motifs.solvers.batched import solve_batched

            return solve_batched(
                problem,
                regions,
                tol=self.tol,
                finish=self.finish,
                max_sweeps=self.max_sweeps,
                chunk_size=self.batch_size or (32 if self.device == "cpu" else _ON_DEVICE),
                device=self.device,
            )
        from locuscope.motifs.solvers.certified import solve_certified

        return solve_certified(
            problem,
            regions,
            tol=self.tol,
            finish=self.finish,
            max_sweeps=self.max_sweeps,
            threads=self.threads,
        )


def solver_of(
    backend: Backend,
    run: Run,
    *,
    tol: float = TOL,
    finish: str = "exact",
    max_sweeps: int = MAX_SWEEPS,
) -> HitSolver:
    """The solver that a call means.

    Args:
        backend: "auto" is numba where it compiles and no CUDA device is asked for, else torch.
        run: device, workers (threads of numba) and batch size.
        tol: largest true gap per base.
        finish: "exact" or "none".
        max_sweeps: per region.

    Raises:
        OptionError: a value outside its range, a device that is not there or that the backend
            cannot use, an option that has no effect on the backend.
    """
    tol, max_sweeps = check_limits(tol, finish, max_sweeps)
    size = None if run.batch_size == "auto" else int(run.batch_size)
    rules = backend if isinstance(backend, Fista) else None
    name = "fista" if rules is not None else _name(backend)
    device = _device(name, run)
    if name == "auto":
        name = _automatic(device)
    if name == "fista":
        _refuse_unused(
            tol=(tol, TOL), finish=(finish, "exact"), max_sweeps=(max_sweeps, MAX_SWEEPS)
        )
    if name != "numba" and run.workers != 1:
        raise OptionError(
            f"workers={run.workers} are threads of the compiled solver; backend={name!r} here "
            "takes care of its own.",
            option="workers",
            value=run.workers,
            allowed=(1,),
        )
    return HitSolver(
        name=name,
        device=device,
        tol=tol,
        finish="exact" if finish == "exact" else "none",
        max_sweeps=max_sweeps,
        threads=run.workers,
        batch_size=size,
        rules=(rules or Fista()) if name == "fista" else None,
    )


def check_limits(tol: Any, finish: str, max_sweeps: Any) -> tuple[float, int]:
    """The tolerance and the number of sweeps.

    Raises:
        OptionError: not positive, or an unknown finish.
    """
    if finish not in FINISHES:
        raise OptionError(
            f"finish is {finish!r}; expected 'exact' or 'none'.",
            option="finish",
            value=finish,
            allowed=FINISHES,
        )
    sweeps = whole_number(max_sweeps, "max_sweeps")
    if sweeps < 1:
        raise OptionError(
            f"max_sweeps is {sweeps}; at least 1 is needed.", option="max_sweeps", value=sweeps
        )
    return positive(tol, "tol"), sweeps


def positive(value: Any, option: str) -> float:
    """A positive, finite number.

    Raises:
        OptionError: anything else.
    """
    try:
        number = float("nan") if isinstance(value, (bool, str)) else float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if not 0 < number < float("inf"):
        raise OptionError(
            f"{option} is {value!r}; a positive number is needed.", option=option, value=value
        )
    return number


def read_flag(option: str, value: Any) -> bool:
    """A bool, also one of numpy.

    Raises:
        WrongTypeError: anything else.
    """
    found = value.item() if isinstance(value, np.bool_) else value
    check_class(option, found, bool)
    return bool(found)


def _name(backend: Any) -> str:
    if backend not in BACKENDS:
        raise OptionError(
            f"backend is {backend!r}; expected one of {', '.join(BACKENDS)}, or a Fista(...).",
            option="backend",
            value=backend,
            allowed=BACKENDS,
        )
    return str(backend)


def _device(name: str, run: Run) -> str:
    """The device; without a wish the compiled solver's, and a GPU only for tensors."""
    if run.device in ("auto", "cpu") and (name in ("auto", "numba") or run.device == "cpu"):
        return "cpu"
    found = run.torch_device()
    if run.device == "auto":
        return "cuda" if found.type == "cuda" else "cpu"
    if found.type == "mps" or (name == "numba" and found.type != "cpu"):
        raise OptionError(
            f"device={run.device!r} cannot solve hits with backend={name!r}; use 'cpu', or 'cuda' "
            "with backend='torch'.",
            option="device",
            value=run.device,
            allowed=("cpu", "cuda"),
        )
    return str(found)


def _automatic(device: str) -> str:
    from locuscope.motifs.solvers.jit import can_compile

    return "numba" if device == "cpu" and can_compile() else "torch"


def _refuse_unused(**options: tuple[Any, Any]) -> None:
    for option, (value, default) in options.items():
        if value != default:
            raise OptionError(
                f"{option}={value!r} has no effect on backend='fista'; its own rules are fields of "
                "Fista(...).",
                option=option,
                value=value,
                allowed=(default,),
            )
