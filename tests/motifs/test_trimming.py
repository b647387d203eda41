"""Which columns are the core."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from locuscope.errors import InputError, OptionError
from locuscope.motifs.trimming import check_core, check_lambda, check_trim_threshold, trim


def slow_trim(cwm: np.ndarray, threshold: float) -> tuple[int, int]:
    sizes = [sum(abs(float(value)) for value in column) for column in cwm.T]
    inside = [k for k, size in enumerate(sizes) if size >= threshold * max(sizes)]
    return inside[0], inside[-1] + 1


@given(
    arrays(np.float64, st.tuples(st.just(4), st.integers(1, 12)), elements=st.integers(-8, 8)),
    st.sampled_from([0.01, 0.25, 0.3, 0.5, 1]),
)
def test_the_core_is_that_of_the_rule(cwm, threshold):
    assert trim(cwm, threshold) == slow_trim(cwm, threshold)


def test_signs_do_not_matter_and_weak_columns_inside_stay():
    cwm = np.zeros((4, 6))
    cwm[1] = [0.2, -1, 0, 0.31, 0.29, 0]
    assert trim(cwm) == (1, 4)
    assert trim(-cwm) == (1, 4)
    assert trim(cwm, 1) == (1, 2)
    assert trim(cwm, 0.2) == (0, 5)


def test_zeros_are_all_core():
    assert trim(np.zeros((4, 3))) == (0, 3)


@pytest.mark.parametrize("bad", [0, -1, 1.1, float("nan"), float("inf"), "0.3", None, True])
def test_a_threshold_is_a_share(bad):
    with pytest.raises(OptionError, match="share of the largest column") as caught:
        trim(np.ones((4, 3)), bad)
    assert caught.value.option == "trim_threshold"


@pytest.mark.parametrize("good", [1, 0.3, np.float32(0.5), np.int64(1)])
def test_numbers_of_any_kind_are_thresholds(good):
    assert check_trim_threshold(good) == float(good)


def test_a_core_is_two_columns_inside_the_window():
    assert check_core((0, 4), 4, "M") == (0, 4)
    assert check_core(np.array([1, 2]), 4, "M") == (1, 2)
    for bad in ((0, 5), (3, 3), (4, 2), (-1, 2)):
        with pytest.raises(InputError, match="'M' is "):
            check_core(bad, 4, "M")
    for bad in (None, (1,), "abc", 5):
        with pytest.raises(InputError, match="two column numbers"):
            check_core(bad, 4, "M")


def test_a_lambda_is_a_positive_number():
    assert check_lambda(np.float64(1.5), "lambda") == 1.5
    assert isinstance(check_lambda(np.float32(0.5), "lambda"), float)
    for bad in (0, -0.1, float("inf"), float("nan"), "0.7", None, False):
        with pytest.raises(InputError, match="lambda of 'A' is "):
            check_lambda(bad, "lambda of 'A'")
