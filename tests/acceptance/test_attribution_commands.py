"""Published command lines of layers and gradients, first word replaced, equal the Python calls."""

from __future__ import annotations

import json
import shlex

import h5py
import numpy as np
import polars as pl
import pytest

import locuscope as lsc
from locuscope import cli
from locuscope.attribution import grad_input, predict_activation_on_batch
from locuscope.attribution.examples import read_sequences
from locuscope.cli.inputs import open_model
from locuscope.genome.regions import read_bed
from tests.acceptance.published_place import make_place

REGIONS = "chr22\t300\t401\tone\t0\t+\nchr22\t550\t651\ttwo\t0\t+\n"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = make_place(tmp_path_factory.mktemp("published"))
    (folder / "w.bed").write_text(REGIONS)
    return folder


@pytest.fixture(scope="module")
def model(place):
    return open_model(f"{place / 'model.py'}::make")


@pytest.fixture(scope="module")
def genome(place):
    return lsc.Genome(place / "genome.fa")


@pytest.fixture(scope="module")
def batch(place, model, genome):
    """What a published data loader gives for the regions."""
    bases = read_sequences(model, list(read_bed(place / "w.bed")), genome).inner
    return {"inputs": bases, "metadata": {"ranges": None}}


@pytest.fixture
def run(place, tmp_path, monkeypatch):
    """Run a command line; `@dir` is the study, `@args` its data loader."""
    monkeypatch.chdir(tmp_path)
    args = {"fasta_file": str(place / "genome.fa"), "intervals_file": str(place / "w.bed")}

    def call(text):
        words = shlex.split(text)[1:]
        words = [word.replace("@dir", str(place)) for word in words]
        return cli.main([word.replace("@args", json.dumps(args)) for word in words])

    return call


def opened(name, genome):
    """Gradients of a file; a table holds no bases of its own."""
    if name.endswith(".tsv"):
        return lsc.Contributions.open(name, genome=genome)
    return lsc.Contributions.open(name)


class TestLayers:
    LINE = "locuscope predict @dir/model.py::make --dataloader_args '@args' --layer conv --output"

    def test_a_table(self, run, model, batch):
        assert run(f"{self.LINE} a.tsv") == 0
        wanted = predict_activation_on_batch(model, batch, layer="conv")
        frame = pl.read_csv("a.tsv", separator="\t")
        found = frame.select(pl.col("^preds/conv/.*$")).to_numpy()
        np.testing.assert_allclose(found, wanted.reshape(2, -1), rtol=1e-6, atol=1e-7)
        assert frame["metadata/ranges/start"].to_list() == [300, 550]
        assert frame["metadata/ranges/id"].to_list() == ["one", "two"]

    @pytest.mark.parametrize("name", ["a.hdf5", "a.h5"])
    def test_hdf5(self, run, model, batch, name):
        assert run(f"{self.LINE} {name} --batch_size 1") == 0
        wanted = predict_activation_on_batch(model, batch, layer="conv")
        with h5py.File(name) as file:
            np.testing.assert_allclose(file["preds/conv"][()], wanted, atol=1e-6)
            assert file["metadata/ranges/end"][()].tolist() == [401, 651]

    def test_the_tracks_of_the_same_line_without_a_layer(self, run, model, genome, place):
        line = self.LINE.replace("--layer conv ", "")
        assert run(f"{line} a.tsv") == 0
        regions = list(read_bed(place / "w.bed"))
        wanted = lsc.predict(model, regions, genome).open[0].numpy()
        frame = pl.read_csv("a.tsv", separator="\t")
        np.testing.assert_allclose(frame["value"], wanted.ravel(), rtol=1e-6)


class TestGradients:
    LINE = "locuscope postproc grad_input @dir/model.py::make --dataloader_args '@args'"

    @pytest.mark.parametrize("avg_func", ["sum", "max", "min", "absmax"])
    def test_of_a_layer(self, run, model, genome, batch, avg_func):
        line = f"{self.LINE} --layer conv --filter_idx '[0:2, 10:20]' --avg_func {avg_func}"
        assert run(f"{line} --output a.tsv a.hdf5") == 0
        index = (slice(0, 2), slice(10, 20))
        options = {"filter_idx": index, "avg_func": avg_func, "layer": "conv"}
        wanted = grad_input(model, batch, **options)
        for name in ("a.tsv", "a.hdf5"):
            found = opened(name, genome)
            np.testing.assert_allclose(found.values, wanted, rtol=1e-5, atol=1e-9)
            np.testing.assert_array_equal(found.sequences, batch["inputs"])

    @pytest.mark.parametrize("avg_func", ["sum", "max", "min", "absmax"])
    def test_of_what_enters_the_last_activation(self, run, model, genome, batch, avg_func):
        line = f"{self.LINE} --final_layer --pre_nonlinearity -f '[0:2]' -a {avg_func}"
        assert run(f"{line} -o a.tsv a.hdf5") == 0
        options = {"filter_idx": slice(0, 2), "avg_func": avg_func, "final_layer": True}
        wanted = grad_input(model, batch, **options, pre_nonlinearity=True)
        after = grad_input(model, batch, **options)
        assert abs(wanted - after).max() > 0.1 * abs(wanted).max()
        for name in ("a.tsv", "a.hdf5"):
            np.testing.assert_allclose(opened(name, genome).values, wanted, rtol=1e-5, atol=1e-9)

    def test_one_output_of_one_call(self, run, model, genome, batch):
        line = f"{self.LINE} -l conv --selected_fwd_node 0 -f 1,50 -o a.h5"
        assert run(line) == 0
        wanted = grad_input(model, batch, filter_idx=(1, 50), layer="conv", selected_fwd_node=0)
        np.testing.assert_allclose(opened("a.h5", genome).values, wanted, rtol=1e-5, atol=1e-9)

    def test_a_picture_of_the_file_and_a_track(self, run, tmp_path):
        assert run(f"{self.LINE} --final_layer -f 0 -o a.hdf5 a.bedgraph") == 0
        line = "locuscope contrib plot -f a.hdf5 -o a.png --sample 0"
        assert run(f"{line} --limit-region-genomic 310 350") == 0
        assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
        rows = [line.split("\t") for line in (tmp_path / "a.bedgraph").read_text().splitlines()]
        wanted = opened("a.hdf5", None).per_base()
        np.testing.assert_allclose(
            [float(row[3]) for row in rows], np.concatenate(wanted), rtol=1e-5, atol=1e-9
        )


class TestEmbedded:
    """The same commands on the embedded networks and genome."""

    def test_contributions_to_a_splice_site(self, run):
        words = "--target-head splice_sites --tracks track_name=acceptor:+ --positions"
        place = "20:2,577,781-2,577,810"
        line = f"locuscope contrib cispliceai -r {place} --genome demo -o a.npz {words} {place}"
        assert run(line) == 0
        found = lsc.Contributions.open("a.npz")
        target = lsc.Target(
            "splice_sites",
            tracks={"track_name": ["acceptor:+"]},
            positions=lsc.Interval.parse(place),
        )
        where, genome = lsc.Interval.parse(place), lsc.demo.genome()
        wanted = lsc.contributions(lsc.load_model("cispliceai"), where, genome, target=target)
        peak = float(abs(wanted.values).max())
        np.testing.assert_allclose(found.values, wanted.values, atol=1e-5 * peak)

    def test_deeplift_of_an_allele(self, run):
        line = "locuscope contrib dnase -r 20:2583184:A:C --genome demo -o a.h5 --method deeplift"
        genome = lsc.demo.genome()
        ref = genome.fetch("20", 2_583_183, 2_583_184)
        alt = "ACGT".replace(ref, "")[0]
        line = line.replace(":A:C", f":{ref}:{alt}")
        assert run(f"{line} --n-references 2 --projected") == 0
        found = lsc.Contributions.open("a.h5")
        assert (len(found), found.kind) == (1, "projected")
        assert found.delta.shape == (1, 2)
        variant = lsc.Variant("20", 2_583_184, ref, alt)
        options = {"method": "deeplift", "n_references": 2, "hypothetical": False}
        wanted = lsc.contributions(lsc.load_model("dnase"), variant, genome, **options)
        np.testing.assert_array_equal(found.sequences, wanted.sequences)
        np.testing.assert_allclose(found.values, wanted.values, atol=1e-5)

    def test_a_network_that_reads_two_pieces(self, run, tmp_path):
        (tmp_path / "exon.bed").write_text("20\t2583163\t2583203\texon\t0\t+\n")
        line = "locuscope predict mtsplice -r exon.bed --genome demo -o a.tsv"
        assert run(line) == 0
        exon = next(iter(read_bed(tmp_path / "exon.bed")))
        wanted = lsc.predict(lsc.load_model("mtsplice"), exon, lsc.demo.genome())
        frame = pl.read_csv("a.tsv", separator="\t")
        np.testing.assert_allclose(
            frame["value"], wanted.tissue_splicing[0].numpy().ravel(), rtol=1e-4, atol=1e-6
        )

    def test_contributions_of_two_pieces_have_no_places(self, run, tmp_path):
        (tmp_path / "exon.bed").write_text("20\t2583163\t2583203\texon\t0\t+\n")
        line = "locuscope contrib mtsplice -r exon.bed --genome demo -o"
        assert run(f"{line} a.h5") == 0
        assert run(f"{line} b.h5 --final-layer --filter-idx 0:56") == 0
        exon = next(iter(read_bed(tmp_path / "exon.bed")))
        model, genome = lsc.load_model("mtsplice"), lsc.demo.genome()
        wanted = lsc.contributions(model, exon, genome)
        found, raw = lsc.Contributions.open("a.h5"), lsc.Contributions.open("b.h5")
        assert found.intervals is raw.intervals is None
        np.testing.assert_allclose(found.values, wanted.values, atol=1e-6)
        np.testing.assert_array_equal(raw.sequences, wanted.sequences)
        centred = raw.values - raw.values.mean(axis=1, keepdims=True)
        np.testing.assert_allclose(centred, wanted.values, atol=1e-5)
