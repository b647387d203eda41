"""Starts, introns, splice sites and merged exons, by hand and against the slow twin."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import DataWarning, InputError, UnknownNameError
from locuscope.genome.gene_sites import merged, pas_table, splice_sites, within
from locuscope.genome.gene_tables import SCHEMAS
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


def test_sites_of_both_strands_by_hand(genes):
    sites = genes.select(gene_name=["PLUS", "MINUS"]).splice_sites()
    by_gene = {
        name: sorted(
            sites.filter((pl.col("gene_id") == gene) & (pl.col("kind") == kind))[
                "position"
            ].to_list()
        )
        for gene, kind, name in (
            ("G1.2", "donor", "plus donors"),
            ("G1.2", "acceptor", "plus acceptors"),
            ("G2.1", "donor", "minus donors"),
            ("G2.1", "acceptor", "minus acceptors"),
        )
    }
    assert by_gene == {
        "plus donors": [199, 399],
        "plus acceptors": [300, 500],
        "minus donors": [600, 900],
        "minus acceptors": [449, 699],
    }
    assert genes.splice_sites(Interval("chr1", 199, 300))["position"].to_list() == [199]


def test_introns_lie_between_the_sites(genes):
    introns = genes.introns()
    assert ("1", 200, 500, "+", "G1.2", 1) in introns.rows()
    for chrom, start, end, strand, gene, _ in introns.rows():
        sites = genes.select(gene_id=gene, chrom=chrom).splice_sites()
        donors = sites.filter(pl.col("kind") == "donor")["position"].to_list()
        acceptors = sites.filter(pl.col("kind") == "acceptor")["position"].to_list()
        first, last = (donors, acceptors) if strand == "+" else (acceptors, donors)
        assert start - 1 in first
        assert end in last
    assert "TOUCH" not in set(introns["gene_id"])
    single = genes.introns(unique=False)
    assert single.columns[-1] == "transcript_id"
    assert len(single) == len(introns)


def test_transcription_starts(genes):
    starts = {row["tss_id"]: row["position"] for row in genes.tss().iter_rows(named=True)}
    assert starts["T1.1"] == 100
    assert starts["T2.1"] == 120
    assert starts["T3.1"] == 989
    assert names(genes.with_tss_in(Interval("1", 989, 990))) == ["MINUS"]
    assert names(genes.with_tss_in(Interval("chr1", 0, 121))) == ["PLUS"]
    assert len(genes.with_tss_in(Interval("1", 350, 989))) == 0


def test_unique_starts_keep_the_first_transcript():
    exons = pl.DataFrame(
        {
            "chrom": ["1", "1", "1"],
            "start": [5, 5, 7],
            "end": [9, 20, 20],
            "strand": ["+", "+", "."],
            "gene_id": ["a", "a", "b"],
            "transcript_id": ["t1", "t2", "t3"],
        }
    )
    genes = Genes.from_tables(exons)
    assert genes.tss()["tss_id"].to_list() == ["t1", "t2"]
    assert genes.tss(unique=True)["tss_id"].to_list() == ["t1"]


exon_sets = st.lists(
    st.tuples(st.sampled_from("ab"), st.sampled_from("tu"), st.integers(0, 40), st.integers(1, 9)),
    min_size=1,
    max_size=12,
)


@given(exon_sets, st.sampled_from("+-."))
def test_sites_and_unions_equal_the_slow_twin(drawn, strand):
    exons = []
    for gene, transcript, start, width in drawn:
        name, end = gene + transcript, start + width
        if all(end <= e[3] or e[4] <= start for e in exons if e[0] == name):
            exons.append((name, gene, "1", start, end, strand))
    frame = pl.DataFrame(
        exons,
        schema=["transcript_id", "gene_id", "chrom", "start", "end", "strand"],
        orient="row",
    )
    genes = Genes.from_tables(frame)
    assert set(genes.splice_sites().rows()) == {
        (gene, chrom, kind, position, strand)
        for gene, chrom, kind, position, strand in genes_oracle.sites(exons)
    }
    for gene in {e[1] for e in exons}:
        places = [(e[3], e[4]) for e in exons if e[1] == gene]
        assert list(map(tuple, genes.exon_union(gene).tolist())) == genes_oracle.union(places)


def test_unknown_gene_has_no_union(genes):
    with pytest.raises(UnknownNameError, match=r"G1\.2"):
        genes.exon_union("G1.3")
    with pytest.raises(UnknownNameError):
        genes.exon_union("G1.2", chrom="7")


def test_polyadenylation_sites(genes, tmp_path):
    frame = pl.DataFrame({"gene_id": ["G1.2", "G5.1", "nope"], "position": [640, 8, 3]})
    with pytest.warns(DataWarning, match="1 of 3 polyadenylation sites"):
        found = genes.with_pas(frame)
    assert found.pas.rows() == [
        ("G1.2", "1", 640, "+"),
        ("G5.1", "X", 8, "+"),
        ("G5.1", "Y", 8, "+"),
    ]
    assert len(found.overlapping(Interval("Y", 0, 20)).pas) == 1
    path = save(tmp_path, ["gene_id\tposition", "G1.2\t640"])
    assert genes.with_pas(path).pas.rows() == [("G1.2", "1", 640, "+")]
    with pytest.raises(InputError, match="position"):
        genes.with_pas(pl.DataFrame({"gene_id": ["G1.2"]}))


def test_sites_need_genes_and_give_no_introns():
    body = pl.DataFrame(
        {"gene_id": ["g"], "chrom": ["1"], "start": [5], "end": [90], "strand": ["+"]}
    )
    sites = pl.DataFrame({"gene_id": ["g"], "chrom": ["1"], "kind": ["donor"], "position": [20]})
    genes = Genes.from_tables(genes=body, sites=sites)
    assert genes.splice_sites()["position"].to_list() == [20]
    assert repr(genes) == "Genes(1 gene, 1 splice site, no CDS)"
    with pytest.raises(InputError, match="sets of sites, not pairs"):
        genes.introns()


# --- the functions alone ---


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 9)), max_size=12))
def test_merged_intervals_are_the_union(drawn):
    places = [(start, start + width) for start, width in drawn]
    found = merged(np.array(places, np.int64).reshape(-1, 2))
    assert list(map(tuple, found.tolist())) == genes_oracle.union(places)
    assert merged(found).tolist() == found.tolist()


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (Interval("20", 5, 6), [5]),
        (Interval("chr20", 0, 5), []),
        (Interval("chr20", 0, 8), [5, 7]),
        (Interval("21", 0, 8), []),
        (Variant("20", 6, "ACG", "A"), [5, 7]),
        (Variant("chr20", 8, "A", "C"), [7]),
    ],
)
def test_places_are_half_open_and_contigs_go_by_either_name(where, expected):
    table = pl.DataFrame({"chrom": ["20", "20", "X"], "position": [5, 7, 5]})
    assert within(table, where)["position"].to_list() == expected


@pytest.mark.parametrize(
    ("strand", "donors", "acceptors"),
    [("+", [8, 28], [20, 40]), ("-", [20, 40], [8, 28]), (".", [], [])],
)
def test_donors_lie_at_the_5_end_of_introns(strand, donors, acceptors):
    exons = pl.DataFrame(
        [(None, "t", "g", "1", start, start + 9, strand, None) for start in (40, 0, 20)],
        schema=SCHEMAS["exons"],
        orient="row",
    )
    found = splice_sites(exons)
    for kind, expected in (("donor", donors), ("acceptor", acceptors)):
        assert sorted(found.filter(kind=kind)["position"].to_list()) == expected


def test_sites_of_several_transcripts_are_listed_once():
    rows = [(None, t, "g", "1", a, b, "+", None) for t in "tu" for a, b in ((0, 9), (20, 29))]
    rows += [(None, "t", "h", "1", 0, 9, "+", None), (None, "t", "h", "2", 20, 29, "+", None)]
    exons = pl.DataFrame(rows, schema=SCHEMAS["exons"], orient="row")
    assert sorted(splice_sites(exons).rows()) == [
        ("g", "1", "acceptor", 20, "+"),
        ("g", "1", "donor", 8, "+"),
    ]


def test_polyadenylation_sites_take_place_and_strand_of_their_gene(genes, tmp_path):
    path = save(tmp_path, ["position\tgene_id\tscore", '640\tG1.2\t"x', "7\tG2.1\ty"])
    assert pas_table(path, genes.genes).rows() == [("G1.2", "1", 640, "+"), ("G2.1", "1", 7, "-")]
    with pytest.raises(InputError, match="column of the wrong type"):
        pas_table(save(tmp_path, ["position\tgene_id", "here\tG1.2"]), genes.genes)
