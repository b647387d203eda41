"""predict(out=...): the file holds what memory would; a broken job goes on with the same bytes."""

from __future__ import annotations

import json

import h5py
import numpy as np
import pytest
import torch

from locuscope.errors import DataWarning, InputChangedError, NonFiniteError, OptionError
from locuscope.genome.interval import Interval
from locuscope.genome.sequence import one_hot
from locuscope.inference import predict_call, predict_job
from locuscope.inference.ensemble import Ensemble
from locuscope.inference.ensemble_outputs import EnsembleOutputs
from locuscope.inference.predict import predict
from locuscope.inference.run import Run
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec

PLACES = [Interval("1", start, start + 24) for start in (40, 90, 333, 410, 77)]


def texts(n, length=32):
    letters = np.random.default_rng(0).choice(list("ACGTN"), (n, length))
    return ["".join(row) for row in letters]


def same(one, other):
    for name in one.heads():
        for key in one.head(name):
            a, b = one.head(name)[key], other.head(name)[key]
            torch.testing.assert_close(a.tensor, b.tensor, atol=2e-6, rtol=0, equal_nan=True)
            assert a.intervals == b.intervals
            assert a.tracks == b.tracks


@pytest.fixture
def small_parts(monkeypatch):
    """Two or three examples of the toy networks a part."""
    monkeypatch.setattr(predict_job, "_PART_BYTES", 2 * 3 * 4 * 36)


class TestValues:
    def test_places(self, bases, genome, tmp_path, small_parts):
        out = tmp_path / "p.h5"
        found = predict(bases, PLACES, genome, rc=True, out=out)
        same(found, predict(bases, PLACES, genome, rc=True))
        assert list(found.intervals) == PLACES
        assert not out.with_name("p.h5.job").exists()

    def test_sequences_and_several_heads(self, bins, tmp_path, small_parts):
        x = texts(5)
        same(predict(bins, x, out=tmp_path / "p.h5"), predict(bins, x))

    def test_variances_and_views(self, bases, tmp_path, small_parts):
        options = {
            "ensemble": Ensemble(rc=True, shifts=(0, 3)),
            "return_var": True,
            "return_all": True,
            "down_sample": 2,
        }
        found = predict(bases, texts(5), out=tmp_path / "p.h5", **options)
        expected = predict(bases, texts(5), **options)
        assert isinstance(found, EnsembleOutputs)
        same(found.mean, expected.mean)
        same(found.var, expected.var)
        assert len(found.members) == 4
        for one, other in zip(found.members, expected.members, strict=True):
            same(one, other)

    def test_samples_of_dropout_keep_their_numbers(self, tmp_path, small_parts):
        torch.manual_seed(0)
        network = torch.nn.Sequential(torch.nn.Conv1d(4, 3, 5, padding=2), torch.nn.Dropout(0.4))
        head = HeadSpec("a", (1,), 3)
        model = wrap(network, heads=head, window_bp=32, output_axes="NTL", name="noisy")
        options = {"ensemble": Ensemble(mc_samples=2), "seed": 5}
        same(
            predict(model, texts(5), out=tmp_path / "p.h5", **options),
            predict(model, texts(5), **options),
        )
        with pytest.raises(InputChangedError, match="seed"):
            predict(model, texts(5), out=tmp_path / "p.h5", **{**options, "seed": 6})

    def test_the_file_says_what_it_holds(self, bases, genome, tmp_path):
        out = tmp_path / "p.h5"
        predict(bases, PLACES, genome, out=out)
        with h5py.File(out) as file:
            assert file["mean/signal/1"].shape == (5, 24, 3)
            assert file["mean/signal/1"].dtype == np.float32
            rows = json.loads(file["tracks/signal"][()])
            assert [row["track_name"] for row in rows] == ["one", "two", "three"]
            assert file["places/start"][:].tolist() == [place.start for place in PLACES]
            assert {chrom.decode() for chrom in file["places/chrom"][:]} == {"1"}

    def test_what_is_changed_in_memory_leaves_the_file(self, bases, tmp_path):
        out = tmp_path / "p.h5"
        found = predict(bases, texts(2), out=out).signal[1].tensor
        before = out.read_bytes()
        found.zero_()
        assert out.read_bytes() == before


class TestJobs:
    @pytest.mark.fault("J1")
    def test_a_broken_job_goes_on(self, bases, tmp_path, monkeypatch, small_parts):
        x = texts(7)
        straight, broken = tmp_path / "straight.h5", tmp_path / "broken.h5"
        predict(bases, x, out=straight, batch_size=2)
        real, seen = predict_call.run_views, []

        def failing(model, examples, *rest, **options):
            if len(seen) == 2:
                raise KeyboardInterrupt
            seen.append(examples.number)
            return real(model, examples, *rest, **options)

        monkeypatch.setattr(predict_call, "run_views", failing)
        with pytest.raises(KeyboardInterrupt):
            predict(bases, x, out=broken, batch_size=2)
        assert not broken.exists()

        def counting(model, examples, *rest, **options):
            seen.append(examples.number)
            return real(model, examples, *rest, **options)

        monkeypatch.setattr(predict_call, "run_views", counting)
        predict(bases, x, out=broken, batch_size=3)  # the first batch size is kept
        assert len(seen) == len(set(seen))
        assert broken.read_bytes() == straight.read_bytes()
        n_seen = len(seen)
        predict(bases, x, out=broken)
        assert len(seen) == n_seen

    @pytest.mark.fault("J10")
    @pytest.mark.parametrize(
        ("change", "word"),
        [
            ({"rc": True}, "ensemble"),
            ({"down_sample": 2}, "bins"),
            ({"tracks": ["one"]}, "heads"),
            ({"dtype": "bfloat16"}, "dtype"),
            ({"return_all": True}, "return_all"),
        ],
    )
    def test_another_question_is_refused_by_name(self, bases, tmp_path, change, word):
        out = tmp_path / "p.h5"
        predict(bases, texts(2), out=out)
        with pytest.raises(InputChangedError, match=word):
            predict(bases, texts(2), out=out, **change)

    @pytest.mark.fault("J10")
    def test_other_sequences_are_another_job(self, bases, genome, tmp_path):
        out = tmp_path / "p.h5"
        predict(bases, texts(2), out=out)
        with pytest.raises(InputChangedError, match="examples"):
            predict(bases, texts(3), out=out)
        places = tmp_path / "places.h5"
        predict(bases, PLACES, genome, out=places)
        moved = [*PLACES[:-1], Interval("1", 78, 102)]
        with pytest.raises(InputChangedError):
            predict(bases, moved, genome, out=places)
        again = predict(bases, moved, genome, run=Run(out=places, restart=True))
        same(again, predict(bases, moved, genome))

    def test_progress_counts_examples(self, bases, tmp_path, small_parts):
        told = []
        run = Run(out=tmp_path / "p.h5", progress=lambda *step: told.append(step[:2]))
        predict(bases, texts(5), run=run)
        assert told[-1] == (5, 5)
        assert [done for done, _ in told] == [3, 5]


class TestDoors:
    @pytest.mark.parametrize("out", ["a.npz", "a.bw", "a", ["a.h5", "b.h5"]])
    def test_files_that_it_does_not_write(self, bases, tmp_path, out):
        paths = [tmp_path / n for n in out] if isinstance(out, list) else tmp_path / out
        with pytest.raises(OptionError, match=r"written as one \.h5; predict_region"):
            predict(bases, texts(1), out=paths)

    def test_long_places(self, bins, genome, tmp_path):
        with pytest.raises(OptionError, match=r"predict_region\(out"):
            predict(bins, Interval("1", 100, 200), genome, heads=["cov"], out=tmp_path / "a.h5")

    def test_values_that_are_no_numbers_are_said(self, genome, tmp_path):
        network = torch.nn.Conv1d(4, 1, 1)
        head = HeadSpec("a", (1,), 1)
        model = wrap(network, heads=head, window_bp=8, output_axes="NTL", name="broken")
        torch.nn.init.constant_(network.weight, torch.nan)
        with pytest.warns(DataWarning, match="NaN or Inf"):
            predict(model, ["ACGTACGT"], out=tmp_path / "a.h5")
        with pytest.raises(NonFiniteError):
            predict(model, ["ACGTACGT"], out=tmp_path / "b.h5", on_nonfinite="raise")
        assert not (tmp_path / "b.h5").exists()
        long = Interval("1", 0, 40)
        with pytest.warns(DataWarning, match="windows of 8"), pytest.raises(NonFiniteError):
            predict(model, long, genome, on_nonfinite="raise")

    def test_stored_values_that_are_no_numbers_are_said_again(self, tmp_path, small_parts):
        network = torch.nn.Conv1d(4, 1, 1)
        head = HeadSpec("a", (1,), 1)
        model = wrap(network, heads=head, window_bp=8, output_axes="NTL", name="broken")
        out, texts = tmp_path / "a.h5", ["ACGTACGT", "ACGTACGA"]
        torch.nn.init.constant_(network.weight, torch.nan)
        with pytest.warns(DataWarning, match="NaN or Inf"):
            predict(model, texts, out=out)
        with pytest.warns(DataWarning, match="16 in 'a'; the first is in example 0"):
            predict(model, texts, out=out)
        with pytest.raises(NonFiniteError, match="example 0"):
            predict(model, texts, out=out, on_nonfinite="raise")

    def test_parts_of_a_broken_job_are_looked_at_again(self, tmp_path, monkeypatch, small_parts):
        network = torch.nn.Conv1d(4, 1, 1)
        head = HeadSpec("a", (1,), 1)
        model = wrap(network, heads=head, window_bp=8, output_axes="NTL", name="broken")
        torch.nn.init.constant_(network.weight, torch.nan)
        out, many = tmp_path / "a.h5", ["ACGTACGT"] * 400
        with monkeypatch.context() as broken:
            broken.setattr(predict_job, "_write", lambda *_: 1 / 0)
            with pytest.warns(DataWarning, match="NaN or Inf"), pytest.raises(ZeroDivisionError):
                predict(model, many, out=out)
        with pytest.raises(NonFiniteError):
            predict(model, many, out=out, on_nonfinite="raise")
        assert not out.exists()

    def test_positions_that_no_view_knows_are_no_fault(self, bases, tmp_path, recwarn):
        views = Ensemble(shifts=(2,))
        for _ in range(2):
            found = predict(
                bases, texts(2), ensemble=views, out=tmp_path / "p.h5", on_nonfinite="raise"
            )
        assert int(torch.isnan(found.signal[1].tensor).sum()) == 2 * 2 * 3

    def test_arrays_beside_the_bases_count(self, tmp_path):
        from locuscope.models.protocol import InputSpec
        from tests.inference.test_where import TwoEnds

        inputs = (
            InputSpec("left", length_bp=6),
            InputSpec("right", length_bp=4),
            InputSpec("level", kind="array"),
        )
        head = HeadSpec("value", (), 2, kind="scalar")
        model = wrap(
            TwoEnds(), heads=head, window_bp=20, inputs=inputs, output_axes="NT", name="ends"
        )
        given = {
            "left": one_hot(["ACGTAC", "TTGACA"]),
            "right": one_hot(["ACGT", "GGTA"]),
            "level": np.ones((2, 3), np.float32),
        }
        out = tmp_path / "a.h5"
        same(predict(model, given, out=out), predict(model, given))
        with pytest.raises(InputChangedError, match="examples"):
            predict(model, {**given, "level": given["level"] * 2}, out=out)
