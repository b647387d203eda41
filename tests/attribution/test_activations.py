from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from locuscope.attribution.activations import activations, predict_activation_on_batch
from locuscope.errors import (
    EmptySelectionError,
    InputError,
    OptionError,
    ShapeError,
    UnknownNameError,
)
from locuscope.genome.interval import Interval
from locuscope.genome.reference import Genome
from tests.attribution.reference import (
    Twice,
    TwoInputs,
    close,
    needs_whole,
    network,
    sequences,
    small,
    whole,
)
from tests.effects.golden import META

HIDDEN = {"a0": "stem", "h0": "relu", "a1": "body", "h1": "add"}


@pytest.mark.parametrize("double", [False, True])
def test_hidden_layers_equal_the_reference_numbers(double):
    found = activations(network(double=double), sequences()[4:], list(HIDDEN.values()))
    for key, layer in HIDDEN.items():
        np.testing.assert_allclose(found[layer], small()[f"sigmoid/hidden/{key}"], atol=2e-6)


@needs_whole
@pytest.mark.parametrize("name", ["sigmoid", "softplus"])
def test_all_hidden_layers(name):
    expected = whole()
    found = activations(network(name, double=True), sequences(name), list(HIDDEN.values()))
    for key, layer in HIDDEN.items():
        close(found[layer], expected[f"{name}/hidden/{key}"], 1e-12)


def test_one_pass_equals_many():
    model = network()
    layers = ["stem", "add", "sigmoid"]
    together = activations(model, sequences(), layers, batch_size=2)
    for layer in layers:
        alone = activations(model, sequences(), layer, batch_size=5)
        np.testing.assert_allclose(alone[layer], together[layer], atol=1e-6)


def test_outputs_afterwards_are_the_same():
    model, x = network(), torch.tensor(sequences())
    before = model.run(x)["atac"][8]
    activations(model, sequences(), ["stem", "relu"])
    assert torch.equal(model.run(x)["atac"][8], before)
    assert not torch.nn.modules.module._global_forward_hooks
    assert not any(module._forward_hooks for module in model.module.modules())


def test_before_and_after_an_activation():
    model = network(double=True)
    found = activations(model, sequences(), ["relu", "stem"])
    before = activations(model, sequences(), "relu", pre_nonlinearity=True)["relu"]
    np.testing.assert_array_equal(before, found["stem"])
    np.testing.assert_array_equal(np.maximum(before, 0), found["relu"])


@pytest.mark.parametrize("inplace", [False, True])
def test_every_call_of_a_module_has_its_name(inplace):
    torch.manual_seed(0)
    net, x = Twice(inplace=inplace), np.random.default_rng(0).normal(size=(3, 4, 6))
    found = activations(net, x, ["stem", "act#1"], batch_size=2)
    assert list(found) == ["stem#0", "stem#1", "act#1"]
    first = net.stem(torch.tensor(x).float())
    np.testing.assert_allclose(found["stem#0"], first.detach(), atol=1e-6)
    second = net.stem(torch.relu(first.detach()))
    np.testing.assert_allclose(found["stem#1"], second.detach(), atol=1e-6)
    np.testing.assert_array_equal(found["act#1"], np.maximum(found["stem#1"], 0))
    calls = predict_activation_on_batch(net, x, layer="stem")
    np.testing.assert_allclose(calls[1], found["stem#1"], atol=1e-6)


def test_positions_are_reduced():
    model = network()
    full = activations(model, sequences(), "relu")["relu"]
    for reduce, expected in (
        ("mean", full.mean(2)),
        ("max", full.max(2)),
        (lambda t: t[:, 0], full[:, 0]),
    ):
        found = activations(model, sequences(), "relu", reduce=reduce)["relu"]
        np.testing.assert_allclose(found, expected, atol=1e-6)


def test_nested_outputs_keep_their_form():
    class Pair(nn.Module):
        def forward(self, x):
            return {"double": x * 2, "both": (x, [x + 1])}

    net = nn.Sequential()
    net.pair = Pair()
    x = np.arange(10.0).reshape(5, 2)
    found = activations(net, x, "pair", batch_size=2)["pair"]
    np.testing.assert_array_equal(found["double"], 2 * x)
    np.testing.assert_array_equal(found["both"][0], x)
    np.testing.assert_array_equal(found["both"][1][0], x + 1)


def test_places_texts_and_arrays_are_one():
    texts = list(META["sequences"]["sigmoid"])
    genome = Genome.from_sequences({f"s{i}": text for i, text in enumerate(texts)}, name="toy")
    places = [Interval(f"s{i}", 0, 64) for i in range(5)]
    expected = activations(network(), sequences(), "head")["head"]
    for where in (texts, torch.tensor(sequences()), sequences().astype(np.float32)):
        np.testing.assert_array_equal(activations(network(), where, "head")["head"], expected)
    found = activations(network(), places, "head", genome)["head"]
    np.testing.assert_array_equal(found, expected)
    batch = {"inputs": sequences(), "metadata": {}}
    found = predict_activation_on_batch(network(), batch, layer="head")
    np.testing.assert_array_equal(found, expected)


def test_several_inputs():
    torch.manual_seed(1)
    rng = np.random.default_rng(1)
    inputs = {"seq": rng.normal(size=(2, 4, 8)), "numbers": rng.normal(size=(2, 5))}
    net = TwoInputs()
    found = activations(net, {**inputs, "unread": np.zeros((2, 1))}, ["conv", "numbers"])
    expected = net.numbers(torch.tensor(inputs["numbers"]).float()).detach()
    np.testing.assert_allclose(found["numbers"], expected, atol=1e-6)


@pytest.mark.fault("V4")
def test_what_cannot_be_given():
    model, x = network(), sequences()
    with pytest.raises(UnknownNameError, match="did you mean 'relu'"):
        activations(model, x, "relo")
    with pytest.raises(EmptySelectionError, match="layers is empty"):
        activations(model, x, [])
    with pytest.raises(OptionError, match="reduce is 'sum'"):
        activations(model, x, "relu", reduce="sum")
    with pytest.raises(ShapeError, match="without positions"):
        activations(Twice(), np.zeros((1, 4, 6)), "head", reduce="mean")
    with pytest.raises(InputError, match="needs a genome"):
        activations(model, Interval("s0", 0, 64), "relu")
