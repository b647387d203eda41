from __future__ import annotations

import gzip
import struct
import sys
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from locuscope.effects.results.vcf_output import VcfOutput, write_index
from locuscope.effects.variant_scores import VariantScores
from tests.effects.made_scores import made, vcf_of

END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")


def blocks(data: bytes) -> list[bytes]:
    """The blocks of a BGZF file, read by hand from the specification."""
    texts, place = [], 0
    while place < len(data):
        assert data[place : place + 4] == b"\x1f\x8b\x08\x04"
        assert data[place + 12 : place + 14] == b"BC"
        size = struct.unpack_from("<H", data, place + 16)[0] + 1
        text = zlib.decompress(data[place + 18 : place + size - 8], -15)
        crc, length = struct.unpack_from("<II", data, place + size - 8)
        assert (crc, length) == (zlib.crc32(text), len(text))
        assert len(text) <= 65_536
        texts.append(text)
        place += size
    return texts


@settings(deadline=None, max_examples=20)
@given(st.lists(st.integers(0, 150_000), max_size=5), st.integers(0, 9))
def test_text_of_any_length_is_blocks(tmp_path_factory, sizes, seed):
    import random

    place = tmp_path_factory.mktemp("bgzf") / "x.vcf.gz"
    output = VcfOutput(place)
    source = random.Random(seed)
    texts = [source.randbytes(size) for size in sizes]
    for text in texts:
        output.header(text)
    output.close()
    data = place.read_bytes()
    assert b"".join(blocks(data)) == b"".join(texts) == gzip.decompress(data)
    assert data.endswith(END)


def test_plain_text_stays_plain(tmp_path):
    output = VcfOutput(tmp_path / "x.vcf")
    output.header(b"##a\n")
    output.record(b"1\t5\n")
    output.close()
    assert (tmp_path / "x.vcf").read_bytes() == b"##a\n1\t5\n"
    assert write_index(tmp_path / "x.vcf", output) == "plain text has no index"


def test_an_index_finds_the_records_of_a_region(tmp_path):
    pysam = pytest.importorskip("pysam")
    scores = made(200, has_parts=False, statuses=("ok",))
    source = vcf_of(scores, tmp_path / "in.vcf")
    path = scores.to_vcf(tmp_path / "out.vcf.gz", source)
    assert (tmp_path / "out.vcf.gz.tbi").is_file()
    table = scores.variants.table
    with pysam.TabixFile(str(path)) as file:
        for contig in ("1", "2"):
            found = [int(line.split("\t")[1]) for line in file.fetch(contig, 3_000, 7_000)]
            expected = table.filter(chrom=contig)["pos"]
            assert found == [p for p in expected.to_list() if 3_000 < p <= 7_000]
    with pysam.VariantFile(str(path)) as file:
        rows = {(r.chrom, r.pos, r.alts[0]): r for r in file}
    first = rows[(table["chrom"][0], table["pos"][0], table["alt"][0])]
    assert list(first.info["LSC_STATUS"]) == ["ok"]
    assert first.info["LSC_toy_net_diff"] == pytest.approx(scores.scores["diff"][0], rel=1e-5)
    assert VariantScores.open(path).summary() == scores.summary()


def test_two_indexes_are_byte_equal_and_old_ones_go(tmp_path):
    pytest.importorskip("pysam")
    scores = made(20, has_parts=False)
    found = set()
    for _ in range(2):
        (tmp_path / "x.vcf.gz.csi").write_bytes(b"old")
        (tmp_path / "x.vcf.gz.tbi").write_bytes(b"old")
        scores.to_vcf(tmp_path / "x.vcf.gz")
        assert not (tmp_path / "x.vcf.gz.csi").exists()
        found.add((tmp_path / "x.vcf.gz.tbi").read_bytes())
    assert len(found) == 1


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ((b"1\t9\t.\tA\tC\n", b"1\t8\t.\tA\tC\n"), "not sorted by position"),
        ((b"1\t9\t.\tA\tC\n", b"2\t1\t.\tA\tC\n", b"1\t10\t.\tA\tC\n"), "of 1 are scattered"),
        ((b"1\tx\t.\tA\tC\n",), "no contig and position"),
        ((b"1\t9\n",), "no contig and position"),
    ],
)
def test_records_that_are_not_sorted_have_no_index(tmp_path, lines, words):
    output = VcfOutput(tmp_path / "x.vcf.gz")
    output.header(b"##fileformat=VCFv4.3\n#CHROM\tPOS\tID\tREF\tALT\n")
    for line in lines:
        output.record(line)
    output.close()
    (tmp_path / "x.vcf.gz.tbi").write_bytes(b"of an older file")
    assert words in write_index(tmp_path / "x.vcf.gz", output)
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.vcf.gz"]


def test_positions_beyond_2_to_29_have_the_other_index(tmp_path):
    pysam = pytest.importorskip("pysam")
    output = VcfOutput(tmp_path / "x.vcf.gz")
    output.header(b"##fileformat=VCFv4.3\n##contig=<ID=1>\n")
    output.header(b"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n")
    output.record(b"1\t600000000\t.\tA\tC\t.\t.\t.\n")
    output.close()
    assert write_index(tmp_path / "x.vcf.gz", output) is None
    assert (tmp_path / "x.vcf.gz.csi").is_file()
    with pysam.TabixFile(str(tmp_path / "x.vcf.gz"), index=str(tmp_path / "x.vcf.gz.csi")) as file:
        assert len(list(file.fetch("1", 599_999_999, 600_000_000))) == 1


def test_without_pysam_the_file_is_complete_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pysam", None)
    scores = made(20, has_parts=False)
    path = scores.to_vcf(tmp_path / "x.vcf.gz")
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.vcf.gz"]
    found = VariantScores.open(path)
    assert found.status == scores.status
    assert found.summary() == f"{scores.summary()}; x.vcf.gz has no index"
    output = VcfOutput(tmp_path / "y.vcf.gz")
    output.close()
    assert "locuscope[io]" in write_index(tmp_path / "y.vcf.gz", output)
