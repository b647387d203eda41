"""Small tables: columns, comments, line ends, and the line of what is wrong."""

from __future__ import annotations

import pytest

from locuscope.errors import FormatError, InputError, MissingFileError
from locuscope.motifs.formats.side_files import (
    read_core_map,
    read_name_list,
    read_name_map,
    read_number_map,
)


@pytest.fixture
def file(tmp_path):
    def written(text: str):
        place = tmp_path / "side.tsv"
        place.write_bytes(text.encode())
        return place

    return written


def numbers(path):
    return read_number_map(path, "lambda")


def test_each_table_gives_its_mapping(file):
    assert read_name_list(file("b\na\nb\n")) == ("b", "a")
    assert read_name_map(file("a\tAlpha one\nb\tB\n")) == {"a": "Alpha one", "b": "B"}
    assert numbers(file("a\t0.5\nb\t1e-2\n")) == {"a": 0.5, "b": 0.01}
    assert read_core_map(file("a\t0\t12\nb\t3.0\t4\n")) == {"a": (0, 12), "b": (3, 4)}


@pytest.mark.parametrize(
    "text",
    ["a\t0.5\r\nb\t1\r\n", "\ufeffa\t0.5\nb\t1", "# head\n\na\t0.5\n  \n  # more\nb \t 1\n\n"],
)
def test_line_ends_comments_and_blank_lines_do_not_matter(file, text):
    assert numbers(file(text)) == {"a": 0.5, "b": 1.0}


def test_an_empty_file_is_an_empty_table(file):
    assert read_name_list(file("")) == ()
    assert read_name_map(file("# nothing\n")) == {}


@pytest.mark.parametrize(
    ("read", "text", "line", "words"),
    [
        (read_name_list, "a\nb\tc\n", 2, "2 columns .parted by tabs.; expected one name"),
        (read_name_map, "a\tb\n\nc\n", 3, "1 column .*expected a name and its new name"),
        (read_name_map, "a b\n", 1, "1 column"),
        (read_name_map, "a\tb\tc\n", 1, "3 columns"),
        (read_name_map, "a\t\n", 1, "expected a name"),
        (read_name_map, "a\tb\nx\ty\na\tc\n", 3, "'a' has another value in line 1"),
        (numbers, "a\tx\n", 1, "expected a name and its lambda"),
        (numbers, "a\tnan\n", 1, "its lambda"),
        (numbers, "a\tinf\n", 1, "its lambda"),
        (numbers, "a\t1_0\n", 1, "its lambda"),
        (numbers, "#\na\t0.5\t\n", 2, "3 columns"),
        (read_core_map, "a\t1\n", 1, "2 columns"),
        (read_core_map, "a\t1\t2.5\n", 1, "first column of its core"),
        (read_core_map, "a\tone\t2\n", 1, "first column of its core"),
    ],
)
def test_what_is_wrong_is_refused_with_its_line(file, read, text, line, words):
    with pytest.raises(FormatError, match=words) as caught:
        read(file(text))
    assert caught.value.line == line
    assert f"side.tsv:{line}:" in str(caught.value)


def test_the_same_line_twice_is_one(file):
    assert read_name_map(file("a\tb\na\tb\n")) == {"a": "b"}


def test_a_missing_file_and_bytes_are_refused(tmp_path):
    with pytest.raises(MissingFileError, match="no such file"):
        read_name_list(tmp_path / "none.tsv")
    (tmp_path / "b").write_bytes(b"\x89HDF\r\n\x1a\n\0")
    with pytest.raises(InputError, match="HDF5"):
        read_name_map(tmp_path / "b")
