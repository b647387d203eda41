from __future__ import annotations

import numpy as np
import pytest
import torch

from locuscope.attribution.contributions import contributions
from locuscope.attribution.gradients import input_gradient
from locuscope.attribution.layer_targets import layer_target_views
from locuscope.attribution.layers import list_layers
from locuscope.errors import ModelError, OptionError, ShapeError, UnknownNameError, WrongTypeError
from locuscope.inference.ensemble import Ensemble
from locuscope.inference.target import Target
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec
from locuscope.models.zoo import load_model
from tests.attribution.reference import Twice, network, sequences

CPU = {"device": "cpu"}
BASELINE = ("integrated_gradients", "expected_gradients", "deeplift")


@pytest.mark.parametrize("target", [3, (2, slice(4, 9)), slice(1, 5), (slice(None), 7)])
def test_gradients_of_a_layer_are_those_of_input_gradient(target):
    model, x = network(), sequences()
    found = contributions(model, x, layer="relu", target=target, gauge="none", **CPU)
    index = target if isinstance(target, tuple) else (target,)
    expected = input_gradient(model, x, layer="relu", filter_idx=index, avg_func="sum")
    np.testing.assert_allclose(found.values, expected, atol=1e-7)
    assert found.provenance["layer"] == "relu" and "of layer relu" in found.target


def test_everything_and_functions():
    model, x = network(), sequences()
    whole = contributions(model, x, layer="body", gauge="none", **CPU)
    expected = input_gradient(model, x, layer="body", avg_func="sum")
    np.testing.assert_allclose(whole.values, expected, atol=1e-6)
    same = contributions(
        model, x, layer="body", gauge="none", target=lambda values: values.sum((1, 2)), **CPU
    )
    np.testing.assert_allclose(same.values, whole.values, atol=1e-7)
    assert whole.target == "sum of layer body"
    assert not any("probability" in note for note in whole.notes)


@pytest.mark.parametrize("method", ["gradient", *BASELINE])
def test_every_unit_on_its_own(method):
    model, x = network(), sequences()
    more = {"method": method, **({"n_references": 2} if method in BASELINE else {}), **CPU}
    each = contributions(model, x, layer="stem", target="each", **more)
    assert each.values.shape == (8, 5, 4, 64) and each.tracks[3] == "unit 3"
    for unit in (0, 5):
        one = contributions(model, x, layer="stem", target=unit, **more)
        np.testing.assert_allclose(each.track(unit).values, one.values, atol=1e-6)
        if one.delta is not None:
            np.testing.assert_allclose(each.track(unit).delta, one.delta, atol=1e-5)


@pytest.mark.parametrize("layer", ["stem", "relu", "head", "avg_pool1d"])
def test_deeplift_of_a_layer_is_complete(layer):
    model, x = network(), sequences()
    found = contributions(
        model, x, layer=layer, target=1, method="deeplift", n_references=3, rc=True, **CPU
    )
    gate = 1e-3 * np.maximum(1, np.abs(found.change))
    assert (np.abs(found.delta) <= gate).all() and np.abs(found.change).max() > 0.1


def test_a_linear_layer_gives_its_weights():
    model, x = network(), sequences()
    found = contributions(
        model, x, layer="stem", target=(2, 30), method="deeplift", references="zero", **CPU
    )
    weight = model.module.stem.weight.detach().numpy()[2]
    expected = np.zeros((4, 64), np.float32)
    expected[:, 27:34] = weight
    np.testing.assert_allclose(found.values, np.broadcast_to(expected, (5, 4, 64)), atol=1e-6)


def test_calls_of_a_module_are_told_apart():
    torch.manual_seed(2)
    model = wrap(Twice(), heads=HeadSpec("n", (), 3), window_bp=16, output_axes="NT")
    letters = ["ACGTTGCAAGCTTCGA"]
    first, second = (
        contributions(model, letters, layer=f"stem#{call}", target=1, gauge="none", **CPU).values
        for call in (0, 1)
    )
    assert np.abs(first - second).max() > 1e-3
    # The first call is linear: every inner position has the sum of the weights.
    weight = model.module.stem.weight.detach().numpy()[1].sum(1)
    np.testing.assert_allclose(first[0, :, 5], weight, atol=1e-6)
    with pytest.raises(OptionError, match="runs 2 times; name one call, 'stem#0'"):
        contributions(model, letters, layer="stem", target=1, **CPU)


def test_views_of_a_layer():
    model, x = network(), sequences()
    both = contributions(model, x, layer="relu", target=np.int64(3), rc=True, gauge="none", **CPU)
    forward = contributions(model, x, layer="relu", target=3, gauge="none", **CPU).values
    turned = contributions(
        model, np.ascontiguousarray(x[:, ::-1, ::-1]), layer="relu", target=3, gauge="none", **CPU
    ).values[:, ::-1, ::-1]
    np.testing.assert_allclose(both.values, (forward + turned) / 2, atol=1e-7)


def test_an_embedded_model():
    model = load_model("dnase")
    layer = list_layers(model)["layer"][0]
    found = contributions(model, ["ACGT" * 128], layer=layer, target=lambda v: v.flatten(1).sum(1))
    assert found.values.shape == (1, 4, 512) and np.isfinite(found.values).all()


@pytest.mark.fault("V4")
@pytest.mark.parametrize(
    ("asked", "error", "words"),
    [
        ({"layer": "rellu"}, UnknownNameError, "did you mean 'relu'"),
        ({"layer": 3}, WrongTypeError, "layer"),
        ({"layer": "relu", "target": Target(tracks=[0])}, OptionError, "reads tracks"),
        ({"layer": "relu", "target": "all"}, OptionError, "'each'"),
        ({"layer": "relu", "target": 8}, ShapeError, "8"),
        ({"layer": "relu", "target": (3, 4), "rc": True}, OptionError, "positions of a layer"),
        (
            {"layer": "relu", "target": lambda v: v[:, 0, 0], "ensemble": Ensemble(shifts=(1,))},
            OptionError,
            "positions of a layer",
        ),
        ({"layer": "relu", "target": lambda v: v.sum()}, ModelError, "shape (5,)"),
        ({"layer": "relu", "target": lambda v: 3}, ModelError, "int"),
    ],
)
def test_layers_that_cannot_be_meant(asked, error, words):
    with pytest.raises(error) as caught:
        contributions(network(), sequences(), **asked, **CPU)
    assert words in str(caught.value)


def test_the_model_is_left_as_it_was():
    model = network()
    bound = layer_target_views(model, "relu", 2, ensemble=Ensemble(), width_bp=64)
    x = torch.tensor(sequences()).float()
    value = bound.value(x, bound.views[0], torch.arange(5))
    with torch.no_grad():
        expected = torch.relu(model.module.stem(x))[:, 2].sum(1)
    torch.testing.assert_close(value, expected)
    assert not any(module._forward_hooks for module in model.module.modules())
