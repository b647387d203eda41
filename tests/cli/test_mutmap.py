"""`locuscope mutmap`: every single-base change of places, into a file."""

from __future__ import annotations

import json

import numpy as np
import pytest

from locuscope.cli import main
from locuscope.effects.maps.mutation_map_set import MutationMapSet
from locuscope.effects.mutation_map import mutation_map
from locuscope.genome.interval import Interval
from locuscope.genome.reference import Genome
from tests.effects import toy
from tests.effects.kipoi_toy import write_study


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return write_study(tmp_path_factory.mktemp("study"))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(study, *words: object) -> int:
    named = [f"{study.model}::make", "--genome", study.fasta]
    return main(["mutmap", *map(str, [*named, *words])])


def test_a_vcf_without_rows_is_a_sentence(tmp_path, capsys):
    place = tmp_path / "head.vcf"
    place.write_text("##fileformat=VCFv4.3\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n")
    words = ["mutmap", "dnase", "-r", place, "--genome", "demo", "-o", tmp_path / "x.h5"]
    assert main([*map(str, words)]) == 2
    assert "no place has a mutation map: 0 refused." in capsys.readouterr().err


def test_a_place_as_text(study, tmp_path, capsys):
    out = tmp_path / "map.h5"
    assert run(study, "-r", "1:101-120", "-o", out) == 0
    assert capsys.readouterr().out == f"1 place, 20 bases; wrote {out}.\n"
    (found,) = MutationMapSet.open(out)
    assert found.interval == Interval("1", 100, 120)
    wanted = mutation_map(toy.model(), Interval("1", 100, 120), Genome(study.fasta))
    np.testing.assert_array_equal(found.scores, wanted.scores)


def test_regions_of_a_file_and_options_that_change_numbers(study, tmp_path, capsys):
    out = tmp_path / "map.h5"
    code = run(
        study, "-r", study.bed, "-o", out, "--scores", "diff", "logit", "--rc",
        "--rc-merging", "absmax", "--model-outputs", "atac:2", "--reduce", "max", "--json",
    )  # fmt: skip
    assert code == 0
    said = json.loads(capsys.readouterr().out)
    assert said == {"entries": 2, "bases": 80, "out": str(out)}
    first = MutationMapSet.open(out)[0]
    assert list(first.layers) == ["diff", "logit"]
    assert first.labels == ("atac:2",)


@pytest.mark.filterwarnings("default::locuscope.errors.DataWarning")
def test_variants_and_what_is_said_of_those_without_a_map(study, tmp_path, capsys):
    out = tmp_path / "map.hdf5"
    assert run(study, "-r", study.vcf, "-o", out, "--quiet") == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert "note: 4 mutation maps, 1 ref_mismatch, 1 non_acgtn" in said.err
    assert len(MutationMapSet.open(out)) == 4


def test_the_embedded_genome(tmp_path):
    out = tmp_path / "map.h5"
    words = ["dnase", "-r", "20:2577796-2577798", "--genome", "demo", "-o", out, "--quiet"]
    assert main(["mutmap", *map(str, words)]) == 0
    (found,) = MutationMapSet.open(out)
    assert found.scores.shape == (3, 4, 3)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-r", "1:1-5", "-o", "x.tsv"], "must end with .h5 or .hdf5"),
        (["-r", "no.bed", "-o", "x.h5"], "No file 'no.bed' for the regions"),
        (["-r", "1:1-5", "-o", "x.h5", "--scores", "dif"], "did you mean 'diff'"),
        (["-r", "1:1-5"], "the option -o FILE.h5 is missing"),
        (["-o", "x.h5"], "the option -r REGIONS is missing"),
        (["-r", "1:9000-9005", "-o", "x.h5"], "leaves the contig"),
    ],
)
def test_wrong_words_end_in_a_sentence_and_code_2(study, folder, capsys, words, said):
    assert run(study, *words) == 2
    assert said in capsys.readouterr().err
    assert list(folder.iterdir()) == []
