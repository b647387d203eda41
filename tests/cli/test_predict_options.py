"""Options of `locuscope predict`: each is used or refused; several heads, bins and organisms."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from locuscope.cli import build_parser, main
from locuscope.cli.inputs import open_model
from locuscope.cli.predict import USED
from locuscope.genome.interval import Interval
from locuscope.inference.predict import predict
from tests.cli import toy_net

TWO = """
import torch
from torch import nn

from locuscope import HeadSpec, wrap


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(2)
        self.stem = nn.Conv1d(4, 3, 5, padding=2)

    def forward(self, x):
        y = self.stem(x)
        return {"fine": {1: y, 4: nn.functional.avg_pool1d(y, 4)}, "window": y.mean(2)[:, :2, None]}


def net():
    heads = {
        "fine": HeadSpec("fine", (1, 4), 3),
        "window": HeadSpec("window", (), 2, kind="scalar"),
    }
    return wrap(Net().eval(), heads=heads, window_bp=32, output_axes="NTL", name="two")
"""
MOUSE = """
import sys

sys.path.insert(0, {root!r})
from tests.inference.test_organisms import TwoOrganisms


def net():
    return TwoOrganisms()
"""
# An option, and words that differ from its default.
GIVEN = {
    "heads": ["signal"],
    "tracks": ["strand=+"],
    "organism": ["human"],
    "seed": ["3"],
    "rc": [],
    "shifts": ["0", "1"],
    "mc_samples": ["2"],
    "members": ["other.py::net"],
    "metrics": ["r2"],
    "tss_radius": ["1"],
    "pre_nonlinearity": [],
    "layer": ["stem"],
    "restart": [],
    "var": [],
    "all": [],
    "down_sample": ["2"],
}
QUESTIONS = {
    "test_set": ["--test-set", "t.h5"],
    "genes": ["--genes", "g.gtf"],
    "layer": ["--layer", "stem", "-r", "1:1-9"],
    "chrom": ["--chrom", "1"],
    "regions": ["-r", "1:1-9"],
    "fasta": ["--fasta", "s.fa"],
}
STATED = """--weights -r --fasta --chrom -o --genome --heads --tracks --rc --shifts --mc-samples
    --var --all --layer --pre-nonlinearity --genes --tss-radius --test-set --metrics --down-sample
    --batch-size --device --organism --members"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = toy_net.write_files(tmp_path_factory.mktemp("study"))
    (folder / "two.py").write_text(TWO)
    root = str(Path(__file__).resolve().parents[2])
    (folder / "mouse.py").write_text(MOUSE.format(root=root))
    return folder


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_table_of_options_is_whole():
    """Every option that a question may use or not is tried below."""
    listed = {name for names in USED.values() for name in names}
    assert listed - set(QUESTIONS) == set(GIVEN) - set(QUESTIONS)
    assert set(USED) == set(QUESTIONS)


@pytest.mark.parametrize(
    ("asked", "option"),
    [(a, o) for a in QUESTIONS for o in GIVEN if o not in USED[a] and o != "layer"],
)
def test_an_option_without_effect_is_refused(folder, capsys, asked, option):
    flag = f"--{option.replace('_', '-')}"
    words = ["net.py::net", *QUESTIONS[asked], "-o", "a.tsv", flag, *GIVEN[option]]
    assert main(["predict", *words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == (
        f"locuscope predict: {flag} has no effect with --{asked.replace('_', '-')}; leave it out.\n"
    )


@pytest.mark.parametrize("first", ["test_set", "genes", "chrom", "regions", "fasta"])
def test_two_questions_at_once_are_refused(folder, capsys, first):
    for second in ("test_set", "genes", "chrom", "regions", "fasta"):
        if second == first:
            continue
        words = [*QUESTIONS[first], *QUESTIONS[second]]
        assert main(["predict", "net.py::net", *words, "-o", "a.tsv"]) == 2
        assert "exclude each other" in capsys.readouterr().err


def test_no_question_at_all(folder, capsys):
    assert main(["predict", "net.py::net", "-o", "a.tsv"]) == 2
    said = "say what to work on with one of the options --regions, --fasta, --chrom, --genes, --te"
    assert said in capsys.readouterr().err


def test_the_help_has_every_option_once():
    parser = build_parser()._subparsers._group_actions[0].choices["predict"]
    text = parser.format_help()
    for flag in STATED.split():
        assert re.search(rf"^  (-\w \S+, )?{flag}\b", text, re.MULTILINE), flag


def run(place, *words, name="two"):
    named = ["predict", f"{place}/{name}.py::net", "--genome", place / "toy.fa", "--quiet"]
    return main([*map(str, [*named, *words])])


class TestHeads:
    """A network with two outputs, one of them with bins of two widths."""

    where = Interval("1", 100, 120)

    def expected(self, place, **options):
        model = open_model(f"{place}/two.py::net")
        return predict(model, self.where, toy_net.genome_of(place), **options)

    def test_every_output_in_one_table(self, place, folder):
        assert run(place, "-r", "1:101-120", "-o", "a.tsv") == 0
        frame = pl.read_csv("a.tsv", separator="\t")
        wanted = self.expected(place)
        for name, step in (("fine", 1), ("fine", 4), ("window", 0)):
            rows = frame.filter(output_name=name, resolution_bp=step)
            values = wanted.head(name)[step].numpy()
            np.testing.assert_allclose(rows["value"], values.ravel(), atol=1e-6)
        widths = frame.filter(output_name="fine", resolution_bp=4)
        assert (widths["end"] - widths["start"]).unique().to_list() == [4]

    def test_every_output_in_arrays(self, place, folder):
        assert run(place, "-r", "1:101-120", "-o", "a.h5") == 0
        wanted = self.expected(place)
        with h5py.File("a.h5") as file:
            for name, step in (("fine", 1), ("fine", 4), ("window", 0)):
                values = wanted.head(name)[step].numpy()
                np.testing.assert_array_equal(file[f"mean/{name}/{step}"][()], values)

    def test_one_output(self, place, folder, capsys):
        assert run(place, "-r", "1:101-120", "-o", "a.bed") == 2
        assert "A BED file holds one output; 3 are chosen" in capsys.readouterr().err
        assert run(place, "-r", "1:101-120", "-o", "a.bed", "--heads", "window") == 0
        frame = pl.read_csv("a.bed", separator="\t")
        wanted = self.expected(place, heads=["window"]).window[0].numpy()
        np.testing.assert_allclose(frame.to_numpy()[0, 6:].astype(float), wanted.ravel(), rtol=1e-6)
        assert (frame["start"][0], frame["end"][0]) == (100, 120)

    def test_every_second_bin_of_each_width(self, place, folder):
        assert run(place, "-r", "1:101-120", "-o", "a.npz", "--down-sample", 2) == 0
        wanted = self.expected(place, down_sample=2)
        with np.load("a.npz", allow_pickle=False) as arrays:
            for name, step in (("fine", 1), ("fine", 4), ("window", 0)):
                values = wanted.head(name)[step].numpy()
                np.testing.assert_array_equal(arrays[f"{name}/{step}"], values)


@pytest.mark.parametrize("animal", ["human", "mouse"])
def test_the_tracks_of_an_organism(place, folder, animal):
    words = ["-r", "1:101-116", "--organism", animal]
    assert run(place, *words, "-o", "a.tsv", name="mouse") == 0
    frame = pl.read_csv("a.tsv", separator="\t")
    assert frame["track_name"].unique(maintain_order=True).to_list() == [
        f"{animal} A",
        f"{animal} C",
    ]
    model = open_model(f"{place}/mouse.py::net")
    genome = toy_net.genome_of(place)
    wanted = predict(model, Interval("1", 100, 116), genome, organism=animal).share[4].numpy()
    np.testing.assert_allclose(frame["value"], wanted.ravel(), rtol=1e-6)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.tuples(st.integers(20, 340), st.integers(1, 24)), min_size=1, max_size=5),
    st.integers(1, 9),
)
def test_any_regions_equal_one_call_each(place, folder, places, batch_size):
    (folder / "r.bed").write_text("".join(f"1\t{at}\t{at + width}\n" for at, width in places))
    words = ["-r", folder / "r.bed", "-o", "a.parquet", "--batch-size", batch_size]
    assert run(place, *words, name="nets") == 0
    frame = pl.read_parquet("a.parquet")
    model, genome = toy_net.model_of(place), toy_net.genome_of(place)
    for row, (at, width) in enumerate(places):
        wanted = predict(model, Interval("1", at, at + width), genome).signal[1].numpy()
        found = frame.filter(region=row)
        assert found["start"].min() == at
        np.testing.assert_allclose(found["value"], wanted.ravel(), atol=1e-6)


@pytest.mark.filterwarnings("default::locuscope.errors.DataWarning")
def test_what_was_handled_is_a_note_on_standard_error(place, folder, capsys):
    assert run(place, "-r", "1:1-8", "-o", "a.tsv", name="nets") == 0
    err = capsys.readouterr().err
    assert err.startswith("locuscope: note: ")
    assert err.count("\n") == 1


def test_as_a_program_of_its_own(place, folder):
    words = [f"{place}/nets.py::net", "--genome", place / "toy.fa", "-r", place / "two.bed"]
    command = [sys.executable, "-m", "locuscope", "predict", *words, "-o", "a.npz", "--json"]
    done = subprocess.run(
        [*map(str, command)], capture_output=True, text=True, check=True, timeout=120
    )
    said = json.loads(done.stdout)
    assert said == {"places": 2, "heads": {"signal": 2}, "out": "a.npz"}
    assert done.stderr == ""
