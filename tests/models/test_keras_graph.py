from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from locuscope.errors import ShapeError, WeightsMismatchError
from locuscope.models.keras_graph import KerasGraph
from locuscope.models.splice_keras import splice_layout
from tests.models import keras_writer as writer

CROP = 5_000


def graph(tmp_path, layers, **options) -> KerasGraph:
    return KerasGraph.read(writer.write(tmp_path / "net.h5", layers, **options))


def start(length=None, channels=4):
    return writer.layer("in", "InputLayer", batch_input_shape=[None, length, channels])


def single(tmp_path, kind, length=None, **options) -> KerasGraph:
    return graph(tmp_path, [start(length), writer.layer("x", kind, ("in",), **options)])


def hand_written(layers, x):
    """The splice layout in a plain loop over its blocks: (L, 4) -> (L - 10,000, 3), float32."""
    by_name = {item["name"]: item for item in layers}

    def convolution(name, y):
        settings = by_name[name]["config"]
        kernel = torch.from_numpy(by_name[name]["weights"]["kernel"])
        bias = torch.from_numpy(by_name[name]["weights"]["bias"])
        dilation = settings["dilation_rate"][0]
        return F.conv1d(
            y,
            kernel.permute(2, 1, 0),
            bias,
            padding=dilation * (kernel.shape[0] - 1) // 2,
            dilation=dilation,
        )

    def half_block(name, k, y):
        w = {
            key: torch.from_numpy(a)[:, None]
            for key, a in by_name[f"{name}.norm{k}"]["weights"].items()
        }
        y = (y - w["moving_mean"]) / torch.sqrt(w["moving_variance"] + 1e-3) * w["gamma"] + w[
            "beta"
        ]
        return convolution(f"{name}.conv{k}", F.relu(y))

    y = convolution("stem", x.T[None])
    skip = convolution("skips.0", y)
    for i in range(16):
        y = y + half_block(f"blocks.{i}", 2, half_block(f"blocks.{i}", 1, y))
        if i % 4 == 3:
            skip = skip + convolution(f"skips.{i // 4 + 1}", y)
    return torch.softmax(convolution("output", skip[..., CROP:-CROP]), 1)[0].T


@pytest.mark.parametrize("order", ["as written", "shuffled"])
def test_the_splice_layout_with_eight_channels_is_a_hand_written_loop(tmp_path, order):
    layers = writer.of_layout(splice_layout(8), seed=1, gain=0.5)
    read = graph(tmp_path, layers, order=writer.shuffled(layers) if order == "shuffled" else layers)
    letters = torch.randint(0, 4, (10_020,), generator=torch.Generator().manual_seed(2))
    x = F.one_hot(letters, 4).float()
    x[3_000:3_050] = 0
    with torch.inference_mode():
        found = read(x[None])[0]
        wanted = hand_written(layers, x)
    assert found.shape == (20, 3)
    assert (found - wanted).abs().max() <= 1e-6
    assert wanted.std() > 1e-3


def test_each_simple_layer_is_what_keras_documents(tmp_path):
    x = torch.randn(2, 6, 4, generator=torch.Generator().manual_seed(0))
    cases = {
        ("ReLU",): x.clamp(min=0),
        ("Dropout",): x,
        ("GlobalAveragePooling1D",): x.mean(1),
        ("Cropping1D", 1, 2): x[:, 1:4],
    }
    for (kind, *crop), wanted in cases.items():
        options = {"cropping": crop} if crop else {}
        assert torch.equal(single(tmp_path, kind, **options)(x), wanted)
    assert torch.equal(single(tmp_path, "Flatten", length=6)(x), x.reshape(2, 24))
    for name, function in [("tanh", torch.tanh), ("softmax", lambda t: torch.softmax(t, -1))]:
        assert torch.equal(single(tmp_path, "Activation", activation=name)(x), function(x))


def test_dense_and_convolution_with_valid_padding(tmp_path):
    rng = np.random.default_rng(0)
    kernel, bias = rng.normal(size=(2, 4, 3)), rng.normal(size=3)
    x = torch.from_numpy(rng.normal(size=(2, 6, 4)).astype(np.float32))
    weights = {"kernel": np.float32(kernel), "bias": np.float32(bias)}
    conv = single(
        tmp_path,
        "Conv1D",
        weights=weights,
        filters=3,
        kernel_size=[2],
        dilation_rate=[3],
        padding="valid",
        activation="sigmoid",
    )
    wanted = 1 / (1 + np.exp(-(x[:, :3].numpy() @ kernel[0] + x[:, 3:].numpy() @ kernel[1] + bias)))
    assert np.abs(conv(x).numpy() - wanted).max() < 1e-6
    dense = single(
        tmp_path, "Dense", weights={"kernel": np.float32(kernel[0])}, units=3, use_bias=False
    )
    assert np.abs(dense(x).numpy() - x.numpy() @ kernel[0]).max() < 1e-5


@pytest.mark.parametrize(("axis", "wanted"), [(-1, 2), (2, 2), (1, 1), (-2, 1)])
def test_concatenate_counts_the_batch_among_its_axes(tmp_path, axis, wanted):
    layers = [
        start(5),
        writer.layer("relu", "ReLU", ("in",)),
        writer.layer("both", "Concatenate", ("in", "relu"), axis=axis),
    ]
    x = torch.randn(1, 5, 4)
    assert torch.equal(graph(tmp_path, layers)(x), torch.cat([x, x.clamp(min=0)], dim=wanted))


def test_batch_norm_without_scale_and_center(tmp_path):
    statistics = {"moving_mean": np.ones(4, np.float32), "moving_variance": np.full(4, 3.0, "f4")}
    norm = single(
        tmp_path, "BatchNormalization", weights=statistics, scale=False, center=False, epsilon=1.0
    )
    assert torch.equal(norm(torch.full((1, 2, 4), 5.0)), torch.full((1, 2, 4), 2.0))


def test_add_sums_any_number_of_inputs(tmp_path):
    layers = [
        start(),
        writer.layer("a", "ReLU", ("in",)),
        writer.layer("b", "Dropout", ("in",)),
        writer.layer("sum", "Add", ("in", "a", "b")),
    ]
    assert torch.equal(graph(tmp_path, layers)(torch.ones(1, 2, 4)), torch.full((1, 2, 4), 3.0))


CONV = {"filters": 2, "kernel_size": [3], "padding": "same"}
KERNEL = {"kernel": np.zeros((3, 4, 2), "f4"), "bias": np.zeros(2, "f4")}


@pytest.mark.fault("M4")
@pytest.mark.parametrize(
    ("kind", "options", "words"),
    [
        ("Conv1D", {"weights": KERNEL, **CONV, "filters": 5}, r"shape \(3, 4, 2\), expected"),
        ("Conv1D", {"weights": KERNEL, **CONV, "strides": [2]}, "strides 2"),
        ("Conv1D", {"weights": KERNEL, **CONV, "padding": "causal"}, "padding 'causal'"),
        ("Conv1D", {"weights": KERNEL, **CONV, "activation": "elu"}, "activation 'elu'"),
        ("Conv1D", {"weights": KERNEL, **CONV, "dilation_rate": [10**9]}, "reach"),
        ("Conv1D", {"weights": KERNEL, **CONV, "groups": 2}, "groups 2"),
        ("Conv1D", {"weights": KERNEL, **CONV, "data_format": "channels_first"}, "data_format"),
        ("Conv1D", {"weights": KERNEL, **CONV, "dilation_rate": ["x"]}, "cannot be run"),
        ("Conv1D", {"weights": KERNEL, **CONV, "kernel_size": []}, "cannot be run"),
        ("Conv1D", {"weights": {**KERNEL, "bias": np.zeros(3, "f4")}, **CONV}, "bias has shape"),
        ("Dense", {"weights": KERNEL, "units": 2}, r"expected \(4, 2\)"),
        ("Activation", {"activation": {"a": 1}}, "activation"),
        ("Cropping1D", {"cropping": [1]}, "cannot be run"),
        ("Cropping1D", {"cropping": [-1, 2]}, "cropping"),
        ("Cropping1D", {"cropping": [3, 3], "length": 6}, "cropping"),
        ("ReLU", {"max_value": 6.0}, "max_value"),
        ("Flatten", {}, "input"),
        ("Add", {}, "reads 1 layers"),
        ("BatchNormalization", {"axis": 1}, "cannot be run|moving"),
        (
            "SplineWeight1D",
            {"weights": {"kernel": np.zeros((10, 3), "f4")}, "n_bases": 10, "length": 400},
            r"expected \(10, 4\)",
        ),
    ],
)
def test_a_layer_that_does_not_fit_is_named(tmp_path, kind, options, words):
    if kind == "BatchNormalization":
        row = np.ones(4, "f4")
        options = {**options, "weights": dict.fromkeys(writer.ROWS[kind], row), "axis": 1}
        words = "axis 1"
    with pytest.raises(WeightsMismatchError, match=words) as caught:
        single(tmp_path, kind, **options)
    assert f"{kind} 'x'" in str(caught.value)


@pytest.mark.fault("M3")
def test_a_negative_variance_is_refused(tmp_path):
    """Its root would make every value NaN."""
    weights = {key: np.ones(4, "f4") for key in writer.ROWS["BatchNormalization"]}
    weights["moving_variance"] = np.float32([1, 1, -0.5, 1])
    with pytest.raises(WeightsMismatchError, match=r"'x' cannot be run: its moving_variance -0\.5"):
        single(tmp_path, "BatchNormalization", weights=weights)


def test_another_shape_of_input_is_refused(tmp_path):
    read = single(tmp_path, "ReLU", length=8)
    for inputs in ([torch.zeros(1, 4, 8)], [torch.zeros(1, 8, 4)] * 2, [torch.zeros(8, 4)]):
        with pytest.raises(ShapeError, match="reads in of shape"):
            read(*inputs)


def test_the_type_of_the_input_is_that_of_the_answer(tmp_path):
    layers = writer.of_layout(splice_layout(8))[:2]
    assert graph(tmp_path, layers)(torch.zeros(1, 9, 4, dtype=torch.float64)).dtype == torch.float64
