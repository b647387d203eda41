"""`locuscope predict --genes` and `--test-set`: tables that equal the Python calls."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from locuscope.cli import main
from locuscope.datasets import write_hdf5_testset, write_tfrecord
from locuscope.genome.genes import Genes
from locuscope.genome.sequence import one_hot
from locuscope.inference.ensemble import Ensemble
from locuscope.inference.evaluate import evaluate
from locuscope.inference.genes import predict_genes
from tests.cli import toy_net

GTF = "".join(
    f'1\ttoy\t{kind}\t{start}\t{end}\t.\t{strand}\t.\tgene_id "{gene}"; transcript_id "t{gene}";'
    f' gene_name "{gene}";\n'
    for gene, start, end, strand in [("A", 101, 180, "+"), ("B", 221, 300, "-")]
    for kind in ("transcript", "exon")
)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = toy_net.write_files(tmp_path_factory.mktemp("study"))
    (folder / "genes.gtf").write_text(GTF)
    rng = np.random.default_rng(4)
    x = one_hot([toy_net.letters(32, seed) for seed in range(10, 15)])
    batches = [(x, rng.normal(size=(5, 24, 2)).astype(np.float16))]
    names = {"target_ids": ["a", "b"], "target_labels": ["first", "second"]}
    write_hdf5_testset(folder / "test.h5", batches, crop_bp=4, **names)
    write_tfrecord(folder / "records", batches, crop_bp=4, **names)
    np.savez(folder / "test.npz", x=x, y=batches[0][1])
    return folder


@pytest.fixture
def run(place, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def call(*words: object) -> int:
        return main(["predict", f"{place}/nets.py::net", *map(str, words)])

    return call


class TestGenes:
    def words(self, place, out, *more):
        return ["--genes", place / "genes.gtf", "--genome", place / "toy.fa", "-o", out, *more]

    def expected(self, place, **options):
        genes, genome = Genes.read(place / "genes.gtf"), toy_net.genome_of(place)
        return predict_genes(toy_net.model_of(place), genes, genome, **options)

    def test_a_row_per_start(self, run, place, capsys):
        assert run(*self.words(place, "a.tsv", "--tss-radius", 3)) == 0
        assert capsys.readouterr().out == "a.tsv: 2 starts of 2 genes, 2 tracks; 2 ok\n"
        found = pl.read_csv("a.tsv", separator="\t")
        wanted = self.expected(place, tss_radius=3)
        assert found["position"].to_list() == [100, 299]
        np.testing.assert_allclose(found.select("a", "<b>"), wanted.values, rtol=1e-6)

    def test_options_and_a_start_outside(self, run, place, capsys):
        more = ["--tss-radius", 12, "--rc", "--tracks", "strand=-", "--json"]
        assert run(*self.words(place, "a.parquet", *more)) == 0
        said = json.loads(capsys.readouterr().out)
        assert said["status"] == {"outside_regions": 2}
        assert pl.read_parquet("a.parquet")["<b>"].is_null().all()
        more[1] = 1
        assert run(*self.words(place, "a.parquet", *more)) == 0
        wanted = self.expected(
            place, tss_radius=1, ensemble=Ensemble(rc=True), tracks={"strand": ["-"]}
        )
        found = pl.read_parquet("a.parquet")
        np.testing.assert_allclose(found["<b>"], wanted.values[:, 0], rtol=1e-6)

    def test_the_embedded_genes_stand_for_a_file(self, run, place, capsys):
        words = self.words(place, "a.tsv")
        words[1] = "demo"
        assert run(*words) == 2
        assert "20" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (["--genes", "gone.gtf", "-o", "a.tsv"], "gone.gtf"),
            (["--tss-radius", -1, "-o", "a.tsv"], "tss_radius is -1"),
            (["-o", "a.npz"], "the suffix must be one of .tsv, .parquet"),
            (["-o", "a.tsv", "--down-sample", 2], "--down-sample has no effect with --genes"),
            (["-o", "a.tsv", "-r", "1:1-9"], "--regions and --genes exclude each other"),
        ],
    )
    def test_what_is_refused(self, run, place, capsys, words, said):
        assert run(*self.words(place, "b.tsv"), *words) == 2
        assert said in capsys.readouterr().err
        assert list(Path().iterdir()) == []

    def test_without_a_genome(self, run, place, capsys):
        assert run("--genes", place / "genes.gtf", "-o", "a.tsv") == 2
        assert "the option --genome FASTA is missing" in capsys.readouterr().err


class TestAccuracy:
    def expected(self, place, **options):
        with np.load(place / "test.npz") as arrays:
            batch = (arrays["x"], arrays["y"])
        return evaluate(toy_net.model_of(place), [batch], **options)

    @pytest.mark.parametrize("name", ["test.h5", "records"])
    def test_a_row_per_track(self, run, place, capsys, name):
        words = ["--metrics", "pearsonr", "mse", "spearmanr", "--rc"]
        assert run("--test-set", place / name, "-o", "a.tsv", *words) == 0
        wanted = self.expected(
            place, metrics=("pearsonr", "mse", "spearmanr"), ensemble=Ensemble(rc=True)
        )
        found = pl.read_csv("a.tsv", separator="\t")
        assert found["track_name"].to_list() == ["a", "<b>"]
        for metric, values in wanted.metrics.items():
            np.testing.assert_allclose(found[metric], values, atol=1e-6)
        said = capsys.readouterr().out.splitlines()
        assert said[0] == "a.tsv: 2 tracks"
        assert said[1].startswith("PearsonR:")

    def test_the_published_table_and_one_json_object(self, run, place, tmp_path, capsys):
        assert run("--test-set", place / "test.h5", "-o", "acc.txt", "--json") == 0
        said = json.loads(capsys.readouterr().out)
        wanted = self.expected(place)
        assert (said["sequences"], said["tracks"]) == (5, 2)
        assert said["mean"]["r2"] == pytest.approx(float(wanted.metrics["r2"].mean()), abs=1e-6)
        wanted.to_tsv("wanted.txt")
        assert (tmp_path / "acc.txt").read_bytes() == (tmp_path / "wanted.txt").read_bytes()

    def test_one_track_and_one_head(self, run, place):
        words = ["--tracks", "strand=-", "--heads", "signal", "--quiet", "--batch-size", 2]
        assert run("--test-set", place / "test.h5", "-o", "a.parquet", *words) == 0
        wanted = self.expected(place, tracks={"strand": ["-"]})
        found = pl.read_parquet("a.parquet")
        np.testing.assert_allclose(found["pearsonr"], wanted.metrics["pearsonr"], atol=1e-6)

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (["-o", "a.tsv", "--metrics", "pearson"], "pearsonr"),
            (["-o", "a.h5"], "the suffix must be one of .tsv, .parquet, .txt"),
            (["-o", "a.tsv", "--genome", "toy.fa"], "--genome toy.fa has no effect with --test-"),
            (["-o", "a.tsv", "--heads", "a", "b"], "--test-set compares one output; got --heads"),
            (["-o", "a.txt", "--metrics", "mse"], "pearsonr and r2"),
        ],
    )
    def test_what_is_refused(self, run, place, capsys, words, said):
        assert run("--test-set", place / "test.h5", *words) == 2
        assert said in capsys.readouterr().err
        assert list(Path().iterdir()) == []

    def test_a_file_that_is_not_there_or_is_none(self, run, place, tmp_path, capsys):
        assert run("--test-set", place / "tests.h5", "-o", "a.tsv") == 2
        assert "tests.h5" in capsys.readouterr().err
        (tmp_path / "cut.h5").write_bytes((place / "test.h5").read_bytes()[:900])
        assert run("--test-set", "cut.h5", "-o", "a.tsv") == 2
        assert "cut.h5" in capsys.readouterr().err
