"""Published command lines, first word replaced, end as the Python calls do."""

from __future__ import annotations

import json
import shlex

import numpy as np
import pytest
import torch
from torch import nn

import locuscope as lsc
from locuscope import cli
from locuscope.cli.inputs import open_model
from locuscope.effects import kipoi
from locuscope.effects.annotated_vcf import parse_annotated_vcf
from locuscope.effects.maps.mutation_map_set import MutationMapSet
from tests.acceptance.published_place import make_place


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return make_place(tmp_path_factory.mktemp("published"))


@pytest.fixture(scope="module")
def dl_args(place):
    return {"fasta_file": str(place / "genome.fa")}


@pytest.fixture(scope="module")
def model(place):
    return open_model(f"{place / 'model.py'}::make")


class TestCommandLines:
    """As published, first word replaced; `{...}` filled in."""

    def run(self, text, place, folder):
        names = {"dir": str(place), "out": str(folder), "args": self.args(place)}
        words = shlex.split(text.replace("\n", " "))
        return cli.main([self.fill(word, names) for word in words[1:]])

    def args(self, place):
        return json.dumps({"fasta_file": str(place / "genome.fa")})

    def fill(self, word, names):
        for name, value in names.items():
            word = word.replace(f"@{name}", value)
        return word

    @pytest.mark.parametrize("name", ["@dir/model.py::make", "@dir/model.py::model"])
    def test_score_variants(self, place, model, dl_args, tmp_path, name):
        line = f"""locuscope postproc score_variants {name} --dataloader_args '@args'
            --vcf_path @dir/v.vcf --out_vcf_fpath @out/o.vcf --scoring diff logit
            --scoring_kwargs '{{}}' '{{rc_merging:"max"}}'"""
        assert self.run(line, place, tmp_path) == 0
        frames = kipoi.score_variants(
            model,
            dl_args,
            str(place / "v.vcf"),
            scores=["diff", "logit"],
            score_kwargs=[{}, {"rc_merging": "max"}],
            return_predictions=True,
        )
        found = parse_annotated_vcf(tmp_path / "o.vcf")
        for score, frame in frames.items():
            np.testing.assert_allclose(found.scores[score], frame.to_numpy(), atol=1e-8)

    @pytest.mark.parametrize("regions", ["v.vcf", "r.bed"])
    def test_mutation_maps(self, place, model, dl_args, tmp_path, regions):
        line = f"""locuscope postproc create_mutation_map @dir/model.py::make
            --dataloader_args '@args' --regions_file @dir/{regions} --output @out/R.hdf5"""
        assert self.run(line, place, tmp_path) == 0
        line = """locuscope postproc plot_mutation_map --input_file @out/R.hdf5 --input_entry 0
            --model_seq_input seq --scoring_key diff --model_output open:0 --output @out/P.png"""
        assert self.run(line, place, tmp_path) == 0
        assert (tmp_path / "P.png").read_bytes().startswith(b"\x89PNG")
        mm = kipoi.MutationMap(model, None, dl_args)
        query = mm.query_vcf if regions.endswith("vcf") else mm.query_bed
        wanted = query(str(place / regions), scores=["diff"]).mutation_map
        for mine, theirs in zip(MutationMapSet.open(tmp_path / "R.hdf5"), wanted, strict=True):
            np.testing.assert_array_equal(mine.scores, theirs.scores)

    def test_a_model_as_a_file_in_each_command(self, place, tmp_path):
        name, rest = "@dir/model.py::make", "--genome @dir/genome.fa"
        for line in (
            f"locuscope score {name} -i @dir/v.vcf -o @out/s.tsv {rest}",
            f"locuscope predict {name} -r chr22:301-401 -o @out/p.tsv {rest}",
            f"locuscope mutmap {name} -r chr22:301-321 -o @out/m.h5 {rest}",
            "locuscope mutmap plot -f @out/m.h5 -o @out/m.svg --track open:0",
        ):
            assert self.run(line, place, tmp_path) == 0

    def test_weights_of_a_function_and_a_folder(self, place, tmp_path, model):
        torch.manual_seed(9)
        other = nn.Conv1d(4, 2, 9, padding=4)
        weights = {f"conv.{key}": value for key, value in other.state_dict().items()}
        torch.save(weights, tmp_path / "w.pt")
        ends = [f"-i @dir/v.vcf --genome @dir/genome.fa -o @out/{n}.parquet" for n in "abc"]
        lines = [
            f"locuscope score @dir/model.py::make --weights @out/w.pt {ends[0]}",
            f"locuscope score @dir/model.py::make {ends[1]}",
            f"locuscope score @dir --source dir {ends[2]}",
        ]
        for line in lines:
            assert self.run(line, place, tmp_path) == 0
        a, b, c = (lsc.VariantScores.open(tmp_path / f"{n}.parquet") for n in "abc")
        np.testing.assert_array_equal(b.scores["diff"], c.scores["diff"])
        assert not np.allclose(a.scores["diff"], b.scores["diff"], equal_nan=True)

    def test_the_embedded_genome_and_alleles(self, tmp_path, place):
        line = "locuscope score dnase -i demo:junctions --genome demo -o @out/j.tsv --json"
        assert self.run(line, place, tmp_path) == 0
        assert len(lsc.VariantScores.open(tmp_path / "j.tsv")) == 39
