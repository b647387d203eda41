"""`locuscope predict` of places and records: every option and file type equals the Python call."""

from __future__ import annotations

import json

import h5py
import numpy as np
import polars as pl
import pytest
import zarr

from locuscope.cli import main
from locuscope.genome.bigwig import BigWig
from locuscope.genome.interval import Interval
from locuscope.inference.ensemble import Ensemble
from locuscope.inference.predict import predict
from tests.cli import toy_net

WHERE = [Interval("1", 200, 224, "-", "peak"), Interval("1", 50, 74, "+", "other")]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return toy_net.write_files(tmp_path_factory.mktemp("study"))


@pytest.fixture
def run(place, tmp_path, monkeypatch):
    """Run the command on the study, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def call(*words: object, model: str = "net", where: tuple[object, ...] = ()) -> int:
        given = where or ("-r", place / "two.bed", "--genome", place / "toy.fa")
        return main(["predict", f"{place}/nets.py::{model}", *map(str, [*given, *words])])

    return call


def expected(place, where=WHERE, *, model="net", **options):
    genome = None if isinstance(where[0], str) else toy_net.genome_of(place)
    return predict(toy_net.model_of(place, model), where, genome, **options)


def numbers(found):
    return found.signal[1].numpy()


def test_arrays_in_each_kind_of_file(run, place, tmp_path):
    wanted = numbers(expected(place))
    for name in ("a.npz", "a.h5", "a.hdf5", "a.zarr"):
        assert run("-o", name, "--quiet") == 0
    with np.load("a.npz", allow_pickle=False) as arrays:
        np.testing.assert_array_equal(arrays["signal/1"], wanted)
        assert arrays["start"].tolist() == [200, 50]
    for name in ("a.h5", "a.hdf5"):
        with h5py.File(name) as file:
            np.testing.assert_array_equal(file["mean/signal/1"][()], wanted)
            assert file["places/chrom"].asstr()[()].tolist() == ["1", "1"]
            assert file["places/strand"].asstr()[()].tolist() == ["-", "+"]
            assert file["places/end"][()].tolist() == [224, 74]
            tracks = json.loads(file["tracks/signal"].asstr()[()])
        assert [track["track_name"] for track in tracks] == ["a", "<b>"]
    root = zarr.open_group("a.zarr", mode="r")
    np.testing.assert_array_equal(root["mean/signal/1"][:], wanted)
    assert root["places/start"][:].tolist() == [200, 50]
    assert root["places"].attrs["strand"] == ["-", "+"]
    assert json.loads(root["tracks"].attrs["signal"])[1]["strand"] == "-"


def test_hdf5_is_the_file_of_the_verb(run, place, tmp_path):
    words = ["--rc", "--var", "--all", "--down-sample", 2, "--tracks", "strand=-"]
    assert run("-o", "a.h5", *words, "--batch-size", 1) == 0
    options = {"return_var": True, "return_all": True, "down_sample": 2, "batch_size": 1}
    options["ensemble"] = Ensemble(rc=True)
    expected(place, **options, tracks={"strand": ["-"]}, out=tmp_path / "b.h5")
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_records_in_hdf5_have_their_names(run, place):
    assert run("-o", "a.h5", "--rc", "--all", where=("--fasta", place / "same.fa")) == 0
    texts = [toy_net.letters(32, 2), toy_net.letters(32, 3)]
    wanted = expected(place, texts, rc=True, return_all=True)
    with h5py.File("a.h5") as file:
        np.testing.assert_array_equal(file["mean/signal/1"][()], numbers(wanted.mean))
        stacked = np.stack([numbers(member) for member in wanted.members])
        np.testing.assert_array_equal(file["members/signal/1"][()], stacked)
        assert file["places/chrom"].asstr()[()].tolist() == ["one", "two"]


def test_a_bed_file_has_a_row_per_bin_and_a_column_per_track(run, place):
    assert run("-o", "a.bed", "--quiet") == 0
    frame = pl.read_csv("a.bed", separator="\t")
    assert frame.columns == ["#chrom", "start", "end", "name", "score", "strand", "a", "<b>"]
    assert frame["start"].to_list() == [*range(200, 224), *range(50, 74)]
    assert frame["name"].unique(maintain_order=True).to_list() == ["peak", "other"]
    np.testing.assert_allclose(
        frame.select("a", "<b>").to_numpy(), numbers(expected(place)).reshape(-1, 2), rtol=1e-7
    )


def test_views_are_averaged_with_their_variance_and_each_of_them(run, place):
    words = ["--rc", "--shifts", 0, 1, "--members", f"{place}/nets.py::other", "--var", "--all"]
    views = Ensemble(rc=True, shifts=(0, 1), members=(toy_net.model_of(place, "other"),))
    wanted = expected(place, ensemble=views, return_var=True, return_all=True)
    assert run("-o", "a.npz", *words) == 0
    with np.load("a.npz", allow_pickle=False) as arrays:
        np.testing.assert_allclose(arrays["signal/1"], numbers(wanted.mean), atol=1e-6)
        np.testing.assert_allclose(arrays["var/signal/1"], numbers(wanted.var), atol=1e-6)
        stacked = np.stack([numbers(member) for member in wanted.members])
        np.testing.assert_allclose(arrays["members/signal/1"], stacked, atol=1e-6)
    assert run("-o", "a.tsv", *words[:4], "--var") == 0
    frame = pl.read_csv("a.tsv", separator="\t")
    assert frame.columns[-2:] == ["value", "var"]
    assert run("-o", "a.bed", *words[:4], "--all", "--tracks", "strand=+") == 0
    titles = pl.read_csv("a.bed", separator="\t").columns[6:]
    assert titles == ["a", *(f"member_{k}:a" for k in range(4))]


def test_dropout_is_drawn_with_the_seed(run, place):
    views = Ensemble(mc_samples=3)
    wanted = expected(place, model="drops", ensemble=views, return_var=True, seed=7)
    words = ["--mc-samples", 3, "--var", "--seed", 7, "--batch-size", 1]
    assert run("-o", "a.h5", *words, model="drops") == 0
    with h5py.File("a.h5") as file:
        np.testing.assert_allclose(file["mean/signal/1"], numbers(wanted.mean), atol=1e-6)
        np.testing.assert_allclose(file["var/signal/1"], numbers(wanted.var), atol=1e-6)
    assert float(np.max(numbers(wanted.var))) > 0


def test_every_third_bin_with_the_places_of_the_bins(run, place):
    wanted = numbers(expected(place, down_sample=3))
    assert run("-o", "a.npz", "--down-sample", 3) == 0
    with np.load("a.npz", allow_pickle=False) as arrays:
        np.testing.assert_array_equal(arrays["signal/1"], wanted)
    assert run("-o", "a.tsv", "--down-sample", 3) == 0
    frame = pl.read_csv("a.tsv", separator="\t").filter(region=0, track_name="a")
    assert frame["start"].to_list() == list(range(200, 224, 3))
    np.testing.assert_allclose(frame["value"], wanted[0, :, 0], atol=1e-6)
    assert run("-o", "a.bw", "--down-sample", 3, "--tracks", "strand=+") == 0
    found = BigWig("a.bw").values(Interval("1", 200, 224))
    np.testing.assert_allclose(found[::3], wanted[0, :, 0], atol=1e-6)
    assert np.isnan(found[1::3]).all()


def test_records_are_predicted_as_they_are(run, place, capsys):
    texts = [toy_net.letters(32, 2), toy_net.letters(32, 3)]
    where = ("--fasta", place / "same.fa")
    assert run("-o", "a.tsv", where=where) == 0
    assert capsys.readouterr().out == "a.tsv: 2 records, signal (2 tracks)\n"
    frame = pl.read_csv("a.tsv", separator="\t")
    first = frame.filter(chrom="one", track_name="a")
    assert first["start"].to_list() == list(range(4, 28))
    wanted = numbers(expected(place, texts))
    np.testing.assert_allclose(first["value"], wanted[0, :, 0], atol=1e-6)
    assert run("-o", "a.bw", "--tracks", "track_name=<b>", where=where) == 0
    found = BigWig("a.bw").values(Interval("two", 0, 32))
    np.testing.assert_allclose(found[4:28], wanted[1, :, 1], atol=1e-6)
    assert np.isnan(found[:4]).all()


def test_a_place_longer_than_a_window(run, place):
    long = Interval("1", 100, 220)
    words = ("-r", "1:101-220", "--genome", place / "toy.fa")
    assert run("-o", "a.npz", where=words) == 0
    with np.load("a.npz", allow_pickle=False) as arrays:
        found = arrays["signal/1"]
    np.testing.assert_allclose(found, numbers(expected(place, [long])), atol=1e-6)
    assert found.shape == (1, 120, 2)
    assert run("-o", "a.h5", where=words) == 0
    with h5py.File("a.h5") as file:
        np.testing.assert_allclose(file["mean/signal/1"][()], found, atol=1e-6)


def test_one_json_object(run, capsys):
    assert run("-o", "a.npz", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert said == {"places": 2, "heads": {"signal": 2}, "out": "a.npz"}


def test_published_spellings(run, place):
    loader = json.dumps(
        {"fasta_file": str(place / "toy.fa"), "intervals_file": str(place / "two.bed")}
    )
    for flag in ("--dataloader_args", "--dataloader_arguments"):
        words = [f"{flag}={loader}", "--batch_size", 1, "-n", 2]
        assert run("--output", "a.npz", where=tuple(words)) == 0
        with np.load("a.npz", allow_pickle=False) as arrays:
            np.testing.assert_allclose(arrays["signal/1"], numbers(expected(place)), atol=1e-6)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-o", "a.bw", "--tracks", "strand=+", "--rc", "--var"], "no --var and no --all"),
        (["-o", "a.npz", "--var"], "variance needs at least two members"),
        (["-o", "a.npz", "--mc-samples", 2], "dropout"),
        (["-o", "a.npz", "--down-sample", 0], "down_sample is 0"),
        (["-o", "a.npz", "--tss-radius", 2], "--tss-radius has no effect with --regions"),
        (["-o", "a.npz", "--pre-nonlinearity"], "--pre-nonlinearity has no effect with --reg"),
        (["-o", "a.npz", "--metrics", "r2"], "--metrics has no effect with --regions"),
        (
            ["-o", "a.npz", "--restart"],
            "--restart has no effect on a.npz, which is written",
        ),
        (["-o", "a.npz", "--fasta", "x.fa"], "--regions and --fasta exclude each other"),
        (["-o", "gone/a.zarr"], "there is no folder"),
        ([], "the option -o OUT is missing"),
    ],
)
def test_what_is_refused(run, tmp_path, capsys, words, said):
    assert run(*words) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert said in err
    assert list(tmp_path.iterdir()) == []


def test_a_record_of_a_length_that_the_model_cannot_read(run, place, capsys):
    where = ("--fasta", place / "odd.fa")
    assert run("-o", "a.npz", where=where) == 2
    assert "31" in capsys.readouterr().err
