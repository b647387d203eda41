from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.attribution.gauge import gauge_of, input_gate, project, simplex_gauge
from locuscope.errors import OptionError, ShapeError
from locuscope.genome.sequence import one_hot

X = one_hot(["ACGTN", "TTGCA"])


@given(st.integers(0, 50))
def test_the_gauge_is_a_projection(seed):
    values = np.random.default_rng(seed).normal(size=(2, 4, 5))
    once = simplex_gauge(values)
    np.testing.assert_allclose(once.sum(-2), 0, atol=1e-12)
    np.testing.assert_allclose(simplex_gauge(once), once, atol=1e-12)
    constant = values + np.arange(5)  # the same for every base of a position
    np.testing.assert_allclose(simplex_gauge(constant), once, atol=1e-12)


def test_a_gate_is_the_gradient_at_the_base():
    values = np.arange(40.0).reshape(2, 4, 5)
    gate = input_gate(values, X)
    for n, text in enumerate(["ACGTN", "TTGCA"]):
        expected = [0 if b == "N" else values[n, "ACGT".index(b), i] for i, b in enumerate(text)]
        assert gate[n].tolist() == expected
    stacked = project(np.stack([values, values]), X)
    np.testing.assert_array_equal(stacked[1], project(values, X))


@pytest.mark.fault("V4")
def test_shapes_and_words():
    with pytest.raises(ShapeError, match="ACGT"):
        simplex_gauge(np.zeros((5, 4)))
    with pytest.raises(ShapeError, match="the bases"):
        project(np.zeros((1, 4, 5)), X)
    with pytest.raises(OptionError, match="did you mean 'none'"):
        gauge_of("non", "gradient", ("gradient",))
    assert gauge_of("auto", "gradient", ("gradient",)) == "simplex"
    assert gauge_of("auto", "deeplift", ("gradient",)) == "none"
    assert gauge_of("none", "gradient", ("gradient",)) == "none"
