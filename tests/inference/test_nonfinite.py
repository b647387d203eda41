"""NaN and Inf: counted over all batches and heads, said once, or an error at once."""

from __future__ import annotations

import warnings

import pytest
import torch

from locuscope.errors import DataWarning, NonFiniteError, OptionError
from locuscope.inference.nonfinite import NonFinite


def values(**heads):
    return {(name, 1): torch.tensor(rows).reshape(-1, 1, 1) for name, rows in heads.items()}


NAN, INF = float("nan"), float("inf")


def test_finite_values_are_not_worth_a_word():
    tally = NonFinite(str, "warn")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tally.count(values(a=[0.0, 1e38]), 0)
        tally.report()


def test_counts_are_added_over_batches_and_heads():
    tally = NonFinite(lambda index: f"place {index}", "warn")
    tally.count(values(a=[0.0, 1.0], b=[1.0, 2.0]), 0)
    tally.count(values(a=[0.0, NAN], b=[1.0, INF]), 2)
    tally.count(values(a=[-INF, 0.0]), 4)
    with pytest.warns(DataWarning, match=r"2 in 'a', 1 in 'b'; the first is in place 3") as said:
        tally.report()
    assert len(said) == 1


def test_it_stops_at_the_first_batch():
    tally = NonFinite(lambda index: f"place {index}", "raise")
    tally.count(values(a=[0.0, 1.0]), 0)
    with pytest.raises(NonFiniteError, match="1 in 'a'; the first is in place 12") as caught:
        tally.count(values(a=[0.0, 1.0, NAN]), 10)
    assert (caught.value.count, caught.value.first) == (1, 12)


def test_another_word_is_refused():
    with pytest.raises(OptionError, match="on_nonfinite is 'ignore'"):
        NonFinite(str, "ignore")
