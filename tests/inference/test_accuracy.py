"""accuracy: arrays in, an Evaluation out, as table, file and summary."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from locuscope.errors import (
    EmptySelectionError,
    OptionError,
    ShapeError,
    TrackMismatchError,
    WrongTypeError,
)
from locuscope.inference.accuracy import accuracy
from locuscope.tracks.metadata import TrackMetadataCatalog
from locuscope.tracks.raw_outputs import head_table

DATA = Path(__file__).parent / "data"


@pytest.fixture
def stored():
    arrays = np.load(DATA / "reference.npz")
    return {key.removeprefix("accuracy/"): arrays[key] for key in arrays.files}


@pytest.fixture
def found(stored):
    return accuracy(stored["targets"], stored["preds"], stored["na"], tracks=["a", "b", "c"])


class TestNumbers:
    def test_the_reference(self, stored, found):
        for name in ("pearsonr", "r2", "mse"):
            np.testing.assert_allclose(
                found.metrics[name], stored[f"raw/{name}"], rtol=1e-9, atol=1e-9, equal_nan=True
            )

    def test_tensors_lists_and_one_value_per_sequence(self, stored):
        x, y = stored["targets"], stored["preds"]
        by_tensor = accuracy(torch.from_numpy(x), torch.from_numpy(y))
        assert by_tensor.metrics["mse"].tolist() == accuracy(x, y).metrics["mse"].tolist()
        flat = accuracy(x[:, 0].tolist(), y[:, 0].tolist(), [False] * 6)
        assert flat.metrics["mse"].tolist() == accuracy(x[:, :1], y[:, :1]).metrics["mse"].tolist()

    def test_classes(self):
        classes = np.array([[0], [1], [0], [1]])
        found = accuracy(classes, [[0.1], [0.8], [0.3], [0.2]], metrics=("auroc", "auprc"))
        assert found.metrics["auroc"].tolist() == [0.75]
        assert found.metrics["auprc"].tolist() == [pytest.approx((1 + 2 / 3) / 2)]
        with pytest.raises(OptionError, match=r"track 0 has 0\.5"):
            accuracy([[0.5], [1.0]], [[0.0], [1.0]], metrics="auroc")

    def test_a_loss_sees_what_counts(self, stored):
        x, y, na = (stored[name] for name in ("targets", "preds", "na"))
        found = accuracy(x, y, na, loss=torch.nn.functional.mse_loss)
        assert found.loss == pytest.approx(((x - y)[~na] ** 2).mean(), rel=1e-6)
        assert accuracy(x, y, na).loss is None
        each = accuracy(x, y, na, loss=lambda preds, targets: (preds - targets).abs())
        assert each.loss == pytest.approx(np.abs(x - y)[~na].mean(), rel=1e-6)
        none = accuracy(x, y, np.ones_like(na), loss=torch.nn.functional.mse_loss)
        assert np.isnan(none.loss)


class TestNoun:
    def test_one_row_per_track(self, found):
        table = found.to_dataframe()
        assert table["track_name"].tolist() == ["a", "b", "c"]
        assert table["count"].tolist() == found.counts.tolist()
        np.testing.assert_array_equal(table["r2"], found.metrics["r2"])
        assert len(found) == 3
        assert repr(found).startswith("Evaluation(3 tracks, pearsonr 0.")

    def test_one_row_per_sequence_and_track(self, stored):
        x, y = stored["targets"], stored["preds"]
        found = accuracy(x, y, by="sequence", tracks=["a", "b", "c"])
        table = found.to_dataframe()
        assert len(table) == 18
        row = table.set_index(["sequence", "track_name"]).loc[(4, "b")]
        assert row["mse"] == found.metrics["mse"][4, 1]
        assert "18 sequences x tracks" in repr(found)

    def test_one_row_per_position(self, stored):
        found = accuracy(stored["targets"], stored["preds"], by="track", metrics=("mae",))
        table = found.to_dataframe()
        assert table.columns.tolist() == ["sequence", "position", "count", "mae"]
        assert (
            table.set_index(["sequence", "position"]).loc[(2, 7), "mae"]
            == (found.metrics["mae"][2, 7])
        )

    def test_the_file_has_the_published_columns(self, found, tmp_path):
        path = found.to_tsv(tmp_path / "acc.txt")
        table = pd.read_csv(path, sep="\t")
        assert table.columns.tolist() == ["index", "pearsonr", "r2", "identifier", "description"]
        np.testing.assert_allclose(table["r2"], found.metrics["r2"], atol=5e-6)
        assert np.isnan(table["pearsonr"]).tolist() == [False, False, True]
        assert table["identifier"].tolist() == ["a", "b", "c"]

    def test_identifier_and_description_are_those_of_the_tracks(self, stored, tmp_path):
        rows = [
            {
                "output_type": "s",
                "track_name": f"t{k}",
                "identifier": f"E{k}",
                "description": "x\ty",
            }
            for k in range(3)
        ]
        tracks = head_table(TrackMetadataCatalog.from_rows(rows), "s", 0, 3, strict=True)
        found = accuracy(stored["targets"], stored["preds"], tracks=tracks)
        lines = found.to_tsv(tmp_path / "acc.txt").read_text().splitlines()
        assert lines[2].split("\t")[3:] == ["E1", "x y"]

    def test_a_file_needs_its_columns(self, stored, tmp_path):
        for options in ({"by": "sequence"}, {"metrics": ("mse",)}):
            found = accuracy(stored["targets"], stored["preds"], **options)
            with pytest.raises(OptionError, match="pearsonr and r2 of every track"):
                found.to_tsv(tmp_path / "acc.txt")
        assert not list(tmp_path.iterdir())

    def test_the_summary_counts_what_is_not_defined(self, stored, found):
        lines = found.summary().splitlines()
        known = stored["raw/pearsonr"][:2].mean()
        assert lines[0] == f"R2:               {stored['raw/r2'].mean():10.5f}"
        assert lines[1] == f"PearsonR:         {known:10.5f}"
        assert lines[3].startswith("log PearsonR:")
        assert lines[4].startswith("1 of 3 have constant targets or predictions")
        with_loss = accuracy(
            stored["targets"], stored["preds"], loss=torch.nn.functional.mse_loss, max_values=30,
            metrics=("spearmanr",),
        )  # fmt: skip
        lines = with_loss.summary().splitlines()
        assert lines[0].startswith("Loss:")
        assert lines[-1].startswith("spearmanr is of a sample of ")

    def test_nothing_known_has_no_mean_and_no_warning(self):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = accuracy(np.full((2, 3, 1), np.nan), np.zeros((2, 3, 1)))
            assert "nan" in found.summary()
        assert found.counts.tolist() == [0]


class TestDoors:
    @pytest.mark.fault("N1")
    def test_a_constant_prediction_has_no_correlation(self, found):
        assert np.isnan(found.metrics["pearsonr"]).tolist() == [False, False, True]
        assert np.isfinite(found.metrics["r2"]).all()

    def test_arrays_that_do_not_fit(self):
        x = np.zeros((2, 3, 1))
        with pytest.raises(ShapeError, match="both must be"):
            accuracy(x, np.zeros((2, 4, 1)))
        with pytest.raises(ShapeError, match="both must be"):
            accuracy(np.zeros(3), np.zeros(3))
        with pytest.raises(TrackMismatchError, match="2 tracks are named; the targets have 1"):
            accuracy(x, x, tracks=["a", "b"])
        with pytest.raises(WrongTypeError, match="targets holds"):
            accuracy([["a"]], [[1.0]])
        with pytest.raises(EmptySelectionError, match="no sequence"):
            accuracy(x[:0], x[:0])
        with pytest.raises(WrongTypeError, match="loss is 3"):
            accuracy(x, x, loss=3)
