"""What people get wrong: each is a sentence of the right class, or a status of its row."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

import locuscope as lsc
from locuscope import cli
from locuscope.errors import (
    DataWarning,
    EmptySelectionError,
    InputError,
    LocuscopeError,
    MissingContigError,
    MissingFileError,
    OptionError,
    OutOfBoundsError,
    RefMismatchError,
    ShapeError,
    StoreTargetError,
    UnknownNameError,
    WeightsError,
    WrongTypeError,
)

POS = 2_577_796
ALLELE = lsc.Variant("20", POS, "G", "A")
PLACE = lsc.Interval("20", POS - 50, POS + 50)


@pytest.mark.parametrize(
    ("where", "error", "words"),
    [
        (None, WrongTypeError, "NoneType"),
        (2.5, ShapeError, r"\(N, 4, L\)"),
        ("20:1-100", WrongTypeError, "Interval.parse"),
        ([None], WrongTypeError, "holds a NoneType"),
        ([PLACE, "ACGT"], WrongTypeError, "holds a Interval"),
        ([], EmptySelectionError, "empty"),
        (["ACGT"], ShapeError, "windows of 200 bases; got 4"),
        (["ACGU" * 50], InputError, "'U' at position 3"),
        (np.zeros((1, 200, 4)), ShapeError, "transposed"),
        (np.full((1, 4, 200), 0.5), InputError, "not one-hot"),
        ([PLACE, PLACE.center(20)], ShapeError, "differ in width"),
        (lsc.Interval("20", 64_000_000, 64_000_100), OutOfBoundsError, "63,025,520"),
        (lsc.Interval("20", 990_000, 990_100), OutOfBoundsError, "50 bases on the left"),
        (lsc.Interval("21", 100, 200), MissingContigError, "did you mean '20'"),
    ],
)
def test_places_and_sequences(model, genome, where, error, words):
    calls = model.module.calls
    with pytest.raises(error, match=words):
        lsc.predict(model, where, genome)
    assert model.module.calls == calls


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"heads": 3}, UnknownNameError, "no head 3"),
        ({"heads": "H"}, UnknownNameError, "did you mean 'h'"),
        ({"tracks": [7]}, OutOfBoundsError, "7"),
        ({"tracks": {"strnd": "+"}}, UnknownNameError, "'strand'"),
        ({"tracks": {"strand": "+"}}, EmptySelectionError, "never '\\+'"),
        ({"resolutions_bp": 2}, OptionError, r"there are \[1\]"),
        ({"resolutions_bp": [2]}, OptionError, r"there are \[1\]"),
        ({"rc": "yes"}, WrongTypeError, "rc is 'yes'"),
        ({"device": "gpu"}, OptionError, "cpu"),
        ({"batch_size": 0}, OptionError, "at least 1"),
        ({"organism": "dog"}, InputError, "human"),
        ({"ensemble": True}, WrongTypeError, "ensemble takes an Ensemble"),
        ({"run": "cpu"}, WrongTypeError, "run takes a Run"),
    ],
)
def test_options_of_every_verb(model, genome, options, error, words):
    for call in (
        lambda: lsc.predict(model, PLACE, genome, **options),
        lambda: lsc.predict_variant(model, ALLELE, genome, **options),
    ):
        with pytest.raises(error, match=words):
            call()
    if "resolutions_bp" not in options:
        with pytest.raises(error, match=words):
            lsc.score_variants(model, [ALLELE], genome, **options)


def test_one_resolution_or_track_needs_no_list(model, genome):
    found = lsc.predict(model, PLACE, genome, resolutions_bp=1, tracks=1).h[1]
    assert found.column("track_name") == ["h:1"]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("cispliceai", r"load_model\('cispliceai'\)"),
        (nn.Conv1d(4, 2, 3), "wrap"),
        (None, "NoneType"),
    ],
)
def test_what_is_no_model(genome, wrong, words):
    for verb, what in (
        (lsc.predict, PLACE),
        (lsc.predict_variant, ALLELE),
        (lsc.score_variants, [ALLELE]),
    ):
        with pytest.raises(WrongTypeError, match=words):
            verb(wrong, what, genome)


def test_a_path_is_no_genome(model):
    for verb, what in (
        (lsc.predict, PLACE),
        (lsc.predict_variant, ALLELE),
        (lsc.score_variants, [ALLELE]),
    ):
        with pytest.raises(WrongTypeError, match=r"Genome\(path\) opens"):
            verb(model, what, "hg19.fa")


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"scores": "dif"}, UnknownNameError, "'diff'"),
        ({"scores": None}, WrongTypeError, "None"),
        ({"scores": "splice_delta"}, UnknownNameError, "ref, alt, diff, SAX"),
        ({"score_kwargs": {"a": 1}}, OptionError, "the score 'diff' has no option 'a'"),
        ({"score_kwargs": "max"}, WrongTypeError, "list with one dictionary"),
        ({"score_kwargs": []}, OptionError, "1 score but 0"),
        ({"reduce": "men"}, OptionError, "mean, sum, max, center"),
        ({"on_bad": "rase"}, OptionError, "'flag', 'raise', 'skip'"),
        ({"placement": 200}, WrongTypeError, "Placement"),
        ({"indels": "left"}, WrongTypeError, "IndelRule"),
        ({"check_assembly": "no"}, WrongTypeError, "check_assembly"),
        ({"out": 3}, WrongTypeError, "out takes a path"),
        ({"out": [None]}, WrongTypeError, "out takes a path"),
        ({"out": "x.txt"}, OptionError, r"\.parquet"),
        ({"out": "no_such_folder/x.tsv"}, StoreTargetError, "nothing was scored"),
    ],
)
def test_options_of_scoring(model, genome, options, error, words):
    calls = model.module.calls
    with pytest.raises(error, match=words):
        lsc.score_variants(model, [ALLELE], genome, **options)
    assert model.module.calls == calls


@pytest.mark.parametrize("wrong", [None, 3, "20:1:A:C", [None], ["20:1:A:C"], {"chrom": ["20"]}])
def test_variants_of_the_wrong_kind(model, genome, wrong):
    with pytest.raises((WrongTypeError, MissingFileError)):
        lsc.score_variants(model, wrong, genome)
    with pytest.raises(WrongTypeError, match="variants takes a Variant"):
        lsc.predict_variant(model, wrong, genome)


def test_a_frame_without_a_column_names_it(model, genome):
    frame = pd.DataFrame({"chrom": ["20"], "pos": [POS], "ref": ["G"]})
    with pytest.raises(InputError, match=r"no column \['alt'\]"):
        lsc.score_variants(model, frame, genome)


def test_a_wrong_reference_base_is_an_error_for_one_variant(model, genome):
    with pytest.raises(RefMismatchError, match="REF is C but demo") as caught:
        lsc.predict_variant(model, lsc.Variant("20", POS, "C", "A"), genome)
    assert {caught.value.expected, caught.value.found} == {"C", "G"}
    with pytest.raises(WrongTypeError, match="where takes an Interval"):
        lsc.predict_variant(model, ALLELE, genome, where="20:1-5")


def test_n_rich_windows_are_said_once_and_noted(model):
    letters = "ACGT" * 500
    text = letters[:900] + "N" * 300 + letters[1200:]
    genome = lsc.Genome.from_sequences({"1": text})
    with pytest.warns(DataWarning, match="1 of 1 windows are more than half N") as said:
        found = lsc.predict(model, lsc.Interval("1", 1_000, 1_100), genome)
    assert len(said) == 1
    assert float(found.h[1].tensor.sum()) == 0
    allele = lsc.Variant("1", 881, text[880], "ACGT"["ACGT".index(text[880]) - 1])
    scores = lsc.score_variants(model, [allele], genome)
    assert scores.status == ["ok"]
    assert "n_in_window" in scores.notes[0]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "web page"),
        (b"\x10\x00\x00\x00\x00\x00\x00\x00{", "not a complete safetensors"),
    ],
)
def test_weights_that_are_no_weights(tmp_path, content, words):
    path = tmp_path / "weights.safetensors"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=words):
        lsc.load_model("cispliceai", weights=path)


def test_load_model_of_the_wrong_kind():
    with pytest.raises(WrongTypeError, match="weights takes the path"):
        lsc.load_model("cispliceai", weights=3)
    with pytest.raises(OptionError, match="device 'gpu'"):
        lsc.load_model("cispliceai", device="gpu")
    with pytest.raises(UnknownNameError, match="did you mean 'cispliceai'"):
        lsc.load_model("cisplice")


def test_markup_in_names_stays_text(genome, tmp_path):
    evil = '<img src=x onerror="window.hit=1"><script>window.hit=1</script>'
    rows = [{"output_name": "h", "track_index": 0, "track_name": evil, "strand": "."}]
    net = lsc.wrap(
        nn.Conv1d(4, 1, 9, padding="same"),
        heads=lsc.HeadSpec("h", (1,), 1),
        window_bp=200,
        output_axes="NTL",
        catalog=lsc.TrackMetadataCatalog.from_rows(rows),
        name=evil,
    )
    allele = lsc.Variant("20", POS, "G", "A", evil)
    tracks = lsc.predict(net, PLACE, genome)
    scores = lsc.score_variants(net, [allele], genome)
    shown = (tracks, tracks.h, tracks.h[1], scores, lsc.predict_variant(net, allele, genome))
    for thing in shown:
        page = thing._repr_html_()
        assert "<img" not in page
        assert "<script" not in page
    for suffix in ("tsv", "vcf", "parquet"):
        path = tmp_path / f"evil.{suffix}"
        getattr(scores, f"to_{suffix}")(path)
        assert lsc.VariantScores.open(path).labels("diff") == (evil,)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"genes": "demo"}, r"genes takes a Genes.*Genes\.read"),
        ({"interval": "20:1-5"}, r"interval takes an Interval.*Interval\.parse"),
        ({"filters": ["+"]}, "filters takes a Mapping"),
    ],
)
def test_a_browser_of_the_wrong_parts(model, genome, options, words):
    with pytest.raises(WrongTypeError, match=words):
        lsc.TrackBrowser(lsc.predict(model, PLACE, genome), **options)


@pytest.mark.parametrize("path", [None, 3])
def test_opening_what_is_no_path(path):
    with pytest.raises(WrongTypeError, match="path of a file"):
        lsc.VariantScores.open(path)


NET = """
import locuscope
from torch import nn
class Net(nn.Module):
    def forward(self, x):
        return x[:, :2].transpose(1, 2)
net = locuscope.wrap(Net(), heads=locuscope.HeadSpec("h", (1,), 2), window_bp=200)
def broken():
    return net.no_such_thing
"""
SLOW = """\
        import pathlib, time
        if len(x) == 1:  # not the trial run of two windows
            pathlib.Path("runs").touch()
            time.sleep(0.2)
        return x"""
SCORE = ["--genome", "demo", "-i", "demo:junctions"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["score", "nope", *SCORE, "-o", "x.tsv"], "no model is called 'nope'"),
        (["score", "net.py", *SCORE, "-o", "x.tsv"], "net.py::NAME"),
        (["score", "net.py::nte", *SCORE, "-o", "x.tsv"], "did you mean 'Net' or 'net'"),
        (["score", "net.py::Net", *SCORE, "-o", "x.tsv"], "locuscope.wrap"),
        (["score", "net.py::broken", *SCORE, "-o", "x.tsv"], "no_such_thing"),
        (["score", "none.py::net", *SCORE, "-o", "x.tsv"], "No file 'none.py'"),
        (["score", "net.py::net", *SCORE, "-o", "x.txt"], ".parquet"),
        (["score", "net.py::net", *SCORE, "-o", "no/x.tsv"], "nothing was scored"),
        (["score", "net.py::net", *SCORE, "-o", "x.tsv", "--scores", "dif"], "'diff'"),
        (["score", "net.py::net", *SCORE, "-o", "x.tsv", "--tracks", "strand"], "FIELD=VALUE"),
        (["predict", "net.py::net", "-r", "20:1", "--genome", "no.fa", "-o", "x.tsv"], "no.fa"),
        (["predict", "net.py::net", "-r", "x", "--genome", "demo", "-o", "x.tsv"], "1,001-2,000"),
    ],
)
def test_the_command_line_says_one_sentence(tmp_path, monkeypatch, capsys, words, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.py").write_text(NET, encoding="utf-8")
    assert cli.main(words) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"locuscope {words[0]}: ")
    assert said in told
    assert told.count("\n") == 1
    assert sorted(item.name for item in tmp_path.iterdir() if item.name != "__pycache__") == [
        "net.py"
    ]


COMMAND = (sys.executable, "-c", "import sys; from locuscope.cli import main; sys.exit(main())")


def test_warnings_of_the_command_line_name_no_source_file(tmp_path, mixed):
    (tmp_path / "net.py").write_text(NET, encoding="utf-8")
    words = ["score", "net.py::net", "-i", str(mixed), "--genome", "demo", "-o", "x.tsv"]
    done = subprocess.run(
        [*COMMAND, *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0
    assert "14 alleles: 5 scored" in done.stdout
    assert done.stderr == "locuscope: note: contig 'chr20' is read as '20' of demo.\n"


def test_ctrl_c_ends_with_130_and_leaves_parts_alone(tmp_path):
    slow = NET.replace("        return x", SLOW)
    (tmp_path / "net.py").write_text(slow, encoding="utf-8")
    words = ["score", "net.py::net", "-i", "demo", "--genome", "demo", "-o", "x.tsv"]
    process = subprocess.Popen(
        [*COMMAND, *words, "--batch-size", "1"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not (tmp_path / "runs").exists() and time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, "", "locuscope score: interrupted.\n")
    left = {item.name for item in tmp_path.iterdir()}
    assert left <= {"net.py", "runs", "__pycache__", "x.tsv.job"}


def test_every_refusal_is_of_the_family(model, genome):
    for wrong in (None, 3, 2.5, "x", [None], [3], {}, object(), torch.zeros(3)):
        for call in (
            lambda wrong=wrong: lsc.predict(model, wrong, genome),
            lambda wrong=wrong: lsc.predict_variant(model, wrong, genome),
            lambda wrong=wrong: lsc.score_variants(model, wrong, genome),
            lambda wrong=wrong: lsc.load_model(wrong),
            lambda wrong=wrong: lsc.Interval.parse(wrong),
            lambda wrong=wrong: lsc.Variant.parse(wrong),
            lambda wrong=wrong: lsc.Genome(wrong),
        ):
            with pytest.raises(LocuscopeError):
                call()
