"""Gene files: their kind is told by content; tables of exons and sites; other files are named."""

from __future__ import annotations

import gzip

import pytest

from locuscope.errors import DataWarning, EmptySelectionError, FormatError, MissingFileError
from locuscope.genome.gene_files import read_gene_file, read_parquet, write_parquet
from locuscope.genome.gene_tables import SCHEMAS
from locuscope.genome.genes import Genes
from tests.genome import gene_toy
from tests.genome.gene_text import content


@pytest.fixture
def save(tmp_path):
    def write(lines, name="genes.txt"):
        path = tmp_path / name
        text = lines if isinstance(lines, str) else "\n".join(lines) + "\n"
        path.write_bytes(text.encode())
        return path

    return write


def test_exon_table_says_the_same_but_coding_parts_and_tags(save):
    one = content(Genes.read(save(gene_toy.gtf())))
    two = content(Genes.read(save(gene_toy.exon_table())))
    assert two["cds"] is None
    assert two["exons"] == one["exons"]
    assert two["transcripts"] == one["transcripts"]
    assert [row[:-1] for row in two["genes"]] == [row[:-1] for row in one["genes"]]


def test_filters_at_reading(save):
    path = save(gene_toy.gtf())
    assert Genes.read(path, chroms=["chr1"]).genes["chrom"].unique().to_list() == ["1"]
    assert len(Genes.read(path, gene_types=["protein_coding"])) == 2
    with pytest.raises(EmptySelectionError, match="lncRNA"):
        Genes.read(path, gene_types=["miRNA"])


def test_gzip_comments_and_line_ends(save):
    whole = content(Genes.read(save(gene_toy.gtf())))
    path = save("# made by hand\r\n" + "\r\n".join(gene_toy.gtf()) + "\r\n\r\n", "x.gtf")
    assert content(Genes.read(path)) == whole
    path.write_bytes(gzip.compress(path.read_bytes()))
    assert content(Genes.read(path)) == whole


@pytest.mark.parametrize(
    ("lines", "word"),
    [
        (["1\t5\t9\tname"], "BED"),
        (["##fileformat=VCFv4.2", "1\t5\t.\tA\tC\t.\t.\t."], "VCF"),
        ([">chr1", "ACGT"], "FASTA"),
        (["hello world"], "1 columns"),
        (["# nothing"], "no line that is not a comment"),
        (["1\tt\tregion\t1\t9\t.\t+\t.\tID=x"], "no gene"),
    ],
)
def test_other_files_are_named(save, lines, word):
    with pytest.raises(FormatError, match=word):
        Genes.read(save(lines))


def test_missing_file(tmp_path):
    with pytest.raises(MissingFileError):
        Genes.read(tmp_path / "none.gtf")


SITE_HEADER = "gene_id\tgene_name\tchrom\tstart\tend\tstrand\tacceptors\tdonors"


def test_splice_site_table(save):
    genes = Genes.read(save([SITE_HEADER, "g\tN\t1\t5\t90\t-\t20,40\t10", "h\t\t1\t5\t90\t+\t\t"]))
    assert genes.genes["gene_name"].to_list() == ["N", "h"]
    assert sorted(genes.sites.rows()) == [
        ("g", "1", "acceptor", 20, "-"),
        ("g", "1", "acceptor", 40, "-"),
        ("g", "1", "donor", 10, "-"),
    ]
    assert genes.select(gene_id="g").sites.equals(genes.sites)


@pytest.mark.parametrize(
    ("row", "word"),
    [
        ("g\tN\t1\t90\t5\t-\t\t", "start '90'"),
        ("g\tN\t1\t5\t90\t?\t\t", "strand"),
        ("g\tN\t1\t5\t90\t-\tx\t", "site 'x'"),
        ("g\tN\t1\t5\t90\t-\t20", "7 columns"),
        ("\tN\t1\t5\t90\t-\t\t", "gene_id is empty"),
    ],
)
def test_broken_rows_of_a_table(save, row, word):
    path = save([SITE_HEADER, "a\tA\t1\t5\t90\t-\t\t7", row])
    with pytest.raises(FormatError, match=word) as caught:
        Genes.read(path)
    assert caught.value.line == 3
    with pytest.warns(DataWarning, match="1 single lines"):
        assert len(Genes.read(path, on_bad="skip")) == 1


def test_columns_of_an_exon_table_in_any_order(save):
    plain = gene_toy.exon_table()
    turned = ["\t".join(reversed(line.split("\t"))) for line in plain]
    assert content(Genes.read(save(turned))) == content(Genes.read(save(plain)))
    commented = ["# made by hand", "", *plain, ""]
    assert content(Genes.read(save(commented))) == content(Genes.read(save(plain)))


EXON_HEADER = "chrom\tstart\tend\tstrand\tgene_id\ttranscript_id"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("1\t5\t5\t+\tg\tt", "start '5' and end '5' are no 0-based place"),
        ("1\t-1\t5\t+\tg\tt", "start '-1'"),
        ("1\t5\t9\t?\tg\tt", r"strand '\?' is none of"),
        ("1\t5\t9\t+\t\tt", "gene_id is empty"),
        ("1\t5\t9\t+\tg\t", "transcript_id is empty"),
        ("\t5\t9\t+\tg\tt", "chrom is empty"),
        ("1\t5\t9\t+\tg", "5 columns where the header has 6"),
    ],
)
def test_broken_rows_of_an_exon_table(save, row, words):
    path = save([EXON_HEADER, "1\t50\t90\t+\ta\tb", row])
    with pytest.raises(FormatError, match=words) as caught:
        Genes.read(path)
    assert caught.value.line == 3
    with pytest.warns(DataWarning, match="left out"):
        assert Genes.read(path, on_bad="skip").genes["gene_id"].to_list() == ["a"]


def test_a_file_of_broken_lines_alone_holds_no_gene(save):
    path = save([EXON_HEADER, "1\t5\t5\t+\tg\tt"])
    with (
        pytest.warns(DataWarning, match="1 transcripts"),
        pytest.raises(FormatError, match="holds no gene with an exon"),
    ):
        Genes.read(path, on_bad="skip")


def test_parquet_keeps_every_table_and_type(save, tmp_path):
    tables = read_gene_file(save(gene_toy.gtf()), "raise")
    path = tmp_path / "genes.parquet"
    write_parquet(tables, path)
    again = read_parquet(path)
    assert set(again) == set(SCHEMAS)
    for name, table in again.items():
        assert (table is None) == (tables[name] is None), name
        if table is not None:
            assert table.equals(tables[name])
            assert dict(table.schema) == SCHEMAS[name]
    renamed = path.rename(tmp_path / "genes.txt")
    assert read_gene_file(renamed, "raise")["exons"].equals(tables["exons"])


def test_parquet_of_sites_has_no_transcripts(save, tmp_path):
    tables = read_gene_file(save([SITE_HEADER, "g\tN\t1\t5\t90\t-\t20,40\t10"]), "raise")
    write_parquet(tables, tmp_path / "x.parquet")
    again = read_parquet(tmp_path / "x.parquet")
    assert again["sites"].equals(tables["sites"])
    assert len(again["transcripts"]) == len(again["exons"]) == 0
    assert again["cds"] is again["pas"] is None
