"""The loop of the published solver: fill the slots, step, retire what is done."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from locuscope.errors import RunWarning, examples
from locuscope.genome.caller import warn_caller

from .dense_tables import DenseTables
from .fista_slots import Slots, fresh_step, measure
from .memory import Backoff, device_of, rows_of
from .published_steps import full_float32
from .solved import PER_HIT, Solved

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from .fista import Fista
    from .fista_slots import Measured
    from .problem import Problem

_FLOATS = ("nll", "gap", "dual_norm")
_SINGLES = ("step_size", "scale")
_COUNTS = ("sweeps", "n_candidates", "n_rounds", "n_support", "replaced")


@dataclass
class _Answers:
    """Numbers of each region as they come in, and the atoms of those that are done."""

    rows: range
    per_region: dict[str, NDArray[Any]] = field(init=False)
    is_done: NDArray[np.bool_] = field(init=False)
    has_failed: NDArray[np.bool_] = field(init=False)
    atoms: list[dict[str, NDArray[Any]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        count = len(self.rows)
        self.is_done, self.has_failed = np.zeros(count, bool), np.zeros(count, bool)
        self.per_region = {
            **{name: np.full(count, np.nan) for name in _FLOATS},
            **{name: np.full(count, np.nan, np.float32) for name in _SINGLES},
            **{name: np.zeros(count, np.int32) for name in _COUNTS},
            "status": np.full(count, "ok", "<U13"),
        }

    def describe(self, problem: Problem) -> None:
        """Scale, status and replaced values of every region; invalid ones are done with that."""
        for low in range(0, len(self.rows), 64):
            part = slice(low, min(low + 64, len(self.rows)))
            chunk = problem.load(slice(self.rows.start + part.start, self.rows.start + part.stop))
            for name in ("scale", "status", "replaced"):
                self.per_region[name][part] = getattr(chunk, name)
        self.is_done |= self.per_region["status"] == "invalid_input"

    def add(self, slots: Slots, figures: Measured, is_late: NDArray[np.bool_], low: float) -> None:
        """Take over finished regions; `low` is the least step size."""
        rows = slots.region.cpu().numpy()
        at = rows - self.rows.start
        support = np.bincount(figures.slot, minlength=len(rows))
        step_size = slots.step_size.cpu().numpy()
        values = {
            "nll": figures.nll,
            "gap": figures.gap,
            "dual_norm": figures.dual_norm,
            "sweeps": slots.steps.cpu().numpy(),
            "step_size": step_size,
            "n_support": support,
        }
        for name, column in values.items():
            self.per_region[name][at] = column
        self.per_region["status"][at[is_late]] = "max_sweeps"
        self.has_failed[at] = step_size < low
        self.is_done[at] = True
        names = [name for name in PER_HIT if name != "region"]
        self.atoms.append(
            {"region": rows[figures.slot], **{name: getattr(figures, name) for name in names}}
        )

    def solved(self) -> Solved:
        """All of it, atoms sorted by (region, hit_start, motif_id)."""
        empty = Solved.empty()
        joined = {
            name: np.concatenate([getattr(empty, name), *(part[name] for part in self.atoms)])
            for name in PER_HIT
        }
        order = np.lexsort((joined["motif_id"], joined["hit_start"], joined["region"]))
        atoms = {name: column[order] for name, column in joined.items()}
        return Solved(**self.per_region, **atoms)


def iterate(
    problem: Problem,
    regions: slice | None,
    rules: Fista,
    batch_size: int,
    device: torch.device | str,
) -> Solved:
    """`solve_fista`, behind its late import."""
    target = device_of(device)
    backoff = Backoff(batch_size, target, "batch_size")
    answers = _Answers(rows_of(regions, problem.n_regions))
    answers.describe(problem)
    with torch.inference_mode(), full_float32():
        tables = DenseTables(problem, target)
        while not answers.is_done.all():
            rows = (np.flatnonzero(~answers.is_done) + answers.rows.start).tolist()
            backoff.attempt(lambda rows=rows: _run(rows, tables, rules, answers, backoff.size))  # type: ignore[misc]
    backoff.report()
    _warn_failed(answers, rules)
    return answers.solved()


def _run(
    rows: Sequence[int], tables: DenseTables, rules: Fista, answers: _Answers, size: int
) -> None:
    """Iterate regions until each is done, `size` at a time."""
    step = fresh_step(rules)
    following = min(size, len(rows))
    slots = Slots.start(rows[:following], tables, rules)
    while len(slots):
        gap = slots.advance(tables, rules, step)
        is_late = (slots.steps > rules.max_steps) | (slots.step_size < rules.step_size_min)
        is_ready = (gap <= rules.convergence_tol) | is_late
        if not bool(is_ready.any()):
            continue
        ready = slots.select(is_ready)
        figures = measure(ready, tables)
        late = is_late[is_ready].cpu().numpy()
        if rules.stop == "true_gap":
            # What counts is the gap in float64; float32 only says when to look.
            late &= ~(figures.gap <= rules.convergence_tol)
            is_certified = late | (figures.gap <= rules.convergence_tol)
            if not is_certified.all():
                is_ready[is_ready.clone()] = torch.from_numpy(is_certified).to(is_ready.device)
                ready = slots.select(is_ready)
                figures, late = measure(ready, tables), late[is_certified]
        answers.add(ready, figures, late, rules.step_size_min)
        slots = slots.select(~is_ready)
        room = min(size - len(slots), len(rows) - following)
        if room:
            slots = slots.join(Slots.start(rows[following : following + room], tables, rules))
            following += room


def _warn_failed(answers: _Answers, rules: Fista) -> None:
    failed = np.flatnonzero(answers.has_failed) + answers.rows.start
    if len(failed):
        which = "region" if len(failed) == 1 else "regions"
        warn_caller(
            f"Optimizer failed for {which} {examples(failed.tolist())}: the step size fell below "
            f"{rules.step_size_min}.",
            RunWarning,
        )
