"""Genes: cuts of all tables together, tables in and out, the embedded tables."""

from __future__ import annotations

import pickle

import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope import demo
from locuscope.errors import DataWarning, FormatError, InputError
from locuscope.genome.genes import Genes
from locuscope.genome.interval import Interval
from locuscope.genome.variant import Variant
from tests.genome import gene_toy
from tests.oracles import genes_oracle


def save(tmp_path, lines, name="genes.txt"):
    path = tmp_path / name
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def genes(tmp_path):
    return Genes.read(save(tmp_path, gene_toy.gtf()))


def names(genes):
    return genes.genes["gene_name"].to_list()


def test_overlapping_cuts_all_tables_together(genes):
    found = genes.overlapping(Interval("chr1", 640, 660))
    assert names(found) == ["PLUS", "MINUS"]
    assert set(found.transcripts["transcript_id"]) == {"T1.1", "T2.1", "T3.1"}
    assert set(found.exons["gene_id"]) == {"G1.2", "G2.1"}
    assert set(found.cds["transcript_id"]) == {"T1.1", "T2.1", "T3.1"}
    assert names(genes.overlapping(Interval("1", 640, 660), strand="-")) == ["MINUS"]
    assert len(genes.overlapping(Interval("17", 1, 5))) == 0
    assert len(genes.overlapping(Interval("1", 990, 2_000))) == 0


def test_a_deletion_overlaps_with_its_whole_reference(genes):
    deletion = Variant("1", 1_995, "ACGTACG", "A")
    assert names(genes.overlapping(deletion)) == ["SINGLE"]
    assert len(genes.overlapping(Variant("1", 1_995, "A", "C"))) == 0


place = st.tuples(st.sampled_from(["1", "2"]), st.integers(0, 60), st.integers(1, 30))


@given(st.lists(place, min_size=1, max_size=20), place)
def test_overlapping_equals_the_slow_twin(places, where):
    spans = [(c, s, s + w) for c, s, w in places]
    frame = pl.DataFrame(
        [(f"g{k}", *span, "+") for k, span in enumerate(spans)],
        schema=["gene_id", "chrom", "start", "end", "strand"],
        orient="row",
    )
    genes = Genes.from_tables(genes=frame)
    query = Interval(where[0], where[1], where[1] + where[2])
    expected = genes_oracle.overlapping(spans, (where[0], query.start, query.end))
    assert genes.rows_overlapping(query).tolist() == expected
    assert genes.overlapping(query).genes["gene_id"].to_list() == [f"g{k}" for k in expected]


def test_one_id_on_two_contigs_is_two_genes(genes):
    found = genes.overlapping(Interval("Y", 0, 20))
    assert found.genes["chrom"].to_list() == ["Y"]
    assert found.exons["chrom"].to_list() == ["Y"]
    assert genes.exon_union("G5.1", chrom="Y").tolist() == [[7, 11]]
    assert genes.exon_union("G5.1").tolist() == [[5, 9]]


def test_coding_genes_by_type_or_by_cds(genes):
    assert names(genes.coding()) == ["PLUS", "MINUS"]
    untyped = genes.genes.with_columns(pl.lit(None, dtype=pl.String).alias("gene_type"))
    by_cds = Genes(untyped, genes.transcripts, genes.exons, genes.cds)
    assert names(by_cds.coding()) == ["PLUS", "MINUS"]
    with pytest.raises(InputError, match="gene_type is empty and there is no CDS"):
        Genes(untyped, genes.transcripts, genes.exons).coding()


def test_parquet_round_trip(genes, tmp_path):
    with pytest.warns(DataWarning):
        full = genes.with_pas(pl.DataFrame({"gene_id": ["G1.2", "no"], "position": [640, 1]}))
    path = full.to_parquet(tmp_path / "genes.parquet")
    again = Genes.read(path)
    for name in ("genes", "transcripts", "exons", "cds", "pas"):
        assert getattr(again, name).equals(getattr(full, name)), name
    assert again.sites is None
    assert Genes.read(genes.to_parquet(path)).pas is None
    pl.DataFrame({"x": [1]}).write_parquet(path)
    with pytest.raises(FormatError, match="not written by"):
        Genes.read(path)
    path.write_bytes(b"PAR1" + b"x" * 40)
    with pytest.raises(FormatError, match="cannot be read"):
        Genes.read(path)


def test_from_tables_takes_pandas_and_says_what_is_missing():
    frame = pd.DataFrame(
        {
            "chrom": ["1"],
            "start": [5],
            "end": [9],
            "strand": ["+"],
            "gene_id": ["g"],
            "transcript_id": ["t"],
        }
    )
    genes = Genes.from_tables(frame)
    assert genes.genes.rows() == [("g", "g", None, "1", 5, 9, "+", "t")]
    assert genes.cds is None
    with pytest.raises(InputError, match="transcript_id"):
        Genes.from_tables(frame.drop(columns="transcript_id"))
    with pytest.raises(InputError, match="neither"):
        Genes.from_tables()
    with pytest.raises(InputError, match="from_tables"):
        Genes(genes.genes.drop("strand"), genes.transcripts, genes.exons)
    coding = Genes.from_tables(
        frame, cds=pl.DataFrame({"transcript_id": ["t"], "chrom": ["1"], "start": [6], "end": [8]})
    )
    assert coding.cds.rows() == [("t", "1", 6, 8)]


def test_rows_pickle_and_html(genes):
    assert genes[0]["gene_name"] == "PLUS"
    with pytest.raises(IndexError):
        genes[6]
    copied = pickle.loads(pickle.dumps(genes))  # noqa: S301 - our own bytes
    assert copied.exons.equals(genes.exons)
    marked = genes.genes.with_columns(pl.lit("<img src=x>").alias("gene_name"))
    assert "<img" not in Genes(marked, genes.transcripts, genes.exons)._repr_html_()
    assert repr(genes) == "Genes(6 genes, 7 transcripts, 13 exons, 7 coding parts)"


def test_embedded_exon_table():
    genes = demo.genes()
    assert repr(genes) == "Genes(107 genes, 361 transcripts, 2,296 exons, no CDS)"
    assert genes.cds is None
    assert genes.genes["representative"].null_count() == 0
    lane = genes.lane(Interval("chr20", 1_000_000, 4_000_000))
    assert set(lane.is_coding.tolist()) == {2}
    assert len(lane.exon_offsets) == len(lane.name) + 1


def test_embedded_splice_sites_occur_in_the_exon_table():
    sets = demo.genes(collapsed=True)
    assert repr(sets) == "Genes(55 genes, 1,069 splice sites, no CDS)"
    with pytest.raises(InputError, match="not pairs"):
        sets.introns()
    columns = ("chrom", "kind", "position", "strand")
    known = set(demo.genes().splice_sites().select(columns).rows())
    shared = [row in known for row in sets.splice_sites().select(columns).rows()]
    assert sum(shared) == 1_065


def test_embedded_introns_begin_with_gt_and_end_with_ag():
    genome, introns = demo.genome(), demo.genes().introns()
    edges = set()
    for chrom, start, end, strand, *_ in introns.rows():
        if start < 990_000 or end > 4_010_000:
            continue
        left, right = genome.fetch(chrom, start, start + 2), genome.fetch(chrom, end - 2, end)
        edges.add((start, end, (left, right) if strand == "+" else (right, left)))
    canonical = [pair for _, _, pair in edges if pair in (("GT", "AG"), ("AC", "CT"))]
    assert len(canonical) > 0.96 * len(edges)
