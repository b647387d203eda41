"""The VCF door against its slow twin."""

from __future__ import annotations

import gzip
import warnings

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from locuscope.errors import DataWarning, OptionError
from locuscope.genome.reference import Genome
from locuscope.genome.variant_parts import VariantSource
from locuscope.genome.variant_table import VariantTable
from locuscope.genome.vcf import read_vcf
from tests.genome.vcf_text import HEADER, rows_of, write
from tests.oracles import vcf_oracle

cell = st.sampled_from(
    ["20", "chr1", "HLA:1", "", "0", "1", "77", "-1", "1e3", "2147483648", "A", "g", "AC", "N", "."]
    + ["*", "<DEL>", "<*>", "A]1:5]", "[1:5[T", ".A", "A,T", "A,,T", "A T", "<INS>X>", "R,C,<X>"]
)


rows = st.lists(st.lists(cell, min_size=1, max_size=9), max_size=12)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=rows, chunk_rows=st.integers(1, 5), newline=st.sampled_from(["\n", "\r\n"]))
def test_any_rows_equal_the_slow_twin(tmp_path, rows, chunk_rows, newline):
    path = tmp_path / "random.vcf"
    text = HEADER + "".join("\t".join(row) + "\n" for row in rows)
    path.write_bytes(text.replace("\n", newline).encode())
    tables = list(read_vcf(path, chunk_rows=chunk_rows))
    assert rows_of(VariantTable.concat(tables)) == vcf_oracle.read(path)
    assert all(table.table["record"].n_unique() <= chunk_rows for table in tables)


ALLELE = st.sampled_from(["A", "c", "GT", "N", "*", ".", "<DEL>", "A]1:5]", "", "T T", "é"])
RECORD = st.tuples(
    st.sampled_from(["20", "chr20", "7", "", "a b"]),
    st.sampled_from(["1", "5", "200", "400", "-1", "x", "99999999999"]),
    st.sampled_from([".", "rs1", "rs1", "a;b"]),
    ALLELE,
    st.lists(ALLELE, min_size=1, max_size=4),
)


@pytest.mark.fault("V20")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    records=st.lists(RECORD, max_size=15),
    chunk_rows=st.integers(1, 6),
    part_rows=st.integers(1, 9),
    is_packed=st.booleans(),
)
def test_rows_out_are_alleles_in(tmp_path, records, chunk_rows, part_rows, is_packed):
    """Conservation: one row per ALT, in order, with the texts of the file and one verdict each."""
    path = tmp_path / "any.vcf"
    lines = [
        f"{chrom}\t{pos}\t{name}\t{ref}\t{','.join(alts)}\n"
        for chrom, pos, name, ref, alts in records
    ]
    content = (HEADER + "".join(lines)).encode()
    path.write_bytes(gzip.compress(content) if is_packed else content)
    alleles = [
        (line, record, k, chrom, name, ref.upper(), alt.upper())
        for record, (line, (chrom, _, name, ref, alts)) in enumerate(enumerate(records, 3))
        for k, alt in enumerate(alts, 1)
    ]
    genome = Genome.from_sequences({"20": "ACGT" * 60}, name="toy")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        whole = VariantTable.concat(list(read_vcf(path, genome=genome, chunk_rows=chunk_rows)))
        parts = VariantTable.concat(list(VariantSource(path).parts(genome, part_rows)))
    columns = ("line", "record", "alt_index", "chrom", "id", "ref", "alt")
    found = [(*row[:5], row[5].upper(), row[6].upper()) for row in whole.table[columns].rows()]
    assert found == alleles
    assert (whole.table["reason"].is_null() == (whole.table["status"] == "ok")).all()
    assert sum(whole.counts().values()) == len(alleles)
    assert parts.table.equals(whole.table)
    assert parts.notes == whole.notes


def test_block_borders_change_nothing(tmp_path, monkeypatch):
    path = write(
        tmp_path, *[("20", k + 1, f"rs{k}", "A", "C,G", ".", ".", "X" * k) for k in range(90)]
    )
    whole = rows_of(VariantTable.read(path))
    for size in (1, 7, 64, 1_000):
        monkeypatch.setattr("locuscope.genome.text_blocks.BLOCK_BYTES", size)
        assert rows_of(VariantTable.read(path)) == whole


def test_sample_columns_are_never_looked_at(tmp_path):
    path = write(tmp_path, ("20", 5, "rs1", "A", "C", "x\ty", "\x01", "0|1" * 9_000))
    assert rows_of(VariantTable.read(path))[0][4:] == ("20", 5, "rs1", "A", "C", "ok")


def test_file_without_rows_gives_one_empty_table(tmp_path):
    tables = list(read_vcf(write(tmp_path)))
    assert [len(table) for table in tables] == [0]
    assert tables[0].table.columns == VariantTable.from_variants([]).table.columns


@pytest.mark.parametrize("chunk_rows", [0, -1, 1.5, True])
def test_chunk_rows_are_whole_and_positive(tmp_path, chunk_rows):
    with pytest.raises(OptionError, match="chunk_rows"):
        read_vcf(write(tmp_path), chunk_rows=chunk_rows)


def test_reasons_name_line_and_column(tmp_path):
    table = VariantTable.read(write(tmp_path, ("20", "x", ".", "A", "C"), ("20", 9)))
    assert table.table["reason"].to_list() == [
        "line 3, column 2: POS 'x' is no whole number",
        "line 4, column 3: only 2 columns; a record has at least 5, parted by tabs",
    ]


def test_gzip_and_plain_give_the_same_rows(tmp_path):
    path = write(tmp_path, *[("20", k + 1, ".", "A", "C") for k in range(5_000)])
    packed = tmp_path / "toy.txt"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert rows_of(VariantTable.read(packed)) == rows_of(VariantTable.read(path))
