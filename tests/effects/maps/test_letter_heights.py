from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.effects.maps.letter_heights import KINDS, letter_heights
from locuscope.errors import OptionError, WrongTypeError
from tests.effects.golden import DATA
from tests.oracles.mutation_map_oracle import heights

MAPS = np.load(DATA / "mutmap.npz", allow_pickle=False)


def golden(name: str) -> np.ndarray:
    """A x L x T of the file as (L, A, T)."""
    return MAPS[name].transpose(1, 0, 2)


@pytest.mark.parametrize("case", ["sigmoid_{}_0", "sigmoid_{}_4", "softplus_{}_0", "softplus_{}_4"])
def test_mean_abs_equals_the_reference_numbers(case):
    found = letter_heights(golden(case.format("diff")))
    np.testing.assert_allclose(found, MAPS[case.format("letter_height")], atol=2e-6)


@given(st.integers(0, 2**32 - 1))
def test_mean_abs_equals_the_loop(seed):
    cells = np.random.default_rng(seed).normal(size=(7, 4, 2))
    np.testing.assert_allclose(letter_heights(cells), heights(cells), atol=1e-12)


def test_signed_is_minus_the_mean_over_rows_the_reference_row_counted():
    cells = np.array([[[0.0], [-2.0], [-1.0], [-1.0]], [[3.0], [0.0], [1.0], [0.0]]])
    assert letter_heights(cells, "signed").tolist() == [[1.0], [-1.0]]
    zero = letter_heights(np.zeros((1, 4, 1)), "signed")
    assert not np.signbit(zero).any()


def test_minimum_lifts_every_letter_towards_the_highest_of_its_track():
    cells = np.zeros((3, 4, 2))
    cells[0, 1] = [4.0, 8.0]
    cells[1, 1] = [2.0, 0.0]
    plain = letter_heights(cells)
    lifted = letter_heights(cells, minimum=0.25)
    np.testing.assert_allclose(lifted, plain * 0.75 + 0.25 * plain.max(0))
    np.testing.assert_array_equal(letter_heights(cells, minimum=0), plain)
    np.testing.assert_allclose(letter_heights(cells, minimum=1), np.ones((3, 1)) * plain.max(0))


def test_unknown_columns_stay_nan_and_do_not_set_the_maximum():
    cells = np.zeros((2, 4, 1))
    cells[0] = np.nan
    cells[1, 2] = 4.0
    found = letter_heights(cells, minimum=0.5)
    assert np.isnan(found[0]).all()
    assert found[1].tolist() == [1.0]
    only = letter_heights(np.full((1, 4, 1), np.nan), minimum=0.5)
    assert np.isnan(only).all()


def test_nested_lists_and_whole_floats_are_taken():
    assert letter_heights([[[0], [1], [1], [2]]], minimum=1.0).tolist() == [[1.0]]


def test_refusals_name_the_value():
    with pytest.raises(OptionError, match="mean_abz") as refused:
        letter_heights(np.zeros((1, 4, 1)), "mean_abz")
    assert refused.value.allowed == KINDS
    with pytest.raises(OptionError, match=r"1\.5"):
        letter_heights(np.zeros((1, 4, 1)), minimum=1.5)
    with pytest.raises(OptionError, match="signed letters"):
        letter_heights(np.zeros((1, 4, 1)), "signed", minimum=0.1)
    with pytest.raises(WrongTypeError, match="half"):
        letter_heights(np.zeros((1, 4, 1)), minimum="half")
