"""Numbers and places as people read them."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.genome.interval import Interval
from locuscope.widgets.axes import (
    axis_values,
    chrom_text,
    nice_scale,
    place_text,
    ruler_ticks,
    value_text,
    width_text,
)
from locuscope.widgets.painter import YScale

MINUS = "\N{MINUS SIGN}"


@given(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9), st.booleans())
def test_bounds_hold_the_range_and_zero_and_waste_little(a, b, is_signed):
    lo, hi = min(a, b), max(a, b)
    scale = nice_scale("linear", lo, hi, is_signed=is_signed)
    assert scale.lo <= min(lo, 0) + 1e-6 * abs(lo)
    assert scale.hi >= max(hi, 0) - 1e-6 * abs(hi)
    assert scale.lo <= 0 <= scale.hi
    assert scale.lo < scale.hi
    if is_signed:
        assert scale.lo == -scale.hi
    elif hi > 1e-6:
        assert scale.hi <= hi * 1.34


@pytest.mark.parametrize(
    ("lo", "hi", "is_signed", "expected"),
    [
        (0, 0.93, False, (0, 1)),
        (0, 0, False, (0, 1)),
        (0, 0, True, (-1, 1)),
        (-0.4, 0.1, True, (-0.4, 0.4)),
        (0, 101, False, (0, 120)),
        (0, 0.0031, False, (0, 0.004)),
        (-3, 0, False, (-3, 0)),
    ],
)
def test_bounds(lo, hi, is_signed, expected):
    scale = nice_scale("linear", lo, hi, is_signed=is_signed)
    assert (scale.lo, scale.hi) == expected


def test_values_beside_a_lane():
    assert axis_values(YScale(0, 1), 40) == [0, 0.5, 1]
    assert axis_values(YScale(-2, 2), 40) == [-2, 0, 2]
    assert axis_values(YScale(0, 1), 24) == [0, 1]
    assert axis_values(YScale(0, 1), 10) == []
    assert axis_values(YScale(1, 1), 40) == []
    low, middle, high = axis_values(YScale(0, 99, "log1p"), 40)
    assert (low, middle, high) == (0, 9, 99)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"), (1, "1"), (0.5, "0.5"), (-0.4, "-0.4"), (1.23456, "1.23"), (0.00999, "0.00999"),
        (123456, "123,000"), (9999, "10,000"), (1000, "1000"), (1e-5, "1e-5"), (-2.5e-7, "-2.5e-7"),
    ],
)  # fmt: skip
def test_value_text(value, text):
    assert value_text(value) == text.replace("-", MINUS)


@given(st.integers(0, 1_800_000_000), st.integers(8, 250_000_000))
def test_ruler_ticks_are_round_even_and_equally_written(start, width):
    where = Interval("1", start, start + width)
    ticks = ruler_ticks(where)
    assert 1 <= len(ticks) <= 6
    positions = [position for position, _ in ticks]
    assert all(where.start < position <= where.end for position in positions)
    steps = {b - a for a, b in pairwise(positions)}
    assert len(steps) <= 1
    forms = {re.sub(r"[\d,]", "", label) + str(len(label.partition(".")[2])) for _, label in ticks}
    assert len(forms) == 1
    sizes = {"bp": 1, "kb": 1_000, "Mb": 1_000_000}
    for position, label in ticks:
        number, unit = label.split(" ")
        assert abs(float(number.replace(",", "")) * sizes[unit] - position) <= 0.5


def test_places_and_widths():
    assert place_text(Interval("20", 0, 10)) == "chr20:1-10"
    assert [chrom_text(name) for name in ("20", "X", "MT", "chr3", "HLA-A*01", "123")] == [
        "chr20", "chrX", "chrMT", "chr3", "HLA-A*01", "123",
    ]  # fmt: skip
    assert [width_text(width) for width in (8, 999, 1_000, 999_949, 1_000_000)] == [
        "8 bp", "999 bp", "1.0 kb", "999.9 kb", "1.00 Mb",
    ]  # fmt: skip
