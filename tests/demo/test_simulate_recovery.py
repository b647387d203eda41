"""Planted against called motifs: one to one, conserved, and by hand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.demo.simulate import motif_recovery, plant_motifs
from locuscope.errors import InputError, OptionError, WrongTypeError

COLUMNS = ["sequence", "motif", "start", "strand", "score"]


def table(*rows):
    return pd.DataFrame(rows, columns=COLUMNS)


def matched(truth, hits, **options):
    return motif_recovery(truth, hits, **options).set_index("motif")["matched"].to_dict()


def test_precision_recall_and_f1_by_hand():
    truth = table((0, "A", 5, "+", 9.0), (0, "A", 50, "-", 9.0), (1, "B", 7, "+", 9.0))
    hits = table((0, "A", 6, "+", 3.0), (0, "A", 90, "+", 2.0), (0, "A", 50, "-", 1.0))
    found = motif_recovery(truth, hits)
    assert list(found.columns) == [
        "motif", "planted", "called", "matched", "precision", "recall", "f1",
    ]  # fmt: skip
    assert list(found["motif"]) == ["A", "B", "pooled"]
    a, b, pooled = found.drop(columns="motif").itertuples(index=False, name=None)
    assert a == pytest.approx((2, 3, 2, 2 / 3, 1.0, 0.8))
    assert b[:3] == (1, 0, 0)
    assert math.isnan(b[3])
    assert b[4:] == (0.0, 0.0)
    assert pooled == pytest.approx((3, 3, 2, 2 / 3, 2 / 3, 2 / 3))


@pytest.mark.parametrize(
    ("hit", "wanted"),
    [
        ((0, "A", 10, "+", 1.0), 1),
        ((0, "A", 12, "+", 1.0), 1),
        ((0, "A", 8, "+", 1.0), 1),
        ((0, "A", 13, "+", 1.0), 0),
        ((0, "A", 10, "-", 1.0), 0),
        ((0, "A", 10, ".", 1.0), 1),
        ((0, "B", 10, "+", 1.0), 0),
        ((1, "A", 10, "+", 1.0), 0),
    ],
)
def test_name_strand_sequence_and_start_must_agree(hit, wanted):
    assert matched(table((0, "A", 10, "+", 5.0)), table(hit))["pooled"] == wanted


@pytest.mark.parametrize("strand", ["+", "-", "."])
def test_a_palindrome_is_found_on_either_strand(strand):
    assert matched(table((0, "A", 10, ".", 5.0)), table((0, "A", 10, strand, 1.0)))["A"] == 1


def test_the_tolerance_is_a_choice():
    truth, hits = table((0, "A", 10, "+", 5.0)), table((0, "A", 14, "+", 1.0))
    assert [matched(truth, hits, tolerance=t)["A"] for t in (0, 3, 4)] == [0, 0, 1]
    with pytest.raises(OptionError, match="tolerance is -1"):
        motif_recovery(truth, hits, tolerance=-1)


def test_each_is_matched_once():
    truth = table((0, "A", 10, "+", 5.0))
    hits = table((0, "A", 10, "+", 1.0), (0, "A", 11, "+", 2.0))
    assert matched(truth, hits)["A"] == 1
    assert matched(hits, truth)["A"] == 1


@pytest.mark.parametrize("scores", [(1.0, 2.0), (2.0, 1.0)])
def test_a_hit_gives_way_where_another_fits_too(scores):
    truth = table((0, "A", 10, "+", 5.0), (0, "A", 12, "+", 5.0))
    hits = table((0, "A", 9, "+", scores[0]), (0, "A", 11, "+", scores[1]))
    assert matched(truth, hits)["A"] == 2


def test_thousands_of_hits_in_one_sequence_are_matched():
    truth = table(*((0, "A", start, "+", 1.0) for start in range(1, 6000, 2)))
    hits = table(*((0, "A", start, "+", 1.0) for start in range(0, 6002, 2)))
    assert matched(truth, hits, tolerance=1)["A"] == 3000


ROWS = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from("AB"),
        st.integers(0, 30),
        st.sampled_from("+-."),
        st.floats(0, 10),
    ),
    max_size=25,
)


@given(ROWS, ROWS, st.integers(0, 5))
def test_nothing_is_lost_or_counted_twice(truth, hits, tolerance):
    found = motif_recovery(table(*truth), table(*hits), tolerance=tolerance)
    pooled = found.set_index("motif").loc["pooled"]
    assert pooled["planted"] == len(truth)
    assert pooled["called"] == len(hits)
    parts = found[found["motif"] != "pooled"][["planted", "called", "matched"]].sum()
    assert (parts == pooled[["planted", "called", "matched"]]).all()
    assert (found["matched"] <= found[["planted", "called"]].min(axis=1)).all()
    swapped = motif_recovery(table(*hits), table(*truth), tolerance=tolerance)
    assert list(swapped["matched"]) == list(found["matched"])


@given(ROWS)
def test_the_truth_recovers_itself(truth):
    found = motif_recovery(table(*truth), table(*truth), tolerance=0)
    assert (found["matched"] == found["planted"]).all()


def test_tables_of_called_hits_are_read_by_their_names():
    truth = table((3, "A", 10, "+", 5.0))
    columns = {"peak_id": [3], "motif_name": ["A"], "hit_start": [11], "strand": ["+"]}
    columns |= {"start": [5_000_010]}
    assert matched(truth, pl.DataFrame(columns))["A"] == 1

    class Called:
        table = pl.DataFrame(columns)

    assert matched(truth, Called())["A"] == 1


def test_nothing_called_and_nothing_planted():
    found = motif_recovery(table(), table())
    assert list(found["motif"]) == ["pooled"]
    assert found[["precision", "recall", "f1"]].isna().all(axis=None)


def test_what_is_no_table_of_motifs_is_refused():
    good = table((0, "A", 10, "+", 5.0))
    with pytest.raises(InputError, match="truth has no column 'strand'"):
        motif_recovery(good.drop(columns="strand"), good)
    with pytest.raises(WrongTypeError, match="hits takes a table; got 3"):
        motif_recovery(good, 3)
    with pytest.raises(WrongTypeError, match=r"planted\.truth"):
        motif_recovery(plant_motifs({"A": np.eye(4)}, n=1), good)
