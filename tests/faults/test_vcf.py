"""Broken VCF files: every fault has its verdict, no row is lost, only typed errors leave."""

from __future__ import annotations

import warnings

import pytest

from locuscope.errors import (
    AssemblyMismatchError,
    DataWarning,
    FormatError,
)
from locuscope.genome.reference import Genome
from locuscope.genome.variant_table import VariantTable

META = "##fileformat=VCFv4.2\n"
COLUMNS = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
ROW = "20\t{pos}\trs{pos}\tA\tC\t.\t.\t.\n"
CLEAN = META + COLUMNS + "".join(ROW.format(pos=pos) for pos in range(1, 41))


@pytest.fixture
def save(tmp_path):
    def write(content, name="toy.vcf"):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def statuses(path, **options):
    return VariantTable.read(path, **options).table["status"].to_list()


def one(save, chrom="20", pos="1", ref="A", alt="C"):
    return statuses(save(META + COLUMNS + f"{chrom}\t{pos}\t.\t{ref}\t{alt}\n"))


@pytest.mark.fault("V1")
def test_empty_file_is_refused_and_files_without_rows_or_samples_are_fine(save):
    for content in ("", "\n\n"):
        with pytest.raises(FormatError, match="empty file") as caught:
            VariantTable.read(save(content))
        assert caught.value.code == "format"
    assert statuses(save(META + COLUMNS)) == []
    assert statuses(save(META + "#CHROM\tPOS\tID\tREF\tALT\n20\t1\t.\tA\tC\n")) == ["ok"]


@pytest.mark.fault("V2")
@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ("", "20"),
        ("#CHROM POS ID REF ALT\n", "#CHROM POS"),
        ("#Chrom\tPOS\tID\tREF\tALT\n", "#Chrom"),
        ("#CHROM\tPOS\tREF\tALT\n", "'REF', 'ALT'"),
    ],
)
def test_missing_or_misspelt_header_line_is_shown(save, columns, words):
    path = save(META + columns + ROW.format(pos=1))
    with pytest.raises(FormatError) as caught:
        VariantTable.read(path)
    assert words in str(caught.value)
    assert f"{path}:2:" in str(caught.value)
    assert caught.value.line == 2


@pytest.mark.fault("V2")
def test_utf16_is_named_and_a_byte_order_mark_accepted(save):
    with pytest.raises(FormatError, match="UTF-16"):
        VariantTable.read(save(CLEAN.encode("utf-16")))
    with pytest.raises(FormatError, match="zero byte"):
        VariantTable.read(save(CLEAN.encode("utf-16-le")))
    assert statuses(save(b"\xef\xbb\xbf" + CLEAN.encode())) == ["ok"] * 40


@pytest.mark.fault("V2")
def test_stray_lines_and_odd_versions_keep_the_rows_and_are_said(save):
    stray = META + "hello\n" + "20\t7\t.\tA\tC\n" + COLUMNS + ROW.format(pos=9)
    with pytest.warns(DataWarning, match=r":2: 2 lines above #CHROM \(line 4\)"):
        table = VariantTable.read(save(stray))
    assert table.table["line"].to_list() == [3, 5]
    with pytest.warns(DataWarning, match="VCFv3"):
        assert statuses(save("##fileformat=VCFv3.3\n" + COLUMNS + ROW.format(pos=9))) == ["ok"]


@pytest.mark.fault("V3")
@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.rstrip("\n"),
        lambda text: text.replace("\n", "\r\n").rstrip("\n"),
        lambda text: text + "\n\n\r\n",
    ],
)
def test_line_ends_make_no_difference(save, change):
    short = META + "#CHROM\tPOS\tID\tREF\tALT\n" + "20\t1\tx\tA\tC\n" * 9
    for text in (CLEAN, short):
        clean = VariantTable.read(save(text)).table
        assert VariantTable.read(save(change(text))).table.equals(clean)


@pytest.mark.fault("V4")
@pytest.mark.parametrize(
    "pos", [".", "-1", "123abc", "0", "", "1e3", "+5", " 5", "2147483648", "9" * 400, "५"]
)
def test_bad_positions_are_malformed(save, pos):
    table = VariantTable.read(save(META + COLUMNS + f"20\t{pos}\t.\tA\tC\n"))
    assert table.table["status"].to_list() == ["malformed"]
    assert table.table["pos"].to_list() == [None]
    assert "line 3, column 2" in table.table["reason"][0]


@pytest.mark.fault("V4")
def test_position_above_the_contig_is_off_edge(save):
    genome = Genome.from_sequences({"20": "ACGT"})
    path = save(META + COLUMNS + "20\t5\t.\tA\tC\n20\t2147483647\t.\tA\tC\n")
    assert statuses(path, genome=genome) == ["off_edge", "off_edge"]


@pytest.mark.fault("V5")
@pytest.mark.parametrize(
    ("ref", "status"),
    [(".", "malformed"), ("C,A", "malformed"), ("B", "non_acgtn"), ("R", "non_acgtn"), ("a", "ok")]
    + [("", "malformed"), ("<DEL>", "malformed"), ("*", "malformed"), ("N", "non_acgtn")],
)
def test_reference_alleles(save, ref, status):
    assert one(save, ref=ref) == [status]


ALTS = {
    ".": "missing_alt",
    "*": "star",
    "<DEL>": "symbolic",
    "<*>": "symbolic",
    "<NON_REF>": "symbolic",
    "N": "non_acgtn",
    "A T": "malformed",
    "<INS>BLAH>": "malformed",
    "[1:100[": "malformed",
    "]1:100]A": "breakend",
    ".A": "breakend",
    "A.": "breakend",
    "A": "ref_equals_alt",
    "a": "ref_equals_alt",
    "-": "malformed",
}


@pytest.mark.fault("V6")
@pytest.mark.parametrize(("alt", "status"), ALTS.items())
def test_alternative_alleles_and_their_siblings(save, alt, status):
    assert one(save, alt=alt) == [status]
    assert one(save, alt=f"G,{alt},T") == ["ok", status, "ok"]


@pytest.mark.fault("V6")
def test_an_empty_allele_in_a_list_keeps_its_place(save):
    assert one(save, alt="G,,T") == ["ok", "malformed", "ok"]
    assert one(save, alt="G,") == ["ok", "malformed"]


@pytest.mark.fault("V7")
def test_five_hundred_alleles_of_one_record(save):
    alts = ["C" * k for k in range(1, 501)]
    table = VariantTable.read(save(META + COLUMNS + f"20\t1\t.\tA\t{','.join(alts)}\n")).table
    assert table["alt"].to_list() == alts
    assert table["alt_index"].to_list() == list(range(1, 501))
    assert table["n_alts"].unique().to_list() == [500]


@pytest.mark.fault("V9")
def test_file_order_is_kept(save):
    places = [("2", 9), ("1", 5), ("2", 3), ("1", 5)]
    text = META + COLUMNS + "".join(f"{c}\t{p}\t.\tA\tC\n" for c, p in places)
    assert VariantTable.read(save(text)).table.select("chrom", "pos").rows() == places


@pytest.mark.fault("V10")
def test_ids_are_kept_verbatim(save):
    ids = ["rs1", "rs1", ".", "a;b", "naïve-☃", "=cmd()", "<b>", ""]
    text = META + COLUMNS + "".join(f"20\t1\t{name}\tA\tC\n" for name in ids)
    assert VariantTable.read(save(text)).table["id"].to_list() == ids
    latin = (META + COLUMNS).encode() + b"20\t1\tcaf\xe9\tA\tC\n"
    assert VariantTable.read(save(latin)).table["id"].to_list() == ["caf\\xe9"]


@pytest.mark.fault("V11")
@pytest.mark.parametrize("chrom", ["<2>", "chr:1", "chr*1", "chr 1", "", "a,b", "x" * 256])
def test_texts_that_name_no_contig_are_malformed(save, chrom):
    assert one(save, chrom=chrom) == ["malformed"]


@pytest.mark.fault("V11")
def test_contig_spellings(save):
    genome = Genome.from_sequences({"20": "AAAA", "chrM": "AAAA", "HLA-A*01:01": "AAAA"})
    names = ["20", "chr20", "MT", "HLA-A*01:01", "7", "Chr20"]
    text = "".join(f"{name}\t1\t.\tA\tC\n" for name in names)
    with pytest.warns(DataWarning) as caught:
        table = VariantTable.read(save(META + COLUMNS + text), genome=genome)
    assert len(caught) == 2
    assert table.table["status"].to_list() == ["ok"] * 4 + ["contig_missing"] * 2
    assert "did you mean '20'" in table.table["reason"][5]
    named = META + "##contig=<assembly=x,ID=HLA-A*01:01,length=4>\n" + COLUMNS + text
    assert statuses(save(named))[3] == "ok"
    assert statuses(save(META + COLUMNS + text))[3] == "malformed"


@pytest.mark.fault("V12")
def test_mismatches_are_flagged_and_many_stop_the_run(save):
    genome = Genome.from_sequences({"20": "A" * 100 + "C" * 100})
    one_bad = META + COLUMNS + "20\t1\t.\tA\tC\n20\t2\t.\tG\tA\n20\t3\t.\tG\tT\n"
    table = VariantTable.read(save(one_bad), genome=genome)
    assert table.table["status"].to_list() == ["ok", "ref_mismatch", "ref_mismatch"]
    assert table.notes == [(), ("alt_matches_genome",), ()]
    assert table.table["ref"].to_list() == ["A", "G", "G"]
    table.check_assembly(genome)
    shifted = META + COLUMNS + "".join(f"20\t{pos}\t.\tA\tG\n" for pos in range(60, 160))
    with pytest.raises(AssemblyMismatchError, match=r"another assembly or 0-based") as caught:
        VariantTable.read(save(shifted), genome=genome).check_assembly(genome)
    assert caught.value.code == "assembly_mismatch"


@pytest.mark.fault("V13")
def test_first_and_last_base_and_deletions_across_the_end(save):
    genome = Genome.from_sequences({"20": "ACGT"})
    text = "20\t1\t.\tA\tC\n20\t4\t.\tT\tC\n20\t3\t.\tGT\tG\n20\t4\t.\tTA\tT\n"
    path = save(META + COLUMNS + text)
    assert statuses(path, genome=genome) == ["ok", "ok", "ok", "off_edge"]


def _mutations():
    """Valid oddities, and damage to the columns that are read, the header and what is skipped."""
    row = ROW.format(pos=5)
    return {
        "lower-case bases": (row.replace("A\tC", "a\tc"), ["ok"]),
        "nine columns and spaces in INFO": (row.replace(".\n", "A B=;;\x7f\tGT\t0\n"), ["ok"]),
        "quality is text": (row.replace("\t.\t.\t.", "\thigh\t\t=;=;"), ["ok"]),
        "broken genotypes": (row.replace(".\n", ".\tGT:XX\t9/9/9:\t||\n"), ["ok"]),
        "comment inside": ("#note\n" + row, ["ok"]),
        "meta line inside": ("##contig=<ID\n" + row, ["ok"]),
        "blanks for tabs": (row.replace("\t", " "), ["malformed"]),
        "two tabs": (row.replace("\t", "\t\t", 1), ["malformed"]),
        "cut after ID": ("20\t5\trs5\n", ["malformed"]),
        "quoted": ('"20"\t5\t"rs5"\t"A"\t"C"\n', ["malformed"]),
        "numbers as floats": (row.replace("\t5\t", "\t5.0\t"), ["malformed"]),
        "zero byte": (row.replace("rs5", "r\0s"), ["ok"]),
        "bare carriage return": (row.replace("rs5", "r\rs"), ["ok"]),
        "unicode blank in CHROM": (row.replace("20\t", "20\u00a0\t"), ["malformed"]),
        "unicode letters in REF": (row.replace("\tA\t", "\tÅ\t"), ["malformed"]),
    }


@pytest.mark.fault("V20")
@pytest.mark.parametrize("name", _mutations())
def test_oddities_keep_every_allele(save, name):
    text, expected = _mutations()[name]
    table = VariantTable.read(save(CLEAN + text + ROW.format(pos=7)))
    assert table.table["status"].to_list() == ["ok"] * 40 + expected + ["ok"]
    if expected == ["malformed"]:
        assert table.table["reason"][40].startswith("line 43, column ")


@pytest.mark.fault("V20")
@pytest.mark.parametrize(
    "meta",
    ["##INFO=<ID=\n", "##contig=<ID=20,length=-5>\n", "##\n", "##FORMAT=<" + "x" * 70_000 + "\n"],
)
def test_broken_meta_lines_keep_every_allele(save, meta):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert statuses(save(META + meta + COLUMNS + ROW.format(pos=1) * 3)) == ["ok"] * 3
