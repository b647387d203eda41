"""Variant files damaged at random: rows or a typed error, and lines that were not hit stay."""

from __future__ import annotations

import gzip
import os
import random
import warnings

import pytest

from locuscope.errors import DataWarning, LocuscopeError
from locuscope.genome.variant_table import VariantTable

META = (
    "##fileformat=VCFv4.2\n##contig=<ID=20,length=1000>\n"
    '##INFO=<ID=AC,Number=A,Type=Integer,Description="count">\n'
    '##FORMAT=<ID=GT,Number=1,Type=String,Description="alleles">\n'
    "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\ts1\n"
)
ROWS = [f"20\t{k}\trs{k}\tA\tC,G\t5\tPASS\tAC=1,2\tGT\t0|1\n" for k in range(1, 31)]
N_CASES = int(os.environ.get("LOCUSCOPE_FUZZ", "10"))


def damaged(content, rng):
    """One to five bytes flipped, cut out or put in, or the end cut off."""
    found = bytearray(content)
    for _ in range(rng.choice([1, 1, 2, 5])):
        at = rng.randrange(len(found))
        kind = rng.random()
        if kind < 0.6:
            found[at] = rng.randrange(256)
        elif kind < 0.75:
            del found[at : at + rng.randrange(1, 9)]
        elif kind < 0.9:
            found[at:at] = rng.randbytes(rng.randrange(1, 9))
        elif at > 8:
            del found[at:]
    return bytes(found)


def read(path):
    """The rows, or None where the file is refused."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        try:
            return VariantTable.read(path).table
        except LocuscopeError:
            return None


def bcf(tmp_path):
    """The toy rows as the bytes inside a BCF."""
    pysam = pytest.importorskip("pysam")
    text, path = tmp_path / "toy.vcf", tmp_path / "toy.bcf"
    text.write_text(META + "".join(ROWS))
    with (
        pysam.VariantFile(str(text)) as source,
        pysam.VariantFile(str(path), "wb", header=source.header) as target,
    ):
        for record in source:
            target.write(record)
    return gzip.decompress(path.read_bytes())


@pytest.mark.fault("V20")
@pytest.mark.parametrize("seed", range(20))
def test_lines_that_were_not_hit_keep_their_rows(tmp_path, seed):
    rng = random.Random(seed)
    path = tmp_path / "toy.vcf"
    for _ in range(N_CASES):
        body = damaged("".join(ROWS).encode(), rng)
        path.write_bytes(META.encode() + body)
        table = read(path)
        if table is None:
            continue
        lines = body.decode("utf-8", errors="backslashreplace").replace("\r\n", "\n").split("\n")
        whole = {k: line for k, line in enumerate(lines, 6) if f"{line}\n" in ROWS}
        for number, line in whole.items():
            rows = table.filter(table["line"] == number)
            expected = [(*line.split("\t")[:1], alt, "ok") for alt in ("C", "G")]
            assert rows.select("chrom", "alt", "status").rows() == expected
            assert str(rows["pos"][0]) == line.split("\t")[1]


@pytest.mark.fault("V16")
@pytest.mark.parametrize("seed", range(20))
def test_damaged_archives_are_refused_or_read(tmp_path, seed):
    rng = random.Random(seed)
    path = tmp_path / "toy.vcf.gz"
    content = gzip.compress((META + "".join(ROWS)).encode(), mtime=0)
    expected = read_whole(path, content)
    for _ in range(N_CASES):
        broken = damaged(content, rng)
        table = read_whole(path, broken)
        if table is not None:
            assert table.equals(expected)


@pytest.mark.fault("V20")
@pytest.mark.parametrize("seed", range(10))
def test_damaged_bcf_files_are_refused_or_read(tmp_path, seed, capfd):
    rng = random.Random(seed)
    content = bcf(tmp_path)
    path = tmp_path / "broken.bcf"
    for _ in range(N_CASES):
        broken = damaged(content, rng)
        read_whole(path, gzip.compress(broken, 1) if rng.random() < 0.3 else broken)
    assert len(read_whole(path, content)) == 60
    assert capfd.readouterr().err == ""


def read_whole(path, content):
    path.write_bytes(content)
    return read(path)
