"""Small VCF files, and the rows of a table of alleles."""

from __future__ import annotations

from hypothesis import strategies as st

HEADER = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"


COLUMNS = ("line", "record", "alt_index", "n_alts", "chrom", "pos", "id", "ref", "alt", "status")


def write(tmp_path, *rows, header=HEADER, name="toy.vcf"):
    path = tmp_path / name
    path.write_text(header + "".join("\t".join(map(str, row)) + "\n" for row in rows))
    return path


def rows_of(table):
    return table.table.select(COLUMNS).rows()


cell = st.sampled_from(
    ["20", "chr1", "HLA:1", "", "0", "1", "77", "-1", "1e3", "2147483648", "A", "g", "AC", "N", "."]
    + ["*", "<DEL>", "<*>", "A]1:5]", "[1:5[T", ".A", "A,T", "A,,T", "A T", "<INS>X>", "R,C,<X>"]
)


rows = st.lists(st.lists(cell, min_size=1, max_size=9), max_size=12)
