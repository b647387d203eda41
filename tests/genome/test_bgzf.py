"""Block-compressed text: told from gzip, read in pieces, refused when cut."""

from __future__ import annotations

import gzip
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import FormatError
from locuscope.genome.bgzf import BgzfText, compression
from locuscope.genome.fasta_index import build_index
from tests.genome.fasta_files import TOY, bgzip, fasta, plain_gzip


def write(folder, content, name="x.fa"):
    path = folder / name
    path.write_bytes(content)
    return path


def test_bgzip_blocks(tmp_path):
    text = fasta(TOY)
    path = write(tmp_path, bgzip(text, block=100), "x.fa.gz")
    blocks = BgzfText(path)
    assert gzip.decompress(path.read_bytes()) == text
    assert blocks.size == len(text)
    for offset, size in ((0, 5), (95, 10), (0, len(text)), (len(text) - 3, 99), (len(text), 5)):
        assert blocks.read(offset, size) == text[offset : offset + size]
    packed = blocks.pack_gzi()
    assert blocks.has_gzi(packed)
    assert struct.unpack("<Q", packed[:8])[0] == -(-len(text) // 100) - 1
    with_end = struct.pack("<Q", len(packed) // 16 + 1) + packed[8:]
    with_end += struct.pack("<QQ", path.stat().st_size - 28, len(text))
    assert blocks.has_gzi(with_end)
    for wrong in (b"", packed[:-1], packed[:-16], packed.replace(packed[8:16], b"\x07" * 8)):
        assert not blocks.has_gzi(wrong)
    assert build_index(path) == build_index(write(tmp_path, text))


@pytest.mark.fault("F6")
def test_compression(tmp_path):
    text = fasta(TOY)
    assert compression(write(tmp_path, text)) == "plain"
    assert compression(write(tmp_path, bgzip(text))) == "bgzip"
    assert compression(write(tmp_path, b"")) == "plain"
    path = write(tmp_path, plain_gzip(text))
    assert compression(path) == "gzip"
    with pytest.raises(FormatError, match="recompress with bgzip"):
        build_index(path)


@pytest.mark.fault("F5")
@pytest.mark.parametrize("keep", [-40, -200, 50])
def test_a_cut_bgzip_file(tmp_path, keep):
    path = write(tmp_path, bgzip(fasta(TOY), block=100)[:keep], "x.fa.gz")
    with pytest.raises(FormatError, match=r"ends early|no bgzip block"):
        BgzfText(path)
    with pytest.raises(FormatError):
        build_index(path)


@given(st.binary(max_size=300), st.integers(1, 80), st.integers(0, 310), st.integers(0, 310))
def test_any_blocks_give_any_part(tmp_path_factory, text, block, offset, size):
    path = write(tmp_path_factory.mktemp("bgzf"), bgzip(text, block=block), "x.gz")
    blocks = BgzfText(path)
    assert blocks.size == len(text)
    assert blocks.read(offset, size) == text[offset : offset + size]
    assert [start for _, start in blocks.offsets()] == list(range(block, len(text), block))
    assert blocks.has_gzi(blocks.pack_gzi())


def test_an_empty_text_is_its_end_block_alone(tmp_path):
    blocks = BgzfText(write(tmp_path, bgzip(b""), "x.gz"))
    assert (blocks.size, blocks.offsets(), blocks.read(0, 9)) == (0, [], b"")
    assert blocks.pack_gzi() == bytes(8)


def test_an_index_of_other_blocks_is_refused(tmp_path):
    text = fasta(TOY)
    one = BgzfText(write(tmp_path, bgzip(text, block=100), "a.gz"))
    two = BgzfText(write(tmp_path, bgzip(text, block=101), "b.gz"))
    assert not one.has_gzi(two.pack_gzi())
    assert not two.has_gzi(one.pack_gzi())
    beyond = struct.pack("<QQ", 10**6, len(text) + 1)
    packed = one.pack_gzi()
    assert not one.has_gzi(struct.pack("<Q", len(packed) // 16 + 1) + packed[8:] + beyond)


def test_a_damaged_block_is_named_and_the_others_are_read(tmp_path):
    text = fasta(TOY)
    content = bytearray(bgzip(text, block=100))
    path = write(tmp_path, bytes(content), "x.gz")
    second = BgzfText(path).offsets()[0][0]
    content[second + 25] ^= 0xFF
    path.write_bytes(bytes(content))
    blocks = BgzfText(path)
    assert blocks.read(0, 100) == text[:100]
    assert blocks.read(200, 50) == text[200:250]
    with pytest.raises(FormatError, match=f"the block at byte {second:,} is damaged"):
        blocks.read(90, 20)


def test_a_foreign_extra_field_before_the_block_size(tmp_path):
    """The size may stand behind other fields of the header."""
    plain = bgzip(b"ACGT\n")
    size = int.from_bytes(plain[16:18], "little") + 1
    other = b"XY\x03\x00abc"
    extra = other + plain[12:16] + (size + len(other) - 1).to_bytes(2, "little")
    head = plain[:10] + len(extra).to_bytes(2, "little") + extra
    path = write(tmp_path, head + plain[18:], "x.gz")
    assert BgzfText(path).read(0, 99) == b"ACGT\n"
