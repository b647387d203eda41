from __future__ import annotations

import json
import subprocess
import sys

import h5py
import numpy as np
import polars as pl
import pytest

from locuscope.cli import main
from locuscope.effects.scores import list_scores
from locuscope.effects.variant_scores import VariantScores
from locuscope.effects.variants import score_variants
from locuscope.genome.indel_rule import IndelRule
from locuscope.genome.placement import Placement
from locuscope.genome.reference import Genome
from locuscope.inference.ensemble import Ensemble
from tests.effects import toy
from tests.effects.kipoi_toy import write_study

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
        (["--score-kwargs", "{distance: 3}"], "has no option 'distance'"),
        (["--score-kwargs", "{rc_merging: max}"], "the value max needs quotes"),
        (["--score-kwargs", '{"rc_merging": "max"}'], "no effect without --rc"),
        (["--rc-merging", "max"], "no effect without --rc"),
        (["--windows", "x.bed"], "needs --window restricted"),
        (["--window", "overlap"], "needs --windows BED"),
        (["--no-predict"], "give --save-sequences FILE.h5 and no -o"),
        (["--shifts", "0", "0"], "shifts"),
        (["--compat", "kipoi"], "--compat kipoi has no effect on tsv"),
        (["--id", "vcf"], "--id vcf has no effect on tsv"),
        (["--calibration", "none.parquet"], "none.parquet"),
        (["--score-kwargs", "[1]"], "takes JSON objects"),
        (["--score-kwargs", "{}", "{}"], "1 score but 2 --score-kwargs"),
        (["--tracks", "strand"], "FIELD=VALUE"),
        (["--scores", "mine.py"], "mine.py names no score; write mine.py::NAME"),
        (["-i", "demo:junction"], "did you mean 'demo:junctions'"),
        (["--window-bp", "60"], "64 bases; got 60"),
    ],
)
def test_wrong_words_end_in_a_sentence_and_code_2(model, tmp_path, capsys, words, said):
    out = tmp_path / "out.tsv"
    assert run(model, "-i", "20:2577796:G:A", "-o", out, "--genome", "demo", *words) == 2
    assert said in capsys.readouterr().err
    assert {item.name for item in tmp_path.iterdir()} <= {"model.py", "__pycache__"}


def test_a_score_that_raises_is_a_sentence_with_its_line(model, tmp_path, capsys):
    place = tmp_path / "scores.py"
    place.write_text("def bad(ref, alt):\n    raise ValueError('too odd')\n", encoding="utf-8")
    words = ["-i", "20:2577796:G:A", "-o", tmp_path / "out.tsv", "--genome", "demo", "--quiet"]
    assert run(model, *words, "--scores", f"{place}::bad") == 2
    assert capsys.readouterr().err == (
        "locuscope score: ValueError: too odd (scores.py, line 2), raised by the score 'bad', in "
        "the batch that begins with 20:2577796:G:A.\n"
    )


def test_an_unknown_suffix_and_a_missing_file_end_before_any_work(model, tmp_path, capsys):
    assert run(model, "-i", "20:2577796:G:A", "-o", tmp_path / "x.csv", "--genome", "demo") == 2
    assert "must end with one of" in capsys.readouterr().err
    assert run(model, "-i", tmp_path / "no.vcf", "-o", tmp_path / "x.tsv", "--genome", "demo") == 2
    assert "no.vcf" in capsys.readouterr().err


def test_an_unknown_suffix_of_a_published_form_ends_before_any_work(model, tmp_path, capsys):
    words = ["-i", "20:2577796:G:A", "-o", tmp_path / "x.txt", "--genome", "demo"]
    assert run(model, *words, "--compat", "kipoi") == 2
    assert "x.txt: the name must end with one of .vcf, " in capsys.readouterr().err


def test_a_folder_in_place_of_a_file_is_said(model, tmp_path, capsys):
    place = tmp_path / "folder.vcf"
    place.mkdir()
    assert run(model, "-i", place, "-o", tmp_path / "x.tsv", "--genome", "demo") == 2
    assert f"'{place}' is a folder; a file is needed for the variants." in capsys.readouterr().err


def test_sequences_alone_are_saved_and_not_scored(model, tmp_path, capsys):
    path = tmp_path / "seqs.h5"
    words = ["-i", "20:2577796:G:A", "--genome", "demo", "--save-sequences", path, "--no-predict"]
    assert run(model, *words) == 0
    assert capsys.readouterr().out == f"1 allele: 1 saved; wrote {path}.\n"


def test_flagged_rows_are_no_failure(model, tmp_path, capsys):
    out = tmp_path / "out.tsv"
    words = ["-i", "20:2577796:C:A", "-o", out, "--genome", "demo"]
    assert run(model, *words) == 0
    assert "1 ref_mismatch" in capsys.readouterr().out
    words[3] = tmp_path / "other.tsv"
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


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return write_study(tmp_path_factory.mktemp("study"))


class TestStudy:
    """Options on a small genome, against the same call from Python."""

    def run(self, study, *words):
        named = [f"{study.model}::make", "-i", study.vcf, "--genome", study.fasta]
        return run(*named, "--quiet", *words)

    def python(self, study, **options):
        return score_variants(toy.model(), study.vcf, Genome(study.fasta), **options)

    @pytest.mark.parametrize(
        ("words", "options"),
        [
            (["--window", "restricted", "--windows", "BED"], {"mode": "restricted"}),
            (["--restriction_bed", "BED"], {"mode": "restricted"}),
            (["--window", "overlap", "--windows", "BED"], {"mode": "overlap"}),
            (
                ["--window", "overlap", "--windows", "BED", "--multi", "all"],
                {"mode": "overlap", "multi": "all"},
            ),
        ],
    )
    def test_windows(self, study, tmp_path, words, options):
        out = tmp_path / "out.parquet"
        words = [study.bed if word == "BED" else word for word in words]
        regions = study.bed
        if options["mode"] == "overlap":
            regions = tmp_path / "windows.bed"
            regions.write_text("1\t80\t120\n1\t90\t130\n")
            words[words.index(study.bed)] = regions
        assert self.run(study, "-o", out, *words) == 0
        wanted = self.python(study, placement=Placement(regions=regions, **options))
        found = VariantScores.open(out)
        np.testing.assert_array_equal(found.scores["diff"], wanted.scores["diff"])
        assert found.status == wanted.status

    def test_options_that_change_numbers(self, study, tmp_path):
        out = tmp_path / "out.parquet"
        code = self.run(
            study, "-o", out, "--scores", "diff", "logit", "--rc", "--rc-merging", "absmax",
            "--shifts", 0, 1, -1, "--mask-bp", 10, "--align", "none", "--ref-policy", "force",
            "--model-outputs-i", 2, 0, "--reduce", "max",
        )  # fmt: skip
        assert code == 0
        wanted = self.python(
            study,
            scores=["diff", "logit"],
            ensemble=Ensemble(rc=True, rc_merging="absmax", shifts=(0, 1, -1)),
            mask_bp=10,
            indels=IndelRule(align="none"),
            ref_policy="force",
            tracks=[2, 0],
            reduce="max",
        )
        found = VariantScores.open(out)
        for name, values in wanted.scores.items():
            np.testing.assert_array_equal(found.scores[name], values)
            np.testing.assert_array_equal(found.spread[name], wanted.spread[name])

    def test_every_kind_of_file_in_one_call(self, study, tmp_path):
        names = ["a.vcf", "a.vcf.gz", "a.parquet", "a.tsv", "a.tsv.gz", "a.h5", "folder"]
        words = [word for name in names for word in ("-o", tmp_path / name)]
        assert self.run(study, *words) == 0
        wanted = self.python(study).scores["diff"]
        for name in names:
            found = VariantScores.open(tmp_path / name).scores["diff"]
            np.testing.assert_allclose(found, wanted, atol=1e-5 if ".vcf" in name else 1e-7)

    def test_scores_of_ones_own(self, study, tmp_path):
        scores = tmp_path / "scores.py"
        scores.write_text(
            "def twice(ref, alt):\n    return 2 * (alt - ref)\n\n\nclass Times:\n"
            "    def __init__(self, n):\n        self.n = n\n\n"
            "    def __call__(self, ref, alt):\n        return self.n * (alt - ref)\n"
        )
        out = tmp_path / "out.parquet"
        words = ["--scores", "diff", f"{scores}::twice", f"{scores}::Times"]
        kwargs = ["--score-kwargs", "{}", "{}", "{n: 3}"]
        assert self.run(study, "-o", out, *words, *kwargs) == 0
        found = VariantScores.open(out).scores
        np.testing.assert_allclose(found["twice"], 2 * found["diff"], rtol=1e-6)
        np.testing.assert_allclose(found["Times"], 3 * found["diff"], rtol=1e-6)

    def test_all_scores(self, study, tmp_path):
        out = tmp_path / "out.parquet"
        assert self.run(study, "-o", out, "--scores", "all") == 0
        assert list(VariantScores.open(out).scores) == list_scores(toy.model())

    def test_sequences_without_a_prediction(self, study, tmp_path):
        path = tmp_path / "seqs.h5"
        assert self.run(study, "--save-sequences", path, "--no-predict") == 0
        with h5py.File(path) as file:
            assert file["ref"].shape == (6, 4, toy.WIDTH)

    def test_variants_from_standard_input(self, study, tmp_path):
        out = tmp_path / "out.tsv"
        words = ["score", f"{study.model}::make", "-i", "-", "--genome", study.fasta, "-o", out]
        done = subprocess.run(
            [sys.executable, "-m", "locuscope", *map(str, words)],
            input=study.vcf.read_text(),
            capture_output=True,
            text=True,
            check=False,
            timeout=100,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("6 alleles: 4 scored")
        assert len(VariantScores.open(out)) == 6
