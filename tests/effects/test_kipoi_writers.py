"""The published writers, and writers of ones own."""

from __future__ import annotations

import numpy as np
import pytest

from locuscope.effects import kipoi
from locuscope.effects.annotated_vcf import parse_annotated_vcf
from locuscope.effects.variants import score_variants
from locuscope.errors import WrongTypeError
from locuscope.genome.reference import Genome
from tests.effects import toy
from tests.effects.kipoi_toy import CHANGES, changed, vcf_rows, write_study

N_ROWS = len(CHANGES) + 1


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return write_study(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="module")
def model():
    return toy.model()


@pytest.fixture(scope="module")
def ours(study, model):
    def score(**options):
        return score_variants(model, study.vcf, Genome(study.fasta), **options)

    return score


class TestVcf:
    def test_published_keys_come_back(self, study, model, ours, tmp_path):
        out = tmp_path / "out.vcf"
        done = kipoi.score_variants(
            model, study.args, study.vcf, out, scores=["diff", "logit"], source="mine"
        )
        assert done is None
        text = out.read_text()
        assert "##INFO=<ID=KV:mine:toy:DIFF,Number=.,Type=String," in text
        assert "DIFF SNV effect prediction. Prediction from model outputs: atac:0|" in text
        lines = [line for line in text.splitlines() if not line.startswith("#")]
        assert [line.split("\t")[:7] for line in lines] == [
            row.split("\t")[:7] for row in vcf_rows()
        ]
        found = parse_annotated_vcf(out)
        wanted = ours(scores=["diff", "logit"])
        assert found.status == wanted.status
        for name, values in wanted.scores.items():
            np.testing.assert_allclose(found.scores[name], values, atol=1e-8)

    @pytest.mark.parametrize("std_var_id", [False, True])
    def test_rows_by_id_or_by_change(self, study, model, tmp_path, std_var_id):
        out = tmp_path / "out.vcf"
        kipoi.score_variants(
            model, study.args, study.vcf, out, scores=["diff"], std_var_id=std_var_id
        )
        ref, alt = changed(0)
        line = next(row for row in out.read_text().splitlines() if row.startswith("1\t100\t"))
        expected = f"KV:kipoi:toy:rID=1:100:{ref}:{alt}" if std_var_id else "KV:kipoi:toy:rID=rs100"
        assert expected in line.split("\t")[7].split(";")
        assert line.split("\t")[2] == "rs100"

    def test_a_writer_of_the_notebook(self, study, model, tmp_path):
        paths = [tmp_path / "one.vcf", tmp_path / "two.vcf"]
        kipoi.score_variants(model, study.args, study.vcf, paths[0], scores=["diff"])
        writer = kipoi.VcfWriter(model, study.vcf, paths[1])
        kipoi.score_variants(model, study.args, study.vcf, output_writers=writer, scores=["diff"])
        assert paths[0].read_bytes() == paths[1].read_bytes()


class Recorder:
    """A writer of the published form."""

    def __init__(self):
        self.calls, self.events = [], []

    def open(self):
        self.events.append("open")

    def __call__(self, predictions, records, line_ids):
        self.calls.append((predictions, records, line_ids))

    def close(self):
        self.events.append("close")


class TestWriters:
    def test_each_batch_of_rows_in_order(self, study, model):
        first, second = Recorder(), Recorder()
        frames = kipoi.score_variants(
            model,
            study.args,
            study.vcf,
            output_writers=[first, second],
            batch_size=4,
            return_predictions=True,
        )
        for writer in (first, second):
            assert writer.events == ["open", "close"]
            assert [len(records) for _, records, _ in writer.calls] == [4, N_ROWS - 4]
            joined = np.concatenate([p["diff"].to_numpy() for p, _, _ in writer.calls])
            np.testing.assert_array_equal(joined, frames["diff"].to_numpy())
            ids = [name for _, _, line_ids in writer.calls for name in line_ids]
            assert ids == list(frames["diff"].index)
            records = [record for _, some, _ in writer.calls for record in some]
            assert [(r.CHROM, r.POS, r.ID) for r in records[:3]] == [
                ("1", 100, "rs100"),
                ("1", 150, "rs150"),
                ("1", 150, "rs150"),
            ]

    def test_it_is_closed_when_it_fails(self, study, model):
        class Failing(Recorder):
            def __call__(self, predictions, records, line_ids):
                raise RuntimeError("full")

        writer = Failing()
        with pytest.raises(RuntimeError, match="full"):
            kipoi.score_variants(model, study.args, study.vcf, output_writers=writer)
        assert writer.events == ["open", "close"]

    def test_something_that_is_no_writer(self, study, model):
        with pytest.raises(WrongTypeError, match="a writer is callable; got int"):
            kipoi.score_variants(model, study.args, study.vcf, output_writers=[3])
