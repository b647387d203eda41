"""`locuscope predict --layer`: what a layer holds, in each kind of file, equals `activations`."""

from __future__ import annotations

import json

import h5py
import numpy as np
import polars as pl
import pytest

from locuscope.attribution.activations import activations
from locuscope.cli import main
from locuscope.cli.predict_layers import chain_arrays, write_layers
from locuscope.genome.interval import Interval
from tests.cli import toy_net

WHERE = [Interval("1", 200, 224, "-", "peak"), Interval("1", 50, 74, "+", "other")]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return toy_net.write_files(tmp_path_factory.mktemp("study"))


@pytest.fixture
def run(place, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def call(*words: object, where: tuple[object, ...] = ()) -> int:
        given = where or ("-r", place / "two.bed", "--genome", place / "toy.fa")
        return main(["predict", f"{place}/nets.py::net", *map(str, [*given, *words])])

    return call


def expected(place, layer="stem", where=WHERE, **options):
    genome = None if isinstance(where[0], str) else toy_net.genome_of(place)
    return activations(toy_net.model_of(place), where, layer, genome, **options)[layer]


def test_arrays(run, place, capsys):
    wanted = expected(place)
    assert run("--layer", "stem", "-o", "a.h5") == 0
    assert capsys.readouterr().out == "a.h5: 2 places, stem (2, 6, 32)\n"
    with h5py.File("a.h5") as file:
        np.testing.assert_array_equal(file["preds/stem"][()], wanted)
        # The window that is read, not the place.
        assert file["metadata/ranges/start"][()].tolist() == [196, 46]
        assert file["metadata/ranges/id"].asstr()[0] == "peak"
    assert run("-l", "stem", "--output", "a.npz", "--quiet", "--batch-size", 1) == 0
    with np.load("a.npz", allow_pickle=False) as arrays:
        np.testing.assert_allclose(arrays["stem"], wanted, atol=1e-6)


def test_a_table_has_a_row_per_place(run, place):
    assert run("--layer", "stem", "-o", "a.tsv") == 0
    frame = pl.read_csv("a.tsv", separator="\t")
    names = [f"metadata/ranges/{name}" for name in ("chr", "end", "id", "start", "strand")]
    assert frame.columns[:5] == names
    assert frame.columns[5:] == [f"preds/stem/{k}" for k in range(6 * 32)]
    found = frame.select(pl.col("^preds.*$")).to_numpy()
    np.testing.assert_allclose(found, expected(place).reshape(2, -1), rtol=1e-6)
    assert frame["metadata/ranges/id"].to_list() == ["peak", "other"]


def test_a_bed_file_begins_with_six_columns(run, place):
    assert run("--layer", "last", "-o", "a.bed") == 0
    frame = pl.read_csv("a.bed", separator="\t")
    assert frame.row(0)[:6] == (1, 196, 228, "peak", 0, ".")
    wanted = expected(place, "last").reshape(2, -1)
    np.testing.assert_allclose(frame.to_numpy()[:, 6:].astype(float), wanted, rtol=1e-6)


def test_what_enters_the_activation(run, place):
    assert run("--layer", "relu", "--pre-nonlinearity", "-o", "a.npz") == 0
    with np.load("a.npz", allow_pickle=False) as arrays:
        np.testing.assert_array_equal(arrays["relu"], expected(place))
        assert (arrays["relu"] < 0).any()
    assert run("--layer", "relu", "-o", "b.npz") == 0
    with np.load("b.npz", allow_pickle=False) as arrays:
        np.testing.assert_array_equal(arrays["relu"], expected(place, "relu"))


def test_records(run, place, capsys):
    where = ("--fasta", place / "same.fa")
    assert run("--layer", "stem", "-o", "a.tsv", "--json", where=where) == 0
    said = json.loads(capsys.readouterr().out)
    assert said == {"places": 2, "layers": {"stem": [2, 6, 32]}, "out": "a.tsv"}
    frame = pl.read_csv("a.tsv", separator="\t")
    assert frame["metadata/ranges/chr"].to_list() == ["one", "two"]
    wanted = expected(place, where=[toy_net.letters(32, 2), toy_net.letters(32, 3)])
    found = frame.select(pl.col("^preds.*$")).to_numpy()
    np.testing.assert_allclose(found, wanted.reshape(2, -1), rtol=1e-6)


def test_nested_values_are_named_by_their_path(tmp_path):
    nested = {"lstm#0": (np.ones((1, 2)), {"h": np.zeros((1, 1))})}
    arrays = dict(chain_arrays(nested))
    assert list(arrays) == ["lstm#0/0", "lstm#0/1/h"]
    write_layers(tmp_path / "a.tsv", arrays, [Interval("1", 0, 4, name="a\tb")])
    titles, row = (tmp_path / "a.tsv").read_text().splitlines()
    assert titles.split("\t")[5:] == ["preds/lstm#0/0/0", "preds/lstm#0/0/1", "preds/lstm#0/1/h/0"]
    assert row.split("\t") == ["1", "4", "a b", "0", ".", "1", "1", "0"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--layer", "stam", "-o", "a.h5"], "stem"),
        (["--layer", "stem", "-o", "a.bw"], "the suffix must be one of .npz, .h5"),
        (["--layer", "stem", "-o", "a.h5", "--rc"], "--rc has no effect with --layer"),
        (["--layer", "stem", "-o", "a.h5", "--tracks", "strand=+"], "--tracks has no effect"),
        (["--layer", "stem", "-o", "a.h5", "--var"], "--var has no effect with --layer"),
    ],
)
def test_what_is_refused(run, tmp_path, capsys, words, said):
    assert run(*words) == 2
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
