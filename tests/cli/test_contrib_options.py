"""Options of `locuscope contrib`: each is there, used or refused; places it cannot explain."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from locuscope.attribution.contribution_values import Contributions
from locuscope.attribution.contributions import contributions
from locuscope.attribution.examples import read_sequences
from locuscope.attribution.gradients import input_gradient
from locuscope.cli import build_parser, main
from locuscope.cli.contrib_layer import UNUSED
from locuscope.genome.interval import Interval
from locuscope.inference.ensemble import Ensemble
from tests.cli import toy_net

STATED = """-r --fasta -o --genome --method --layer --final-layer --filter-idx --avg-func
    --pre-nonlinearity --call-index --target-head --tracks --positions --references --n-references
    --rc --shifts --projected --gauge --seed --batch-size --device --restart --json"""
PLOT = "-f -o --sample --model-input --limit-region-genomic --rc-plot"
# An option that the raw gradient of a layer has no use for, and words that differ from its default.
GIVEN = {
    "target_head": ["signal"],
    "tracks": ["strand=+"],
    "positions": ["center"],
    "rc": [],
    "shifts": ["0", "1"],
    "mc_samples": ["2"],
    "members": ["other.py::net"],
    "method_options": ["{}"],
    "references": ["zero"],
    "n_references": ["2"],
    "steps": ["4"],
    "seed": ["3"],
    "organism": ["mouse"],
    "restart": [],
}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return toy_net.write_files(tmp_path_factory.mktemp("study"))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(place, *words: object, model: str = "net") -> int:
    named = ["contrib", f"{place}/nets.py::{model}", "--genome", place / "toy.fa", "--quiet"]
    return main([*map(str, [*named, *words])])


@pytest.mark.parametrize(("command", "stated"), [("contrib", STATED), ("contrib plot", PLOT)])
def test_the_help_has_every_option(command, stated):
    parser = build_parser()._subparsers._group_actions[0].choices[command]
    text = parser.format_help()
    for flag in stated.split():
        assert re.search(rf"^  (-\w .+, )?{flag}\b", text, re.MULTILINE), flag


def test_the_table_of_options_is_whole():
    assert set(GIVEN) == set(UNUSED)


@pytest.mark.parametrize("option", GIVEN)
@pytest.mark.parametrize("asked", [["--layer", "relu"], ["--final-layer"]])
def test_an_option_without_effect_on_a_raw_gradient(place, folder, capsys, asked, option):
    flag = f"--{option.replace('_', '-')}"
    words = ["-r", "1:101-120", "-o", "a.h5", *asked, flag, *GIVEN[option]]
    assert run(place, *words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert f"{flag} has no effect on the raw gradient of a layer; leave it out" in err
    assert list(folder.iterdir()) == []


def test_samples_of_dropout(place, folder):
    words = ["-r", place / "two.bed", "--mc-samples", 2, "--seed", 5, "--batch-size", 1]
    assert run(place, *words, "-o", "a.h5", model="drops") == 0
    where = [Interval("1", 200, 224), Interval("1", 50, 74)]
    model, genome = toy_net.model_of(place, "drops"), toy_net.genome_of(place)
    wanted = contributions(model, where, genome, ensemble=Ensemble(mc_samples=2), seed=5)
    found = Contributions.open("a.h5")
    np.testing.assert_allclose(found.values, wanted.values, atol=1e-6)
    plain = contributions(model, where, genome)
    assert abs(plain.values - wanted.values).max() > 1e-3


def test_every_file_of_one_call_holds_the_same(place, folder):
    outs = ["a.tsv", "a.npz", "a.zarr", "a.h5", "a.bedgraph"]
    assert run(place, "-r", "1:101-120", "-o", *outs) == 0
    genome = toy_net.genome_of(place)
    first = Contributions.open("a.npz")
    for name in outs[:4]:
        more = {"genome": genome} if name == "a.tsv" else {}
        found = Contributions.open(name, **more)
        np.testing.assert_allclose(found.values, first.values, rtol=1e-6)
        np.testing.assert_array_equal(found.sequences, first.sequences)
    lines = (folder / "a.bedgraph").read_text().splitlines()
    values = [float(line.split("\t")[3]) for line in lines]
    np.testing.assert_allclose(values, first.per_base()[0], rtol=1e-6)


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("1:101-200", "100"),
        ("1:399-410", "400"),
        ("7:1-10", "7"),
        ("1:100:A:C", "1:100"),
        ("1:0-10", "0"),
    ],
)
def test_places_that_cannot_be_explained(place, folder, capsys, where, said):
    assert run(place, "-r", where, "-o", "a.h5") == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert said in err
    assert list(folder.iterdir()) == []


entries = st.one_of(
    st.integers(0, 5).map(str),
    st.tuples(st.integers(0, 2), st.integers(3, 6)).map(lambda ends: f"{ends[0]}:{ends[1]}"),
)


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(entries, st.sampled_from(["sum", "mean", "max", "min", "absmax"]))
def test_any_index_and_rule(place, folder, index, rule):
    words = ["--layer", "stem", "--filter-idx", index, "--avg-func", rule]
    assert run(place, "-r", "1:101-120", "-o", "a.npz", *words) == 0
    model = toy_net.model_of(place)
    bases = read_sequences(model, Interval("1", 100, 120), toy_net.genome_of(place)).inner
    meant = slice(*map(int, index.split(":"))) if ":" in index else int(index)
    wanted = input_gradient(model, bases, layer="stem", filter_idx=meant, avg_func=rule)
    np.testing.assert_allclose(Contributions.open("a.npz").values, wanted, atol=1e-6)


def test_as_a_program_of_its_own(place, folder):
    words = [f"{place}/nets.py::net", "--genome", place / "toy.fa", "-r", "1:101-120", "--json"]
    command = [sys.executable, "-m", "locuscope", "contrib", *words, "-o", "a.h5"]
    done = subprocess.run(
        [*map(str, command)], capture_output=True, text=True, check=True, timeout=120
    )
    said = json.loads(done.stdout)
    assert (said["examples"], said["bases"], said["delta"]) == (1, 32, None)
    assert done.stderr == ""
    wrong = [sys.executable, "-m", "locuscope", "contrib", "plot", "-f", "a.h5", "--smaple", "0"]
    done = subprocess.run(wrong, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 2
    assert done.stderr == "locuscope contrib plot: no option --smaple; did you mean --sample?\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["--dtype", "float16", "-o", "a.h5"],
            "--dtype float16 has no effect on a.h5; it concerns",
        ),
        (["--compat", "bpnet", "-o", "a.npz", "b.tsv"], "--compat bpnet has no effect on a.npz"),
        (["--overlap", "mean", "-o", "a.h5"], "it concerns .bedgraph and .bw and .bigwig"),
        (["-o", "a.h5", "a.h5"], "-o names a.h5 twice"),
    ],
)
def test_options_that_concern_none_of_the_files(place, folder, capsys, words, said):
    assert run(place, "-r", "1:101-120", *words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert err.count("\n") == 1
    assert list(folder.iterdir()) == []
