"""`collapse_hits`: greedy against the slow rule, the published rule against its own output."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from locuscope.errors import FormatError, MissingFileError, NonFiniteError, OptionError
from locuscope.motifs.call_hits import call_hits
from locuscope.motifs.collapse import collapse_hits
from locuscope.motifs.hits import Hits
from tests.motifs import hit_cases
from tests.oracles import hit_rules_oracle

COLUMNS = ("chr", "start", "end", "hit_similarity", "hit_coefficient", "motif_name", "strand")


def frame(rows) -> pl.DataFrame:
    types = {"chr": pl.String, "start": pl.Int64, "end": pl.Int64, "hit_similarity": pl.Float64}
    types |= {"hit_coefficient": pl.Float64, "motif_name": pl.String, "strand": pl.String}
    return pl.DataFrame(rows, schema=types, orient="row")


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["chr1", "chr2"]),
        st.integers(0, 30),
        st.integers(1, 12),
        st.sampled_from([0.5, 0.7, 0.71, 0.9]),
        st.sampled_from([1.0, 2.0]),
        st.sampled_from(["A", "B"]),
        st.sampled_from(["+", "-"]),
    ).map(lambda row: (row[0], row[1], row[1] + row[2], *row[3:])),
    max_size=14,
)
SHARES = st.sampled_from([0.0, 0.2, 0.5, 1.0])


@settings(deadline=None, max_examples=80)
@given(ROWS, SHARES)
def test_greedy_equals_the_slow_rule(rows, share):
    found = collapse_hits(frame(rows), overlap=share)["is_primary"].to_list()
    assert found == hit_rules_oracle.primary(rows, share)


@settings(deadline=None, max_examples=80)
@given(ROWS, SHARES)
def test_the_published_rule_equals_its_slow_twin(rows, share):
    found = collapse_hits(frame(rows), overlap=share, mode="finemo")["is_primary"].to_list()
    assert found == hit_rules_oracle.published_primary(rows, share)


@settings(deadline=None, max_examples=40)
@given(ROWS.filter(lambda rows: len(set(rows)) == len(rows)), st.randoms(use_true_random=False))
def test_greedy_does_not_depend_on_the_order_of_rows(rows, random):
    shuffled = random.sample(rows, len(rows))
    first = dict(zip(rows, collapse_hits(frame(rows))["is_primary"], strict=True))
    second = dict(zip(shuffled, collapse_hits(frame(shuffled))["is_primary"], strict=True))
    # Rows that differ in their end alone are told apart by it, too.
    assert first == second


def test_the_outer_two_of_a_chain_stay():
    chain = [
        ("chr1", 0, 10, 0.9, 1.0, "A", "+"),
        ("chr1", 6, 16, 0.8, 1.0, "B", "+"),
        ("chr1", 12, 22, 0.7, 1.0, "C", "+"),
    ]
    assert collapse_hits(frame(chain))["is_primary"].to_list() == [1, 0, 1]
    assert collapse_hits(frame(chain[::-1]))["is_primary"].to_list() == [1, 0, 1]


def test_the_published_output_is_reproduced():
    stored = pl.read_csv(hit_cases.PUBLISHED / "collapsed.tsv", separator="\t")
    found = collapse_hits(hit_cases.PUBLISHED / "hits.tsv", mode="finemo")
    assert found["is_primary"].to_list() == stored["is_primary"].to_list()
    assert int(found["is_primary"].sum()) == 108
    assert found.columns == stored.columns
    assert found["is_primary"].dtype == pl.UInt32


def test_greedy_keeps_the_more_similar_one_of_every_pair_of_the_published_hits():
    found = collapse_hits(hit_cases.PUBLISHED / "hits.tsv")
    names = ["chr", "start", "end", "hit_similarity", "hit_coefficient", "motif_name", "strand"]
    rows = found.select(names).rows()
    assert found["is_primary"].to_list() == hit_rules_oracle.primary(rows, 0.2)


def test_the_noun_gives_the_same_as_its_file():
    of_file = collapse_hits(hit_cases.PUBLISHED / "hits.tsv")
    keys = ["chr", "start", "motif_name", "strand", "peak_id"]
    of_noun = collapse_hits(Hits.open(hit_cases.PUBLISHED))
    joined = of_file.join(of_noun, on=keys, suffix="_noun")
    assert len(joined) == len(of_file) == 115
    assert joined["is_primary"].equals(joined["is_primary_noun"], check_names=False)


def test_regions_without_places_are_kept_apart():
    scores, one_hot = hit_cases.arrays()
    twice = np.concatenate([scores, scores])
    hits = call_hits(twice, hit_cases.motifs(), sequences=np.concatenate([one_hot, one_hot]))
    found = collapse_hits(hits)
    assert (found["chr"] == "NA").all()
    half = found["is_primary"].filter(found["peak_id"] < 5)
    assert half.sum() > 0
    assert found["is_primary"].filter(found["peak_id"] >= 5).to_list() == half.to_list()


def test_rows_and_other_columns_stay_as_they_were():
    table = frame([("chr1", 5, 9, 0.9, 1.0, "A", "+"), ("chr1", 1, 3, 0.8, 1.0, "B", "-")])
    table = table.with_columns(extra=pl.Series(["x", "y"]))
    assert collapse_hits(table).drop("is_primary").equals(table)


def test_an_empty_table_keeps_its_columns():
    found = collapse_hits(frame([]))
    assert found.columns == [*COLUMNS, "is_primary"]
    assert not len(found)


def test_touching_hits_do_not_overlap_in_greedy():
    rows = [("chr1", 0, 5, 0.9, 1.0, "A", "+"), ("chr1", 5, 9, 0.8, 1.0, "A", "+")]
    assert collapse_hits(frame(rows), overlap=0)["is_primary"].to_list() == [1, 1]
    assert collapse_hits(frame(rows), overlap=0, mode="finemo")["is_primary"].sum() == 1


def test_pandas_frames_are_taken():
    rows = frame([("chr1", 0, 5, 0.9, 1.0, "A", "+")])
    assert collapse_hits(rows.to_pandas())["is_primary"].to_list() == [1]


@pytest.mark.parametrize("overlap", [-0.1, 1.1, float("nan"), "0.2", None])
def test_an_overlap_outside_its_range_is_refused(overlap):
    with pytest.raises(OptionError, match="overlap"):
        collapse_hits(frame([]), overlap=overlap)


def test_an_unknown_mode_is_refused():
    with pytest.raises(OptionError, match="mode"):
        collapse_hits(frame([]), mode="best")


def test_a_missing_column_is_named():
    with pytest.raises(FormatError, match="hit_similarity"):
        collapse_hits(frame([]).drop("hit_similarity"))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(MissingFileError, match=r"hits\.tsv"):
        collapse_hits(tmp_path / "hits.tsv")


@pytest.mark.parametrize("value", [None, float("nan")])
def test_a_similarity_that_is_missing_is_refused(value):
    table = frame([("chr1", 0, 5, value, 1.0, "A", "+")])
    with pytest.raises(NonFiniteError, match="row 0"):
        collapse_hits(table)
