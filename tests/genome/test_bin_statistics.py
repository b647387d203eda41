"""Statistics per bin: blocks of any size give what numpy gives on the whole, NaN takes no part."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import InputError, OptionError, WrongTypeError
from locuscope.genome.bin_statistics import STATS, BinStatistics, bin_edges, positive_step
from locuscope.genome.interval import Interval
from tests.oracles import bigwig_oracle as oracle

NUMBERS = st.one_of(st.just(float("nan")), st.integers(-20, 20).map(lambda n: n / 4))


def gathered(values, edges, stat, block, stored=None):
    """Fed block by block."""
    values = np.asarray(values, np.float64)
    stored = ~np.isnan(values) if stored is None else stored
    bins = BinStatistics(np.asarray(edges, np.int64), stat)
    first = edges[0]
    for low in range(0, len(values), block):
        part = slice(low, low + block)
        bins.add(first + low, values[part], stored[part])
    return bins.result()


@given(
    st.lists(NUMBERS, min_size=1, max_size=40),
    st.integers(0, 10**6),
    st.integers(1, 41),
    st.data(),
)
def test_any_blocks_equal_the_slow_twin(values, start, block, data):
    n_bins = data.draw(st.integers(1, len(values)))
    edges = bin_edges(Interval("1", start, start + len(values)), n_bins=n_bins)
    for stat in STATS:
        found = gathered(values, edges, stat, block)
        expected = oracle.bins(np.array(values), n_bins, stat)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize("stat", STATS)
def test_a_bin_without_a_number(stat):
    found = gathered([np.nan, np.nan, 3.0], [0, 2, 3], stat, 2)
    assert found[0] == 0 if stat == "coverage" else np.isnan(found[0])
    assert found[1] == (1 if stat == "coverage" else 3)


def test_coverage_counts_what_is_stored_not_what_is_filled_in():
    values = np.array([0.0, 0.0, 5.0, 5.0])
    stored = np.array([False, True, True, False])
    assert gathered(values, [0, 2, 4], "coverage", 3, stored).tolist() == [0.5, 0.5]
    assert gathered(values, [0, 2, 4], "mean", 3, stored).tolist() == [0, 5]


def test_infinite_values_are_passed_on():
    values = [np.inf, 1.0, np.inf, -np.inf]
    assert gathered(values, [0, 2, 4], "max", 4).tolist() == [np.inf, np.inf]
    assert gathered(values, [0, 2, 4], "min", 4).tolist() == [1.0, -np.inf]
    found = gathered(values, [0, 2, 4], "sum", 1)
    assert found[0] == np.inf
    assert np.isnan(found[1])


def test_a_sum_beyond_float32_is_infinite_and_one_beyond_its_digits_is_exact():
    assert gathered([3e38, 3e38], [0, 2], "sum", 1).tolist() == [np.inf]
    assert gathered([3e38, 3e38], [0, 2], "mean", 1).tolist() == [np.float32(3e38)]
    many = np.full(100_000, 1 / 3)
    assert gathered(many, [0, len(many)], "mean", 997).tolist() == [np.float32(1 / 3)]


def test_an_unknown_statistic():
    with pytest.raises(OptionError, match="stat is 'median'; use one of mean, max") as caught:
        BinStatistics(np.array([0, 1]), "median")
    assert caught.value.allowed == STATS


@given(st.integers(0, 10**9), st.integers(1, 500), st.data())
def test_edges_cover_the_interval_in_bins_of_nearly_one_width(start, width, data):
    n_bins = data.draw(st.integers(1, width))
    edges = bin_edges(Interval("1", start, start + width), n_bins=n_bins)
    assert (edges[0], edges[-1], len(edges)) == (start, start + width, n_bins + 1)
    assert set(np.diff(edges)) <= {width // n_bins, -(-width // n_bins)}


@given(st.integers(0, 10**9), st.integers(1, 500), st.integers(1, 600))
def test_edges_by_resolution_are_equal_but_for_the_last(start, width, step):
    edges = bin_edges(Interval("1", start, start + width), resolution_bp=step)
    assert (edges[0], edges[-1]) == (start, start + width)
    assert len(edges) - 1 == -(-width // step)
    assert set(np.diff(edges)[:-1]) <= {step}
    assert np.diff(edges)[-1] <= step


def test_one_of_two_options_is_needed():
    place = Interval("1", 0, 10)
    for options in ({}, {"n_bins": 2, "resolution_bp": 5}):
        with pytest.raises(InputError, match="give n_bins or resolution_bp, one of the two"):
            bin_edges(place, **options)
    with pytest.raises(OptionError, match="n_bins is 11; 1:1-10 has 10 bases"):
        bin_edges(place, n_bins=11)


def test_steps_are_whole_and_positive():
    assert positive_step(8.0) == 8
    with pytest.raises(OptionError, match="resolution_bp is 0; a bin has at least one base"):
        positive_step(0)
    with pytest.raises(WrongTypeError):
        positive_step("8")
