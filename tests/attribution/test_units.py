from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from locuscope.attribution.units import first_axis, one_unit
from locuscope.errors import OptionError, ShapeError
from tests.oracles.gradient_oracle import extreme

LAYER = torch.arange(2 * 3 * 5, dtype=torch.float64).reshape(2, 3, 5)


@pytest.mark.parametrize(
    "index", [(1, 2), (slice(None), 1, 2), (slice(1, 2), 2), (1.0, np.int64(2))]
)
def test_forms_of_one_index_agree(index):
    assert one_unit(LAYER, index, None, "layer").tolist() == [7.0, 22.0]


def test_an_index_comes_before_a_rule():
    assert one_unit(LAYER, 1, "sum", "layer").tolist() == [35.0, 110.0]
    assert one_unit(LAYER, (slice(None), 1), "max", "layer").tolist() == [11.0, 26.0]
    assert one_unit(LAYER, (-1, slice(0, 2)), "mean", "layer").tolist() == [10.5, 25.5]
    assert one_unit(LAYER[:, 0, 0], None, "sum", "layer").tolist() == [0.0, 15.0]


@given(
    st.lists(st.lists(st.integers(-3, 3), min_size=4, max_size=4), min_size=1, max_size=4),
    st.sampled_from(["max", "min", "absmax"]),
)
def test_extremes_are_those_of_each_example(rows, rule):
    found = one_unit(torch.tensor(rows).double(), None, rule, "layer").tolist()
    assert found == [row[extreme(np.array(row, float), rule)] for row in rows]


@pytest.mark.parametrize(
    ("index", "error"),
    [
        ((0, 1, 2), OptionError),
        ((slice(0, 1), 1, 2), OptionError),
        ("1", OptionError),
        (None, OptionError),
        (True, OptionError),
        ([1], OptionError),
        ((..., 1), OptionError),
        (1.5, OptionError),
        (slice(None, None, -1), OptionError),
        (3, ShapeError),
        ((1, 5), ShapeError),
        ((1, -6), ShapeError),
        ((1, 2, 3, 4), ShapeError),
        (1, ShapeError),
        ((1, slice(2, 2)), ShapeError),
    ],
)
@pytest.mark.fault("V4")
def test_indices_that_do_not_fit(index, error):
    with pytest.raises(error) as caught:
        one_unit(LAYER, index, None, "layer")
    assert error is OptionError or "(N, 3, 5)" in str(caught.value)


@pytest.mark.fault("V4")
def test_rules_that_do_not_exist_are_refused():
    with pytest.raises(OptionError, match="did you mean 'absmax'"):
        one_unit(LAYER, None, "absmex", "layer")
    with pytest.raises(ShapeError, match="first axis"):
        first_axis(LAYER, 3, "layer")
