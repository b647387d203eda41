"""Base frequencies at the door, and log-odds whose sums are exact."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import (
    EmptySelectionError,
    InputError,
    NonFiniteError,
    ShapeError,
    WrongTypeError,
)
from locuscope.genome.position_matrix import (
    check_frequencies,
    check_motifs,
    consensus,
    log_odds,
    round_bits,
)

ROW = st.lists(st.floats(0.001, 1), min_size=4, max_size=4)


def columns(rows: list[list[float]]) -> np.ndarray:
    matrix = np.array(rows).T
    return matrix / matrix.sum(axis=0)


def test_frequencies_come_back_as_a_read_only_copy():
    given_matrix = np.full((4, 3), 0.25, dtype=np.float32)
    checked = check_frequencies(given_matrix, "M")
    assert checked.dtype == np.float64
    given_matrix[0, 0] = 1
    assert checked[0, 0] == 0.25
    with pytest.raises(ValueError, match="read-only"):
        checked[0, 0] = 1


def test_a_sum_within_the_tolerance_of_printed_files_is_taken():
    assert check_frequencies([[0.250009], [0.25], [0.25], [0.25]], "M").shape == (4, 1)


@pytest.mark.parametrize(
    ("matrix", "error", "words"),
    [
        (np.full((3, 4), 0.25), ShapeError, "transposed"),
        (np.full((3, 3), 1 / 3), ShapeError, r"\(4, W\)"),
        (np.zeros((4, 0)), ShapeError, "W >= 1"),
        (np.full(4, 0.25), ShapeError, "shape"),
        ([[0.3], [0.25], [0.25], [0.25]], InputError, "column 0 .* sum 1.05"),
        ([[0.25, -0.1], [0.25, 0.6], [0.25, 0.25], [0.25, 0.25]], InputError, "column 1"),
        ([[np.nan], [0.5], [0.25], [0.25]], NonFiniteError, "NaN or Inf in 1"),
        ("ACGT", InputError, "not a matrix"),
        ([[1, 2], [3]], InputError, "not a matrix"),
    ],
)
def test_what_holds_no_frequencies_is_refused(matrix, error, words):
    with pytest.raises(error, match=words):
        check_frequencies(matrix, "M")


def test_a_mapping_of_motifs_is_checked_by_name():
    good = np.full((4, 2), 0.25)
    assert list(check_motifs({"A": good, "B": good})) == ["A", "B"]
    with pytest.raises(InputError, match="motif 'B'"):
        check_motifs({"A": good, "B": good * 2})


@pytest.mark.parametrize(
    ("pwms", "error", "words"),
    [
        ({}, EmptySelectionError, "at least one motif"),
        ([np.full((4, 2), 0.25)], WrongTypeError, "motifs.ppms"),
        ({1: np.full((4, 2), 0.25)}, WrongTypeError, "name"),
    ],
)
def test_what_is_no_mapping_of_motifs_is_refused(pwms, error, words):
    with pytest.raises(error, match=words):
        check_motifs(pwms)


@given(st.lists(ROW, min_size=1, max_size=6))
def test_log_odds_by_hand(rows):
    matrix = columns(rows)
    bits = log_odds(matrix)
    for place in np.ndindex(matrix.shape):
        by_hand = math.log2((matrix[place] + 0.0025) / 1.01 / 0.25)
        assert bits[place] == pytest.approx(by_hand, abs=1 / 2048 + 1e-9)


@given(st.lists(ROW, min_size=1, max_size=30))
def test_sums_of_log_odds_are_exact_in_single_precision(rows):
    bits = log_odds(columns(rows))
    exact = math.fsum(bits.ravel())
    assert float(bits.astype(np.float32).sum(dtype=np.float32)) == exact
    assert float(bits[:, ::-1].astype(np.float32).sum(dtype=np.float32)) == exact


def test_a_base_that_was_never_seen_has_a_finite_score():
    assert log_odds(np.eye(4)).min() == pytest.approx(-6.66, abs=0.01)


def test_equal_frequencies_score_zero():
    assert not log_odds(np.full((4, 3), 0.25)).any()


def test_round_bits_keeps_what_log_odds_gives():
    bits = log_odds(columns([[0.2, 0.5, 0.1, 0.2]]))
    assert np.array_equal(round_bits(bits), bits)
    assert round_bits(0.3) == 307 / 1024


def test_consensus_takes_the_first_of_equal_bases():
    matrix = np.array([[0.5, 0.5, 0, 0], [0.1, 0.1, 0.4, 0.4], [0.2, 0.2, 0.3, 0.3]])
    assert consensus(matrix.T) == "AGG"
