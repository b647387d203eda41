"""Streams of targets and predictions: the reference numbers in any chunks, groups, samples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from locuscope.errors import OptionError, ShapeError, WrongTypeError
from locuscope.inference.accuracy_options import AccuracyOptions
from locuscope.inference.accuracy_stream import AccuracyStream
from tests.oracles import accuracy_oracle as oracle

DATA = Path(__file__).parent / "data"
WAYS = {"raw": {}, "log2p1": {"log": True}, "clip4": {"clip": 4}}


@pytest.fixture
def stored():
    arrays = np.load(DATA / "reference.npz")
    return {key.removeprefix("accuracy/"): arrays[key] for key in arrays.files}


def streamed(targets, preds, na=None, *, size=2, **options):
    stream = AccuracyStream(AccuracyOptions(**options))
    for first in range(0, len(targets), size):
        part = slice(first, first + size)
        stream.add(targets[part], preds[part], None if na is None else na[part])
    return stream.result()


class TestReference:
    @pytest.mark.parametrize("way", WAYS)
    @pytest.mark.parametrize("size", [1, 7, 60])
    def test_chunks_of_rows(self, stored, way, size):
        rows = [stored[name].reshape(60, 1, -1) for name in ("targets", "preds")]
        found = streamed(*rows, stored["na"].reshape(60, 1), size=size, **WAYS[way])
        for name in ("pearsonr", "r2", "mse"):
            np.testing.assert_allclose(
                found.metrics[name], stored[f"{way}/{name}"], rtol=1e-9, atol=1e-9, equal_nan=True
            )
        assert np.isnan(found.metrics["pearsonr"]).tolist() == [False, False, True]
        assert found.is_constant.tolist() == [False, False, True]
        assert found.counts.tolist() == [int((~stored["na"]).sum())] * 3

    @pytest.mark.parametrize("size", [1, 4, 6])
    def test_chunks_of_sequences_and_the_log_form_beside(self, stored, size):
        found = streamed(stored["targets"], stored["preds"], stored["na"], size=size)
        np.testing.assert_allclose(found.log_pearsonr, stored["log2p1/pearsonr"], rtol=1e-9)
        assert found.n_sequences == 6
        log = streamed(stored["targets"], stored["preds"], stored["na"], log=True)
        assert log.log_pearsonr is None


class TestGroups:
    @pytest.mark.parametrize("size", [1, 5])
    def test_every_sequence(self, stored, size):
        x, y, na = (stored[name] for name in ("targets", "preds", "na"))
        names = ("pearsonr", "mse", "mae", "spearmanr")
        found = streamed(x, y, na, size=size, by="sequence", metrics=names)
        assert found.counts.tolist() == (~na).sum(1)[:, None].repeat(3, 1).tolist()
        for i in range(6):
            for track in range(3):
                pair = x[i, ~na[i], track], y[i, ~na[i], track]
                for name in names:
                    expected = getattr(oracle, name)(*pair)
                    assert found.metrics[name][i, track] == pytest.approx(
                        expected, rel=1e-9, nan_ok=True
                    )

    def test_across_tracks_at_every_position(self, stored):
        x, y, na = (stored[name] for name in ("targets", "preds", "na"))
        names = ("pearsonr", "spearmanr", "auroc")
        found = streamed(x, y, na, by="track", metrics=names, positive_above=2)
        assert found.metrics["pearsonr"].shape == (6, 10)
        for i in range(6):
            for k in range(10):
                values = [found.metrics[name][i, k] for name in names]
                if na[i, k]:
                    assert np.isnan(values).all()
                    assert found.counts[i, k] == 0
                    continue
                pair = x[i, k], y[i, k]
                expected = [oracle.pearsonr(*pair), oracle.spearmanr(*pair)]
                expected.append(oracle.auroc((x[i, k] > 2).tolist(), y[i, k].tolist()))
                assert values == pytest.approx(expected, rel=1e-9, abs=1e-12, nan_ok=True)


class TestMasksAndSamples:
    def test_a_target_that_is_nan_is_masked(self, stored):
        x, y, na = (stored[name].copy() for name in ("targets", "preds", "na"))
        masked = np.where(na[:, :, None], np.nan, x)
        one, other = streamed(x, y, na), streamed(masked, y)
        for name in one.metrics:
            np.testing.assert_array_equal(one.metrics[name], other.metrics[name])

    @pytest.mark.parametrize("share", [0.3, 1.0, 0.01])
    def test_a_sample_of_positions_depends_on_the_seed_only(self, share):
        draws = np.random.default_rng(0)
        x, y = draws.normal(size=(2, 8, 20, 2))
        found = [streamed(x, y, size=size, sample=share, seed=3) for size in (1, 3, 8)]
        assert found[0].counts.tolist() == [8 * max(1, int(share * 20))] * 2
        for other in found[1:]:
            np.testing.assert_allclose(other.metrics["mse"], found[0].metrics["mse"], rtol=1e-12)
        again = streamed(x, y, sample=share, seed=4).metrics["mse"]
        assert (share == 1) == np.allclose(again, found[0].metrics["mse"], rtol=1e-12)

    def test_order_survives_a_logarithm_and_meets_a_clip(self):
        x = np.float32([[[5.0], [3.0], [1.0], [0.5], [7.0]]])
        y = np.float32([[[9.0], [2.0], [1.0], [0.0], [6.0]]])
        names = ("spearmanr",)
        plain = streamed(x, y, metrics=names).metrics["spearmanr"]
        assert streamed(x, y, metrics=names, log=True).metrics["spearmanr"] == plain
        clipped = streamed(x, y, metrics=names, clip=4).metrics["spearmanr"][0]
        pair = np.minimum(x.ravel(), 4), np.minimum(y.ravel(), 4)
        assert clipped == pytest.approx(oracle.spearmanr(*(p.tolist() for p in pair)))

    @pytest.mark.fault("N4")
    def test_narrow_targets_are_compared_in_wide_numbers(self):
        x = np.float16([[[60_000.0], [60_032.0], [59_968.0]]])
        y = np.float32([[[70_000.0], [70_032.0], [69_968.0]]])
        found = streamed(x, y, metrics=("pearsonr", "mse"))
        assert found.metrics["pearsonr"][0] == pytest.approx(1, rel=1e-12)
        assert found.metrics["mse"][0] == 1e8


class TestDoors:
    def test_shapes(self):
        stream = AccuracyStream(AccuracyOptions())
        x = np.zeros((2, 4, 3))
        with pytest.raises(ShapeError, match=r"\(2, 4, 3\) and predictions \(2, 4, 2\)"):
            stream.add(x, x[..., :2])
        with pytest.raises(ShapeError, match=r"na has shape \(2, 3\)"):
            stream.add(x, x, np.zeros((2, 3), np.bool_))
        stream.add(x, x)
        stream.add(x[:, :3], x[:, :3])
        with pytest.raises(ShapeError, match="sequence 4 and those with it"):
            stream.add(x[..., :2], x[..., :2])

    def test_nothing_was_added(self):
        with pytest.raises(ShapeError, match="no sequence"):
            AccuracyStream(AccuracyOptions()).result()

    @pytest.mark.parametrize(
        ("given", "words"),
        [
            ({"metrics": ()}, "some of pearsonr"),
            ({"metrics": ("pearson",)}, "pearsonr"),
            ({"by": "gene"}, "sequence"),
            ({"pseudocount": 2.0}, "no effect without log"),
            ({"pseudocount": -1, "log": True}, "at least 0"),
            ({"clip": 0}, "above 0"),
            ({"clip": float("nan")}, "above 0"),
            ({"sample": 1.5}, "at most 1"),
            ({"sample": True}, "at most 1"),
            ({"positive_above": 1.0}, "no effect on pearsonr"),
            ({"positive_above": "x", "metrics": ("auroc",)}, "a number"),
            ({"max_values": 0}, "at least 1"),
            ({"seed": -1}, "seed"),
        ],
    )
    def test_options(self, given, words):
        with pytest.raises(OptionError, match=words):
            AccuracyOptions(**given)

    def test_a_flag_is_true_or_false(self):
        with pytest.raises(WrongTypeError, match="log"):
            AccuracyOptions(log=1)
        assert AccuracyOptions(metrics=["mse", "mse"]).metrics == ("mse",)
