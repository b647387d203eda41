"""The published calls that predict and compare, against the native verbs."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from locuscope.attribution.activations import activations
from locuscope.attribution.seqnn import SeqNNModel
from locuscope.errors import OptionError, ShapeError
from locuscope.genome.reference import Genome
from locuscope.genome.sequence import decode
from locuscope.inference.ensemble import Ensemble
from locuscope.inference.evaluate import evaluate
from locuscope.inference.genes import predict_genes
from locuscope.inference.predict import predict
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec
from tests.attribution.reference import ROWS, small
from tests.attribution.seqnn_cases import (
    PublishedBatcher,
    PublishedGeneSeq,
    arrays,
    gene_seqs,
    model,
)

BATCH = arrays()
X = BATCH.x
VIEWS = Ensemble(rc=True, shifts=(0, 1, -1))


class JoinedStrands(nn.Module):
    """Both strands in one batch, one after the other."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(4, 3, 3)

    def forward(self, x):
        h = torch.relu(self.conv(torch.cat([x, x.flip(-1, -2)])))
        one, other = h.mean((1, 2)).chunk(2)
        return (one + other)[:, None]


@pytest.fixture
def face():
    return SeqNNModel(model())


def preds(face, **options):
    return predict(face._head.model, X, **options).signal[8].tensor.numpy()


class TestPredictions:
    def test_by_hand(self, face):
        found = face.predict_h5_manual(None, [X[:2], X[2:]], rc=True, shifts=[0, 1, -1])
        np.testing.assert_allclose(found, preds(face, ensemble=VIEWS), rtol=1e-6)

    def test_views_of_the_constructor(self):
        face = SeqNNModel(model(), ensemble=VIEWS)
        mean, var, every = face.predict_h5(None, [X], return_var=True, return_all=True)
        np.testing.assert_array_equal(mean, preds(face, ensemble=VIEWS))
        assert (var.shape, every.shape) == ((5, 8, 4), (5, 8, 4, 6))
        found = face.predict_tfr(None, 1, 0.5, True, dataset=[X, X])
        np.testing.assert_array_equal(found[1], var[:, [0, 2, 4, 7]])

    def test_a_variance_of_one_view(self, face):
        for call in (face.predict_h5, face.predict_h5_manual):
            with pytest.raises(OptionError, match="variance needs at least two members"):
                call(None, [X], return_var=True)

    def test_samples_of_dropout(self):
        network = nn.Sequential(nn.Conv1d(4, 3, 9, padding=4), nn.Dropout(0.4), nn.AvgPool1d(8))
        head = HeadSpec("signal", (8,), 3)
        made = wrap(network, heads=head, window_bp=64, output_axes="NTL")
        face = SeqNNModel(made)
        mean, var = face.predict_h5_manual(None, [X], mc_n=5, return_var=True)
        again = face.predict_h5_manual(None, [X[:1], X[1:3], X[3:]], mc_n=5)
        np.testing.assert_allclose(again, mean, rtol=1e-5)  # batches do not matter
        assert (var > 0).all()
        expected = predict(made, X, ensemble=Ensemble(mc_samples=5)).signal[8].tensor.numpy()
        np.testing.assert_array_equal(mean, expected)
        for size in (1, 256):
            genes = face.predict_genes(
                None, [X[:2], X[2:]], gene_seqs(), mc_n=5, test_batches_per=size
            )
            np.testing.assert_allclose(genes[0], mean[0, 2], rtol=1e-5)
            np.testing.assert_allclose(genes[4], mean[3, 5], rtol=1e-5)

    def test_the_inner_call(self, face):
        lists = [True, False] * 3, [0, 0, 1, 1, -1, -1]
        found = face._predict_ensemble(None, {}, X.transpose(0, 2, 1), *lists, 0, [0, 3], [2, 1])
        expected = preds(face, ensemble=VIEWS)[:, [0, 3]][..., [2, 1]]
        np.testing.assert_allclose(found, expected, rtol=1e-6)
        both = face._predict_ensemble(None, None, X, *lists, 0, return_var=True, return_all=True)
        assert [a.shape for a in both] == [(5, 8, 4), (5, 8, 4), (5, 8, 4, 6)]
        with pytest.raises(OptionError, match=r"ds_indexes is \[8\]; there are 8 bins"):
            face._predict_ensemble(None, None, X, *lists, 0, [8])

    def test_without_a_test_set(self, face):
        for call in (face.predict_tfr, lambda s: face.test_tfr(s, None)):
            with pytest.raises(OptionError, match="needs a test set: dataset=TFRecordTestSet"):
                call(None)


class TestGenes:
    def genome(self):
        """Sequence k stands at 100 k."""
        letters = ["N"] * 600
        for k, text in enumerate(decode(X)):
            letters[100 * k : 100 * k + 64] = text
        return Genome.from_sequences({"1": "".join(letters)}, name="toy")

    @pytest.mark.parametrize("radius", [0, 1])
    @pytest.mark.parametrize("size", [1, 2, 256])
    def test_values_are_those_of_the_native_verb(self, face, radius, size):
        found = face.predict_genes(
            None, [X[:2], X[2:4], X[4:]], gene_seqs(), True, [0, 8], tss_radius=radius,
            test_batches_per=size,
        )  # fmt: skip
        expected = predict_genes(
            face._head.model,
            gene_seqs(),
            self.genome(),
            tss_radius=radius,
            ensemble=Ensemble(rc=True, shifts=(0, 8)),
        ).values
        np.testing.assert_allclose(found, expected, rtol=1e-5)
        assert np.isnan(found[5]).all()

    def test_forms(self, face):
        plain = face.predict_genes(None, [X], gene_seqs())
        seqs = [PublishedGeneSeq(seq) for seq in gene_seqs()]
        found = face.predict_genes(None, PublishedBatcher(BATCH), seqs, dtype="float16")
        assert found.dtype == np.float16
        np.testing.assert_allclose(found, plain, rtol=1e-3)
        chosen = face.predict_genes(None, [X], gene_seqs(), target_indexes=[3])
        np.testing.assert_array_equal(chosen, plain[:, [3]])
        hidden = face.predict_genes(None, [X], gene_seqs(), embed_penultimate=True)
        assert hidden.shape == (6, 8)

    @pytest.mark.parametrize("size", [1, 256])
    def test_other_sequences_than_the_places(self, face, size):
        for batches, n in (([X[:4]], 4), ([X[:2], X[2:4]], None), ([X, X[:1]], None)):
            told = f"gives {n}" if n and size > 1 else "the batcher gives"
            with pytest.raises(ShapeError, match=told):
                face.predict_genes(None, batches, gene_seqs(), test_batches_per=size)


class TestHidden:
    def test_layers_and_predictions(self, face):
        found, outputs = face.hidden(None, [X[:3], X[3:]], [0, 2])
        assert list(found) == [0, 2]
        np.testing.assert_array_equal(found[0], X.transpose(0, 2, 1))
        expected = activations(face._head.model, X, "relu_1")["relu_1"].transpose(0, 2, 1)
        np.testing.assert_allclose(found[2], expected, rtol=1e-6)
        np.testing.assert_array_equal(outputs, preds(face))
        assert {a.dtype for a in found.values()} == {np.dtype("f4")}

    def test_reference_numbers(self):
        face = SeqNNModel(model("sigmoid"))
        found, _ = face.hidden(None, [arrays("sigmoid").x], [1])
        expected = small()["sigmoid/hidden/h0"][0].T
        np.testing.assert_allclose(found[1][ROWS[1]], expected, atol=2e-6)
        with_sum = SeqNNModel(model("sigmoid"), blocks=["stem", "add"])
        found, _ = with_sum.hidden(None, [arrays("sigmoid").x])
        for number, name in ((1, "a0"), (2, "h1")):
            expected = small()[f"sigmoid/hidden/{name}"][0].T
            np.testing.assert_allclose(found[number][ROWS[1]], expected, atol=2e-6)

    def test_all_layers(self, face):
        found, outputs = face.hidden(None, [X], test_batches=1)
        assert {k: a.shape for k, a in found.items()} == {
            0: (5, 64, 4), 1: (5, 64, 8), 2: (5, 64, 8), 3: (5, 8, 4),
        }  # fmt: skip
        np.testing.assert_array_equal(found[3], outputs)
        assert list(face.hidden(None, [X], [0])[0]) == [0]

    def test_a_layer_that_is_not_there(self, face):
        with pytest.raises(OptionError, match="are 1 = relu, 2 = relu_1, 3 = softplus"):
            face.hidden(None, [X], [4])

    def test_a_layer_with_both_strands_on_its_first_axis(self):
        network = JoinedStrands()
        made = wrap(network, heads=HeadSpec("s", (), 1, kind="scalar"), window_bp=64,
                    output_axes="NT")  # fmt: skip
        face = SeqNNModel(made)
        assert face.predict_h5(None, [X]).shape == (5, 1, 1)
        with pytest.raises(
            ShapeError, match=r"layer 'relu' has shape \(10, 3, 62\) for 5 examples"
        ):
            face.hidden(None, [X], [1])
        face.build_grads([1])
        with pytest.raises(ShapeError, match="examples must stand along its first axis"):
            face.gradients(None, [X])
        face.build_grads([0])
        assert face.gradients(None, [X])[0][0].shape == (5, 1, 64, 4)


class TestAccuracy:
    def test_metrics_are_those_of_evaluate(self, face):
        found = face.test_h5(None, [BATCH])
        expected = evaluate(face._head.model, [BATCH], metrics=("pearsonr", "r2", "spearmanr"))
        np.testing.assert_allclose(found.pearsonr(), expected.metrics["pearsonr"], rtol=1e-9)
        np.testing.assert_allclose(found.r2(), expected.metrics["r2"], rtol=1e-9)
        np.testing.assert_allclose(found.spearmanr(), expected.metrics["spearmanr"], rtol=1e-9)
        np.testing.assert_array_equal(found.preds, preds(face))
        np.testing.assert_array_equal(found.targets_na, BATCH.na)

    def test_views(self, face):
        found = face.test_h5_manual(None, [BATCH], rc=True, shifts=[0, 1, -1])
        expected = evaluate(face._head.model, [BATCH], ensemble=VIEWS)
        np.testing.assert_allclose(found.r2(), expected.metrics["r2"], rtol=1e-9)

    def test_losses(self, face):
        found = face.test_h5(None, [BATCH])
        each = (found.preds - BATCH.y * np.log(found.preds + 1e-7))[~BATCH.na]
        assert found.loss == pytest.approx(each.mean(), rel=1e-5)
        np.testing.assert_allclose(found.target_losses, each.mean(0), rtol=1e-5)
        own = SeqNNModel(model(), loss=torch.nn.functional.mse_loss).test_h5(None, [BATCH])
        expected = evaluate(model(), [BATCH], loss=torch.nn.functional.mse_loss)
        assert own.loss == pytest.approx(expected.loss, rel=1e-6)

    def test_a_share_of_the_positions(self, face):
        found = face.test_tfr(None, [BATCH], None, None, 0.5)
        expected = evaluate(face._head.model, [BATCH], sample=0.5)
        np.testing.assert_allclose(found.r2(), expected.metrics["r2"], rtol=1e-9)

    def test_sequences_alone(self, face):
        with pytest.raises(OptionError, match="test_h5_manual compares with measured tracks"):
            face.test_h5_manual(None, [X])
        with pytest.raises(ShapeError, match=r"\(5, 7, 4\); the predictions have \(5, 8, 4\)"):
            face.test_h5(None, [(X, BATCH.y[:, :7])])
