"""VCF files that are cut, packed, renamed, no files, or change while they are read."""

from __future__ import annotations

import gzip
import os
import threading
import zlib

import pytest

from locuscope.errors import FormatError, InputChangedError, InputError, MissingFileError
from locuscope.genome import text_blocks
from locuscope.genome.variant_table import VariantTable
from locuscope.genome.vcf import read_vcf

HEADER = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
ROW = "20\t{pos}\trs{pos}\tA\tC\t.\t.\t.\n"
CLEAN = HEADER + "".join(ROW.format(pos=pos) for pos in range(1, 41))
BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")


@pytest.fixture
def save(tmp_path):
    def write(content, name="toy.vcf"):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def bgzf(content, block=500):
    """Blocks of a bgzip file, without the end block."""
    blocks = []
    for k in range(0, len(content), block):
        engine = zlib.compressobj(6, zlib.DEFLATED, -15)
        body = engine.compress(content[k : k + block]) + engine.flush()
        extra = b"BC\x02\x00" + (len(body) + 25).to_bytes(2, "little")
        tail = zlib.crc32(content[k : k + block]).to_bytes(4, "little")
        tail += len(content[k : k + block]).to_bytes(4, "little")
        blocks.append(b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\x06\x00" + extra + body + tail)
    return b"".join(blocks)


def statuses(path, **options):
    return VariantTable.read(path, **options).table["status"].to_list()


@pytest.mark.fault("V16")
@pytest.mark.parametrize("pack", [gzip.compress, lambda raw: bgzf(raw) + BGZF_END])
def test_truncated_archives_say_after_which_line(save, pack):
    packed = pack(CLEAN.encode())
    assert statuses(save(packed)) == ["ok"] * 40
    for cut in (len(packed) - 1, len(packed) // 2, 40):
        with pytest.raises(FormatError, match=r"ends early after line \d+"):
            VariantTable.read(save(packed[:cut]))


@pytest.mark.fault("V16")
def test_bgzip_without_end_block_is_refused_before_the_first_row(save):
    path = save(bgzf(CLEAN.encode()))
    with pytest.raises(FormatError, match="ends early after line 42") as caught:
        next(iter(read_vcf(path)))
    assert caught.value.line == 42


@pytest.mark.fault("V16")
def test_garbage_behind_the_end_and_flipped_bytes(save):
    for packed in (gzip.compress(CLEAN.encode()), bgzf(CLEAN.encode()) + BGZF_END):
        with pytest.raises(FormatError, match="trailing garbage"):
            VariantTable.read(save(packed + b"garbage"))
        flipped = bytearray(packed)
        flipped[len(packed) // 2] ^= 255
        with pytest.raises(FormatError, match=r"damaged|ends early"):
            VariantTable.read(save(bytes(flipped)))
    padded = gzip.compress(CLEAN.encode()) + b"\0" * 512
    assert statuses(save(padded)) == ["ok"] * 40


@pytest.mark.fault("V16")
def test_the_name_of_a_file_does_not_matter(save):
    assert statuses(save(CLEAN, name="plain.vcf.gz")) == ["ok"] * 40
    assert statuses(save(gzip.compress(CLEAN.encode()), name="packed.vcf")) == ["ok"] * 40


@pytest.mark.fault("V16")
@pytest.mark.parametrize(
    ("content", "word"),
    [
        (gzip.compress(b"BCF\x02\x02", mtime=0), "BCF"),
        (b"PK\x03\x04", "zip"),
        (b"BZh9", "bzip2"),
        (b"\x28\xb5\x2f\xfd", "zstd"),
        (b"PAR1", "parquet"),
    ],
)
def test_other_formats_are_named(save, content, word):
    with pytest.raises(FormatError, match=word):
        VariantTable.read(save(content))


@pytest.mark.fault("V17")
def test_long_columns_are_skipped_and_too_long_ones_refused(save, monkeypatch):
    long_samples = "20\t1\t.\tA\tC\t" + "0|1\t" * 2_000_000 + "\n"
    assert statuses(save(HEADER + long_samples * 2)) == ["ok", "ok"]
    monkeypatch.setattr("locuscope.genome.vcf_lines.MAX_COLUMNS_BYTES", 1 << 20)
    with pytest.raises(FormatError, match="first five columns"):
        VariantTable.read(save(HEADER + "20\t1\t.\t" + "A" * (4 << 20) + "\tC\n"))


@pytest.mark.fault("V18")
def test_pipes_links_and_standard_input(save, tmp_path, monkeypatch):
    path = save(CLEAN)
    link = tmp_path / "link.vcf"
    link.symlink_to(path)
    assert statuses(link) == ["ok"] * 40
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(bgzf(CLEAN.encode()) + BGZF_END,))
    writer.start()
    assert statuses(pipe) == ["ok"] * 40
    writer.join()
    with path.open() as handle:
        monkeypatch.setattr("sys.stdin", handle)
        assert statuses("-") == ["ok"] * 40


@pytest.mark.fault("V18")
def test_folders_missing_and_unreadable_files(save, tmp_path, monkeypatch):
    save(CLEAN, name="people.vcf")
    with pytest.raises(MissingFileError, match=r"Did you mean 'people\.vcf'") as caught:
        VariantTable.read(tmp_path / "peple.vcf")
    assert isinstance(caught.value, FileNotFoundError)
    with pytest.raises(MissingFileError, match="does not exist either"):
        VariantTable.read(tmp_path / "nowhere" / "x.vcf")
    with pytest.raises(InputError, match="is a folder"):
        VariantTable.read(tmp_path)

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(InputError, match="Permission denied"):
        VariantTable.read(tmp_path / "people.vcf")


@pytest.mark.fault("V19")
def test_a_file_that_grows_while_read_is_noticed(save, monkeypatch):
    monkeypatch.setattr(text_blocks, "BLOCK_BYTES", 200)
    path = save(CLEAN)
    tables = read_vcf(path, chunk_rows=2)
    next(tables)
    with path.open("a") as handle:
        handle.write(ROW.format(pos=99))
    with pytest.raises(InputChangedError, match="size") as caught:
        list(tables)
    assert caught.value.after > caught.value.before
