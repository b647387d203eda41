"""Cells of text files: shielded from spreadsheets, typed where all of a column agree."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import CatalogError, FormatError
from locuscope.tracks.text_tables import guess_types, read_text, shield, unshield

TEXT = st.text(
    alphabet=string.ascii_letters + string.digits + " '\"=+-@,;\t\n|<>&éß🧬", max_size=12
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
    return read_text(path, delimiter)


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
