"""Genes by criteria and by name, and against the ends of a genome."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from locuscope.errors import DataWarning, EmptySelectionError, OutOfBoundsError, UnknownNameError
from locuscope.genome.gene_search import check_ends, search, select, span
from locuscope.genome.gene_tables import SCHEMAS
from locuscope.genome.genes import Genes
from locuscope.genome.interval import Interval
from locuscope.genome.reference import Genome
from tests.genome import gene_toy


def save(tmp_path, lines, name="genes.txt"):
    path = tmp_path / name
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def genes(tmp_path):
    return Genes.read(save(tmp_path, gene_toy.gtf()))


def names(genes):
    return genes.genes["gene_name"].to_list()


def test_select_by_each_criterion(genes):
    assert names(genes.select(gene_name=["PLUS", "PAR"])) == ["PLUS", "PAR", "PAR"]
    assert names(genes.select(gene_id="G1")) == ["PLUS"]
    assert names(genes.select(gene_id="G1.2", strand="+")) == ["PLUS"]
    assert names(genes.select(gene_type="lncRNA", chrom="Y")) == ["PAR"]
    assert genes.select(chrom="Y").exons["start"].to_list() == [7]
    with pytest.raises(EmptySelectionError, match="protein_coding") as caught:
        genes.select(gene_type="coding")
    assert caught.value.criteria == {"gene_type": "coding"}
    with pytest.raises(UnknownNameError, match="gene_name"):
        genes.select(name="PLUS")


def test_span_by_name_id_and_other_case(genes):
    assert genes.span("MINUS") == Interval("1", 350, 990, "-", "MINUS")
    assert genes.span("G2") == genes.span("G2.1") == genes.span("minus") == genes.span("g2.1")
    with pytest.warns(DataWarning, match="2 genes are called 'PAR'"):
        assert genes.span("PAR").chrom == "X"
    with pytest.raises(UnknownNameError, match="MINUS") as caught:
        genes.span("MINUSS")
    assert caught.value.closest[0] == "MINUS"


def test_search_lists_exact_case_first_and_no_name_twice(tmp_path):
    frame = pl.DataFrame(
        {
            "gene_id": ["abc1", "X2", "X3", "X4"],
            "gene_name": ["zz", "ABC", "abd", "ABC"],
            "chrom": ["1"] * 4,
            "start": [1] * 4,
            "end": [5] * 4,
            "strand": ["+"] * 4,
        }
    )
    genes = Genes.from_tables(genes=frame)
    assert genes.search("ab") == ["abd", "ABC", "abc1"]
    assert genes.search("AB", limit=1) == ["ABC"]
    assert genes.search("q") == []


def test_genes_past_the_end_of_the_genome_are_refused(tmp_path):
    path = save(tmp_path, gene_toy.gtf())
    short = Genome.from_sequences({"chr1": "A" * 1_000})
    with pytest.raises(OutOfBoundsError, match=r"ends at 2,100.*1,000 bases"):
        Genes.read(path, genome=short)
    assert len(Genes.read(path, genome=Genome.from_sequences({"chr1": "A" * 2_100}))) == 6


# --- the functions alone ---


def frame(*rows):
    """Genes (id, name, type, chrom, start, end, strand)."""
    columns = [*SCHEMAS["genes"]][:-1]
    return pl.DataFrame(rows, schema=columns, orient="row").with_columns(
        pl.lit(None, pl.String).alias("representative")
    )


TOY = frame(
    ("ENSG1.4", "ABC", "coding", "1", 0, 10, "+"),
    ("ENSG2.1", "abc", None, "1", 20, 30, "-"),
    ("ABC", "ENSG1", "lncRNA", "chr2", 5, 9, "."),
    ("ENSG4.1_PAR_Y", "Abd", "coding", "Y", 5, 9, "+"),
)


@pytest.mark.parametrize(
    ("name", "chrom", "start"),
    [
        ("ABC", "1", 0),  # a name before an id
        ("abc", "1", 20),  # the case as written before any case
        ("ENSG1", "chr2", 5),
        ("ENSG1.4", "1", 0),
        ("ENSG2", "1", 20),
        ("aBd", "Y", 5),
        ("ensg2.1", "1", 20),
        ("ENSG4_PAR_Y", "Y", 5),
    ],
)
def test_the_closest_reading_of_a_name_wins(name, chrom, start):
    found = span(TOY, name)
    assert (found.chrom, found.start) == (chrom, start)


def test_one_name_in_two_cases_is_said():
    with pytest.warns(DataWarning, match="2 genes are called 'aBC'; the first one is shown"):
        assert span(TOY, "aBC").start == 0


def test_unknown_names_list_near_ones():
    with pytest.raises(UnknownNameError, match="no gene 'ABCD' among 4") as caught:
        span(TOY, "ABCD")
    assert "ABC" in caught.value.closest


@pytest.mark.parametrize(
    ("prefix", "limit", "expected"),
    [
        ("AB", 9, ["ABC", "abc", "Abd"]),
        ("ab", 9, ["abc", "ABC", "Abd"]),
        ("ENSG", 2, ["ENSG1", "ENSG1.4"]),
        ("ensg", 9, ["ENSG1", "ENSG1.4", "ENSG2.1", "ENSG4.1_PAR_Y"]),
        ("", 3, ["ABC", "abc", "ENSG1"]),
        ("z", 9, []),
        ("AB", 0, []),
    ],
)
def test_names_before_ids_and_the_case_as_typed_first(prefix, limit, expected):
    assert search(TOY, prefix, limit) == expected


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        ({}, [0, 1, 2, 3]),
        ({"gene_type": "coding"}, [0, 3]),
        ({"gene_type": ["coding", "lncRNA"], "strand": "+"}, [0, 3]),
        ({"gene_id": ["ENSG1", "ABC"]}, [0, 2]),
        ({"gene_id": "ENSG4_PAR_Y"}, [3]),
        ({"chrom": ("1", "chr2"), "gene_name": {"abc", "ENSG1"}}, [1, 2]),
    ],
)
def test_criteria_are_fulfilled_together(criteria, expected):
    assert np.flatnonzero(select(TOY, criteria)).tolist() == expected


def test_what_no_gene_has_is_answered_with_what_occurs():
    with pytest.raises(EmptySelectionError, match=r"none of 4 genes has strand='\*'") as caught:
        select(TOY, {"strand": "*"})
    assert "'+'" in str(caught.value)
    with pytest.raises(UnknownNameError, match="did you mean 'chrom'"):
        select(TOY, {"chrm": "1"})


def test_ends_are_compared_under_either_spelling_of_a_contig():
    genome = Genome.from_sequences({"chr1": "A" * 30, "2": "A" * 8, "chrY": "A" * 9}, name="toy")
    with pytest.raises(OutOfBoundsError, match="a gene on chr2 ends at 9, but 2 of toy has 8") as e:
        check_ends(TOY, genome, "x.gtf")
    assert e.value.contig_length == 8
    check_ends(TOY.filter(pl.col("chrom") != "chr2"), genome, "x.gtf")
    check_ends(TOY, Genome.from_sequences({"7": "A"}), "x.gtf")
