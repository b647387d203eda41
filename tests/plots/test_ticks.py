from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.plots.ticks import position_ticks, round_step, tick_texts, value_ticks


@given(st.floats(1e-12, 1e12), st.integers(1, 10))
def test_steps_are_round_and_as_many_as_allowed(span, most):
    step = round_step(span, most)
    mantissa = step / 10 ** np.floor(np.log10(step) + 1e-9)
    assert min(abs(mantissa - known) for known in (1, 2, 5)) < 1e-6
    assert span / step <= most * (1 + 1e-6)
    assert span / step > most / 2.6


@pytest.mark.parametrize("span", [0.0, -1.0, float("nan"), float("inf")])
def test_a_span_of_nothing_has_a_step(span):
    assert round_step(span, 4) == 1.0


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
def test_values_lie_inside_and_zero_is_among_them(low, span):
    high = low + span
    ticks = value_ticks(low, high)
    slack = 1e-6 * span
    assert all(low - slack <= tick <= high + slack for tick in ticks)
    if low < 0 < high:
        assert 0.0 in ticks
    assert len(ticks) <= 6


def test_values_of_a_usual_row():
    assert value_ticks(-0.6, 1.1) == [-0.5, 0.0, 0.5, 1.0]
    assert value_ticks(0.0, 0.12) == pytest.approx([0.0, 0.05, 0.1])
    assert value_ticks(-0.084, 0.033) == pytest.approx([-0.08, -0.06, -0.04, -0.02, 0.0, 0.02])
    assert value_ticks(-0.21, 0.19) == pytest.approx([-0.2, -0.1, 0.0, 0.1])


@given(st.integers(0, 10**8), st.integers(1, 5_000), st.booleans())
def test_positions_are_round_and_stand_at_their_columns(start, length, is_reverse):
    positions = np.arange(start, start + length)
    positions = positions[::-1] if is_reverse else positions
    ticks = position_ticks(positions)
    for column, position in ticks:
        assert positions[column] + 1 == position
    steps = {b - a for (_, a), (_, b) in pairwise(ticks)}
    assert len(steps) <= 1
    assert len(ticks) <= 8
    if steps:
        assert all(position % steps.copy().pop() == 0 for _, position in ticks)


@pytest.mark.parametrize(
    ("ticks", "texts"),
    [
        ([-0.5, 0.0, 0.5, 1.0], ["\u22120.5", "0", "0.5", "1.0"]),
        ([-0.1, -0.05, 0.0], ["\u22120.10", "\u22120.05", "0"]),
        ([0.0, 2_000.0, 4_000.0], ["0", "2,000", "4,000"]),
        ([-2e-5, 0.0, 2e-5], ["\u22122e\u22125", "0", "2e\u22125"]),
        ([0.0, 5e6], ["0", "5e6"]),
        ([0.0], ["0"]),
        ([3.0], ["3"]),
        ([], []),
    ],
)
def test_texts_have_the_same_decimals(ticks, texts):
    assert tick_texts(ticks) == texts
