"""The first five columns of a VCF: found in any cut of the file, whatever stands behind them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import DataWarning, FormatError
from locuscope.genome import text_blocks, vcf_lines
from locuscope.genome.vcf_lines import read_lines

HEADER = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\n"
CELL = st.text("Aé.,<1 ", max_size=4)
RECORD = st.lists(CELL, min_size=5, max_size=8).filter(lambda cells: cells[0][:1] != "#")


@pytest.fixture
def save(tmp_path):
    def write(text):
        path = tmp_path / "toy.vcf"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def records_of(path):
    """(line, five texts) of every record, and the header."""
    header, pieces = read_lines(path)
    found = []
    for lines in pieces:
        assert len(lines) == len(lines.line) == len(lines.columns[0])
        found += list(zip(lines.line.tolist(), *lines.columns, strict=True))
    return header, found


@given(
    st.lists(st.one_of(RECORD, st.just(["#", "comment"]), st.just([""])), max_size=12),
    st.integers(1, 40),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_any_cut_into_blocks_gives_the_same_records(
    tmp_path_factory, rows, block, line_break, is_ended
):
    text = HEADER + "".join("\t".join(cells) + "\n" for cells in rows)
    text = text if is_ended else text.removesuffix("\n")
    path = tmp_path_factory.mktemp("vcf") / "x.vcf"
    path.write_bytes(text.replace("\n", line_break).encode())
    expected = [
        (line, *cells[:5])
        for line, cells in enumerate(rows, 3)
        if cells not in (["#", "comment"], [""])
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_blocks, "BLOCK_BYTES", block)
        header, found = records_of(path)
    assert (header.line, found) == (2, expected)


def test_contigs_of_the_header_wherever_their_id_stands(save):
    lines = [
        "##contig=<ID=20,length=63025520>",
        "##contig=<length=5,ID=HLA-A*01:01>",
        "##contig=<ID=>",
        "##INFO=<ID=AC,Number=A>",
        "##contig=<assembly=b37,ID=X>",
    ]
    header, _ = records_of(
        save("\n".join(["##fileformat=VCFv4.2", *lines, HEADER.splitlines()[1], ""]))
    )
    assert header.contigs == {"20", "HLA-A*01:01", "X"}
    assert header.line == 7


def test_short_records_are_told_by_their_number_of_columns(save):
    header, pieces = read_lines(save(HEADER + "20\t5\n20\t6\t.\tA\tC\nx\n"))
    (lines,) = list(pieces)
    assert header.line == 2
    assert lines.n_columns == {3: 2, 5: 1}
    assert lines.columns[1].to_list() == ["5", "6", ""]
    assert lines.line.dtype == np.int64


def test_a_line_of_many_samples_is_never_held(save, monkeypatch):
    """Columns behind the fifth may exceed every limit."""
    monkeypatch.setattr(vcf_lines, "MAX_COLUMNS_BYTES", 200)
    monkeypatch.setattr(text_blocks, "BLOCK_BYTES", 64)
    row = "20\t5\trs1\tA\tC\t.\t.\t" + "0|1\t" * 500
    _, found = records_of(save(HEADER + row + "\n20\t6\t.\tG\tT\n"))
    assert found == [(3, "20", "5", "rs1", "A", "C"), (4, "20", "6", ".", "G", "T")]
    with pytest.raises(FormatError, match="holds more than 16 MB in its first five columns"):
        records_of(save(HEADER + "20\t5\trs1\tA\t" + "C" * 300 + "\n"))


def test_rows_above_the_header_are_kept_and_said(save):
    text = "##fileformat=VCFv4.2\n20\t1\t.\tA\tC\nstray\n" + HEADER.splitlines()[1] + "\n"
    with pytest.warns(DataWarning, match=r":2: 2 lines above #CHROM \(line 4\)"):
        header, found = records_of(save(text))
    assert (header.line, found) == (4, [(2, "20", "1", ".", "A", "C")])


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("##fileformat=VCFv4.2\n", 2, "found 1 column"),
        ("##x\n#CHROM POS ID REF ALT\n", 2, "found 1 column .'#CHROM POS ID REF ALT'."),
        ("##x\n#chrom\tpos\tid\tref\talt\n", 2, "found 5 columns"),
        ("20\t5\t.\tA\tC\n", 1, "found 5 columns .'20', '5'"),
        ("##x\n#CHROM\tPOS\tID\tREF\n", 2, "found 4 columns"),
    ],
)
def test_a_file_without_its_header_line(save, text, line, words):
    with pytest.raises(FormatError, match=words) as caught:
        read_lines(save(text))
    assert caught.value.line == line


def test_a_long_file_without_header_is_given_up_early(save, monkeypatch):
    monkeypatch.setattr(vcf_lines, "_LOOKAHEAD_BYTES", 100)
    monkeypatch.setattr(text_blocks, "BLOCK_BYTES", 64)
    text = "##x\n" + "20\t5\t.\tA\tC\n" * 200 + HEADER.splitlines()[1] + "\n"
    with pytest.raises(FormatError, match=":2: a VCF needs the line #CHROM POS ID REF ALT"):
        read_lines(save(text))


@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff"])
def test_empty_files(save, content):
    with pytest.raises(FormatError, match="is an empty file"):
        read_lines(save(content))
