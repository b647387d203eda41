"""Track tables of every kind as columns of raw cells: distinct values and codes, or numbers."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import CatalogError, InputError, MissingFileError, WrongTypeError
from locuscope.tracks.columns import NumberColumn
from locuscope.tracks.metadata import TrackMetadataCatalog
from locuscope.tracks.table_sources import columns_of_frame, columns_of_rows, read_columns


def catalog():
    rows = [{"output_type": "atac", "track_name": name} for name in "abc"]
    return TrackMetadataCatalog.from_rows(rows)


def cells(columns):
    return {name: column.cells() for name, column in columns.items()}


def test_files_that_cannot_be_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MissingFileError, match=r"Track metadata file not found: nope\.csv"):
        TrackMetadataCatalog.from_file("nope.csv")
    (tmp_path / "x.json").write_text("{}")
    with pytest.raises(InputError, match=r"extension '\.json'\. Expected \.parquet, \.csv"):
        TrackMetadataCatalog.from_file("x.json")
    with pytest.raises(InputError, match=r"extension '\.json'"):
        catalog().write("y.json")
    with pytest.raises(WrongTypeError, match="pandas or polars data frame; got list"):
        TrackMetadataCatalog.from_dataframe([])


def test_a_file_that_exists_under_a_close_name_is_suggested(tmp_path):
    (tmp_path / "tracks.csv").write_text("output_type\natac\n")
    with pytest.raises(MissingFileError, match=r"tracks\.csv"):
        TrackMetadataCatalog.from_file(tmp_path / "track.csv")


def test_two_columns_of_one_name_are_refused():
    frame = pd.DataFrame([["atac", "x", "y"]], columns=["output_type", "a", "a"])
    with pytest.raises(CatalogError, match="column 'a' stands twice"):
        TrackMetadataCatalog.from_dataframe(frame)


class TestRows:
    def test_rows_of_unequal_keys_become_columns(self):
        found = columns_of_rows([{"a": 1}, {"b": 2, 3: "x"}])
        assert cells(found) == {"a": [1, None], "b": [None, 2], "3": [None, "x"]}
        assert columns_of_rows([]) == {}


COLUMNS = {
    "text": st.none() | st.sampled_from(["a", "b", "", " a", "nan", "größe"]),
    "whole": st.none() | st.integers(-(2**53), 2**53),
    "yes": st.none() | st.booleans(),
    "number": st.none() | st.floats(allow_nan=False),
    "nonzero_mean": st.none() | st.floats(allow_nan=False),
}
TYPES = {"text": pl.String, "whole": pl.Int64, "yes": pl.Boolean, "number": pl.Float64}


class TestFrames:
    @given(st.lists(st.fixed_dictionaries(COLUMNS), max_size=12))
    def test_polars_and_pandas_give_the_cells_that_rows_give(self, rows):
        frame = pl.DataFrame(rows, schema=TYPES | {"nonzero_mean": pl.Float64})
        whole = pd.DataFrame(
            {
                name: pd.Series([row[name] for row in rows], dtype=dtype)
                for name, dtype in zip(
                    COLUMNS, ("string", "Int64", "boolean", "Float64", "Float64"), strict=True
                )
            }
        )
        expected = cells(columns_of_rows(rows)) or {name: [] for name in COLUMNS}
        for found in (columns_of_frame(frame), columns_of_frame(whole)):
            assert cells(found) == expected
            for name, column in cells(found).items():
                assert [type(cell) for cell in column] == [type(cell) for cell in expected[name]]

    @given(st.lists(st.sampled_from(["a", "b", "c", None]), min_size=1, max_size=12))
    def test_values_stand_in_the_order_in_which_they_come(self, texts):
        seen = tuple(dict.fromkeys(text for text in texts if text is not None))
        series = pl.Series(texts, dtype=pl.String)
        forms = [pl.DataFrame({"x": series}), pl.DataFrame({"x": series.cast(pl.Categorical)})]
        forms += [pd.DataFrame({"x": pd.Series(texts, dtype="string")})]
        forms += [pd.DataFrame({"x": pd.Series(texts, dtype="object")})]
        for frame in forms:
            column = columns_of_frame(frame)["x"]
            assert column.values == seen  # noqa: PD011
            assert column.cells() == texts

    def test_missing_cells_of_pandas_are_missing(self):
        frame = pd.DataFrame({"a": [1.5, None], "b": pd.array([1, None], "Int64")})
        frame["c"] = pd.Series(["x", None], dtype="string")
        frame["d"] = pd.Categorical(["y", None])
        assert cells(columns_of_frame(frame)) == {
            "a": [1.5, None],
            "b": [1, None],
            "c": ["x", None],
            "d": ["y", None],
        }

    def test_other_cells_come_as_python_values(self):
        day = dt.date(2026, 1, 2)
        frame = pl.DataFrame({"day": [day, None], "list": [[1, 2], None]})
        assert cells(columns_of_frame(frame)) == {"day": [day, None], "list": [[1, 2], None]}
        mixed = pd.DataFrame({"x": pd.Series([1, True, "1", 1.0, None], dtype="object")})
        found = cells(columns_of_frame(mixed))["x"]
        assert [type(cell) for cell in found] == [int, bool, str, float, type(None)]

    def test_a_numeric_field_stays_an_array(self):
        for frame in (pl.DataFrame, pd.DataFrame):
            column = columns_of_frame(frame({"nonzero_mean": np.array([1.0, np.nan])}))
            assert isinstance(column["nonzero_mean"], NumberColumn)
            assert column["nonzero_mean"].cells() == [1.0, None]


@pytest.mark.parametrize("suffix", ["csv", "tsv", "parquet"])
def test_a_file_says_whether_its_cells_have_types(tmp_path, suffix):
    path = catalog().write(tmp_path / f"t.{suffix}")
    columns, is_text = read_columns(path)
    assert is_text == (suffix != "parquet")
    assert columns["track_name"].cells() == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("abc", r"row 1 is 'a' \(str\)"),
        ({"track_name": "a"}, r"row 1 is 'track_name' \(str\)"),
        (None, r"row 1 is 'None' \(NoneType\)"),
        ([{"track_name": "a"}, 5], r"row 2 is '5' \(int\)"),
    ],
)
def test_rows_are_mappings(rows, words):
    with pytest.raises(WrongTypeError, match=f"from_rows takes mappings.*{words}"):
        columns_of_rows(rows)
