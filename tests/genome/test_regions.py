"""Regions in and out: files, frames and lists, against a genome."""

from __future__ import annotations

import gzip
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import (
    DataWarning,
    EmptySelectionError,
    FormatError,
    InputError,
    MissingContigError,
    OptionError,
    OutOfBoundsError,
    WrongTypeError,
)
from locuscope.genome.interval import Interval
from locuscope.genome.reference import Genome
from locuscope.genome.regions import RegionTable, read_bed

BED6 = "chr1\t5\t9\tone\t1.5\t+\nchr1\t5\t9\tone\t.\t-\nchrX\t0\t3\ttwo\t0\t.\n"


@pytest.fixture
def save(tmp_path):
    def write(text, name="toy.bed"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def places(regions):
    return [(r.chrom, r.start, r.end) for r in regions]


def test_bed6_keeps_order_and_duplicates(save):
    regions = read_bed(save(BED6))
    assert list(regions) == [
        Interval("chr1", 5, 9, "+", "one"),
        Interval("chr1", 5, 9, "-", "one"),
        Interval("chrX", 0, 3, ".", "two"),
    ]
    assert regions.table["score"].to_list() == [1.5, None, 0.0]
    assert regions.table["line"].to_list() == [1, 2, 3]
    assert repr(regions) == "RegionTable(3 regions)"


def test_gzip_by_content(save):
    path = save(gzip.compress(BED6.encode()), name="packed.bed")
    assert places(read_bed(path)) == places(read_bed(save(BED6)))


@pytest.mark.parametrize("make", [pl.DataFrame, pd.DataFrame])
def test_frames_are_regions(make):
    frame = make({"chrom": ["1", "2"], "start": [5, 7], "end": [9, 8], "extra": ["x", "y"]})
    regions = read_bed(frame)
    assert places(regions) == [("1", 5, 9), ("2", 7, 8)]
    assert regions.table["extra"].to_list() == ["x", "y"]
    with pytest.raises(FormatError, match="chromEnd"):
        read_bed(make({"chrom": ["1"], "start": [5]}))


def test_bad_places_in_a_frame_are_refused():
    with pytest.raises(InputError):
        read_bed(pl.DataFrame({"chrom": ["1"], "start": [9], "end": [5]}))


def test_lists_and_tables_are_regions():
    listed = [Interval("1", 5, 9, "-", "x"), Interval("1", -3, 2)]
    regions = read_bed(listed)
    assert list(regions) == listed
    assert read_bed(regions) is regions
    with pytest.raises(WrongTypeError, match="int"):
        read_bed(7)
    with pytest.raises(WrongTypeError):
        read_bed([("1", 5, 9)])


@pytest.mark.parametrize("options", [{"on_bad": "flag"}, {"overhang": "clip"}])
def test_options_are_checked(save, options):
    with pytest.raises(OptionError):
        read_bed(save(BED6), **options)


@given(
    st.lists(
        st.tuples(st.sampled_from(["1", "X"]), st.integers(0, 10**6), st.integers(1, 10**6)),
        min_size=1,
    )
)
def test_random_regions_survive_writing_and_reading(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("bed") / "r.bed"
    regions = read_bed([Interval(c, s, s + w, "+", f"n{s}") for c, s, w in rows])
    regions.to_bed(path)
    again = read_bed(path.rename(path.with_suffix(".tsv")))
    assert places(again) == places(regions)


def test_written_files_are_equal_bytes(save, tmp_path):
    regions = read_bed(save(BED6))
    one, two = regions.to_bed(tmp_path / "a.bed.gz"), regions.to_bed(tmp_path / "b.bed.gz")
    assert one.read_bytes() == two.read_bytes()
    assert gzip.decompress(one.read_bytes()).decode().splitlines()[1] == "chr1\t5\t9\tone\t.\t-"


def test_written_columns_stand_where_bed_has_them(save, tmp_path):
    frame = pl.DataFrame({"chrom": ["1"], "start": [5], "end": [9], "strand": ["-"], "cell": ["K"]})
    path = read_bed(frame).to_bed(tmp_path / "a.bed")
    assert path.read_text() == "1\t5\t9\t.\t0\t-\tK\n"
    assert read_bed(save("1\t5\t9\n")).to_bed(tmp_path / "b.bed").read_text() == "1\t5\t9\n"
    with pytest.raises(OutOfBoundsError, match="-3"):
        read_bed([Interval("1", -3, 5)]).to_bed(tmp_path / "c.bed")


def test_slices_masks_and_indices(save):
    regions = read_bed(save(BED6))
    assert places(regions[1:]) == places(regions)[1:]
    assert places(regions[[2, 0]]) == [places(regions)[2], places(regions)[0]]
    assert len(regions[np.array([False, True, False])]) == 1
    assert regions[-1].name == "two"
    assert len(regions[[]]) == 0
    with pytest.raises(IndexError):
        regions[3]


def test_centers_use_the_peak_where_there_is_one(save):
    lines = "1\t10\t20\tn\t0\t.\t0\t0\t0\t2\n1\t10\t21\tn\t0\t.\t0\t0\t0\t-1\n"
    assert read_bed(save(lines)).centers().tolist() == [12, 15]
    assert read_bed([Interval("1", 3, 6)]).centers().tolist() == [4]


def test_tables_pickle_and_escape(save):
    regions = read_bed(save("1\t5\t9\t<img src=x>\n"))
    copied = pickle.loads(pickle.dumps(regions))  # noqa: S301 - our own bytes
    assert places(copied) == places(regions)
    assert "<img" not in regions._repr_html_()
    assert isinstance(regions, RegionTable)


@pytest.fixture
def genome():
    return Genome.from_sequences({"1": "A" * 100, "MT": "A" * 20}, name="toy")


def test_aliases_are_said_and_names_kept(genome):
    with pytest.warns(DataWarning, match="'chr1' of the regions is read as '1' of toy"):
        regions = read_bed([Interval("chr1", 5, 9)], genome=genome)
    assert regions[0].chrom == "chr1"
    with pytest.raises(MissingContigError, match="'7'"):
        read_bed([Interval("7", 5, 9)], genome=genome)


def test_overhang_raises_or_is_counted(genome):
    over = [Interval("1", 5, 9), Interval("1", 95, 103), Interval("1", -2, 4)]
    with pytest.raises(OutOfBoundsError, match="2 regions reach past the contig end") as caught:
        read_bed(over, genome=genome)
    assert "1-based" not in str(caught.value)
    kept = read_bed(over, genome=genome, overhang="pad")
    assert places(kept) == places(over)
    assert kept.skipped == {"overhang": 2}
    with pytest.raises(OutOfBoundsError, match="lies outside"):
        read_bed([Interval("1", 100, 101)], genome=genome, overhang="pad")


def test_nothing_to_read(save):
    with pytest.raises(EmptySelectionError, match="no region"):
        read_bed(save("# nothing\n"))
