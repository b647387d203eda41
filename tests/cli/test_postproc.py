"""Published command lines, first word replaced."""

from __future__ import annotations

import json
import re

import h5py
import numpy as np
import pytest

from locuscope.cli import build_parser, main
from locuscope.effects import kipoi
from locuscope.effects.annotated_vcf import parse_annotated_vcf
from locuscope.effects.maps.mutation_map_set import MutationMapSet
from tests.effects import toy
from tests.effects.kipoi_toy import write_study


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return write_study(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="module")
def maps(study, tmp_path_factory):
    path = tmp_path_factory.mktemp("maps") / "maps.hdf5"
    code = run(
        "create_mutation_map", f"{study.model}::make", "--dataloader_args",
        json.dumps(study.args), "--regions_file", study.bed, "--output", path, "--scores", "diff",
    )  # fmt: skip
    assert code == 0
    return path


def run(*words: object) -> int:
    return main(["postproc", *map(str, words)])


class TestScore:
    def words(self, study, out):
        return [
            "score_variants", f"{study.model}::make", "--dataloader_args", json.dumps(study.args),
            "--vcf_path", study.vcf, "--out_vcf_fpath", out,
        ]  # fmt: skip

    def test_as_published(self, study, tmp_path, capsys):
        paths = [tmp_path / "out.vcf", tmp_path / "python.vcf"]
        words = ["--scoring", "diff", "logit", "--scoring_kwargs", "{}", '{rc_merging:"max"}']
        assert run(*self.words(study, paths[0]), *words) == 0
        assert "6 alleles: 4 scored" in capsys.readouterr().out
        kipoi.score_variants(
            toy.model(),
            study.args,
            study.vcf,
            paths[1],
            scores=["diff", "logit"],
            score_kwargs=[{}, {"rc_merging": "max"}],
        )
        assert paths[0].read_bytes() == paths[1].read_bytes()
        assert sorted(item.name for item in tmp_path.iterdir()) == ["out.vcf", "python.vcf"]

    def test_short_options_and_the_default_score(self, study, tmp_path, capsys):
        out, more = tmp_path / "out.vcf", tmp_path / "more.tsv"
        code = run(
            "score_variants", f"{study.model}::make",
            f"--dataloader_args={json.dumps(study.args)}", "-i", study.vcf, "-o", out, "-e", more,
            "-n", 0, "-s", "ref", "alt", "diff", "-k", "{}", "{}", "{}", "--batch_size", 4,
            "-r", study.bed,
        )  # fmt: skip
        assert code == 0
        assert list(parse_annotated_vcf(out).scores) == ["ref", "alt", "diff"]
        assert more.is_file()
        assert "outside_regions" in capsys.readouterr().out
        assert run(*self.words(study, tmp_path / "plain.vcf")) == 0
        assert list(parse_annotated_vcf(tmp_path / "plain.vcf").scores) == ["diff"]

    def test_a_folder_with_a_model_and_its_label(self, study, tmp_path):
        out = tmp_path / "out.vcf"
        words = [
            "score_variants",
            study.model.parent,
            "--source",
            "dir",
            *self.words(study, out)[2:],
        ]
        assert run(*words) == 0
        assert "##INFO=<ID=KV:dir:toy:DIFF" in out.read_text()

    def test_an_unknown_loader_argument_ends_with_2(self, study, tmp_path, capsys):
        words = self.words(study, tmp_path / "out.vcf")
        words[3] = '{"fasta_fil": "x"}'
        assert run(*words) == 2
        assert "did you mean 'fasta_file'" in capsys.readouterr().err

    def test_std_var_id(self, study, tmp_path):
        out = tmp_path / "out.vcf"
        assert run(*self.words(study, out), "--std_var_id") == 0
        assert "KV:kipoi:toy:rID=1:100:" in out.read_text()


class TestMaps:
    def test_windows_from_the_start_of_each_region(self, study, maps):
        found = MutationMapSet.open(maps)
        places = [(each.interval.start, each.interval.end) for each in found]
        assert places == [(90, 130), (140, 180)]
        mm = kipoi.MutationMap(toy.model(), None, study.args)
        plotter = mm.query_bed(study.bed, scores=["diff"])
        for mine, theirs in zip(found, plotter.mutation_map, strict=True):
            np.testing.assert_array_equal(mine.scores, theirs.scores)

    @pytest.mark.filterwarnings("default::locuscope.errors.DataWarning")
    def test_round_variants(self, study, tmp_path):
        path = tmp_path / "maps.hdf5"
        code = run(
            "create_mutation_map", f"{study.model}::make",
            "--dataloader_args", f"fasta_file={study.fasta}",
            "-r", study.vcf, "-o", path, "-s", "diff", "-k", '{rc_merging:"max"}',
        )  # fmt: skip
        assert code == 0
        with h5py.File(path) as file:
            assert file.attrs["format"] == "locuscope.mutation_map"
        found = MutationMapSet.open(path)
        assert found[0].interval.start == 100 - toy.WIDTH // 2
        assert [one.pos for one in found[0].annotations] == [100]

    @pytest.mark.parametrize("name", ["seq", "sequence"])
    def test_a_picture(self, maps, tmp_path, name):
        out = tmp_path / "map.png"
        code = run(
            "plot_mutation_map", "--input_file", maps, "--input_entry", 0,
            "--model_seq_input", name, "--scoring_key", "diff", "--model_output", "atac:1",
            "--output", out,
        )  # fmt: skip
        assert code == 0
        assert out.read_bytes().startswith(b"\x89PNG")

    def test_a_picture_of_a_part_from_the_other_strand(self, maps, tmp_path):
        out = tmp_path / "map.svg"
        code = run(
            "plot_mutation_map", "-f", maps, "-o", out, "--input_entry", 1,
            "--model_seq_input", "seq", "--scoring_key", "diff", "--model_output", "atac:0",
            "--limit_region_genomic", 150, 170, "--rc_plot",
        )  # fmt: skip
        assert code == 0
        assert "<svg" in out.read_text()


def test_help_of_each_command(capsys):
    for name in ("score_variants", "create_mutation_map", "plot_mutation_map", "grad_input"):
        with pytest.raises(SystemExit) as ended:
            run(name, "--help")
        assert ended.value.code == 0
        assert f"locuscope postproc {name}" in capsys.readouterr().out


def test_the_help_names_the_published_options_and_each_is_taken(capsys):
    published = {
        "score_variants": ["m", "--vcf_path", "v", "--scoring", "diff", "--std_var_id"],
        "create_mutation_map": ["m", "--regions_file", "r", "--output", "o", "--num_workers", "0"],
        "plot_mutation_map": ["--input_file", "f", "--scoring_key", "diff", "--rc_plot"],
        "grad_input": ["m", "--final_layer", "--filter_idx", "1", "--selected_fwd_node", "0"],
    }
    parser = build_parser()
    for name, words in published.items():
        with pytest.raises(SystemExit):
            run(name, "--help")
        told = set(re.findall(r"--[a-z_]+(?![a-z-])", capsys.readouterr().out))
        assert {word for word in words if word.startswith("--")} <= told
        assert parser.parse_args(["postproc", name, *words]).published == name


def test_a_misspelt_published_option_is_named(capsys):
    with pytest.raises(SystemExit) as ended:
        run("score_variants", "m", "--vcf_pth", "v")
    assert ended.value.code == 2
    assert "no option --vcf_pth; did you mean --vcf_path or " in capsys.readouterr().err


def test_options_are_named_as_they_are_typed(study, capsys):
    assert run("score_variants", f"{study.model}::make", "--genome", study.fasta) == 2
    assert "the option -i VCF is missing" in capsys.readouterr().err
