"""The DNase sites: overlaps against a loop over bases, and broken lines."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.demo import build_dnase
from locuscope.errors import FormatError


@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.integers(1, 20), st.integers(1, 9)),
        min_size=0,
        max_size=12,
    )
)
def test_overlaps_are_resolved_by_the_maximum(spans):
    spans = [(start, start + width, float(value)) for start, width, value in spans]
    wanted = np.zeros(100)
    for start, end, value in spans:
        for base in range(start, end):
            wanted[base] = max(wanted[base], value)
    starts, ends, values = build_dnase.flatten(spans)
    found = np.zeros(100)
    for start, end, value in zip(starts, ends, values, strict=True):
        assert not found[start:end].any()
        found[start:end] = value
    assert np.array_equal(found, wanted)
    assert (values > 0).all()
    assert (np.diff(starts) > 0).all()


def test_sites_outside_the_slice_are_left_out():
    text = "chr20\t989990\t990140\tMCV-3\t1.5\nchr20\t990000\t990150\tMCV-85\t2.5\n"
    assert build_dnase.parse_sites(text) == [(990_000, 990_150, 85, 2.5)]


def test_a_broken_site_line_is_named():
    with pytest.raises(FormatError, match="line 2"):
        build_dnase.parse_sites("chr20\t1\t2\tMCV-3\t1.5\nchr20\t1\t2\n")
