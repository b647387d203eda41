from __future__ import annotations

import gzip
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from locuscope.effects.results.score_card import FORMAT
from locuscope.effects.results.stored_scores import kind_of
from locuscope.effects.variant_scores import VariantScores
from locuscope.errors import FormatError, MissingFileError, StoreVersionError
from tests.effects.test_variant_scores import make


@pytest.fixture(scope="module")
def scores() -> VariantScores:
    return make()


def equal(left: VariantScores, right: VariantScores) -> bool:
    return left.to_polars().equals(right.to_polars()) and list(left.scores) == list(right.scores)


def test_parquet_gives_everything_back(scores, tmp_path):
    path = scores.to_parquet(tmp_path / "scores.parquet")
    found = VariantScores.open(path)
    assert equal(found, scores)
    assert found.status == scores.status
    assert found.notes == scores.notes
    assert found.windows.equals(scores.windows)
    assert found.parts["gained_g"].equals(scores.parts["gained_g"])
    assert found.own_columns == scores.own_columns
    assert found.provenance == scores.provenance
    assert [track.to_dict() for track in found.tracks.tracks] == [
        track.to_dict() for track in scores.tracks.tracks
    ]
    assert found.to_polars("long").equals(scores.to_polars("long"))
    assert equal(found.select(strand="-"), scores.select(strand="-"))


def test_parquet_has_columns_that_any_reader_understands(scores, tmp_path):
    table = pl.read_parquet(scores.to_parquet(tmp_path / "scores.parquet"))
    assert table["diff/liver_0"].dtype == pl.Float32
    assert table["parts/gained_g"][0].struct.field("gene").to_list() == ["g0", "g1"]
    assert table["parts/gained_g"][2] is None


@pytest.mark.parametrize("name", ["scores.tsv", "scores.tsv.gz"])
def test_tsv_gives_the_wide_table_back(scores, tmp_path, name):
    path = scores.to_tsv(tmp_path / name)
    found = VariantScores.open(path)
    assert equal(found, scores)
    assert found.tracks.cells("track_name") == list(scores.labels("diff"))
    assert found.own_columns == {"gained_g": ("gained", "length")}


def test_two_writes_are_byte_equal(scores, tmp_path):
    for name in ("a.parquet", "a.tsv", "a.tsv.gz", "a.vcf", "a.vcf.gz"):
        write = getattr(scores, f"to_{name.split('.')[1]}")
        assert write(tmp_path / name).read_bytes() == write(tmp_path / f"b{name}").read_bytes()


@pytest.mark.parametrize("text", ["=1+2", "+cmd", "-x", "@sum", "\tx", "'=1"])
def test_no_cell_starts_a_formula_and_the_text_comes_back(scores, tmp_path, text):
    ids = pl.Series("id", [text] * 5)
    variants = replace(scores.variants, table=scores.variants.table.with_columns(ids))
    path = replace(scores, variants=variants).to_tsv(tmp_path / "scores.tsv")
    cells = pl.read_csv(path, separator="\t", infer_schema=False)["id"]
    assert all(cell[0] not in "=+-@\t" for cell in cells)
    assert VariantScores.open(path).variants.table["id"].to_list() == [text] * 5


def test_numbers_and_single_signs_stay_as_they_are(scores, tmp_path):
    ids = pl.Series("id", ["-5", "+1.5e3", "-", ".", "rs1"])
    variants = replace(scores.variants, table=scores.variants.table.with_columns(ids))
    path = replace(scores, variants=variants).to_tsv(tmp_path / "scores.tsv")
    assert pl.read_csv(path, separator="\t", infer_schema=False)["id"].to_list() == ids.to_list()


def test_non_finite_rows_keep_their_numbers(scores, tmp_path):
    mask = np.array([True, False, False, False, False])
    values = scores.scores["diff"].copy()
    values[0] = [np.nan, np.inf, 1.0]
    odd = replace(
        scores,
        variants=scores.variants.with_status(mask, "nonfinite", "the score is nan"),
        scores={**scores.scores, "diff": values},
    )
    for name in ("s.parquet", "s.tsv", "s.vcf"):
        write = getattr(odd, f"to_{name.split('.')[1]}")
        found = VariantScores.open(write(tmp_path / name))
        assert found.status[0] == "nonfinite"
        np.testing.assert_array_equal(found.scores["diff"][0], values[0])
    assert odd.to_polars()["diff/liver_0"].is_nan()[0]


def test_an_empty_result_survives(scores, tmp_path):
    nothing = scores[:0]
    for name in ("s.parquet", "s.tsv", "s.vcf"):
        write = getattr(nothing, f"to_{name.split('.')[1]}")
        found = VariantScores.open(write(tmp_path / name))
        assert len(found) == 0
        assert found.scores["diff"].shape == (0, 3)


def test_kind_is_told_by_content(scores, tmp_path):
    scores.to_parquet(tmp_path / "x.bin")
    scores.to_tsv(tmp_path / "y.bin")
    assert kind_of(tmp_path / "x.bin") == "parquet"
    assert kind_of(tmp_path / "y.bin") == "tsv"
    (tmp_path / "z").write_bytes(gzip.compress(b"##fileformat=VCFv4.2\n"))
    assert kind_of(tmp_path / "z") == "vcf"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"hello", "begins with b'hello'"),
        (b"", "no variant scores"),
        (b"PAR1 cut", "damaged parquet"),
    ],
)
def test_other_files_are_refused(tmp_path, content, words):
    path = tmp_path / "x"
    path.write_bytes(content)
    with pytest.raises(FormatError, match=words):
        VariantScores.open(path)


def test_missing_foreign_and_newer_files(scores, tmp_path):
    with pytest.raises(MissingFileError):
        VariantScores.open(tmp_path / "none")
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "foreign.parquet")
    with pytest.raises(FormatError, match="not of variant scores"):
        VariantScores.open(tmp_path / "foreign.parquet")
    path = scores.to_parquet(tmp_path / "new.parquet")
    card = pl.read_parquet_metadata(path)[FORMAT].replace('"version": 1', '"version": 9')
    pl.read_parquet(path).write_parquet(path, metadata={FORMAT: card})
    with pytest.raises(StoreVersionError, match="version 9"):
        VariantScores.open(path)


def test_a_damaged_tsv_is_refused(scores, tmp_path):
    path = scores.to_tsv(tmp_path / "s.tsv")
    path.write_text(
        path.read_text(encoding="utf-8").replace("\tok\t", "\tfine\t", 1), encoding="utf-8"
    )
    with pytest.raises(FormatError, match="fine"):
        VariantScores.open(path)
