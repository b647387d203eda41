"""Set-up of the problem: what D is, which windows there are, what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from locuscope.errors import InputError, NonFiniteError, OptionError, ShapeError
from locuscope.motifs.solvers import Problem, solve_certified
from tests.motifs.hit_sets import small_inputs, small_reference


def inputs(**changes) -> dict:
    given = {
        "contributions": np.ones((2, 4, 10), np.float32),
        "sequences": np.tile(np.eye(4, 10, dtype=np.int8), (2, 1, 1)),
        "cwms": np.ones((3, 4, 6)) / np.sqrt(24),
        "trim_masks": np.array([[0, 1, 1, 1, 0, 0], [1] * 6, [0] * 6]),
        "lambdas": 0.7,
    }
    return {**given, **changes}


def test_motifs_are_masked_and_not_scaled_again():
    problem = Problem.prepare(**inputs())
    np.testing.assert_allclose(problem.norms, [np.sqrt(0.5), 1.0, 0.0])
    assert (problem.atoms[0, :, [0, 4, 5]] == 0).all()
    assert problem.core_starts.tolist() == [1, 0, 0]
    assert problem.core_ends.tolist() == [4, 6, 0]
    assert problem.lambdas.tolist() == [0.7] * 3


def test_scaling_after_the_trim_would_move_the_similarities():
    hits, _ = small_reference("projected")
    given = small_inputs("projected")
    rule = solve_certified(Problem.prepare(**given))
    other = solve_certified(Problem.prepare(**given, cwm_norm="core"))
    np.testing.assert_allclose(rule.similarity, hits[:, 4], rtol=1e-6)
    places = set(zip(rule.region, rule.motif_id, rule.hit_start, strict=True))
    shared = [
        at
        for at, place in enumerate(zip(other.region, other.motif_id, other.hit_start, strict=True))
        if place in places
    ]
    largest = other.similarity[shared].max()
    assert largest > rule.similarity.max()
    np.testing.assert_allclose(Problem.prepare(**given, cwm_norm="core").norms, 1.0)


def test_transformed_motifs_have_unit_norm():
    problem = Problem.prepare(**inputs(), sqrt_transform=True)
    np.testing.assert_allclose(problem.norms, [1.0, 1.0, 0.0])


@pytest.mark.parametrize(
    ("scores", "is_hypothetical", "mode"),
    [((2, 4, 10), False, "projected"), ((2, 10), False, "compact"), ((2, 4, 10), True, None)],
)
def test_the_mode_follows_the_scores(scores, is_hypothetical, mode):
    given = inputs(contributions=np.ones(scores))
    problem = Problem.prepare(**given, use_hypothetical=is_hypothetical)
    assert problem.mode == (mode or "hypothetical")
    assert repr(problem).startswith("Problem(2 regions of 10 bp, 3 motifs of 6 bp, ")


def test_starts_of_both_edges():
    assert (Problem.prepare(**inputs()).first_start, Problem.prepare(**inputs()).n_starts) == (0, 5)
    wide = Problem.prepare(**inputs(), edge="core")
    assert (wide.first_start, wide.n_starts) == (-5, 15)
    tables = wide.tables
    assert tables.low.tolist()[:2] == [0, 0]
    assert tables.high.tolist()[:2] == [8, 5]


def test_lists_are_taken_and_nothing_is_changed():
    given = inputs()
    copies = {name: np.array(value) for name, value in given.items()}
    listed = {name: np.array(value).tolist() for name, value in given.items()}
    left, right = Problem.prepare(**given), Problem.prepare(**listed)
    a, b = solve_certified(left), solve_certified(right)
    np.testing.assert_array_equal(a.coefficient, b.coefficient)
    for name, value in copies.items():
        np.testing.assert_array_equal(value, given[name])


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"cwms": np.ones((3, 6, 4))}, ShapeError, "trim masks of shape"),
        (
            {"cwms": np.ones((3, 6, 4)), "trim_masks": np.ones((3, 4))},
            ShapeError,
            "it looks transposed",
        ),
        ({"sequences": np.ones((2, 10, 4))}, ShapeError, "it looks transposed"),
        ({"contributions": np.ones((2, 10, 4))}, ShapeError, "incorrect shape"),
        ({"contributions": np.ones(2)}, ShapeError, "incorrect shape"),
        ({"lambdas": [0.7, 0.7]}, ShapeError, "lambdas of shape"),
        ({"lambdas": [0.7, 0.0, 0.7]}, InputError, "lambda of motif 1 is 0.0"),
        ({"lambdas": np.nan}, InputError, "lambda of motif 0 is nan"),
        ({"cwms": np.full((3, 4, 6), np.nan)}, NonFiniteError, "motif 0 holds NaN"),
        ({"edge": "dorp"}, OptionError, "edge is 'dorp'"),
        ({"cwm_norm": 1}, OptionError, "cwm_norm is 1"),
        ({"on_nonfinite": "skip"}, OptionError, "on_nonfinite is 'skip'"),
        ({"eps": 0.0}, OptionError, "eps is 0.0"),
    ],
)
def test_what_does_not_fit_is_refused(changes, error, message):
    with pytest.raises(error, match=message):
        Problem.prepare(**inputs(**changes))


def test_compact_scores_have_no_hypothetical_ones():
    given = inputs(contributions=np.ones((2, 10)))
    with pytest.raises(InputError, match="do not contain hypothetical contribution scores"):
        Problem.prepare(**given, use_hypothetical=True)


def test_regions_shorter_than_a_window_give_both_numbers():
    given = inputs(contributions=np.ones((2, 4, 5)), sequences=np.zeros((2, 4, 5), np.int8))
    with pytest.raises(InputError, match=r"regions of 5 bp .* windows of 6 bp"):
        Problem.prepare(**given)
    assert Problem.prepare(**given, edge="core").n_starts == 10
