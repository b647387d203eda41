"""Gene lanes: the typed columns that a browser draws."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope import demo
from locuscope.errors import OptionError
from locuscope.genome.genes import Genes
from locuscope.genome.interval import Interval
from tests.genome import gene_toy


@pytest.fixture
def genes(tmp_path):
    path = tmp_path / "toy.gtf"
    path.write_text("\n".join(gene_toy.gtf()) + "\n")
    return Genes.read(path)


def test_lane_of_representatives(genes):
    lane = genes.lane(Interval("1", 0, 3_000))
    assert lane.name == ["PLUS", "MINUS", "SINGLE"]
    assert lane.strand.tolist() == [1, -1, -1]
    assert lane.is_coding.tolist() == [1, 1, 0]
    assert lane.exon_offsets.tolist() == [0, 2, 5, 6]
    assert lane.exon_start.tolist() == [120, 500, 350, 600, 900, 2_000]
    assert lane.exon_end.tolist() == [200, 600, 450, 700, 990, 2_100]
    assert list(zip(lane.cds_start.tolist(), lane.cds_end.tolist(), strict=True)) == [
        (150, 540),
        (620, 950),
        (2_000, 2_000),
    ]
    kinds = {name: getattr(lane, name).dtype.name for name in ("start", "strand", "is_coding")}
    assert kinds == {"start": "uint32", "strand": "int8", "is_coding": "uint8"}


def test_lane_of_all_transcripts_and_of_unions(genes):
    every = genes.lane(Interval("1", 0, 600), transcripts="all")
    assert every.name == ["T1.1", "T2.1", "T3.1"]
    assert every.start.tolist() == [100, 120, 350]
    assert np.diff(every.exon_offsets).tolist() == [3, 2, 3]
    union = genes.lane(Interval("1", 0, 600), transcripts="union")
    assert union.exon_end.tolist() == [200, 400, 650, 450, 700, 990]
    with pytest.raises(OptionError, match="longest"):
        genes.lane(Interval("1", 0, 600), transcripts="longest")


def test_lane_of_nothing_and_of_sites_only(genes):
    empty = genes.lane(Interval("9", 0, 10))
    assert empty.name == []
    assert empty.exon_offsets.tolist() == [0]
    lane = demo.genes(collapsed=True).lane(Interval("20", 1_000_000, 1_300_000))
    assert lane.name[:2] == ["PSMF1", "TMEM74B"]
    assert len(lane.exon_start) == 0
    assert set(lane.is_coding.tolist()) == {2}


places = st.tuples(
    st.sampled_from(["1", "2", "X", "Y"]), st.integers(0, 2_200), st.integers(1, 900)
)


@given(places, st.sampled_from(["representative", "all", "union"]))
def test_any_lane_is_whole(where, transcripts):
    """Bodies hold their exons and coding parts, exons ascend, offsets part them."""
    chrom, start, width = where
    genes = demo_toy()
    lane = genes.lane(Interval(chrom, start, start + width), transcripts=transcripts)
    n = len(lane.name)
    columns = (lane.start, lane.end, lane.strand, lane.is_coding, lane.cds_start, lane.cds_end)
    assert {len(column) for column in columns} == {n}
    assert len(lane.exon_offsets) == n + 1
    assert lane.exon_offsets[-1] == len(lane.exon_start) == len(lane.exon_end)
    for k in range(n):
        exons = slice(lane.exon_offsets[k], lane.exon_offsets[k + 1])
        first, last = lane.exon_start[exons], lane.exon_end[exons]
        assert (first < last).all()
        assert (last[:-1] <= first[1:]).all()
        assert first[0] >= lane.start[k]
        assert last[-1] <= lane.end[k]
        assert lane.start[k] <= lane.cds_start[k] <= lane.cds_end[k] <= lane.end[k]


def demo_toy():
    """The toy genes through tables, without a file."""
    lines = [line.split("\t") for line in gene_toy.exon_table()]
    frame = pl.DataFrame(lines[1:], schema=lines[0], orient="row")
    return Genes.from_tables(frame.with_columns(pl.col("start", "end").cast(pl.Int64)))


def test_coding_is_told_by_type_then_by_cds_then_not_at_all():
    exons = pl.DataFrame(
        {
            "chrom": ["1"] * 3,
            "start": [0, 20, 40],
            "end": [10, 30, 50],
            "strand": ["+", "-", "."],
            "gene_id": ["typed", "coding", "other"],
            "gene_type": ["lncRNA", None, None],
            "transcript_id": ["t", "u", "v"],
        }
    )
    cds = pl.DataFrame({"transcript_id": ["u"], "chrom": ["1"], "start": [22], "end": [25]})
    where = Interval("1", 0, 60)
    lane = Genes.from_tables(exons, cds=cds).lane(where)
    assert lane.is_coding.tolist() == [0, 1, 0]
    assert lane.strand.tolist() == [1, -1, 0]
    assert list(zip(lane.cds_start.tolist(), lane.cds_end.tolist(), strict=True)) == [
        (0, 0),
        (22, 25),
        (40, 40),
    ]
    assert Genes.from_tables(exons).lane(where).is_coding.tolist() == [0, 2, 2]
