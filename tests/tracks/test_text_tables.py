"""Cells of text files: shielded from spreadsheets, typed where all of a column agree."""

from __future__ import annotations

import csv
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import CatalogError, DataWarning, FormatError
from locuscope.tracks.text_tables import (
    guess_types,
    plain_columns,
    read_text,
    shield,
    strict_columns,
    unshield,
)

TEXT = st.text(
    alphabet=string.ascii_letters + string.digits + " '\"=+-@,;\t\n\r|<>&éß🧬", max_size=12
).map(str.strip)


@given(TEXT)
def test_shielding_is_undone(text):
    assert unshield(shield(text)) == text


@pytest.mark.parametrize(
    ("text", "shielded"),
    [("=1+1", "'=1+1"), ("+", "+"), ("@x", "'@x"), ("-a", "'-a"), ("12", "'12"), ("'90s", "'90s")],
)
def test_formulas_are_shielded(text, shielded):
    assert shield(text) == shielded


@pytest.mark.parametrize(
    ("cells", "typed"),
    [
        (["1", "-2", None], [1, -2, None]),
        (["1", "2.5"], [1.0, 2.5]),
        (["1e3", "-inf", ".5"], [1000.0, float("-inf"), 0.5]),
        (["True", "False", None], [True, False, None]),
        (["true", "False"], ["true", "False"]),
        (["1", "x"], ["1", "x"]),
        (["'1", "'x", "'=1"], ["1", "'x", "=1"]),
        (["007", "1"], [7.0, 1.0]),
        (["9" * 18], [int("9" * 18)]),
        ([None, None], [None, None]),
        ([], []),
    ],
)
def test_a_column_has_a_type_where_all_of_its_texts_agree(cells, typed):
    found = guess_types(cells)
    assert [(type(cell), cell) for cell in found] == [(type(cell), cell) for cell in typed]


@given(st.lists(st.one_of(st.booleans(), TEXT), max_size=6))
def test_texts_that_were_shielded_come_back_as_text(cells):
    texts = [cell for cell in cells if isinstance(cell, str)]
    assert guess_types([shield(text) for text in texts]) == texts


def read(tmp_path, content, delimiter=","):
    path = tmp_path / "t.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return {name: column.cells() for name, column in read_text(path, delimiter).items()}


def test_columns_of_text(tmp_path):
    found = read(tmp_path, '\ufeffa, b ,"c,d"\n1,,"x ""y"" \nz"\n\n2,3,4\n')
    assert found == {"a": ["1", "2"], "b": ["", "3"], "c,d": ['x "y" \nz', "4"]}
    assert read(tmp_path, "a\tb\n", "\t") == {"a": [], "b": []}
    assert read(tmp_path, "a,b\r\n1,2\r\n") == {"a": ["1"], "b": ["2"]}


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        ("", FormatError, "is an empty file; expected a header line"),
        ("\n\n", FormatError, "is an empty file"),
        (b"a,b\n\xff,2\n", FormatError, "is not UTF-8: byte 0xff at offset 4"),
        ("a,b\n1\n", CatalogError, "row 1 has 1 cells; the header has 2"),
        ("a,b\n1,2\n1,2,3\n", CatalogError, "row 2 has 3 cells"),
        ("a,b, a\n", CatalogError, r"column 'a' stands twice in the header \(place 3\)"),
        ('a,b\n1,"2\n', CatalogError, "line 2: unexpected end of data"),
        ('a,b\n1,"2"x\n', CatalogError, "line 2: "),
    ],
)
def test_text_that_is_no_table(tmp_path, content, error, words):
    with pytest.raises(error, match=words) as caught:
        read(tmp_path, content)
    assert caught.value.path == tmp_path / "t.csv"


PLAIN = st.text(alphabet="ab,;'=é🧬 \n\r\x00", max_size=60)


class TestTwoReaders:
    """Large tables without quotes go through a faster reader, which must say the same."""

    @given(PLAIN, st.sampled_from([b"", b"\xef\xbb\xbf"]))
    def test_the_faster_reader_agrees_or_leaves_it_to_the_strict_one(self, text, mark):
        content = mark + text.encode()
        fast = plain_columns(content, ",")
        if fast is None:
            return
        slow = strict_columns(content, ",", Path("t.csv"))
        assert list(fast) == list(slow)
        for name, column in slow.items():
            assert fast[name].values == column.values
            assert fast[name].codes.tolist() == column.codes.tolist()

    @given(
        st.integers(1, 4).flatmap(
            lambda width: st.lists(
                st.lists(st.sampled_from(["", "a", " b", "é"]), min_size=width, max_size=width),
                min_size=1,
                max_size=9,
            )
        ),
        st.sampled_from(["\n", "\r\n"]),
    )
    def test_it_reads_every_whole_table_of_several_columns(self, rows, end):
        header = [f"c{place}" for place in range(len(rows[0]))]
        content = end.join("\t".join(row) for row in [header, *rows]).encode() + end.encode()
        fast = plain_columns(content, "\t")
        slow = strict_columns(content, "\t", Path("t.tsv"))
        if len(header) > 1:
            assert fast is not None
        if fast is not None:
            found = {name: column.cells() for name, column in fast.items()}
            assert found == {name: column.cells() for name, column in slow.items()}

    @pytest.mark.parametrize(
        "content",
        [b'a,b\n"1",2\n', b"a,b\n1\n", b"a,b\n1,2,3\n", b"a,a\n1,2\n", b"a,b\n1,2\r3,4\n"],
    )
    def test_quotes_odd_line_ends_and_ragged_rows_are_left_to_the_strict_one(self, content):
        assert plain_columns(content, ",") is None

    def test_a_large_table_is_read_by_it_and_a_ragged_one_is_still_explained(self, tmp_path):
        rows = [f"track {place},{place % 7}" for place in range(70_000)]
        content = "\n".join(["name,kind", *rows])
        found = read(tmp_path, content)
        assert found == {
            "name": [f"track {place}" for place in range(70_000)],
            "kind": [str(place % 7) for place in range(70_000)],
        }
        rows[65_000] += ",more"
        with pytest.raises(CatalogError, match="row 65001 has 3 cells; the header has 2"):
            read(tmp_path, "\n".join(["name,kind", *rows]))


def test_the_limit_of_the_csv_module_is_put_back(tmp_path):
    before = csv.field_size_limit()
    read(tmp_path, f"a\n{'x' * 300_000}\n")
    with pytest.raises(CatalogError, match=r"line 2: a cell has more than 1,000,000 characters"):
        read(tmp_path, f'a\n"{"x" * 1_000_001}"\n')
    assert csv.field_size_limit() == before


@pytest.mark.parametrize(
    ("suffix", "delimiter", "mark", "words"),
    [
        (".csv", ",", ";", "columns are separated by semicolons, expected commas"),
        (".csv", ",", "\t", "columns are separated by tabs, expected commas"),
        (".tsv", "\t", ",", "columns are separated by commas, expected tabs"),
        (".txt", "\t", "|", "columns are separated by bars, expected tabs"),
    ],
)
def test_a_table_with_another_separator_is_refused(tmp_path, suffix, delimiter, mark, words):
    path = tmp_path / f"tracks{suffix}"
    header = f"track_name{mark}output_type\n"
    row = f"{'liver' * 100}{mark}atac\n"
    # The second one is long enough for the fast reader.
    for content in (f"\ufeff{header}{row}", header + row * 2_500):
        path.write_text(content, "utf-8")
        with pytest.raises(CatalogError, match=words) as caught:
            read_text(path, delimiter)
        assert "Save it with commas as .csv or with tabs as .tsv." in str(caught.value)


def test_a_single_column_is_a_table(tmp_path):
    path = tmp_path / "tracks.csv"
    path.write_text("track_name\na;b\n")
    assert read_text(path, ",")["track_name"].values == ("a;b",)


def test_a_column_without_a_name_is_left_out_aloud(tmp_path):
    path = tmp_path / "tracks.csv"
    path.write_text(",track_name,output_type\n0,a,atac\n1,b,atac\n")
    with pytest.warns(DataWarning, match="column 1 has no name in the header and is left out"):
        columns = read_text(path, ",")
    assert list(columns) == ["track_name", "output_type"]
    # Blank columns behind the table, as spreadsheets leave them, are no news.
    path.write_text("track_name,output_type,,\na,atac,,\nb,atac,, \n")
    assert list(read_text(path, ",")) == ["track_name", "output_type"]
