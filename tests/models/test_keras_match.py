from __future__ import annotations

import pytest
import torch

from locuscope.errors import WeightsMismatchError
from locuscope.models.keras_file import read_keras
from locuscope.models.keras_graph import KerasGraph
from locuscope.models.keras_match import Step, convolution, match_layers, settings_of, state_of
from tests.models import keras_writer as writer

LAYOUT = [
    Step("left", "InputLayer"),
    Step("right", "InputLayer"),
    convolution("conv_l", "left", filters=3, width=3, dilation=2, activation="relu"),
    convolution("conv_r", "right", filters=3, width=3, dilation=2, activation="relu"),
    Step("norm", "BatchNormalization", ("conv_l",), {"epsilon": 1e-3}),
    Step("sum", "Add", ("norm", "conv_r")),
    Step("mean", "GlobalAveragePooling1D", ("sum",)),
    Step("dense", "Dense", ("mean",), {"units": 2, "activation": "linear"}),
]


def matched(tmp_path, layers, **options):
    file = read_keras(writer.write(tmp_path / "net.h5", layers, **options))
    KerasGraph(file)
    return match_layers(file, LAYOUT, "the network of the test")


def test_layers_are_found_whatever_their_names_and_order(tmp_path):
    layers = writer.of_layout(LAYOUT)
    flat = writer.renamed(layers)
    names = {item["name"]: flat[k]["name"] for k, item in enumerate(layers)}
    inputs = [names["left"], names["right"]]
    found = matched(tmp_path, flat, order=writer.shuffled(flat, 3), inputs=inputs)
    assert {key: layer.name for key, layer in found.items()} == names


def test_the_order_of_the_inputs_counts(tmp_path):
    with pytest.raises(WeightsMismatchError, match="'norm', which reads conv_l"):
        matched(tmp_path, writer.of_layout(LAYOUT), inputs=["right", "left"])


def test_a_sum_has_no_order_and_dropout_does_nothing(tmp_path):
    layers = writer.of_layout(LAYOUT)
    layers[5]["inbound_nodes"][0].reverse()
    layers.insert(7, writer.layer("drop", "Dropout", ("mean",), rate=0.5))
    layers[8]["inbound_nodes"] = [[["drop", 0, 0, {}]]]
    assert matched(tmp_path, layers)["dense"].name == "dense"


@pytest.mark.fault("M4")
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda s: s[2]["config"].update(dilation_rate=[4]), "'conv_l': dilation 4, expected 2"),
        (lambda s: s[2]["config"].update(activation="tanh"), "activation 'tanh', expected 'relu'"),
        (lambda s: s[2]["config"].update(padding="valid"), "padding 'valid', expected None"),
        (lambda s: s[4]["config"].update(epsilon=1e-5), "'norm': epsilon 1e-05, expected 0.001"),
        (
            lambda s: s[4].update(inbound_nodes=[[["conv_r", 0, 0, {}]]]),
            "'norm', which reads conv_r",
        ),
        (
            lambda s: (s[7]["config"].update(use_bias=False), s[7]["weights"].pop("bias")),
            "bias False, expected None",
        ),
        (lambda s: s.pop(), "1 layers are missing, first 'dense'"),
        (
            lambda s: s.append(writer.layer("more", "ReLU", ("dense",))),
            "ReLU 'more', which reads dense",
        ),
        (
            lambda s: s.append(writer.layer("twin", "GlobalAveragePooling1D", ("sum",))),
            "does what GlobalAveragePooling1D 'mean' does",
        ),
    ],
)
def test_the_first_differing_layer_is_named(tmp_path, change, words):
    layers = writer.of_layout(LAYOUT)
    change(layers)
    last = layers[-1]["name"]
    with pytest.raises(WeightsMismatchError, match=words) as caught:
        # "valid" makes the two ends of the sum unequal, so the graph itself is not run here
        match_layers(
            read_keras(writer.write(tmp_path / "net.h5", layers, outputs=[last])),
            LAYOUT,
            "the network of the test",
        )
    assert "is not the network of the test" in str(caught.value)


def test_another_output_is_another_network(tmp_path):
    with pytest.raises(WeightsMismatchError, match="its output is mean"):
        matched(tmp_path, writer.of_layout(LAYOUT), outputs=["mean"])


def test_settings_that_change_nothing_are_left_out(tmp_path):
    layers = writer.of_layout(
        [Step("in", "InputLayer"), convolution("c", "in", filters=2, width=1)]
    )
    layers[1]["config"].update(trainable=True, padding="valid")
    file = read_keras(writer.write(tmp_path / "net.h5", layers))
    assert settings_of(file.layers["c"]) == (
        ("activation", "linear"),
        ("dilation", 1),
        ("filters", 2),
        ("width", 1),
    )


def test_weights_are_turned_into_the_layout_of_torch(tmp_path):
    found = matched(tmp_path, writer.of_layout(LAYOUT))
    conv = state_of("c", found["conv_l"])
    assert conv["c.weight"].shape == (3, 4, 3)
    kernel = torch.from_numpy(found["conv_l"].weights["kernel"])
    assert torch.equal(conv["c.weight"], kernel.permute(2, 1, 0))
    assert state_of("d", found["dense"])["d.weight"].shape == (2, 3)
    assert sorted(state_of("n", found["norm"])) == [
        "n.bias",
        "n.running_mean",
        "n.running_var",
        "n.weight",
    ]
