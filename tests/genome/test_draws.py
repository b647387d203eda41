"""The counter hash against its twin in plain integers, and the seeds it takes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import OptionError, WrongTypeError
from locuscope.genome.draws import check_seed, hashed, mix, more, unit
from tests.oracles import draws_oracle

WORD = st.integers(0, 2**64 - 1)


@given(st.lists(WORD, min_size=1, max_size=5))
def test_arrays_hash_like_single_integers(words):
    expected = [draws_oracle.mix(word) for word in words]
    assert mix(np.array(words, dtype=np.uint64)).tolist() == expected


@given(WORD, st.lists(WORD, min_size=1, max_size=4))
def test_words_are_taken_one_after_the_other(seed, words):
    expected = draws_oracle.hashed(seed, *words)
    assert int(hashed(seed, *words)) == expected
    assert int(more(hashed(seed, *words[:1]), *words[1:])) == expected


def test_a_known_first_step():
    # First output of SplitMix64 seeded with 0, as published with the algorithm.
    assert int(mix(np.uint64(0))) == 0xE220A8397B1DCDAF


def test_words_broadcast():
    grid = hashed(3, np.arange(2)[:, None], np.arange(5))
    assert grid.shape == (2, 5)
    assert int(grid[1, 4]) == draws_oracle.hashed(3, 1, 4)


def test_unit_lies_from_0_to_below_1_and_is_even():
    values = unit(hashed(0, np.arange(100_000)))
    assert values.min() >= 0
    assert values.max() < 1
    assert unit(np.array([2**64 - 1], dtype=np.uint64))[0] < 1
    counts, _ = np.histogram(values, bins=10, range=(0, 1))
    # Standard deviation of a bin is 95; the draws are fixed, so this cannot flicker.
    assert np.abs(counts - 10_000).max() < 4 * 95


@pytest.mark.parametrize("seed", [-1, 2**64])
def test_a_seed_outside_64_bits_is_refused(seed):
    with pytest.raises(OptionError, match="seed is"):
        check_seed(seed)


@pytest.mark.parametrize("seed", [1.5, "1", None, True])
def test_a_seed_that_is_no_whole_number_is_refused(seed):
    with pytest.raises(WrongTypeError, match="seed"):
        check_seed(seed)


def test_numpy_integers_are_seeds():
    assert check_seed(np.int64(7)) == 7
