from __future__ import annotations

import json
from dataclasses import replace

import h5py
import numpy as np
import polars as pl
import pytest

from locuscope.effects.variant_scores import VariantScores
from locuscope.errors import FormatError, StoreVersionError
from locuscope.genome.alleles import STATUSES
from tests.effects.made_scores import made, same


@pytest.fixture(scope="module")
def scores():
    return made(30, seed=1)


def test_other_readers_find_plain_columns(scores, tmp_path):
    with h5py.File(scores.to_hdf5(tmp_path / "x.h5"), "r") as file:
        assert file.attrs["format"] == "locuscope.variant_scores"
        assert file.attrs["version"] == 1
        variants = file["variants"]
        assert variants["chrom"].asstr()[:].tolist() == scores.variants.table["chrom"].to_list()
        assert variants["pos"][:].tolist() == scores.variants.table["pos"].to_list()
        words = h5py.check_enum_dtype(variants["status"].dtype)
        assert words == {word: code for code, word in enumerate(STATUSES)}
        names = {code: word for word, code in words.items()}
        assert [names[code] for code in variants["status"][:].tolist()] == scores.status
        assert json.loads(variants["notes"].attrs["words"])[2] == "padded"
        assert file["scores/diff"].dtype == np.float32
        assert file["scores/diff"].compression == "gzip"
        np.testing.assert_array_equal(file["scores/diff"][:], scores.scores["diff"])
        np.testing.assert_array_equal(file["spread/diff"][:], scores.spread["diff"])
        assert file["tracks/strand"].asstr()[:].tolist() == ["+", "-", "."]
        assert file["tracks/nonzero_mean"][:].tolist() == [0.0, 0.5, 1.0]
        assert file["parts/genes/gene"].asstr()[0] == scores.parts["genes"]["gene"][0]
        starts = file["windows/window_start"][:]
        assert (starts[scores.windows["window_start"].is_null().to_numpy()] == -1).all()


def test_columns_of_text_are_packed(scores, tmp_path):
    many = VariantScores.concat([scores] * 200)
    path = many.to_hdf5(tmp_path / "x.h5")
    with h5py.File(path, "r") as file:
        assert file["variants/id"].dtype.kind == "S"
        assert file["variants/id"].id.get_storage_size() < 6_000 * 5
    assert same(VariantScores.open(path)[:], many)


@pytest.mark.parametrize("width", [80, 5_000])
def test_long_alleles_and_odd_texts_come_back(scores, tmp_path, width):
    texts = ["", "é" * width, "a\tb", "x\n", "'=1", "'"] + ["."] * 24
    table = scores.variants.table.with_columns(
        pl.Series("id", texts), pl.Series("alt", ["A" * width] * 30)
    )
    odd = replace(scores, variants=replace(scores.variants, table=table))
    found = VariantScores.open(odd.to_hdf5(tmp_path / "x.h5"))
    assert found.variants.table.equals(table)


def test_a_nul_becomes_its_picture(scores, tmp_path):
    table = scores.variants.table.with_columns(pl.Series("id", ["a\0b"] * 30))
    odd = replace(scores, variants=replace(scores.variants, table=table))
    found = VariantScores.open(odd.to_hdf5(tmp_path / "x.h5"))
    assert found.variants.table["id"].to_list() == ["a\u2400b"] * 30


def test_positions_that_could_not_be_read_stay_unknown(scores, tmp_path):
    table = scores.variants.table.with_columns(
        pl.lit(None, pl.Int64).alias("pos"), pl.lit(None, pl.Int64).alias("line")
    )
    odd = replace(scores, variants=replace(scores.variants, table=table))
    found = VariantScores.open(odd.to_hdf5(tmp_path / "x.h5"))
    assert found.variants.table["pos"].null_count() == 30
    assert found.variants.table["line"].null_count() == 30


@pytest.mark.parametrize("n_tracks", [0, 1, 200])
def test_any_number_of_tracks(tmp_path, n_tracks):
    scores = made(7, n_tracks=n_tracks, has_spread=False)
    assert same(VariantScores.open(scores.to_hdf5(tmp_path / "x.h5"))[:], scores)


def test_scores_and_columns_with_slashes(tmp_path):
    scores = made(6, has_spread=False)
    renamed = {"a/b%": scores.scores["diff"], "genes": scores.scores["genes"]}
    odd = replace(scores, scores=renamed)
    assert same(VariantScores.open(odd.to_hdf5(tmp_path / "x.h5"))[:], odd)


def test_no_rows(tmp_path):
    scores = made(0)
    assert len(VariantScores.open(scores.to_hdf5(tmp_path / "x.h5"))) == 0
    assert same(VariantScores.open(tmp_path / "x.h5")[:], scores)


@pytest.mark.fault("H8")
def test_a_newer_version_and_a_card_that_lies(scores, tmp_path):
    path = scores.to_hdf5(tmp_path / "x.h5")
    with h5py.File(path, "a") as file:
        text = file["card"].asstr()[()]
        del file["card"]
        file["card"] = text.replace('"version": 1', '"version": 2')
    with pytest.raises(StoreVersionError, match="version 2"):
        VariantScores.open(path)
    with h5py.File(path, "a") as file:
        del file["card"]
        file["card"] = "{}"
    with pytest.raises(FormatError, match="not of variant scores"):
        VariantScores.open(path)
