"""The loop of the published solver: filling, leaving, shortage of memory."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from locuscope.errors import (
    DeviceMemoryError,
    MemoryBackoffWarning,
    NonFiniteError,
    OptionError,
    WrongTypeError,
)
from locuscope.motifs.solvers import Fista, Problem, fista_loop, solve_fista
from locuscope.motifs.solvers.fista_slots import Slots

from .made_problems import made_arrays, made_problem, places

PUBLISHED = Fista(stop="published")


class Watched:
    """`Slots` that notes how many regions are under way at each step."""

    def __init__(self, monkeypatch):
        self.sizes, self.loaded = [], []
        advance, start = Slots.advance, Slots.start.__func__

        def noted_advance(slots, *given):
            self.sizes.append(len(slots))
            return advance(slots, *given)

        def noted_start(cls, rows, *given):
            self.loaded.append(list(rows))
            return start(cls, rows, *given)

        monkeypatch.setattr(Slots, "advance", noted_advance)
        monkeypatch.setattr(Slots, "start", classmethod(noted_start))


@pytest.mark.parametrize("batch_size", [1, 2, 4, 6, 50])
def test_slots_are_filled_up_and_never_more_than_needed(monkeypatch, batch_size):
    watched = Watched(monkeypatch)
    solve_fista(made_problem(), rules=PUBLISHED, batch_size=batch_size)
    assert max(watched.sizes) == min(batch_size, 6)
    assert [row for rows in watched.loaded for row in rows] == list(range(6))
    assert len(watched.loaded[0]) == min(batch_size, 6)


def test_finished_regions_cost_nothing_more(monkeypatch):
    watched = Watched(monkeypatch)
    solved = solve_fista(made_problem(), rules=PUBLISHED, batch_size=6)
    assert len(watched.sizes) == solved.sweeps.max()
    assert sum(watched.sizes) == solved.sweeps.sum()
    assert sorted(watched.sizes, reverse=True) == watched.sizes


def test_invalid_regions_are_never_loaded_into_slots(monkeypatch):
    watched = Watched(monkeypatch)
    arrays = made_arrays()
    arrays["contributions"][2] = np.nan
    solved = solve_fista(Problem.prepare(**arrays), rules=PUBLISHED, batch_size=2)
    assert [row for rows in watched.loaded for row in rows] == [0, 1, 3, 4, 5]
    assert solved.status[2] == "invalid_input"


def test_replaced_values_are_counted():
    arrays = made_arrays()
    arrays["contributions"][2, 1, 3:5] = np.nan
    solved = solve_fista(Problem.prepare(**arrays, on_nonfinite="zero"))
    assert solved.replaced.tolist() == [0, 0, 2, 0, 0, 0]
    assert set(solved.status) == {"ok"}


def test_a_region_that_must_be_finite():
    arrays = made_arrays()
    arrays["contributions"][2, 1, 3] = np.inf
    with pytest.raises(NonFiniteError, match="region 2"):
        solve_fista(Problem.prepare(**arrays, on_nonfinite="raise"))


def test_memory_that_runs_out_halves_the_batch_and_keeps_what_is_done(monkeypatch):
    problem = made_problem()
    wanted = solve_fista(problem, rules=PUBLISHED)
    start = Slots.start.__func__
    sizes = []

    def short(cls, rows, *given):
        sizes.append(len(rows))
        if len(rows) > 2:
            raise torch.OutOfMemoryError
        return start(cls, rows, *given)

    monkeypatch.setattr(Slots, "start", classmethod(short))
    with pytest.warns(MemoryBackoffWarning, match="batch_size=12 was halved to 1") as caught:
        solved = solve_fista(problem, rules=PUBLISHED, batch_size=12)
    assert len(caught) == 1
    assert sizes[:3] == [6, 6, 3]
    assert places(solved) == places(wanted)
    np.testing.assert_array_equal(solved.sweeps, wanted.sweeps)


def test_memory_for_no_region(monkeypatch):
    def short(cls, rows, *given):
        raise MemoryError

    monkeypatch.setattr(Slots, "start", classmethod(short))
    with pytest.raises(DeviceMemoryError, match="single region"):
        solve_fista(made_problem(n=2), batch_size=2)


def test_float32_only_says_when_to_look(monkeypatch):
    asked = []
    measure = fista_loop.measure

    def noted(slots, tables):
        found = measure(slots, tables)
        asked.append(found.gap.max())
        return found

    monkeypatch.setattr(fista_loop, "measure", noted)
    solved = solve_fista(made_problem(), rules=Fista(convergence_tol=2e-4))
    assert solved.gap.max() <= 2e-4
    assert asked


def test_a_gap_above_the_tolerance_in_float64_is_not_accepted(monkeypatch):
    advance = Slots.advance

    def hopeful(slots, *given):
        return advance(slots, *given) / 3

    monkeypatch.setattr(Slots, "advance", hopeful)
    solved = solve_fista(made_problem(), rules=Fista(convergence_tol=2e-4))
    assert solved.gap.max() <= 2e-4
    assert set(solved.status) == {"ok"}


def test_a_region_that_is_late_and_certified_is_ok(monkeypatch):
    problem = made_problem()
    steps = int(solve_fista(problem).sweeps.max())
    solved = solve_fista(problem, rules=Fista(max_steps=steps - 1))
    assert solved.sweeps.max() == steps
    assert set(solved.status) == {"ok"}


@pytest.mark.parametrize("rules", [Fista(), PUBLISHED])
def test_a_second_run_gives_the_same_bits(rules):
    one, other = (solve_fista(made_problem(), rules=rules) for _ in range(2))
    for name in vars(one):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_a_slice_with_a_step():
    with pytest.raises(OptionError, match="step 2"):
        solve_fista(made_problem(n=3), slice(0, 3, 2))


def test_a_batch_size_that_is_no_whole_number():
    with pytest.raises(WrongTypeError, match="batch_size"):
        solve_fista(made_problem(n=1), batch_size=1.5)
