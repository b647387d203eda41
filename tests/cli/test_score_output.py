"""Files of `score` that are written from a folder of finished parts."""

from __future__ import annotations

import json

import h5py
import numpy as np
import pytest

from locuscope.cli import main
from locuscope.cli.score_output import parts_folder
from locuscope.effects.annotated_vcf import parse_annotated_vcf
from locuscope.effects.calibrate import calibrate
from locuscope.effects.variant_scores import VariantScores
from locuscope.effects.variants import score_variants
from locuscope.genome.reference import Genome
from locuscope.genome.variant import Variant
from tests.effects import toy
from tests.effects.kipoi_toy import write_study


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return write_study(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="module")
def ours(study):
    return score_variants(toy.model(), study.vcf, Genome(study.fasta))


def run(study, *words: object) -> int:
    named = ["score", f"{study.model}::make", "-i", study.vcf, "--genome", study.fasta]
    return main([*map(str, named), *map(str, words)])


@pytest.mark.parametrize(
    ("words", "row"), [([], "rs100"), (["--id", "vcf"], "rs100"), (["--id", "variant"], "1:100:")]
)
def test_published_keys(study, ours, tmp_path, words, row):
    out = tmp_path / "out.vcf"
    assert run(study, "-o", out, "--compat", "kipoi", "--source", "mine", *words) == 0
    assert f"KV:mine:toy:rID={row}" in out.read_text()
    found = parse_annotated_vcf(out)
    np.testing.assert_allclose(found.scores["diff"], ours.scores["diff"], atol=1e-8)
    assert list(tmp_path.iterdir()) == [out]


def test_published_hdf5(study, tmp_path):
    out = tmp_path / "out.h5"
    assert run(study, "-o", out, "--compat", "calico", "--quiet") == 0
    with h5py.File(out) as file:
        assert {"snp", "chr", "pos", "ref_allele", "alt_allele", "diff"} <= set(file)


def test_several_files_at_once(study, tmp_path, capsys):
    outs = [tmp_path / "out.vcf", tmp_path / "out.parquet"]
    words = [word for out in outs for word in ("-o", out)]
    assert run(study, *words, "--compat", "kipoi", "--layout", "long", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["alleles"], said["out"]) == (6, [str(out) for out in outs])
    assert said["status"]["ok"] == 4
    assert len(VariantScores.open(outs[1])) == 6


def test_quantiles_of_a_calibration(study, ours, tmp_path):
    text = toy.sequence()
    genome = Genome(study.fasta)
    alleles = [
        Variant("1", pos, text[pos - 1], "ACGT".replace(text[pos - 1], "")[0])
        for pos in range(30, 180)
    ]
    background = calibrate(score_variants(toy.model(), alleles, genome))
    place = background.to_parquet(tmp_path / "background.parquet")
    out = tmp_path / "out.parquet"
    assert run(study, "-o", out, "--calibration", place, "--quiet") == 0
    found = VariantScores.open(out)
    assert list(found.scores) == ["diff", "diff_quantile"]
    wanted = background.apply(ours).scores["diff_quantile"]
    np.testing.assert_allclose(found.scores["diff_quantile"], wanted, atol=1e-6)


def test_a_model_without_a_name_is_refused_before_anything_is_scored(study, tmp_path, capsys):
    model = tmp_path / "dot.py"
    model.write_text(
        study.model.read_text() + "\nfrom locuscope.models.adapter import wrap\n"
        "dot = wrap(toy.Net(), heads=model.heads['atac'], window_bp=toy.WIDTH, name='.')\n"
    )
    words = ["score", f"{model}::dot", "-i", study.vcf, "--genome", study.fasta]
    words += ["-o", tmp_path / "out.vcf", "--compat", "kipoi"]
    assert main([str(word) for word in words]) == 2
    assert "give it a name" in capsys.readouterr().err
    assert not (tmp_path / "out.vcf").exists()
    assert not parts_folder(tmp_path / "out.vcf").exists()


def test_the_folder_has_no_ending(tmp_path):
    assert parts_folder(tmp_path / "a.vcf.gz").name == "a_vcf_gz_parts"
