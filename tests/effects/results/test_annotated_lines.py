from __future__ import annotations

import gzip
import re
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from locuscope.effects.results.stored_parts import assemble
from locuscope.effects.variant_scores import VariantScores
from locuscope.errors import InputChangedError, MissingFileError, OptionError, StoreTargetError
from locuscope.genome.variant_table import VariantTable
from tests.effects.made_scores import cut, made, vcf_of

HEAD = "##fileformat=VCFv4.2\n##x=y\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS\n"


def scored(path, seed=0) -> VariantScores:
    """Scores of the alleles of a file, random where the allele is ok."""
    variants = VariantTable.read(path)
    rng = np.random.default_rng(seed)
    base = made(len(variants), has_parts=False, has_spread=False)
    values = rng.normal(size=(len(variants), 3)).astype(np.float32)
    values[~variants.is_ok] = np.nan
    windows = base.windows.with_columns(
        pl.lit(None, kind).alias(name)
        for name, kind in base.windows.schema.items()
        if name != "window_index"
    )
    return replace(base, variants=variants, scores={"diff": values}, windows=windows)


def stripped(line: bytes) -> bytes:
    """A written line without what was added."""
    body = line.rstrip(b"\r\n")
    fields = body.split(b"\t")
    if len(fields) > 7:
        left = [p for p in fields[7].split(b";") if not p.startswith(b"LSC_")]
        fields[7] = b";".join(left) or b"."
    return b"\t".join(fields) + line[len(body) :]


cells = st.text(alphabet="abcXYZ=;.,:|\"'é%", min_size=1, max_size=6)
alts = st.lists(st.sampled_from(["A", "GG", "<DEL>", "*", ".", "N", "T[1:5["]), min_size=1)
records = st.tuples(
    st.sampled_from(["1", "2", "chrUn_x"]),
    st.one_of(st.integers(1, 9_999).map(str), st.sampled_from(["007", "x", "0", "-1"])),
    cells,
    st.sampled_from(["C", "CAG", "n", "."]),
    alts.map(",".join),
    st.lists(cells, max_size=5),
)


@settings(deadline=None, max_examples=60)
@given(
    rows=st.lists(records, min_size=1, max_size=8),
    end=st.sampled_from(["\n", "\r\n"]),
    size=st.integers(1, 5),
    packed=st.booleans(),
)
def test_everything_but_info_stays_byte_by_byte(tmp_path_factory, rows, end, size, packed):
    folder = tmp_path_factory.mktemp("lines")
    lines = ["\t".join((*row[:5], *row[5])) for row in rows]
    data = (HEAD.replace("\n", end) + end.join(lines) + end).encode()
    source = folder / ("in.vcf.gz" if packed else "in.vcf")
    source.write_bytes(gzip.compress(data) if packed else data)
    scores = scored(source)
    assemble([folder / "out.vcf"], lambda: iter(cut_plain(scores, size)), source=source)
    out = (folder / "out.vcf").read_bytes().splitlines(keepends=True)
    added = (b"##INFO=<ID=LSC_", b"##locuscope=")
    kept = [line for line in out if not line.startswith(added)]
    before = data.splitlines(keepends=True)
    assert [line for line in kept if line.startswith(b"#")] == before[:3]
    for line, given_line in zip(kept[3:], before[3:], strict=True):
        old = given_line
        fields = old.rstrip(b"\r\n").split(b"\t")
        if len(fields) < 8:  # INFO had to be made
            old = b"\t".join(fields + [b"."] * (8 - len(fields))) + end.encode()
        expected = old.split(b"\t")
        expected[7:8] = [expected[7].rstrip(b"\r\n").removesuffix(b";") or b"."]
        found = stripped(line).rstrip(b"\r\n").split(b"\t")
        assert found[:7] == expected[:7]
        assert found[7] == expected[7]
        assert found[8:] == [cell.rstrip(b"\r\n") for cell in expected[8:]]
        assert line.endswith(end.encode())
    back = VariantScores.open(folder / "out.vcf")
    assert back.status == scores.status
    np.testing.assert_allclose(back.scores["diff"], scores.scores["diff"], rtol=2e-5)


def cut_plain(scores, size):
    return [scores[first : first + size] for first in range(0, len(scores), size)]


def test_a_record_may_be_cut_between_two_pieces(tmp_path):
    source = tmp_path / "in.vcf"
    source.write_text(
        HEAD + "1\t5\t.\tC\tA,G,T,<X>\t.\t.\t.\tGT\t0\n1\t6\t.\tC\tA\t.\t.\t.\tGT\t0\n"
    )
    scores = scored(source)
    texts = set()
    for size in (1, 2, 3, 5):
        assemble([tmp_path / "o.vcf"], lambda s=size: iter(cut_plain(scores, s)), source=source)
        texts.add((tmp_path / "o.vcf").read_bytes())
    assert len(texts) == 1
    assert b"LSC_STATUS=ok,ok,ok,symbolic;LSC_toy_net_diff=" in texts.pop()


def test_annotating_twice_leaves_one_annotation(tmp_path):
    scores = made(12, has_parts=False)
    source = vcf_of(scores, tmp_path / "in.vcf")
    once = scores.to_vcf(tmp_path / "a.vcf", source)
    twice = scores.to_vcf(tmp_path / "b.vcf", once)
    assert twice.read_bytes() == once.read_bytes()


def test_another_model_adds_its_own_keys(tmp_path):
    scores = made(6, has_parts=False, statuses=("ok",))
    source = vcf_of(scores, tmp_path / "in.vcf")
    first = scores.to_vcf(tmp_path / "a.vcf", source)
    other = replace(scores, provenance={"model": "second"})
    text = other.to_vcf(tmp_path / "b.vcf", first).read_text(encoding="utf-8")
    line = text.splitlines()[-1]
    assert line.count("LSC_STATUS=") == 1
    assert line.count("LSC_toy_net_diff=") == line.count("LSC_second_diff=") == 1
    assert len(re.findall("##INFO=<ID=LSC_STATUS", text)) == 1


def test_a_bom_blank_lines_and_comments_below_the_header_are_kept(tmp_path):
    source = tmp_path / "in.vcf"
    text = "\ufeff" + HEAD + "1\t5\t.\tC\tA\t.\t.\t.\tGT\t0\n\n#odd\n1\t6\t.\tC\tA\t.\t.\t.\tGT\t0"
    source.write_text(text, encoding="utf-8")
    scores = scored(source)
    assert len(scores) == 2
    out = scores.to_vcf(tmp_path / "o.vcf", source).read_bytes()
    assert out.startswith(b"\xef\xbb\xbf##fileformat")
    assert b"\n\n#odd\n" in out
    assert not out.endswith(b"\n")
    assert out.count(b";LSC_toy_net_diff=") == 2


def test_a_stray_row_above_the_column_names(tmp_path):
    source = tmp_path / "in.vcf"
    row = "1\t5\t.\tC\tA\t.\t.\t.\tGT\t0\n"
    source.write_text("##fileformat=VCFv4.2\n" + row + HEAD.split("\n", 1)[1] + row)
    with pytest.warns(match="do not start with"):
        scores = scored(source)
    assert len(scores) == 2
    out = scores.to_vcf(tmp_path / "o.vcf", source).read_text(encoding="utf-8").splitlines()
    assert "LSC_toy_net_diff=" in out[1]
    assert "LSC_toy_net_diff=" in out[-1]


def test_rows_in_another_order_go_to_their_own_lines(tmp_path):
    scores = made(9, has_parts=False, statuses=("ok",))
    source = vcf_of(scores, tmp_path / "in.vcf")
    straight = scores.to_vcf(tmp_path / "a.vcf", source).read_bytes()
    assert scores[::-1].to_vcf(tmp_path / "b.vcf", source).read_bytes() == straight
    some = scores[[7, 2]].to_vcf(tmp_path / "c.vcf", source).read_text(encoding="utf-8")
    marked = [k for k, line in enumerate(some.splitlines()[-9:]) if "LSC_STATUS" in line]
    assert marked == [2, 7]


def test_a_plain_vcf_is_legal_whatever_the_alleles_were(tmp_path):
    pysam = pytest.importorskip("pysam")
    table = {
        "chrom": ["1", "2", "HLA-A*01:01", "1"],
        "pos": ["5", "x", "7", "9"],
        "id": ["a b", ".", "rs1;rs2", "."],
        "ref": ["A", "", "C", "G"],
        "alt": ["C,<DEL>,T", "G", "", "G"],
    }
    variants = VariantTable.from_frame(pl.DataFrame(table))
    base = made(len(variants), has_parts=False, has_spread=False)
    status = variants.table["status"].to_list()
    assert status[0] == "ok"
    scores = replace(base, variants=variants)
    path = scores.to_vcf(tmp_path / "x.vcf")
    with pysam.VariantFile(str(path)) as file:
        rows = [(r.chrom, r.pos, r.alts) for r in file]
    assert rows[0] == ("1", 5, ("C", "<DEL>", "T"))
    assert len(rows) == 4
    back = VariantScores.open(path)
    assert back.status == scores.status
    # of a record some of whose alleles were left out the others are numbered anew
    some = scores[[0, 2]]
    line = some.to_vcf(tmp_path / "y.vcf").read_text(encoding="utf-8").splitlines()[-1]
    assert line.split("\t")[4] == "C,T"
    assert "LSC_STATUS=ok,ok" in line


def test_records_of_two_tables_are_not_mixed(tmp_path):
    scores = made(3, has_parts=False, statuses=("ok",))
    variants = VariantTable.concat([scores.variants, scores[::-1].variants])
    both = VariantScores.concat([scores, scores[::-1]])
    text = replace(both, variants=variants).to_vcf(tmp_path / "x.vcf").read_text()
    assert len([line for line in text.splitlines() if line[0] != "#"]) == 6


def test_several_windows_per_allele_have_no_place(tmp_path):
    scores = made(4, has_parts=False)
    windows = scores.windows.with_columns(pl.Series("window_index", [0, 1, 0, 0], pl.Int32))
    with pytest.raises(OptionError, match="one set of values per allele"):
        replace(scores, windows=windows).to_vcf(tmp_path / "x.vcf")
    assert not (tmp_path / "x.vcf").exists()


@pytest.mark.fault("V19")
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text.replace("\t6\t", "\t60\t"), "was 1:6, the file now has 1:60"),
        (lambda text: text.replace("1\t6\t", "2\t6\t"), "was 1:6, the file now has 2:6"),
        (lambda text: text[: text.index("1\t6\t")], "was 1:6, the file now has nothing"),
        (lambda text: "##fileformat=VCFv4.2\n", "now has nothing"),
    ],
)
def test_a_source_that_changed_publishes_nothing(tmp_path, change, words):
    source = tmp_path / "in.vcf"
    rows = [f"1\t{pos}\t.\tC\tA\t.\t.\t.\tGT\t0\n" for pos in (5, 6)]
    source.write_text(HEAD + "".join(rows))
    scores = scored(source)
    source.write_text(change(source.read_text()))
    with pytest.raises(InputChangedError, match=words):
        scores.to_vcf(tmp_path / "o.vcf", source)
    assert [entry.name for entry in tmp_path.iterdir()] == ["in.vcf"]


def test_a_source_that_is_gone_or_the_target_itself(tmp_path):
    scores = made(4, has_parts=False)
    source = vcf_of(scores, tmp_path / "in.vcf")
    with pytest.raises(StoreTargetError, match="never written over"):
        scores.to_vcf(source, source)
    source.unlink()
    with pytest.raises(MissingFileError, match=r"in\.vcf"):
        scores.to_vcf(tmp_path / "o.vcf", source)


def test_a_bcf_is_a_source_too(tmp_path):
    pysam = pytest.importorskip("pysam")
    scores = made(8, has_parts=False, statuses=("ok",))
    text = vcf_of(scores, tmp_path / "in.vcf")
    with (
        pysam.VariantFile(str(text)) as plain,
        pysam.VariantFile(str(tmp_path / "in.bcf"), "wb", header=plain.header) as file,
    ):
        for record in plain:
            file.write(record)
    path = scores.to_vcf(tmp_path / "o.vcf", tmp_path / "in.bcf")
    back = VariantScores.open(path)
    assert back.row_ids == scores.row_ids
    np.testing.assert_allclose(back.scores["diff"], scores.scores["diff"], rtol=2e-5)


def test_pieces_with_parts_write_their_rows(tmp_path):
    scores = made(20, seed=2)
    source = vcf_of(scores, tmp_path / "in.vcf")
    assemble([tmp_path / "a.vcf"], lambda: iter(cut(scores, 6)), source=source)
    back = VariantScores.open(tmp_path / "a.vcf")
    np.testing.assert_allclose(back.scores["genes"], scores.scores["genes"], rtol=2e-5)
    np.testing.assert_allclose(back.spread["diff"], scores.spread["diff"], rtol=2e-5)
    assert back.own_columns == scores.own_columns
