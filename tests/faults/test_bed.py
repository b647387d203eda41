"""Broken region files: bad lines are counted and shown, good oddities are read."""

from __future__ import annotations

import pytest

from locuscope.errors import DataWarning, EmptySelectionError, FormatError, OutOfBoundsError
from locuscope.genome.reference import Genome
from locuscope.genome.regions import read_bed

GOOD = "1\t5\t9\tx\t0\t+\n"


@pytest.fixture
def save(tmp_path):
    def write(content, name="toy.bed"):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def refused(save, line, column, word):
    """A bad line between good ones: named when raised, left out and counted when skipped."""
    path = save(GOOD + line + "\n" + GOOD)
    with pytest.raises(FormatError, match=word) as caught:
        read_bed(path)
    assert (caught.value.code, caught.value.line, caught.value.column) == ("format", 2, column)
    assert "line 2" in str(caught.value)
    regions = read_bed(path, on_bad="skip")
    assert regions.skipped == {"malformed": 1}
    assert regions.table["line"].to_list() == [1, 3]
    path.write_text(GOOD * 3)
    assert len(read_bed(path)) == 3


@pytest.mark.fault("B1")
@pytest.mark.parametrize(("start", "end", "column"), [("9", "5", 3), ("5", "5", 3), ("-1", "5", 2)])
def test_empty_reversed_and_negative_places(save, start, end, column):
    refused(save, f"1\t{start}\t{end}\tx\t0\t+", column, "left of|0-based position")


@pytest.mark.fault("B2")
@pytest.mark.parametrize("text", ["1e3", "x", "", "5.0", "1,000", "2147483648", "٥"])
def test_positions_that_are_no_whole_numbers(save, text):
    refused(save, f"1\t{text}\t2147483647\tx\t0\t+", 2, "0-based position")


@pytest.mark.fault("B2")
@pytest.mark.parametrize(
    ("line", "column", "word"),
    [("1\t5\t9\tx\thigh\t+", 5, "score"), ("\t5\t9\tx\t0\t+", 1, "contig")],
)
def test_other_bad_cells(save, line, column, word):
    refused(save, line, column, word)


@pytest.mark.fault("B3")
def test_track_browser_and_comment_lines_are_passed_over(save):
    text = "browser position 1:1-2\ntrack name=a\n#x\n" + GOOD + "\n# y\ntrack name=b\n" + GOOD
    assert read_bed(save(text)).table["line"].to_list() == [4, 8]


@pytest.mark.fault("B4")
def test_lines_of_two_columns(save):
    refused(save, "1\t5", 2, "2 columns")
    with pytest.raises(FormatError, match="2 columns; a region needs"):
        read_bed(save("1\t5\n"))


@pytest.mark.fault("B4")
def test_lines_of_other_width(save):
    refused(save, "1\t5\t9", 3, "3 columns where the file has 6")


@pytest.mark.fault("B5")
def test_unknown_strands(save):
    refused(save, "1\t5\t9\tx\t0\tx", 6, "strand 'x'")


@pytest.mark.fault("B6")
def test_blanks_for_tabs_are_read_and_said_once(save):
    with pytest.warns(DataWarning, match="2 lines have blanks") as caught:
        regions = read_bed(save("1 5 9 x\n1   6 \t 10 y\n".replace("\t", " ")))
    assert len(caught) == 1
    assert [r.name for r in regions] == ["x", "y"]


@pytest.mark.fault("B7")
def test_one_base_past_the_end_hints_at_one_based_coordinates(save):
    genome = Genome.from_sequences({"1": "ACGTACGTAC"})
    path = save("1\t5\t11\n1\t0\t11\n")
    with pytest.raises(OutOfBoundsError, match="1-based coordinates") as caught:
        read_bed(path, genome=genome)
    assert caught.value.code == "out_of_bounds"
    assert len(read_bed(path, genome=genome, overhang="pad")) == 2


@pytest.mark.fault("B8")
def test_duplicate_names_are_kept(save):
    assert [r.name for r in read_bed(save(GOOD * 3))] == ["x", "x", "x"]


@pytest.mark.fault("B9")
def test_line_ends_and_byte_order_mark(save):
    clean = read_bed(save(GOOD * 3)).table
    for content in (GOOD.replace("\n", "\r\n") * 3, "\ufeff" + GOOD * 3, (GOOD * 3).rstrip("\n")):
        assert read_bed(save(content)).table.equals(clean)


@pytest.mark.fault("B10")
@pytest.mark.parametrize("content", ["", "# only this\n", "chrom\tstart\tend\n", "\n\n"])
def test_files_without_regions(save, content):
    with pytest.raises(EmptySelectionError) as caught:
        read_bed(save(content))
    assert caught.value.code == "empty_selection"


@pytest.mark.fault("B10")
def test_nothing_left_after_skipping_says_how_much_was(save):
    with pytest.raises(EmptySelectionError, match="'malformed': 2"):
        read_bed(save("1\t9\t5\n1\tx\t5\n"), on_bad="skip")


@pytest.mark.fault("B2")
def test_all_bad_lines_are_counted_and_five_shown(save):
    with pytest.raises(FormatError, match="has 12 bad lines") as caught:
        read_bed(save(GOOD + "1\tx\t9\tx\t0\t+\n" * 12))
    assert str(caught.value).count("line ") == 5
    assert "and 7 more" in str(caught.value)
