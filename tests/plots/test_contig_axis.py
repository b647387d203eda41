from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.plots.contig_axis import ContigAxis, genome_order


def test_contigs_stand_in_genome_order_not_in_the_order_of_the_file():
    names = ["chrM", "chr10", "chrX", "chr2", "chr1", "chrUn_7", "chrY", "chr22"]
    axis = ContigAxis.of(names, np.arange(1, 9))
    assert axis.names == ("chr1", "chr2", "chr10", "chr22", "chrX", "chrY", "chrM", "chrUn_7")


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["X", "2", "10", "MT"], ["2", "10", "X", "MT"]),
        (["4", "2R", "3L", "2L", "X"], ["2L", "2R", "3L", "4", "X"]),
        (["II", "I"], ["I", "II"]),
    ],
)
def test_order_of_other_spellings(names, expected):
    assert sorted(names, key=genome_order) == expected


def test_one_contig_keeps_its_positions():
    axis = ContigAxis.of(["20", "20"], np.array([2_577_796, 100]))
    assert axis.x.tolist() == [2_577_796.0, 100.0]
    assert axis.place(1_000, 2_000) == "20:1,000-2,000"


@given(
    st.lists(
        st.tuples(st.sampled_from(["1", "2", "X"]), st.integers(1, 10**8)), min_size=1, max_size=40
    )
)
def test_order_along_the_axis_is_the_order_on_the_genome(rows):
    chroms, positions = [c for c, _ in rows], np.array([p for _, p in rows])
    axis = ContigAxis.of(chroms, positions)
    along = [rows[k] for k in np.argsort(axis.x, kind="stable")]
    assert along == sorted(along, key=lambda row: (genome_order(row[0]), row[1]))


@given(
    st.lists(
        st.tuples(st.sampled_from(["1", "2", "X"]), st.integers(1, 10**8)), min_size=2, max_size=40
    )
)
def test_every_allele_lies_in_the_band_of_its_own_contig(rows):
    axis = ContigAxis.of([c for c, _ in rows], np.array([p for _, p in rows]))
    bands = dict(zip(axis.names, axis.bands(), strict=True))
    for (chrom, _), x in zip(rows, axis.x, strict=True):
        start, stop = bands[chrom]
        assert start <= x <= stop
    edges = [edge for band in axis.bands() for edge in band]
    assert edges == sorted(edges)


def test_a_place_is_said_in_positions_of_its_contig():
    axis = ContigAxis.of(["1", "1", "2", "2"], np.array([100, 1_100, 5_000, 9_000]))
    first, second = axis.starts.tolist()
    assert axis.place(first, first + 500) == "1:100-600"
    assert axis.place(second + 1_000, second + 2_000) == "2:6,000-7,000"
    # A box that reaches into the gap is said to end with the contig.
    assert axis.place(first + 900, second - 1) == "1:1,000-1,101"


def test_a_lonely_allele_still_has_room():
    axis = ContigAxis.of(["1", "1", "2"], np.array([1, 100_000_000, 7]))
    widths = axis.stops - axis.starts
    assert widths[1] >= 0.009 * widths.sum()


def test_no_allele_gives_an_empty_axis():
    axis = ContigAxis.of([], np.empty(0, np.int64))
    assert axis.names == ()
    assert len(axis.x) == 0
