"""Whole chromosomes: arrays, bigWigs and Zarr equal each other; a broken job goes on."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
import zarr

from locuscope.errors import (
    DataWarning,
    EmptySelectionError,
    InputChangedError,
    MissingContigError,
    OptionError,
    StoreTargetError,
    WrongTypeError,
)
from locuscope.genome.bigwig import BigWig
from locuscope.genome.interval import Interval
from locuscope.genome.reference import Genome
from locuscope.inference import tile_jobs
from locuscope.inference.chromosomes import predict_chromosomes
from locuscope.inference.ensemble import Ensemble
from locuscope.inference.predict import predict
from locuscope.inference.run import Run
from locuscope.inference.tiling import predict_region
from tests.inference.conftest import toy_bases

NAMES = ["one", "two", "three"]
WIDTH = {"width_bp": 60}


@pytest.fixture
def small(contig):
    """Two contigs, one no multiple of anything."""
    return Genome.from_sequences({"1": contig[:301], "2": contig[300:377]}, name="small")


def whole(model, genome, chrom):
    """One pass over a contig with its crops."""
    length = genome.lengths[chrom]
    x = genome.one_hot([Interval(chrom, -5, length + 5)], dtype="uint8", pad=True)
    model.module.eval()
    with torch.inference_mode():
        return model.module(torch.from_numpy(x).float())


class TestMemory:
    def test_every_contig_equals_one_pass(self, bases, small):
        found = predict_chromosomes(bases, small, **WIDTH)
        assert list(found) == ["1", "2"]
        for chrom, tensor in found.items():
            assert tensor.interval == small.whole(chrom)
            torch.testing.assert_close(tensor.tensor, whole(bases, small, chrom), atol=2e-6, rtol=0)

    def test_names_are_kept_as_given(self, bases, small):
        with pytest.warns(DataWarning, match="answers carry your spelling"):
            found = predict_chromosomes(bases, small, "chr2", **WIDTH)
        assert list(found) == ["chr2"]
        assert found["chr2"].interval == Interval("chr2", 0, 77)
        assert list(predict_chromosomes(bases, small, ("2", "1"), **WIDTH)) == ["2", "1"]

    def test_bins_cover_a_contig_to_its_end(self, bins, small):
        found = predict_chromosomes(
            bins, small, heads=["cov"], resolution_bp=4, crop_bp=4, tracks=[1]
        )
        assert {chrom: tuple(t.shape) for chrom, t in found.items()} == {
            "1": (1, 76, 1),
            "2": (1, 20, 1),
        }
        assert found["2"].interval == Interval("2", 0, 77)

    def test_progress_counts_all_contigs(self, bases, small):
        told = []
        run = Run(progress=lambda done, total, counts: told.append((done, total)))
        predict_chromosomes(bases, small, run=run, **WIDTH)
        assert told[-1] == (378, 378)

    @pytest.mark.parametrize(
        ("chroms", "error", "words"),
        [
            ([], EmptySelectionError, "small has 2 contigs"),
            (["1", "chr1"], OptionError, "names 'chr1' twice"),
            ("9", MissingContigError, "9"),
        ],
    )
    def test_names_that_are_no_contigs(self, bases, small, chroms, error, words):
        with pytest.raises(error, match=words):
            predict_chromosomes(bases, small, chroms, **WIDTH)

    def test_doors(self, bases, small):
        with pytest.raises(WrongTypeError, match="genome"):
            predict_chromosomes(bases, "hg38.fa")
        with pytest.raises(OptionError, match="restart"):
            predict_chromosomes(bases, small, run=Run(restart=True))
        with pytest.raises(OptionError, match="rc_merging"):
            predict_chromosomes(bases, small, ensemble=Ensemble(rc=True, rc_merging="max"))


class TestFiles:
    def test_one_bigwig_per_track_holds_all_contigs(self, bases, small, tmp_path):
        arrays = predict_chromosomes(bases, small, rc=True, **WIDTH)
        out = predict_chromosomes(bases, small, rc=True, out=tmp_path / "all", **WIDTH)
        assert out == tmp_path / "all"
        assert sorted(path.name for path in out.glob("[!.]*")) == sorted(f"{n}.bw" for n in NAMES)
        for track, name in enumerate(NAMES):
            with BigWig(out / f"{name}.bw") as written:
                for chrom, tensor in arrays.items():
                    np.testing.assert_allclose(
                        written.values(small.whole(chrom)), tensor.numpy()[0, :, track], atol=1e-6
                    )

    def test_one_track_in_one_bigwig(self, bases, small, tmp_path):
        out = tmp_path / "two.bw"
        assert predict_chromosomes(bases, small, tracks=["two"], out=out, **WIDTH) == out
        expected = predict_chromosomes(bases, small, tracks=["two"], **WIDTH)
        with BigWig(out) as written:
            np.testing.assert_allclose(
                written.values(small.whole("2")), expected["2"].numpy()[0, :, 0], atol=1e-6
            )

    def test_a_zarr_holds_an_array_per_contig(self, bases, small, tmp_path):
        out = tmp_path / "all.zarr"
        assert predict_chromosomes(bases, small, out=out, **WIDTH) == out
        group = zarr.open_group(str(out), mode="r")
        expected = predict_chromosomes(bases, small, **WIDTH)
        assert sorted(group.array_keys()) == ["1", "2"]
        for chrom, tensor in expected.items():
            array = group[chrom]
            np.testing.assert_allclose(array[:], tensor.numpy()[0], atol=1e-6)
            assert array.attrs["tracks"] == NAMES
            place = (array.attrs["chrom"], array.attrs["start"], array.attrs["end"])
            assert place == (chrom, 0, small.lengths[chrom])

    def test_a_region_is_a_plain_zarr_array(self, bases, genome, tmp_path):
        place, out = Interval("1", 33, 400), tmp_path / "r.zarr"
        assert predict_region(bases, place, genome, out=out, **WIDTH) == out
        array = zarr.open_array(str(out), mode="r")
        expected = predict(bases, place, genome).signal[1].numpy()[0]
        np.testing.assert_allclose(array[:], expected, atol=2e-6)
        assert array.attrs["start"] == 33

    def test_a_zarr_is_replaced_as_a_whole(self, bases, genome, small, tmp_path):
        out = tmp_path / "r.zarr"
        predict_chromosomes(bases, small, out=out, **WIDTH)
        place = Interval("1", 0, 90)
        with pytest.raises(InputChangedError):
            predict_region(bases, place, genome, out=out, **WIDTH)
        predict_region(bases, place, genome, run=Run(out=out, restart=True), **WIDTH)
        assert zarr.open_array(str(out), mode="r").shape == (90, 3)
        assert {path.name for path in out.glob("[!.]*")} == {"c", "zarr.json"}

    @pytest.mark.fault("J5")
    def test_a_zarr_that_is_something_else(self, bases, small, tmp_path):
        (tmp_path / "file.zarr").write_text("x")
        (tmp_path / "mine.zarr").mkdir()
        (tmp_path / "mine.zarr" / "notes.txt").write_text("keep")
        for name, words in (("file", "it is a file"), ("mine", r"no Zarr \(notes.txt\)")):
            with pytest.raises(StoreTargetError, match=words):
                predict_chromosomes(bases, small, out=tmp_path / f"{name}.zarr", **WIDTH)
        assert (tmp_path / "mine.zarr" / "notes.txt").read_text() == "keep"

    def test_one_array_cannot_hold_several_contigs(self, bases, small, tmp_path):
        with pytest.raises(OptionError, match="2 chromosomes differ in length"):
            predict_chromosomes(bases, small, out=tmp_path / "a.npy", **WIDTH)
        out = tmp_path / "b.npy"
        assert predict_chromosomes(bases, small, "2", out=out, **WIDTH) == out
        assert np.load(out).shape == (77, 3)


class TestJobs:
    @pytest.mark.fault("J1")
    @pytest.mark.parametrize("out", ["folder", "all.zarr", "one.bw"])
    def test_a_broken_job_goes_on_and_ends_with_the_same_bytes(
        self, bases, small, tmp_path, monkeypatch, out
    ):
        monkeypatch.setattr("locuscope.inference.tile_plan._MOST_WINDOWS", 2)
        options = {**WIDTH, "tracks": ["one"], "batch_size": 2}
        straight, broken = tmp_path / "straight", tmp_path / "broken"
        for folder in (straight, broken):
            folder.mkdir()
        predict_chromosomes(bases, small, out=straight / out, **options)
        real, done = tile_jobs._compute, []

        def failing(works, part):
            if len(done) == 2:
                raise KeyboardInterrupt
            done.append(part)
            return real(works, part)

        monkeypatch.setattr(tile_jobs, "_compute", failing)
        with pytest.raises(KeyboardInterrupt):
            predict_chromosomes(bases, small, out=broken / out, **options)
        seen = []

        def counting(works, part):
            seen.append(part)
            return real(works, part)

        monkeypatch.setattr(tile_jobs, "_compute", counting)
        predict_chromosomes(bases, small, out=broken / out, **options)
        assert not set(seen) & set(done)
        n_done = len(seen)
        predict_chromosomes(bases, small, out=broken / out, **options)
        assert len(seen) == n_done  # a finished job computes nothing
        assert _bytes(straight) == _bytes(broken)

    def test_another_choice_of_contigs_is_another_job(self, bases, small, tmp_path):
        out = tmp_path / "all"
        predict_chromosomes(bases, small, out=out, **WIDTH)
        with pytest.raises(InputChangedError, match="covered"):
            predict_chromosomes(bases, small, ["2", "1"], out=out, **WIDTH)

    def test_two_workers_give_the_same_numbers(self, small, tmp_path, monkeypatch):
        monkeypatch.setattr("locuscope.inference.tile_plan._MOST_WINDOWS", 2)
        model = toy_bases()
        alone = predict_chromosomes(model, small, "2", run=Run(batch_size=2), **WIDTH)
        run = Run(workers=2, batch_size=2)
        both = predict_chromosomes(model, small, "2", run=run, **WIDTH)
        torch.testing.assert_close(both["2"].tensor, alone["2"].tensor, atol=2e-6, rtol=0)
        out = tmp_path / "r.npy"
        place = small.whole("2")
        found = predict_region(model, place, small, run=Run(workers=2, out=out), **WIDTH)
        torch.testing.assert_close(found.tensor, alone["2"].tensor, atol=2e-6, rtol=0)

    def test_windows_beyond_the_ends_are_padded_in_silence(self, bases, small, recwarn):
        predict_chromosomes(bases, small, **WIDTH)
        assert not [w for w in recwarn if issubclass(w.category, DataWarning)]


def _bytes(folder):
    """Every published file of a folder; records of jobs hold times."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_file() and not path.name.startswith("."):
            content = path.read_bytes()
            found[name] = json.loads(content) if path.suffix == ".json" else content
    return found
