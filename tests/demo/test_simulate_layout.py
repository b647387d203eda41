"""Poisson tables and layouts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import poisson

from locuscope.demo.simulate_layout import lay_out, motif_counts, poisson_table
from locuscope.errors import InputError


@pytest.mark.parametrize("mean", [0.0, 1e-6, 0.3, 2.0, 40.0, 900.0])
def test_the_table_is_the_poisson_distribution(mean):
    table = poisson_table(mean)
    assert np.allclose(table, poisson.cdf(np.arange(len(table)), mean), atol=1e-12)
    assert table[-1] == pytest.approx(1, abs=1e-12)


def test_counts_depend_on_sequence_and_motif_only():
    counts = motif_counts(20, 5, 3.0, 7)
    assert counts.shape == (20, 5)
    assert np.array_equal(motif_counts(9, 5, 3.0, 7), counts[:9])
    assert not np.array_equal(motif_counts(20, 5, 3.0, 8), counts)
    assert not motif_counts(20, 5, 0.0, 7).any()


@given(
    st.lists(st.integers(1, 12), min_size=1, max_size=3),
    st.lists(st.integers(0, 3), min_size=3, max_size=3),
    st.integers(0, 6),
    st.lists(st.booleans(), min_size=120, max_size=120),
    st.integers(0, 99),
)
def test_a_layout_keeps_counts_gaps_and_free_places(widths, counts, min_gap, blocked, number):
    wanted = np.array(counts[: len(widths)])
    is_free = np.array(blocked) | (np.arange(120) % 40 < 36)
    try:
        sites = lay_out(number, widths, wanted, is_free, min_gap=min_gap, seed=1)
    except InputError as error:
        assert f"sequence {number}" in str(error)  # noqa: PT017 (a crowded case is no failure)
        return
    assert np.array_equal(np.bincount([m for m, _ in sites], minlength=len(widths)), wanted)
    end = -min_gap
    for motif, start in sites:
        assert start >= end + min_gap
        end = start + widths[motif]
        assert is_free[start:end].all()
    assert end <= 120


def test_sites_that_just_fit_are_found():
    for number in range(20):
        sites = lay_out(number, [10], np.array([2]), np.ones(23, bool), min_gap=3, seed=0)
        assert sites == [(0, 0), (0, 13)]


def test_one_base_too_few_is_refused():
    with pytest.raises(InputError, match="sequence 4: 2 motifs of 20 bases with 3 bases"):
        lay_out(4, [10], np.array([2]), np.ones(22, bool), min_gap=3, seed=0)
