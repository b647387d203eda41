"""Columns of a track table: cells come back with their types, categories are shared."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from locuscope.tracks.columns import (
    MISSING,
    CategoryColumn,
    NumberColumn,
    column_of,
    concat_columns,
    value_key,
)

CELLS = st.sampled_from([None, "a", "b", 1, 1.0, True, False, 0, 2.5, "1"])


@given(st.lists(CELLS, max_size=20))
def test_a_column_gives_its_cells_back_with_their_types(cells):
    found = column_of("free", cells).cells()
    assert [(type(cell), cell) for cell in found] == [(type(cell), cell) for cell in cells]


@given(st.lists(CELLS, min_size=1, max_size=20), st.data())
def test_taking_rows_of_a_column(cells, data):
    rows = data.draw(st.lists(st.integers(0, len(cells) - 1), max_size=10))
    taken = column_of("free", cells).take(np.array(rows, np.int64))
    assert taken.cells() == [cells[row] for row in rows]
    assert len(taken) == len(rows)


def test_kinds_of_columns():
    assert isinstance(column_of("nonzero_mean", [1.0, None]), NumberColumn)
    assert column_of("nonzero_mean", [1.0, None]).cells() == [1.0, None]
    flags = column_of("genetically_modified", [True, None, True])
    assert isinstance(flags, CategoryColumn)
    assert flags.values == (False, True)
    lists = column_of("free", [[1, 2], [1, 2], [3]])
    assert lists.codes.tolist() == [0, 0, 1]


def typed(cells):
    return [(type(cell), cell) for cell in cells]


@given(st.lists(st.one_of(st.none(), st.lists(CELLS, max_size=6)), min_size=1, max_size=4))
def test_columns_under_one_another_keep_every_cell(parts):
    """A part without the field is missing on all of its rows."""
    sizes = [3 if cells is None else len(cells) for cells in parts]
    columns = [None if cells is None else column_of("free", cells) for cells in parts]
    both = concat_columns(columns, sizes, "free")
    expected = [cell for cells in parts for cell in ([None] * 3 if cells is None else cells)]
    assert typed(both.cells()) == typed(expected)
    assert len(both) == sum(sizes)
    assert len({(type(value), value) for value in both.values}) == len(both.values)


def test_numbers_under_one_another():
    one = column_of("nonzero_mean", [1.5, None])
    both = concat_columns([one, None], [2, 1], "nonzero_mean")
    assert isinstance(both, NumberColumn)
    assert both.cells() == [1.5, None, None]


def test_equal_values_of_other_types_share_a_lookup_but_not_a_code():
    column = column_of("free", [1, True, 1.0, "1", 1])
    assert column.codes.tolist() == [0, 1, 2, 3, 0]
    assert column.lookup[1] == column.lookup[True] == [0, 1, 2]
    assert column.lookup["1"] == [3]
    assert 2 not in column.lookup


def test_lists_and_other_unhashable_values_have_a_key():
    assert value_key([1, [2, 3]]) == value_key([1, [2, 3]]) != value_key([1, [3, 2]])
    assert value_key([]) != value_key(())
    assert value_key({"a": 1}) == value_key({"a": 1}) != value_key({"a": 2})
    assert value_key("x") == "x"
    cells = [{"a": 1}, {"a": 1}, [1], None]
    column = column_of("free", cells)
    assert column.cells() == cells
    assert column.codes.tolist() == [0, 0, 1, MISSING]


def test_a_yes_no_column_knows_both_answers():
    """No matter which occur, False has code 0 and True code 1."""
    for cells, codes in (([True], [1]), ([None, False], [-1, 0]), ([], [])):
        assert column_of("genetically_modified", cells).codes.tolist() == codes
