"""Gradients of every track: reference numbers, views, layers, transcription starts."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from locuscope.attribution.gradients import input_gradient
from locuscope.attribution.layer_gradients import layer_gradients
from locuscope.attribution.seqnn_gradients import (
    layer_names,
    layer_numbers,
    mean_and_views,
    start_gradients,
    track_gradients,
    units_last,
)
from locuscope.attribution.seqnn_predictions import OneHead
from locuscope.errors import (
    EmptySelectionError,
    ModelError,
    OptionError,
    ShapeError,
    WrongTypeError,
)
from locuscope.inference.ensemble import Ensemble
from locuscope.inference.target import Target
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec
from tests.attribution.reference import ROWS, close, needs_whole, small, whole
from tests.attribution.seqnn_cases import STRAND_PAIR, arrays, gene_seqs, model

X = arrays().x
NAMES = ["input", "relu", "relu_1"]
VIEWS = Ensemble(rc=True, shifts=(0, 1, -2))


@pytest.fixture
def head():
    made = model()
    return OneHead(made, made.heads["signal"], 8, 0, None)


def sigmoid_head():
    made = model("sigmoid")
    return OneHead(made, made.heads["signal"], 8, 0, None), arrays("sigmoid").x


@pytest.mark.parametrize(
    ("positions", "name"), [(None, "sum"), ("center_published", "center_upstream")]
)
def test_reference_numbers(positions, name):
    head, x = sigmoid_head()
    found = track_gradients(head, x, ["input", "relu"], Ensemble(), positions=positions)
    reference = small()
    close(found.grads[0][ROWS, 0].transpose(0, 2, 1), reference[f"sigmoid/grad/input/{name}"], 1e-5)
    if name == "sum":
        stem = found.grads[1][ROWS, 0].transpose(0, 2, 1)
        close(stem, reference["sigmoid/grad/stem_act/sum"], 1e-5)


def test_the_mean_over_strands_and_shifts():
    head, x = sigmoid_head()
    found = track_gradients(head, x, ["input"], VIEWS, positions=[3, 4]).grads[0][ROWS, 0]
    close(found.transpose(0, 2, 1), small()["sigmoid/ensemble/grad_mean"], 1e-5)


@needs_whole
def test_reference_numbers_of_the_ensemble():
    reference = whole()
    head, x = sigmoid_head()
    mean, spread, every = mean_and_views(head, x, ["input"], VIEWS, positions=[3, 4])
    expected = reference["sigmoid/ensemble/grad_mean"].transpose(0, 2, 1)
    close(mean.grads[0][:, 0], expected, 1e-5)
    members = np.moveaxis(every.grads[0][:, 0], -1, 0).transpose(0, 1, 3, 2)
    close(members, reference["sigmoid/ensemble/grad_all"], 1e-5)
    variance = reference["sigmoid/ensemble/grad_var_ddof1"].transpose(0, 2, 1)
    close(spread.grads[0][:, 0], variance, 1e-4)


def test_tracks_are_those_of_the_native_verb(head):
    found = track_gradients(head, X, NAMES, VIEWS)
    for k, name in enumerate(NAMES):
        for track in range(4):
            own = layer_gradients(
                head.model, X, name, Target("signal", tracks=[track]), ensemble=VIEWS
            )
            close(found.grads[k][:, track].transpose(0, 2, 1), own[name], 1e-5)


def test_shapes_and_what_layers_hold(head):
    found = track_gradients(head, X, NAMES, Ensemble())
    assert [a.shape for a in found.grads] == [(5, 4, 64, 4), (5, 4, 64, 8), (5, 4, 64, 8)]
    assert [a.shape for a in found.reprs] == [(5, 64, 4), (5, 64, 8), (5, 64, 8)]
    assert {a.dtype for a in (*found.grads, *found.reprs)} == {np.dtype("f4")}
    np.testing.assert_array_equal(found.reprs[0], X.transpose(0, 2, 1))
    stem = torch.relu(head.model.module.stem(torch.from_numpy(X).float())).detach().numpy()
    np.testing.assert_allclose(found.reprs[1], stem.transpose(0, 2, 1), rtol=1e-5, atol=1e-6)


def test_gradients_against_the_low_level_call(head):
    found = track_gradients(head, X, ["input"], Ensemble()).grads[0]
    for track in range(4):
        own = input_gradient(
            head.model.module, X.astype("f4"), filter_idx=(slice(None), track), avg_func="sum"
        )
        close(found[:, track].transpose(0, 2, 1), own, 1e-5)


def test_mean_and_variance_of_the_views(head):
    views = Ensemble(rc=True, shifts=(0, 8))
    mean, spread, every = mean_and_views(head, X, NAMES, views)
    plain = track_gradients(head, X, NAMES, views)
    for k in range(3):
        close(mean.grads[k], plain.grads[k], 1e-5)
        close(mean.reprs[k], plain.reprs[k], 1e-5)
        assert every.grads[k].shape == (*plain.grads[k].shape, 4)
        expected = every.grads[k].astype(float).var(axis=-1, ddof=1)
        close(spread.grads[k], expected, 1e-5)
    single = mean_and_views(head, X[:1], ["input"], Ensemble())[1]
    assert np.isnan(single.grads[0]).all()


def test_starts_one_by_one(head):
    found = start_gradients(head, X, ["input", "relu"], VIEWS, gene_seqs())
    assert [a.shape for a in found] == [(6, 4, 64, 4), (6, 4, 64, 8)]
    for row, (k, place) in enumerate([(0, 2), (1, 0), (2, 4), (2, 7), (3, 5)]):
        own = track_gradients(head, X[k : k + 1], ["input", "relu"], VIEWS, positions=[place])
        close(found[0][row], own.grads[0][0], 1e-5)
        close(found[1][row], own.grads[1][0], 1e-5)
    assert all(np.isnan(a[5]).all() for a in found)


def test_doors_of_starts(head):
    with pytest.raises(ShapeError, match="gives 4 sequences; gene_seqs has 5"):
        start_gradients(head, X[:4], ["input"], Ensemble(), gene_seqs())
    with pytest.raises(EmptySelectionError, match="none of the 1 transcription starts"):
        start_gradients(head, X[4:], ["input"], Ensemble(), gene_seqs()[4:])
    network = nn.Sequential(nn.Flatten(), nn.Linear(256, 2))
    made = wrap(network, heads=HeadSpec("s", (), 2, kind="scalar"), window_bp=64, output_axes="NT")
    scalar = OneHead(made, made.heads["s"], 0, 0, None)
    with pytest.raises(OptionError, match="head 's' has no bins"):
        start_gradients(scalar, X, ["input"], Ensemble(), gene_seqs())
    own = track_gradients(scalar, X, ["input"], Ensemble(), positions="center_published")
    weights = network[1].weight.detach().numpy().reshape(2, 4, 64).transpose(0, 2, 1)
    close(own.grads[0][0], weights, 1e-6)
    with pytest.raises(ModelError, match="layer '1' gives 2 axes"):
        track_gradients(scalar, X, ["1"], Ensemble())


def test_layers_by_number():
    assert layer_numbers([0, 2.0, np.int64(1)]) == (0, 2, 1)
    assert layer_numbers(3) == (3,)
    assert layer_names(["a", "b"], (2, 0, 1), "net") == ["b", "input", "a"]
    for wrong, error in (([], EmptySelectionError), ([-1], OptionError), ([1, 1], OptionError),
                         (["a"], WrongTypeError)):  # fmt: skip
        with pytest.raises(error, match="layers"):
            layer_numbers(wrong)
    with pytest.raises(OptionError, match=r"layer 3 .* blocks of net are 1 = a, 2 = b\."):
        layer_names(["a", "b"], (3,), "net")


def test_axes():
    flat = np.arange(12.0).reshape(1, 3, 1, 4)
    np.testing.assert_array_equal(units_last(flat, "x", 3), flat[:, :, 0].transpose(0, 2, 1))
    with pytest.raises(ModelError, match=r"layer 'x' gives 4 axes; .* blocks=\[...\]"):
        units_last(np.zeros((1, 3, 2, 4)), "x", 3)
    assert model().heads["signal"].strand_pair == STRAND_PAIR
