"""Columns of a track table: cells come back with their types, categories are shared."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from locuscope.tracks.columns import (
    MISSING,
    CategoryColumn,
    NumberColumn,
    coded,
    column_of,
    concat_columns,
    in_first_seen_order,
    recode,
    value_key,
)
from locuscope.tracks.columns import (
    typed as as_field,
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


def test_a_yes_no_column_keeps_what_is_neither():
    """Hand-made tracks are not checked; nothing of them is read as yes."""
    found = column_of("genetically_modified", ["maybe", True, None, 1])
    assert typed_cells(found) == [(str, "maybe"), (bool, True), (type(None), None), (int, 1)]
    assert found.values[:2] == (False, True)


def typed_cells(column):
    return [(type(cell), cell) for cell in column.cells()]


@given(st.lists(CELLS, max_size=20), st.lists(CELLS, max_size=4))
def test_accepted_rows_are_those_of_a_loop(cells, wanted):
    keep = column_of("free", cells).accepts(wanted)
    assert keep.tolist() == [any(_same(cell, value) for value in wanted) for cell in cells]


def _same(cell, value):
    return cell is None if value is None else cell is not None and cell == value


@given(st.lists(st.sampled_from([None, 1.0, 2.5]), max_size=12), st.lists(CELLS, max_size=4))
def test_accepted_numbers_are_those_of_a_loop(cells, wanted):
    keep = column_of("nonzero_mean", cells).accepts(wanted)
    assert keep.tolist() == [any(_same(cell, value) for value in wanted) for cell in cells]


def test_one_question_to_a_long_list_of_values_builds_no_dictionary():
    names = [f"track {k}" for k in range(60_000)]
    column = column_of("track_name", [*names, None])
    found = column.accepts(["track 59999", None, "track x"])
    assert np.flatnonzero(found).tolist() == [59_999, 60_000]
    assert "lookup" not in column.shared
    many = column.accepts([f"track {k}" for k in range(9)])
    assert np.flatnonzero(many).tolist() == list(range(9))
    assert column.accepts(["track 7"]).sum() == 1


def test_what_is_worked_out_once_is_shared_with_selections():
    column = coded(["a", "b", "a"])
    calls = []

    def make(values):
        calls.append(values)
        return len(values)

    taken = column.take(np.array([0], np.int64))
    assert [c.once("size", make) for c in (column, taken, taken.take(np.array([0])))] == [2, 2, 2]
    assert calls == [("a", "b")]


@given(st.lists(CELLS, min_size=1, max_size=20), st.data())
def test_a_compact_column_holds_what_occurs_in_first_seen_order(cells, data):
    rows = np.array(data.draw(st.lists(st.integers(0, len(cells) - 1), max_size=10)), np.int64)
    found = coded(cells).compact(rows)
    expected = [cells[row] for row in rows]
    assert typed_cells(found) == [(type(cell), cell) for cell in expected]
    again = coded(expected)
    is_yes_no = coded(cells).values[:2] == (False, True)
    if not is_yes_no:
        assert typed(again.values) == typed(found.values)


@given(st.lists(st.one_of(st.integers(-1, 5), st.integers(10**6, 10**6 + 3)), max_size=30))
def test_codes_in_first_seen_order(ids):
    codes, first = in_first_seen_order(np.array(ids, np.int64))
    seen = list(dict.fromkeys(number for number in ids if number >= 0))
    assert codes.tolist() == [seen.index(number) if number >= 0 else MISSING for number in ids]
    assert first.tolist() == [ids.index(number) for number in seen]


@given(st.lists(st.sampled_from("abc"), max_size=9))
def test_read_again_equal_cells_are_one_value(letters):
    column = coded(letters)
    cells = {"a": "x", "b": None, "c": "x"}
    found = recode(column, [cells[value] for value in column.values])
    assert found.cells() == [cells[letter] for letter in letters]
    assert len(found.values) <= 1


def test_columns_with_the_type_of_their_field():
    column = coded(["a", "b", "a", None])
    assert typed_column("nonzero_mean", column, [1.5, None]) == [1.5, None, 1.5, None]
    assert typed_column("genetically_modified", column, [True, False]) == [True, False, True, None]
    assert typed_column("free", column, [True, 1]) == [True, 1, True, None]


def typed_column(name, column, cells):
    return as_field(name, column, cells).cells()
