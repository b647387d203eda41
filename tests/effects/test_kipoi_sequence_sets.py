"""What a model would see of each variant, for the published writers of sequences."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from locuscope.effects import kipoi
from locuscope.effects.kipoi.dataloader import default_dataloader
from locuscope.effects.variants import score_variants
from locuscope.genome.reference import Genome
from tests.effects import toy
from tests.effects.kipoi_toy import CHANGES, write_study

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


class TestSequences:
    def sets(self, study, writer, **options):
        model = toy.model()
        model.module.calls = 0
        done = kipoi.predict_snvs(
            model,
            default_dataloader(model),
            study.vcf,
            4,
            dataloader_args=study.args,
            vcf_to_region=kipoi.SnvCenteredRg(kipoi.ModelInfoExtractor(model)),
            generated_seq_writer=writer,
            **options,
        )
        assert done is None
        assert model.module.calls == 0

    def test_a_file_of_sequences_and_no_prediction(self, study, tmp_path):
        path = tmp_path / "seqs.h5"
        self.sets(study, kipoi.SyncHdf5SeqWriter(path))
        with h5py.File(path) as file:
            assert file["ref"].shape == file["alt"].shape == (N_ROWS, toy.WIDTH, 4)
            assert "ref_rc" not in file
            changes = (file["ref"][0] != file["alt"][0]).any(1)
            assert np.flatnonzero(changes).tolist() == [toy.WIDTH // 2 - 1]
            assert not file["ref"][N_ROWS - 1].any()

    def test_writers_of_ones_own_get_the_same_in_batches(self, study, tmp_path):
        path = tmp_path / "seqs.h5"
        seen = []
        types = {"diff_types": {"diff": kipoi.Diff("mean")}}
        writers = [kipoi.SyncHdf5SeqWriter(path), seen.append]
        self.sets(study, writers, evaluation_function_kwargs=types)
        assert [len(one["ref"]) for one in seen] == [4, N_ROWS - 4]
        with h5py.File(path) as file:
            for view in ("ref", "alt", "ref_rc", "alt_rc"):
                joined = np.concatenate([one[view] for one in seen])
                np.testing.assert_array_equal(joined, file[view][:])
            np.testing.assert_array_equal(file["ref_rc"][:], file["ref"][:][:, ::-1, ::-1])
        assert seen[0]["line_id"][0].startswith("1:100:")
        assert seen[0]["vcf_records"][0].ID == "rs100"
