"""Text files in blocks: one text however it is packed, ended, marked and cut into blocks."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import FormatError, InputError, MissingFileError
from locuscope.genome import text_blocks
from locuscope.genome.bgzf import BgzfText
from locuscope.genome.text_blocks import read_blocks, read_text, read_text_lines
from tests.genome.fasta_files import bgzip

LINES = st.lists(st.text("ab \té\U0001f9ec", max_size=5), max_size=12)


def packed(content, how):
    if how == "gzip":
        return gzip.compress(content, mtime=0)
    if how == "members":
        half = len(content) // 2
        return gzip.compress(content[:half], mtime=0) + gzip.compress(content[half:], mtime=0)
    return bgzip(content, block=7) if how == "bgzip" else content


@given(
    LINES,
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["plain", "gzip", "members", "bgzip"]),
    st.integers(1, 9),
)
def test_lines_do_not_depend_on_packing_ends_or_blocks(
    tmp_path_factory, lines, line_break, how, block
):
    text = line_break.join(lines)
    path = tmp_path_factory.mktemp("text") / "x.txt"
    path.write_bytes(packed(text.encode(), how))
    expected = text.split(line_break)
    expected = expected[:-1] if expected[-1] == "" else expected
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_blocks, "BLOCK_BYTES", block)
        assert list(read_text_lines(path)) == expected
        assert read_text(path) == text.replace("\r\n", "\n")
        assert b"".join(read_blocks(path)) == text.encode()


@pytest.mark.parametrize("how", ["plain", "gzip", "bgzip"])
def test_a_byte_order_mark_is_left_out(tmp_path, how):
    path = tmp_path / "x.txt"
    path.write_bytes(packed("\ufeffa\tb\n".encode(), how))
    assert list(read_text_lines(path)) == ["a\tb"]
    assert read_text(path) == "a\tb\n"


def test_bytes_that_are_no_utf8_are_kept_visible(tmp_path):
    path = tmp_path / "x.txt"
    path.write_bytes(b"M\xfcller\nnext\n")
    assert read_text(path) == "M\\xfcller\nnext\n"
    assert list(read_text_lines(path)) == ["M\\xfcller", "next"]


def test_blank_lines_are_lines(tmp_path):
    path = tmp_path / "x.txt"
    path.write_bytes(b"\n\na\n\n")
    assert list(read_text_lines(path)) == ["", "", "a", ""]
    path.write_bytes(b"")
    assert list(read_text_lines(path)) == []
    assert read_text(path) == ""


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04rest", "a zip archive"),
        (b"BZh91AY", "compressed with bzip2"),
        (b"\xfd7zXZ\x00", "compressed with xz"),
        (b"\x28\xb5\x2f\xfd", "compressed with zstd"),
        (b"BAM\x01", "a BAM file"),
        (b"\x89HDF\r\n", "an HDF5 file"),
        ("text".encode("utf-16"), "UTF-16 text"),
        (b"chr1\t\x005\n", "a zero byte at offset 5"),
        (gzip.compress(b"BAM\x01", mtime=0), "a BAM file"),
        (gzip.compress(b"a\x00", mtime=0), "a zero byte at offset 1"),
    ],
)
def test_other_kinds_of_files_are_named(tmp_path, content, words):
    path = tmp_path / "x.txt"
    path.write_bytes(content)
    with pytest.raises(FormatError, match=f"plain text is needed, but this is .*{words}"):
        read_text(path)


@pytest.mark.parametrize("n_zeros", [1, 512, 70_000])
def test_zeros_behind_an_archive_are_padding(tmp_path, n_zeros):
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(b"a\nb\n", mtime=0) + b"\0" * n_zeros)
    assert list(read_text_lines(path)) == ["a", "b"]


def test_a_damaged_archive_names_the_line_before(tmp_path, monkeypatch):
    text = b"".join(b"%d\n" % k for k in range(1_000))
    content = bytearray(bgzip(text, block=500))
    path = tmp_path / "x.gz"
    path.write_bytes(bytes(content))
    content[BgzfText(path).offsets()[3][0] + 18] = 0xFF  # no such kind of deflate data
    path.write_bytes(bytes(content))
    monkeypatch.setattr(text_blocks, "BLOCK_BYTES", 64)
    read = []
    with pytest.raises(FormatError, match="damaged after line") as caught:
        read.extend(read_text_lines(path))
    assert read == [str(k) for k in range(len(read))]
    assert caught.value.line == len(read) > 0


def test_a_high_ratio_of_compression_comes_in_small_blocks(tmp_path):
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(b"A" * (30 << 20), mtime=0))
    sizes = [len(block) for block in read_blocks(path)]
    assert sum(sizes) == 30 << 20
    assert max(sizes) <= 2 * text_blocks.BLOCK_BYTES


def test_paths_that_are_no_file(tmp_path):
    (tmp_path / "genes.gtf").write_text("x")
    with pytest.raises(MissingFileError, match=r"Did you mean 'genes\.gtf'"):
        read_text(tmp_path / "gene.gtf")
    with pytest.raises(MissingFileError, match="does not exist either"):
        read_text(tmp_path / "none" / "genes.gtf")
    with pytest.raises(InputError, match="is a folder; a file is needed"):
        read_text(tmp_path)
