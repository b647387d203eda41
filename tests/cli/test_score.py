from __future__ import annotations

import json

import polars as pl
import pytest

from locuscope.cli import main
from locuscope.effects.variant_scores import VariantScores

MODEL = """
import torch
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec

class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.conv = torch.nn.Conv1d(4, 2, 5, padding=2)

    def forward(self, x):
        return self.conv(x).transpose(1, 2)

def mine():
    return wrap(Net(), heads=HeadSpec("atac", (1,), 2), window_bp=64, name="mine")
"""


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.py"
    path.write_text(MODEL, encoding="utf-8")
    return f"{path}::mine"


def run(*words: object) -> int:
    return main(["score", *map(str, words)])


def test_a_model_from_a_file_scores_the_embedded_alleles(model, tmp_path, capsys):
    out = tmp_path / "out.tsv"
    code = run(
        model,
        "-i",
        "demo:junctions",
        "-o",
        out,
        "--genome",
        "demo",
        "--scores",
        "diff",
        "SAX",
        "--device",
        "cpu",
    )
    assert code == 0
    line = capsys.readouterr().out
    assert line.startswith("39 alleles: 39 scored")
    assert str(out) in line
    found = VariantScores.open(out)
    assert len(found) == 39
    assert list(found.scores) == ["diff", "SAX"]


def test_splice_delta_with_the_embedded_genes_into_two_files(tmp_path, capsys):
    outs = [tmp_path / "out.vcf", tmp_path / "out.parquet"]
    code = run(
        "cispliceai", "-i", "20:2577796:G:A", "-o", outs[0], "-o", outs[1], "--genome", "demo",
        "--scores", "splice_delta", "--genes", "demo", "--json",
    )  # fmt: skip
    assert code == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["alleles"] == 1
    assert summary["status"] == {"ok": 1}
    for out in outs:
        table = VariantScores.open(out).to_polars()
        assert table["splice_delta/DS_AL"][0] > 0.95
    assert VariantScores.open(outs[1]).parts["splice_delta"]["gene"].to_list() == ["TMC2"]


def test_options_reach_the_verb(model, tmp_path, capsys):
    out = tmp_path / "out.parquet"
    code = run(
        model, "-i", "20:2577796:G:A", "-o", out, "--genome", "demo", "--rc", "--reduce", "max",
        "--tracks", "track_name=atac:1", "--heads", "atac", "--batch-size", 1, "--quiet",
    )  # fmt: skip
    assert code == 0
    assert capsys.readouterr().out == ""
    facts = VariantScores.open(out).provenance
    assert (facts["rc"], facts["reduce"], facts["window_bp"]) == (True, "max", 64)
    assert pl.read_parquet(out).columns[-1] == "diff/atac:1"


def test_score_kwargs_are_json_per_score(tmp_path):
    out = tmp_path / "out.parquet"
    code = run(
        "cispliceai", "-i", "20:2577796:G:A", "-o", out, "--genome", "demo", "--quiet",
        "--scores", "splice_delta", "--score-kwargs", '{"distance": 60}', "--genes", "demo",
    )  # fmt: skip
    assert code == 0
    options = VariantScores.open(out).provenance["scores"]["splice_delta"]
    assert options["distance"] == 60
    assert "55 genes" in options["genes"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--scores", "dif"], "did you mean 'diff'"),
        (["--genes", "demo"], "for the scores splice_delta and tissue_effect; asked for: diff"),
        (["--score-kwargs", "{distance: 3}"], "takes JSON objects"),
        (["--score-kwargs", "[1]"], "takes JSON objects"),
        (["--score-kwargs", "{}", "{}"], "1 scores but 2 score_kwargs"),
        (["--tracks", "strand"], "FIELD=VALUE"),
        (["--window-bp", "60"], "64 bases; got 60"),
    ],
)
def test_wrong_words_end_in_a_sentence_and_code_2(model, tmp_path, capsys, words, said):
    out = tmp_path / "out.tsv"
    assert run(model, "-i", "20:2577796:G:A", "-o", out, "--genome", "demo", *words) == 2
    assert said in capsys.readouterr().err
    assert not out.exists()


def test_an_unknown_suffix_and_a_missing_file_end_before_any_work(model, tmp_path, capsys):
    assert run(model, "-i", "20:2577796:G:A", "-o", tmp_path / "x.csv", "--genome", "demo") == 2
    assert "must end with one of" in capsys.readouterr().err
    assert run(model, "-i", tmp_path / "no.vcf", "-o", tmp_path / "x.tsv", "--genome", "demo") == 2
    assert "no.vcf" in capsys.readouterr().err


def test_flagged_rows_are_no_failure(model, tmp_path, capsys):
    out = tmp_path / "out.tsv"
    words = ["-i", "20:2577796:C:A", "-o", out, "--genome", "demo"]
    assert run(model, *words) == 0
    assert "1 ref_mismatch" in capsys.readouterr().out
    assert run(model, *words, "--on-bad", "raise") == 2
    assert "ref_mismatch" in capsys.readouterr().err


def test_tissue_effect_with_the_embedded_genes(tmp_path, capsys):
    out = tmp_path / "out.parquet"
    code = run(
        "mtsplice", "-i", "20:2577796:G:A", "-o", out, "--genome", "demo",
        "--scores", "tissue_effect", "--genes", "demo", "--json",
    )  # fmt: skip
    assert code == 0
    assert json.loads(capsys.readouterr().out)["status"] == {"ok": 1}
    scores = VariantScores.open(out)
    assert scores.scores["tissue_effect"].shape == (1, 56)
    assert set(scores.parts["tissue_effect"]["gene"]) == {"TMC2"}
