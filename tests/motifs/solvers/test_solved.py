"""The arrays that every solver returns."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from locuscope.motifs.solvers import STATUSES, Problem, Solved, solve_certified
from locuscope.motifs.solvers.solved import PER_HIT
from tests.motifs.hit_sets import small_inputs


def test_parts_are_joined_in_order():
    problem = Problem.prepare(**small_inputs("compact"))
    parts = [solve_certified(problem, slice(row, row + 1)) for row in range(problem.n_regions)]
    whole = Solved.concatenate(parts)
    assert len(whole.nll) == problem.n_regions
    assert (np.diff(whole.region) >= 0).all()
    assert Solved.concatenate(parts[:1]) is parts[0]


def test_no_part_is_the_empty_answer():
    nothing = Solved.concatenate([])
    for field in fields(Solved):
        assert len(getattr(nothing, field.name)) == 0
    assert repr(nothing) == "Solved(0 regions, 0 atoms, gap <= 0.0e+00)"


def test_atoms_are_sorted_and_columns_are_of_one_length():
    solved = solve_certified(Problem.prepare(**small_inputs("projected")))
    order = np.lexsort((solved.motif_id, solved.hit_start, solved.region))
    np.testing.assert_array_equal(order, np.arange(len(order)))
    for field in fields(Solved):
        expected = len(solved.region) if field.name in PER_HIT else len(solved.nll)
        assert len(getattr(solved, field.name)) == expected
    assert set(solved.status) <= set(STATUSES)
    assert np.isnan(solved.step_size).all()
    np.testing.assert_array_equal(
        np.bincount(solved.region, minlength=len(solved.nll)), solved.n_support
    )
