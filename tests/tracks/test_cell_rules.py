"""Cells of a track table: missing or not, and the type that the field demands."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from locuscope.errors import CatalogError, InputError
from locuscope.tracks.cell_rules import (
    CELL_LIMIT_BYTES,
    Origin,
    clean_cell,
    name_cell,
    reread,
    typed_column,
)
from locuscope.tracks.columns import CategoryColumn, NumberColumn, coded


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        (None, None),
        ("", None),
        ("  ", None),
        ("nan", None),
        (" NULL ", None),
        ("None", None),
        ("NA", "NA"),
        (" x ", "x"),
        (math.nan, None),
        (np.float32("nan"), None),
        (pd.NA, None),
        (0, 0),
        (False, False),
        (np.int8(3), 3),
        (np.bool_(True), True),
        (np.str_("x"), "x"),
        (np.array([1, 2]), [1, 2]),
        ([None], [None]),
        (pd.NaT, None),
        (dt.date(2026, 1, 2), "2026-01-02"),
        (dt.datetime(2026, 1, 2, 3, 4), "2026-01-02T03:04:00"),  # noqa: DTZ001
        (Decimal("1.5"), 1.5),
    ],
)
def test_a_cell_is_a_plain_value_or_missing(raw, clean):
    found = clean_cell(raw)
    assert found == clean
    assert isinstance(found, str) or type(found) is type(clean)


@pytest.mark.parametrize("word", ["NA", "None", "null", "nan", "N/A", "NULL"])
def test_a_name_keeps_words_that_mean_missing_elsewhere(word):
    assert name_cell(f" {word} ") == word


@pytest.mark.parametrize("nothing", ["", "  ", None, math.nan, pd.NA])
def test_a_name_is_missing_when_there_is_none(nothing):
    assert name_cell(nothing) is None


def test_other_names_become_text():
    assert [name_cell(cell) for cell in (7, True, np.float64(1.5))] == ["7", "True", "1.5"]


def test_a_column_is_read_value_by_value_and_equal_values_become_one():
    column = coded(["a", " a", "", "b", "a"])
    found = reread("track_name", column, Origin(), name_cell)
    assert found.values == ("a", "b")  # noqa: PD011
    assert found.cells() == ["a", "a", None, "b", "a"]
    untouched = coded(["a", "b"])
    assert reread("track_name", untouched, Origin(), name_cell) is untouched


def test_what_the_reader_refuses_is_placed_in_the_first_row_that_holds_it():
    def refuse(cell):
        if cell == "x":
            message = "x is not wanted"
            raise InputError(message)
        return cell

    with pytest.raises(CatalogError, match=r"x is not wanted \(row 3\)") as caught:
        reread("organism", coded(["a", "a", "x", "x"]), Origin(), refuse)
    assert (caught.value.row, caught.value.column) == (3, "organism")


def test_known_fields_have_their_own_type():
    flags = typed_column("genetically_modified", coded(["TRUE", "0", ""]), Origin(), is_text=True)
    assert isinstance(flags, CategoryColumn)
    assert flags.values == (False, True)  # noqa: PD011
    assert flags.cells() == [True, False, None]
    means = typed_column("nonzero_mean", coded(["1e3", "nan", 2]), Origin(), is_text=False)
    assert isinstance(means, NumberColumn)
    assert means.cells() == [1000.0, None, 2.0]
    assert typed_column("nonzero_mean", means, Origin(), is_text=False) is means
    texts = typed_column("gtex_tissue", coded([5, "Liver"]), Origin(), is_text=False)
    assert texts.cells() == ["5", "Liver"]


def test_free_fields_of_a_text_file_have_the_type_of_all_their_cells():
    for texts, cells in (
        (["1", "", "2"], [1, None, 2]),
        (["1", "1.0"], [1.0, 1.0]),
        (["1", "x"], ["1", "x"]),
        (["'1", "'=1"], ["1", "=1"]),
    ):
        found = typed_column("depth", coded(texts), Origin(), is_text=True).cells()
        assert [(type(cell), cell) for cell in found] == [(type(cell), cell) for cell in cells]
        assert typed_column("depth", coded(texts), Origin(), is_text=False).cells() == [
            clean_cell(text) for text in texts
        ]


@pytest.mark.parametrize("letter", ["x", "é", "🧬"])
def test_a_cell_of_a_megabyte_is_the_longest(letter):
    longest = letter * (CELL_LIMIT_BYTES // len(letter.encode()))
    kept = typed_column("note", coded(["a", longest]), Origin(), is_text=False)
    assert kept.cells()[1] == longest
    with pytest.raises(CatalogError, match=r"row 2: note holds a text of 1,000,0") as caught:
        typed_column("note", coded(["a", longest + letter]), Origin(), is_text=False)
    assert (caught.value.row, caught.value.column) == (2, "note")
    assert len(str(caught.value)) < 200
