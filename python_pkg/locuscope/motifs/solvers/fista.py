"""`Fista`: the published update rules as a backend, dense and first order: the parity oracle."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Literal

from locuscope.errors import OptionError, WrongTypeError
from locuscope.genome.interval import whole_number

if TYPE_CHECKING:
    import torch

    from .problem import Problem
    from .solved import Solved

Stop = Literal["true_gap", "published"]
_STOPS = ("true_gap", "published")


@dataclass(frozen=True)
class Fista:
    """How the published rules are run; `backend=Fista(...)` of a call.

    Args:
        stop: "true_gap" stops by the duality gap of the coefficients that are returned, restarts
            the momentum when the objective rises, and cuts the step when 500 steps brought
            nothing. "published" stops by the published expression, for comparison only: more
            than half of the regions stop with a true gap above the tolerance.
        step_size_max: first step of each region.
        step_size_min: below it a region is given up.
        step_adjust: factor of the step where the gap is not finite, in (0, 1).
        max_steps: steps after which a region is given up.
        convergence_tol: gap per base at which a region is done.
        compile: run the step through `torch.compile`.

    Raises:
        OptionError, WrongTypeError: a value outside its range.

    >>> Fista(stop="published").convergence_tol
    0.0005
    """

    stop: Stop = "true_gap"
    step_size_max: float = 3.0
    step_size_min: float = 0.08
    step_adjust: float = 0.7
    max_steps: int = 10_000
    convergence_tol: float = 5e-4
    compile: bool = False

    def __post_init__(self) -> None:
        """Check each field; whole floats become ints."""
        if self.stop not in _STOPS:
            raise OptionError(
                f"stop is {self.stop!r}; expected 'true_gap' or 'published'.",
                option="stop",
                value=self.stop,
                allowed=_STOPS,
            )
        object.__setattr__(self, "max_steps", whole_number(self.max_steps, "max_steps"))
        for name in ("step_size_max", "step_size_min", "step_adjust", "convergence_tol"):
            object.__setattr__(self, name, _positive(getattr(self, name), name))
        if self.max_steps < 1:
            _refuse("max_steps", self.max_steps, "at least 1")
        if self.step_size_min >= self.step_size_max:
            _refuse(
                "step_size_min", self.step_size_min, f"below step_size_max={self.step_size_max}"
            )
        if self.step_adjust >= 1:
            _refuse("step_adjust", self.step_adjust, "between 0 and 1, both excluded")
        if not isinstance(self.compile, bool):
            raise WrongTypeError(
                f"compile is {self.compile!r}; True or False is needed.",
                argument="compile",
                found=type(self.compile).__name__,
                expected="bool",
            )


def solve_fista(
    problem: Problem,
    regions: slice | None = None,
    *,
    rules: Fista | None = None,
    batch_size: int = 200,
    device: torch.device | str = "cpu",
) -> Solved:
    """Solve a run of regions by the published rules.

    Args:
        problem: what to solve.
        regions: rows of the input, step 1; None = all.
        rules: steps, tolerance and when to stop; None = `Fista()`.
        batch_size: regions iterated at the same time; a finished one makes room for the next.
        device: where the tensors live.

    Returns:
        Atoms with a coefficient above 0 in float32; `sweeps` is the number of steps, `status`
        "max_sweeps" where the steps or the step size ran out. Gaps are the true ones of the
        returned coefficients, in float64, whatever stopped the iteration.

    Raises:
        OptionError: a device that is not present, or a batch size below 1.
        DeviceMemoryError: memory ran out with a single region.

    Warns:
        RunWarning: regions whose step size fell below `step_size_min`.
        MemoryBackoffWarning: memory ran out and the batch was halved.
    """
    from .fista_loop import iterate

    return iterate(problem, regions, rules or Fista(), batch_size, device)


def _positive(value: object, name: str) -> float:
    """A finite number above 0."""
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise WrongTypeError(
            f"{name} is {value!r}; a number is needed.",
            argument=name,
            found=type(value).__name__,
            expected="float",
        ) from None
    if not (isfinite(number) and number > 0):
        _refuse(name, value, "finite and above 0")
    return number


def _refuse(option: str, value: object, expected: str) -> None:
    raise OptionError(f"{option} is {value!r}; it must be {expected}.", option=option, value=value)
