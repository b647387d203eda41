"""Contributions out of base frequencies."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import InputError, OptionError
from locuscope.motifs.frequencies import (
    check_background,
    contributions_of_frequencies,
    soft_letters,
)

COLUMN = st.lists(st.integers(0, 20), min_size=4, max_size=4).filter(any)
PPM = st.lists(COLUMN, min_size=1, max_size=6).map(
    lambda columns: np.array([np.array(column) / sum(column) for column in columns]).T
)


def slow(ppm, background, pseudocount):
    """One cell at a time."""
    made = np.zeros(ppm.shape)
    for column in range(ppm.shape[1]):
        odds = [
            math.log2((ppm[base, column] + pseudocount * prior) / ((1 + pseudocount) * prior))
            for base, prior in enumerate(background)
        ]
        for base in range(4):
            made[base, column] = odds[base] - sum(odds) / 4
    return ppm * made, made


@given(PPM, st.sampled_from([(0.25,) * 4, (0.3, 0.2, 0.2, 0.3)]), st.sampled_from([0.01, 1.0]))
def test_contributions_are_those_of_the_formula(ppm, background, pseudocount):
    found = contributions_of_frequencies(ppm, background, pseudocount)
    for array, expected in zip(found, slow(ppm, background, pseudocount), strict=True):
        assert np.allclose(array, expected, atol=1e-11)
    projected, hypothetical = found
    assert np.allclose(hypothetical.sum(axis=0), 0, atol=1e-11)
    assert not projected[ppm == 0].any()


def test_the_background_itself_says_nothing():
    background = (0.3, 0.2, 0.2, 0.3)
    for array in contributions_of_frequencies(np.array([background] * 3).T, background):
        assert not array.any()


@pytest.mark.parametrize("bad", [0, -1, float("inf"), float("nan")])
def test_a_pseudocount_is_positive(bad):
    with pytest.raises(OptionError, match="pseudocount"):
        contributions_of_frequencies(np.eye(4), pseudocount=bad)


@pytest.mark.parametrize(
    "bad",
    [(0.25,) * 3, (0.5, 0.5, 0.0, 0.0), (0.3,) * 4, "ACGT", None, (np.nan,) * 4, (-1, 1, 1, 0)],
)
def test_a_background_is_four_positive_frequencies(bad):
    with pytest.raises(InputError, match="background is"):
        check_background(bad)


def test_a_background_may_be_rounded_to_three_decimals():
    assert check_background((0.303, 0.183, 0.209, 0.306)).sum() == pytest.approx(1.001)


@given(PPM)
def test_soft_letters_are_columns_of_sum_one(ppm):
    soft = soft_letters(ppm)
    assert np.allclose(soft.sum(axis=0), 1)
    x = ppm - ppm.mean(axis=1, keepdims=True)
    assert np.allclose(soft, np.exp(100 * x) / np.exp(100 * x).sum(axis=0))


def test_soft_letters_of_sharp_columns_do_not_overflow():
    assert np.array_equal(soft_letters(np.eye(4) * 50), np.eye(4))
