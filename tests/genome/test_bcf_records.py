"""BCF: the rows of the VCF it was made of, without lines; refusals in sentences."""

from __future__ import annotations

import gzip
import hashlib
import os
import sys

import pytest

from locuscope.errors import FormatError, InputChangedError, MissingExtraError
from locuscope.genome import bcf_records
from locuscope.genome.bcf_records import is_bcf
from locuscope.genome.reference import Genome
from locuscope.genome.variant_parts import VariantSource
from locuscope.genome.variant_table import VariantTable
from locuscope.genome.vcf import read_vcf

pysam = pytest.importorskip("pysam")

META = (
    "##fileformat=VCFv4.2\n##contig=<ID=20,length=1000>\n##contig=<ID=HLA:1,length=1000>\n"
    '##INFO=<ID=END,Number=1,Type=Integer,Description="last base">\n'
    '##ALT=<ID=DEL,Description="gone">\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n'
)
ROWS = [
    ("20", 1, "rs1", "A", "C,G"),
    ("20", 2, ".", "C", "<DEL>"),
    ("20", 3, "a;b", "GT", "G,*"),
    ("20", 4, ".", "T", "."),
    ("20", 5, ".", "A", "A[20:9["),
    ("20", 6, ".", "N", "C"),
    ("HLA:1", 7, ".", "acg", "a"),
]


@pytest.fixture
def bcf(tmp_path):
    """The toy rows as VCF and as BCF."""
    text = tmp_path / "toy.vcf"
    text.write_text(META + "".join("\t".join(map(str, row)) + "\t.\t.\t.\n" for row in ROWS))
    return convert(text, tmp_path / "toy.bcf")


def convert(text, path):
    with (
        pysam.VariantFile(str(text)) as source,
        pysam.VariantFile(str(path), "wb", header=source.header) as target,
    ):
        for record in source:
            target.write(record)
    return path


@pytest.mark.parametrize("piece", [1, 3, 8_192])
@pytest.mark.parametrize("chunk_rows", [1, 2, 65_536])
def test_a_bcf_gives_the_rows_of_its_vcf(bcf, monkeypatch, piece, chunk_rows):
    monkeypatch.setattr(bcf_records, "_PIECE_RECORDS", piece)
    expected = VariantTable.read(bcf.with_name("toy.vcf")).table
    tables = list(read_vcf(bcf, chunk_rows=chunk_rows))
    found = VariantTable.concat(tables).table
    assert found.drop("line", "reason").equals(expected.drop("line", "reason"))
    assert found["line"].is_null().all()
    assert found["reason"][2] == "row 2: " + expected["reason"][2].partition(": ")[2]
    assert all(table.table["record"].n_unique() <= chunk_rows for table in tables)


def test_unpacked_bcf_and_wrong_names(bcf, tmp_path):
    expected = VariantTable.read(bcf).table
    plain = tmp_path / "plain.vcf.gz"
    plain.write_bytes(gzip.decompress(bcf.read_bytes()))
    assert VariantTable.read(plain).table.equals(expected)
    assert is_bcf(bcf)
    assert is_bcf(plain)
    assert not is_bcf(bcf.with_name("toy.vcf"))
    assert not is_bcf("-")
    assert not is_bcf(tmp_path)


def test_verdicts_of_a_genome_and_regions(bcf):
    genome = Genome.from_sequences({"20": "ACGTAN" + "A" * 100, "HLA:1": "A" * 100})
    table = VariantTable.read(bcf, genome=genome)
    assert table.table["status"].to_list()[-2:] == ["non_acgtn", "ref_mismatch"]
    assert table.table["reason"][-1].startswith("row 7: REF is 'ACG'")
    kept = VariantTable.read(bcf, regions="20:3-4").table
    assert kept.select("record", "pos", "alt").rows() == [(0, 3, "G"), (0, 3, "*"), (1, 4, ".")]


def test_parts_and_digest_of_a_bcf(bcf):
    source = VariantSource(bcf)
    assert [len(part) for part in source.parts(None, 4)] == [4, 4, 1]
    assert source.digest == hashlib.sha256(bcf.read_bytes()).hexdigest()


def test_a_bcf_without_records(tmp_path):
    text = tmp_path / "none.vcf"
    text.write_text(META)
    (table,) = read_vcf(convert(text, tmp_path / "none.bcf"))
    assert len(table) == 0


def test_without_pysam_the_extra_is_named(bcf, monkeypatch):
    monkeypatch.setitem(sys.modules, "pysam", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'locuscope\[io\]'") as caught:
        VariantTable.read(bcf)
    assert caught.value.extra == "io"


@pytest.mark.fault("V16")
def test_cut_and_damaged_bcf_files(bcf, capfd):
    packed = bcf.read_bytes()
    bcf.write_bytes(packed[:-28])
    with pytest.raises(FormatError, match="ends early"):
        VariantTable.read(bcf)
    content = gzip.decompress(packed)
    bcf.write_bytes(content[: len(content) - 20])
    with pytest.raises(FormatError, match=r"records after number \d are damaged"):
        VariantTable.read(bcf)
    bcf.write_bytes(b"BCF\x02\x02" + b"\xff" * 40)
    with pytest.raises(FormatError, match="header of this BCF"):
        VariantTable.read(bcf)
    bcf.write_bytes(packed)
    assert len(VariantTable.read(bcf)) == 9
    assert capfd.readouterr().err == ""


@pytest.mark.fault("V18")
def test_a_bcf_from_a_pipe_is_refused_with_a_way_out(bcf, monkeypatch):
    with bcf.open() as handle:
        monkeypatch.setattr("sys.stdin", handle)
        with pytest.raises(FormatError, match=r"BCF from a pipe \(save it as a file"):
            VariantTable.read("-")


@pytest.mark.fault("V19")
def test_a_bcf_that_changes_while_it_is_read(bcf, monkeypatch):
    monkeypatch.setattr(bcf_records, "_PIECE_RECORDS", 1)
    tables = read_vcf(bcf, chunk_rows=1)
    next(tables)
    os.utime(bcf, ns=(1, 1))
    with pytest.raises(InputChangedError, match="mtime_ns"):
        list(tables)
