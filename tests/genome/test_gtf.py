"""GTF and GFF3: spellings of attributes, trees of parents, the order of lines."""

from __future__ import annotations

import random

import pytest

from locuscope.errors import FormatError
from locuscope.genome.gene_rows import Faults
from locuscope.genome.genes import Genes
from locuscope.genome.gtf import read_gff3, read_gtf
from tests.genome import gene_toy
from tests.genome.gene_text import content, exon


@pytest.fixture
def save(tmp_path):
    def write(lines, name="genes.txt"):
        path = tmp_path / name
        text = lines if isinstance(lines, str) else "\n".join(lines) + "\n"
        path.write_bytes(text.encode())
        return path

    return write


def test_gtf_and_gff3_say_the_same(save):
    one = content(Genes.read(save(gene_toy.gtf(), "toy.gtf")))
    two = content(Genes.read(save(["##gff-version 3", *gene_toy.gff3()], "toy.gff3")))
    assert one == two


@pytest.mark.parametrize("spelling", [gene_toy.gtf, gene_toy.gff3])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_order_of_lines_does_not_matter(save, spelling, seed):
    lines = spelling()
    whole = content(Genes.read(save(lines)))
    random.Random(seed).shuffle(lines)
    assert content(Genes.read(save(lines))) == whole


def test_attributes_in_other_spellings(save):
    line = (
        '1\tt\texon\t1\t9\t.\t+\t.\tgene_id g; transcript_id "t 1" ; gene_biotype "x;y"; gene "N"'
    )
    genes = Genes.read(save([line]))
    assert genes.genes.rows() == [("g", "N", "x;y", "1", 0, 9, "+", "t 1")]


def test_gff3_with_several_parents_percent_signs_and_deep_trees(save):
    place = "1\tt\t{}\t{}\t{}\t.\t-\t.\t{}"
    lines = [
        "##gff-version 3",
        place.format("gene", 1, 99, "ID=g%3B1;gene=N%2CM;gene_biotype=x"),
        place.format("mRNA", 1, 99, "ID=a;Parent=g%3B1"),
        place.format("mRNA", 1, 50, "ID=b;Parent=g%3B1"),
        place.format("exon", 1, 50, "Parent=a,b"),
        place.format("exon", 60, 99, "Parent=a"),
        place.format("gene", 200, 300, "ID=lone;Name=L"),
        place.format("CDS", 210, 220, "Parent=lone"),
        place.format("exon", 200, 300, "ID=e;Parent=lone"),
    ]
    genes = Genes.read(save(lines))
    assert genes.genes["gene_id"].to_list() == ["g;1", "lone"]
    assert genes.genes["gene_name"].to_list() == ["N,M", "L"]
    assert genes.exons.filter(transcript_id="b")["start"].to_list() == [0]
    assert genes.exons.filter(transcript_id="a")["exon_number"].to_list() == [2, 1]
    assert genes.cds.rows() == [("lone", "1", 209, 220)]


# --- the readers alone ---


def lines_of(*rows):
    return enumerate(rows, 1)


def gff(feature, words, start=1, end=9):
    return f"1\tt\t{feature}\t{start}\t{end}\t.\t+\t.\t{words}"


def test_gtf_features_go_to_their_rows():
    rows = read_gtf(
        lines_of(
            exon(1, 9, feature="gene").replace("gene_id", 'gene_name "N"; gene_type "x"; gene_id'),
            exon(1, 9, feature="transcript") + ' tag "basic"; tag "MANE_Select";',
            exon(1, 9) + ' exon_id "E1";',
            exon(2, 5, feature="CDS"),
            exon(6, 8, feature="stop_codon"),
            exon(1, 2, feature="UTR"),
        ),
        Faults("x", "raise"),
    )
    at = ("1", 0, 9, "+")
    assert rows.genes == [("g", "N", "x", *at, 1)]
    assert rows.transcripts == [("t", "g", *at, ["basic", "MANE_Select"], 2)]
    assert rows.exons == [("E1", "t", "g", *at, 3)]
    assert rows.cds == [("t", "g", "1", 1, 5, "+", 4), ("t", "g", "1", 5, 8, "+", 5)]
    assert rows.names == {"g": ("N", "x")}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ('gene_id "g"; transcript_id "t"', ("t", "g", None)),
        ("gene_id g; transcript_id t;", ("t", "g", None)),
        ('transcript_id "t";gene_id "g";', ("t", "g", None)),
        ('gene_id "g g"; transcript_id "t;1"; exon_id "e"', ("t;1", "g g", "e")),
        ('gene_id "g"; gene_id "h"; transcript_id "t"', ("t", "g", None)),
        ('note ""; gene_id "g"; transcript_id "t"; level 2', ("t", "g", None)),
    ],
)
def test_attributes_of_gtf(words, expected):
    rows = read_gtf(lines_of(gff("exon", words)), Faults("x", "raise"))
    exon_row = rows.exons[0]
    assert (exon_row[1], exon_row[2], exon_row[0]) == expected


@pytest.mark.parametrize(
    ("words", "missing"),
    [
        ('gene_id "g";', "exon without transcript_id"),
        ('transcript_id "t";', "exon without gene_id"),
        ('gene_id ""; transcript_id "";', "exon without gene_id and transcript_id"),
        ("ID=x", "exon without gene_id and transcript_id"),
    ],
)
def test_ids_that_a_line_lacks_are_named(words, missing):
    with pytest.raises(FormatError, match=missing) as caught:
        read_gtf(lines_of(gff("exon", words)), Faults("x", "raise"))
    assert caught.value.line == 1


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([gff("exon", "ID=e")], "exon without Parent"),
        ([gff("CDS", "Parent=a")], "Parent 'a' is no feature of the file"),
        ([gff("exon", "just words")], "are no key=value list"),
        (["1\tt\texon"], "3 columns where GFF3 has 9"),
        ([gff("mRNA", "ID=a", start=9, end=1)], "right of end"),
    ],
)
def test_broken_lines_of_gff3(lines, words):
    with pytest.raises(FormatError, match=words):
        read_gff3(lines_of(*lines), Faults("x", "raise"))


def test_a_broken_part_takes_its_transcript_along():
    faults = Faults("x", "skip")
    lines = [gff("gene", "ID=g"), gff("mRNA", "ID=a;Parent=g"), gff("exon", "Parent=a", end=0)]
    read_gff3(lines_of(*lines), faults)
    assert faults.transcripts == {("a", "1")}


def test_parents_in_a_circle_end_where_they_began():
    rows = read_gff3(
        lines_of(
            gff("mRNA", "ID=a;Parent=b"), gff("mRNA", "ID=b;Parent=a"), gff("exon", "Parent=a")
        ),
        Faults("x", "raise"),
    )
    assert [row[1] for row in rows.exons] == ["a"]
    assert rows.genes == []


def test_a_gene_is_what_stands_at_the_root():
    lines = [
        gff("ncRNA_gene", "ID=gene:G;Name=N;biotype=x"),
        gff("lnc_RNA", "ID=transcript:T;Parent=gene:G"),
        gff("exon", "Parent=transcript:T;exon_id=E"),
        gff("region", "ID=chromosome:1"),
        gff("pseudogene", "ID=P"),
    ]
    for order in (lines, lines[::-1]):
        rows = read_gff3(lines_of(*order), Faults("x", "raise"))
        assert rows.exons[0][:3] == ("E", "T", "G")
        assert {row[0]: row[1:3] for row in rows.genes} == {"G": ("N", "x"), "P": (None, None)}
        assert [row[:2] for row in rows.transcripts] == [("T", "G")]
