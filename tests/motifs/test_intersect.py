"""`intersect_hits`: inner joins that count missing values as equal and keep the first order."""

from __future__ import annotations

import polars as pl
import pytest

from locuscope.errors import EmptySelectionError, FormatError, InputError, WrongTypeError
from locuscope.motifs.hits import Hits
from locuscope.motifs.intersect import RELAXED, STRICT, intersect_hits
from tests.motifs import hit_cases


def table(starts, similarity=0.9, **more) -> pl.DataFrame:
    count = len(starts)
    columns = {
        "chr": ["chr1"] * count,
        "start": [start + 2 for start in starts],
        "end": [start + 8 for start in starts],
        "start_untrimmed": starts,
        "end_untrimmed": [start + 10 for start in starts],
        "motif_name": ["A"] * count,
        "hit_similarity": [similarity] * count,
        "strand": ["+"] * count,
        "peak_name": pl.Series([None] * count, dtype=pl.String),
        "peak_id": pl.Series(range(count), dtype=pl.UInt32),
    }
    return pl.DataFrame(columns | more)


def test_one_table_is_returned_as_it_is():
    only = table([5, 3])
    assert intersect_hits([only]).equals(only)


def test_rows_of_both_stay_in_the_order_of_the_first():
    first = table([50, 3, 20])
    second = table([3, 20, 50], 0.7, peak_id=pl.Series([1, 2, 0], dtype=pl.UInt32))
    found = intersect_hits([first, second])
    assert found["start_untrimmed"].to_list() == [50, 3, 20]
    assert found.columns == [*first.columns, "hit_similarity_1"]
    assert found["hit_similarity_1"].to_list() == [0.7, 0.7, 0.7]


def test_missing_names_of_peaks_are_equal():
    assert len(intersect_hits([table([1, 2]), table([1, 2])])) == 2


def test_strict_keys_compare_peaks_and_relaxed_ones_do_not():
    first = table([1, 2])
    second = first.with_columns(peak_id=pl.Series([7, 8], dtype=pl.UInt32))
    assert not len(intersect_hits([first, second]))
    relaxed = intersect_hits([first, second], relaxed=True)
    assert relaxed["peak_id"].to_list() == [0, 1]
    assert relaxed["peak_id_1"].to_list() == [7, 8]
    assert {"start_1", "end_1", "peak_name_1"} <= set(relaxed.columns)


def test_three_tables_number_their_columns():
    found = intersect_hits([table([1, 2], 0.1), table([2, 1], 0.2), table([1], 0.3)], relaxed=True)
    assert found.select("hit_similarity", "hit_similarity_1", "hit_similarity_2").rows() == [
        (0.1, 0.2, 0.3)
    ]


def test_a_hit_that_is_twice_in_one_table_is_there_per_pair():
    first = table([1])
    second = pl.concat([first, first])
    assert len(intersect_hits([first, second], relaxed=True)) == 2


def test_types_of_the_first_table_hold():
    second = table([1]).with_columns(pl.col("peak_id").cast(pl.Int64))
    found = intersect_hits([table([1]), second])
    assert found["peak_id"].dtype == pl.UInt32
    assert len(found) == 1


def test_nouns_files_and_frames_agree():
    path = hit_cases.PUBLISHED / "hits.tsv"
    hits = Hits.open(hit_cases.PUBLISHED)
    found = intersect_hits([hits, path, hits.file_table().to_pandas()])
    assert len(found) == len(hits)
    assert found.select(hits.file_table().columns).equals(hits.file_table())
    assert (found["hit_coefficient"] == found["hit_coefficient_1"]).all()


def test_an_intersection_of_nothing_is_empty_with_all_columns():
    found = intersect_hits([table([1]), table([2])])
    assert not len(found)
    assert "hit_similarity_1" in found.columns


def test_relaxed_keys_are_a_part_of_the_strict_ones():
    assert set(RELAXED) < set(STRICT)


def test_no_table_is_refused():
    with pytest.raises(EmptySelectionError, match="no table"):
        intersect_hits([])


@pytest.mark.parametrize("single", ["hits.tsv", table([1])])
def test_a_single_table_outside_a_list_is_refused(single):
    with pytest.raises(InputError, match="list of tables"):
        intersect_hits(single)


def test_a_missing_column_is_named():
    with pytest.raises(FormatError, match="peak_name"):
        intersect_hits([table([1]).drop("peak_name"), table([1])])
    assert len(intersect_hits([table([1]).drop("peak_name"), table([1])], relaxed=True)) == 1


def test_a_name_that_is_taken_is_refused():
    first = table([1], hit_similarity_1=[0.5])
    with pytest.raises(InputError, match="hit_similarity_1"):
        intersect_hits([first, table([1])])


def test_relaxed_takes_a_bool():
    with pytest.raises(WrongTypeError, match="relaxed"):
        intersect_hits([table([1])], relaxed="yes")
