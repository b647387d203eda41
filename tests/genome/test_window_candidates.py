"""Which regions hold a variant: the sorted index against a scan of every region."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.genome.interval import Interval
from locuscope.genome.window_candidates import (
    Candidates,
    RegionIndex,
    overlapping_windows,
    restricted_windows,
    shared_centres,
)
from tests.oracles import window_oracle

REGIONS = st.lists(
    st.tuples(st.sampled_from("12"), st.integers(-20, 200), st.integers(1, 120)).map(
        lambda t: (t[0], t[1], t[1] + t[2])
    ),
    min_size=1,
    max_size=30,
)
POINTS = st.lists(
    st.tuples(st.sampled_from(["1", "2", "3"]), st.integers(1, 260)), min_size=1, max_size=20
)


def index_of(regions):
    return RegionIndex([Interval(*region) for region in regions])


def listed(found: Candidates, n: int):
    rows = [[] for _ in range(n)]
    for allele, region, start in zip(
        found.allele.tolist(), found.region.tolist(), found.start.tolist(), strict=True
    ):
        rows[allele].append((region, start))
    return rows


@given(REGIONS, POINTS, st.integers(1, 60))
def test_restricted_windows_equal_the_scan(regions, points, width):
    contigs = [contig for contig, _ in points]
    pos = np.array([pos for _, pos in points])
    found = restricted_windows(index_of(regions), contigs, pos - 1, pos - width // 2, width)
    rows = listed(found, len(points))
    near = listed(found.nearest(pos - 1, np.full(len(found), width)), len(points))
    for row, only, (contig, p) in zip(rows, near, points, strict=True):
        expected = window_oracle.restricted(regions, contig, p, width)
        assert row == expected
        best = window_oracle.nearest(expected, p, width)
        assert only == ([] if best is None else [best])


@given(REGIONS, POINTS, st.integers(1, 9))
def test_overlapping_windows_equal_the_scan(regions, points, n_ref):
    contigs = [contig for contig, _ in points]
    first = np.array([pos - 1 for _, pos in points])
    found = overlapping_windows(index_of(regions), contigs, first, first + n_ref)
    for row, (contig, pos) in zip(listed(found, len(points)), points, strict=True):
        assert row == window_oracle.overlapping(regions, contig, pos, n_ref)


@given(REGIONS, st.lists(st.integers(-30, 330), max_size=30))
def test_over_equals_the_scan(regions, points):
    point, region = index_of(regions).over("1", points)
    expected = [
        (i, k)
        for i, p in enumerate(points)
        for k, (chrom, start, end) in enumerate(regions)
        if chrom == "1" and start <= p < end
    ]
    assert list(zip(point.tolist(), region.tolist(), strict=True)) == expected


def test_an_unknown_contig_and_an_empty_list_hold_nothing():
    index = index_of([("1", 0, 10)])
    assert index.over("9", [5])[0].tolist() == []
    assert index.contigs == ("1",)
    assert len(index) == 1
    assert RegionIndex([]).over("1", [5])[1].tolist() == []


def test_contigs_are_renamed_and_the_digest_is_of_the_places():
    one = RegionIndex([Interval("chr1", 0, 10)], {"chr1": "1"}.__getitem__)
    assert one.over("1", [3])[1].tolist() == [0]
    assert one.digest == index_of([("1", 0, 10)]).digest
    assert one.digest != index_of([("1", 0, 11)]).digest
    assert one.digest == RegionIndex([Interval("1", 0, 10, "-", "named")]).digest


@given(POINTS, st.integers(0, 80))
def test_shared_centres_are_clusters_from_the_left(points, share):
    contigs = [contig for contig, _ in points]
    pos = np.array([pos for _, pos in points], np.int64)
    centres = shared_centres(contigs, pos, share)
    assert (np.abs(centres - pos) <= share).all()
    by_window: dict[tuple[str, int], list[int]] = {}
    for contig in set(contigs):
        waiting = sorted(p for c, p in points if c == contig)
        while waiting:
            first = waiting[0]
            members = [p for p in waiting if p - first <= share]
            waiting = waiting[len(members) :]
            for p in members:
                by_window[contig, p] = (members[0] + members[-1]) // 2
    assert centres.tolist() == [by_window[point] for point in points]


def test_shared_centres_do_not_depend_on_the_order_of_rows():
    pos = np.array([100, 104, 109, 300, 302], np.int64)
    order = np.array([3, 0, 4, 2, 1])
    straight = shared_centres(["1"] * 5, pos, 8)
    assert shared_centres(["1"] * 5, pos[order], 8).tolist() == straight[order].tolist()
    assert straight.tolist() == [102, 102, 109, 301, 301]


@pytest.mark.parametrize("giant", [False, True])
def test_a_lookup_does_not_scan_the_regions(giant):
    """Ten thousand alleles against 200,000 regions, one of them the whole contig."""
    rng = np.random.default_rng(7)
    starts = rng.integers(0, 200_000_000, 200_000)
    widths = rng.integers(100, 5_000, 200_000)
    places = [
        Interval("1", s, s + w) for s, w in zip(starts.tolist(), widths.tolist(), strict=True)
    ]
    if giant:
        places.append(Interval("1", 0, 200_000_000))
    index = RegionIndex(places)
    points = rng.integers(0, 200_000_000, 10_000)
    began = time.process_time()
    point, region = index.over("1", points)
    seconds = time.process_time() - began
    assert len(point) > 10_000
    assert (index.starts[region] <= points[point]).all()
    assert (points[point] < index.ends[region]).all()
    # A scan of 200,000 regions per allele takes minutes; the bound leaves room for a slow machine.
    assert seconds < 2
