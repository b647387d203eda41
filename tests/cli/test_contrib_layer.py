"""`locuscope contrib --layer` and `postproc grad_input`: the raw gradient of a layer."""

from __future__ import annotations

import json

import numpy as np
import pytest

from locuscope.attribution.contribution_values import Contributions
from locuscope.attribution.contributions import contributions
from locuscope.attribution.examples import read_sequences
from locuscope.attribution.gradients import grad_input, input_gradient
from locuscope.cli import main
from locuscope.genome.interval import Interval
from locuscope.inference.ensemble import Ensemble
from tests.cli import toy_net

WHERE = [Interval("1", 200, 224), Interval("1", 50, 74)]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return toy_net.write_files(tmp_path_factory.mktemp("study"))


@pytest.fixture
def run(place, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def call(*words: object, command: tuple[str, ...] = ("contrib",)) -> int:
        given = ("-r", place / "two.bed", "--genome", place / "toy.fa")
        return main([*command, f"{place}/nets.py::net", *map(str, [*given, *words])])

    return call


def bases(place):
    return read_sequences(toy_net.model_of(place), WHERE, toy_net.genome_of(place)).inner


def opened(name, place):
    """What a file holds; a table holds no bases of its own."""
    more = {"genome": toy_net.genome_of(place)} if name.endswith(".tsv") else {}
    return Contributions.open(name, **more)


def expected(place, **options):
    return input_gradient(toy_net.model_of(place), bases(place), **options)


@pytest.mark.parametrize(
    ("words", "options"),
    [
        (["--layer", "relu"], {"layer": "relu", "avg_func": "sum"}),
        (["--layer", "stem", "--filter-idx", "2,5"], {"layer": "stem", "filter_idx": (2, 5)}),
        (
            ["-l", "relu", "-f", "0:3", "-a", "max"],
            {"layer": "relu", "filter_idx": slice(0, 3), "avg_func": "max"},
        ),
        (
            ["--layer", "relu", "--filter-idx=[:,4,-3:]", "--avg-func", "absmax"],
            {
                "layer": "relu",
                "filter_idx": (slice(None), 4, slice(-3, None)),
                "avg_func": "absmax",
            },
        ),
        (["--final-layer", "--avg-func", "min"], {"final_layer": True, "avg_func": "min"}),
        (
            ["--layer", "relu", "--pre-nonlinearity", "--filter-idx", "1,9"],
            {"layer": "relu", "pre_nonlinearity": True, "filter_idx": (1, 9)},
        ),
        (
            ["--layer", "relu", "--call-index", "0", "--avg-func", "mean"],
            {"layer": "relu", "call_index": 0, "avg_func": "mean"},
        ),
    ],
)
def test_each_option(run, place, words, options):
    assert run("-o", "a.npz", *words, "--quiet") == 0
    found = Contributions.open("a.npz")
    np.testing.assert_allclose(found.values, expected(place, **options), atol=1e-6)
    np.testing.assert_array_equal(found.sequences, bases(place))
    assert found.provenance["gauge"] == "none"
    assert found.kind == "hypothetical"


@pytest.mark.parametrize("name", ["a.tsv", "a.h5", "a.hdf5", "a.npz", "a.zarr"])
def test_each_file(run, place, capsys, name):
    assert run("-o", name, "--layer", "relu", "--projected") == 0
    assert capsys.readouterr().out == f"2 examples of 32 bases, gradient; wrote {name}.\n"
    wanted = expected(place, layer="relu", avg_func="sum") * bases(place)
    np.testing.assert_allclose(opened(name, place).values, wanted, atol=1e-6)


@pytest.mark.parametrize(
    ("words", "options"),
    [
        (["--method", "gradient", "--rc"], {"method": "gradient", "ensemble": Ensemble(rc=True)}),
        (["--method", "deeplift", "--n-references", 2], {"method": "deeplift", "n_references": 2}),
        (
            ["--method", "integrated_gradients", "--filter-idx", "2", "--references", "zero"],
            {"method": "integrated_gradients", "target": 2, "references": "zero"},
        ),
        (["--method", "gradient_x_input", "-f", "1,7"], {"target": (1, 7)}),
    ],
)
def test_contributions_to_a_layer(run, place, words, options):
    assert run("-o", "a.npz", "--layer", "relu", *words) == 0
    genome = toy_net.genome_of(place)
    wanted = contributions(toy_net.model_of(place), WHERE, genome, layer="relu", **options)
    found = Contributions.open("a.npz")
    np.testing.assert_allclose(found.values, wanted.values, atol=1e-6)
    assert found.provenance["layer"] == "relu"


def test_what_was_asked_is_told(run, capsys):
    words = ["--layer", "relu", "--filter-idx", "(0:2, 3)", "--json"]
    assert run("-o", "a.h5", *words) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["method"], said["target"]) == ("gradient", "sum of layer relu [0:2, 3]")


@pytest.mark.parametrize("avg_func", ["sum", "max", "min", "absmax"])
def test_the_published_command(run, place, avg_func):
    loader = json.dumps(
        {"fasta_file": str(place / "toy.fa"), "intervals_file": str(place / "two.bed")}
    )
    start = ["postproc", "grad_input", f"{place}/nets.py::net", "--dataloader_args", loader]
    words = ["--filter_idx", "0:4", "--avg_func", avg_func, "--output", "a.tsv", "a.hdf5"]
    assert main([*start, "--layer", "relu", *words, "--batch_size", "1", "-n", "0"]) == 0
    options = {"filter_idx": slice(0, 4), "avg_func": avg_func, "layer": "relu"}
    wanted = grad_input(toy_net.model_of(place), bases(place), **options)
    for name in ("a.tsv", "a.hdf5"):
        np.testing.assert_allclose(opened(name, place).values, wanted, atol=1e-6)


@pytest.mark.filterwarnings("default::locuscope.errors.DataWarning")
def test_the_published_command_takes_the_output_where_no_layer_is_named(run, place):
    wanted = expected(place, final_layer=True, avg_func="sum")
    command = ("postproc", "grad_input")
    for k, words in enumerate(([], ["--final_layer", "--pre_nonlinearity", "-a", "sum"])):
        assert run("-o", f"{k}.h5", *words, command=command) == 0
        np.testing.assert_allclose(Contributions.open(f"{k}.h5").values, wanted, atol=1e-6)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--layer", "rellu"], "relu"),
        (["--layer", "relu", "--final-layer"], "take the output with --final-layer"),
        (["--layer", "relu", "--filter-idx", "9,0"], "does not fit layer 'relu'"),
        (["--layer", "relu", "--filter-idx", "a"], "--filter-idx takes whole numbers"),
        (["-l", "relu", "--method", "deeplift", "-a", "max"], "--method has no effect on the raw"),
        (["--method", "deeplift", "--filter-idx", "3"], "--filter-idx has no effect without --lay"),
        (
            ["--layer", "relu", "--method", "deeplift", "--positions", "center"],
            "--positions has no effect with --layer relu",
        ),
        (["--layer", "relu", "--rc"], "--rc has no effect on the raw gradient of a layer"),
        (["--layer", "relu", "--positions", "center"], "--positions has no effect"),
        (["--layer", "relu", "--gauge", "simplex"], "--gauge has no effect"),
        (["--layer", "relu", "--seed", "3"], "--seed has no effect"),
        (["--final-layer", "--call-index", "1"], "--call-index"),
        (["-l", "relu", "--method", "ism", "--call-index", "0"], "--method has no effect on the"),
        (["--call-index", "0"], "--call-index"),
    ],
)
def test_what_is_refused(run, tmp_path, capsys, words, said):
    assert run("-o", "a.h5", *words) == 2
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
