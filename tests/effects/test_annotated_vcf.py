from __future__ import annotations

import gzip
import struct
import zlib

import numpy as np
import pytest

from locuscope.effects.variant_scores import VariantScores
from locuscope.effects.variants import score_variants
from locuscope.errors import FormatError, InputChangedError, OptionError
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec
from tests.effects import toy
from tests.effects.test_variant_scores import make

TEXT = toy.sequence()


def base(pos: int, n: int = 1) -> str:
    return TEXT[pos - 1 : pos - 1 + n]


def other(pos: int) -> str:
    return next(letter for letter in "ACGT" if letter != base(pos))


@pytest.fixture
def source(tmp_path):
    lines = [
        "##fileformat=VCFv4.2",
        '##INFO=<ID=DP,Number=1,Type=Integer,Description="depth">',
        "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tHG1",
        f"1\t100\trs1;a\t{base(100)}\t{other(100)},<DEL>,{base(100)}GG\t9.5\tPASS\tDP=3;X\tGT\t0|1",
        f"1\t150\t.\t{base(150)}\t{other(150)}\t.\t.\t.\tGT\t1|0",
        f"1\tx\t.\t{base(160)}\t{other(160)}\t.\t.\t.\tGT\t1|0",
        f"1\t170\tshort\t{base(170)}\t{other(170)}",
    ]
    path = tmp_path / "in.vcf"
    path.write_bytes("\n".join(lines).encode() + b"\n")
    return path


def score(source, model=None, **options) -> VariantScores:
    return score_variants(
        model or toy.model(),
        source,
        toy.genome(),
        scores=("diff", "SAX"),
        check_assembly=False,
        device="cpu",
        **options,
    )


def test_every_line_stays_byte_by_byte_and_info_is_appended(source, tmp_path):
    found = score(source, out=tmp_path / "out.vcf")
    before = source.read_bytes().splitlines()
    after = (tmp_path / "out.vcf").read_bytes().splitlines()
    head = [line for line in after if line.startswith(b"##")]
    assert head[:2] == before[:2]
    body = after[len(head) :]
    assert body[0] == before[2]
    for old, new in zip(before[3:6], body[1:4], strict=True):
        left, right = old.split(b"\t"), new.split(b"\t")
        assert right[:7] == left[:7]
        assert right[8:] == left[8:]
    first = body[1].split(b"\t")[7].decode()
    assert first.startswith("DP=3;X;LSC_STATUS=ok,symbolic,ok;LSC_toy_diff=")
    values = first.split("LSC_toy_diff=")[1].split(";")[0].split(",")
    assert len(values) == 9
    assert values[3:6] == [".", ".", "."]
    np.testing.assert_allclose([float(v) for v in values[:3]], found.scores["diff"][0], rtol=1e-5)
    assert body[3].split(b"\t")[7] == b"LSC_STATUS=malformed"
    short = body[4].split(
        b"\t"
    )  # a line without an INFO column gains one, or it would lose its scores
    assert short[:5] == before[6].split(b"\t")
    assert short[5:7] == [b".", b"."]
    assert short[7].startswith(b"LSC_STATUS=ok;LSC_toy_diff=")


def test_the_header_names_the_columns_in_order(source, tmp_path):
    score(source, out=tmp_path / "out.vcf")
    text = (tmp_path / "out.vcf").read_text(encoding="utf-8")
    assert (
        '##INFO=<ID=LSC_toy_SAX,Number=.,Type=Float,Description="SAX of toy; columns: '
        'atac:0|atac:1|atac:2">'
    ) in text
    assert "##INFO=<ID=LSC_STATUS,Number=A,Type=String" in text


@pytest.mark.parametrize("name", ["out.vcf", "out.vcf.gz"])
def test_what_is_written_comes_back(source, tmp_path, name):
    found = score(source, out=tmp_path / name)
    back = VariantScores.open(tmp_path / name)
    assert back.status == found.status
    assert list(back.scores) == ["diff", "SAX"]
    for score_name, values in found.scores.items():
        rows = [k for k, place in enumerate(found.row_ids) if not place.startswith("1:170:")]
        np.testing.assert_allclose(back.scores[score_name][rows], values[rows], rtol=2e-5)


def test_gz_is_block_gzip_with_the_closing_block(source, tmp_path):
    score(source, out=[tmp_path / "out.vcf.gz", tmp_path / "out.vcf"])
    data = (tmp_path / "out.vcf.gz").read_bytes()
    assert gzip.decompress(data) == (tmp_path / "out.vcf").read_bytes()
    assert data.endswith(bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000"))
    place = 0
    while place < len(data):
        assert data[place : place + 4] == b"\x1f\x8b\x08\x04"
        assert data[place + 12 : place + 14] == b"BC"
        size = struct.unpack_from("<H", data, place + 16)[0] + 1
        body = zlib.decompress(data[place + 18 : place + size - 8], -15)
        assert struct.unpack_from("<I", data, place + size - 4)[0] == len(body)
        place += size


def test_large_text_is_cut_into_blocks(source, tmp_path):
    rows = source.read_bytes() + b"1\t150\tx\tA\tC\t.\t.\tLONG=" + b"ACGT" * 50_000 + b"\n"
    source.write_bytes(rows)
    score(source, out=tmp_path / "out.vcf.gz")
    text = gzip.decompress((tmp_path / "out.vcf.gz").read_bytes())
    assert b"LONG=" + b"ACGT" * 50_000 + b";LSC_STATUS" in text


def test_crlf_files_keep_their_line_ends(source, tmp_path):
    source.write_bytes(source.read_bytes().replace(b"\n", b"\r\n"))
    score(source, out=tmp_path / "out.vcf")
    data = (tmp_path / "out.vcf").read_bytes()
    assert data.count(b"\n") == data.count(b"\r\n")
    assert VariantScores.open(tmp_path / "out.vcf").status[0] == "ok"


def test_gzip_input_is_read(source, tmp_path):
    packed = tmp_path / "in.vcf.gz"
    packed.write_bytes(gzip.compress(source.read_bytes()))
    score(packed, out=tmp_path / "out.vcf")
    assert b"LSC_toy_diff=" in (tmp_path / "out.vcf").read_bytes()


def test_a_list_of_variants_becomes_a_plain_vcf(tmp_path):
    scores = make()
    back = VariantScores.open(scores[[3, 0, 2]].to_vcf(tmp_path / "plain.vcf"))
    assert back.row_ids == [scores.row_ids[k] for k in (3, 0, 2)]
    assert back.status == ["ok", "ok", "ref_mismatch"]
    np.testing.assert_allclose(back.scores["diff"], scores.scores["diff"][[3, 0, 2]], rtol=2e-5)
    assert back.labels("diff") == scores.labels("diff")
    text = (tmp_path / "plain.vcf").read_text(encoding="utf-8")
    assert "##contig=<ID=1>" in text
    assert "LSC_toy_net_diff=" in text


def test_skipped_rows_hold_their_place_in_the_line(source, tmp_path):
    score(source, out=tmp_path / "out.vcf", on_bad="skip")
    line = next(
        line
        for line in (tmp_path / "out.vcf").read_text(encoding="utf-8").splitlines()
        if line.startswith("1\t100")
    )
    assert "LSC_STATUS=ok,.,ok" in line


def test_wide_scores_are_refused_before_the_model_runs(source, tmp_path):
    head = HeadSpec("many", (1,), 65)

    class Many(toy.Net):
        def forward(self, x):
            return super().forward(x).repeat(1, 1, 22)[..., :65]

    model = wrap(Many(), heads=head, window_bp=40)
    model.module.calls = 0
    with pytest.raises(OptionError, match="65 columns; a VCF takes up to 64"):
        score(source, model, out=tmp_path / "out.vcf")
    assert model.module.calls == 0
    assert not (tmp_path / "out.vcf").exists()
    score(source, model, out=tmp_path / "out.parquet")


def test_a_source_that_became_shorter_publishes_nothing(source, tmp_path):
    found = score(source)
    source.write_bytes(b"\n".join(source.read_bytes().splitlines()[:4]) + b"\n")
    with pytest.raises(InputChangedError, match="the file now has nothing"):
        found.to_vcf(tmp_path / "out.vcf")
    assert not (tmp_path / "out.vcf").exists()


def test_a_vcf_without_scores_is_refused(source):
    with pytest.raises(FormatError, match="without locuscope scores"):
        VariantScores.open(source)
