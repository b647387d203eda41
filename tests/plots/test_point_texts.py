from __future__ import annotations

import numpy as np
import polars as pl

from locuscope import demo
from locuscope.genome.interval import Interval
from locuscope.genome.variant import Variant
from locuscope.genome.variant_table import VariantTable
from locuscope.plots.drawn_scores import drawn_score
from locuscope.plots.point_texts import point_texts
from tests.plots.made_scores import scores_of, table

ALL = np.arange(3)


def texts(scores, rows=ALL, track=None, genes=None):
    return point_texts(scores, drawn_score(scores, None, track), rows, genes=genes)


def test_allele_id_score_and_status_of_each_row():
    variants = VariantTable.from_variants(
        [
            Variant("chr20", 2_577_796, "G", "A", "rs572140578"),
            Variant("chr20", 5, "A" * 30, "A"),
            Variant("2", 7, "C", "CT"),
        ]
    )
    said = texts(scores_of(variants, diff=[[0.25], [-0.5], [0.0]]))
    assert said["variant"] == [
        "chr20:2,577,796 G>A",
        "chr20:5 AAAAA\u2026AAAAA (30 bp)>A",
        "2:7 C>CT",
    ]
    assert said["id"] == ["rs572140578", "\u2013", "\u2013"]
    assert said["score"] == ["+0.25", "\u22120.5", "0"]
    assert said["status"] == ["ok"] * 3
    assert said["gene"] == ["\u2013"] * 3
    assert "track" not in said


def test_only_the_rows_asked_for_in_their_order():
    scores = scores_of(table(["1"] * 3, [1, 2, 3]), ref=[[1.0], [2.0], [3.0]])
    assert texts(scores, np.array([2, 0]))["score"] == ["3", "1"]


def test_the_column_is_named_where_it_differs_from_row_to_row():
    scores = scores_of(table(["1"] * 3, [1, 2, 3]), diff=[[1.0, 2.0], [3.0, -4.0], [9.0, 5.0]])
    assert texts(scores)["track"] == ["track 1", "track 1", "track 0"]
    assert "track" not in texts(scores, track=0)
    own = scores_of(
        table(["1"] * 3, [1, 2, 3]), mine=[[1, 2]] * 3, own_columns={"mine": ("a", "b")}
    )
    assert texts(own)["column"] == ["b"] * 3


def test_genes_that_the_score_was_computed_for():
    parts = pl.DataFrame({"row": [0, 0, 2, 2, 2, 2], "gene": ["A", "B", "C", "D", "E", "F"]})
    scores = scores_of(
        table(["1"] * 3, [1, 2, 3]),
        splice_delta=[[0.1]] * 3,
        own_columns={"splice_delta": ("DS_AG",)},
        parts={"splice_delta": parts},
    )
    assert texts(scores)["gene"] == ["A, B", "\u2013", "C, D, E +1"]


def test_genes_of_a_table_where_one_is_given():
    scores = scores_of(table(["20", "20", "7"], [2_577_796, 1, 5]), diff=[[0.1]] * 3)
    said = texts(scores, genes=demo.genes())["gene"]
    assert "TMC2" in said[0]
    assert said[1:] == ["\u2013", "\u2013"]


def test_genes_equal_a_search_for_each_allele():
    genes = demo.genes()
    rng = np.random.default_rng(3)
    edges = [p for row in genes.genes.iter_rows(named=True) for p in (row["start"], row["end"])][
        :40
    ]
    positions = [*rng.integers(1, 4_000_000, 200).tolist(), *edges, *(p + 1 for p in edges)]
    chroms = ["chr20"] * len(positions)
    scores = scores_of(table(chroms, positions), diff=[[0.1]] * len(positions))
    said = texts(scores, np.arange(len(positions)), genes=genes)["gene"]
    names = genes.genes["gene_name"].to_list()
    for pos, text in zip(positions, said, strict=True):
        rows = genes.rows_overlapping(Interval("20", pos - 1, pos))
        expected = sorted({names[row] for row in rows})
        more = f" +{len(expected) - 3}" if len(expected) > 3 else ""
        assert text.endswith(more)
        if len(expected) <= 3:
            assert sorted(text.split(", ")) == (expected or ["\u2013"])


def test_hostile_ids_stay_text_and_lose_their_controls():
    scores = scores_of(
        table(["1"] * 3, [1, 2, 3], ["<img src=x>", "a\u202eb", "x" * 500]), diff=[[0.1]] * 3
    )
    said = texts(scores)["id"]
    assert said[0] == "<img src=x>"
    assert said[1] == "a\ufffdb"
    assert len(said[2]) == 40
