"""Track tables on their way out: fixed columns, one kind per column, equal bytes each time."""

from __future__ import annotations

import csv
import io

import numpy as np
import polars as pl
import pytest

from locuscope.errors import InputError
from locuscope.tracks.metadata import TrackMetadataCatalog
from locuscope.tracks.table_writing import (
    frame_fields,
    table_text,
    table_to_pandas,
    table_to_polars,
    write_table,
)
from locuscope.tracks.track_metadata import KNOWN_FIELDS

ROWS = [
    {"output_type": "atac", "track_name": "a", "strand": "+", "nonzero_mean": 0.1},
    {"output_type": "atac", "track_name": "=b", "genetically_modified": True},
]


def table(rows=ROWS):
    return TrackMetadataCatalog.from_rows(rows).table()


@pytest.mark.parametrize(
    ("cells", "dtype", "written"),
    [
        ([True, None, False], pl.Boolean, [True, None, False]),
        ([1, None, -3], pl.Int64, [1, None, -3]),
        ([1, 2.5, None], pl.Float64, [1.0, 2.5, None]),
        (["x", None, "1"], pl.String, ["x", None, "1"]),
        ([1, "x", True], pl.String, ["1", "x", "true"]),
        ([True, 1, None], pl.String, ["true", "1", None]),
        ([[1, 2], None, ["a"]], pl.String, ["[1, 2]", None, '["a"]']),
        ([{"k": 1}, None, None], pl.String, ['{"k": 1}', None, None]),
    ],
)
def test_a_free_column_has_the_kind_of_all_its_cells(cells, dtype, written):
    rows = [{"output_type": "a", "free": cell} for cell in cells]
    found = table_to_polars(table(rows))
    assert found.schema["free"] == dtype
    assert found["free"].to_list() == written


def test_known_fields_have_their_own_kind_even_when_empty():
    schema = table_to_polars(table([{"output_type": "a"}])).schema
    assert tuple(schema) == KNOWN_FIELDS
    assert schema["track_index"] == schema["organism"] == pl.Int64
    assert schema["nonzero_mean"] == pl.Float64
    assert schema["genetically_modified"] == pl.Boolean
    assert schema["strand"] == pl.String


def test_frames_of_both_libraries_say_the_same():
    one, two = table_to_polars(table()), table_to_pandas(table())
    assert list(two.columns) == one.columns
    for name in one.columns:
        theirs = [None if gone else v for v, gone in zip(two[name], two[name].isna(), strict=True)]
        assert theirs == one[name].to_list()


@pytest.mark.parametrize("delimiter", ["\t", ","])
def test_text_has_a_header_shielded_cells_and_no_words_for_missing(delimiter):
    text = table_text(table(), delimiter)
    rows = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    assert tuple(rows[0]) == frame_fields(table())
    first, second = (dict(zip(rows[0], row, strict=True)) for row in rows[1:])
    assert (first["nonzero_mean"], first["genetically_modified"]) == ("0.1", "")
    assert (second["track_name"], second["genetically_modified"]) == ("'=b", "True")
    assert "\r" not in text


def test_text_keeps_line_breaks_and_delimiters_in_cells():
    name = 'two\nlines, "quoted"\tand a tab'
    text = table_text(table([{"output_type": "a", "track_name": name}]))
    assert next(csv.DictReader(io.StringIO(text, newline=""), delimiter="\t"))["track_name"] == name


@pytest.mark.parametrize("name", ["t.parquet", "t.csv", "t.tsv", "t.txt", "t.CSV"])
def test_equal_tables_give_equal_bytes_and_replace_the_old_file(tmp_path, name):
    path = write_table(table(), tmp_path / name)
    first = path.read_bytes()
    write_table(table(ROWS[:1]), path)
    assert path.read_bytes() != first
    assert write_table(table(), str(path)).read_bytes() == first
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["t.xlsx", "t", "t.csv.gz"])
def test_other_suffixes_are_refused_before_anything_is_written(tmp_path, name):
    with pytest.raises(InputError, match=r"Expected \.parquet, \.csv, \.tsv, or \.txt"):
        write_table(table(), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_numbers_survive_the_text_form_exactly():
    values = [0.1, 1e-300, 1.7976931348623157e308, float(np.nextafter(1, 2)), -0.0]
    rows = [{"output_type": "a", "nonzero_mean": value} for value in values]
    text = table_text(table(rows))
    found = [
        float(row["nonzero_mean"]) for row in csv.DictReader(io.StringIO(text), delimiter="\t")
    ]
    assert [value.hex() for value in found] == [value.hex() for value in values]


def test_frames_have_the_fixed_columns_in_nullable_types():
    rows = [ROWS[0], {"output_type": "atac", "genetically_modified": True, "nonzero_mean": 1.0}]
    frame = TrackMetadataCatalog.from_rows(rows).to_dataframe()
    assert list(frame.columns) == list(KNOWN_FIELDS)
    assert frame["genetically_modified"].dtype == "boolean"
    assert frame["track_index"].dtype == np.int64
    assert "object" not in {str(dtype) for dtype in frame.dtypes}
    assert frame["genetically_modified"].isna().tolist() == [True, False]


def test_mixed_extras_become_text_in_frames():
    rows = [{"output_type": "a", "x": x, "y": y} for x, y in ((1, [1, 2]), ("b", None), (2.5, [3]))]
    frame = TrackMetadataCatalog.from_rows(rows).to_polars()
    assert frame["x"].to_list() == ["1", "b", "2.5"]
    assert frame["y"].to_list() == ["[1, 2]", None, "[3]"]


def test_frame_fields_put_extras_last():
    table = TrackMetadataCatalog.from_rows([{"output_type": "a", "z": 1, "strand": "+"}]).table()
    assert frame_fields(table) == (*KNOWN_FIELDS, "z")
