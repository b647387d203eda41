from __future__ import annotations

import pytest

from locuscope import demo
from locuscope.genome.genes import Genes
from locuscope.genome.interval import Interval
from locuscope.models.exon_table import Exon, ExonTable

GTF = """\
1\tx\tgene\t101\t900\t.\t+\t.\tgene_id "g1"; gene_name "ONE";
1\tx\ttranscript\t101\t900\t.\t+\t.\tgene_id "g1"; transcript_id "t1"; gene_name "ONE";
1\tx\texon\t101\t200\t.\t+\t.\tgene_id "g1"; transcript_id "t1"; exon_number "1";
1\tx\texon\t301\t400\t.\t+\t.\tgene_id "g1"; transcript_id "t1"; exon_number "2";
1\tx\texon\t801\t900\t.\t+\t.\tgene_id "g1"; transcript_id "t1"; exon_number "3";
1\tx\ttranscript\t301\t900\t.\t+\t.\tgene_id "g1"; transcript_id "t2"; gene_name "ONE";
1\tx\texon\t301\t400\t.\t+\t.\tgene_id "g1"; transcript_id "t2"; exon_number "1";
1\tx\texon\t851\t900\t.\t+\t.\tgene_id "g1"; transcript_id "t2"; exon_number "2";
1\tx\tgene\t501\t700\t.\t-\t.\tgene_id "g2"; gene_name "TWO";
1\tx\ttranscript\t501\t700\t.\t-\t.\tgene_id "g2"; transcript_id "t3"; gene_name "TWO";
1\tx\texon\t501\t550\t.\t-\t.\tgene_id "g2"; transcript_id "t3"; exon_number "2";
1\tx\texon\t651\t700\t.\t-\t.\tgene_id "g2"; transcript_id "t3"; exon_number "1";
1\tx\tgene\t5001\t5100\t.\t+\t.\tgene_id "g3"; gene_name "LONE";
1\tx\ttranscript\t5001\t5100\t.\t+\t.\tgene_id "g3"; transcript_id "t4"; gene_name "LONE";
1\tx\texon\t5001\t5100\t.\t+\t.\tgene_id "g3"; transcript_id "t4"; exon_number "1";
"""


@pytest.fixture(scope="module")
def genes(tmp_path_factory) -> Genes:
    path = tmp_path_factory.mktemp("genes") / "a.gtf"
    path.write_text(GTF, encoding="utf-8")
    return Genes.read(path)


def test_an_exon_of_two_transcripts_is_one(genes):
    found = ExonTable(genes).near(Interval("1", 0, 10_000), 0)
    assert [(exon.start, exon.end, exon.gene) for exon in found] == [
        (100, 200, "ONE"),
        (300, 400, "ONE"),
        (500, 550, "TWO"),
        (650, 700, "TWO"),
        (800, 900, "ONE"),
        (850, 900, "ONE"),
        (5_000, 5_100, "LONE"),
    ]


def test_sites_stand_where_introns_end(genes):
    by_start = {exon.start: exon for exon in ExonTable(genes).near(Interval("1", 0, 10_000), 0)}
    sites = {start: (exon.acceptor, exon.donor) for start, exon in by_start.items()}
    assert sites == {
        100: (None, 199),
        300: (300, 399),  # first exon of one transcript, internal in another
        500: (549, None),  # last exon of a gene on the minus strand
        650: (None, 650),
        800: (800, None),
        850: (850, None),
        5_000: (None, None),
    }


@pytest.mark.parametrize(
    ("start", "end", "starts"),
    [
        (0, 1, []),
        (90, 91, [100]),
        (89, 90, []),
        (209, 210, [100]),
        (210, 211, []),
        (405, 406, [300]),
        (559, 645, [500, 650]),
        (560, 645, [650]),
        (840, 845, [800, 850]),
    ],
)
def test_exons_near_a_place_are_all_that_overlap_when_grown(genes, start, end, starts):
    found = ExonTable(genes).near(Interval("1", start, end), 10)
    assert [exon.start for exon in found] == starts


def test_contigs_may_be_spelt_in_either_way(genes):
    table = ExonTable(genes)
    assert len(table.near(Interval("chr1", 350, 351), 0)) == 1
    assert table.near(Interval("2", 350, 351), 0) == []


def test_near_equals_a_look_at_every_exon():
    genes = demo.genes()
    table = ExonTable(genes)
    rows = genes.exons.select("gene_id", "start", "end", "strand").unique().rows()
    for start in range(1_000_000, 1_600_000, 7_919):
        found = table.near(Interval("20", start, start + 3), 300)
        wanted = {row for row in rows if row[1] - 300 < start + 3 and row[2] + 300 > start}
        assert {(e.gene_id, e.start, e.end, e.strand) for e in found} == wanted


EXON = Exon(10, 20, "+", "g", "g", "g:1", 10, 19)


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        (10, 11, ("acceptor", 0)),
        (9, 10, ("acceptor", 1)),
        (11, 12, ("acceptor", 1)),
        (19, 20, ("donor", 0)),
        (25, 26, ("donor", 6)),
        (5, 30, ("acceptor", 0)),
        (10, 10, ("acceptor", 1)),  # an insertion before the first base
        (20, 20, ("donor", 1)),  # and one behind the last
    ],
)
def test_the_nearest_site_of_a_change(start, end, found):
    assert EXON.nearest_site(start, end) == found


def test_an_exon_without_sites_has_no_nearest():
    assert Exon(10, 20, "+", "g", "g", "g:1", None, None).nearest_site(1, 2) is None
