"""predict_region: windows equal one pass; files equal the array; a broken job goes on."""

from __future__ import annotations

import signal
import subprocess
import sys
import warnings

import numpy as np
import pytest
import torch

from locuscope.errors import (
    DataWarning,
    InputChangedError,
    OptionError,
    OutOfBoundsError,
    ShapeError,
    StoreTargetError,
    WrongTypeError,
)
from locuscope.genome.bigwig import BigWig
from locuscope.genome.interval import Interval
from locuscope.genome.reference import Genome
from locuscope.inference.ensemble import Ensemble
from locuscope.inference.predict import predict
from locuscope.inference.run import Run
from locuscope.inference.tiling import predict_region
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec
from tests.oracles import predict_oracle as oracle


def whole(model, contig, start, end):
    """One pass over a stretch, straight from the network."""
    model.module.eval()
    x = torch.from_numpy(oracle.one_hot(oracle.window_text(contig, start, end)))
    with torch.inference_mode():
        return model.module(x[None])


@pytest.fixture
def pooled():
    """Bins of 4 bases, 6 bases of context, any length."""

    class Pooled(torch.nn.Module):
        def __init__(self):
            super().__init__()
            torch.manual_seed(1)
            self.conv = torch.nn.Conv1d(4, 2, 13, padding=6)

        def forward(self, x):
            return torch.nn.functional.avg_pool1d(self.conv(x).relu(), 4).transpose(1, 2)

    head = HeadSpec("cov", (4,), 2, strand_pair=(1, 0))
    return wrap(Pooled(), heads=head, window_bp=None, name="pooled")


class TestOnePass:
    def test_fifty_windows_equal_one_pass(self, bases, genome, contig):
        place = Interval("1", 20, 570)
        found = predict_region(bases, place, genome, width_bp=21)
        assert isinstance(found.tensor, torch.Tensor)
        assert found.interval == place
        assert torch.allclose(found.tensor, whole(bases, contig, 15, 575), atol=2e-6)
        assert torch.allclose(
            found.tensor, predict(bases, place, genome).signal[1].tensor, atol=2e-6
        )

    @pytest.mark.parametrize("crop", [8, 12, 20])
    def test_a_crop_that_covers_the_context_is_exact(self, pooled, genome, contig, crop):
        place = Interval("1", 101, 402)
        found = predict_region(pooled, place, genome, width_bp=80, crop_bp=crop)
        assert found.interval == Interval("1", 100, 404)
        expected = whole(pooled, contig, 92, 412)[:, 2:-2]
        assert found.tensor.shape == expected.shape == (1, 76, 2)
        assert torch.allclose(found.tensor, expected, atol=2e-6)
        short = predict_region(pooled, place, genome, width_bp=80, crop_bp=4)
        assert not torch.allclose(short.tensor, expected, atol=2e-6)

    def test_blending_changes_only_what_the_crop_lost(self, pooled, genome):
        place = Interval("1", 100, 400)
        plain = predict_region(pooled, place, genome, width_bp=80, crop_bp=16)
        mixed = predict_region(pooled, place, genome, width_bp=80, crop_bp=16, blend="blend")
        gap = (plain.tensor - mixed.tensor).abs().amax((0, 2)).numpy()
        step = (80 - 32) // 4
        seams = {b for k in range(1, 7) for b in range(k * step - 4, k * step + 4)}
        assert set(np.flatnonzero(gap > 2e-6)) <= seams
        assert gap.max() > 1e-4

    def test_the_ends_of_a_contig_are_padded(self, bases, genome, contig):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = predict_region(bases, genome.whole("1"), genome, width_bp=110)
        assert torch.allclose(found.tensor, whole(bases, contig, -5, 605), atol=2e-6)
        with pytest.warns(DataWarning, match="bins outside are dropped"):
            wider = predict_region(bases, Interval("1", -9, 700), genome, width_bp=110)
        assert torch.equal(wider.tensor, found.tensor)

    def test_both_strands_shifts_and_batches(self, published, genome):
        model, _ = published["softplus"]
        place = Interval("1", 200, 320)
        views = Ensemble(rc=True, shifts=(0, 8), shift_fill="genome")
        found = [
            predict_region(model, place, genome, ensemble=views, batch_size=size)
            for size in (1, 3, 64)
        ]
        for other in found[1:]:
            assert torch.allclose(other.tensor, found[0].tensor, atol=2e-6)
        rc = predict_region(model, place, genome, rc=True)
        one = predict(model, Interval("1", 192, 256), genome, rc=True).signal[8].tensor
        assert torch.allclose(rc.tensor[:, :6], one[:, 1:7], atol=2e-6)

    def test_chosen_tracks_and_resolution(self, bins, genome):
        place = Interval("1", 100, 300)
        found = predict_region(bins, place, genome, heads=["cov"], tracks=[1], resolution_bp=4)
        assert (tuple(found.shape), found.resolution) == ((1, 50, 1), 4)
        assert found.column("track_name") == ["cov:1"]
        fine = predict_region(bins, place, genome, heads=["cov"])
        assert (tuple(fine.shape), fine.resolution) == ((1, 200, 2), 1)


class TestFiles:
    place = Interval("1", 30, 530)

    def test_an_array_is_read_as_it_is_used(self, bases, genome, tmp_path):
        plain = predict_region(bases, self.place, genome, width_bp=60)
        out = tmp_path / "region.npy"
        found = predict_region(bases, self.place, genome, width_bp=60, out=out)
        assert torch.allclose(found.tensor, plain.tensor, atol=2e-6)
        assert found.table == plain.table
        stored = np.load(out)
        assert (stored.shape, stored.dtype) == ((500, 3), np.float32)
        bases.module.calls.clear()
        again = predict_region(bases, self.place, genome, width_bp=60, out=out)
        assert bases.module.calls == []
        assert torch.equal(again.tensor, found.tensor)
        assert sorted(path.name for path in tmp_path.iterdir() if path.name[0] != ".") == [
            "region.npy"
        ]

    def test_a_bigwig_equals_the_array(self, bins, genome, tmp_path):
        place = Interval("1", 1, 599)
        options = {"heads": ["cov"], "tracks": [0], "resolution_bp": 4}
        plain = predict_region(bins, place, genome, **options)
        out = tmp_path / "a.bw"
        assert predict_region(bins, place, genome, out=out, **options) == out
        with BigWig(out) as written:
            assert written.lengths == {"1": 600}
            values = written.values(Interval("1", 0, 600))
        np.testing.assert_array_equal(values, plain.tensor[0, :, 0].numpy().repeat(4))

    def test_a_folder_has_a_bigwig_per_track(self, bases, genome, tmp_path):
        plain = predict_region(bases, self.place, genome, width_bp=60)
        out = tmp_path / "tracks"
        assert predict_region(bases, self.place, genome, width_bp=60, out=out) == out
        names = sorted(path.name for path in out.iterdir() if path.name[0] != ".")
        assert names == ["one.bw", "three.bw", "two.bw"]
        with BigWig(out / "two.bw") as written:
            values = written.values(Interval("1", 30, 530))
        np.testing.assert_allclose(values, plain.tensor[0, :, 1].numpy(), atol=2e-6)

    def test_an_array_and_a_bigwig_in_one_job(self, bases, genome, tmp_path):
        out = [tmp_path / "a.npy", tmp_path / "a.bw"]
        found = predict_region(bases, self.place, genome, width_bp=60, tracks=["one"], out=out)
        with BigWig(out[1]) as written:
            values = written.values(Interval("1", 30, 530))
        np.testing.assert_array_equal(values, found.tensor[0, :, 0].numpy())


class TestJobs:
    place = Interval("1", 30, 530)

    def call(self, model, genome, out, **options):
        return predict_region(model, self.place, genome, width_bp=60, out=out, **options)

    @pytest.fixture(autouse=True)
    def _small_parts(self, monkeypatch):
        monkeypatch.setattr("locuscope.inference.tile_plan._MOST_WINDOWS", 2)

    @pytest.mark.fault("J1")
    @pytest.mark.parametrize("blend", ["crop", "blend"])
    @pytest.mark.parametrize("after", [1, 3, 4])
    def test_a_broken_job_goes_on_and_ends_byte_equal(self, bases, genome, tmp_path, blend, after):
        smooth = self.call(bases, genome, tmp_path / "smooth.npy", blend=blend)
        steps = []

        def stop(done, total, counts):
            steps.append(done)
            if len(steps) == after:
                raise KeyboardInterrupt

        out = tmp_path / "broken.npy"
        with pytest.raises(KeyboardInterrupt):
            self.call(bases, genome, out, blend=blend, run=Run(out=out, progress=stop))
        assert not out.exists()
        bases.module.calls.clear()
        found = self.call(bases, genome, out, blend=blend)
        per_part = 2 if blend == "crop" else 4
        windows = -(-500 // (50 if blend == "crop" else 36))
        assert sum(bases.module.calls) <= (-(-windows // 2) - after) * per_part
        assert out.read_bytes() == (tmp_path / "smooth.npy").read_bytes()
        assert torch.equal(found.tensor, smooth.tensor)
        assert not (tmp_path / "broken.npy.job").exists()

    @pytest.mark.fault("J10")
    def test_another_question_is_refused_by_name(self, bases, genome, tmp_path):
        out = tmp_path / "a.npy"
        self.call(bases, genome, out)
        with pytest.raises(InputChangedError, match="ensemble"):
            self.call(bases, genome, out, rc=True)
        with pytest.raises(InputChangedError, match="crop_bp"):
            self.call(bases, genome, out, crop_bp=10)
        again = self.call(bases, genome, out, rc=True, run=Run(out=out, restart=True))
        plain = predict_region(bases, self.place, genome, width_bp=60, rc=True)
        assert torch.allclose(again.tensor, plain.tensor, atol=2e-6)

    @pytest.mark.fault("J5")
    def test_targets_that_cannot_be_written(self, bases, genome, tmp_path):
        for out, words in (
            ("a.h5", "written as .npy"),
            ("a.bw", "holds one track; 3 are chosen"),
            (["a", "b.npy"], "stands alone"),
        ):
            paths = [tmp_path / name for name in out] if isinstance(out, list) else tmp_path / out
            with pytest.raises(OptionError, match=words):
                self.call(bases, genome, paths)
        bases.module.calls.clear()
        for out in (tmp_path / "no" / "a.npy", tmp_path / "no" / "folder"):
            with pytest.raises(StoreTargetError):
                self.call(bases, genome, out)
        assert bases.module.calls == []
        assert not list(tmp_path.iterdir())


@pytest.mark.fault("J2")
def test_a_killed_process_leaves_what_was_done(bases, genome, contig, tmp_path, monkeypatch):
    out, whole_run = tmp_path / "torn.npy", tmp_path / "whole.npy"
    program = (
        "import os, signal, sys\n"
        "from locuscope.genome.interval import Interval\n"
        "from locuscope.genome.reference import Genome\n"
        "from locuscope.inference import tile_plan\n"
        "from locuscope.inference.run import Run\n"
        "from locuscope.inference.tiling import predict_region\n"
        "from tests.inference.conftest import toy_bases\n"
        "tile_plan._MOST_WINDOWS = 2\n"
        "genome = Genome.from_sequences({'1': sys.argv[2], '2': 'N' * 300 + sys.argv[2][:300]})\n"
        "stop = lambda n, total, counts: n >= 200 and os.kill(os.getpid(), signal.SIGKILL)\n"
        "run = Run(device='cpu', out=sys.argv[1], progress=stop)\n"
        "predict_region(toy_bases(), Interval('1', 30, 530), genome, width_bp=60, run=run)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(out), contig], check=False)
    assert done.returncode == -signal.SIGKILL
    assert not out.exists()
    monkeypatch.setattr("locuscope.inference.tile_plan._MOST_WINDOWS", 2)
    for path in (out, whole_run):
        bases.module.calls.clear()
        predict_region(bases, Interval("1", 30, 530), genome, width_bp=60, out=path, device="cpu")
        assert sum(bases.module.calls) == (6 if path is out else 10)
    assert out.read_bytes() == whole_run.read_bytes()


class TestDoors:
    def test_one_output_with_bins(self, bins, bases, genome):
        place = Interval("1", 100, 300)
        with pytest.raises(OptionError, match="heads cov, total; a region is of one"):
            predict_region(bins, place, genome)
        with pytest.raises(OptionError, match="'total' of bins has no bins"):
            predict_region(bins, place, genome, heads=["total"])
        with pytest.raises(OptionError, match="no default width"):
            predict_region(bases, place, genome)
        with pytest.raises(OptionError, match="restart"):
            predict_region(bases, place, genome, width_bp=60, run=Run(restart=True))
        views = Ensemble(rc=True, rc_merging="max")
        with pytest.raises(OptionError, match="scores only"):
            predict_region(bases, place, genome, width_bp=60, ensemble=views)

    @pytest.mark.fault("N6")
    def test_a_width_that_the_model_cannot_read(self, published, genome):
        model, _ = published["sigmoid"]
        with pytest.raises(ShapeError, match="64"):
            predict_region(model, Interval("1", 0, 300), genome, width_bp=72)

    def test_arguments_of_another_kind(self, bases, genome):
        with pytest.raises(WrongTypeError, match="interval takes"):
            predict_region(bases, "1:1-300", genome, width_bp=60)
        with pytest.raises(WrongTypeError, match="genome takes"):
            predict_region(bases, Interval("1", 0, 300), "hg38.fa", width_bp=60)

    @pytest.mark.fault("F1")
    def test_bases_that_a_slice_lacks(self, bases, contig):
        part = Genome.from_sequences(
            {"part": contig[100:300]}, lengths={"1": 600}, slices={"1": [("part", 100)]}, name="cut"
        )
        with pytest.raises(OutOfBoundsError, match="cut holds 1:101-300"):
            predict_region(bases, Interval("1", 110, 320), part, width_bp=60)
        found = predict_region(bases, Interval("1", 105, 205), part, width_bp=60)
        assert torch.allclose(found.tensor, whole(bases, contig, 100, 210), atol=2e-6)
