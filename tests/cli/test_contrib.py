"""`locuscope contrib`: each method, option and file type equals the Python call."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from locuscope.attribution.contribution_values import Contributions
from locuscope.attribution.contributions import contributions
from locuscope.cli import main
from locuscope.genome.bigwig import BigWig
from locuscope.genome.interval import Interval
from locuscope.inference.ensemble import Ensemble
from locuscope.inference.target import Target
from tests.cli import toy_net

WHERE = [Interval("1", 200, 224, "-", "peak"), Interval("1", 50, 74, "+", "other")]
METHODS = {
    "gradient": {},
    "gradient_x_input": {},
    "smooth_gradient": {"seed": 3, "method_options": {"n_samples": 4}},
    "integrated_gradients": {"steps": 8, "references": "zero"},
    "expected_gradients": {"n_references": 3, "method_options": {"n_samples": 2}, "seed": 5},
    "deeplift": {"n_references": 4, "references": "mononucleotide"},
    "ism": {"method_options": {"center": "simplex"}},
}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return toy_net.write_files(tmp_path_factory.mktemp("study"))


@pytest.fixture
def run(place, tmp_path, monkeypatch):
    """Run the command on the study, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def call(*words: object, model: str = "net", where: tuple[object, ...] = ()) -> int:
        given = where or ("-r", place / "two.bed", "--genome", place / "toy.fa")
        return main(["contrib", f"{place}/nets.py::{model}", *map(str, [*given, *words])])

    return call


def expected(place, where=WHERE, *, model="net", **options):
    genome = None if isinstance(where[0], str) else toy_net.genome_of(place)
    return contributions(toy_net.model_of(place, model), where, genome, **options)


def typed(options: dict) -> list[object]:
    """Options of the verb as words."""
    words: list[object] = []
    for name, value in options.items():
        text = json.dumps(value) if isinstance(value, dict) else value
        words += [f"--{name.replace('_', '-')}", text]
    return words


@pytest.mark.parametrize("method", METHODS)
def test_each_method(run, place, method):
    options = METHODS[method]
    assert run("-o", "a.h5", "--method", method, *typed(options), "--quiet") == 0
    found, wanted = Contributions.open("a.h5"), expected(place, method=method, **options)
    np.testing.assert_allclose(found.values, wanted.values, atol=1e-6)
    np.testing.assert_array_equal(found.sequences, wanted.sequences)
    assert found.intervals is not None
    assert [one.start for one in found.intervals] == [196, 46]
    assert [one.name for one in found.intervals] == ["peak", "other"]
    assert (found.method, found.kind) == (method, wanted.kind)
    if wanted.delta is not None:
        np.testing.assert_allclose(found.delta, wanted.delta, atol=1e-6)


@pytest.mark.parametrize("name", ["a.npz", "a.zarr", "a.h5", "a.hdf5", "a.tsv", "a.tsv.gz"])
def test_files_that_are_read_back(run, place, capsys, name):
    assert run("-o", name) == 0
    said = capsys.readouterr().out
    assert said == f"2 examples of 32 bases, gradient_x_input; wrote {name}.\n"
    # A table holds no bases of its own.
    more = {"genome": toy_net.genome_of(place)} if ".tsv" in name else {}
    found, wanted = Contributions.open(name, **more), expected(place)
    np.testing.assert_allclose(found.values, wanted.values, atol=1e-6)
    np.testing.assert_array_equal(found.sequences, wanted.sequences)


def test_files_of_bases(run, place):
    """One value per base that is there, and one line per example."""
    assert run("-o", "a.bedgraph", "a.bw", "a.bed") == 0
    wanted = expected(place)
    per_base = wanted.per_base()
    rows = [line.split("\t") for line in Path("a.bedgraph").read_text().splitlines()]
    assert [int(row[1]) for row in rows] == [*range(46, 78), *range(196, 228)]
    values = [float(row[3]) for row in rows]
    np.testing.assert_allclose(values, np.concatenate([per_base[1], per_base[0]]), atol=1e-6)
    with BigWig("a.bw") as file:
        found = file.values(Interval("1", 46, 78))
    np.testing.assert_allclose(found, per_base[1], atol=1e-6)
    lines = [line for line in Path("a.bed").read_text().splitlines() if not line.startswith("#")]
    assert len(lines) == 2


def test_options_of_some_files(run, place, capsys):
    bed = Path("both.bed")
    bed.write_text("1\t200\t224\n1\t202\t226\n")
    where = ("-r", bed, "--genome", place / "toy.fa")
    assert run("-o", "a.bedgraph", where=where) == 2
    assert "--overlap" in capsys.readouterr().err
    assert run("-o", "a.bedgraph", "--overlap", "first", where=where) == 0
    assert run("-o", "half.npz", "--dtype", "float16", "--quiet") == 0
    with np.load("half.npz", allow_pickle=False) as arrays:
        assert arrays["contributions"].dtype == np.float16
    assert run("-o", "k.h5", "--compat", "kipoi", "--quiet") == 0
    np.testing.assert_allclose(Contributions.open("k.h5").values, expected(place).values, atol=1e-6)


def test_a_target(run, place):
    words = ["--target-head", "signal", "--tracks", "strand=-", "--positions"]
    target = {"head": "signal", "tracks": {"strand": ["-"]}}
    for given, meant in [
        (["center"], "center"),
        (["2:5"], slice(2, 5)),
        (["1", "-2"], [1, -2]),
    ]:
        assert run("-o", "a.npz", *words, *given, "--restart") == 0
        wanted = expected(place, target=Target(**target, positions=meant))
        np.testing.assert_allclose(Contributions.open("a.npz").values, wanted.values, atol=1e-6)
        assert Contributions.open("a.npz").target == wanted.target


def test_views_and_projection(run, place):
    words = ["--rc", "--shifts", 0, 2, "--members", f"{place}/nets.py::other", "--gauge", "none"]
    views = Ensemble(rc=True, shifts=(0, 2), members=(toy_net.model_of(place, "other"),))
    wanted = expected(place, ensemble=views, gauge="none", hypothetical=False)
    assert run("-o", "a.h5", *words, "--projected", "--batch-size", 1) == 0
    found = Contributions.open("a.h5")
    np.testing.assert_allclose(found.values, wanted.values, atol=1e-6)
    assert found.kind == "projected"


def test_records_and_alleles(run, place):
    texts = [toy_net.letters(32, 2), toy_net.letters(32, 3)]
    assert run("-o", "a.npz", where=("--fasta", place / "same.fa")) == 0
    np.testing.assert_allclose(
        Contributions.open("a.npz").values, expected(place, texts).values, atol=1e-6
    )
    where = ("-r", place / "two.vcf", "--genome", place / "toy.fa")
    assert run("-o", "b.npz", where=where) == 0
    genome = toy_net.genome_of(place)
    wanted = contributions(toy_net.model_of(place), str(place / "two.vcf"), genome)
    found = Contributions.open("b.npz")
    np.testing.assert_array_equal(found.sequences, wanted.sequences)
    np.testing.assert_allclose(found.values, wanted.values, atol=1e-6)


def test_one_json_object_and_the_completeness_error(run, place, capsys):
    words = ["--method", "deeplift", "--n-references", 2]
    assert run("-o", "a.h5", "a.tsv", *words, "--json") == 0
    said = json.loads(capsys.readouterr().out)
    wanted = expected(place, method="deeplift", n_references=2)
    assert said.pop("delta") == pytest.approx(float(abs(wanted.delta).max()), abs=1e-5)
    assert said == {
        "examples": 2,
        "bases": 32,
        "kind": "hypothetical",
        "method": "deeplift",
        "target": wanted.target,
        "out": ["a.h5", "a.tsv"],
    }
    assert run("-o", "b.h5", *words) == 0
    assert ", completeness error " in capsys.readouterr().out


def test_a_finished_job_is_opened_again_and_another_call_is_refused(run, tmp_path, capsys):
    assert run("-o", "a.h5") == 0
    first = (tmp_path / "a.h5").read_bytes()
    assert run("-o", "a.h5") == 0
    assert (tmp_path / "a.h5").read_bytes() == first
    assert run("-o", "a.h5", "--gauge", "none") == 2
    assert "--restart" in capsys.readouterr().err
    assert run("-o", "a.h5", "--gauge", "none", "--restart") == 0
    assert (tmp_path / "a.h5").read_bytes() != first


def test_published_spellings(run, place):
    loader = json.dumps(
        {"fasta_file": str(place / "toy.fa"), "intervals_file": str(place / "two.bed")}
    )
    where = (f"--dataloader_args={loader}",)
    assert run("--output", "a.h5", "--batch_size", 1, "--num_workers", 0, where=where) == 0
    np.testing.assert_allclose(Contributions.open("a.h5").values, expected(place).values, atol=1e-6)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-o", "a.txt"], "-o a.txt: the name of a file of contributions must end with one of"),
        (["-o", "gone/a.h5"], "there is no folder"),
        (["-o", "a.h5", "--method", "deeplft"], "did you mean 'deeplift'"),
        (["-o", "a.h5", "--references", "zero"], "references"),
        (["-o", "a.h5", "--positions", "x"], "--positions takes whole numbers and slices"),
        (["-o", "a.h5", "--positions", "1:2", "3:4"], "give one slice, single bins, or places"),
        (["-o", "a.h5", "--target-head", "signla"], "did you mean 'signal'"),
        (["-o", "a.h5", "--tracks", "strand=."], "strand is never '.'"),
        (["-o", "a.h5", "--method-options", "[1]"], "--method-options takes JSON objects"),
        (["-o", "a.tsv", "--restart"], "--restart"),
        (["-o", "a.h5", "--fasta", "x.fa"], "--regions and --fasta exclude each other"),
        ([], "the option -o OUT is missing"),
    ],
)
def test_what_is_refused(run, tmp_path, capsys, words, said):
    assert run(*words) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert said in err
    assert list(tmp_path.iterdir()) == []
