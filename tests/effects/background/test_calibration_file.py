from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from locuscope.effects.background.calibration_file import FORMAT
from locuscope.effects.background.knots import N_KNOTS
from locuscope.effects.calibrate import Calibration, calibrate
from locuscope.errors import (
    CorruptStoreError,
    FormatError,
    MissingFileError,
    StoreTargetError,
    StoreVersionError,
)
from tests.plots.made_scores import scores_of, table


def calibration(n: int = 150, seed: int = 0) -> Calibration:
    values = np.random.default_rng(seed).normal(size=(n, 2))
    provenance = {"model": "toy", "model_digest": "d", "shifts": (0, 1)}
    return calibrate(
        scores_of(table(["1"] * n, list(range(1, n + 1))), diff=values, provenance=provenance)
    )


def rewritten(path, change) -> None:
    """The same file with another table or card."""
    card = json.loads(pl.read_parquet_metadata(path)[FORMAT])
    frame, card = change(pl.read_parquet(path), card)
    frame.write_parquet(path, metadata={FORMAT: json.dumps(card)})


def test_every_field_comes_back(tmp_path):
    made = calibration()
    back = Calibration.open(made.to_parquet(tmp_path / "c.parquet"))
    assert back.labels == made.labels
    assert back.is_signed == made.is_signed
    assert back.tracks == made.tracks
    assert back.own == made.own
    assert back.provenance["model_digest"] == "d"
    for one, other in zip(back.knots["diff"], made.knots["diff"], strict=True):
        np.testing.assert_array_equal(one.values, other.values)
        np.testing.assert_array_equal(one.below, other.below)
        np.testing.assert_array_equal(one.upto, other.upto)
        assert one.n == other.n


def test_a_tuple_that_became_a_list_is_the_same_option(tmp_path):
    back = Calibration.open(calibration().to_parquet(tmp_path / "c.parquet"))
    values = np.zeros((1, 2))
    provenance = {"model": "toy", "model_digest": "d", "shifts": (0, 1)}
    assert back.apply(scores_of(table(["1"], [1]), diff=values, provenance=provenance))


def test_equal_calibrations_give_equal_bytes(tmp_path):
    first = calibration().to_parquet(tmp_path / "a.parquet").read_bytes()
    assert calibration().to_parquet(tmp_path / "b.parquet").read_bytes() == first


def test_a_large_background_makes_a_small_file(tmp_path):
    made = calibration(200_000)
    path = made.to_parquet(tmp_path / "c.parquet")
    assert path.stat().st_size < 600_000
    back = Calibration.open(path)
    assert all(len(knots.values) <= N_KNOTS for knots in back.knots["diff"])


def test_no_such_file_and_no_such_folder(tmp_path):
    with pytest.raises(MissingFileError):
        Calibration.open(tmp_path / "none.parquet")
    with pytest.raises(StoreTargetError):
        calibration().to_parquet(tmp_path / "no" / "c.parquet")


@pytest.mark.parametrize("content", [b"", b"PAR1", b"chrom\tpos\n", b"PAR1" + b"x" * 500])
def test_other_files_are_refused(tmp_path, content):
    path = tmp_path / "c.parquet"
    path.write_bytes(content)
    with pytest.raises(FormatError):
        Calibration.open(path)


def test_another_parquet_table_is_refused_by_its_columns(tmp_path):
    path = tmp_path / "c.parquet"
    pl.DataFrame({"a": [1]}).write_parquet(path)
    with pytest.raises(FormatError, match=r"\['a'\]"):
        Calibration.open(path)


def test_a_newer_version_is_refused(tmp_path):
    path = calibration().to_parquet(tmp_path / "c.parquet")
    rewritten(path, lambda frame, card: (frame, {**card, "version": 2}))
    with pytest.raises(StoreVersionError, match="version 2"):
        Calibration.open(path)


@pytest.mark.parametrize(
    "damage",
    [
        lambda frame: frame.head(100),
        lambda frame: frame.reverse(),
        lambda frame: frame.with_columns(pl.col("below") + 1),
        lambda frame: frame.with_columns(upto=pl.col("below")),
        lambda frame: frame.filter(pl.col("column") == 0),
        lambda frame: frame.drop("upto"),
        lambda frame: frame.with_columns(value=pl.lit(None, pl.Float32)),
    ],
    ids=["cut", "turned", "shifted", "empty", "column", "field", "nulls"],
)
def test_knots_that_contradict_the_card_are_refused(tmp_path, damage):
    path = calibration().to_parquet(tmp_path / "c.parquet")
    rewritten(path, lambda frame, card: (damage(frame), card))
    with pytest.raises((CorruptStoreError, FormatError)):
        Calibration.open(path)


@pytest.mark.parametrize("field", ["scores", "tracks", "provenance", "version"])
def test_a_card_without_a_field_is_refused(tmp_path, field):
    path = calibration().to_parquet(tmp_path / "c.parquet")

    def without(frame, card):
        del card[field]
        return frame, card

    rewritten(path, without)
    with pytest.raises((CorruptStoreError, FormatError)):
        Calibration.open(path)
