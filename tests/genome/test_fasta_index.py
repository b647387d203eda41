"""The FASTA index: built, read, compared with its file."""

from __future__ import annotations

import pyfaidx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import FormatError
from locuscope.genome import fasta_index
from locuscope.genome.fasta_index import build_index, find_fault, pack_index, read_index
from tests.genome.fasta_files import TOY, fasta


def write(folder, content, name="x.fa"):
    path = folder / name
    path.write_bytes(content)
    return path


def fault_of(records, content):
    return find_fault(records, lambda offset, size: content[offset : offset + size], len(content))


def bases_by_hand(content, record):
    """The record's bases by plain arithmetic on the bytes."""
    text = b""
    for i in range(record.length):
        line, column = divmod(i, record.line_bases)
        text += content[record.offset + line * record.line_bytes + column :][:1]
    return text.decode()


@pytest.mark.parametrize("width", [0, 1, 7, 60])
@pytest.mark.parametrize("line_break", ["\n", "\r\n"])
@pytest.mark.parametrize("ending", ["", "cut", "\n", "\n\r\n\n"])
def test_layouts(tmp_path, width, line_break, ending):
    content = fasta(TOY, width=width, line_break=line_break)
    content = content.removesuffix(line_break.encode()) if ending == "cut" else content
    content += b"" if ending == "cut" else ending.encode()
    records = build_index(write(tmp_path, content))
    assert [record.name for record in records] == list(TOY)
    for record in records:
        assert bases_by_hand(content, record) == TOY[record.name]
    assert fault_of(records, content) is None
    index = tmp_path / "x.fa.fai"
    index.write_bytes(pack_index(records))
    assert read_index(index) == records


@pytest.mark.parametrize("width", [0, 7, 60])
def test_equals_pyfaidx(tmp_path, width):
    path = write(tmp_path, fasta(TOY, width=width))
    pyfaidx.Faidx(str(path)).close()
    theirs = (tmp_path / "x.fa.fai").read_bytes()
    assert pack_index(build_index(path)) == theirs


@given(
    st.lists(st.integers(0, 70), min_size=1, max_size=6),
    st.integers(1, 30),
    st.sampled_from(["\n", "\r\n"]),
    st.integers(1, 64),
)
def test_block_borders_do_not_matter(tmp_path_factory, sizes, width, line_break, block):
    records = {f"c{i}": "ACGTN"[i % 5] * size for i, size in enumerate(sizes)}
    content = fasta(records, width=width, line_break=line_break)
    path = write(tmp_path_factory.mktemp("index"), content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fasta_index, "_BLOCK", block)
        found = build_index(path)
    assert {record.name: record.length for record in found} == {
        name: len(text) for name, text in records.items()
    }
    assert found == build_index(path)
    assert fault_of(found, content) is None


def test_names_and_blank_lines(tmp_path):
    content = b"\n>chr1 a description | with words\nACGT\n\n\n>\xc3\xa9t\xc3\xa9\nAC\n"
    found = build_index(write(tmp_path, content))
    assert [(record.name, record.length) for record in found] == [("chr1", 4), ("été", 2)]
    assert fault_of(found, content) is None


@pytest.mark.fault("F4")
@pytest.mark.fault("F5")
@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b"", None, "is empty"),
        (b"\n\n", None, "is empty"),
        (b"ACGT\nACGT\n", 1, "no '>' line before b'ACGT"),
        (b"\nACGT\n", 2, "no '>' line"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", 1, "no .>. line before"),
        (b">a\nAC\x00GT\n", 2, "binary"),
        (b">\nACGT\n", 1, "without a name"),
        (b">  \nACGT\n", 1, "without a name"),
        (b">\xff\xfe\nACGT\n", 1, "not UTF-8"),
        (b">a\nACGT\n>b\nAC\n>a\nGG\n", 5, "contig 'a' again; first on line 1"),
        (b">a\nACGT\nAC\nACGT\n", 3, "this one has 2 bases, the first of 'a' has 4"),
        (b">a\nACGT\nACGTA\n", 3, "this one has 5 bases"),
        (b">a\nACGT\n\nACGT\n", 3, "this one has 0 bases"),
        (b">a\n\nACGT\n", 2, "blank line before the bases of 'a'"),
        (b">a\nACGT\r\nACGT\nACGT\r\n", 3, "another line break"),
    ],
)
def test_broken_files(tmp_path, content, line, words):
    path = write(tmp_path, content)
    with pytest.raises(FormatError, match=words) as caught:
        build_index(path)
    assert (caught.value.path, caught.value.line) == (path, line)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fasta_index, "_BLOCK", 2)
        with pytest.raises(FormatError):
            build_index(path)


@pytest.mark.parametrize(
    "text",
    [
        "a\t4\t3\t4\n",
        "a\t4\t3\t4\tx\n",
        "a\t-4\t3\t4\t5\n",
        "a\t4\t3\t5\t4\n",
        "a b\n",
        "\t4\t3\t4\t5\n",
    ],
)
def test_broken_index(tmp_path, text):
    path = write(tmp_path, b"ok\t4\t3\t4\t5\n" + text.encode(), "x.fai")
    with pytest.raises(FormatError, match=r"x\.fai:2") as caught:
        read_index(path)
    assert caught.value.line == 2
    path.write_bytes(b"a\t4\t3\t4\t5\na\t4\t3\t4\t5\n")
    with pytest.raises(FormatError, match=":2"):
        read_index(path)


@pytest.mark.fault("F3")
@pytest.mark.parametrize(
    ("other", "words"),
    [
        (
            b">a\nACGTA\nCG\n>b\nACGTAC\n",
            "its bases|no line|first line|the file has",
        ),  # moved bases
        (b">a\nACG\nTACG\n>b\nACGTAC\n", "first line is shorter"),
        (b">a\nACGTACG\n\n>b\nACGT\nAC", "contig"),
        (b">x\nACGT\nACG\n>b\nACGTAC\n", "the file has '>x' there"),
        (b">aa\nACGT\nAC\n>b\nACGTAC\n", "the file has '>aa' there"),
        (b">a\nACGT\nACG\n>c\nACGTAC\n", "the file has '>c'"),
        (b">a\nACGT\nACG\n>b\nACGTA\n", "first line is shorter"),
        (b">a\nACGT\nACG\n>b\nACGTAC\n>c\nA\n", "goes on at byte"),
        (b">a\nACGT\nACG\n", "should end|no header"),
        (b"", "empty"),
    ],
)
def test_faults_are_found(tmp_path, other, words):
    content = b">a\nACGT\nACG\n>b\nACGTAC\n"
    records = build_index(write(tmp_path, content))
    assert fault_of(records, content) is None
    fault = fault_of(records, other)
    assert fault is not None
    assert any(word in fault for word in words.split("|"))
    assert fault_of((), content) is not None
