"""`locuscope predict`: each file holds what `predict` gives; bad input is a sentence."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from locuscope.cli import main
from locuscope.genome.bigwig import BigWig
from locuscope.genome.interval import Interval
from locuscope.genome.reference import Genome
from locuscope.inference.predict import predict
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec

MODEL = """
import torch
from torch import nn

from locuscope import HeadSpec, TrackMetadataCatalog, wrap


def net():
    torch.manual_seed(0)
    module = nn.Conv1d(4, 2, 5, padding="same")
    names = (("a", "+"), ("<b>", "-"))
    rows = [{"output_type": "signal", "track_name": n, "strand": s} for n, s in names]
    catalog = TrackMetadataCatalog.from_rows(rows)
    heads = HeadSpec("signal", (1,), 2, strand_pair=(1, 0))
    return wrap(module, heads=heads, window_bp=None, output_axes="NTL", catalog=catalog, name="net")
"""


@pytest.fixture
def place(tmp_path):
    """A folder with a model file, a genome and two BED files."""
    letters = "".join(np.random.default_rng(1).choice(list("ACGT"), 400))
    (tmp_path / "net.py").write_text(MODEL)
    (tmp_path / "toy.fa").write_text(f">1\n{letters}\n")
    (tmp_path / "two.bed").write_text("1\t200\t220\n1\t50\t70\n")
    (tmp_path / "mixed.bed").write_text("1\t200\t220\n1\t50\t60\n")
    return tmp_path


def run(capsys, place, *words):
    given = ["predict", f"{place / 'net.py'}::net", "--genome", str(place / "toy.fa"), *words]
    code = main([str(word) for word in given])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def expected(place, where, **options):
    from importlib.util import module_from_spec, spec_from_file_location

    spec = spec_from_file_location("net", place / "net.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return predict(module.net(), where, Genome(place / "toy.fa"), **options)


def test_arrays(capsys, place):
    out = place / "out.npz"
    code, said, _ = run(capsys, place, "-r", place / "two.bed", "-o", out)
    assert (code, said) == (0, f"{out}: 2 places, signal (2 tracks)\n")
    with np.load(out, allow_pickle=False) as arrays:
        where = [Interval("1", 200, 220), Interval("1", 50, 70)]
        assert np.allclose(arrays["signal/1"], expected(place, where).signal[1].numpy(), atol=1e-6)
        assert arrays["start"].tolist() == [200, 50]
        assert arrays["end"].tolist() == [220, 70]
        tracks = json.loads(str(arrays["signal/tracks"]))
    assert [track["track_name"] for track in tracks] == ["a", "<b>"]


@pytest.mark.parametrize("suffix", ["tsv", "parquet"])
def test_tables_keep_the_order_of_places_of_any_width(capsys, place, suffix):
    out = place / f"out.{suffix}"
    code, _, _ = run(capsys, place, "-r", place / "mixed.bed", "-o", out, "--rc")
    frame = pl.read_parquet(out) if suffix == "parquet" else pl.read_csv(out, separator="\t")
    assert (code, frame.height) == (0, (20 + 10) * 2)
    assert frame["region"].unique(maintain_order=True).to_list() == [0, 1]
    second = frame.filter(region=1, track_name="<b>")
    assert second["start"].to_list() == list(range(50, 60))
    assert (second["end"] - second["start"]).to_list() == [1] * 10
    values = expected(place, Interval("1", 50, 60), rc=True).signal[1].numpy()[0, :, 1]
    assert np.allclose(second["value"].to_numpy(), values, atol=1e-5)
    assert second["strand"].unique().to_list() == ["-"]


def test_one_track_as_a_bigwig(capsys, place):
    out = place / "out.bw"
    code, _, _ = run(capsys, place, "-r", place / "two.bed", "-o", out, "--tracks", "strand=+")
    values = expected(place, Interval("1", 50, 70)).signal[1].numpy()[0, :, 0]
    assert code == 0
    assert np.allclose(BigWig(out).values(Interval("1", 50, 70)), values, atol=1e-6)
    assert np.isnan(BigWig(out).values(Interval("1", 100, 110))).all()


def test_a_place_is_written_as_people_read_it(capsys, place):
    out = place / "out.tsv"
    assert run(capsys, place, "-r", "1:51-60", "-o", out, "--batch-size", "1")[0] == 0
    assert pl.read_csv(out, separator="\t")["start"].min() == 50


def test_the_embedded_model_and_genome(capsys, tmp_path):
    out = tmp_path / "out.parquet"
    words = [
        "predict",
        "cispliceai",
        "--genome",
        "demo",
        "-r",
        "20:2,577,781-2,577,810",
        "-o",
        str(out),
    ]
    assert main(words) == 0
    best = pl.read_parquet(out).sort("value", descending=True).row(0, named=True)
    assert (best["track_name"], best["output_name"]) == ("acceptor:+", "splice_sites")
    assert best["value"] > 0.99


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["-r", "1:51-60", "-o", "out.json"], "'out.json'; the suffix must be one of .npz"),
        (["-r", "1:51-60", "-o", "out.bw"], "A bigWig holds one track; 2 are chosen (a, <b>)"),
        (["-r", "mixed.bed", "-o", "out.npz"], "the places have 2 widths (10, 20)"),
        (["-r", "1:390-410", "-o", "out.npz"], "400"),
        (["-r", "7:1-10", "-o", "out.npz"], "7"),
        (["-r", "nowhere", "-o", "out.npz"], "nowhere"),
        (["-r", "1:51-60", "-o", "out.npz", "--heads", "signla"], "did you mean 'signal'"),
        (["-r", "1:51-60", "-o", "out.npz", "--tracks", "strand=."], "strand is never '.'"),
        (["-r", "1:51-60", "-o", "out.npz", "--device", "toaster"], "'toaster'"),
        (["-r", "1:51-60", "-o", "out.npz", "--batch-size", "0"], "batch_size is 0"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(capsys, place, monkeypatch, words, sentence):
    monkeypatch.chdir(place)
    code, out, err = run(capsys, place, *words)
    assert (code, out) == (2, "")
    assert err.startswith("locuscope predict: ")
    assert sentence in err
    assert not [file for file in place.iterdir() if file.name.startswith("out")]


def test_values_of_wide_bins_are_rows_of_that_width(place):
    from locuscope.cli.predicted_files import Answer, write_outputs

    torch = pytest.importorskip("torch")
    model = wrap(
        torch.nn.AvgPool1d(4), heads=HeadSpec("gc", (4,), 4), window_bp=None, output_axes="NTL"
    )
    genome = Genome(place / "toy.fa")
    outputs = predict(model, Interval("1", 50, 61), genome)
    write_outputs(place / "wide.tsv", [Answer([0], outputs)], genome.lengths)
    frame = pl.read_csv(place / "wide.tsv", separator="\t")
    assert frame["start"].unique(maintain_order=True).to_list() == [50, 54, 58]
    assert frame["end"].max() == 62


def test_an_out_that_cannot_be_written_is_found_before_the_genome_is_read(place, capsys):
    code, _, err = run(
        capsys, place, "-r", "1:101-120", "-o", place / "no" / "x.tsv", "--genome", place / "gone"
    )
    assert code == 2
    assert "there is no folder" in err
