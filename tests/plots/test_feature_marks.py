from __future__ import annotations

import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import InputError, OptionError, WrongTypeError
from locuscope.genome.interval import Interval
from locuscope.genome.variant import Variant
from locuscope.plots.contribution_rows import logo_rows
from locuscope.plots.feature_marks import hit_marks, lanes, slots, variant_marks
from tests.plots.made_contributions import START, made

HIT = {
    "chr": "7",
    "start": START + 4,
    "end": START + 14,
    "strand": "+",
    "motif_name": "GATA1",
    "hit_coefficient": 0.5,
}


def shown(strand=".", *, places=True, window=None):
    return logo_rows(made(strand=strand, places=places), 0, window)


@pytest.mark.parametrize("kind", [list, pd.DataFrame, pl.DataFrame])
def test_hits_of_any_table(kind):
    (mark,) = hit_marks(kind([HIT]), shown(), 0)
    assert (mark.first, mark.stop, mark.name, mark.score, mark.strand) == (
        4,
        14,
        "GATA1",
        "0.50",
        "+",
    )
    assert mark.is_cut == (False, False)


def test_hits_of_a_result_that_holds_a_table():
    class Found:
        table = pl.DataFrame([HIT])

    assert hit_marks(Found(), shown(), 0) == hit_marks([HIT], shown(), 0)


def test_intervals_are_hits_without_a_score():
    given = [Interval("7", START, START + 5, "-", "one"), Interval("7", START + 1, START + 3)]
    first, second = hit_marks(given, shown(), 0)
    assert (first.name, first.strand, first.score) == ("one", "-", "")
    assert second.name == "hit"
    (alone,) = hit_marks(given[0], shown(), 0)
    assert alone == first


def test_the_other_strand_turns_hits():
    (mark,) = hit_marks([HIT], shown("-"), 0)
    assert (mark.first, mark.stop, mark.strand) == (46, 56, "-")


def test_hits_are_cut_at_the_edges_and_left_out_beyond():
    rows = [
        HIT | {"start": START - 5, "end": START + 3},
        HIT | {"start": START + 55, "end": START + 70},
        HIT | {"start": START + 60, "end": START + 70},
        HIT | {"chr": "8"},
    ]
    marks = hit_marks(rows, shown(), 0)
    assert [(m.first, m.stop, m.is_cut) for m in marks] == [
        (0, 3, (True, False)),
        (55, 60, (False, True)),
    ]
    turned = hit_marks(rows, shown("-"), 0)
    assert [(m.first, m.stop, m.is_cut) for m in turned] == [
        (0, 5, (True, False)),
        (57, 60, (False, True)),
    ]


def test_contigs_may_be_spelt_in_both_ways():
    assert len(hit_marks([HIT | {"chr": "chr7"}], shown(), 0)) == 1


def test_hits_of_bare_sequences_go_by_their_example():
    rows = [
        {"peak_id": 0, "core_start": 3, "core_end": 9, "motif_name": "a", "hit_coefficient": 250.0},
        {"peak_id": 1, "core_start": 3, "core_end": 9, "motif_name": "b", "hit_coefficient": None},
    ]
    (mark,) = hit_marks(rows, shown(places=False, window=(2, 30)), 0)
    assert (mark.first, mark.stop, mark.name, mark.score) == (1, 7, "a", "250")
    (other,) = hit_marks(rows, shown(places=False), 1)
    assert (other.name, other.score) == ("b", "")


@pytest.mark.parametrize(
    ("hits", "error"),
    [
        ([{"start": 1, "end": 2}], OptionError),
        ([{"peak_id": 1, "core_start": 1, "core_end": 2}], OptionError),
        (["7:1-5"], WrongTypeError),
        ("7:1-5", WrongTypeError),
        (12, WrongTypeError),
    ],
)
def test_tables_that_say_no_place_are_refused(hits, error):
    with pytest.raises(error, match="hit"):
        hit_marks(hits, shown(), 0)


def test_nothing_is_nothing():
    assert hit_marks(None, shown(), 0) == ()
    assert hit_marks([], shown(), 0) == ()
    assert variant_marks(None, shown()) == ()


def test_variants_by_kind():
    given = [
        Variant("7", START + 11, "A", "C", "rs1"),
        Variant("7", START + 21, "ACG", "A"),
        Variant("7", START + 31, "A", "ACCCCCCCC"),
        Variant("7", START + 500, "A", "C"),
        Variant("8", START + 11, "A", "C"),
    ]
    marks = variant_marks(given, shown())
    assert [(m.kind, m.first, m.stop, m.name) for m in marks] == [
        ("snv", 10, 11, "rs1"),
        ("deletion", 21, 23, "ACG>A"),
        ("insertion", 31, 32, "insertion"),
    ]
    (alone,) = variant_marks(given[0], shown())
    assert alone == marks[0]
    (turned,) = variant_marks(given[0], shown("-"))
    assert (turned.first, turned.stop) == (49, 50)


def test_variants_need_a_genome():
    with pytest.raises(InputError, match="no places"):
        variant_marks([Variant("7", 5, "A", "C")], shown(places=False))


@given(st.lists(st.text(max_size=4), max_size=20))
def test_names_have_their_own_colour_while_there_are_enough(names):
    found = slots(names)
    assert set(found) == set(names)
    assert set(found.values()) <= set(range(8))
    assert len(set(found.values())) == min(8, len(found))
    assert slots(list(reversed(names))) == found


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 20)), max_size=20))
def test_marks_in_one_lane_do_not_touch(spans):
    marks = sorted((left, left + width) for left, width in spans)
    found = lanes(marks)
    for k, (left, _) in enumerate(marks):
        for other in range(k):
            if found[other] == found[k]:
                assert marks[other][1] <= left
    # a new lane is opened only where all the others are taken
    for k, lane in enumerate(found):
        taken = {found[o] for o in range(k) if marks[o][1] > marks[k][0]}
        assert lane == min(set(range(len(marks) + 1)) - taken)
