"""`SeqNNModel`: every published call, positional and by keyword, over every kind of test set."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from torch import nn

from locuscope.attribution.seqnn import SeqNNModel
from locuscope.datasets.gene_file import GeneFile, write_gene_file
from locuscope.datasets.records import (
    HDF5TestSet,
    TFRecordTestSet,
    write_hdf5_testset,
    write_tfrecord,
)
from locuscope.errors import InputError, OptionError
from locuscope.inference.ensemble import Ensemble
from locuscope.inference.moments import running_mean, running_varsum
from locuscope.models.adapter import WrappedModel, wrap
from locuscope.models.borrow import borrowed
from locuscope.models.protocol import HeadSpec
from locuscope.tracks.metadata import TrackMetadataCatalog
from tests.attribution.reference import close
from tests.attribution.seqnn_cases import PublishedBatcher, arrays, gene_seqs, model

BATCH = arrays()
X = BATCH.x
FORMS = ["arrays", "published", "hdf5", "tfrecord"]

# name -> the positional arguments as they are published, after sess and the batcher
SIGNATURES = {
    "predict_h5_manual": "rc shifts mc_n target_indexes return_var return_all down_sample "
    "embed_penultimate test_batches dtype",
    "predict_h5": "test_batches return_var return_all",
    "predict_genes": "gene_seqs rc shifts mc_n target_indexes tss_radius embed_penultimate "
    "test_batches_per dtype",
    "hidden": "layers test_batches",
    "test_h5": "test_batches",
    "test_h5_manual": "rc shifts mc_n test_batches",
    "gradients": "rc shifts mc_n return_all",
    "gradients_genes": "gene_seqs",
}


@pytest.fixture(params=FORMS)
def batcher(request, tmp_path):
    """The same sequences and targets in every form."""
    if request.param == "arrays":
        return [(BATCH.x[:3], BATCH.y[:3]), (BATCH.x[3:], BATCH.y[3:])]
    if request.param == "published":
        batcher = PublishedBatcher(BATCH)
        batcher.na = np.zeros_like(BATCH.na)
        return batcher
    if request.param == "hdf5":
        path = write_hdf5_testset(tmp_path / "a.h5", [BATCH[:2]])
        return HDF5TestSet(path, batch_size=2)
    return TFRecordTestSet(write_tfrecord(tmp_path / "set", [BATCH[:2]]), batch_size=2)


@pytest.fixture
def face():
    return SeqNNModel(model())


@pytest.fixture
def both():
    """With two strands as the views of the calls that have no options for them."""
    return SeqNNModel(model(), ensemble=Ensemble(rc=True))


def same(found, expected):
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a, b)


class TestEveryCallOverEveryTestSet:
    def test_predict_h5_manual(self, face, batcher):
        args = (True, [0, 1, -1], 0, [2, 0], True, True, 2, False, 9, "float32")
        found = face.predict_h5_manual(None, batcher, *args)
        assert [a.shape for a in found] == [(5, 4, 2), (5, 4, 2), (5, 4, 2, 6)]
        names = SIGNATURES["predict_h5_manual"].split()
        keywords = dict(zip(names, args, strict=True))
        same(face.predict_h5_manual(sess=None, batcher=batcher, **keywords), found)
        assert face.predict_h5_manual(None, batcher, embed_penultimate=True).shape == (5, 8, 8)
        assert face.predict_h5_manual(None, batcher).shape == (5, 8, 4)

    def test_predict_h5(self, both, batcher):
        found = both.predict_h5(None, batcher, None, True, True)
        assert [a.shape for a in found] == [(5, 8, 4), (5, 8, 4), (5, 8, 4, 2)]
        again = both.predict_h5(
            sess=None, batcher=batcher, test_batches=None, return_var=True, return_all=True
        )
        same(again, found)

    def test_predict_tfr(self, both, batcher):
        found = both.predict_tfr(None, None, 0.5, True, True, batcher)
        assert [a.shape for a in found] == [(5, 4, 4), (5, 4, 4), (5, 4, 4, 2)]
        again = both.predict_tfr(
            sess=None, test_batches=None, sample=0.5, return_var=True, return_all=True,
            dataset=batcher,
        )  # fmt: skip
        same(again, found)
        assert both.predict_tfr(None, dataset=batcher).shape == (5, 8, 4)

    def test_predict_genes(self, face, batcher):
        args = (gene_seqs(), True, [0, 1], 0, [1], 1, False, 1, "float32")
        found = face.predict_genes(None, batcher, *args)
        assert found.shape == (6, 1)
        keywords = dict(zip(SIGNATURES["predict_genes"].split(), args, strict=True))
        same(face.predict_genes(sess=None, batcher=batcher, **keywords), found)

    def test_hidden(self, face, batcher):
        layers, outputs = face.hidden(None, batcher, [0, 1], None)
        assert (layers[0].shape, layers[1].shape) == ((5, 64, 4), (5, 64, 8))
        again = face.hidden(sess=None, batcher=batcher, layers=[0, 1], test_batches=None)
        same([*again[0].values(), again[1]], [*layers.values(), outputs])

    def test_accuracy(self, face, batcher):
        found = [
            face.test_h5(None, batcher, None),
            face.test_h5_manual(None, batcher, True, [0, 1, -1], 0, None),
            face.test_tfr(None, batcher, None, None, 1.0),
        ]
        again = [
            face.test_h5(sess=None, batcher=batcher, test_batches=None),
            face.test_h5_manual(
                sess=None, batcher=batcher, rc=True, shifts=[0, 1, -1], mc_n=0, test_batches=None
            ),
            face.test_tfr(
                sess=None, dataset=batcher, handle_ph=None, test_batches=None, sample=1.0
            ),
        ]
        for one, other in zip(found, again, strict=True):
            same([one.r2(), one.pearsonr(), one.spearmanr()],
                 [other.r2(), other.pearsonr(), other.spearmanr()])  # fmt: skip
            assert (one.loss, one.targets.shape) == (other.loss, (5, 8, 4))
            assert one.target_losses.shape == (4,)

    def test_gradients(self, face, batcher):
        face.build_grads([0, 1], False)
        found = face.gradients(None, batcher, True, [0, 1], 0, True)
        grads, reprs, outputs, all_grads, all_reprs, all_outputs = found
        assert [a.shape for a in grads] == [(5, 4, 64, 4), (5, 4, 64, 8)]
        assert [a.shape for a in reprs] == [(5, 64, 4), (5, 64, 8)]
        assert [a.shape for a in all_grads] == [(5, 4, 64, 4, 4), (5, 4, 64, 8, 4)]
        assert [a.shape for a in all_reprs] == [(5, 64, 4, 4), (5, 64, 8, 4)]
        assert (outputs.shape, all_outputs.shape) == ((5, 8, 4), (5, 8, 4, 4))
        face.build_grads(layers=[0, 1], center=False)
        plain = face.gradients(
            sess=None, batcher=batcher, rc=True, shifts=[0, 1], mc_n=0, return_all=False
        )
        assert len(plain) == 3
        for k in range(2):
            close(plain[0][k], grads[k], 1e-5)
        same([plain[2]], [outputs])

    def test_gradients_genes(self, face, batcher):
        face.build_grads_genes(gene_seqs(), [0, 1])
        found = face.gradients_genes(None, batcher, gene_seqs())
        assert [a.shape for a in found] == [(6, 4, 64, 4), (6, 4, 64, 8)]
        face.build_grads_genes(gene_seqs=gene_seqs(), layers=[0, 1])
        same(face.gradients_genes(sess=None, batcher=batcher), found)
        turned = face.gradients_genes(None, batcher, rc=True, shifts=[0, 1])
        assert not np.allclose(turned[0][:5], found[0][:5])


class TestNames:
    @pytest.mark.parametrize("name", SIGNATURES)
    def test_positional_order(self, name):
        parameters = list(inspect.signature(getattr(SeqNNModel, name)).parameters)
        expected = ["self", "sess", "batcher", *SIGNATURES[name].split()]
        assert parameters[: len(expected)] == expected

    def test_every_published_name_is_documented(self):
        others = (
            "predict_tfr test_tfr build_grads build_grads_genes running_mean running_varsum "
            "_predict_ensemble _gradients_ensemble"
        )
        names = [*SIGNATURES, *others.split()]
        assert all(getattr(SeqNNModel, name).__doc__ for name in names)

    def test_running_moments(self, face):
        assert face.running_mean(2.0, 5.0, 3) == running_mean(2.0, 5.0, 3) == 3.0
        assert face.running_varsum(2.0, 5.0, 2.0, 3.0) == running_varsum(2.0, 5.0, 2.0, 3.0) == 8.0


class TestGradients:
    def test_the_centre_as_published(self, face):
        face.build_grads([0], center=True)
        centre = face.gradients(None, [X])[0][0]
        face.build_grads([0])
        assert not np.allclose(face.gradients(None, [X])[0][0], centre)
        seqs = gene_seqs()[:1]
        face.build_grads_genes(seqs)
        at = [type(seqs[0])(seqs[0].interval, [("t", "g", p, "+")]) for p in (32, 40)]
        parts = [face.gradients_genes(None, [X[:1]], one)[0][0] for one in at]
        close(parts[0] + parts[1], centre[0], 1e-5)

    def test_the_inner_call(self, face):
        face.build_grads([0, 2])
        lists = [True, False, True, False], [0, 0, 8, 8]
        batch = X.transpose(0, 2, 1)
        preds, reprs, grads = face._gradients_ensemble(None, None, batch, *lists, 0)
        expected = face.gradients(None, [X], True, [0, 8])
        for found, own in zip((grads, reprs), expected[:2], strict=True):
            for k in range(2):
                close(found[k], own[k], 1e-5)
        same([preds], [expected[2]])
        every = face._gradients_ensemble(None, None, X, *lists, 0, True, True)
        assert len(every) == 9
        assert every[3].shape == preds.shape
        assert every[8][1].shape == (*grads[1].shape, 4)
        spread = every[8][0].astype(float).var(axis=-1, ddof=1)
        close(every[5][0], spread, 1e-5)
        with pytest.raises(OptionError, match="variance needs at least two members"):
            face._gradients_ensemble(None, None, X, [True], [0], 0, return_var=True)

    def test_before_anything_was_built(self, face):
        for call, words in (
            (lambda: face.gradients(None, [X]), r"before build_grads\(layers=\[0\]\)"),
            (lambda: face.gradients_genes(None, [X]), "before build_grads_genes"),
            (lambda: face._gradients_ensemble(None, None, X, [True], [0], 0), "before build_grads"),
        ):
            with pytest.raises(OptionError, match=words):
                call()

    def test_a_gene_file(self, face, tmp_path):
        genes = GeneFile(write_gene_file(tmp_path / "g.h5", gene_seqs(), X), batch_size=2)
        found = face.predict_genes(None, genes, genes)
        same(found, face.predict_genes(None, [X], gene_seqs()))
        face.build_grads_genes(genes)
        assert face.gradients_genes(None, genes)[0].shape == (6, 4, 64, 4)

    def test_the_network_is_left_as_it_was(self, face):
        module = face._head.model.module
        module.train()
        face.build_grads([0, 1])
        face.gradients(None, [X], rc=True)
        face.predict_h5_manual(None, [X], embed_penultimate=True)
        assert all(part.training for part in module.modules())
        assert all(p.grad is None and p.requires_grad for p in module.parameters())

    def test_samples_of_dropout(self):
        network = nn.Sequential(
            nn.Conv1d(4, 6, 9, padding=4), nn.ReLU(), nn.Dropout(0.4), nn.Conv1d(6, 3, 1),
            nn.AvgPool1d(8),
        )  # fmt: skip
        head = HeadSpec("signal", (8,), 3)
        face = SeqNNModel(wrap(network, heads=head, window_bp=64, output_axes="NTL"))
        face.build_grads([0, 1])
        grads, _, preds, every, _, all_preds = face.gradients(None, [X], mc_n=4, return_all=True)
        again = face.gradients(None, [X[:1], X[1:]], mc_n=4)
        close(again[0][0], grads[0], 1e-5)
        np.testing.assert_allclose(again[2], preds, rtol=1e-4, atol=1e-6)
        assert (every[0].shape, all_preds.shape) == ((5, 3, 64, 4, 4), (5, 8, 3, 4))
        assert every[0].std(axis=-1).max() > 0
        face.build_grads_genes(gene_seqs())
        assert face.gradients_genes(None, [X], mc_n=2)[0].shape == (6, 3, 64, 4)


class TwoOrganisms(WrappedModel):
    """Ten times as much in the second organism."""

    def run(self, one_hot, *, organism=0, heads=None, resolutions_bp=None, regions=None):
        x = one_hot.float()
        with borrowed(self.module, x.device):
            h = self.module(x * (10 if organism else 1))
        return {"signal": {8: nn.functional.avg_pool1d(h, 8).transpose(1, 2)}}


class TestOrganisms:
    @pytest.fixture
    def faces(self):
        head = HeadSpec("signal", (8,), 2)
        rows = [
            {"output_type": "signal", "track_name": f"{animal} {k}", "organism": organism}
            for organism, animal in enumerate(("human", "mouse"))
            for k in range(2)
        ]
        catalog = TrackMetadataCatalog.from_rows(rows)
        network = nn.Sequential(nn.Conv1d(4, 2, 5, padding=2, bias=False), nn.ReLU())
        made = TwoOrganisms(network, "two", 64, "NAL", "NLT", {}, {"signal": head}, catalog)
        names = {0: None, 1: "mouse"}
        return [SeqNNModel(made, organism=names[k], ensemble=Ensemble(rc=True)) for k in names]

    def test_every_call_reads_its_own(self, faces):
        for face in faces:
            face.build_grads([0])
            face.build_grads_genes(gene_seqs())
        calls = [
            lambda face: face.predict_h5(None, [X]),
            lambda face: face.predict_h5_manual(None, [X]),
            lambda face: face.predict_genes(None, [X], gene_seqs()),
            lambda face: face.hidden(None, [X])[0][1],
            lambda face: face.hidden(None, [X])[1],
            lambda face: face.gradients(None, [X])[0][0],
            lambda face: face.gradients_genes(None, [X])[0],
            lambda face: face.test_h5(None, [(X, BATCH.y[..., :2])]).preds,
        ]
        for call in calls:
            human, mouse = map(call, faces)
            assert np.nanmax(np.abs(human)) > 0
            np.testing.assert_allclose(mouse, 10 * human, rtol=1e-5, atol=1e-5)

    def test_an_unknown_organism(self, faces):
        with pytest.raises(InputError, match="organism"):
            SeqNNModel(faces[0]._head.model, organism="yeti")
