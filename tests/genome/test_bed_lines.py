"""The grammar of region files: which columns a file has, which of its lines are good."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.genome.bed_lines import parse_bed
from locuscope.genome.regions import read_bed


@pytest.fixture
def save(tmp_path):
    def write(text, name="toy.bed"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def places(regions):
    return [(r.chrom, r.start, r.end) for r in regions]


@pytest.mark.parametrize(
    ("name", "line", "column", "value"),
    [
        ("a.narrowPeak", "1\t5\t9\tn\t7\t.\t3.5\t-1\t2\t1", "peak", 1),
        ("a.broadPeak", "1\t5\t9\tn\t7\t.\t3.5\t-1\t2", "signalValue", 3.5),
        ("a.bedGraph", "1\t5\t9\t3.25", "score", 3.25),
        ("a.bdg.gz", "1\t5\t9\t1e-3", "score", 1e-3),
        ("a.bed", "1\t5\t9\tn\t0\t+\t5\t9\t0,0,0", "itemRgb", "0,0,0"),
        ("a.bed", "1\t5\t9\tn\t7\t.\t3.5\t-1\t2\t-1", "peak", -1),
        ("a.bed", "track type=bedGraph\n1\t5\t9\t2", "score", 2.0),
        ("a.tsv", "chrom\tstart\tend\tcelltype\n1\t5\t9\tK562", "celltype", "K562"),
        ("a.csv", "Chrom,chromStart,chromEnd,strand\n1,5,9,-", "strand", "-"),
        ("a.tsv", "#chrom\tstart\tend\tcelltype\n1\t5\t9\tK562", "celltype", "K562"),
    ],
)
def test_formats_are_told_by_suffix_header_and_width(save, name, line, column, value):
    regions = read_bed(save(line, name=name))
    assert places(regions) == [("1", 5, 9)]
    assert regions.table[column].to_list() == [value]


# --- the grammar alone ---


@pytest.mark.parametrize(
    ("name", "line", "columns"),
    [
        ("x.bed", "1\t5\t9", 3),
        ("x.bed", "1\t5\t9\tn\t0\t+\t5\t9\t0\t1\t4\t0", 12),
        ("x.bed", "1\t5\t9\tn\t0\t+" + "\tx" * 9, 15),
        ("x.NARROWPEAK", "1\t5\t9\tn\t0\t.\t1\t1\t1\t1", 10),
        ("x.bedGraph.gz", "1\t5\t9\t1", 4),
    ],
)
def test_columns_without_a_header_have_the_names_of_the_format(name, line, columns):
    parsed = parse_bed(line + "\n", name)
    assert parsed.faults == []
    assert len(parsed.frame.columns) == columns + 1
    assert parsed.frame.columns[:3] == ["chrom", "chromStart", "chromEnd"]
    if columns == 15:
        assert parsed.frame.columns[12:15] == ["column13", "column14", "column15"]


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        ("1\t5", 2, "2 columns; a region needs chrom, start and end"),
        ("1\t5\t9", 3, "3 columns where the file has 6"),
        ("\t5\t9\tn\t0\t+", 1, "'' is no contig name"),
        ("a b\t5\t9\tn\t0\t+", 1, "'a b' is no contig name"),
        ("1\t-5\t9\tn\t0\t+", 2, "chromStart '-5' is no 0-based position"),
        ("1\t5\t2147483648\tn\t0\t+", 3, "chromEnd '2147483648' is no 0-based position"),
        ("1\t5\t5\tn\t0\t+", 3, "start 5 is not left of end 5"),
        ("1\t5\t9\tn\tmany\t+", 5, "score 'many' is no number"),
        ("1\t5\t9\tn\t0\tx", 6, "strand 'x' is none of '+', '-', '.'"),
        ("1\t5\t9\tn\t0\t", 6, "strand '' is none of"),
    ],
)
def test_the_first_fault_of_a_line_with_its_column(row, column, words):
    good = "1\t5\t9\tn\t0\t+"
    parsed = parse_bed(f"# made by hand\n{good}\n{row}\n{good}\n", "x.bed")
    assert parsed.faults == [(3, column, parsed.faults[0][2])]
    assert words in parsed.faults[0][2]
    assert parsed.frame["line"].to_list() == [2, 4]


@pytest.mark.parametrize("cell", [".", "", "1e-3", "-0", "NaN", "inf", "007", "+1"])
def test_scores_that_are_numbers_or_missing(cell):
    assert parse_bed(f"1\t5\t9\tn\t{cell}\t+\n", "x.bed").faults == []


@pytest.mark.parametrize(
    "text",
    [
        "track name=x\nbrowser position 1\n#c\n\n1\t5\t9\n",
        "chrom\tstart\tend\n1\t5\t9\n",
        "#chrom\tchromStart\tchromEnd\n1\t5\t9\n",
        "CHROM,Start,END\n1,5,9\n",
        "   \n1\t5\t9",
    ],
)
def test_lines_that_are_no_row(text):
    parsed = parse_bed(text, "x.tsv")
    assert parsed.frame.drop("line").rows() == [("1", "5", "9")]
    assert parsed.frame.columns[:3] == ["chrom", "chromStart", "chromEnd"]


@pytest.mark.parametrize("chrom", ["track1", "browser_x", "t", "b", "trackname"])
def test_contigs_that_begin_like_other_lines_are_contigs(chrom):
    parsed = parse_bed(f"track name=x\nbrowser hide all\n{chrom}\t5\t9\n", "x.bed")
    assert parsed.frame["chrom"].to_list() == [chrom]


def test_blanks_between_columns_are_counted():
    parsed = parse_bed("1 5 9\n1   6  9\n", "x.bed")
    assert parsed.frame.drop("line").rows() == [("1", "5", "9"), ("1", "6", "9")]
    assert parsed.n_blank_parted == 2
    assert parse_bed("1\t5\t9\n", "x.bed").n_blank_parted == 0


CELLS = st.sampled_from(["1", "a b", "", "0", "5", "9", "12345678901", "-1", "x", "+", ".", "1.5"])


@given(st.lists(st.lists(CELLS, min_size=4, max_size=6), min_size=1, max_size=12))
def test_every_row_is_kept_or_has_one_fault(rows):
    text = "chrom\tstart\tend\tscore\tstrand\n" + "".join("\t".join(r) + "\n" for r in rows)
    parsed = parse_bed(text, "x.tsv")
    kept, faulty = parsed.frame["line"].to_list(), [line for line, *_ in parsed.faults]
    listed = [n for n, row in enumerate(rows, 2) if "\t".join(row).strip()]
    assert sorted(kept + faulty) == listed
    assert faulty == sorted(faulty)
    for line, *cells in parsed.frame.select("line", *parsed.frame.columns[:-1]).rows():
        assert cells == rows[line - 2]
        assert int(cells[1]) < int(cells[2])
        assert cells[4] in ("+", "-", ".")
